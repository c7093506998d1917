"""Every problem by its name."""

from burgers import _checks as checks
from burgers.problems.problem import Problem
from burgers.problems.published import PDEBENCH_001, PINN_RANDOM_RE, PUBLISHED
from burgers.problems.report import CASES
from burgers.problems.riemann import RIEMANN

NAMED = {**CASES, RIEMANN.name: RIEMANN, **PUBLISHED}
# Of published ones, with what they leave open chosen otherwise.
VARIANTS = {problem.name: problem for problem in (PINN_RANDOM_RE, PDEBENCH_001)}


def names() -> list[str]:
    """The names of all problems: the report's, Riemann problems, and the published ones.

    `get` knows two more, on which models are judged: pinn_random_re and pdebench_0.01.
    """
    return list(NAMED)


def get(name: str) -> Problem:
    """The problem of a name.

    Raises
    ------
    ValueError
        If there is none, with all names.
    """
    return (NAMED | VARIANTS)[checks.choice("problem", name, NAMED | VARIANTS)]
