"""How far a file of a numerical solution is from the exact solution of the same problem."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers import exact, paths, problems
from burgers.problems import Problem
from burgers.studies.solution_files import Solution

# Cells that represent the initial density, at least.
CELLS = 2048
# Spacing of points, and lengths, are compared up to this fraction of the spacing: single precision.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Audit:
    """Errors of a solution against the exact one.

    Attributes
    ----------
    table : a row for each realisation and time, in the units of the file: realisation, time,
        `relative_l2`, `largest` difference and its `x`, and `reference`, an estimate of the exact
        solution's own relative error.
    relative_l2 : (realisations,) over all points and times together.
    """

    table: pd.DataFrame
    relative_l2: NDArray[np.float64]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table as CSV, completely or not at all; OSError if that is not possible."""
        paths.save_table(self.table, path, digits=6)

    def __str__(self) -> str:
        """The errors in a few lines."""
        worst = self.table.loc[self.table.largest.idxmax()]
        n, times = len(self.relative_l2), self.table.time.nunique()
        lines = [
            f"{n} realisation{'s' * (n > 1)} at {times} times",
            f"relative L2 error over all times: median {np.median(self.relative_l2):.3g}, "
            f"largest {self.relative_l2.max():.3g}",
            f"largest difference: {worst.largest:.3g} at x = {worst.x:.4g}, t = {worst.time:.4g}"
            + (f", realisation {worst.realisation:.0f}" if n > 1 else ""),
            f"error of the exact solution itself: about {self.table.reference.max():.1g}",
        ]
        return "\n".join(lines)


def audit(
    solution: Solution,
    problem: Problem,
    *,
    viscosity: float | None = None,
    averages: bool = False,
) -> Audit:
    """Compare a solution with the exact one from the same initial density.

        uₜ + c u uₓ = ν uₓₓ,   mapped to [0, 1] by the problem's `units`

    The initial density of a problem without inputs is the problem's; otherwise it is that of the
    file at t = 0. Between points it is a trigonometric polynomial for a periodic boundary, else
    piecewise linear.

    Parameters
    ----------
    solution : x (points,), t (times,) and u (realisations, times, points), in the problem's units.
    problem : a `Problem`.
    viscosity : ν of the file, in its units; None for the problem's own, if that is not random.
    averages : whether u are averages over equal cells, centred at x, instead of point values.

    Raises
    ------
    ValueError
        Naming what does not fit: a viscosity that is not known, points that are not those of the
        domain, a period that does not close, times that do not begin at zero.
    """
    problems.checked(problem)
    places = problem.units.x(solution.x)
    times = problem.units.time(solution.t)
    reynolds = _reynolds(problem, viscosity)
    _check_places(places, averages or bool(problem.inputs), problem)
    if problem.inputs and times[0] != 0:
        raise ValueError(
            f"t begins at {solution.t[0]}; accepted: 0, as the initial density is random"
        )
    rows, ends = [], []
    for number, u in enumerate(solution.u):
        density = problem.units.density(u)
        known, reference = _exact(problem, density[0], places, times, reynolds, averages)
        rows += _compared(number, solution, density, known, reference, problem)
        ends.append(_relative(density, known))
    return Audit(pd.DataFrame(rows), np.array(ends))


def _reynolds(problem, viscosity):
    if viscosity is not None:
        return float(problem.units.reynolds(checks.number("viscosity", viscosity)))
    if not isinstance(problem.viscosity, float | int):
        raise ValueError(
            f"viscosity is None; accepted: that of the file, since that of {problem.name} is random"
        )
    return float(problem.reynolds({}, 1)[0])


