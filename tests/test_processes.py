"""Forked processes, threads, readers and writers at one path, and places without a home."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import burgers
from burgers import _files as files
from burgers import metrics
from burgers.ensembles import dataset
from burgers.models import latent_laws

SMALL = {"n": 40, "cells": 24}
PACKAGE = Path(burgers.__file__).parent


def solve():
    initial = burgers.SINUS.initial(24)
    return burgers.solve(initial, np.geomspace(1e-2, 1e5, 40), 0.3, boundary="periodic")


def trajectory():
    initial = burgers.CRENEAU.initial(24, step=np.linspace(0.1, 0.3, 40))
    return burgers.trajectory(initial, 200.0, [0.1, 0.2], boundary="outflow", scheme="muscl")


def generate():
    return burgers.generate(burgers.CRENEAU, **SMALL).density.values


def exact():
    rule = {"cells": 8, "panel_nodes": 2, "reynolds_nodes": 2}
    density = burgers.exact.density(burgers.SINUS, [0.1, 0.4], reynolds=[1.0, 300.0], cells=8)
    return np.vstack([*burgers.exact.mean_and_std(burgers.CRENEAU, 0.2, **rule), density])


def judge():
    samples = [burgers.generate(burgers.CRENEAU, **SMALL, seed=seed).density for seed in range(3)]
    return metrics.judge(*samples, repeats=1).to_numpy()


def laws():
    codes = np.random.default_rng(0).standard_normal((60, 2))
    fitted = [
        law.fit(codes)
        for law in (latent_laws.Mixture(components=(1, 2)), latent_laws.ManifoldParzen())
    ]
    return np.concatenate([law.sample(5, np.random.default_rng(1)) for law in fitted])


CALLS = [solve, trajectory, generate, exact, judge, laws]


def digests(_=None):
    """The bits that each of the calls returns, as a digest."""
    return {call.__name__: hashlib.sha256(call().tobytes()).hexdigest() for call in CALLS}


MANY = """
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
import test_processes
expected = test_processes.digests()
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map_async(test_processes.digests, range(4)).get(timeout=60) == [expected] * 4
with ThreadPoolExecutor(4) as pool:
    assert list(pool.map(test_processes.digests, range(8))) == [expected] * 8
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("layer", ["workqueue", "omp"])
def test_forked_processes_and_threads_compute_the_same_bits_under_every_layer_of_numba(layer):
    # With one thread each nothing would hang.
    several = {"NUMBA_THREADING_LAYER": layer, "OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", MANY], cwd=Path(__file__).parent, capture_output=True, text=True,
        env={**os.environ, **several}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


WRITER = """
import sys
from burgers import dataset
import burgers
path = sys.argv[1]
both = [burgers.generate(burgers.SINUS, 50, cells=16, seed=seed) for seed in (0, 1)]
print("ready", flush=True)
for k in range(int(sys.argv[2])):
    dataset.save(both[k % 2], path)
"""


