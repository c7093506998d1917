"""Files of models saved before the package's modules were in rooms: they load and compute alike."""

from pathlib import Path

import burgers.vae
import numpy as np
import pytest

from burgers import models

FOLDER = Path(__file__).parent / "saved"
FILES = sorted(FOLDER.glob("*.keras"))


@pytest.fixture(scope="module")
def kept():
    with np.load(FOLDER / "outputs.npz") as outputs:
        return dict(outputs)


def computed(model, name, kept):
    """What the file's writer computed of the same inputs, by the name it has among them."""
    if name == "one_shot":
        return {name: model.decode(np.ones((3, 2)))}
    if name in ("reduced", "autonomous", "pod"):
        options = {} if name == "autonomous" else {"reynolds": kept["reynolds"]}
        return {name: model.forecast(kept["density"], kept["times"], **options)}
    given = (kept["given"],) if name == "conditioned" else ()
    codes = model.encode(kept["density"], given)[0]
    return {f"{name}/codes": codes, f"{name}/density": model.decode(codes, given)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_model_saved_before_loads_and_computes_alike(path, kept):
    for load in (burgers.vae.load, models.load):
        found = computed(load(path), path.stem, kept)
        for name, value in found.items():
            # The same bits on one processor. Another one rounds otherwise, and a cell average, a
            # difference over the width of a cell, has 400 times that: 2.4e-5 was met.
            np.testing.assert_allclose(value, kept[name], rtol=1e-5, atol=5e-5)


def test_there_is_a_file_of_each_kind():
    assert len(FILES) == 8
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1e6
