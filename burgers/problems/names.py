"""Every problem by its name."""

from burgers import _checks as checks
from burgers.problems.problem import Problem
from burgers.problems.published import PUBLISHED
from burgers.problems.report import CASES
from burgers.problems.riemann import RIEMANN

NAMED = {**CASES, RIEMANN.name: RIEMANN, **PUBLISHED}


def names() -> list[str]:
    """The names of all problems: the report's, Riemann problems, and the published ones."""
    return list(NAMED)


def get(name: str) -> Problem:
    """The problem of a name.

    Raises
    ------
    ValueError
        If there is none, with all names.
    """
    return NAMED[checks.choice("problem", name, NAMED)]
