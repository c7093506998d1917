"""A full disk, an unwritable folder, damaged files: the file is named, and nothing else is lost."""

import errno
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import as_repository, contents

import burgers
from burgers import _files as files
from burgers import paths
from burgers.ensembles import dataset
from burgers.models import streaming, training, vae

# A page or two, enough for a history, and not for what follows it.
ROOM = 16_384
FULL = (errno.ENOSPC, errno.EFBIG)
UNWRITABLE = (errno.EACCES, errno.EROFS)


def save(path, seed):
    dataset.save(burgers.generate(burgers.SINUS, 200, seed=seed), path)


def save_chunks(path, seed):
    dataset.save(burgers.generate(burgers.SINUS, 200, seed=seed, chunks=100), path)


def export(path, seed):
    dataset.export_npy(burgers.generate(burgers.SINUS, 200, seed=seed), path)


def save_model(path, seed):
    model = vae.VAE(seed=seed)
    model(np.zeros((1, 400)))
    training.save(model, pd.DataFrame({"epoch": [1], "loss": [2.0]}), path)


def train(path, seed, epochs=1):
    vae.train(burgers.generate(burgers.SINUS, 60, seed=seed).density.values, path, epochs=epochs)


WRITERS = {
    "pool_sinus.zarr": save,
    "final_sinus.zarr": save_chunks,
    "final_sinus.npy": export,
    "vae_sinus.keras": save_model,
    "vae_creneau.keras": train,
}


def assert_refused(write, path, numbers):
    """Writing raises an OSError that names the file and what to call, and changes nothing."""
    # What Dask has finished is kept for the next call.
    parts = write is not save_chunks
    before = contents(path.parent, parts)
    again = r"`make \w+ PROFILE=quick" if parts else "the same call goes on"
    with pytest.raises(OSError, match=rf"was not written.*{again}") as caught:
        write(path, seed=1)
    # Itself, or the history or checkpoint beside it.
    assert str(path.with_suffix("")) in str(caught.value)
    assert caught.value.errno in numbers, caught.value
    assert contents(path.parent, parts) == before


def written_once(folder, trained):
    """What each writer writes, in the folder of a profile; the model is the trained one."""
    made = as_repository(Path(folder)) / "data" / "quick"
    for name, write in WRITERS.items():
        if write is not train:
            write(made / name, seed=0)
    for part in Path(trained).parent.glob(f"{Path(trained).stem}[._]*"):
        shutil.copy(part, made / part.name.replace(Path(trained).stem, "vae_creneau"))
    return made


def on_a_full_disk(folder, trained):
    """In a child: each writer is refused while the disk is full, and not when there is room."""
    made, filler = written_once(folder, trained), Path(folder) / "filler"
    for name, write in WRITERS.items():
        filler.write_bytes(bytes(max(shutil.disk_usage(folder).free - ROOM, 0)))
        assert_refused(write, made / name, FULL)
        filler.unlink()
        write(made / name, seed=1)
        assert not list(made.glob(".part-*"))


