"""Ensembles solved chunk by chunk: the same bits, resumption after a stop, failing workers."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from importlib import import_module

import dask
import numpy as np
import pytest
import xarray as xr
from distributed import Client, LocalCluster

import burgers
from burgers import _files as files
from burgers.ensembles import dataset, distributed, solving

COUNT = 1000
INPUTS = {"seed": 5, "cells": 50}


@pytest.fixture(scope="module")
def whole():
    return burgers.generate(burgers.CRENEAU, COUNT, **INPUTS)


def part(path):
    """The folder in which a store is being written; None before it exists."""
    return next(path.parent.glob(f".part-{path.name}-*"), None)


def written(path):
    """Numbers of the chunks in a store, if it exists."""
    return path and {int(chunk.parent.name) for chunk in path.glob("density/c/*/0")}


@pytest.mark.parametrize("chunks", [1000, 300, 64])
def test_chunks_do_not_change_a_bit(whole, chunks, tmp_path):
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=chunks)
    assert lazy.density.data.chunksize == (chunks, 50)
    dataset.save(lazy, tmp_path / "lazy.zarr")
    assert written(tmp_path / "lazy.zarr") == set(range(-(-COUNT // chunks)))
    found = dataset.open(tmp_path / "lazy.zarr")
    assert found.density.values.tobytes() == whole.density.values.tobytes()
    assert found.identical(whole)


def test_nothing_is_solved_before_it_is_needed(whole):
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100)
    few = lazy.density[150:160]
    assert few.chunks is not None
    assert few.values.tobytes() == whole.density.values[150:160].tobytes()


def test_a_stopped_call_is_resumed_with_what_is_missing(whole, tmp_path, monkeypatch):
    path, solved = tmp_path / "lazy.zarr", []
    solve = solving.solver.solve

    def stops(initial, *args, **kwargs):
        if len(solved) == 4:
            raise KeyboardInterrupt
        solved.append(len(initial))
        return solve(initial, *args, **kwargs)

    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100)
    monkeypatch.setattr(solving.solver, "solve", stops)
    # With several threads it is unknown when the last of them stops.
    with dask.config.set(scheduler="synchronous"), pytest.raises(KeyboardInterrupt):
        dataset.save(lazy, path)
    assert not path.exists()
    kept = written(part(path))
    assert 1 <= len(kept) <= 4
    solved.clear()
    monkeypatch.setattr(
        solving.solver, "solve", lambda a, *b, **c: (solved.append(len(a)), solve(a, *b, **c))[1]
    )
    dataset.save(lazy, path)
    assert solved == [100] * (10 - len(kept))
    assert part(path) is None
    assert dataset.open(path).identical(whole)
    solved.clear()
    dataset.save(lazy, path)
    assert solved == []


def test_what_was_left_of_another_ensemble_is_not_taken_up(whole, tmp_path, monkeypatch):
    path = tmp_path / "lazy.zarr"
    other = burgers.generate(burgers.CRENEAU, COUNT, seed=6, cells=50, chunks=100)
    monkeypatch.setattr(distributed, "_compute", lambda writes: None)
    with pytest.raises(OSError, match="are not in"):
        dataset.save(other, path)
    left = part(path)
    assert left.is_dir()
    monkeypatch.undo()
    dataset.save(burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100), path)
    assert dataset.open(path).identical(whole)
    assert not left.exists()


def test_a_damaged_chunk_is_told_by_the_name_of_its_store(repository):
    path = repository / "data" / "quick" / "lazy.zarr"
    dataset.save(burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100), path)
    (path / "density/c/3/0").write_bytes(b"no chunk")
    with pytest.raises(ValueError, match=r"lazy.zarr cannot be read .*make data PROFILE=quick"):
        dataset.open(path)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"chunks": 0}, "chunks"), ({"chunks": 2.5}, "chunks"), ({"cells": 2}, "cells"),
     ({"scheme": "weno"}, "scheme"), ({"final_time": [0.1] * 9 + [-1.0]}, "final_time")],
)  # fmt: skip
def test_bad_input_is_named_before_anything_is_solved(wrong, named):
    with pytest.raises(ValueError, match=named):
        burgers.generate(burgers.SINUS, 10, **{"chunks": 5, **wrong})


def test_without_dask_chunks_says_what_to_install(monkeypatch, installed):
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(ValueError, match=re.escape(f"`pip install {installed}[cluster]`")):
        burgers.generate(burgers.SINUS, 10, chunks=5)
    assert isinstance(burgers.generate(burgers.SINUS, 10), xr.Dataset)
    assert np.isfinite(burgers.generate(burgers.SINUS, 10).density).all()


def test_a_store_that_nobody_wrote_to_is_not_moved_into_place(tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "_compute", lambda writes: None)
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100)
    with pytest.raises(
        OSError, match=r"lazy\.zarr was not .*10 chunks are not in .*see that folder"
    ):
        dataset.save(lazy, tmp_path / "lazy.zarr")
    assert not (tmp_path / "lazy.zarr").exists()


def test_what_another_code_or_density_left_is_not_taken_up(whole, tmp_path, monkeypatch):
    path = tmp_path / "lazy.zarr"
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100)
    dataset.save(lazy.assign(density=2 * lazy.density), path)
    np.testing.assert_array_equal(dataset.open(path).density, 2 * whole.density)
    dataset.save(lazy, path)
    assert dataset.open(path).identical(whole)
    untouched = (path / "density/c/0/0").stat().st_mtime_ns
    dataset.save(lazy, path)
    assert (path / "density/c/0/0").stat().st_mtime_ns == untouched
    monkeypatch.setattr(distributed, "_code", lambda function: "another")
    dataset.save(lazy, path)
    assert (path / "density/c/0/0").stat().st_mtime_ns > untouched


def test_the_same_call_in_another_process_is_known_again():
    code = """
