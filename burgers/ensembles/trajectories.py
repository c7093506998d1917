"""Ensembles of trajectories: densities of the same realisations at several times."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from burgers import _checks as checks
from burgers import problems, solver
from burgers._version import __version__
from burgers.ensembles import dataset
from burgers.problems import Case
from burgers.solver import Scheme

# Trajectories solved, in double precision, at once.
CHUNK = 250


def generate(
    case: Case,
    n: int,
    times: ArrayLike,
    *,
    inputs: Mapping[str, ArrayLike] | None = None,
    seed: int | np.random.SeedSequence = 0,
    cells: int = 400,
    refinement: int = 1,
    scheme: Scheme = "muscl",
    cfl: float = 0.9,
) -> xr.Dataset:
    """Solve a random problem for n realisations and record each at all of the given times.

    Parameters
    ----------
    case : `SINUS` or `CRENEAU`.
    n : number of realisations.
    times : (times,), non-negative and non-decreasing.
    inputs : None to draw them at random; else a dict of (n,) arrays, as returned by `case.sample`.
    seed : int >= 0 or numpy.random.SeedSequence; the same seed gives the same bits.
    cells : number of cells of the recorded densities, at least 3.
    refinement : number of the solver's cells in each of these, over which it is averaged.
    scheme, cfl : as in `trajectory`.

    Returns
    -------
    xarray.Dataset with `density` (realisation, time, x), float32 cell averages, and the coordinates
    `x` (cell centres), `time`, `reynolds` and, for the creneau, `step`.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    problems.checked(case)
    n, cells = checks.count("n", n), checks.count("cells", cells, least=3)
    fine = cells * checks.count("refinement", refinement)
    rng = np.random.default_rng(checks.seed("seed", seed))
    drawn = case.sample(n, rng) if inputs is None else _checked(case, inputs, n)
    step, times = drawn.get("step"), checks.non_negative("times", times)
    density = np.empty((n, *times.shape, cells), dtype=np.float32)
    for first in range(0, n, CHUNK):
        part = slice(first, first + CHUNK)
        solved = solver.trajectory(
            case.initial(fine, step=None if step is None else step[part]),
            drawn["reynolds"][part], times, boundary=case.boundary, scheme=scheme, cfl=cfl,
        )  # fmt: skip
        density[part] = solved.reshape(*solved.shape[:2], cells, refinement).mean(axis=3)
    return xr.Dataset(
        {"density": (("realisation", "time", "x"), density)},
        coords={
            "x": problems.centres(cells),
            "time": times,
            **{name: ("realisation", values) for name, values in drawn.items()},
        },
        attrs={
            "case": case.name, "boundary": case.boundary, "scheme": scheme, "cfl": float(cfl),
            "refinement": refinement, "seed": dataset.seed_label(seed), "version": __version__,
        },
    )  # fmt: skip


def _checked(case, inputs, n):
    """The given inputs, checked, as a dict of (n,) arrays."""
    wanted = ["reynolds", *(["step"] if case.random_step else [])]
    if not isinstance(inputs, Mapping) or sorted(inputs) != sorted(wanted):
        raise ValueError(f"inputs is {checks.shown(inputs)}; accepted: a dict of {wanted}")
    inputs = {name: checks.finite(name, values) for name, values in inputs.items()}
    for name, values in inputs.items():
        if values.shape != (n,):
            raise ValueError(f"{name} has shape {values.shape}; accepted: ({n},)")
    return inputs
