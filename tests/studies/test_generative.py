"""What the comparison of generative models asks of its parts."""

import pickle

import numpy as np
import pandas as pd
import pytest

import burgers
from burgers.models import latent_laws, sigma_vae, vae
from burgers.studies import (
    generative,
    generative_data,
    generative_neighbours,
    generative_scores,
)


@pytest.fixture(scope="module")
def ensemble():
    return burgers.generate(burgers.SINUS, 400, seed=5)


@pytest.fixture(scope="module")
def model(ensemble, tmp_path_factory):
    path = tmp_path_factory.mktemp("sharp") / "sharp.keras"
    sigma_vae.train(ensemble.density.values, path, latents=2, epochs=12, batch_size=20)
    return vae.load(path)


def test_there_are_as_many_latents_as_random_numbers():
    # Re and T; for the creneau a as well.
    assert generative_data.latents(burgers.SINUS) == 2
    assert generative_data.latents(burgers.CRENEAU) == 3


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)
def test_the_times_kept_from_training_are_not_the_reports(case):
    low, high = generative_data.HELD_OUT[case.name]
    assert case.first_time < low < high < case.last_time
    assert not generative_data.is_held_out(case.name, np.array(case.fixed_time))
    assert generative_data.is_held_out(case.name, case.final_times(10_000)).mean() > 0.05


def test_total_variance_of_a_trained_model_is_that_of_the_density(model, ensemble):
    variance, explained, noise = generative.total_variance(model, ensemble.density.values)
    gap = np.linalg.norm(explained + noise - variance) / np.linalg.norm(variance)
    assert gap < 0.15
    assert np.all(noise > 0)


def test_neighbours_are_near_and_the_posterior_decodes_around_the_density(model, ensemble):
    pool = ensemble.density.values
    density = pool[np.abs(ensemble.final_time.values - 0.25).argmin()]
    law = latent_laws.ManifoldParzen().fit(model.draw(pool))
    near, drawn, posterior = generative_neighbours.neighbours(
        model, law, density, pool, 0.3, np.random.default_rng(0)
    )
    for sample in (near, drawn):
        assert len(sample) > 0
        assert (burgers.metrics.relative_error(sample, density) <= 0.3).all()
    assert posterior.shape == (1000, 400)


def test_a_score_of_monte_carlo_is_near_its_floor():
    pool = burgers.generate(burgers.SINUS, 1200, seed=6).density.values
    known = burgers.generate(burgers.SINUS, 300, seed=7).density.values
    rng = np.random.default_rng(0)
    floor = generative_scores.floors(pool, known, 300, 3, rng)

    def draw(n, rng):
        return pool[rng.choice(len(pool), n, replace=False)]

    found = generative_scores.score(draw, 300, pool, known, rng)
    assert found.keys() == floor.keys()
    assert found["wasserstein"] < 2 * floor["wasserstein"]


def test_what_draws_can_be_sent_to_the_process_that_judges():
    model, codes = vae.VAE(), np.random.default_rng(0).standard_normal((50, 10))
    laws = {("sinus", "report"): {"gaussian": latent_laws.Gaussian().fit(codes)}}
    ((_, _, draw),) = generative_scores._decoded("sinus", {"sinus": {"report": model}}, laws)
    sent = pickle.loads(pickle.dumps(draw))
    expected = draw(4, np.random.default_rng(1))
    np.testing.assert_array_equal(sent(4, np.random.default_rng(1)), expected)


