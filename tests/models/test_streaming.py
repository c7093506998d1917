"""Training on densities that stay on disk."""

import shutil
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from test_trained_elsewhere import build_decoder, build_encoder

import burgers
from burgers.ensembles import dataset, store
from burgers.models import streaming, vae

# Six blocks, and a last batch that is not full.
COUNT, CHUNKS, BATCH = 530, 50, 50


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "creneau.zarr"
    dataset.save(burgers.generate(burgers.CRENEAU, COUNT, seed=3, chunks=CHUNKS), path)
    return path


def test_it_reads_what_is_stored(path):
    density = dataset.open(path).density.values
    found = streaming.Stored(path)
    assert found.shape == density.shape
    assert (found[95:210] == density[95:210]).all()
    rows = np.random.default_rng(0).permutation(COUNT)[:300]
    assert (found.take(rows) == density[rows]).all()


def test_an_epoch_holds_each_density_once_and_mixes_them(path):
    found = streaming.Stored(path)
    batches = found.shuffled(BATCH, np.random.default_rng(0))
    parts = [batches[k][0] for k in range(len(batches))]
    assert [len(part) for part in parts] == [BATCH] * 10 + [30]
    assert sorted(batches.order) == list(range(COUNT))
    assert (np.concatenate(parts) == found[:][batches.order]).all()
    blocks = batches.order[:BATCH] // CHUNKS
    assert len(np.unique(blocks)) == streaming.MIXED
    other = found.shuffled(BATCH, np.random.default_rng(1))
    assert (other.order != batches.order).any()


def test_the_order_of_many_takes_little_memory(tmp_path):
    lazy = burgers.generate(burgers.SINUS, 200_000, cells=3, chunks=1000)
    store.to_zarr(lazy, tmp_path / "many.zarr", compute=False)
    found = streaming.Stored(tmp_path / "many.zarr")
    tracemalloc.start()
    assert len(found.shuffled(50, np.random.default_rng(0)).order) == 200_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * 8 * 200_000


def test_no_more_than_a_few_blocks_are_held(path, monkeypatch):
    found = streaming.Stored(path)
    for k in range(len(batches := found.shuffled(50, np.random.default_rng(0)))):
        batches[k]
    held = found._block.cache_info()
    assert held.currsize <= 2 * streaming.MIXED
    assert held.misses == len(found.blocks)


def test_a_training_on_the_store_goes_as_one_in_memory(path, tmp_path, monkeypatch):
    monkeypatch.setattr(vae, "build_encoder", build_encoder)
    monkeypatch.setattr(vae, "build_decoder", build_decoder)
    density = dataset.open(path).density.values
    options = {"epochs": 6, "seed": 1, "batch_size": BATCH // 2}
    on_disk = vae.train(streaming.Stored(str(path)), tmp_path / "disk.keras", **options)
    in_memory = vae.train(density, tmp_path / "memory.keras", **options)
    assert on_disk.loss.values == pytest.approx(in_memory.loss.values, rel=0.1)
    assert on_disk.loss.iloc[-1] < 0.2 * on_disk.loss.iloc[0]
    again = vae.train(streaming.Stored(path), tmp_path / "again.keras", **options)
    assert again.equals(on_disk)


def test_a_missing_a_damaged_and_a_foreign_store_are_named(path, tmp_path):
    with pytest.raises(ValueError, match=r"none.zarr cannot be read"):
        streaming.Stored(tmp_path / "none.zarr")
    lacking = tmp_path / "lacking.zarr"
    dataset.save(burgers.generate(burgers.SINUS, 200, chunks=100), lacking)
    (lacking / "density/c/1/0").unlink()
    with pytest.raises(ValueError, match=r"lacking.zarr is damaged"):
        streaming.Stored(lacking)[100:150]
    (lacking / "density/c/0/0").write_bytes(b"no chunk")
    with pytest.raises(ValueError, match=r"lacking.zarr cannot be read"):
        streaming.Stored(lacking)[:50]
    coarse = tmp_path / "coarse.zarr"
    dataset.save(burgers.generate(burgers.SINUS, 20, cells=12, chunks=10), coarse)
    with pytest.raises(ValueError, match="cells is 12"):
        vae.train(streaming.Stored(coarse), tmp_path / "m.keras", epochs=1)


@pytest.mark.parametrize(("replicas", "size", "last"), [(2, 51, 20), (4, 528, 2), (4, 524, 6)])
def test_a_batch_that_the_devices_cannot_share_is_refused(path, tmp_path, replicas, size, last):
    devices = SimpleNamespace(num_replicas_in_sync=replicas)
    message = f"batch_size is {size}, which leaves a last batch of {last}; .* {replicas} replicas"
    with pytest.raises(ValueError, match=message):
        vae.train(
            streaming.Stored(path),
            tmp_path / "m.keras",
            epochs=1,
            batch_size=size,
            strategy=devices,
        )


def test_a_store_that_is_replaced_while_it_is_read_is_refused(path, tmp_path):
    place = tmp_path / "replaced.zarr"
    shutil.copytree(path, place)
    found, same = streaming.Stored(place), streaming.Stored(path)
    assert (found[:60] == same[:60]).all()
    first = found.take(np.arange(10))
    dataset.save(burgers.generate(burgers.CRENEAU, COUNT, seed=4, chunks=CHUNKS), place)
    for read in (
        lambda: found[60:70],
        lambda: found.take(np.arange(400, 410)),
        lambda: vae.train(found, tmp_path / "m.keras", epochs=1),
    ):
        with pytest.raises(ValueError, match=r"replaced\.zarr was replaced while it was read"):
            read()
    # What it holds is all of the old one.
    assert (found.take(np.arange(10)) == first).all()
    shutil.rmtree(place)
    with pytest.raises(ValueError, match=r"replaced\.zarr was replaced while it was read"):
        found[:10]


@pytest.mark.parametrize("bad", [None, 7, "", "s3://bucket/store.zarr", b"store.zarr"])
def test_what_is_no_path_on_this_machine_is_refused(bad):
    with pytest.raises(ValueError, match="path is"):
        streaming.Stored(bad)
