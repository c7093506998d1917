"""Ensembles of densities at random final times: generated from a seed, stored as Zarr."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers import _files as files
from burgers import problems
from burgers._version import __version__
from burgers.ensembles import distributed, solving, store
from burgers.ensembles.solving import Scheme
from burgers.problems import CASES, CELLS, Problem

# Larger numbers are most likely mistakes: they would take terabytes, or years.
MOST, MOST_CELLS = 10**9, 10**6


@checks.formerly(case="problem")
def generate(
    problem: Problem,
    n: int,
    *,
    final_time: ArrayLike | None = None,
    seed: int | np.random.SeedSequence = 0,
    cells: int = CELLS,
    scheme: Scheme = "rusanov",
    cfl: float = 0.9,
    profile: str = "none",
    chunks: int | None = None,
) -> xr.Dataset:
    """Solve a random problem for n realisations of its inputs.

    The realisations are in random order, so that any subset is a sample of the same distribution.
    They are solved in parts, so that the memory needed is little more than that of the result; with
    `chunks`, a part is solved only when it is needed (see `save`).

    Parameters
    ----------
    problem : `SINUS`, `CRENEAU`, one of `burgers.problems.get`, or your own `Problem`.
    n : number of realisations, at most 1e9.
    final_time : None for final times evenly spaced over the problem's range, in random order; else
        a scalar or (n,), kept in the given order.
    seed : int >= 0 or numpy.random.SeedSequence; the same seed gives the same bits.
    cells : number of cells, between 3 and 1e6.
    scheme, cfl : as in `solve`; or scheme "exact" for the exact cell averages, as in
        `exact.density`.
    profile : name of a profile, recorded in the attributes.
    chunks : None to solve at once; else the number of realisations, at most 1e9, in each chunk of a
        lazy Dask array with the same bits, which is computed on the caller's `distributed.Client`
        if there is one.

    Returns
    -------
    xarray.Dataset with `density` (realisation, x), float32 cell averages, and the coordinates `x`
    (cell centres), `final_time`, `reynolds` and the other inputs.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if `chunks` is given and Dask is not
        installed.
    """
    problems.checked(problem)
    n = checks.count("n", n, most=MOST)
    cells = checks.count("cells", cells, least=3, most=MOST_CELLS)
    checks.seed("seed", seed)
    if not isinstance(profile, str):
        raise ValueError(f"profile is {profile!r}; accepted: a string")
    how = solving.options(scheme, cfl)
    chunks = chunks if chunks is None else checks.count("chunks", chunks, most=MOST)
    inputs, times = _drawn(problem, n, final_time, np.random.default_rng(seed))
    columns = solving.packed(times, inputs)
    widths = {name: values.shape[1:] for name, values in inputs.items()}
    options: dict[str, Any] = {"problem": problem, "widths": widths, "cells": cells, **how}
    if chunks is None:
        density = solving.solved(columns, **options)
    else:
        # Solves the realisation with the last time, so that invalid input is refused here rather
        # than on a worker.
        solving.solved(columns[[np.argmax(times)]], **options)
        code = solving.code(problem)
        density = distributed.lazy(solving.solved, columns, (cells,), chunks, code, **options)
    return xr.Dataset(
        {"density": (("realisation", "x"), density)},
        coords={
            "x": problems.centres(cells),
            "final_time": ("realisation", times),
            **solving.coordinates(problem, inputs, n),
        },
        attrs={
            **solving.attributes(problem, **how, seed=seed),
            "profile": profile,
            "version": __version__,
        },
    )


def _drawn(problem, n, final_time, rng):
    """Random inputs, a dict of arrays, and final times (n,)."""
    inputs = problem.sample(n, rng)
    if final_time is not None:
        return inputs, _one_each("final_time", final_time, n)
    # With increasing times, every subset would have another distribution.
    order = rng.permutation(n)
    return {name: values[order] for name, values in inputs.items()}, problem.final_times(n)[order]


def save(dataset: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write an ensemble as a Zarr store, completely or not at all.

    A lazy density (see `generate`) is computed and written chunk by chunk by Dask; after an
    interruption, the same call computes only the missing chunks. An existing store is replaced.
    Processes that read it by `open` at the same time see either the old or the new one. A second
    writer waits, or is refused while the first computes a lazy density. A symbolic link to a store
    is followed and preserved.

    Parameters
    ----------
    dataset : as returned by `generate`.
    path : of the store, a folder.

    Raises
    ------
    OSError
        Naming the store and how to make it again, if it cannot be written; an existing one is left
        unchanged.
    ValueError
        If `dataset` is not an ensemble, or if `path` is anything other than the store of one.
    """
    if not isinstance(dataset, xr.Dataset):
        raise ValueError(f"dataset is a {type(dataset).__name__}; accepted: what generate returns")
    if lacking := _lacking(dataset):
        raise ValueError(f"dataset lacks {lacking}; accepted: what generate returns")
    if dataset.density.dims != ("realisation", "x"):
        raise ValueError(f"density has dimensions {dataset.density.dims}; accepted: realisation, x")
    if dataset.density.chunks is not None:
        distributed.save(dataset, path, solving.solved)
        return
    with files.written_whole(path, store.is_ours) as part:
        store.to_zarr(dataset, part)


