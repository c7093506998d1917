"""Judges: near their floor for the same law, far from it for another."""

import numpy as np
import pytest
from scipy import stats

import burgers
from burgers import judges, moments


@pytest.fixture(scope="module")
def pool():
    density = burgers.generate(burgers.CRENEAU, 2400, seed=11).density.values
    return np.random.default_rng(0).permutation(density).astype(np.float64)


@pytest.fixture(scope="module")
def training():
    return burgers.generate(burgers.CRENEAU, 600, seed=12).density.values.astype(np.float64)


def test_another_monte_carlo_sample_is_at_the_floor(pool, training):
    table = moments.judge(pool[:600], pool[600:], training, repeats=2)
    assert list(table.columns) == ["value", "floor", "ratio"]
    assert np.isfinite(table.to_numpy()).all()
    assert (table.ratio < 2.5).all()
    assert table.value["classifier"] < 0.56
    assert table.value["novelty"] == pytest.approx(1.0, abs=0.15)


def test_a_law_with_a_wider_front_is_found_by_every_distance(pool):
    window = np.ones(41) / 41
    blurred = np.stack([np.convolve(np.pad(d, 20, "edge"), window, "valid") for d in pool[:600]])
    table = moments.judge(blurred, pool[600:], repeats=1)
    assert table.ratio["front_width"] > 10
    assert table.value["classifier"] > 0.8
    assert table.ratio["energy"] > 1.2


def test_a_moved_front_is_found_where_it_is(pool):
    moved = np.roll(pool[:600], 8, axis=1)
    moved[:, :8] = 1.0
    places, true_places = judges.front(moved)[0], judges.front(pool[:600])[0]
    np.testing.assert_allclose(places - true_places, 8.0, atol=1e-6)
    table = moments.judge(moved, pool[600:], repeats=1)
    assert table.value["front_position"] == pytest.approx(8.0, abs=4.0)


def test_a_model_that_returns_its_training_sample_is_caught(pool, training):
    table = moments.judge(training, pool, training, repeats=1)
    assert table.value["novelty"] < 1e-4
    assert table.ratio["wasserstein"] < 2


def test_a_small_error_where_the_law_is_constant_is_seen_only_magnified(pool):
    rng = np.random.default_rng(1)
    rough = pool[:600].copy()
    rough[:, :100] += 2e-3 * rng.standard_normal((600, 100))
    plain, magnified = (
        judges.classifier_accuracy(rough, pool[600:1200], magnified=m) for m in (False, True)
    )
    assert plain < 0.6
    assert magnified > 0.8


def test_front_of_a_hyperbolic_tangent_has_its_place_and_width():
    x = np.arange(400.0)
    sample = 0.6 - 0.4 * np.tanh((x - np.array([[120.3], [250.0]]) - 0.5) / 10.0)
    places, widths = judges.front(sample)
    np.testing.assert_allclose(places, [120.3, 250.0], atol=0.02)
    np.testing.assert_allclose(widths, 0.8 / (0.4 * np.tanh(0.05) * 2), rtol=2e-3)


def test_energy_distance_is_that_of_scipy_in_one_dimension():
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, (300, 1)), rng.normal(0.5, 2, (300, 1))
    across = np.abs(a - b.T).mean()
    expected = stats.energy_distance(a[:, 0], b[:, 0]) / np.sqrt(2 * across)
    assert judges.energy_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_band_error_of_a_stretched_law():
    sample = np.random.default_rng(3).standard_normal((500, 4))
    assert judges.band_error(1.1 * sample, sample) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("generated", "reference", "message"),
    [
        (np.zeros((3, 4)), np.zeros((8, 5)), "generated has 4 cells and reference 5"),
        (np.zeros(4), np.zeros((8, 4)), "generated has shape"),
        (np.full((3, 4), np.nan), np.zeros((8, 4)), "generated contains nan"),
        (np.zeros((3, 4)), np.zeros((3, 4)), "reference has 3 realisations"),
    ],
)
def test_bad_samples_are_refused_by_name(generated, reference, message):
    with pytest.raises(ValueError, match=message):
        moments.judge(generated, reference)


def test_bad_repeats_are_refused():
    with pytest.raises(ValueError, match="repeats is 0"):
        moments.judge(np.zeros((4, 4)), np.zeros((8, 4)), repeats=0)