def where_little_may_be_written(folder, trained):
    """In a child: the same, where the size of files is limited, and for who may not write."""
    made = written_once(folder, trained)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
    for name, write in WRITERS.items():
        assert_refused(write, made / name, FULL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for path in [Path(folder), *Path(folder).rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.getuid() == 0:
        os.setuid(65534)
    for name, write in WRITERS.items():
        assert_refused(write, made / name, UNWRITABLE)


def in_a_child(function, *arguments, within=()):
    code = f"import test_damage; test_damage.{function.__name__}(*{[*map(str, arguments)]})"
    done = subprocess.run(
        [*within, sys.executable, "-c", code], cwd=Path(__file__).parent,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]


def own_disk(folder):
    """What to put before a command so that it sees a small disk at a folder; None if it cannot."""
    mount = 'mount -t tmpfs -o size=64m none "$0" && exec "$@"'
    within = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(folder)]
    able = shutil.which("unshare") and subprocess.run([*within, "true"]).returncode == 0
    return within if able else None


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = as_repository(tmp_path_factory.mktemp("damage"))
    path = folder / "data" / "quick" / "final_creneau.zarr"
    dataset.save(burgers.generate(burgers.CRENEAU, 300, chunks=150), path)
    return path


@pytest.fixture
def damaged(store, repository):
    path = repository / "data" / "quick" / store.name
    shutil.copytree(store, path)
    return path


def chunks(path):
    return sorted(part for part in path.rglob("c/**/*") if part.is_file())


def assert_named(read, path):
    with pytest.raises(ValueError, match=r"`make \w+ PROFILE=quick -W notebooks/\w+\.ipynb`") as e:
        read(path)
    assert str(path) in str(e.value)


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def test_a_flipped_bit_of_any_chunk_is_noticed(damaged):
    rng = np.random.default_rng(0)
    assert len(chunks(damaged)) > 5
    for chunk in chunks(damaged):
        whole = chunk.read_bytes()
        for place in rng.integers(len(whole), size=10):
            chunk.write_bytes(flipped(whole, place))
            assert_named(dataset.open, damaged)
        chunk.write_bytes(whole)
    dataset.open(damaged)


def test_a_chunk_that_is_not_there_is_noticed(damaged):
    for chunk in chunks(damaged):
        whole = chunk.read_bytes()
        chunk.unlink()
        assert_named(dataset.open, damaged)
        chunk.write_bytes(whole)
    for metadata in damaged.rglob("zarr.json"):
        whole = metadata.read_bytes()
        metadata.write_bytes(whole[: len(whole) // 2])
        assert_named(dataset.open, damaged)
        metadata.write_bytes(whole)
    dataset.open(damaged)


@pytest.mark.parametrize("name", ["density", "step", "final_time", "x"])
def test_a_store_that_lacks_a_variable_is_not_opened(damaged, name):
    shutil.rmtree(damaged / name)
    assert_named(dataset.open, damaged)


def test_a_stop_while_a_folder_is_replaced_leaves_a_whole_one(store, tmp_path, monkeypatch):
    path, whole, remove = tmp_path / store.name, contents(store), files.remove
    shutil.copytree(store, path)

    def stops(place):
        if place.name.startswith(".gone-") and place.exists():
            raise KeyboardInterrupt
        remove(place)

    with monkeypatch.context() as patch:
        patch.setattr(files, "remove", stops)
        with pytest.raises(KeyboardInterrupt):
            save(path, seed=0)
    assert contents(path) != whole
    dataset.open(path)
    save(path, seed=1)
    assert [found.name for found in tmp_path.iterdir()] == [store.name]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_stops_a_replacement_leaves_the_old_folder(store, tmp_path, monkeypatch, error):
    path, whole, replace = tmp_path / store.name, contents(store), os.replace
    shutil.copytree(store, path)

    def stops(source, target):
        if source == files.part_of(path):
            raise error
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", stops)
        with pytest.raises(error):
            save(path, seed=0)
    assert contents(path) == whole
    assert [found.name for found in tmp_path.iterdir()] == [store.name]


def test_a_store_that_is_trained_on_notices_when_it_reads(damaged):
    chunk = damaged / "density" / "c" / "1" / "0"
    whole = chunk.read_bytes()
    for content in (flipped(whole, len(whole) // 2), whole[:-10], None):
        chunk.unlink() if content is None else chunk.write_bytes(content)
        found = streaming.Stored(damaged)
        found[:150]
        assert_named(lambda path, found=found: found[150:], damaged)
    (damaged / "density" / "zarr.json").write_text("{}", encoding="utf-8")
    assert_named(streaming.Stored, damaged)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("damage") / "data" / "quick" / "vae_sinus.keras"
    train(path, seed=0)
    return path


def test_a_full_disk_is_told_and_costs_nothing(model, tmp_path):
    within = own_disk(tmp_path)
    if within is None:
        pytest.skip("no disk of its own may be mounted here")
    in_a_child(on_a_full_disk, tmp_path, model, within=within)


def test_limits_and_unwritable_folders_are_told_and_cost_nothing(model):
    # Not below pytest's own folder, which another user may not enter.
    with tempfile.TemporaryDirectory() as folder:
        in_a_child(where_little_may_be_written, folder, model)


def test_a_truncated_or_altered_model_is_noticed(model, repository):
    whole, path = model.read_bytes(), repository / "data" / "quick" / model.name
    path.parent.mkdir(parents=True)
    for length in (0, 1, 1000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert_named(vae.load, path)
    # Where the weights are, not in the dates of the archive, which mean nothing.
    for place in np.linspace(0.1, 0.9, 5) * len(whole):
        path.write_bytes(flipped(whole, int(place)))
        assert_named(vae.load, path)


def test_a_damaged_checkpoint_is_told_and_the_training_starts_anew(model, tmp_path):
    path = tmp_path / "data" / "quick" / model.name
    checkpoint = path.with_suffix(".checkpoint.npz")
    whole = model.with_suffix(".checkpoint.npz").read_bytes()
    path.parent.mkdir(parents=True)
    told = r"vae_sinus\.checkpoint\.npz cannot be read"
    for content in (b"", whole[:1000], whole[:-1], b"no archive"):
        checkpoint.write_bytes(content)
        with pytest.warns(UserWarning, match=told):
            train(path, seed=0, epochs=0)
    checkpoint.write_bytes(flipped(whole, len(whole) // 2))
    with pytest.warns(UserWarning, match=told):
        train(path, seed=0)
    assert checkpoint.read_bytes() == whole
    assert path.read_bytes() == model.read_bytes()


def test_outside_of_a_profile_the_function_is_named(store, tmp_path):
    with pytest.raises(ValueError, match=r"mine\.zarr is missing; .* generate and save it again"):
        dataset.open(tmp_path / "report" / "mine.zarr")
    with pytest.raises(ValueError, match=r"mine\.keras cannot be read .*; make it again"):
        vae.load(tmp_path / "mine.keras")


def test_every_kind_of_file_has_a_notebook_that_makes_it():
    folder = paths.data("quick")
    for kind, (_, target, _) in paths.KINDS.items():
        for case in ("sinus", "creneau"):
            remedy = paths.remedy(paths.stored(folder, kind, case, time=0.4, k=0))
            assert f"`make {target} PROFILE=quick -W notebooks/" in remedy, kind
            notebook = re.search(r"notebooks/\w+\.ipynb", remedy)[0]
            code = (paths.ROOT / notebook).read_text(encoding="utf-8")
            assert "burgers.paths.stored" in code or "train_all" in code, kind
