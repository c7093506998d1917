"""Ensembles of realisations: drawn from one seed, solved, stored as Zarr."""

from pathlib import Path

import numpy as np
import xarray as xr

from burgers import paths, solver
from burgers._version import __version__
from burgers.cases import CASES

_REQUIRED = {"case", "boundary", "scheme", "cfl", "seed", "profile", "version"}


def generate(
    case, n, *, final_time=None, seed=0, cells=400, scheme="rusanov", cfl=0.9, profile="none"
):
    """Solve n realisations of a case with random inputs.

    Parameters
    ----------
    case : `SINUS` or `CRENEAU`.
    n : number of realisations.
    final_time : None for the report's spread of T, else a scalar or (n,).
    seed : int or numpy.random.SeedSequence; the same seed gives the same bytes.
    cells, scheme, cfl : as in `solve`.
    profile : name recorded in the attributes.

    Returns
    -------
    xarray.Dataset with `density` (realisation, x) in float32, coordinates `x`, `reynolds`,
    `final_time` and for the creneau `step`.

    Raises
    ------
    ValueError
        If n or cells is not a positive integer, or from `solve`.
    """
    for name, value in (("n", n), ("cells", cells)):
        if not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} is {value!r}; accepted: a positive integer")
    inputs = case.sample(n, np.random.default_rng(seed))
    times = case.final_times(n) if final_time is None else np.broadcast_to(final_time, (n,))
    initial = case.initial(cells, **({"step": inputs["step"]} if case.random_step else {}))
    density = solver.solve(
        initial, inputs["reynolds"], times, boundary=case.boundary, scheme=scheme, cfl=cfl
    )
    coordinates = {name: ("realisation", values) for name, values in inputs.items()}
    return xr.Dataset(
        {"density": (("realisation", "x"), density.astype(np.float32))},
        coords={
            "x": (np.arange(cells) + 0.5) / cells,
            "final_time": ("realisation", times),
            **coordinates,
        },
        attrs={
            "case": case.name,
            "boundary": case.boundary,
            "scheme": scheme,
            "cfl": cfl,
            "seed": _seed_label(seed),
            "profile": profile,
            "version": __version__,
        },
    )


def save(dataset, path):
    """Write a dataset as Zarr, complete or not at all."""
    with paths.written_whole(path) as beside:
        dataset.to_zarr(beside, mode="w", consolidated=False, zarr_format=3)


def open(path):
    """Read a dataset written by `save` into memory.

    Raises
    ------
    ValueError
        If it is missing, damaged or not one of ours, with the command that makes it again.
    """
    path = Path(path)
    remedy = f"make it again with `make data PROFILE={path.parent.name}`"
    if not path.is_dir():
        raise ValueError(f"{path} is missing; {remedy}")
    try:
        dataset = xr.open_zarr(path, consolidated=False, chunks=None).load()
    except Exception as error:
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error
    missing = sorted(_REQUIRED - dataset.attrs.keys())
    if missing or "density" not in dataset:
        what = f"the attributes {', '.join(missing)}" if missing else "the variable density"
        raise ValueError(f"{path} is not an ensemble of this project: it lacks {what}; {remedy}")
    # Zarr reads an absent chunk as fill values: a truncated store shows as NaN.
    if dataset.attrs["case"] not in CASES or not np.isfinite(dataset["density"].values).all():
        raise ValueError(f"{path} is damaged: its density is not finite; {remedy}")
    return dataset


def export_npy(dataset, path):
    """Write the density alone as a plain NumPy file, the report's own format."""
    with paths.written_whole(path) as beside, beside.open("wb") as stream:
        np.save(stream, dataset["density"].values, allow_pickle=False)


def load_npy(path, cells=400):
    """Read a plain (realisations, cells) NumPy file; never unpickles.

    Raises
    ------
    ValueError
        If it is missing, damaged or of another shape, with the command that makes it again.
    """
    path = Path(path)
    remedy = f"make it again with `make data PROFILE={path.parent.name}`"
    try:
        density = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error
    if density.ndim != 2 or density.shape[1] != cells or not np.isfinite(density).all():
        raise ValueError(
            f"{path} holds shape {density.shape}; accepted: finite (realisations, {cells}); "
            f"{remedy}"
        )
    return density


def _seed_label(seed):
    if isinstance(seed, np.random.SeedSequence):
        return f"{seed.entropy}/{'/'.join(map(str, seed.spawn_key))}"
    return str(seed)
