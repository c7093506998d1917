"""The two random problems of the report."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.problems.grid import CELLS, edges
from burgers.problems.problem import Problem

# The intervals of the two uniform distributions: of log Re, natural logarithm, and of a.
LOG_REYNOLDS = (4.0, 13.0)
STEP = (0.1, 0.3)


@dataclass(frozen=True)
class Uniform:
    """The uniform distribution on an interval."""

    low: float
    high: float

    def rvs(self, size: Any, random_state: np.random.Generator) -> NDArray[np.float64]:
        """Independent draws, of shape `size`."""
        return random_state.uniform(self.low, self.high, size=size)

    def ppf(self, q: ArrayLike) -> NDArray[np.float64]:
        """The inverse of the distribution function."""
        return self.low + (self.high - self.low) * np.asarray(q)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """The distribution function."""
        return np.clip((np.asarray(x) - self.low) / (self.high - self.low), 0.0, 1.0)


@dataclass(frozen=True)
class ExpUniform:
    """The distribution of a positive number whose natural logarithm is uniform on an interval."""

    low: float
    high: float

    def rvs(self, size: Any, random_state: np.random.Generator) -> NDArray[np.float64]:
        """Independent draws, of shape `size`."""
        return np.exp(random_state.uniform(self.low, self.high, size=size))

    def ppf(self, q: ArrayLike) -> NDArray[np.float64]:
        """The inverse of the distribution function."""
        return np.exp(self.low + (self.high - self.low) * np.asarray(q))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """The distribution function."""
        return np.clip((np.log(x) - self.low) / (self.high - self.low), 0.0, 1.0)


def sine(cells: int = CELLS, **inputs: Any) -> NDArray[np.float64]:
    """Exact cell averages of ρ(0, x) = sin(2πx), (cells,) float64.

    Raises
    ------
    ValueError
        If `cells` is not a positive integer, or a `step` is given.
    """
    ends = edges(cells)
    if (step := inputs.get("step")) is not None:
        raise ValueError(f"step is {step!r}; accepted: None, since sinus has no step")
    return -np.diff(np.cos(2 * np.pi * ends)) * cells / (2 * np.pi)


def jump(cells: int = CELLS, *, step: ArrayLike | None = None, **_: Any) -> NDArray[np.float64]:
    """Exact cell averages of ρ(0, x) = 1 for x < 1/2 and a for x > 1/2.

    Parameters
    ----------
    cells : number of cells, at least 1.
    step : the density a right of the jump, scalar or (realisations,).

    Returns
    -------
    (cells,) or, where `step` is an array, (realisations, cells) float64.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    ends = edges(cells)
    if step is None:
        raise ValueError("step is None; accepted: the density right of the jump (creneau)")
    left = np.diff(np.minimum(ends, 0.5)) * cells
    return left + checks.finite("step", step)[..., None] * (1.0 - left)


SINUS = Problem(
    name="sinus",
    inputs={"reynolds": ExpUniform(*LOG_REYNOLDS)},
    initial=sine,
    boundary="periodic",
    times=(0.0001, 0.9999),
    fixed_time=0.4,
    description="ρ(0, x) = sin(2πx), log Re ~ U[4, 13]. Source: the report, section 3.3.",
)
CRENEAU = Problem(
    name="creneau",
    inputs={"reynolds": ExpUniform(*LOG_REYNOLDS), "step": Uniform(*STEP)},
    initial=jump,
    boundary="outflow",
    times=(0.0001, 0.5824),
    fixed_time=0.2,
    description="ρ(0, x) = 1 for x < 1/2 and a for x > 1/2, log Re ~ U[4, 13], a ~ U[0.1, 0.3]. "
    "Source: the report, section 3.3.",
)
CASES = {problem.name: problem for problem in (SINUS, CRENEAU)}


def number(name: str) -> int:
    """The place of a problem among the report's, by which its random streams differ."""
    return list(CASES).index(name)
