"""The scorecard: right for all splits at once, calibrated for true samples, and it finds faults."""

import tracemalloc
import warnings

import numpy as np
import pytest
import scoringrules
from scipy import stats
from tqdm import TqdmWarning, tqdm

import burgers
from burgers import metrics
from burgers.metrics import _pool, _progress, _splits, features, scorecard, two_sample

FAST = tuple(name for names in scorecard.FAMILIES.values() for name in names)
CLASSIFIERS = ("c2st", "c2st_per_cell", "c2st_trees")
SINGLE = {
    **{name: lambda a, b, name=name: metrics.distances(a, b)[name]
       for name in ("mean_error", "std_error", "wasserstein")},
    "crps": metrics.crps,
    "band_error": metrics.band_error,
    "energy": metrics.energy_distance,
    "energy_score": metrics.energy_score,
    "spectrum": metrics.spectrum_error,
}  # fmt: skip
# Relative to the density itself, which a shift changes.
RELATIVE = ("mean_error", "band_error")
CELLS = 40


@pytest.fixture(scope="module")
def pool():
    """Exact densities of the creneau at all times, (realisations, cells)."""
    found = burgers.generate(burgers.CRENEAU, 6000, seed=21, cells=CELLS, scheme="exact")
    return found.density.values.astype(np.float64)


def everything(split):
    """All measures but the classifiers of all splits of a pool, (splits,) each."""
    return {name: values for family in scorecard.FAMILIES for name, values in family(split).items()}


def with_splits(pool, count=170, size=30, repeats=5):
    groups = _pool.within(size, count, repeats, np.random.default_rng(0))
    return _pool.Pool(pool[:0], pool[:count], groups, training=pool[count : count + 60])


def test_all_splits_at_once_are_what_each_is_alone(pool):
    split = with_splits(pool)
    together = everything(split)
    assert set(together) == set(FAST)
    for k, groups in enumerate(split.groups):
        ours, theirs = (split.samples[1][groups == group] for group in (1, 2))
        alone = {name: measure(ours, theirs) for name, measure in SINGLE.items()}
        alone["nearest_neighbour_ratio"] = metrics.nearest_neighbour_ratio(
            ours, theirs, split.training
        )
        alone["sliced"] = metrics.sliced_wasserstein(ours, theirs, seed=split.seed)
        pair = _pool.paired(ours, theirs)
        alone |= {name: value[0] for name, value in _splits.shapes(pair).items()}
        assert {name: together[name][k] for name in alone} == pytest.approx(alone, rel=1e-9)
        assert alone.keys() == together.keys()


def test_blocks_change_nothing(pool, monkeypatch):
    expected = everything(with_splits(pool))
    for module in (_pool, _splits):
        monkeypatch.setattr(module, "BLOCK", 512)
        monkeypatch.setattr(module, "ROWS", 16)
    monkeypatch.setattr(_pool.blocks, "__defaults__", (32,))
    found = everything(with_splits(pool))
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize(("first", "second"), [(60, 60), (25, 140), (140, 25), (2, 3)])
def test_scores_are_those_of_another_library(pool, first, second):
    ours, theirs = pool[:first], 0.9 * pool[first : first + second] + 0.05
    std = theirs.std(axis=0)
    crps = scoringrules.crps_ensemble(theirs, np.broadcast_to(ours.T, (second, *ours.T.shape)))
    assert metrics.crps(ours, theirs) == pytest.approx(crps.mean() / std.mean(), rel=1e-6)
    score = np.mean([scoringrules.es_ensemble(each, ours) for each in theirs])
    assert metrics.energy_score(ours, theirs) == pytest.approx(
        score / np.linalg.norm(std), rel=1e-9
    )


@pytest.mark.parametrize(("first", "second"), [(60, 60), (25, 140), (140, 25)])
def test_distances_in_one_dimension_are_those_of_scipy(first, second):
    rng = np.random.default_rng(4)
    a, b = rng.normal(0, 1, (first, 1)), rng.normal(0.5, 2, (second, 1))
    across = np.abs(a - b.T).mean()
    energy = stats.energy_distance(a[:, 0], b[:, 0]) / np.sqrt(2 * across)
    assert metrics.energy_distance(a, b) == pytest.approx(energy, rel=1e-9)
    distance = stats.wasserstein_distance(a[:, 0], b[:, 0]) / b.std()
    assert metrics.wasserstein(a, b) == pytest.approx(distance, rel=1e-9)
    # Every direction is a multiple of the only axis.
    assert metrics.sliced_wasserstein(a, b) == pytest.approx(distance, rel=1e-9)
    band = np.quantile(a, (0.05, 0.95)) - np.quantile(b, (0.05, 0.95))
    relative = np.linalg.norm(band) / np.linalg.norm(np.quantile(b, (0.05, 0.95)))
    assert metrics.band_error(a, b) == pytest.approx(relative, rel=1e-9)


