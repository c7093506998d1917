"""Ensembles of realisations: drawn from one seed, solved, stored as Zarr."""

import warnings

import numpy as np
import xarray as xr

from burgers import _checks as checks
from burgers import _files as files
from burgers import problems, solver
from burgers._version import __version__
from burgers.ensembles import distributed, store
from burgers.problems import CASES, CRENEAU

# Realisations solved at once: enough to fill blocks with like numbers of steps.
CHUNK = 16_384

# More would be a slip of the pen rather than a wish: terabytes, or years.
MOST, MOST_CELLS = 10**9, 10**6


def generate(
    case, n, *, final_time=None, seed=0, cells=400, scheme="rusanov", cfl=0.9, profile="none",
    chunks=None,
):  # fmt: skip
    """Solve n realisations of a case with random inputs.

    They are in random order, so that a part of them is a sample of the same law. They are solved a
    part at a time, so that the memory used is that of the result and little more; with `chunks`, a
    part at a time wherever it is needed: see `save`.

    Parameters
    ----------
    case : `SINUS` or `CRENEAU`.
    n : number of realisations, at most 1e9.
    final_time : None for the report's spread of T, else a scalar or (n,), in its order.
    seed : int >= 0 or numpy.random.SeedSequence; the same seed gives the same bytes.
    cells : number of cells, from 3 to 1e6.
    scheme, cfl : as in `solve`.
    profile : name recorded in the attributes.
    chunks : None to solve now, else the realisations of a chunk, at most 1e9, of a lazy (Dask)
        density, the same bits; computed on the caller's `distributed.Client` if there is one.

    Returns
    -------
    xarray.Dataset with `density` (realisation, x) in float32, coordinates `x`, `reynolds`,
    `final_time` and for the creneau `step`.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if Dask is wanted and not installed.
    """
    problems.checked(case)
    n = checks.count("n", n, most=MOST)
    cells = checks.count("cells", cells, least=3, most=MOST_CELLS)
    checks.seed("seed", seed)
    if not isinstance(profile, str):
        raise ValueError(f"profile is {profile!r}; accepted: a string")
    inputs, times = _drawn(case, n, final_time, np.random.default_rng(seed))
    arrays = inputs["reynolds"], times, *([inputs["step"]] if case.random_step else [])
    options = {"case": case, "cells": cells, "scheme": scheme, "cfl": cfl}
    if chunks is None:
        density = _solved(*arrays, **options)
    else:
        # Bad input shows now rather than on a worker, most steps at the last time.
        latest = [np.argmax(times)]
        _solved(*(array[latest] for array in arrays), **options)
        chunks = checks.count("chunks", chunks, most=MOST)
        density = distributed.lazy(_solved, arrays, (cells,), chunks, **options)
    coordinates = {name: ("realisation", values) for name, values in inputs.items()}
    return xr.Dataset(
        {"density": (("realisation", "x"), density)},
        coords={
            "x": (np.arange(cells) + 0.5) / cells,
            "final_time": ("realisation", times),
            **coordinates,
        },
        attrs={
            "case": case.name,
            "boundary": case.boundary,
            "scheme": scheme,
            "cfl": float(cfl),
            "seed": seed_label(seed),
            "profile": profile,
            "version": __version__,
        },
    )


def _drawn(case, n, final_time, rng):
    """Random inputs, a dict of (n,) arrays, and final times (n,)."""
    inputs = case.sample(n, rng)
    if final_time is not None:
        return inputs, _one_each("final_time", final_time, n)
    # One after the other the times would make of every part another law.
    order = rng.permutation(n)
    return {name: values[order] for name, values in inputs.items()}, case.final_times(n)[order]


def _solved(reynolds, times, step=None, *, case, cells, scheme, cfl):
    """Densities at the final times, (realisations, cells) float32."""
    density = np.empty((len(reynolds), cells), dtype=np.float32)
    for first in range(0, len(reynolds), CHUNK):
        part = slice(first, first + CHUNK)
        initial = case.initial(cells, step=None if step is None else step[part])
        density[part] = solver.solve(
            initial, reynolds[part], times[part], boundary=case.boundary, scheme=scheme, cfl=cfl
        )
    return density


