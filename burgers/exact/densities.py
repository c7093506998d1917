"""Exact densities of the report's two problems in closed form.

They are evaluated by the Cole-Hopf transformation (see `cole_hopf` for the sinus, `jump` for the
creneau). For the creneau the solution is that on the whole line, which agrees with the one on
[0, 1] until the front reaches x = 1.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_ndtr

from burgers import _checks as checks
from burgers._compiled import in_shares
from burgers.exact import cole_hopf, jump
from burgers.problems import CELLS, CRENEAU, Problem

# The range of accepted Reynolds numbers; infinity is accepted, too.
REYNOLDS = (1e-2, 1e20)


def closed_form(
    problem: Problem,
    time: ArrayLike,
    *,
    reynolds: ArrayLike,
    step: ArrayLike | None = None,
    cells: int = CELLS,
    columns: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Exact cell averages of the density of `SINUS` or `CRENEAU`.

    For the creneau the equation is solved on the whole line; `tail` gives the part of its front
    that lies beyond x = 1.

    Parameters
    ----------
    problem : `SINUS` or `CRENEAU`.
    time : scalar or (realisations,), T >= 0; for the creneau (1 + a) T < 1, so that the middle of
        the front is still in [0, 1].
    reynolds : scalar or (realisations,), Re between 1e-2 and 1e20, or inf for the inviscid limit.
    step : scalar or (realisations,), the density a right of the jump, in [0, 1); creneau only.
    cells : number of cells, at least 2.
    columns : the cells that are wanted, numbers below `cells`; all if None.

    Returns
    -------
    (columns,) or (realisations, columns) float64, exact up to rounding errors, which grow with the
    number of cells: at most 1e-12 for 400 cells and 1e-11 for 4000.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: E. Hopf (1950); J. D. Cole (1951).
    """
    cells = checks.count("cells", cells, least=2)
    time, reynolds, step = asked(problem, time, reynolds, step)
    # Copies, since the loop would be recompiled for read-only arrays.
    inputs = [np.array(value).ravel() for value in (time, 1.0 / reynolds, step)]
    edges, kept = edges_of(cells, columns)
    average = np.empty((time.size, edges.size - 1))
    if problem == CRENEAU:
        in_shares(jump.front_density, time.size, *inputs, cells, edges, average)
    else:
        first = np.rint(edges[:-1] * cells).astype(np.int64)
        in_shares(cole_hopf.sine_density, time.size, *inputs[:2], cells, first, average)
    average = average[:, kept]
    return average.reshape(*time.shape, kept.size)


def closed_form_values(
    problem: Problem,
    points: NDArray[np.float64],
    time: ArrayLike,
    *,
    reynolds: ArrayLike,
    step: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Exact values of the density of `SINUS` or `CRENEAU` at points (points,) in [0, 1].

    The other arguments and the errors are those of `closed_form`.

    Returns
    -------
    (points,) or (realisations, points) float64.
    """
    time, reynolds, step = asked(problem, time, reynolds, step)
    inputs = [np.array(value).ravel() for value in (time, 1.0 / reynolds, step)]
    value = np.empty((time.size, points.size))
    if problem == CRENEAU:
        in_shares(jump.front_values, time.size, *inputs, points, value)
    else:
        in_shares(cole_hopf.sine_values, time.size, *inputs[:2], points, value)
    return value.reshape(*time.shape, points.size)


def tail(time: ArrayLike, *, reynolds: ArrayLike, step: ArrayLike) -> Any:
    """Fraction of the creneau's front that lies beyond x = 1, on the whole line.

        (ρ(T, 1) - a) / (1 - a)

    Replacing the whole line by an outflow boundary at x = 1 changes the density near x = 1 by about
    this fraction.

    Parameters
    ----------
    time, reynolds, step : as in `density`.

    Returns
    -------
    Scalar or (realisations,) float64, in [0, 1].

    Raises
    ------
    ValueError
        As in `density`.
    """
    time, reynolds, step = asked(CRENEAU, time, reynolds, step)
    largest = np.minimum(reynolds, REYNOLDS[1])
    width = np.sqrt(2.0 * np.maximum(time, cole_hopf.STILL) / largest)
    log_odds = 0.5 * largest * (1.0 - step) * (0.5 - 0.5 * (1.0 + step) * time)
    log_odds += log_ndtr((0.5 - step * time) / width) - log_ndtr((time - 0.5) / width)
    return np.where(np.isinf(reynolds), 0.0, expit(-log_odds))[()]


def asked(
    problem: Problem, time: ArrayLike, reynolds: ArrayLike, step: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Time, Reynolds number and step, checked, as arrays of their broadcast shape.

    Where the problem has no step, it is zero.
    """
    stepped = problem == CRENEAU
    times, numbers = checks.non_negative("time", time), accepted_reynolds(reynolds)
    if stepped != (step is not None):
        accepted = "the density right of the jump" if stepped else "None"
        raise ValueError(f"step is {checks.shown(step)}; accepted: {accepted} ({problem.name})")
    steps = checks.finite("step", 0.0 if step is None else step)
    checks.refuse("step", steps, (steps < 0) | (steps >= 1), "0 <= step < 1")
    try:
        times, numbers, steps = np.broadcast_arrays(times, numbers, steps)
    except ValueError as error:
        raise ValueError(
            f"time has shape {times.shape}, reynolds {numbers.shape} and step {steps.shape}; "
            "accepted: scalars or arrays of one length"
        ) from error
    # At T = 1 the front has left for every step, and the product could overflow for larger T.
    left = stepped & ((1.0 + steps) * np.minimum(times, 1.0) >= 1.0)
    accepted = "(1 + step) time < 1, since later the middle of the front has left the interval"
    checks.refuse("time", times, left, accepted)
    return times, numbers, steps


def accepted_reynolds(value: ArrayLike) -> NDArray[np.float64]:
    """Reynolds numbers within the accepted range, or infinite, as an array; or ValueError."""
    reynolds = checks.positive("reynolds", value, finite=False)
    checks.within("reynolds", reynolds, *REYNOLDS, infinite=True)
    return reynolds


def edges_of(
    cells: int, columns: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The edges of some cells, ascending, and where between them each of the cells is."""
    wanted = np.arange(cells) if columns is None else checks.finite("columns", columns)
    if wanted.ndim != 1 or not np.all((wanted % 1 == 0) & (wanted >= 0) & (wanted < cells)):
        raise ValueError(
            f"columns is {checks.shown(columns)}; accepted: integers from 0 to {cells - 1}"
        )
    edges = np.union1d(wanted, wanted + 1)
    return edges / cells, np.searchsorted(edges, wanted)
