"""Learned posteriors: what they learn from, and measures that tell exact draws from others."""

import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import scipy.stats

import burgers
from burgers import exact, plots
from burgers.models import bayesflow_laws
from burgers.profiles import Inference
from burgers.studies import (
    inference,
    inference_densities,
    inference_scores,
    inference_shown,
    inference_solutions,
)

RNG = np.random.default_rng
SAVED = Path(__file__).parent.parent / "models" / "saved"
SIZES = Inference(
    simulations=300, repeats=4, epochs=8, observations=2, samples=300, ranked=80, times=2,
    truths=1, all_settings=False, candidates=500,
)  # fmt: skip


@pytest.fixture(scope="module")
def compared():
    pytest.importorskip("bayesflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference_scores, "FEW_METHODS", (inference.OWN,))
        return inference_scores.compare(SIZES, 0)


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=burgers.CASES)
def test_normal_scores_are_normal_and_invertible(case):
    inputs = case.sample(2000, RNG(0))
    scores = inference.normal_scores(case, inputs)
    assert scores.shape == (2000, len(case.inputs))
    for column in scores.T:
        assert scipy.stats.kstest(column, "norm").pvalue > 1e-3
    again = inference.inputs_at(case, scores)
    for name, values in inputs.items():
        np.testing.assert_allclose(again[name], values, rtol=1e-9)


def test_a_solution_is_read_several_times_with_the_noise_that_is_said():
    observation = inference.settings("creneau")["base"].observation()
    scores, data = inference.simulations(observation, 50, 40, RNG(0))
    assert scores.shape == (2000, 2)
    assert data.shape == (2000, 5)
    np.testing.assert_array_equal(scores[:50], scores[50:100])
    exact_values = observation.values(inference.inputs_at(burgers.CRENEAU, scores[:50]))
    noise = data.reshape(40, 50, 5) - exact_values
    assert noise.std() == pytest.approx(0.01, rel=0.02)
    assert abs(noise.mean(axis=0)).max() < 5 * 0.01 / np.sqrt(40)


def test_settings_differ_from_the_first_in_one_thing():
    for case in burgers.CASES:
        base, *others = inference.settings(case).values()
        for other in others:
            pairs = ((getattr(base, name), getattr(other, name)) for name in vars(base))
            assert sum(a != b for a, b in pairs) == 1


def normal_draws(scale, seed=0, observations=4000):
    """Truths and draws of a posterior N(0, 1), whose draws are too wide by a factor."""
    rng = RNG(seed)
    centre = rng.standard_normal((observations, 1, 2))
    true = centre[:, 0] + rng.standard_normal((observations, 2))
    drawn = centre + scale * rng.standard_normal((observations, inference_scores.RANKED, 2))
    return drawn, true


def test_exact_draws_are_calibrated_and_others_are_not():
    gaps, p = {}, {}
    for scale in (1.0, 0.85, 1.2):
        ranks = inference_scores.ranks(*normal_draws(scale))
        covered = inference_scores.coverage(ranks)
        gaps[scale] = covered - inference_scores.LEVELS[:, None]
        p[scale] = inference_scores.uniform_p(ranks)
    allowed = inference_scores.allowed(4000)
    assert abs(gaps[1.0]).max() <= allowed
    assert p[1.0] > 0.01
    # Too narrow draws cover less than they say, too wide ones more.
    assert gaps[0.85].min() < -2 * allowed
    assert gaps[1.2].max() > 2 * allowed
    assert max(p[0.85], p[1.2]) < 1e-6


def test_the_gap_that_chance_allows_is_exceeded_as_rarely_as_said():
    allowed = inference_scores.allowed(1000)
    share = RNG(0).binomial(1000, 0.5, 20_000) / 1000
    assert (abs(share - 0.5) > allowed).mean() == pytest.approx(0.01, abs=0.004)


def test_the_classifier_tells_shifted_draws_but_not_exact_ones():
    rng = RNG(0)
    known, others = rng.standard_normal((2, 3, 1000, 2))
    assert abs(inference_scores.accuracies(others, known) - 0.5).max() < 0.08
    assert inference_scores.accuracies(others + 1.0, known).min() > 0.65
    # Units do not matter.
    scaled = inference_scores.accuracies(1e-3 * others + 5.0, 1e-3 * known + 5.0)
    assert abs(scaled - 0.5).max() < 0.08