def _check_places(places, whole, problem):
    """Check that the points lie in the domain and, if needed, that they fill it evenly."""
    low, high = problem.units.original_x([0.0, 1.0])
    margin = TOLERANCE / len(places)
    if places[0] < -margin or places[-1] > 1.0 + margin:
        first, last = problem.units.original_x(places[[0, -1]])
        raise ValueError(f"x reaches from {first:g} to {last:g}; accepted: {low:g} to {high:g}")
    if not whole:
        return
    spacing = np.diff(places)
    if len(places) < 3 or np.ptp(spacing) > TOLERANCE * spacing.mean():
        raise ValueError("x is not evenly spaced; accepted: at least 3 points, evenly spaced")
    # Points at one end, at both ends or at neither, as centres of cells.
    covered = len(places) * spacing.mean()
    if not any(abs(covered - wanted) < TOLERANCE for wanted in (1.0, 1.0 + spacing.mean())):
        raise ValueError(
            f"x covers {covered:.4g} of the domain; accepted: all of it, from {low:g} to {high:g}, "
            "so that the period closes"
        )


def _exact(problem, initial, places, times, reynolds, averages):
    """Exact densities (times, points), and their relative errors (times,)."""

    def solved(cells: int) -> NDArray[np.float64]:
        if not problem.inputs:
            start = problem.averages(cells, {})
        elif averages:
            start = initial
        else:
            start = _between(initial, places, problem.boundary, cells)
        tiled, boundary = np.broadcast_to(start, (len(times), len(start))), problem.boundary
        if averages:
            return exact.solve(tiled, reynolds, times, boundary=boundary, cells=len(places))
        values = exact.at(places, tiled, reynolds, times, boundary=boundary)
        # At first it would be piecewise constant.
        inside = np.clip(places, 0.0, 1.0)
        values[times == 0] = problems.point_values(start[None], inside, boundary)
        return values

    return extrapolated(solved)


def extrapolated(
    solved: Callable[[int], NDArray[np.float64]], cells: int = CELLS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """An exact solution from a smooth initial density, freed of the error of its representation.

    By Richardson extrapolation: averages on n cells have an error in n^-2, then n^-4.

    Parameters
    ----------
    solved : function of the number of cells of the initial density, (rows, points).
    cells : the smallest number of them; twice and four times as many are used.

    Returns
    -------
    The solution (rows, points), and the relative L2 difference (rows,) from that of the two smaller
    numbers of cells, an upper estimate of its error.
    """
    coarse, middle, fine = (solved(cells * refinement) for refinement in (1, 2, 4))
    rough, better = middle + (middle - coarse) / 3.0, fine + (fine - middle) / 3.0
    return better, np.array([_relative(a, b) for a, b in zip(rough, better, strict=True)])


def _between(values, places, boundary, cells):
    """Cell averages of the density between its values at evenly spaced points."""
    if boundary != "periodic":
        return np.interp(problems.centres(cells), places, values)
    closed = abs(places[-1] - places[0] - 1.0) < 0.5 * (places[1] - places[0])
    if closed:
        values = values[:-1]
    n = len(values)
    modes = np.arange(n // 2 + 1)
    spectrum = np.fft.rfft(values) / n
    # The average of exp(2πikx) over a cell, and the place of the first point.
    spectrum = spectrum * np.sinc(modes / cells)
    spectrum = spectrum * np.exp(2j * np.pi * modes * (0.5 / cells - places[0]))
    if n % 2 == 0:
        spectrum[-1] *= 0.5
    padded = np.zeros(cells // 2 + 1, dtype=complex)
    padded[: len(spectrum)] = spectrum
    return np.fft.irfft(padded, cells) * cells


def _relative(found, known):
    return np.linalg.norm(found - known) / max(np.linalg.norm(known), np.finfo(float).tiny)


def _compared(number, solution, density, known, reference, problem):
    difference = np.abs(problem.units.original_density(density - known))
    return [
        {
            "realisation": number,
            "time": time,
            "relative_l2": _relative(density[k], known[k]),
            "largest": difference[k].max(),
            "x": solution.x[difference[k].argmax()],
            "reference": reference[k],
        }
        for k, time in enumerate(solution.t)
    ]
