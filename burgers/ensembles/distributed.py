"""Ensembles larger than memory: solved and written chunk by chunk by Dask.

The chunks are solved by the workers of the caller's `distributed.Client`, or on this machine if
there is none.
"""

import hashlib
import inspect
import os
import sys
from collections.abc import Callable
from functools import cache
from glob import escape
from threading import Lock
from typing import Any

import numba
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from burgers import _files as files
from burgers import _source as source
from burgers.ensembles import store

# The attribute that identifies the computation by which a store was begun.
RECIPE = "recipe"
# A chunk is solved by all threads of its worker; two chunks at once would compete for them.
_ONE_AT_A_TIME = Lock()


def lazy(
    function: Callable[..., NDArray[np.float32]],
    columns: NDArray[np.float64],
    shape: tuple[int],
    chunks: int,
    code: str,
    **options: Any,
) -> Any:
    """The result of a function of the rows of an array as a lazy Dask array of float32.

    Parameters
    ----------
    function : returns (realisations, and `shape`) for any number of rows.
    columns : (realisations, numbers), passed to the function `chunks` realisations at a time.
    shape : of the result for one realisation.
    chunks : realisations in a chunk.
    code : of what the options hold; arrays of different code have different names.
    options : passed to the function unchanged.

    Returns
    -------
    dask.array.Array (realisations, and `shape`).

    Raises
    ------
    ValueError
        If Dask is not installed.
    """
    da = _dask().array
    parts = da.from_array(columns, chunks=(chunks, -1))
    return da.map_blocks(
        _alone, parts, function=function, options=options, code=code, dtype=np.float32,
        chunks=(parts.chunks[0], shape), meta=np.empty((0, 0), np.float32),
    )  # fmt: skip


def save(
    dataset: xr.Dataset,
    path: str | os.PathLike[str],
    function: Callable[..., NDArray[np.float32]],
) -> None:
    """Compute an ensemble with a lazy density and write it as a Zarr store, chunk by chunk.

    An interrupted call leaves the finished chunks in `.part-<name>-<recipe>`; the same call
    computes the missing ones and moves the complete store into place. If the same ensemble is
    already complete at `path`, nothing is done.

    Parameters
    ----------
    dataset : an ensemble whose density is a Dask array.
    path : of the store, a folder.
    function : by which the chunks are solved; after a change of its code nothing is reused.

    Raises
    ------
    OSError
        Naming the store, if it cannot be written, if another process is writing it, if workers
        fail repeatedly, or if they write to another file system.
    ValueError
        If the density is chunked along x.
    """
    path, dataset = files.local(path), _regular(dataset)
    dataset = dataset.assign_coords({name: dataset[name].compute() for name in dataset.coords})
    dataset = dataset.assign_attrs({RECIPE: _recipe(dataset, function)})
    with files.explained(path, "the same call goes on with what is missing"):
        # Absolute, since workers may have another working directory.
        place = files.target(path, store.is_ours)
        place.parent.mkdir(parents=True, exist_ok=True)
        with files.locked(place, wait=0):
            if not (_is_of(place, dataset) and not _missing(place, dataset)):
                _write(dataset, place)


def _regular(dataset):
    """The dataset with chunks of equal size, except for the last, as required by a store."""
    rows, columns = dataset.density.data.chunks
    if len(columns) > 1:
        raise ValueError(f"density has chunks {columns} along x; accepted: one chunk along x")
    if len(set(rows[:-1])) > 1 or rows[-1] > rows[0]:
        dataset = dataset.assign(density=dataset.density.chunk(realisation=max(rows)))
    return dataset


def _write(dataset, path):
    # A folder per computation: workers of an interrupted call may still be writing to another.
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
    # Left by workers that died while writing.
    for begun in part.rglob("*.partial"):
        begun.unlink()
    files.put_in_place(part, path)


def _begin(dataset, part):
    """Write the coordinates and all metadata, but not the density."""
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
            f"chunks needs Dask; accepted: None, or `{source.install('cluster')}`"
        ) from error
    return dask


def _client():
    """The caller's client, or None."""
    try:
        import distributed

        return distributed.get_client()
    except (ImportError, ValueError):
        return None


def _alone(columns, function, options, code):
    with _ONE_AT_A_TIME:
        numba.set_num_threads(_threads())
        return function(columns, **options)


def _threads() -> int:
    """Number of threads of this worker, or of this machine."""
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    try:
        import distributed

        return min(distributed.get_worker().state.nthreads, most)
    except (ImportError, ValueError):
        return most


def _recipe(dataset, function):
    """A digest of all that determines a lazy density: inputs, options, chunks and code."""
    return hashlib.sha256((dataset.density.data.name + _code(function)).encode()).hexdigest()


@cache
def _code(function: Callable[..., Any]) -> str:
    """The source of a function's module and of all modules of this package that it depends on."""
    found: dict[str, Any] = {}
    open_ = [function.__module__]
    while open_:
        name = open_.pop()
        module = found[name] = sys.modules[name]
        # A module that was imported under its former name has a `__getattr__` of another one.
        seen = (getattr(value, "__module__", None) or getattr(value, "__name__", "")
                for key, value in vars(module).items() if key != "__getattr__")  # fmt: skip
        open_ += {str(other) for other in seen if str(other).startswith("burgers.")} - found.keys()
    return "".join(inspect.getsource(found[name]) for name in sorted(found))


def _is_of(folder, dataset):
    """Whether the store in a folder was begun with the same inputs, chunks and code."""
    try:
        begun = xr.open_zarr(folder, consolidated=False, chunks=None)
        return begun.attrs == dataset.attrs and all(
            begun[name].equals(dataset[name]) for name in dataset.coords
        )
    except Exception:
        return False


def _missing(folder, dataset):
    """Slices of the realisations whose chunks are missing; Zarr writes a chunk completely."""
    ends = np.cumsum((0, *dataset.density.data.chunks[0]))
    regions = [slice(*pair) for pair in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    return [
        region
        for number, region in enumerate(regions)
        if not (folder / "density" / "c" / str(number) / "0").is_file()
    ]


def _compute(writes):
    """Run the writes on the caller's client or on this machine, and show their progress."""
    dask, client = _dask(), _client()
    # The inputs are sent with the tasks: 24 bytes for 1,600 bytes of the result.
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
