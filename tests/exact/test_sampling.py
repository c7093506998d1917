"""Draws from posteriors: against conjugate formulas, quadrature and the prior."""

import re
import sys
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

import burgers
from burgers import exact

RNG = np.random.default_rng
SENSORS = (0.15, 0.35, 0.55, 0.6, 0.7)


def level(cells, height):
    """A constant density, which stays what it is."""
    return np.repeat(height[:, None], cells, axis=1)


def slopes(cells, normals):
    """Two halves, each constant; of five numbers three have no effect."""
    return np.repeat(normals[:, :2], [cells // 2, cells - cells // 2], axis=1)


CONSTANT = burgers.Problem(
    "constant", {"height": scipy.stats.norm(0.3, 0.5)}, level, "periodic", (0.0, 1.0), viscosity=0.0
)
HALVES = burgers.Problem(
    "halves", {"normals": burgers.problems.fields.StandardNormals(5)}, slopes, "periodic",
    (0.0, 1.0), viscosity=0.0,
)  # fmt: skip
FNO = burgers.problems.get("fno_script")


def close(draws, mean, std, effective):
    """Whether draws have that mean and standard deviation, within five standard errors."""
    assert abs(draws.mean() - mean) < 5 * std / np.sqrt(effective)
    assert draws.std() == pytest.approx(std, rel=5 / np.sqrt(2 * effective))


@pytest.mark.parametrize("noise", [1.0, 0.003])
def test_a_normal_prior_and_normal_noise_give_the_conjugate_posterior(noise):
    observation = burgers.Observation(CONSTANT, SENSORS, 0.2, noise, cells=4)
    data = observation.observe({"height": [0.8]}, RNG(0))[0]
    precision = 1 / 0.5**2 + len(data) / noise**2
    mean = (0.3 / 0.5**2 + data.sum() / noise**2) / precision
    found = exact.posterior_samples(observation, data, rng=RNG(1), chains=16, draws=12, warm_up=24)
    effective = found.diagnosis().ess_bulk["height"]
    assert effective > 80
    close(found.inputs["height"], mean, precision**-0.5, effective)
    average, std = found.mean_and_std(0.7, cells=4)
    np.testing.assert_allclose(average, found.inputs["height"].mean(), rtol=1e-12)
    np.testing.assert_allclose(std, found.inputs["height"].std(), rtol=1e-9)
    again = observation.log_likelihood(data, {"height": found.inputs["height"].ravel()})
    np.testing.assert_allclose(found.log_likelihood.ravel(), again, rtol=1e-12)


def test_what_data_tell_precisely_does_not_hold_back_the_rest():
    # At time 0 the two halves are observed, with noise of very different size.
    observation = burgers.Observation(HALVES, [0.2, 0.8], 0.0, [0.001, 0.3], cells=8)
    data = np.array([0.5, -1.0])
    found = exact.posterior_samples(observation, data, rng=RNG(0), chains=24, draws=12, warm_up=12)
    normals = found.inputs["normals"]
    for place, (mean, noise) in enumerate([(0.5, 0.001), (-1.0, 0.3), (0.0, np.inf)]):
        variance = 1 / (1 + noise**-2)
        mean = variance * mean / noise**2 if np.isfinite(noise) else 0.0
        close(normals[..., place], mean, np.sqrt(variance), 80)
    # Neighbours are independent where the data tell nothing.
    free = normals[..., 4]
    assert abs(np.corrcoef(free[:, 1:].ravel(), free[:, :-1].ravel())[0, 1]) < 0.25


def test_draws_are_distributed_as_quadrature_says():
    observation = burgers.Observation(burgers.CRENEAU, SENSORS, 0.2, 0.03)
    data = observation.observe({"reynolds": [800.0], "step": [0.2]}, RNG(0))[0]
    expected = exact.posterior(observation, data)
    found = exact.posterior_samples(observation, data, rng=RNG(1), chains=12, draws=60, warm_up=18)
    diagnosis = found.diagnosis()
    assert diagnosis.r_hat.max() < 1.05
    for name, change in (("reynolds", np.log), ("step", np.asarray)):
        nodes = change(expected.inputs[name])
        mean = expected.weights @ nodes
        std = np.sqrt(expected.weights @ (nodes - mean) ** 2)
        close(change(found.inputs[name]), mean, std, min(diagnosis.ess_bulk[name], 720))
    mean, std = expected.mean_and_std(0.3, cells=40)
    average, spread = found.mean_and_std(0.3, cells=40)
    assert (np.abs(average - mean) < 0.2 * std + 1e-4).all()
    np.testing.assert_allclose(spread, std, rtol=0.2, atol=2e-3)
    bands = found.quantiles((0.05, 0.5, 0.95), 0.3, cells=40)
    assert bands.shape == (3, 40)
    assert (np.abs(bands - expected.quantiles((0.05, 0.5, 0.95), 0.3, 40)) < 0.03).all()


def test_an_unknown_time_is_one_number_more():
    alone = replace(burgers.SINUS, name="alone", inputs={}, viscosity=1 / 800)
    observation = burgers.Observation(alone, SENSORS, None, 0.1)
    data = observation.observe({}, RNG(0), [0.3])[0]
    expected = exact.posterior(observation, data, tolerance=1e-4)
    found = exact.posterior_samples(observation, data, rng=RNG(1), draws=40, warm_up=12)
    assert found.inputs == {}
    assert found.final_time.shape == (4, 40)
    mean = expected.weights @ expected.final_time
    std = np.sqrt(expected.weights @ (expected.final_time - mean) ** 2)
    close(found.final_time, mean, std, 30)
    assert "final_time" in found.diagnosis().index
    assert found.densities(cells=8).shape == (4, 40, 8)


def test_a_thousand_inputs_converge():
    observation = burgers.Observation(FNO, [0.2, 0.5, 0.8], 0.05, 0.3, cells=10)
    data = observation.observe(FNO.sample(1, RNG(0)), RNG(1))[0]
    found = exact.posterior_samples(observation, data, rng=RNG(2), draws=300, warm_up=20)
    assert found.inputs["normals"].shape == (4, 300, 1022)
    assert found.diagnosis().r_hat.max() < 1.03


def test_without_information_the_draws_are_those_of_the_prior():
    observation = burgers.Observation(burgers.CRENEAU, SENSORS, 0.2, 1e6, cells=10)
    found = exact.posterior_samples(
        observation, np.zeros(5), rng=RNG(0), chains=20, draws=30, warm_up=0
    )
    for name, change in (("reynolds", np.log), ("step", np.asarray)):
        low, high = burgers.CRENEAU.inputs[name].low, burgers.CRENEAU.inputs[name].high
        drawn = (change(found.inputs[name]).ravel() - low) / (high - low)
        assert scipy.stats.kstest(drawn, "uniform").pvalue > 1e-3


def test_the_same_seed_gives_the_same_bits_and_thinning_leaves_out_draws():
    observation = burgers.Observation(burgers.SINUS, SENSORS, 0.2, 0.1, cells=10)
    some = {"chains": 2, "warm_up": 12}
    first, again, thinned = (
        exact.posterior_samples(observation, np.zeros(5), rng=RNG(3), draws=n, thin=k, **some)
        for n, k in ((12, 1), (12, 1), (4, 3))
    )
    np.testing.assert_array_equal(first.inputs["reynolds"], again.inputs["reynolds"])
    np.testing.assert_array_equal(first.log_likelihood[:, 2::3], thinned.log_likelihood)
    assert first.evaluations == again.evaluations == thinned.evaluations


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observation": 3}, "observation is 3; accepted: an Observation"),
        ({"data": [0.0]}, r"data has shape \(1,\); accepted: \(5,\), one a sensor"),
        ({"rng": 3}, r"rng is 3; accepted: a numpy\.random"),
        ({"chains": 1}, "chains is 1; accepted: an integer of at least 2"),
        ({"draws": 3}, "draws is 3; accepted: an integer of at least 4"),
        ({"warm_up": -1}, "warm_up is -1; accepted: an integer of at least 0"),
        ({"thin": 0}, "thin is 0; accepted: a positive integer"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, message):
    observation = burgers.Observation(burgers.SINUS, SENSORS, 0.2, 0.1)
    good = {"observation": observation, "data": np.zeros(5), "rng": RNG(0)}
    with pytest.raises(ValueError, match=message):
        exact.posterior_samples(**{**good, **change})


class Drawn:
    """A distribution that can only be drawn from."""

    def rvs(self, size, random_state):
        return random_state.standard_normal(size)


def test_problems_that_cannot_be_sampled_are_refused_by_name():
    drawn = burgers.Problem("drawn", {"height": Drawn()}, level, "periodic", (0.0, 1.0), 0.0)
    with pytest.raises(ValueError, match=r"inputs\['height'\] has no ppf; accepted: a distrib"):
        exact.posterior_samples(burgers.Observation(drawn, [0.5], 0.2, 0.1), [0.0], rng=RNG(0))
    pinn = burgers.Observation(burgers.problems.get("pinn"), [0.5], 0.2, 0.1)
    with pytest.raises(ValueError, match="pinn has no random number; accepted: at least one"):
        exact.posterior_samples(pinn, [0.0], rng=RNG(0))


def test_what_can_be_asked_of_samples_is_checked_and_arviz_is_named(monkeypatch, installed):
    observation = burgers.Observation(CONSTANT, [0.5], 0.2, 0.1, cells=4)
    found = exact.posterior_samples(observation, [0.0], rng=RNG(0), draws=4, warm_up=0)
    with pytest.raises(ValueError, match=r"time is None; accepted: a time"):
        found.mean_and_std()
    with pytest.raises(ValueError, match=r"levels reaches 1\.5 in row 0; accepted: from 0 to 1"):
        found.quantiles(1.5, 0.2)
    monkeypatch.setitem(sys.modules, "arviz_stats.base", None)
    remedy = re.escape(f"`pip install {installed}[inference]`")
    with pytest.raises(ImportError, match=f"arviz-stats is not installed.*{remedy}"):
        found.diagnosis()
