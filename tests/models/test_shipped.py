"""Trained models come with the package: loaded by name, without an optimiser, of a known run."""

import json
import zipfile

import numpy as np
import pytest

import burgers
from burgers import paths
from burgers.models import training, vae

DENSITY = np.random.default_rng(0).random((60, 40)).astype(np.float32)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("trained") / "vae_sinus.keras"
    vae.train(DENSITY, path, epochs=1)
    return path


@pytest.fixture
def shipped(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "MODELS", tmp_path)
    training.ship(trained, tmp_path / "vae_sinus.keras", "a run")
    return tmp_path / "vae_sinus.keras"


def test_a_shipped_model_computes_the_same_bits_and_is_loaded_by_name(trained, shipped):
    known, found = vae.load(trained), vae.load("report/sinus")
    np.testing.assert_array_equal(found.generate(5), known.generate(5))
    for one, other in zip(found.encode(DENSITY), known.encode(DENSITY), strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_has_no_optimiser_and_tells_its_run(trained, shipped):
    # Adam keeps two numbers of each weight.
    assert shipped.stat().st_size < 0.5 * trained.stat().st_size
    with zipfile.ZipFile(shipped) as archive:
        assert json.loads(archive.read("metadata.json"))["run"] == "a run"
    assert getattr(vae.load(shipped), "optimizer", None) is None


def test_shipping_twice_writes_the_same_bytes(trained, shipped, tmp_path):
    training.ship(trained, tmp_path / "again.keras", "a run")
    assert (tmp_path / "again.keras").read_bytes() == shipped.read_bytes()


@pytest.mark.parametrize("name", ["report/sine", "sinus", "report", "", "report\\sinus", 3, None])
def test_another_name_is_refused_with_those_that_there_are(name):
    with pytest.raises(ValueError, match=r"path is .*accepted: .*report/sinus.*reduced/creneau"):
        vae.load(name)


def test_a_model_that_is_missing_is_named_with_what_makes_it(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "MODELS", tmp_path)
    with pytest.raises(ValueError, match=r"given_time_creneau\.keras cannot be read"):
        vae.load("given_time/creneau")
    assert "06_sharpen_law" in paths.remedy(paths.ROOT / "models/report/given_time_creneau.keras")


@pytest.mark.parametrize("name", paths.SHIPPED_NAMES)
def test_every_model_that_comes_along_makes_densities_of_its_case(name):
    model, (kind, case) = vae.load(name), paths.SHIPPED_NAMES[name]
    case = burgers.CASES[case]
    known = burgers.exact.density(case, 0.3, **case.sample(200, np.random.default_rng(1)))
    if kind == "reduced":
        inputs = case.sample(200, np.random.default_rng(1))
        start = np.broadcast_to(case.initial(step=inputs.get("step")), (200, 400))
        found = model.forecast(start, [0.3], inputs["reynolds"])[:, 0]
        assert burgers.metrics.relative_error(found, known).max() < 0.02
        return
    given = (np.full((200, 1), 0.3),) if kind == "given time" else ()
    found = model.decode(model.encode(known, given)[0], given)
    # The report's decoder is a blur of the density, and was trained on a scheme of first order.
    most = 0.2 if kind == "report" else 0.01
    assert np.median(burgers.metrics.relative_error(found, known)) < most
