"""The two random problems of the report: their random inputs and initial densities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.problems.grid import Boundary, edges

# The intervals of the two uniform distributions: of log Re, natural logarithm, and of a.
LOG_REYNOLDS = (4.0, 13.0)
STEP = (0.1, 0.3)


@dataclass(frozen=True)
class Case:
    """A random Burgers problem: log Re ~ U[4, 13] and, for the creneau, a ~ U[0.1, 0.3].

        ρₜ + (ρ²/2)ₓ = ρₓₓ / Re  on [0, 1],   ρ(0, x) as in `initial`

    Attributes
    ----------
    name : "sinus" or "creneau".
    boundary : boundary condition, "periodic" or "outflow" (zero gradient).
    first_time, last_time : the report's range of final times.
    fixed_time : the single final time at which the report studies the distribution of the density.
    random_step : whether the density a right of the jump is random.

    Source: report, section 3.3.
    """

    name: str
    boundary: Boundary
    first_time: float
    last_time: float
    fixed_time: float
    random_step: bool

    def sample(self, count: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Draw independent random inputs.

        Returns
        -------
        A dict of (count,) arrays: `reynolds` and, for the creneau, `step`.

        Raises
        ------
        ValueError
            If `count` is not a positive integer.
        """
        count = checks.count("count", count)
        inputs = {"reynolds": np.exp(rng.uniform(*LOG_REYNOLDS, size=count))}
        if self.random_step:
            inputs["step"] = rng.uniform(*STEP, size=count)
        return inputs

    def final_times(self, count: int) -> NDArray[np.float64]:
        """Final times evenly spaced over the report's range, (count,), in increasing order.

        Raises
        ------
        ValueError
            If `count` is not a positive integer.
        """
        return np.linspace(self.first_time, self.last_time, checks.count("count", count))

    def initial(self, cells: int = 400, *, step: ArrayLike | None = None) -> NDArray[np.float64]:
        """Exact cell averages of the initial density.

        sinus: ρ(0, x) = sin(2πx). creneau: ρ(0, x) = 1 for x < 1/2 and a for x > 1/2.

        Parameters
        ----------
        cells : number of cells, at least 1.
        step : the density a right of the jump, scalar or (realisations,); creneau only.

        Returns
        -------
        (cells,) or, where `step` is an array, (realisations, cells) float64.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        ends = edges(cells)
        if not self.random_step:
            if step is not None:
                raise ValueError(f"step is {step!r}; accepted: None, since {self.name} has no step")
            return -np.diff(np.cos(2 * np.pi * ends)) * cells / (2 * np.pi)
        if step is None:
            raise ValueError(f"step is None; accepted: the density right of the jump ({self.name})")
        left = np.diff(np.minimum(ends, 0.5)) * cells
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


def checked(case: Case) -> Case:
    """Return the case unchanged.

    Raises
    ------
    ValueError
        If it is not a `Case`.
    """
    if not isinstance(case, Case):
        accepted = " or ".join(f"burgers.{name.upper()}" for name in CASES)
        raise ValueError(f"case is {case!r}; accepted: {accepted}")
    return case


def number(name: str) -> int:
    """The place of a problem among all, by which its random streams differ from the others'."""
    return list(CASES).index(name)
