"""Two-sample measures: near the noise floor for equal distributions, far above it for others."""

import re
import tracemalloc

import numpy as np
import pytest
from scipy import stats

import burgers
from burgers import metrics
from burgers.metrics import scorecard, two_sample

# Without the classifiers and the resolution, which take most of the time.
FAST = tuple(name for names in scorecard.FAMILIES.values() for name in names)


@pytest.fixture(scope="module")
def pool():
    density = burgers.generate(burgers.CRENEAU, 2400, seed=11).density.values
    return np.random.default_rng(3).permutation(density).astype(np.float64)


@pytest.fixture(scope="module")
def training():
    return burgers.generate(burgers.CRENEAU, 600, seed=12).density.values.astype(np.float64)


def test_another_monte_carlo_sample_is_at_the_floor(pool, training):
    table = metrics.judge(pool[:600], pool[600:], training, repeats=1)
    assert list(table.columns) == ["value", "floor", "ratio", "low", "high", "p"]
    # Without a floor there are no units, and the resolution has no scatter.
    assert np.isfinite(table.drop(columns=["ratio", "p"]).to_numpy()).all()
    assert (np.isfinite(table.ratio) == (table.floor > 0)).all()
    assert list(table.index[table.p.isna()]) == ["resolution"]
    assert table.value["resolution"] == 0
    assert (table.ratio[table.floor > 0] < 2.5).all()
    assert table.value["c2st"] < 0.56
    assert table.value["nearest_neighbour_ratio"] == pytest.approx(1.0, abs=0.15)


def test_a_law_with_a_wider_front_is_found_by_every_distance(pool):
    window = np.ones(41) / 41
    blurred = np.stack([np.convolve(np.pad(d, 20, "edge"), window, "valid") for d in pool[:600]])
    measures = ("front_width", "c2st", "energy")
    table = metrics.judge(blurred, pool[600:], repeats=1, measures=measures)
    assert table.ratio["front_width"] > 10
    assert table.value["c2st"] > 0.8
    assert table.ratio["energy"] > 1.2


def test_a_moved_front_is_found_where_it_is(pool):
    moved = np.roll(pool[:600], 8, axis=1)
    moved[:, :8] = 1.0
    places, true_places = two_sample.front(moved)[0], two_sample.front(pool[:600])[0]
    np.testing.assert_allclose(places - true_places, 8.0, atol=1e-6)
    table = metrics.judge(moved, pool[600:], repeats=1, measures=FAST)
    assert table.value["front_position"] == pytest.approx(8.0, abs=4.0)


def test_a_model_that_returns_its_training_sample_is_caught(pool, training):
    table = metrics.judge(training, pool, training, repeats=1, measures=FAST)
    assert table.value["nearest_neighbour_ratio"] < 1e-4
    assert table.ratio["wasserstein"] < 2


def test_a_small_error_where_the_law_is_constant_is_seen_only_magnified(pool):
    rng = np.random.default_rng(1)
    rough = pool[:600].copy()
    rough[:, :100] += 2e-3 * rng.standard_normal((600, 100))
    plain, per_cell = (two_sample.c2st(rough, pool[600:1200], per_cell=m) for m in (False, True))
    assert plain < 0.6
    assert per_cell > 0.8


def test_cells_that_hardly_vary_are_left_out_where_the_largest_spread_says_so(pool):
    rng = np.random.default_rng(2)
    rough, known = pool[:600].copy(), pool[600:1200].copy()
    # A plateau that no density of the reference leaves, and a generated one that wavers.
    known[:, :100] = known[:, :1].mean()
    rough[:, :100] = known[0, 0] + 2e-3 * rng.standard_normal((600, 100))
    every, varying = (
        two_sample.c2st(rough, known, per_cell=True, least_spread=least) for least in (0.0, 1e-3)
    )
    assert varying < 0.6 < every
    # Of cells that vary an error is still seen.
    rough[:, 250:] += 0.2
    assert two_sample.c2st(rough, known, per_cell=True, least_spread=1e-3) > 0.8


@pytest.mark.parametrize("least", [-0.1, 1.0, np.nan, "a"])
def test_cells_are_left_out_by_a_part_of_the_largest_spread(pool, least):
    with pytest.raises(ValueError, match="least_spread"):
        two_sample.c2st(pool[:20], pool[20:40], least_spread=least)


def test_front_of_a_hyperbolic_tangent_has_its_place_and_width():
    x = np.arange(400.0)
    sample = 0.6 - 0.4 * np.tanh((x - np.array([[120.3], [250.0]]) - 0.5) / 10.0)
    places, widths = two_sample.front(sample)
    np.testing.assert_allclose(places, [120.3, 250.0], atol=0.02)
    np.testing.assert_allclose(widths, 0.8 / (0.4 * np.tanh(0.05) * 2), rtol=2e-3)


def test_energy_distance_is_that_of_scipy_in_one_dimension():
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, (300, 1)), rng.normal(0.5, 2, (300, 1))
    across = np.abs(a - b.T).mean()
    expected = stats.energy_distance(a[:, 0], b[:, 0]) / np.sqrt(2 * across)
    assert two_sample.energy_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_band_error_of_a_stretched_law():
    sample = np.random.default_rng(3).standard_normal((500, 4))
    assert two_sample.band_error(1.1 * sample, sample) == pytest.approx(0.1)