def test_the_table_says_what_each_model_is_judged_by_and_how_many_floors_it_is_away():
    rows = [
        {
            "case": "sinus",
            "model": model,
            "distribution": "flow",
            "energy": 0.2,
            "resolution": np.inf,
        }
        for model in ("sharp", "report")
    ]
    floor = {
        ("sinus", "exact"): {"energy": 0.1, "resolution": 0.0},
        ("sinus", "scheme"): {"energy": 0.4, "resolution": 0.0},
    }
    table = generative_scores.summarise(rows, floor)
    energy = table[table.measure == "energy"].set_index("model")
    assert dict(energy.densities) == {"sharp": "exact", "report": "scheme"}
    assert energy.ratio["sharp"] == pytest.approx(2.0)
    assert energy.ratio["report"] == pytest.approx(0.5)
    # A resolution has no floor.
    assert table[table.measure == "resolution"].ratio.isna().all()


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)
def test_among_the_judged_times_are_the_reports_and_one_withheld(case):
    times = generative_scores.judged_times(case, 9)
    assert case.fixed_time in times
    assert generative_data.is_held_out(case.name, times).any()
    assert len(times) == 11


@pytest.fixture
def study(ensemble, tmp_path):
    """A study of few densities of the sinus, at the sizes of the quick profile."""
    kinds = {
        key: generative_data.Ensembles(*[{"sinus": ensemble}] * 3) for key in ("scheme", "exact")
    }
    return generative_data.Study(burgers.profiles.get("quick"), 0, tmp_path, kinds)


def test_both_models_encode_densities_of_the_same_inputs_each_of_its_own_kind(study):
    exact, scheme = (study.fresh(label, "codes", "sinus", 20) for label in ("sharp", "report"))
    np.testing.assert_array_equal(exact, study.fresh("sharp", "codes", "sinus", 20))
    # The scheme's viscosity smears the front, and changes little else.
    assert np.median(burgers.metrics.relative_error(scheme, exact)) < 0.1
    assert not np.array_equal(scheme, exact)
    assert study.integer("latent laws", "sinus", 0) != study.integer("latent laws", "creneau", 0)


def test_the_exact_ensembles_are_as_many_as_the_stored_ones_at_their_times(ensemble):
    found = generative_data.exactly(ensemble, 0, "sinus", 0)
    np.testing.assert_array_equal(found.final_time, ensemble.final_time)
    assert not np.array_equal(found.reynolds, ensemble.reynolds)
    density = burgers.exact.density(
        burgers.SINUS, found.final_time.values, reynolds=found.reynolds.values
    )
    np.testing.assert_allclose(found.density, density, atol=1e-6)


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)
def test_quasi_random_densities_have_no_withheld_time_and_more_early_ones(study, case):
    density, times = study.quasi_random("given time densities", case.name, 600)
    assert len(density) == len(times) < 600
    assert not generative_data.is_held_out(case.name, times).any()
    assert np.median(times) < 0.4 * case.last_time


def test_times_are_graded_towards_zero_and_where_the_front_forms():
    uniform = np.linspace(0, 1, 20_001)
    creneau, sinus = (generative_data.graded_times(case, uniform) for case in
                      (burgers.CRENEAU, burgers.SINUS))  # fmt: skip
    start, end = burgers.CRENEAU.times
    np.testing.assert_allclose(creneau, start + (end - start) * uniform**1.35, atol=1e-4)
    assert sinus[[0, -1]] == pytest.approx(burgers.SINUS.times)
    assert (np.diff(sinus) > 0).all()
    forming = np.mean((sinus > 0.1) & (sinus < 0.25))
    assert forming == pytest.approx(0.3 + 0.7 * (0.25**0.4 - 0.1**0.4), abs=1e-3)


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)
def test_quasi_random_densities_of_one_time_have_the_moments_of_all(study, case):
    time = 0.5 * case.last_time
    density, times = study.quasi_random("judged time", case.name, 1000, 0, time=time)
    assert (times == time).all()
    errors = burgers.metrics.moment_errors(density, *burgers.exact.mean_and_std(case, time))
    # A thousand independent ones have errors of about 3 %.
    assert errors["std_error"] < 0.01


