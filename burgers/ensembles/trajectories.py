"""Ensembles of trajectories: densities of the same realisations at several times."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from burgers import _checks as checks
from burgers import exact, problems, solver
from burgers._version import __version__
from burgers.ensembles import solving
from burgers.ensembles.solving import Scheme
from burgers.problems import CELLS, Problem

# Trajectories solved, in double precision, at once.
CHUNK = 250


@checks.formerly(case="problem")
def generate(
    problem: Problem,
    n: int,
    times: ArrayLike,
    *,
    inputs: Mapping[str, ArrayLike] | None = None,
    seed: int | np.random.SeedSequence = 0,
    cells: int = CELLS,
    refinement: int = 1,
    scheme: Scheme = "muscl",
    cfl: float = 0.9,
) -> xr.Dataset:
    """Solve a random problem for n realisations and record each at all of the given times.

    Parameters
    ----------
    problem : `SINUS`, `CRENEAU`, one of `burgers.problems.get`, or your own `Problem`.
    n : number of realisations.
    times : (times,), non-negative and non-decreasing.
    inputs : None to draw them at random; else a dict of arrays, as returned by `problem.sample`.
    seed : int >= 0 or numpy.random.SeedSequence; the same seed gives the same bits.
    cells : number of cells of the recorded densities, at least 3.
    refinement : number of the solver's cells in each of these, over which it is averaged.
    scheme, cfl : as in `trajectory`; or scheme "exact" for the exact cell averages.

    Returns
    -------
    xarray.Dataset with `density` (realisation, time, x), float32 cell averages, and the coordinates
    `x` (cell centres), `time`, `reynolds` and the other inputs.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    problems.checked(problem)
    n, cells = checks.count("n", n), checks.count("cells", cells, least=3)
    checks.count("refinement", refinement)
    rng = np.random.default_rng(checks.seed("seed", seed))
    drawn = problem.sample(n, rng) if inputs is None else problem.checked_inputs(inputs, n)
    times = checks.non_negative("times", times)
    how = solving.options(scheme, cfl)
    density = np.empty((n, *times.shape, cells), dtype=np.float32)
    for first in range(0, n, CHUNK):
        part = slice(first, first + CHUNK)
        some = {name: values[part] for name, values in drawn.items()}
        count = len(density[part])
        density[part] = _solved(problem, some, count, times, cells, refinement, **how)
    return xr.Dataset(
        {"density": (("realisation", "time", "x"), density)},
        coords={
            "x": problems.centres(cells),
            "time": times,
            **solving.coordinates(problem, drawn, n),
        },
        attrs={
            **solving.attributes(problem, **how, seed=seed),
            "refinement": refinement,
            "version": __version__,
        },
    )


def _solved(problem, inputs, count, times, cells, refinement, scheme, cfl):
    """Densities of a few realisations at the times, (realisations, times, cells)."""
    if scheme == "exact":
        if times.ndim != 1 or not times.size or np.any(np.diff(times) < 0):
            raise ValueError(f"times is {checks.shown(times)}; accepted: non-decreasing times")
        parts = [exact.density(problem, time, cells=cells, **inputs) for time in times]
        return np.stack(parts, axis=-2)
    fine = cells * refinement
    solved = solver.trajectory(
        problem.averages(fine, inputs), problem.reynolds(inputs, count), times,
        boundary=problem.boundary, scheme=scheme, cfl=cfl,
    )  # fmt: skip
    return solved.reshape(*solved.shape[:2], cells, refinement).mean(axis=3)