def test_p_is_uniform_where_a_measure_has_few_values():
    rng, found = np.random.default_rng(5), []
    for seed in range(2000):
        value, *true = rng.integers(3, size=40)
        found.append(scorecard._probability(value, np.array(true), seed))
    level = np.mean(np.array(found) <= 0.1)
    assert 0.08 < level < 0.12


def test_nothing_is_found_where_nothing_varies():
    assert {scorecard._probability(1.0, np.ones(99), seed) for seed in range(50)} == {1.0}
    assert scorecard._probability(1.1, np.ones(99), 0) == 0.01


def test_structure_function_is_the_mean_square_of_differences(pool):
    lags, values = metrics.structure_function(pool[:3])
    assert list(lags) == [1, 2, 4, 8, 16]
    for row, density in zip(values, pool, strict=False):
        for lag, value in zip(lags, row, strict=True):
            squares = [(density[j + lag] - density[j]) ** 2 for j in range(CELLS - lag)]
            assert value == pytest.approx(sum(squares) / len(squares), rel=1e-12)


def test_shapes_are_distances_between_distributions_of_a_number(pool):
    ours, theirs = pool[:70], pool[70:300]
    found = {name: values[0] for name, values in _splits.shapes(_pool.paired(ours, theirs)).items()}
    scale = theirs.std(axis=0).mean()
    for name, number, unit in (
        ("front_position", lambda sample: features.front(sample)[0], 1.0),
        ("front_width", lambda sample: features.front(sample)[1], 1.0),
        ("minimum", lambda sample: sample.min(axis=1), scale),
        ("maximum", lambda sample: sample.max(axis=1), scale),
        ("mass", lambda sample: sample.mean(axis=1), scale),
    ):
        expected = stats.wasserstein_distance(number(ours), number(theirs)) / unit
        assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-15), name


def test_a_common_shift_and_units_change_no_measure(pool):
    samples = pool[:60], pool[60:200], pool[200:260]
    expected = {name: v[0] for name, v in everything(_of(*samples)).items()}
    shifted = everything(_of(*(sample + 3e4 + 1 / 3 for sample in samples)))
    for name in set(expected) - {*RELATIVE}:
        assert shifted[name][0] == pytest.approx(expected[name], rel=1e-6, abs=1e-9), name
    for scale in (2.0**-160, 2.0**160):
        scaled = everything(_of(*(scale * sample for sample in samples)))
        assert {name: value[0] for name, value in scaled.items()} == expected


def _of(generated, reference, training):
    found = _pool.paired(generated, reference)
    found.training = training
    return found


def test_true_samples_are_rejected_as_often_as_they_should_be(pool):
    rng, repetitions = np.random.default_rng(8), 120
    rejected = dict.fromkeys(FAST, 0)
    for seed in range(repetitions):
        ours, theirs, known = np.split(pool[rng.permutation(len(pool))[:600]], [100, 500])
        table = metrics.judge(
            ours, theirs, known, repeats=39, seed=seed, measures=list(rejected)
        )  # fmt: skip
        for name in rejected:
            rejected[name] += table.p[name] <= 0.05
    # The maximum of the creneau does not vary: its ties never reject.
    for name, count in rejected.items():
        assert count <= stats.binom.ppf(1 - 1e-4, repetitions, 0.05), name
        if name != "maximum":
            assert count >= stats.binom.ppf(1e-3, repetitions, 0.05), name


def test_classifiers_do_not_reject_true_samples_more_often_than_they_should(pool):
    rng, repetitions = np.random.default_rng(9), 60
    rejected = dict.fromkeys(CLASSIFIERS, 0)
    for seed in range(repetitions):
        ours, theirs = np.split(pool[rng.permutation(len(pool))[:300], ::4], [100])
        table = metrics.judge(ours, theirs, repeats=39, seed=seed, measures=CLASSIFIERS)
        for name in rejected:
            rejected[name] += table.p[name] <= 0.05
    # Of so few repetitions, one test may reject none.
    for name, count in rejected.items():
        assert count <= stats.binom.ppf(1 - 1e-4, repetitions, 0.05), name
    assert sum(rejected.values()) >= 2


