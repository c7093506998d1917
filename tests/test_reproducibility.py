"""What is said to be apart is, and what the page says was run was run."""

import numpy as np
import pandas as pd
import pytest
import reproducibility
import torture
from PIL import Image

import burgers
from burgers.ensembles import dataset


def write(folder, shift=0.0):
    """A small result of each kind, but models."""
    folder.mkdir()
    ensemble = burgers.generate(burgers.CRENEAU, 20, cells=8)
    ensemble.density[3] += np.float32(shift)
    dataset.save(ensemble, folder / "data" / "pool.zarr")
    dataset.export_npy(ensemble, folder / "data" / "pool.npy")
    figures = folder / "figures"
    figures.mkdir()
    table = pd.DataFrame({"claim": ["a"], "measured": [2.0 + shift], "holds": [shift < 0.1]})
    table.to_csv(figures / "table.csv", index=False)
    Image.fromarray(np.full((4, 4, 3), int(200 + 100 * shift), np.uint8)).save(figures / "a.png")
    return folder


def compared(first, second):
    rows = reproducibility.compare(first, second, *map(torture.digests, (first, second)))
    return pd.DataFrame(rows).set_index("kind")


def test_the_same_twice_is_the_same(tmp_path):
    found = compared(write(tmp_path / "a"), write(tmp_path / "b"))
    assert (found.files == found.same).all()
    assert (found.files[["ensembles", "tables", "pictures"]] > 0).all()
    assert (found.largest == 0).all()


def test_how_far_apart_is_told_for_every_kind(tmp_path):
    found = compared(write(tmp_path / "a"), write(tmp_path / "b", shift=0.05))
    assert found.largest["ensembles"] == pytest.approx(0.05, rel=1e-3)
    assert found.largest["tables"] == pytest.approx(0.025)
    assert found.largest["pictures"] == pytest.approx(0.025)
    assert found.same["tables"] == found.same["pictures"] == 0


def test_a_verdict_that_turns_is_far(tmp_path):
    found = compared(write(tmp_path / "a"), write(tmp_path / "b", shift=0.2))
    assert found.largest["tables"] == 1.0


def test_what_only_one_has_is_infinitely_far(tmp_path):
    first, second = write(tmp_path / "a"), write(tmp_path / "b")
    (second / "figures" / "table.csv").unlink()
    assert compared(first, second).largest["tables"] == np.inf
    assert compared(second, first).largest["tables"] == np.inf


def test_the_page_tells_of_every_setting_and_the_same_run_again_was_the_same():
    table = pd.read_csv(torture.ROOT / "benchmarks" / "reproducibility.csv")
    assert list(table.setting.unique()) == list(reproducibility.SETTINGS)
    page = (torture.ROOT / "docs" / "reproducibility.md").read_text(encoding="utf-8")
    assert all(f"| {setting} |" in page for setting in reproducibility.SETTINGS)
    again = table[table.setting == "again"]
    assert (again.same == again.files).all()
    assert np.isfinite(table.largest).all()
