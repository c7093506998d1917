"""Ensembles of trajectories, and pairs of densities of the same trajectory to learn from."""

import numpy as np
import xarray as xr

from burgers import _checks as checks
from burgers import problems, solver
from burgers._version import __version__
from burgers.ensembles import dataset

# Trajectories solved at once, in double precision.
CHUNK = 250


def generate(
    case, n, times, *, inputs=None, seed=0, cells=400, refinement=1, scheme="muscl", cfl=0.9
):
    """Solve n realisations of a case and keep each at every one of the given times.

    Parameters
    ----------
    case : `SINUS` or `CRENEAU`.
    n : number of realisations.
    times : (times,), non-negative and non-decreasing.
    inputs : None to draw them, else a dict of (n,) arrays as of `case.sample`.
    seed : int or numpy.random.SeedSequence; the same seed gives the same bytes.
    cells : of the densities that are kept.
    refinement : the solver's cells in each of these, averaged.
    scheme, cfl : as in `trajectory`.

    Returns
    -------
    xarray.Dataset with `density` (realisation, time, x) in float32, coordinates `x`, `time`,
    `reynolds` and for the creneau `step`.

    Raises
    ------
    ValueError
        If case is no case, n or refinement < 1, cells < 3, inputs of other names or another
        length, or from `trajectory`.
    """
    problems.checked(case)
    n, cells = checks.count("n", n), checks.count("cells", cells, least=3)
    fine = cells * checks.count("refinement", refinement)
    rng = np.random.default_rng(checks.seed("seed", seed))
    inputs = case.sample(n, rng) if inputs is None else _checked(case, inputs, n)
    step, times = inputs.get("step"), checks.non_negative("times", times)
    density = np.empty((n, *times.shape, cells), dtype=np.float32)
    for first in range(0, n, CHUNK):
        part = slice(first, first + CHUNK)
        solved = solver.trajectory(
            case.initial(fine, step=None if step is None else step[part]),
            inputs["reynolds"][part], times, boundary=case.boundary, scheme=scheme, cfl=cfl,
        )  # fmt: skip
        density[part] = solved.reshape(*solved.shape[:2], cells, refinement).mean(axis=3)
    return xr.Dataset(
        {"density": (("realisation", "time", "x"), density)},
        coords={
            "x": (np.arange(cells) + 0.5) / cells,
            "time": times,
            **{name: ("realisation", values) for name, values in inputs.items()},
        },
        attrs={
            "case": case.name, "boundary": case.boundary, "scheme": scheme, "cfl": float(cfl),
            "refinement": refinement, "seed": dataset.seed_label(seed), "version": __version__,
        },
    )  # fmt: skip


def _checked(case, inputs, n):
    """The given inputs, a dict of (n,) arrays."""
    wanted = ["reynolds", *(["step"] if case.random_step else [])]
    if not isinstance(inputs, dict) or sorted(inputs) != sorted(wanted):
        raise ValueError(f"inputs is {checks.shown(inputs)}; accepted: a dict of {wanted}")
    inputs = {name: checks.finite(name, values) for name, values in inputs.items()}
    for name, values in inputs.items():
        if values.shape != (n,):
            raise ValueError(f"{name} has shape {values.shape}; accepted: ({n},)")
    return inputs