def test_a_moved_front_is_found_as_far_as_it_was_moved(pool):
    moved = np.pad(pool[:300, :-3], ((0, 0), (3, 0)), "edge")
    table = metrics.judge(moved, pool[600:1800], repeats=99, measures=("front_position", "sliced"))
    assert table.value["front_position"] == pytest.approx(3.0, abs=0.7)
    assert table.p["front_position"] == 0.01
    assert table.p["sliced"] == 0.01


def test_a_memorised_training_sample_is_found_by_its_nearness_alone(pool):
    measures = ("wasserstein", "energy", "nearest_neighbour_ratio")
    known = pool[:200]
    table = metrics.judge(known, pool[600:1800], known, repeats=99, measures=measures)
    assert table.value["nearest_neighbour_ratio"] == 0
    assert table.p["nearest_neighbour_ratio"] == 0.01
    assert (table.p[["wasserstein", "energy"]] > 0.05).all()
    # A sample too far from the training sample is a fault as well.
    far = pool[200:400] + 0.1 * np.random.default_rng(0).standard_normal((200, CELLS))
    table = metrics.judge(far, pool[600:1800], known, repeats=99, measures=measures)
    assert table.value["nearest_neighbour_ratio"] > 1
    assert table.p["nearest_neighbour_ratio"] == 0.01


def test_trees_see_what_other_classifiers_do_not_where_the_density_is_constant(pool):
    rough = pool[:400].copy()
    std = pool.std(axis=0).mean()
    rough[:, :6] += 1e-3 * std * np.random.default_rng(1).standard_normal((400, 6))
    assert (pool[:, :6].std(axis=0) < 1e-5).all()
    table = metrics.judge(
        rough, pool[600:2200], repeats=99, measures=("c2st", "c2st_trees")
    )  # fmt: skip
    assert table.p["c2st_trees"] == 0.01
    assert table.value["c2st_trees"] > 0.95
    plain = metrics.judge(pool[:400], pool[600:2200], repeats=99, measures=("c2st",))
    assert table.value["c2st"] == pytest.approx(plain.value["c2st"], abs=0.02)


def test_resolution_is_the_noise_under_which_a_difference_drowns(pool):
    ours, theirs = pool[:400], pool[400:800]
    assert metrics.resolution(ours, theirs) == 0
    std = theirs.std(axis=0).mean()
    noisy = ours + 0.01 * std * np.random.default_rng(2).standard_normal(ours.shape)
    assert 0.003 < metrics.resolution(noisy, theirs) < 0.1
    assert 0.05 < metrics.resolution(ours + 0.05 * std, theirs) < 3
    assert metrics.resolution(ours + 1e3 * std, theirs) == np.inf
    # What both samples have in common is no difference.
    assert metrics.resolution(ours + 5.0, theirs + 5.0) == 0


def test_accuracy_falls_as_noise_grows(pool):
    std = pool.std(axis=0).mean()
    noisy = pool[:300] + 0.01 * std * np.random.default_rng(2).standard_normal((300, CELLS))
    curve = metrics.c2st_curve(noisy, pool[300:600], noise=(0.0, 0.01, 1.0))
    assert list(curve.columns) == ["noise", "trees", "linear", "neighbours", "chance"]
    best = curve[["trees", "linear", "neighbours"]].max(axis=1)
    assert best[0] > 0.95
    assert best[0] > best[1] > best[2]
    assert best[2] <= curve.chance[2]
    assert (curve.chance >= 0.55).all()


def test_only_what_is_asked_for_is_measured_and_the_order_is_that_of_all(pool):
    table = metrics.judge(pool[:20], pool[20:80], repeats=3, measures=("energy", "mean_error"))
    assert list(table.index) == ["mean_error", "energy"]
    assert table.index.name == "measure"
    whole = metrics.judge(pool[:20], pool[20:80], repeats=3)
    assert list(whole.index) == [n for n in metrics.MEASURES if n != "nearest_neighbour_ratio"]
    np.testing.assert_allclose(whole.loc[table.index], table, rtol=1e-12)