@pytest.mark.parametrize("shift", [3e4, 1e5 + 1 / 3])
def test_a_common_shift_changes_no_distance(pool, training, shift):
    samples = pool[:150] / 3, pool[150:300] / 3, training[:200] / 3
    shifted = [sample + shift for sample in samples]
    expected, found = metrics.scores(*samples), metrics.scores(*shifted)
    # These two are relative to the shifted density.
    for measure, law in (
        ("mean_error", lambda sample: sample.mean(axis=0)),
        ("band_error", lambda sample: np.quantile(sample, (0.05, 0.95), axis=0)),
    ):
        found[measure] *= np.linalg.norm(law(shifted[1])) / np.linalg.norm(law(samples[1]))
    assert found == pytest.approx(expected, rel=1e-6)


def test_units_change_nothing(pool, training):
    samples = pool[:40], pool[40:80], training[:40]
    expected = metrics.scores(*samples)
    for scale in (2.0**-160, 2.0**160):
        assert metrics.scores(*(scale * sample for sample in samples)) == expected


def test_a_memorised_density_is_at_distance_zero_however_large():
    sample = 1e5 + np.random.default_rng(4).uniform(size=(3, 40, 5))
    assert two_sample.nearest_neighbour_ratio(sample[0], sample[1], sample[0]) == 0.0


def test_memory_does_not_grow_like_the_square_of_the_realisations():
    samples = np.random.default_rng(5).normal(size=(2, 3000, 4))
    tracemalloc.start()
    two_sample.energy_distance(*samples)
    two_sample.nearest_neighbour_ratio(*samples, samples[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The distances of all pairs would take 72 MB.
    assert peak < 40e6


def test_long_work_tells_the_time_left_unless_in_ci(monkeypatch, capsys):
    monkeypatch.setattr(scorecard, "MANY", 4)
    samples = np.random.default_rng(6).uniform(size=(3, 8, 4))
    monkeypatch.setenv("CI", "1")
    metrics.judge(*samples, repeats=1)
    assert capsys.readouterr().err == ""
    monkeypatch.delenv("CI")
    metrics.judge(*samples, repeats=1)
    assert re.search(r"judge: +\d+%.*<", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("generated", "reference", "message"),
    [
        (np.zeros((3, 4)), np.zeros((8, 5)), "generated has 4 cells and reference 5"),
        (np.zeros(4), np.zeros((8, 4)), "generated has shape"),
        (np.full((3, 4), np.nan), np.zeros((8, 4)), "generated contains nan"),
        (np.zeros((3, 4)), np.zeros((3, 4)), "reference has 3 realisations"),
        (np.full((3, 4), 1e60), np.zeros((8, 4)), "generated reaches 1e"),
        (np.eye(8, 4), np.full((8, 4), 0.1), "reference .* does not vary"),
        (
            np.eye(8, 4),
            np.eye(8, 4, -7),
            "reference .4 of its 8 realisations. leaves mean_error undefined: what it is divided "
            r"by is zero in \d+ of 200 random parts",
        ),
        (
            np.eye(80, 4),
            np.eye(200, 4),
            "reference .* leaves band_error undefined: its band is zero",
        ),
        (
            np.eye(9, 4),
            [[1, 2, 3, 4], [-1, -2, -3, -4]] * 4,
            "reference .* leaves mean_error undefined",
        ),
    ],
)
def test_bad_samples_are_refused_by_name(generated, reference, message):
    with pytest.raises(ValueError, match=message):
        metrics.judge(generated, reference)


def test_bad_repeats_are_refused():
    with pytest.raises(ValueError, match="repeats is 0"):
        metrics.judge(np.zeros((4, 4)), np.zeros((8, 4)), repeats=0)


SAMPLE = np.random.default_rng(7).uniform(size=(8, 4))
MASKED = np.ma.array(SAMPLE, mask=SAMPLE > 0.5)


@pytest.mark.parametrize("bad", [
    MASKED, SAMPLE.astype(str).astype(object), SAMPLE + 1j, np.where(SAMPLE > 0.5, np.nan, SAMPLE),
    SAMPLE[:0], SAMPLE[0], SAMPLE[None], None,
])  # fmt: skip
@pytest.mark.parametrize("function", [
    two_sample.band_error, two_sample.crps, two_sample.sliced_wasserstein,
    two_sample.energy_distance, two_sample.energy_score, two_sample.spectrum_error,
    two_sample.c2st, metrics.wasserstein, metrics.distances, metrics.scores,
    metrics.judge, metrics.c2st_curve, metrics.resolution,
])  # fmt: skip
def test_every_entrance_refuses_what_is_no_sample_by_name(function, bad):
    with pytest.raises(ValueError, match=r"(?s)^generated .*accepted"):
        function(bad, SAMPLE)
    with pytest.raises(ValueError, match=r"(?s)^reference .*accepted"):
        function(SAMPLE, bad)


@pytest.mark.parametrize(
    "function", [two_sample.nearest_neighbour_ratio, metrics.scores, metrics.judge]
)
def test_a_training_sample_is_refused_by_name(function):
    with pytest.raises(ValueError, match=r"^training has \d+ masked values"):
        function(SAMPLE, SAMPLE, MASKED)
    with pytest.raises(ValueError, match="generated has 4 cells and training 6"):
        function(SAMPLE, SAMPLE, np.ones((8, 6)))


def test_a_reference_in_the_training_sample_leaves_novelty_undefined():
    with pytest.raises(
        ValueError, match="reference leaves nearest_neighbour_ratio undefined: training contains"
    ):
        two_sample.nearest_neighbour_ratio(SAMPLE, SAMPLE, SAMPLE + 0.0)


def test_front_refuses_what_is_no_sample_of_four_cells():
    for bad in (MASKED, SAMPLE[0], SAMPLE[:, :3]):
        with pytest.raises(ValueError, match=r"^sample has .*accepted"):
            two_sample.front(bad)
