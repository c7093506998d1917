"""The measures against closed forms and SciPy."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import wasserstein_distance

from burgers import metrics
from burgers.studies import claims

RNG = np.random.default_rng


def test_relative_error_is_a_relative_norm():
    assert metrics.relative_error([3.0, 4.0], [0.0, 5.0]) == pytest.approx(np.sqrt(10) / 5)


def test_a_shift_has_a_known_wasserstein_distance():
    sample = RNG(0).normal(size=(500, 7))
    distance = metrics.wasserstein(sample + 0.3, sample)
    assert distance == pytest.approx(0.3 / sample.std(axis=0).mean())


def test_wasserstein_agrees_with_scipy():
    a, b = RNG(0).normal(size=(2, 200, 5))
    expected = np.mean([wasserstein_distance(a[:, j], b[:, j]) for j in range(5)])
    assert metrics.wasserstein(a, b) == pytest.approx(expected / b.std(axis=0).mean())


def test_distances_of_scaled_and_shifted_samples():
    sample = RNG(0).normal(1.0, 1.0, size=(300, 9))
    found = metrics.distances(1.1 * sample, sample)
    assert found["mean_error"] == pytest.approx(0.1)
    assert found["std_error"] == pytest.approx(0.1)


def test_noise_floor_falls_as_one_over_the_root_of_the_size():
    pool = RNG(0).normal(1.0, 1.0, size=(8000, 50))
    small, large = (metrics.noise_floor(pool, n, rng=RNG(1)) for n in (100, 1600))
    for measure in small:
        assert small[measure] / large[measure] == pytest.approx(4.0, rel=0.25)


def test_bad_samples_are_refused_by_name():
    good = np.ones((4, 3))
    with pytest.raises(ValueError, match="generated has 2 cells and reference 3"):
        metrics.distances(good[:, :2], good)
    with pytest.raises(ValueError, match="generated has shape"):
        metrics.distances(good[0], good)
    with pytest.raises(ValueError, match="reference contains nan"):
        metrics.distances(good, good * np.nan)
    with pytest.raises(ValueError, match="pool has 4 realisations; accepted: at least 6"):
        metrics.noise_floor(good, 3, rng=RNG(0))
    with pytest.raises(ValueError, match=r"a has shape \(3,\) and b \(2,\)"):
        metrics.relative_error(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match=r"a has shape \(\) and b \(\)"):
        metrics.relative_error(1.0, 2.0)


def test_masked_values_are_refused_by_name():
    good = RNG(0).uniform(size=(6, 3))
    masked = np.ma.array(good, mask=good < 0.2)
    for function, message in (
        (lambda: metrics.mean_and_std(masked), "^sample has"),
        (lambda: metrics.relative_error(masked, good), "^a has"),
        (lambda: metrics.relative_error(good, masked), "^b has"),
        (lambda: metrics.moment_errors(masked, good[0], good[1]), "^sample has"),
        (
            lambda: metrics.moment_errors(good, np.ma.array(good[0], mask=True), good[1]),
            "^mean has",
        ),
        (lambda: metrics.noise_floor(masked, 2, rng=RNG(0)), "^pool has"),
        (lambda: metrics.in_floors(np.ma.array(good[0], mask=True), good[0]), "^value has"),
    ):
        with pytest.raises(ValueError, match=f"{message} .* masked values, .* in row .*; accepted"):
            function()


def test_moments_that_leave_an_error_undefined_are_refused():
    varied = RNG(0).uniform(size=(4, 3))
    with pytest.raises(ValueError, match=r"reference does not vary \(std up to 0\)"):
        metrics.distances(varied, np.full((4, 3), 0.1))
    with pytest.raises(ValueError, match="reference leaves mean_error undefined: its mean is zero"):
        metrics.distances(varied, np.array([varied[0], varied[1], -varied[0], -varied[1]]))
    with pytest.raises(ValueError, match="std is zero in every cell"):
        metrics.moment_errors(varied, np.ones(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"mean has shape \(2,\); accepted: \(3,\)"):
        metrics.moment_errors(varied, np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="pool against itself: reference does not vary"):
        metrics.noise_floor(np.ones((4, 3)), 2, rng=RNG(0))


@pytest.mark.parametrize("kind", [pd.DataFrame, xr.DataArray, np.ndarray.tolist, np.ma.array])
def test_whatever_holds_a_sample_is_taken_as_its_values(kind):
    pool, other = RNG(0).uniform(size=(2, 12, 4))
    floor = metrics.noise_floor(pool, 5, rng=RNG(1))
    assert metrics.noise_floor(kind(pool), 5, rng=RNG(1)) == floor
    assert metrics.distances(kind(other), kind(pool)) == metrics.distances(other, pool)
    table = metrics.judge(kind(other), kind(pool), kind(other), repeats=1)
    pd.testing.assert_frame_equal(table, metrics.judge(other, pool, other, repeats=1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"repeats": 0}, "repeats is 0; accepted: a positive integer"),
        ({"repeats": 2.0}, "repeats is 2.0"),
        ({"samples": 0}, "samples is 0; accepted: a positive integer"),
        ({"samples": True}, "samples is True"),
        ({"rng": None}, "rng is None; accepted: a numpy.random.Generator"),
        ({"rng": 3}, "rng is 3"),
        ({"measure": "distances"}, "measure is 'distances'; accepted: a function"),
    ],
)
def test_bad_arguments_of_the_noise_floor_are_refused_by_name(change, message):
    good = {"pool": RNG(0).uniform(size=(6, 3)), "samples": 2, "rng": RNG(0)}
    with pytest.raises(ValueError, match=message):
        metrics.noise_floor(**{**good, **change})


def test_tiny_numbers_have_a_relative_error_too():
    assert metrics.relative_error([3e-200, 4e-200], [0.0, 5e-200]) == pytest.approx(np.sqrt(10) / 5)


def measurements(generated, reference):
    """All that the claims ask for, with every study given the same pair of samples."""
    found = {}
    for case in ("sinus", "creneau"):
        for study in ("reconstruction", "reconstruction at 1000", "prior", "fixed time"):
            measured = claims.measure(generated, reference, np.arange(4), paired=study != "prior")
            found |= {f"{case}/{study}/{key}": value for key, value in measured.items()}
        found[f"{case}/prior/wasserstein_in_floors"] = 1.0
    return found | claims.compare_cases(found) | {"both/prior/speed_ratio": 2.0}


def test_a_perfect_model_passes_what_asks_for_closeness_and_fails_what_asks_for_a_gap():
    reference = np.random.default_rng(0).uniform(0.1, 1.0, (300, 40))
    noise = 1e-6 * np.random.default_rng(1).normal(size=reference.shape)
    verdicts = claims.verdicts(measurements(reference + noise, reference))
    errors = verdicts[verdicts.claim.str.contains("superpose|identical|close")]
    asks_for_closeness = errors.threshold.str.startswith("<=")
    different = errors.claim.str.contains("four generated")
    assert errors[asks_for_closeness & ~different].holds.all()
    assert not errors[~asks_for_closeness & ~different].holds.any()


def test_every_study_and_figure_of_the_report_has_a_claim():
    figures = {claim.figure for claim in claims.CLAIMS + claims.TIMED}
    assert {str(n) for n in range(9, 21)} | {"conclusion"} == figures
