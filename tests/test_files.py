"""Writing never replaces a user's own folder, link, device or store."""

import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import contents
from matplotlib.figure import Figure

import burgers
from burgers import paths, plots
from burgers.ensembles import dataset, store

ENSEMBLE = burgers.generate(burgers.SINUS, 6, cells=8)
LAZY = burgers.generate(burgers.SINUS, 6, cells=8, chunks=3)


def save(path):
    dataset.save(ENSEMBLE, path)


def save_lazy(path):
    dataset.save(LAZY, path)


def export(path):
    dataset.export_npy(ENSEMBLE, path)


def save_figure(path):
    plots.save_figure(Figure(), path)


def save_table(path):
    paths.save_table(pd.DataFrame({"a": [1.0]}), path)


def animate(path):
    band = np.zeros((3, 2, 4)), np.ones((3, 2, 4))
    times = dict.fromkeys(burgers.CASES, np.arange(2))
    plots.forecasts.animate(np.arange(4), times, dict.fromkeys(times, band), path)


STORES, FILES = [save, save_lazy], [export, save_figure, save_table]
# Writes what the name of the file says.
NAMED = [animate]


def folder_of_notes(path):
    path.mkdir()
    (path / "notes.tex").write_text("the user's own", encoding="utf-8")


def folder_in_folder(path):
    (path / "deep" / "zarr.json").mkdir(parents=True)


def store_of_others(path):
    xr.Dataset({"density": ("x", np.ones(3))}).to_zarr(path, zarr_format=3, consolidated=False)


def store_of_others_with_our_names(path):
    ENSEMBLE.drop_attrs().to_zarr(path, zarr_format=3, consolidated=False)


def store_with_notes(path):
    dataset.save(ENSEMBLE, path)
    (path / "density" / "notes.tex").write_text("the user's own", encoding="utf-8")


def damaged_store_with_notes(path):
    store_with_notes(path)
    (path / "zarr.json").write_text("{", encoding="utf-8")


def link_to_notes(path):
    folder_of_notes(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


NOT_OURS = [
    Path.mkdir, folder_of_notes, folder_in_folder, store_of_others, store_of_others_with_our_names,
    store_with_notes, damaged_store_with_notes, link_to_notes,
]  # fmt: skip


@pytest.mark.parametrize("write", STORES + FILES + NAMED)
@pytest.mark.parametrize("make", NOT_OURS)
def test_a_folder_that_is_not_ours_is_named_and_stays(write, make, tmp_path):
    path = tmp_path / "results"
    make(path)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"results, which is a folder .* stays as it is; accepted"):
        write(path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("write", FILES)
def test_a_store_of_ours_is_no_file_to_be_replaced(write, tmp_path):
    save(tmp_path / "a.zarr")
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"a\.zarr, which is a folder .* accepted: a file's path"):
        write(tmp_path / "a.zarr")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("write", STORES)
def test_a_file_is_no_store_to_be_replaced(write, tmp_path):
    (tmp_path / "a.zarr").write_text("the user's own", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.zarr, which is a file .* the store of an ensemble"):
        write(tmp_path / "a.zarr")
    assert (tmp_path / "a.zarr").read_text(encoding="utf-8") == "the user's own"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("write", STORES + FILES)
def test_a_pipe_or_device_stays_what_it_is(write, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(ValueError, match="which is no file"):
            write(path)
        assert not path.is_file()


@pytest.mark.parametrize("damage", ["zarr.json", "density/zarr.json", "density/c/0/0"])
@pytest.mark.parametrize("write", STORES)
def test_a_store_of_ours_is_replaced_whole_or_damaged(write, damage, tmp_path):
    path = tmp_path / "a.zarr"
    dataset.save(burgers.generate(burgers.CRENEAU, 4, cells=8), path)
    write(path)
    assert dataset.open(path).identical(ENSEMBLE)
    (path / damage).write_bytes(b"{")
    if write is save_lazy and damage == "density/c/0/0":
        # Existing chunks of the same ensemble are not computed again.
        (path / damage).unlink()
    write(path)
    assert dataset.open(path).identical(ENSEMBLE)
    assert [found.name for found in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.parametrize("write", STORES + FILES)
def test_a_link_is_followed_and_stays_a_link(write, tmp_path):
    (tmp_path / "scratch").mkdir()
    link, target = tmp_path / "a", tmp_path / "scratch" / "target"
    link.symlink_to("scratch/target")
    for _ in range(2):
        write(link)
        assert link.is_symlink()
        assert link.readlink() == Path("scratch/target")
        assert target.exists()
        assert not target.is_symlink()
    assert [found.name for found in target.parent.iterdir()] == ["target"]
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a", "scratch"]


@pytest.mark.parametrize("write", STORES + FILES)
@pytest.mark.parametrize(
    "path", ["s3://bucket/a.zarr", "https://host/a.npy", "", "a\0b", 3, None, b"a"]
)
def test_what_is_no_path_on_this_machine_is_told_as_such(write, path):
    with pytest.raises(ValueError, match=r"path is .*; accepted: a path on this machine"):
        write(path)


@pytest.mark.parametrize("read", [dataset.open, dataset.load_npy])
def test_a_remote_path_is_not_told_as_missing(read):
    with pytest.raises(ValueError, match=r"path is 's3://bucket/a'; accepted: a path on this"):
        read("s3://bucket/a")


def test_own_stores_are_opened_by_xarray_without_a_warning(tmp_path):
    for number, write in enumerate(STORES):
        write(tmp_path / f"{number}.zarr")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert xr.open_zarr(tmp_path / f"{number}.zarr").density.shape == (6, 8)


def test_a_large_folder_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(store.os, "walk", None)
    with pytest.raises(ValueError, match="which is a folder"):
        dataset.save(ENSEMBLE, Path(sys.prefix))


def test_the_site_is_not_written_over_a_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(paths.ROOT / "docs"))
    import assemble

    folder_of_notes(tmp_path / "results")
    with pytest.raises(ValueError, match="results, which is a folder"):
        assemble.main(tmp_path / "results")
    assert (tmp_path / "results" / "notes.tex").is_file()