def test_the_bits_on_the_only_input_are_those_on_all():
    observation = burgers.Observation(burgers.SINUS, inference.PLACES[:5], 0.4, 0.01)
    data = observation.observe({"reynolds": [60.0]}, RNG(0))[0]
    posterior = exact.posterior(observation, data)
    bits = inference_shown.reynolds_bits(posterior)
    # Classes hide at most what is told within one of them.
    assert 0.5 < bits <= posterior.information() + 0.02
    blind = burgers.Observation(burgers.SINUS, inference.PLACES[:5], 0.4, 100.0)
    unknown = exact.posterior(blind, data)
    assert abs(inference_shown.reynolds_bits(unknown)) < 0.02


def test_a_small_training_already_comes_near(compared):
    table = compared.table.set_index("case")
    assert (table.c2st[table.setting == "noise 0.1"] < 0.75).all()
    assert (table.control < 0.6).all()
    assert set(compared.coverage) == set(burgers.CASES)
    assert np.isfinite(table.drop(columns=["setting", "method"]).to_numpy(float)).all()
    # Without any learning, all draws are those of the prior.
    known = inference_scores.held(inference.settings("creneau")["base"], SIZES, 0)
    prior = RNG(0).standard_normal(known.exact.shape)
    assert inference_scores.accuracies(prior, known.exact).min() > 0.8


def test_the_same_seed_gives_the_same_posterior(compared):
    learned = compared.learned["sinus", "base", inference.OWN]
    again = inference.learn(learned.setting, inference.OWN, SIZES, 0)
    data = np.array([[0.2, 0.5, 0.7, -0.6, -0.5]])
    np.testing.assert_array_equal(learned.sample(data, 20, RNG(0)), again.sample(data, 20, RNG(0)))


def test_a_learned_posterior_is_the_same_from_another_process(compared):
    learned = compared.learned["creneau", "base", inference.OWN]
    sent, data = pickle.loads(pickle.dumps(learned)), np.array([[1.0, 0.9, 0.2, 0.2, 0.2]])
    np.testing.assert_array_equal(learned.sample(data, 20, RNG(0)), sent.sample(data, 20, RNG(0)))


def test_a_method_or_data_that_are_none_are_refused_by_name(compared):
    setting = inference.settings("sinus")["base"]
    with pytest.raises(ValueError, match="method is 'guess'; accepted: autoregressive flow, Bayes"):
        inference.learn(setting, "guess", SIZES, 0)
    with pytest.raises(ValueError, match="data contains nan"):
        compared.learned["sinus", "base", inference.OWN].sample([np.nan] * 5, 2, RNG(0))


def test_goals_are_judged_by_the_method_that_reaches_most():
    rows = [
        {"case": "sinus", "setting": "base", "method": name, "c2st": c2st, "coverage_gap": 0.03,
         "exact_seconds": 0.2, "answer_seconds": seconds}
        for name, c2st, seconds in (("a", 0.51, 3.0), ("b", 0.54, 0.01), ("c", 0.52, 0.02))
    ]  # fmt: skip
    found = inference_scores.verdicts(pd.DataFrame(rows)).set_index("goal")
    assert (found.method == "c").all()
    assert found.holds.to_dict() == {
        "c2st": True, "coverage_gap": False, "exact_seconds": True, "answer_seconds": True,
    }  # fmt: skip


def test_a_coupling_flow_learns_a_single_number():
    pytest.importorskip("bayesflow")
    codes = RNG(0).standard_normal((200, 1))
    law = bayesflow_laws.CouplingFlow(epochs=1, batch_size=50, width=8, depth=2).fit(codes)
    drawn = law.sample(30, RNG(1))
    assert drawn.shape == (30, 1)
    assert np.isfinite(drawn).all()


