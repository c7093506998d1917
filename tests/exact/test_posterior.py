"""The exact posterior: against conjugate formulas, brute force, and its own samples."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.stats

import burgers
from burgers import exact, metrics
from burgers.exact import integration
from burgers.exact.points import at_quantiles
from burgers.exact.quadrature import gauss_legendre

RNG = np.random.default_rng
SENSORS = (0.15, 0.35, 0.55, 0.6, 0.7)


def level(cells, height):
    """A constant density, which stays what it is."""
    return np.repeat(height[:, None], cells, axis=1)


CONSTANT = burgers.Problem(
    "constant", {"height": scipy.stats.norm(0.3, 0.5)}, level, "periodic", (0.0, 1.0), viscosity=0.0
)


def observed(problem, inputs, noise, time=0.2, seed=0):
    observation = burgers.Observation(problem, SENSORS, time, noise)
    unknown = () if time is not None else ([0.3],)
    return observation, observation.observe(inputs, RNG(seed), *unknown)[0]


@pytest.mark.parametrize("noise", [1.0, 0.1, 0.003])
def test_a_normal_prior_and_normal_noise_give_the_conjugate_posterior(noise):
    observation, data = observed(CONSTANT, {"height": [0.8]}, noise)
    found = exact.posterior(observation, data)
    precision = 1 / 0.5**2 + len(data) / noise**2
    mean = (0.3 / 0.5**2 + data.sum() / noise**2) / precision
    assert found.weights @ found.inputs["height"] == pytest.approx(mean, rel=1e-6)
    spread = np.sqrt(found.weights @ (found.inputs["height"] - mean) ** 2)
    assert spread == pytest.approx(precision**-0.5, rel=1e-5)
    covariance = noise**2 * np.eye(len(data)) + 0.25
    evidence = scipy.stats.multivariate_normal(np.full(len(data), 0.3), covariance).logpdf(data)
    assert found.log_evidence == pytest.approx(evidence, abs=1e-6)
    average, std = found.mean_and_std(0.7, cells=4)
    np.testing.assert_allclose(average, mean, rtol=1e-6)
    np.testing.assert_allclose(std, precision**-0.5, rtol=1e-5)
    heights = np.array([0.75, 0.8, 0.9])
    prior, posterior = scipy.stats.norm(0.3, 0.5), scipy.stats.norm(mean, precision**-0.5)
    known = posterior.logpdf(heights) - prior.logpdf(heights)
    np.testing.assert_allclose(found.log_density({"height": heights}), known, rtol=1e-6, atol=1e-6)
    drawn = found.sample(2000, RNG(1))[0]["height"]
    assert scipy.stats.kstest(drawn, scipy.stats.norm(mean, precision**-0.5).cdf).pvalue > 1e-3
    divergence = 0.5 * (
        1 / (0.25 * precision) + (mean - 0.3) ** 2 / 0.25 - 1 + np.log(0.25 * precision)
    )
    assert found.information() == pytest.approx(divergence / np.log(2), rel=1e-3)


def test_the_evidence_of_the_sinus_is_that_of_brute_force():
    observation, data = observed(burgers.SINUS, {"reynolds": [800.0]}, 0.01)
    ends = np.linspace(4.0, 13.0, 401)
    log_reynolds, weights = gauss_legendre(list(pairwise(ends)), 6)
    logs = observation.log_likelihood(data, {"reynolds": np.exp(log_reynolds)})
    expected = np.log(weights @ np.exp(logs) / 9.0)
    assert exact.posterior(observation, data).log_evidence == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("noise", [0.1, 0.01])
def test_a_smaller_tolerance_changes_no_more_than_the_larger_one_promises(noise):
    observation, data = observed(burgers.CRENEAU, {"reynolds": [800.0], "step": [0.2]}, noise)
    fine, coarse = (exact.posterior(observation, data, tolerance=t) for t in (1e-7, 1e-6))
    assert coarse.error <= 1e-6
    assert coarse.log_evidence == pytest.approx(fine.log_evidence, abs=1e-6)
    for a, b in zip(fine.mean_and_std(0.3, 50), coarse.mean_and_std(0.3, 50), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_draws_are_those_of_the_nodes():
    observation, data = observed(burgers.CRENEAU, {"reynolds": [800.0], "step": [0.2]}, 0.03)
    found = exact.posterior(observation, data)
    inputs, times = found.sample(4000, RNG(2))
    assert times is None
    for name in ("reynolds", "step"):
        drawn, nodes = np.log(inputs[name]), np.log(found.inputs[name])
        mean = found.weights @ nodes
        std = np.sqrt(found.weights @ (nodes - mean) ** 2)
        assert abs(drawn.mean() - mean) < 5 * std / np.sqrt(4000)
        assert drawn.std() == pytest.approx(std, rel=0.1)
    for number, (name, law) in enumerate(burgers.CRENEAU.inputs.items()):
        shares = np.histogram(law.cdf(inputs[name]), 10, (0, 1))[0] / 4000
        assert abs(shares - found.in_classes(number, 10)).max() < 0.04
    # The band of the nodes holds what it says of densities drawn.
    low, high = found.quantiles((0.05, 0.95), 0.3, cells=40)
    density = exact.density(burgers.CRENEAU, 0.3, cells=40, **inputs)
    wide = high - low > 0.02
    inside = ((density >= low) & (density <= high))[:, wide].mean(axis=0)
    assert (abs(inside - 0.9) < 0.03).all()


def test_more_noise_is_less_information_and_no_data_move_the_prior():
    bits = []
    for noise in (0.01, 0.1, 100.0):
        observation, data = observed(burgers.SINUS, {"reynolds": [200.0]}, noise)
        bits.append(exact.posterior(observation, data).information())
    assert bits[0] > bits[1] > bits[2]
    assert bits[2] < 1e-3


@pytest.mark.parametrize("name", burgers.CASES)
def test_sensors_at_points_read_values_and_tell_the_inputs(name):
    problem = burgers.CASES[name]
    observation = burgers.Observation(problem, SENSORS, 0.2, 0.03, cells=None)
    inputs = {"reynolds": [60.0]} | ({"step": [0.2]} if name == "creneau" else {})
    np.testing.assert_array_equal(
        observation.values(inputs), exact.values(problem, SENSORS, 0.2, **inputs)
    )
    data = observation.observe(inputs, RNG(0))[0]
    found = exact.posterior(observation, data)
    fine = exact.posterior(observation, data, tolerance=1e-7)
    assert found.log_evidence == pytest.approx(fine.log_evidence, abs=1e-6)
    # Cells a thousandth wide read almost the same.
    narrow = exact.posterior(burgers.Observation(problem, SENSORS, 0.2, 0.03, cells=2001), data)
    assert found.log_evidence == pytest.approx(narrow.log_evidence, abs=0.02)


def test_three_unknown_numbers_give_the_evidence_of_brute_force():
    observation, data = observed(
        burgers.CRENEAU, {"reynolds": [800.0], "step": [0.2]}, 0.3, time=None
    )
    found = exact.posterior(observation, data)
    assert found.error <= 1e-6
    sides = [gauss_legendre([*pairwise(np.linspace(0, 1, parts + 1))], 4) for parts in (12, 12, 96)]
    points = np.stack(np.meshgrid(*(nodes for nodes, _ in sides), indexing="ij"), axis=-1)
    weights = np.einsum("i,j,k->ijk", *(weights for _, weights in sides)).ravel()
    inputs, times = at_quantiles(burgers.CRENEAU, None, points.reshape(-1, 3))
    logs = observation.log_likelihood(data, inputs, times)
    assert found.log_evidence == pytest.approx(np.log(weights @ np.exp(logs)), abs=2e-6)
    drawn, drawn_times = found.sample(2000, RNG(3))
    assert drawn["step"].mean() == pytest.approx(found.weights @ found.inputs["step"], abs=0.007)
    assert drawn_times.mean() == pytest.approx(found.weights @ found.final_time, abs=0.02)
    # Densities of so many nodes are evaluated some cells after the others.
    mean, std = found.mean_and_std(0.3, cells=7)
    density = exact.density(burgers.CRENEAU, 0.3, cells=7, **found.inputs)
    np.testing.assert_allclose(mean, found.weights @ density, atol=1e-12)
    assert std.min() >= 0.0


def test_boxes_and_lines_agree_on_a_sheet(monkeypatch):
    observation, data = observed(
        burgers.CRENEAU, {"reynolds": [800.0], "step": [0.2]}, 0.1, time=None
    )
    boxes = exact.posterior(observation, data, tolerance=1e-4)
    monkeypatch.setattr(integration, "IN_BOXES", 0)
    lines = exact.posterior(observation, data, tolerance=1e-4)
    assert lines.log_evidence == pytest.approx(boxes.log_evidence, abs=1e-4)
    for rule in (boxes, lines):
        inputs, times = rule.sample(2000, RNG(5))
        for drawn, at in (
            (np.log(inputs["reynolds"]), np.log(boxes.inputs["reynolds"])),
            (inputs["step"], boxes.inputs["step"]),
            (times, boxes.final_time),
        ):
            mean = boxes.weights @ at
            std = np.sqrt(boxes.weights @ (at - mean) ** 2)
            assert abs(drawn.mean() - mean) < 5 * std / np.sqrt(2000)
            assert drawn.std() == pytest.approx(std, rel=0.1)
    for number in range(3):
        shares = [rule.in_classes(number, 10) for rule in (boxes, lines)]
        np.testing.assert_allclose(*shares, atol=0.01)
        assert shares[0].sum() == pytest.approx(1.0, abs=1e-6)
    with pytest.raises(ValueError, match="number is 3; accepted"):
        lines.in_classes(3, 10)


def test_a_tolerance_out_of_reach_is_refused_by_name(monkeypatch):
    for name in ("IN_BOXES", "ALONG_LINES"):
        monkeypatch.setattr(integration, name, 200_000)
    observation, data = observed(
        burgers.CRENEAU, {"reynolds": [800.0], "step": [0.2]}, 0.1, time=None
    )
    with pytest.raises(ValueError, match="tolerance is 1e-06; accepted: one reached by"):
        exact.posterior(observation, data)


def test_an_unknown_time_is_found():
    observation, data = observed(burgers.SINUS, {"reynolds": [800.0]}, 0.01, time=None)
    found = exact.posterior(observation, data, tolerance=1e-4)
    mean = found.weights @ found.final_time
    assert mean == pytest.approx(0.3, abs=0.02)
    density, _ = found.mean_and_std(cells=50)
    true = exact.density(burgers.SINUS, 0.3, reynolds=800.0, cells=50)
    assert metrics.relative_error(density, true) < 0.02


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": [1.2]}, "positions reaches 1.2 in row 0; accepted: from 0 to 1"),
        ({"positions": 0.5}, r"positions has shape \(\); accepted: \(sensors,\)"),
        ({"noise": 0.0}, "noise has minimum 0.0; accepted: noise > 0"),
        ({"noise": [0.1, 0.1, 0.1]}, r"noise has shape \(3,\); accepted: a number or \(2,\)"),
        ({"time": -1.0}, "time has minimum -1.0"),
        ({"time": [0.1, 0.2, 0.3]}, r"time has shape \(3,\)"),
        ({"problem": "sinus"}, "problem is 'sinus'; accepted: burgers.SINUS"),
        ({"cells": 1}, "cells is 1; accepted: an integer of at least 2"),
    ],
)
def test_bad_observations_are_refused_by_name(change, message):
    good = {"problem": burgers.SINUS, "positions": [0.2, 0.4], "time": 0.2, "noise": 0.1}
    with pytest.raises(ValueError, match=message):
        burgers.Observation(**{**good, **change})


def test_bad_data_and_problems_are_refused_by_name():
    observation, data = observed(burgers.SINUS, {"reynolds": [800.0]}, 0.1)
    with pytest.raises(ValueError, match=r"data has shape \(4,\); accepted: \(5,\), one a sensor"):
        exact.posterior(observation, data[:4])
    with pytest.raises(ValueError, match="data contains nan"):
        exact.posterior(observation, data * np.nan)
    with pytest.raises(ValueError, match=r"observation is 3; accepted: an Observation"):
        exact.posterior(3, data)
    with pytest.raises(ValueError, match=r"final_time is 0\.3; accepted: None"):
        observation.values({"reynolds": [800.0]}, 0.3)
    many = burgers.Observation(burgers.problems.get("fno_script"), [0.5], 0.5, 0.1)
    with pytest.raises(ValueError, match="fno_script has 1022 random numbers; accepted: 1 to 3"):
        exact.posterior(many, [0.0])
    with pytest.raises(ValueError, match=r"time is None; accepted: a time"):
        exact.posterior(observation, data).mean_and_std()
    with pytest.raises(ValueError, match=r"rng is 3; accepted: a numpy\.random"):
        exact.posterior(observation, data).sample(2, 3)