import burgers
from burgers.ensembles import dataset, distributed, solving
lazy = burgers.generate(burgers.CRENEAU, 100, seed=5, cells=50, chunks=30)
print(distributed._recipe(lazy, solving.solved))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # What is imported under a former name is the same code.
    import_module("burgers.quadrature")
    distributed._code.cache_clear()
    lazy = burgers.generate(burgers.CRENEAU, 100, seed=5, cells=50, chunks=30)
    assert done.stdout.strip() == distributed._recipe(lazy, solving.solved)


def test_a_store_that_another_process_writes_is_refused(tmp_path):
    path = tmp_path / "lazy.zarr"
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100)
    other = r"lazy\.zarr .*another process.*the same call goes on"
    with files.locked(path), pytest.raises(OSError, match=other):
        dataset.save(lazy, path)
    dataset.save(lazy, path)
    assert [found.name for found in tmp_path.iterdir()] == ["lazy.zarr"]


def test_lazy_coordinates_are_written_too(whole, tmp_path):
    dataset.save(whole.chunk(realisation=300), tmp_path / "lazy.zarr")
    assert dataset.open(tmp_path / "lazy.zarr").identical(whole)


@pytest.mark.parametrize(
    "change",
    [
        lambda lazy: lazy.isel(realisation=slice(30, 700)),
        lambda lazy: lazy.isel(realisation=slice(None, None, 3)),
        lambda lazy: lazy.isel(realisation=lazy.step.values > 0.2),
        lambda lazy: lazy.sortby("final_time"),
        lambda lazy: xr.concat([lazy.isel(realisation=slice(450)), lazy], "realisation"),
    ],
    ids=["slice", "strides", "mask", "sortby", "concat"],
)
def test_a_lazy_ensemble_is_written_whatever_was_picked_or_joined(whole, change, tmp_path):
    path = tmp_path / "lazy.zarr"
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100)
    dataset.save(change(lazy), path)
    assert dataset.open(path).identical(change(whole))
    dataset.save(change(xr.open_zarr(path)), tmp_path / "again.zarr")
    assert dataset.open(tmp_path / "again.zarr").density.dims == ("realisation", "x")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["again.zarr", "lazy.zarr"]


def test_what_cannot_be_begun_leaves_nothing(tmp_path, monkeypatch):
    def fails(dataset, folder, **options):
        folder.mkdir()
        raise RuntimeError

    monkeypatch.setattr(distributed.store, "to_zarr", fails)
    with pytest.raises(RuntimeError):
        dataset.save(burgers.generate(burgers.SINUS, 10, cells=8, chunks=5), tmp_path / "a.zarr")
    assert not list(tmp_path.iterdir())


def test_a_density_divided_along_x_is_refused(tmp_path):
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=100)
    with pytest.raises(ValueError, match=r"density has chunks \(25, 25\) along x"):
        dataset.save(lazy.chunk(x=25), tmp_path / "lazy.zarr")


# From here on there is a client, whose workers compute lazy densities.
@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_workers_do_not_change_a_bit(whole, client, tmp_path, monkeypatch):
    lazy = burgers.generate(burgers.CRENEAU, COUNT, **INPUTS, chunks=90)
    with monkeypatch.context() as patch:
        # In this process only; the workers have their own solver.
        patch.setattr(solving.solver, "solve", None)
        dataset.save(lazy, tmp_path / "lazy.zarr")
    assert dataset.open(tmp_path / "lazy.zarr").identical(whole)


def test_a_worker_killed_in_the_middle_loses_nothing(client, tmp_path):
    inputs = {"n": 4000, "seed": 2, "scheme": "muscl", "final_time": 0.5}
    path, victim = tmp_path / "lazy.zarr", client.run(os.getpid).popitem()[1]
    lazy = burgers.generate(burgers.SINUS, **inputs, chunks=100)
    saving = threading.Thread(target=dataset.save, args=(lazy, path))
    saving.start()
    while saving.is_alive() and len(written(part(path)) or ()) < 4:
        time.sleep(0.005)
    os.kill(victim, signal.SIGKILL)
    in_the_middle = part(path) and len(written(part(path))) < 40
    saving.join(timeout=120)
    assert not list(path.rglob("*.partial"))
    assert in_the_middle
    assert victim not in client.run(os.getpid).values()
    assert dataset.open(path).identical(burgers.generate(burgers.SINUS, **inputs))
