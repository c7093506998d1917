"""The exact solution from any initial density, as averages over cells or as values at points."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers._compiled import in_shares
from burgers.exact import piecewise
from burgers.exact.cole_hopf import STILL
from burgers.exact.densities import accepted_reynolds, edges_of
from burgers.problems import BOUNDARIES, Boundary

# Magnitudes of densities and times. A density travels over at most so many periods.
LARGEST, LATEST = 1e3, 1e3


def solve(
    initial: ArrayLike,
    reynolds: ArrayLike,
    time: ArrayLike,
    *,
    boundary: Boundary,
    cells: int | None = None,
    columns: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Exact cell averages at a time, from a piecewise constant initial density.

        ρₜ + (ρ²/2)ₓ = ρₓₓ / Re,   ρ(0, x) = initial[k] for k/n <= x < (k + 1)/n

    The evolution is exact. Averages of a smooth density on n cells represent it to second order:
    for sin(2πx) the result is 2e-5 off for n = 400, and 8e-8 for n = 6400. `initial` may be finer
    than the result, or coarser.

    Parameters
    ----------
    initial : (n,) or (realisations, n) cell averages on [0, 1], of magnitudes up to 1e3.
    reynolds : scalar or (realisations,), Re between 1e-2 and 1e20, or inf: Hopf-Lax formula.
    time : scalar or (realisations,), T >= 0, up to 1e3.
    boundary : "periodic", or "outflow": the whole line, on which the values at the two ends are
        continued for ever.
    cells : of the result; as many as of the initial density if None.
    columns : the cells that are wanted, numbers below `cells`; all if None.

    Returns
    -------
    (columns,) or (realisations, columns) float64. For densities of order one, T <= 10 and 400 cells
    rounding errors are below 1e-10.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: E. Hopf (1950); J. D. Cole (1951); P. D. Lax (1957).
    """
    rows, numbers, times, single = _asked(initial, reynolds, time, boundary)
    cells = rows.shape[1] if cells is None else checks.count("cells", cells)
    edges, kept = edges_of(cells, columns)
    found = _evolved(rows, numbers, times, boundary, cells, edges)[:, kept]
    return found[0] if single else found


def at(
    x: ArrayLike,
    initial: ArrayLike,
    reynolds: ArrayLike,
    time: ArrayLike,
    *,
    boundary: Boundary,
) -> NDArray[np.float64]:
    """Exact values at points, from a piecewise constant initial density.

    x (points,) is anywhere on the line; the other arguments and the errors are those of `solve`.
    At a jump of the initial density or, for Re = inf, at a shock, the value is that of either side.

    Returns
    -------
    (points,) or (realisations, points) float64.
    """
    points = checks.finite("x", x)
    if points.ndim != 1:
        raise ValueError(f"x has shape {points.shape}; accepted: (points,)")
    checks.within("x", points, -LARGEST, LARGEST)
    rows, numbers, times, single = _asked(initial, reynolds, time, boundary)
    found = _evolved(rows, numbers, times, boundary, 0, points.copy())
    return found[0] if single else found


def _evolved(initial, reynolds, time, boundary, cells, points):
    """Averages between edges, or where `cells` is 0 values at points, one row a realisation."""
    found = np.empty((len(time), points.size - 1 if cells else points.size))
    if found.size:
        # Earlier nothing has moved by more than a rounding error.
        begun = np.maximum(time, STILL)
        arguments = initial, begun, 1.0 / reynolds, boundary == "periodic", cells, points, found
        in_shares(piecewise.evolve, len(time), *arguments)
    return found


def _asked(initial, reynolds, time, boundary):
    """The arguments as arrays, one row a realisation, and whether one density was given."""
    checks.choice("boundary", boundary, BOUNDARIES)
    initial = checks.finite("initial", initial)
    if initial.ndim not in (1, 2) or not initial.shape[-1]:
        raise ValueError(
            f"initial has shape {initial.shape}; accepted: (cells,) or (realisations, cells)"
        )
    checks.within("initial", initial, -LARGEST, LARGEST)
    reynolds, time = accepted_reynolds(reynolds), checks.non_negative("time", time)
    checks.within("time", time, 0.0, LATEST)
    shapes = [initial.shape[:-1], reynolds.shape, time.shape]
    counts = {shape for shape in shapes if shape and shape != (1,)}
    if len(counts) > 1 or any(len(shape) > 1 for shape in shapes):
        raise ValueError(
            f"initial has shape {initial.shape}, reynolds {reynolds.shape} and time {time.shape}; "
            "accepted: scalars or (realisations,), the same number of each"
        )
    (count,) = next(iter(counts), (1,))
    rows = np.ascontiguousarray(np.broadcast_to(np.atleast_2d(initial), (count, initial.shape[-1])))
    reynolds, time = (np.broadcast_to(part, count).copy() for part in (reynolds, time))
    return rows, reynolds, time, not any(shapes)
