"""The judge for samples from anywhere: arrays, files, ensembles, and problems as the reference."""

import os
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers import _files as files
from burgers import ensembles, metrics
from burgers.metrics import MEASURES, checked_densities, scorecard
from burgers.problems import Problem
from burgers.studies.results import ALL_TIMES

# Exact realisations in a reference: this multiple of the generated ones, but at most so many unless
# twice as many as the generated ones are more.
MULTIPLE, MOST = 4, 20_000
INTERVALS = 5
# Of the measures, these are not repeated in every interval of time.
SLOW = ("c2st", "c2st_per_cell", "c2st_trees", "resolution")


class Sample(NamedTuple):
    """Densities, and their final times where these are known, (realisations,)."""

    density: NDArray[np.floating]
    times: NDArray[np.float64] | None


def judge(
    generated: ArrayLike | xr.Dataset,
    reference: ArrayLike | xr.Dataset | Problem,
    training: ArrayLike | xr.Dataset | None = None,
    *,
    final_time: ArrayLike | None = None,
    repeats: int = 200,
    seed: int | np.random.SeedSequence = 0,
    measures: Any = None,
) -> pd.DataFrame:
    """The scorecard of a generated sample: each measure, and how it scatters for true samples.

    Parameters
    ----------
    generated : (realisations, cells), or a dataset as `generate` returns it.
    reference : the true distribution: a problem, of which exact realisations are computed; or a
        sample of it, (realisations, cells) or a dataset.
    training : the sample that the model was trained on, in order to detect memorised realisations;
        or None.
    final_time : of the generated densities: one number or (realisations,); None where a dataset
        has it, or for all times. Realisations of a problem are computed at these times. Where they
        differ, and those of the reference are known, each measure except for the classifiers is
        given for five intervals of time as well.
    repeats, seed, measures : as in `metrics.judge`.

    Returns
    -------
    pandas.DataFrame as of `metrics.judge`, indexed by measure; or, with intervals of time, by time
    ("all", and the intervals) and measure.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    ours = _taken("generated", generated, final_time, least=2, cells=4)
    child = np.random.default_rng(checks.seed("seed", seed))
    # Exact realisations may take long, so what would be refused after them is looked at before.
    scorecard.asked(measures, repeats)
    known = None if training is None else _taken("training", training).density
    if known is not None:
        checked_densities("training", known, cells=4, like=ours.density)
    if isinstance(reference, Problem):
        theirs = exact_sample(reference, ours, int(child.integers(2**31)))
    else:
        theirs = _taken("reference", reference)
    options: dict[str, Any] = {"repeats": repeats, "seed": int(child.integers(2**31))}
    table = metrics.judge(ours.density, theirs.density, known, measures=measures, **options)
    if not (_differ(ours.times) and _differ(theirs.times)):
        return table
    fast = [name for name in measures or MEASURES if name not in SLOW]
    tables = {ALL_TIMES: table}
    for label, mine, true in _intervals(ours.times, theirs.times) if fast else ():
        tables[label] = metrics.judge(
            ours.density[mine], theirs.density[true], known, measures=fast, **options
        )  # fmt: skip
    return pd.concat(tables, names=["time"])


def exact_sample(problem: Problem, generated: Sample, seed: int) -> Sample:
    """Exact realisations to compare generated ones with: at their times, more of them."""
    count, cells = generated.density.shape
    several = max(2, min(MULTIPLE, -(-MOST // count)))
    times = None if generated.times is None else np.tile(generated.times, several)
    found = ensembles.generate(
        problem, several * count, final_time=times, seed=seed, cells=cells, scheme="exact"
    )
    return Sample(found.density.values, found.final_time.values)


def read(path: str | os.PathLike[str]) -> Sample:
    """Read a sample from a .npy file, a .npz file, or a Zarr store.

    Parameters
    ----------
    path : of the file. A .npz file of several arrays, and a store, have one called `density`; one
        called `final_time` is read where it is there.

    Returns
    -------
    `Sample`, (realisations, cells) finite numbers.

    Raises
    ------
    ValueError
        Naming the file, what is wrong and what is accepted.
    """
    place = files.local(path)
    try:
        arrays = _arrays(place)
    # A reader of a damaged file raises whatever its parts chose.
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith(str(place)):
            raise
        raise ValueError(
            f"{place} cannot be read ({type(error).__name__}: {checks.shown(str(error))}); "
            "accepted: .npy, .npz or a Zarr store of (realisations, cells)"
        ) from error
    name = "density" if "density" in arrays else next(iter(arrays), None)
    if name is None or ("density" not in arrays and len(arrays) > 1):
        raise ValueError(f"{place} holds {', '.join(arrays) or 'nothing'}; accepted: one `density`")
    return _taken(str(place), arrays[name], arrays.get("final_time"), times_of=f"{place}: ")


def _arrays(place: Path) -> dict[str, Any]:
    if place.suffix == ".npz":
        with np.load(place, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    if place.is_dir():
        with xr.open_zarr(place, consolidated=False, chunks=None) as store:
            names = [name for name in ("density", "final_time") if name in store.variables]
            return {str(name): store[name].values for name in names or store.data_vars}
    if place.suffix != ".npy":
        raise ValueError(f"{place} ends in {place.suffix!r}; accepted: .npy, .npz or a Zarr store")
    found = np.load(place, allow_pickle=False)
    if not isinstance(found, np.ndarray):
        found.close()
        raise ValueError(f"{place} holds several arrays; accepted: a .npy file of one")
    return {"density": found}


def _taken(name, value, final_time=None, least=1, cells=1, times_of=""):
    """The densities of an array or dataset, and their times; or ValueError."""
    times = final_time
    if isinstance(value, xr.Dataset):
        if "density" not in value:
            raise ValueError(f"{name} has no variable density; accepted: what generate returns")
        times = value.get("final_time") if final_time is None else final_time
        value = value["density"]
    density = checked_densities(name, value, least, cells)
    if times is None:
        return Sample(density, None)
    name, count = f"{times_of}final_time", len(density)
    times = checks.non_negative(name, times)
    if times.shape not in ((), (count,)):
        raise ValueError(f"{name} has shape {times.shape}; accepted: one number or ({count},)")
    return Sample(density, np.broadcast_to(times, count))


def _differ(times):
    """Whether times are known and not all the same."""
    return times is not None and np.ptp(times) > 0


def _intervals(ours, theirs):
    """Label and realisations of either sample, for intervals with equally many of the reference."""
    edges = np.quantile(theirs, np.linspace(0.0, 1.0, INTERVALS + 1))
    edges[[0, -1]] = -np.inf, np.inf
    for low, high in pairwise(edges):
        mine, true = ((low < times) & (times <= high) for times in (ours, theirs))
        # What has too few realisations to be judged is left out.
        if mine.sum() >= 2 and true.sum() >= 4:
            within = theirs[true]
            yield f"{within.min():.3g} to {within.max():.3g}", mine, true