def save(dataset, path):
    """Write a dataset as Zarr, complete or not at all.

    A lazy density (see `generate`) is written chunk by chunk by Dask; after a stop, the same call
    computes only the chunks that are missing. A store that is there is replaced; who reads it
    meanwhile by `open` has the old one or the new one, and a second writer waits, or is refused
    where the first computes what is lazy. A link to a store is followed, and stays a link.

    Raises
    ------
    OSError
        Naming the file and what makes it again, if it cannot be written; what was there is as it
        was.
    ValueError
        If it is no ensemble, or if at `path` there is anything but a store of one.
    """
    if not isinstance(dataset, xr.Dataset):
        raise ValueError(f"dataset is a {type(dataset).__name__}; accepted: what generate returns")
    if lacking := _lacking(dataset):
        raise ValueError(f"dataset lacks {lacking}; accepted: what generate returns")
    if dataset.density.dims != ("realisation", "x"):
        raise ValueError(f"density has dimensions {dataset.density.dims}; accepted: realisation, x")
    if dataset.density.chunks is not None:
        return distributed.save(dataset, path, _solved)
    with files.written_whole(path, store.is_ours) as part:
        store.to_zarr(dataset, part)


def open(path):
    """Read a dataset written by `save` into memory.

    Raises
    ------
    ValueError
        If it is missing, damaged or not one of ours, with the command that makes it again.
    """
    path = files.local(path)
    try:
        return files.read_whole(path, lambda folder: _read(folder, path))
    except FileNotFoundError:
        raise ValueError(f"{path} is missing; {files.remedy(path)}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error}); {files.remedy(path)}") from error


def _read(folder, path):
    """The dataset in a folder, which messages call `path`."""
    remedy = files.remedy(path)
    try:
        with warnings.catch_warnings():
            # Of what is not whole: it is told below, or read again.
            warnings.simplefilter("ignore", UserWarning)
            dataset = xr.open_zarr(folder, consolidated=False, chunks=None).load()
    except Exception as error:
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error
    # What a chunked call was begun with: see `distributed.save`.
    dataset.attrs.pop(distributed.RECIPE, None)
    if lacking := _lacking(dataset):
        raise ValueError(f"{path} is not an ensemble of this project: it lacks {lacking}; {remedy}")
    if dataset.attrs["case"] not in list(CASES):
        raise ValueError(f"{path} is damaged: its case is {dataset.attrs['case']!r}; {remedy}")
    # Zarr reads an absent chunk as fill values: a truncated store shows as NaN.
    for name, variable in dataset.variables.items():
        if not np.isfinite(variable.values).all():
            raise ValueError(f"{path} is damaged: its {name} is not finite; {remedy}")
    return dataset


def _lacking(dataset):
    """The attributes and variables that an ensemble has and this has not, in words, or none."""
    stepped = dataset.attrs.get("case") == CRENEAU.name
    variables = store.VARIABLES | ({"step"} if stepped else set())
    lacking = (store.ATTRIBUTES - dataset.attrs.keys()) | (variables - dataset.variables.keys())
    return ", ".join(sorted(lacking))


def export_npy(dataset, path):
    """Write the density alone as a plain NumPy file, the report's own format.

    Raises
    ------
    OSError
        As of `save`.
    ValueError
        If at `path` there is anything but a file.
    """
    density = np.ascontiguousarray(dataset["density"].values)
    header = np.lib.format.header_data_from_array_1_0(density)
    with files.written_whole(path) as part, part.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        # `numpy.save` would not say that the disk is full, only how much it wrote.
        stream.write(density)


def load_npy(path, cells=400):
    """Read a plain (realisations, cells) NumPy file; never unpickles.

    Raises
    ------
    ValueError
        If it is missing, damaged or of another shape, with the command that makes it again.
    """
    path = files.local(path)
    remedy = files.remedy(path)
    try:
        density = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error
    if not isinstance(density, np.ndarray):
        density.close()
        raise ValueError(f"{path} holds several arrays; accepted: a .npy file of one; {remedy}")
    if density.ndim != 2 or density.shape[1] != cells:
        raise ValueError(
            f"{path} holds shape {density.shape}; accepted: finite (realisations, {cells}); "
            f"{remedy}"
        )
    try:
        return checks.finite(f"what {path} holds", density, density.dtype)
    except ValueError as error:
        raise ValueError(f"{error}; {remedy}") from None


def _one_each(name, value, n):
    array = checks.non_negative(name, value)
    if array.shape not in ((), (n,)):
        raise ValueError(f"{name} has shape {array.shape}; accepted: scalar or ({n},)")
    return np.broadcast_to(array, (n,))


def seed_label(seed):
    """How a seed is recorded in the attributes."""
    if isinstance(seed, np.random.SeedSequence):
        return f"{seed.entropy}/{'/'.join(map(str, seed.spawn_key))}"
    return str(seed)