def test_weights_make_errors_count_in_units_of_the_spread_at_their_time():
    rng, times = np.random.default_rng(0), np.linspace(0.01, 1, 4000)[:, None]
    density = times * rng.standard_normal((4000, 30))
    weight = generative.weights(density, times, 0.1)
    assert weight.mean() == pytest.approx(1.0)
    late = times[:, 0] > 0.2
    scaled = weight[late] * times[late, 0] ** 2
    assert scaled.std() < 0.15 * scaled.mean()
    # Where densities are nearly alike no weight is larger than a hundred times the least.
    assert weight.max() <= 100.01 * weight.min()


def test_distances_of_moments_are_those_of_samples():
    rng = np.random.default_rng(0)
    pool = 2.0 + rng.standard_normal((3000, 20))
    mean, std = generative_scores._moment_distances(pool, pool, 500, rng)
    # Two samples of 500 have means that differ by the root of 2/500 in each cell, stds by 1/500.
    assert mean == pytest.approx(np.sqrt(2 / 500) / 2.0, rel=0.15)
    assert std == pytest.approx(np.sqrt(1 / 500), rel=0.15)
    assert generative_scores._moment_distances(pool + 1.0, pool, 500, rng)[0] > 0.4


def test_a_latent_that_is_the_prior_carries_nothing_and_is_not_in_use(model, ensemble):
    nats = generative.divergence(model, ensemble.density.values)
    found = generative.reconstruction(model, ensemble.density.values)
    assert nats.shape == (2,)
    assert found["kl"] == pytest.approx(nats.sum())
    assert found["active_latents"] == (nats > generative.ACTIVE_NATS).sum()


def goals_measured(value):
    """The tables behind the verdicts, each with the same number in all places."""
    judges = [*generative_scores.DISTANCES, "c2st", "c2st_per_cell", "c2st_varying_cells",
              "resolution"]  # fmt: skip
    # What is decoded from the codes of densities is better than any distribution.
    laws = {"normal": 2.0, "flow": 1.0, generative_scores.ENCODED: 0.5}
    table = pd.DataFrame(
        [{"case": name, "model": "sharp", "distribution": law, "measure": judge, "value": value,
          "ratio": value * times}
         for name in burgers.CASES for law, times in laws.items() for judge in judges]
    )  # fmt: skip
    errors = dict.fromkeys(("median_error", "one_time_mean_error", "one_time_std_error"), value)
    recipes = pd.DataFrame([{"case": name, "model": "sharp", **errors} for name in burgers.CASES])
    given = pd.DataFrame(
        [{"case": name, "time": time, "floor_mean_error": 1.0, "floor_std_error": 1.0,
          "generated_mean_error": value, "generated_std_error": value}
         for name, case in burgers.CASES.items()
         for time in generative_scores.judged_times(case, 12)]
    )  # fmt: skip
    return table, recipes, given


def test_every_goal_holds_for_small_errors_and_none_for_large_ones():
    small = generative_scores.verdicts(*goals_measured(0.001))
    assert small.holds.all()
    assert not generative_scores.verdicts(*goals_measured(2.0)).holds.any()
    assert set(small.at_most) == set(generative_scores.GOALS.values())


def test_the_largest_ratio_over_the_times_is_of_those_after_the_first_tenth():
    table, recipes, given = goals_measured(0.001)
    early = given.time < 0.06 * burgers.SINUS.last_time
    assert 0 < early[given.case == "sinus"].sum() < 12
    given.loc[early & (given.case == "sinus"), "generated_std_error"] = 9.0
    assert generative_scores.verdicts(table, recipes, given).holds.all()
    given.loc[given.time == given.time.max(), "generated_std_error"] = 9.0
    found = generative_scores.verdicts(table, recipes, given)
    assert list(found[~found.holds].goal) == ["largest of 13 T: std_error in floors, generated"]


def test_the_best_distribution_is_that_whose_worst_distance_is_smallest():
    goals = generative_scores.verdicts(*goals_measured(0.001)).goal
    assert goals.str.contains(", flow").any()
    assert not goals.str.contains(", normal|, encoded").any()