def test_figures_show_what_was_measured(compared):
    learned = compared.learned["creneau", "base", inference.OWN]
    panels = inference_shown.shown(learned, 0.4, 0, cells=20)
    for parts in panels.values():
        assert (parts["exact"][0] <= parts["exact"][1]).all()
    figures = [
        plots.inference.bands(burgers.problems.centres(20), [("creneau", panels)]),
        plots.inference.corners(inference_shown.drawn_inputs(learned, 2, SIZES, 0)),
        plots.inference.calibration(inference_scores.LEVELS, compared.coverage, 0.1, 0.02),
        plots.inference.accuracies(compared.table, 0.55),
        plots.inference.information(
            {"sinus": inference_shown.information("sinus", [0.1, 0.4], [0.1], SIZES, 0)}, {}
        ),
    ]
    for figure in figures:
        assert figure.axes
        matplotlib.pyplot.close(figure)


@pytest.fixture(scope="module")
def ways(compared, tmp_path_factory):
    """The ways to posterior densities of the creneau, by models that were hardly trained."""
    folder = tmp_path_factory.mktemp("models")
    for kind, file in (("given time", "conditioned"), ("reduced", "reduced")):
        shutil.copy(SAVED / f"{file}.keras", burgers.paths.stored(folder, kind, "creneau"))
    learned = compared.learned["creneau", "noise 0.1", inference.OWN]
    of = inference_densities.in_common(learned.setting, folder, SIZES, 0)
    return inference_densities.models(learned.setting, learned, of, SIZES, 0)


def test_sensors_read_of_densities_what_they_read_of_inputs():
    observation = inference.settings("creneau")["base"].observation()
    inputs = burgers.CRENEAU.sample(5, RNG(0))
    density = exact.density(burgers.CRENEAU, 0.2, cells=400, **inputs)
    read = inference_solutions.readings(observation, density)
    np.testing.assert_allclose(read, observation.values(inputs), atol=1e-12)


def test_densities_of_an_only_input_are_interpolated_without_a_visible_error():
    setting = inference.settings("sinus")["base"]
    inputs = burgers.SINUS.sample(200, RNG(0))
    for time, found in inference_solutions.at_inputs(setting, inputs).items():
        assert abs(found - exact.density(burgers.SINUS, time, cells=400, **inputs)).max() < 1e-8


def test_neighbours_are_candidates_that_agree_with_the_readings(ways, monkeypatch):
    near = ways["neighbours of the sigma-VAE"]
    # Of one candidate, read almost exactly, no other is left.
    monkeypatch.setattr(near.observation, "noise", np.full(5, 1e-6))
    (drawn,) = near(near.read[7], 50, RNG(0)).values()
    np.testing.assert_array_equal(drawn, np.tile(near.candidates[7], (50, 1)))


def test_exact_draws_are_nearer_than_the_prior_by_every_measure(ways):
    setting = inference.settings("creneau")["noise 0.1"]

    sizes = replace(SIZES, observations=4)
    table = inference_densities.judged(ways, setting, sizes, 0)
    assert set(table.way) == {"exact", *ways}
    # The σ-VAE given T answers for the time of the observation alone.
    assert (table.groupby("way").size() == [2, 2, 2, 1, 2]).all()
    found = table.groupby("way").mean(numeric_only=True)
    assert found.mean_error["exact"] < 0.5 * found.mean_error["prior"]
    assert found.std_error["exact"] < 0.5 * found.std_error["prior"]
    assert abs(found.c2st["exact"] - 0.5) < 0.08
    assert found.coverage["exact"] > 0.8


def test_models_that_are_missing_are_named(compared, tmp_path):
    learned = compared.learned["creneau", "noise 0.1", inference.OWN]
    with pytest.raises(ValueError, match=r"given_time_creneau\.keras"):
        inference_densities.in_common(learned.setting, tmp_path, SIZES, 0)


def test_a_figure_shows_the_densities_of_the_models(ways):
    setting = inference.settings("creneau")["noise 0.1"]
    panels = inference_densities.shown(ways, setting, 0)
    assert len(panels) == 3
    figure = plots.inference.bands(burgers.problems.centres(400), [("creneau", panels)])
    assert len(figure.axes) == 3
    matplotlib.pyplot.close(figure)