def open(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read an ensemble written by `save` into memory.

    Parameters
    ----------
    path : of the store, a folder.

    Returns
    -------
    xarray.Dataset as returned by `generate`, without chunks.

    Raises
    ------
    ValueError
        If it is missing, damaged or not an ensemble, with the command that makes it again.
    """
    place = files.local(path)
    try:
        return files.read_whole(place, lambda folder: _read(folder, place))
    except FileNotFoundError:
        raise ValueError(f"{place} is missing; {files.remedy(place)}") from None
    except OSError as error:
        raise ValueError(f"{place} cannot be read ({error}); {files.remedy(place)}") from error


def _read(folder: Path, path: Path) -> xr.Dataset:
    """Read the ensemble in a folder, which messages call `path`."""
    remedy = files.remedy(path)
    try:
        with warnings.catch_warnings():
            # Warnings about incomplete stores, which are refused below or read again.
            warnings.simplefilter("ignore", UserWarning)
            dataset = xr.open_zarr(folder, consolidated=False, chunks=None).load()
    except Exception as error:
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error
    # Identifies an interrupted call, see `distributed.save`.
    dataset.attrs.pop(distributed.RECIPE, None)
    dataset.attrs = store.named(dataset.attrs)
    if lacking := _lacking(dataset):
        raise ValueError(f"{path} is not an ensemble of this project: it lacks {lacking}; {remedy}")
    problem = dataset.attrs["problem"]
    if problem not in [*CASES] and "inputs" not in dataset.attrs:
        raise ValueError(f"{path} is damaged: its problem is {problem!r}; {remedy}")
    # Zarr reads a missing chunk as fill values, so that a truncated store contains NaN.
    for name, variable in dataset.variables.items():
        bad = np.isnan if name == "reynolds" else _not_finite
        if bad(variable.values).any():
            raise ValueError(f"{path} is damaged: its {name} is not finite; {remedy}")
    return dataset


def _not_finite(values):
    return ~np.isfinite(values)


def _lacking(dataset):
    """The attributes and variables missing from an ensemble, as text; empty if none is."""
    name = dataset.attrs.get("problem")
    ours = CASES[name].inputs if isinstance(name, str) and name in CASES else ()
    variables = store.VARIABLES | set(dataset.attrs.get("inputs", ours))
    lacking = (store.ATTRIBUTES - dataset.attrs.keys()) | (variables - dataset.variables.keys())
    return ", ".join(sorted(lacking))


def export_npy(dataset: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write the density alone as a NumPy file, the format used by the report.

    Parameters
    ----------
    dataset : with a variable `density`, of any shape.
    path : of the file, which is replaced if it exists.

    Raises
    ------
    OSError
        As in `save`.
    ValueError
        If `path` is a folder.
    """
    density = np.ascontiguousarray(dataset["density"].values)
    header = np.lib.format.header_data_from_array_1_0(density)
    with files.written_whole(path) as part, part.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        # `numpy.save` would report how much it wrote, but not that the disk is full.
        stream.write(density.data)


def load_npy(path: str | os.PathLike[str], cells: int = CELLS) -> NDArray[np.floating]:
    """Read densities from a NumPy file; pickled objects are never loaded.

    Parameters
    ----------
    path : of the file.
    cells : the number of cells that it must have.

    Returns
    -------
    (realisations, cells), of the precision stored.

    Raises
    ------
    ValueError
        If it is missing, damaged or of another shape, with the command that makes it again.
    """
    place = files.local(path)
    remedy = files.remedy(place)
    try:
        density = np.load(place, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{place} cannot be read ({error}); {remedy}") from error
    if not isinstance(density, np.ndarray):
        density.close()
        raise ValueError(f"{place} holds several arrays; accepted: a .npy file of one; {remedy}")
    if density.ndim != 2 or density.shape[1] != cells:
        raise ValueError(
            f"{place} holds shape {density.shape}; accepted: finite (realisations, {cells}); "
            f"{remedy}"
        )
    try:
        return checks.finite(f"what {place} holds", density, density.dtype)
    except ValueError as error:
        raise ValueError(f"{error}; {remedy}") from None


def _one_each(name, value, n):
    array = checks.non_negative(name, value)
    if array.shape not in ((), (n,)):
        raise ValueError(f"{name} has shape {array.shape}; accepted: scalar or ({n},)")
    return np.broadcast_to(array, (n,))