@pytest.fixture
def writers(tmp_path):
    """Two processes that each save two ensembles in turn to `a.zarr`, a given number of times."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "a.zarr"), "40"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    for process in started:
        process.stdout.readline()
    yield started
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_whatever_two_others_write_a_reader_gets_one_whole_ensemble(tmp_path, writers):
    path, seen = tmp_path / "a.zarr", set()
    both = [burgers.generate(burgers.SINUS, 50, cells=16, seed=seed) for seed in (0, 1)]
    while not path.exists():
        time.sleep(0.01)
    while any(process.poll() is None for process in writers):
        ensemble = dataset.open(path)
        seed = int(ensemble.attrs["seed"])
        assert ensemble.identical(both[seed])
        seen.add(seed)
    assert seen == {0, 1}
    assert [process.returncode for process in writers] == [0, 0]
    assert dataset.open(path).identical(both[int(dataset.open(path).attrs["seed"])])
    assert [found.name for found in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.parametrize("write", [dataset.save, dataset.export_npy])
def test_threads_that_write_one_path_wait_for_each_other(tmp_path, write):
    path, ensemble = tmp_path / "a", burgers.generate(burgers.SINUS, 20, cells=16)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, ensemble, path) for _ in range(12)]:
            done.result()
    assert [found.name for found in tmp_path.iterdir()] == ["a"]


def test_a_writer_that_waited_long_enough_is_refused_by_name(tmp_path, monkeypatch):
    ensemble, path = burgers.generate(burgers.SINUS, 5, cells=8), tmp_path / "a.zarr"
    locked = files.locked
    monkeypatch.setattr(files, "locked", lambda place: locked(place, wait=0.05))
    with (
        locked(path),
        pytest.raises(OSError, match=r"a\.zarr was not written.*another process.*wait for it"),
    ):
        dataset.save(ensemble, path)
    dataset.save(ensemble, path)


def test_a_lock_that_a_killed_process_left_is_no_obstacle(tmp_path):
    (tmp_path / ".lock-a.zarr").touch()
    dataset.save(burgers.generate(burgers.SINUS, 5, cells=8), tmp_path / "a.zarr")
    assert [found.name for found in tmp_path.iterdir()] == ["a.zarr"]


def test_what_a_kill_between_two_folders_left_is_read(tmp_path):
    path, ensemble = tmp_path / "a.zarr", burgers.generate(burgers.SINUS, 5, cells=8)
    dataset.save(ensemble, path)
    path.rename(files.old_of(path))
    assert dataset.open(path).identical(ensemble)
    dataset.save(ensemble, path)
    assert [found.name for found in tmp_path.iterdir()] == ["a.zarr"]


# Where the package is, and who runs it. Neither in the package nor in a home can be written.
HOMELESS = {"HOME": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
ZIPPED = """
import sys, warnings
sys.path.insert(0, sys.argv[1])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import burgers
    from burgers import chunked, dataset, paths, plots
    ensemble = burgers.generate(burgers.SINUS, 20, cells=12, seed=3)
    lazy = burgers.generate(burgers.SINUS, 20, cells=12, seed=3, chunks=10)
assert burgers.__file__.startswith(sys.argv[1]), burgers.__file__
dataset.save(lazy, paths.data("quick") / "final_sinus.zarr")
assert dataset.open(paths.data("quick") / "final_sinus.zarr").identical(ensemble)
try:
    dataset.open("data/quick/pool_sinus.zarr")
except ValueError as error:
    assert "make " not in str(error), error
print([str(found.message) for found in caught if "NUMBA_CACHE_DIR" in str(found.message)])
"""


def run(code, package, folder, **environment):
    """What code prints in a working folder, with the package imported from a zip or folder."""
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(package)], cwd=folder, env={**kept, **environment},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_zipped_and_without_a_home_it_solves_and_says_once_that_nothing_is_kept(tmp_path):
    with zipfile.ZipFile(tmp_path / "burgers.whl", "w") as archive:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and path.suffix in (".py", ".mplstyle"):
                archive.write(path, Path("burgers") / path.relative_to(PACKAGE))
    caches = {"MPLCONFIGDIR": matplotlib.get_cachedir()}
    said = run(ZIPPED, tmp_path / "burgers.whl", tmp_path, **HOMELESS, **caches)
    assert said.count("compiled code cannot be kept") == 1
    # Data go to the working folder.
    assert (tmp_path / "data" / "quick" / "final_sinus.zarr").is_dir()


def test_a_read_only_installation_without_a_home_is_imported(tmp_path):
    package = tmp_path / "site" / "burgers"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    # Root may write anywhere, but no folder where a file is.
    (package / "__pycache__").touch()
    code = "import sys; sys.path.insert(0, sys.argv[1]); import burgers; print(burgers.__file__)"
    assert run(code, package.parent, tmp_path, **HOMELESS).startswith(str(package))


def test_an_installed_package_writes_to_the_working_folder(tmp_path):
    package = tmp_path / "site" / "burgers"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from burgers import _files, paths
print(paths.data("quick").resolve(), _files.remedy(paths.data("quick") / "vae_sinus.keras"))
"""
    said = run(code, package.parent, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert said.split() == [str(tmp_path / "data" / "quick"), "make", "it", "again"]
