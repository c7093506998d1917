"""What documented schemes share: the check of their arguments, and their loop over time."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks


def accepted(initial: ArrayLike, times: ArrayLike) -> NDArray[np.float64]:
    """The initial densities, where they and the times are accepted."""
    rows = checks.finite("initial", initial)
    if rows.ndim != 2 or rows.shape[1] < 4:
        raise ValueError(
            f"initial has shape {rows.shape}; accepted: (realisations, points), 4 points or more"
        )
    times = checks.non_negative("times", times)
    if times.ndim != 1 or not times.size:
        raise ValueError(f"times has shape {times.shape}; accepted: (times,), one or more")
    if (np.diff(times) < 0).any():
        raise ValueError(f"times is {checks.shown(times)}; accepted: times that do not decrease")
    return rows


def step_counts(times: ArrayLike, step: float) -> NDArray[np.int64]:
    """The number of steps up to each time."""
    exact = np.asarray(times) / positive("step", step)
    counts = np.rint(exact).astype(np.int64)
    if (np.abs(exact - counts) > 1e-6).any():
        raise ValueError(
            f"times is {checks.shown(times)}; accepted: multiples of the step, which is {step}"
        )
    return counts


def positive(name: str, value: float) -> float:
    """The value as a float, where it is one finite number > 0."""
    return float(checks.positive(name, checks.number(name, value)))


def evolved(
    state: NDArray, counts: NDArray[np.int64], advance: Callable[[NDArray], NDArray]
) -> Iterator[NDArray]:
    """The state after each number of steps."""
    for steps in np.diff(counts, prepend=0):
        for _ in range(steps):
            state = advance(state)
        yield state
