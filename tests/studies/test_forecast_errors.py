"""The judges of laws that are pushed through time: what is right passes, what is wrong is told."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import burgers
from burgers.metrics import forecast
from burgers.studies import forecast_errors, forecasting


@pytest.fixture(scope="module")
def sizes():
    small = dataclasses.replace(
        burgers.profiles.QUICK.propagation,
        trajectories={"sinus": 30, "creneau": 30},
        grid={"sinus": (1, 80), "creneau": (2, 80)},
    )
    return dataclasses.replace(burgers.profiles.QUICK, propagation=small)


@pytest.fixture(scope="module", params=burgers.CASES)
def truth(request, sizes):
    return forecast_errors.truth(request.param, sizes)


def test_the_truth_is_the_same_by_the_solver_and_exactly(truth):
    assert truth.solved.shape == truth.exact.shape == (truth.steps, 80, 51, 400)
    error = burgers.metrics.relative_error(truth.solved, truth.exact)
    assert np.median(error) < 2e-3
    assert truth.start.shape == (truth.steps * 80, 400)
    assert (truth.grid(truth.flat(truth.solved)) == truth.solved).all()
    assert np.ptp(np.log(truth.grid(truth.reynolds)), axis=1) == pytest.approx(9 * 79 / 80)


def test_the_truth_is_judged_faultless(truth):
    table = forecast_errors.judge(truth.solved, truth)
    later = table[table.time > 0]
    assert (later[["median", "maximum", "mean_error", "std_error", "mass"]] == 0).all(axis=None)
    # That the solver is not exact can be seen against the exact law.
    assert (later.exact_mean_error < 0.01).all()
    assert 0.001 < later.exact_std_error.median() < 0.1


def test_the_exact_law_covers_itself(truth):
    covered = forecast_errors.coverage(truth.exact, truth.exact)
    assert np.isnan(covered[0])
    assert covered[1:] == pytest.approx(0.9)
    # The scheme's error is as small as a band's.
    assert forecast_errors.coverage(truth.solved, truth.exact)[5:] == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize(("scale", "share"), [(0.5, 0.589), (0.9, 0.861), (1.0, 0.9), (2.0, 0.999)])
def test_the_coverage_of_a_normal_law_is_known(scale, share):
    ranks = forecast_errors.midpoints((0.0, 1.0), 1000)
    members = norm.ppf(ranks)[None, :, None, None] * np.array([0.3, 0.8, 1.0, 0.5])
    law = np.concatenate([1e-3 * members, members], axis=2)
    assert forecast_errors.coverage(scale * law, law) == pytest.approx(share, abs=0.01)


def test_a_forecast_that_is_not_finite_is_refused(truth):
    broken = truth.solved.copy()
    broken[0, 3, -1, 7] = np.nan
    with pytest.raises(ValueError, match="forecast contains NaN"):
        forecast_errors.judge(broken, truth)


def test_an_ensemble_around_single_trajectories_is_measured():
    rng, members = np.random.default_rng(0), 400
    centre = rng.normal(size=(300, 2, 5)) * 0.1
    truth = 5.0 + centre + 0.02 * rng.normal(size=centre.shape)
    drawn = 5.0 + centre[:, None] + 0.02 * rng.normal(size=(300, members, 2, 5))
    found = forecast.around(drawn.reshape(-1, 2, 5), truth, members)
    assert found["coverage"] == pytest.approx(0.9, abs=0.02)
    assert found["spread"] == pytest.approx(0.004, rel=0.05)
    assert found["error"] == pytest.approx(0.004, rel=0.1)


def test_random_draws_cost_what_statistics_says():
    rng = np.random.default_rng(0)
    members = 1.0 + rng.normal(size=(5000, 3, 40))
    found = forecast_errors._drawn_errors(members, members, 500, rng)
    assert found["mean_error"] == pytest.approx(500**-0.5, rel=0.2)
    assert found["std_error"] == pytest.approx(1000**-0.5, rel=0.2)


def test_a_law_without_spread_is_found_out(truth):
    mean = truth.solved.mean(axis=1, keepdims=True) * np.ones_like(truth.solved)
    table = forecast_errors.judge(mean, truth)[5:]
    assert table.exact_std_error.to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert (table.coverage < 0.2).all()
    wide = forecast_errors.judge(mean + 3.0 * (truth.solved - mean), truth)[5:]
    assert (wide.coverage > 0.94).all()
    assert (wide.exact_std_error > 1.5).all()


def test_mass_that_is_lost_is_told(truth):
    table = forecast_errors.judge(truth.solved - np.float32(0.01), truth)
    assert table.mass.to_numpy() == pytest.approx(0.01, rel=1e-3)


def test_errors_are_told_apart_in_and_outside_of_what_was_seen(truth):
    wrong = truth.solved.copy()
    unseen = truth.ensemble.time.values > 0.8 * forecasting.LAST[truth.name] + 1e-9
    wrong[:, :, unseen] *= 1.5
    table = forecast_errors.extrapolation_errors(wrong, truth).set_index(
        ["time_seen", "reynolds_seen"]
    )
    assert table.loc[True].maximum.max() == 0
    assert table.loc[False]["median"].to_numpy() == pytest.approx(0.5, rel=1e-4)


def test_the_inner_training_set_lacks_the_last_times_and_the_outer_re(sizes):
    whole = forecasting.training_set("creneau", sizes, seed=0)
    inner = forecasting.inner(whole)
    low, high = np.log(inner.reynolds.values).min(), np.log(inner.reynolds.values).max()
    assert 5 < low < high < 12
    assert inner.time.values[-1] == pytest.approx(0.8 * whole.time.values[-1])
    assert set(inner.reynolds.values) < set(whole.reynolds.values)


def test_re_is_hidden_the_more_the_larger_it_is():
    log_reynolds = np.linspace(4, 13, 10)
    for distance in forecast_errors.distance_to_largest_reynolds(
        "sinus", 0.4, log_reynolds
    ).values():
        assert distance[-1] == 0
        assert (np.diff(distance) < 0).all()


def test_verdicts_compare_the_worst_time_with_the_goal():
    columns = ["median", "maximum", "exact_mean_error", "exact_std_error", "coverage"]
    rows = [[0.001, 0.01, 0.002, 0.03, 0.9], [0.002, 0.03, 0.004, 0.02, 0.85]]
    table = pd.DataFrame(rows, columns=columns).assign(time=[0.1, 0.2], model="reduced")
    table["exact_coverage"] = [0.89, 0.91]
    judged = pd.concat([table.assign(case=name) for name in burgers.CASES])
    found = forecast_errors.verdicts(judged)
    assert found.holds.to_list() == 2 * [True, False, True, True, False, True]
    assert found.measured.to_list()[:6] == pytest.approx([0.002, 0.03, 0.004, 0.03, 0.05, 0.01])
