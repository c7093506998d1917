"""The two random problems of the report: what is random, where it starts, how it is trained."""

from dataclasses import dataclass

import numpy as np

from burgers import _checks as checks

LOG_REYNOLDS = (4.0, 13.0)
STEP = (0.1, 0.3)


@dataclass(frozen=True)
class Case:
    """A random Burgers problem: log Re ~ U[4, 13], and for the creneau a ~ U[0.1, 0.3].

    Attributes
    ----------
    name : "sinus" or "creneau".
    boundary : the solver's boundary condition.
    first_time, last_time : the report's range of final times.
    fixed_time : the one final time at which the report looks at the law.
    random_step : whether the density right of the jump is random.
    """

    name: str
    boundary: str
    first_time: float
    last_time: float
    fixed_time: float
    random_step: bool

    def sample(self, count, rng):
        """Draw random inputs: a dict of (count,) arrays, `reynolds` and where random `step`."""
        count = checks.count("count", count)
        inputs = {"reynolds": np.exp(rng.uniform(*LOG_REYNOLDS, size=count))}
        if self.random_step:
            inputs["step"] = rng.uniform(*STEP, size=count)
        return inputs

    def final_times(self, count):
        """(count,) final times, evenly spread over the report's range."""
        return np.linspace(self.first_time, self.last_time, checks.count("count", count))

    def initial(self, cells=400, *, step=None):
        """Cell averages of the initial density, (cells,) or (realisations, cells).

        sinus: ρ(0, x) = sin(2πx). creneau: 1 left of x = 1/2 and `step` right of it.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        edges = np.linspace(0.0, 1.0, checks.count("cells", cells) + 1)
        if not self.random_step:
            if step is not None:
                raise ValueError(f"step is {step!r}; accepted: None, as {self.name} has no step")
            return -np.diff(np.cos(2 * np.pi * edges)) * cells / (2 * np.pi)
        if step is None:
            raise ValueError(f"step is None; accepted: the density right of the jump ({self.name})")
        left = np.diff(np.minimum(edges, 0.5)) * cells
        return left + checks.finite("step", step)[..., None] * (1.0 - left)


SINUS = Case(
    name="sinus",
    boundary="periodic",
    first_time=0.0001,
    last_time=0.9999,
    fixed_time=0.4,
    random_step=False,
)
CRENEAU = Case(
    name="creneau",
    boundary="outflow",
    first_time=0.0001,
    last_time=0.5824,
    fixed_time=0.2,
    random_step=True,
)
CASES = {case.name: case for case in (SINUS, CRENEAU)}


def checked(case):
    """The case itself, or ValueError."""
    if not isinstance(case, Case):
        accepted = " or ".join(f"burgers.{name.upper()}" for name in CASES)
        raise ValueError(f"case is {case!r}; accepted: {accepted}")
    return case


def number(name: str) -> int:
    """The place of a problem among all, by which its random streams differ from the others'."""
    return list(CASES).index(name)
