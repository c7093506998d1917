"""Ensembles larger than memory: solved and written chunk by chunk by Dask, wherever Dask runs.

Without a `distributed.Client` of the caller's the chunks are solved on this machine.
"""

import hashlib
import inspect
import os
import sys
from functools import cache
from glob import escape
from threading import Lock

import numba
import numpy as np
import xarray as xr

from burgers import _files as files
from burgers.ensembles import store

# The attribute that tells from what a store was begun.
RECIPE = "recipe"
# A chunk is solved by all threads of its worker: two at once would share them.
_ONE_AT_A_TIME = Lock()


def lazy(function, arrays, shape, chunks, **options):
    """A Dask array, realisations by `shape`, of `function(*arrays, **options)`, float32.

    arrays : (realisations,) each, given to the function `chunks` realisations at a time.

    Raises
    ------
    ValueError
        If Dask is not installed.
    """
    da = _dask().array
    parts = [da.from_array(array, chunks=chunks) for array in arrays]
    return da.map_blocks(
        _alone, *parts, function=function, options=options, dtype=np.float32, new_axis=1,
        chunks=(*parts[0].chunks, shape), meta=np.empty((0, 0), np.float32),
    )  # fmt: skip


def save(dataset, path, function):
    """Write an ensemble whose density is lazy as Zarr, a region for each of its chunks.

    A call that was stopped leaves what it finished in `.part-<name>-<recipe>`; the same call
    computes what is missing and moves the whole into place. Where the same ensemble is complete,
    nothing is done. function : what solves the chunks; of other code it is another call.

    Raises
    ------
    OSError
        Naming the store, if it cannot be written, another process writes it, or workers die again
        and again or write elsewhere.
    ValueError
        If the density is divided along x.
    """
    path, dataset = files.local(path), _regular(dataset)
    dataset = dataset.assign_coords({name: dataset[name].compute() for name in dataset.coords})
    dataset = dataset.assign_attrs({RECIPE: _recipe(dataset, function)})
    with files.explained(path, "the same call goes on with what is missing"):
        # Absolute, as workers may stand in another folder.
        place = files.target(path, store.is_ours)
        place.parent.mkdir(parents=True, exist_ok=True)
        with files.locked(place, wait=0):
            if not (_is_of(place, dataset) and not _missing(place, dataset)):
                _write(dataset, place)


def _regular(dataset):
    """The dataset with chunks of equal size but for the last, as a store has them."""
    rows, columns = dataset.density.data.chunks
    if len(columns) > 1:
        raise ValueError(f"density has chunks {columns} along x; accepted: whole ones")
    if len(set(rows[:-1])) > 1 or rows[-1] > rows[0]:
        dataset = dataset.assign(density=dataset.density.chunk(realisation=max(rows)))
    return dataset


def _write(dataset, path):
    # What another call left running may still write to a folder of its own.
    part = path.with_name(f".part-{path.name}-{dataset.attrs[RECIPE][:8]}")
    for other in path.parent.glob(f".part-{escape(path.name)}-????????"):
        if other != part:
            files.remove(other)
    if not _is_of(part, dataset):
        _begin(dataset, part)
    alone = dataset.drop_vars([*dataset.coords])
    _compute([
        alone.isel(realisation=region).to_zarr(
            part, region={"realisation": region}, compute=False, consolidated=False
        )
        for region in _missing(part, dataset)
    ])  # fmt: skip
    if absent := _missing(part, dataset):
        raise OSError(
            f"{len(absent)} chunks are not in {part}: every worker has to see that folder"
        )
    # What a worker had begun when it died.
    for begun in part.rglob("*.partial"):
        begun.unlink()
    files.put_in_place(part, path)


def _begin(dataset, part):
    """Write everything but the density."""
    files.remove(part)
    try:
        store.to_zarr(dataset, part, compute=False)
    except BaseException:
        files.remove(part)
        raise


def _dask():
    try:
        import dask.array  # an extra: everything else works without it
    except ImportError as error:
        raise ValueError(
            "chunks needs Dask; accepted: None, or `pip install .[cluster]`"
        ) from error
    return dask


def _client():
    """The caller's client, or None."""
    try:
        import distributed

        return distributed.get_client()
    except (ImportError, ValueError):
        return None


def _alone(*arrays, function, options):
    with _ONE_AT_A_TIME:
        numba.set_num_threads(_threads())
        return function(*arrays, **options)


def _threads():
    """Threads of this worker, or of this machine."""
    try:
        import distributed

        return min(distributed.get_worker().state.nthreads, numba.config.NUMBA_NUM_THREADS)
    except (ImportError, ValueError):
        return numba.config.NUMBA_NUM_THREADS


def _recipe(dataset, function):
    """A digest of what a lazy density is computed from: inputs, options, chunks and code."""
    return hashlib.sha256((dataset.density.data.name + _code(function)).encode()).hexdigest()


@cache
def _code(function):
    """The source of a function's module, and of all modules of this package that it stands on."""
    found, open_ = {}, [function.__module__]
    while open_:
        name = open_.pop()
        module = found[name] = sys.modules[name]
        seen = (getattr(value, "__module__", None) or getattr(value, "__name__", "")
                for value in vars(module).values())  # fmt: skip
        open_ += {str(other) for other in seen if str(other).startswith("burgers.")} - found.keys()
    return "".join(inspect.getsource(found[name]) for name in sorted(found))


def _is_of(folder, dataset):
    """Whether the store in a folder was begun from the same inputs, by the same chunks and code."""
    try:
        begun = xr.open_zarr(folder, consolidated=False, chunks=None)
        return begun.attrs == dataset.attrs and all(
            begun[name].equals(dataset[name]) for name in dataset.coords
        )
    except Exception:
        return False


def _missing(folder, dataset):
    """Slices of the realisations whose chunk is not in the store: Zarr writes a chunk whole."""
    ends = np.cumsum((0, *dataset.density.data.chunks[0]))
    regions = [slice(*pair) for pair in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    return [
        region
        for number, region in enumerate(regions)
        if not (folder / "density" / "c" / str(number) / "0").is_file()
    ]


def _compute(writes):
    """Run the writes where the caller's client says, and show their progress."""
    dask, client = _dask(), _client()
    # The inputs travel with the tasks, 24 bytes for 1,600 of the result.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"}):
        if client is None:
            return _with_bar(lambda: dask.compute(*writes))
        futures = client.compute(writes, retries=3)
    from distributed import KilledWorker, progress

    try:
        if "CI" not in os.environ:
            progress(futures, notebook=False)
        client.gather(futures)
    except KilledWorker as error:
        raise OSError(f"{error} Smaller chunks take less memory.") from error
    finally:
        client.cancel(futures)


def _with_bar(run):
    if "CI" in os.environ:
        return run()
    from dask.diagnostics import ProgressBar

    with ProgressBar():
        return run()
