"""Errors of forecasts: the reference itself has none, and known perturbations have known errors."""

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
def reference(request, sizes):
    return forecast_errors.reference(request.param, sizes)


@pytest.fixture(scope="module")
def solved(reference):
    return reference.solved()


def test_the_solver_agrees_with_the_exact_solution(reference, solved):
    assert solved.shape == reference.exact.shape == (reference.steps, 80, 51, 400)
    table = forecast_errors.over_time(solved, reference)[1:]
    assert table["median"].median() < 2e-3
    assert (table.mean_error < 0.01).all()
    assert 0.001 < table.std_error.median() < 0.1
    # Where the band is narrow, the scheme's error is comparable to its width.
    assert table.coverage[5:].to_numpy() == pytest.approx(0.9, abs=0.06)


def test_the_reference_is_a_grid_of_inputs(reference):
    assert reference.start.shape == (reference.steps * 80, 400)
    assert (reference.grid(reference.flat(reference.exact)) == reference.exact).all()
    assert np.ptp(np.log(reference.grid(reference.reynolds)), axis=1) == pytest.approx(9 * 79 / 80)


def test_the_reference_has_no_error(reference):
    later = forecast_errors.over_time(reference.exact, reference)[1:]
    assert (later[["median", "maximum", "mean_error", "std_error", "mass"]] == 0).all(axis=None)


def test_the_exact_distribution_covers_itself(reference):
    covered = forecast_errors.coverage(reference.exact, reference.exact)
    assert np.isnan(covered[0])
    assert covered[1:] == pytest.approx(0.9)


@pytest.mark.parametrize(("scale", "share"), [(0.5, 0.589), (0.9, 0.861), (1.0, 0.9), (2.0, 0.999)])
def test_the_coverage_of_a_normal_distribution_is_known(scale, share):
    ranks = burgers.problems.centres(1000)
    members = norm.ppf(ranks)[None, :, None, None] * np.array([0.3, 0.8, 1.0, 0.5])
    law = np.concatenate([1e-3 * members, members], axis=2)
    assert forecast_errors.coverage(scale * law, law) == pytest.approx(share, abs=0.01)


def test_a_forecast_that_is_not_finite_is_refused(reference):
    broken = reference.exact.copy()
    broken[0, 3, -1, 7] = np.nan
    with pytest.raises(ValueError, match="forecast contains NaN"):
        forecast_errors.over_time(broken, reference)


def test_an_ensemble_around_single_trajectories_is_measured():
    rng, members = np.random.default_rng(0), 400
    centre = rng.normal(size=(300, 2, 5)) * 0.1
    truth = 5.0 + centre + 0.02 * rng.normal(size=centre.shape)
    drawn = 5.0 + centre[:, None] + 0.02 * rng.normal(size=(300, members, 2, 5))
    # Where an ensemble has no spread nothing is counted.
    truth[..., 0], drawn[..., 0] = 1.0, 1.1
    found = forecast.around(drawn.reshape(-1, 2, 5), truth, members)
    assert found["coverage"] == pytest.approx(0.9, abs=0.03)
    assert found["spread"].shape == (2,)
    assert found["spread"] == pytest.approx(0.004, rel=0.05)
    assert (found["largest"] > found["error"]).all()


def test_random_draws_have_the_sampling_error_of_statistics():
    rng = np.random.default_rng(0)
    members = 1.0 + rng.normal(size=(5000, 3, 40))
    found = forecast_errors._drawn_errors(members, members, 500, rng)
    assert found["mean_error"] == pytest.approx(500**-0.5, rel=0.2)
    assert found["std_error"] == pytest.approx(1000**-0.5, rel=0.2)


def test_an_ensemble_without_spread_has_an_error_of_the_std_of_one(reference):
    mean = reference.exact.mean(axis=1, keepdims=True) * np.ones_like(reference.exact)
    table = forecast_errors.over_time(mean, reference)[5:]
    assert table.std_error.to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert (table.coverage < 0.2).all()
    wide = forecast_errors.over_time(mean + 3.0 * (reference.exact - mean), reference)[5:]
    assert (wide.coverage > 0.94).all()
    assert (wide.std_error > 1.5).all()


def test_lost_mass_is_measured(reference):
    table = forecast_errors.over_time(reference.exact - np.float32(0.01), reference)
    assert table.mass.to_numpy() == pytest.approx(0.01, rel=1e-3)


def test_errors_are_separated_inside_and_outside_of_the_training_range(reference):
    wrong = reference.exact.copy()
    unseen = reference.ensemble.time.values > 0.8 * forecasting.LAST[reference.name] + 1e-9
    wrong[:, :, unseen] *= 1.5
    table = forecast_errors.extrapolation_errors(wrong, reference).set_index(
        ["time_seen", "reynolds_seen"]
    )
    assert table.loc[True].maximum.max() == 0
    assert table.loc[False]["median"].to_numpy() == pytest.approx(0.5, rel=1e-4)


def test_the_inner_training_set_lacks_the_last_times_and_the_outer_re(sizes):
    whole = forecasting.training_set("creneau", sizes, seed=0)
    inner = forecasting.inner(whole)
    low, high = np.log(inner.reynolds.values).min(), np.log(inner.reynolds.values).max()
    assert 5 < low < high < 12
    assert 0.76 < inner.time.values[-1] / forecasting.LAST["creneau"] <= 0.8 + 1e-9
    assert set(inner.reynolds.values) < set(whole.reynolds.values)


def test_the_dependence_on_re_weakens_as_re_grows():
    log_reynolds = np.linspace(4, 13, 10)
    for distance in forecast_errors.distance_to_largest_reynolds(
        "sinus", 0.4, log_reynolds
    ).values():
        assert distance[-1] == 0
        assert (np.diff(distance) < 0).all()


def test_verdicts_compare_the_worst_time_with_the_goal():
    columns = ["median", "maximum", "mean_error", "std_error", "coverage"]
    rows = [[0.001, 0.01, 0.002, 0.03, 0.9], [0.002, 0.03, 0.004, 0.02, 0.85]]
    table = pd.DataFrame(rows, columns=columns).assign(time=[0.1, 0.2], start=0.05)
    table = pd.concat(
        [table.assign(model="reduced", coverage=0.0), table.assign(model="reduced, dressed")]
    )
    judged = pd.concat([table.assign(case=name) for name in burgers.CASES])
    found = forecast_errors.verdicts(judged, judged)
    assert found.holds.to_list() == 2 * [True, False, *2 * [True, True, False]]
    expected = [0.002, 0.03, *2 * [0.004, 0.03, 0.05]]
    assert found.measured.to_list() == pytest.approx(2 * expected)