def test_one_scatter_judges_many_samples_as_each_would_be(pool):
    scatter = metrics.Scatter(pool[:80], 20, repeats=5, seed=3, measures=FAST[:-1])
    for sample in (pool[100:120], pool[200:220]):
        alone = metrics.judge(sample, pool[:80], repeats=5, seed=3, measures=FAST[:-1])
        np.testing.assert_array_equal(scatter.judge(sample), alone)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: metrics.judge(s, s, measures=("nonsense",)), "^measures is 'nonsense'"),
        (lambda s: metrics.judge(s, s, measures="energy"), "^measures is 'energy'"),
        (lambda s: metrics.judge(s, s, measures=()), r"^measures is \(\)"),
        (lambda s: metrics.judge(s, s, measures=3), "^measures is 3"),
        (lambda s: metrics.judge(s, s, repeats=1001), "^repeats is 1001"),
        (lambda s: metrics.judge(s, s, seed=-1), "^seed is -1"),
        (lambda s: metrics.judge(s, s[:, :5]), "^generated has 8 cells and reference 5"),
        (lambda s: metrics.judge(s[:1], s), "^generated has 1 realisations"),
        (lambda s: metrics.scores(s, s, seed=2**32), "^seed is 4294967296"),
        (lambda s: metrics.c2st(s, s, classifiers=("oracle",)), "^classifiers is 'oracle'"),
        (lambda s: metrics.c2st_curve(s, s, noise=(-1.0,)), "^noise "),
        (lambda s: metrics.c2st_curve(s, s, noise=np.nan), "^noise "),
        (lambda s: metrics.c2st_curve(s, s, seed=2.5), r"^seed is 2\.5"),
        (lambda s: metrics.c2st_curve(s[0], s), "^generated has shape"),
        (lambda s: metrics.resolution(s, s * np.nan), "^reference contains nan"),
        (lambda s: metrics.resolution(s, np.ones((9, 8))), "^reference does not vary"),
        (lambda s: metrics.spectrum_error(s[:, :3], s[:, :3]), "^generated has 12 .* 3 cells"),
        (lambda s: metrics.structure_function(s[:, :1]), "^sample has 12 .* 1 cells"),
        (lambda s: metrics.Scatter(s, 7), "^size is 7"),
        (lambda s: metrics.Scatter(s, 4).judge(s[:3]), "^generated has 3 realisations"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=f"{message}.*accepted"):
        call(np.random.default_rng(0).uniform(size=(12, 8)))


def test_noise_of_other_shapes_and_no_classifier_are_refused_by_name():
    sample = np.random.default_rng(0).uniform(size=(12, 8))
    for noise in ([], np.ones((2, 2))):
        with pytest.raises(ValueError, match=r"^noise .*accepted"):
            metrics.c2st_curve(sample, sample, noise=noise)
    with pytest.raises(ValueError, match=r"^classifiers .*accepted"):
        two_sample.c2st(sample, sample, classifiers=())


@pytest.mark.parametrize(("count", "training"), [(31, 0), (57, 13), (80, 40)])
def test_the_bar_ends_at_its_end_whatever_the_order(pool, count, training, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(scorecard, "MANY", 1)
    bars = []

    def bar(**options):
        bars.append(tqdm(**{**options, "mininterval": 0, "miniters": 0}))
        return bars[-1]

    monkeypatch.setattr(_progress, "tqdm", bar)
    options = {"repeats": 3, "measures": [*FAST[: None if training else -1], "c2st", "resolution"]}
    known = pool[-training:] if training else None
    scatter = metrics.Scatter(pool[: 2 * count], count, known, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error", TqdmWarning)
        scatter.judge(pool[1000 : 1000 + count])
        scatter.judge(pool[2000 : 2000 + count])
    assert [bar.n for bar in bars] == [bar.total for bar in bars]


def test_the_judge_of_very_many_densities_fits_into_a_laptop():
    rng = np.random.default_rng(5)
    ours, theirs = (rng.standard_normal((n, CELLS), np.float32) for n in (5000, 15_000))
    tracemalloc.start()
    metrics.judge(ours, theirs, ours[:100], repeats=2, measures=FAST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Blocks of fixed size, and what grows in proportion to the pool: 1 GiB at 100,000 by 400.
    fixed = 4 * 8 * _pool.BLOCK
    assert peak < fixed + (2**30 - fixed) * (20_000 * CELLS) / (100_000 * 400)
