"""What the comparison of generative models asks of its parts."""

import numpy as np
import pandas as pd
import pytest

import burgers
from burgers.models import latent_laws, sigma_vae, vae
from burgers.studies import generative, generative_scores


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
    assert generative.latents(burgers.SINUS) == 2
    assert generative.latents(burgers.CRENEAU) == 3


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)
def test_the_times_kept_from_training_are_not_the_reports(case):
    low, high = generative.HELD_OUT[case.name]
    assert case.first_time < low < high < case.last_time
    assert not generative.is_held_out(case.name, np.array(case.fixed_time))
    assert generative.is_held_out(case.name, case.final_times(10_000)).mean() > 0.05


def test_total_variance_of_a_trained_model_is_that_of_the_density(model, ensemble):
    variance, explained, noise = generative.total_variance(model, ensemble.density.values)
    gap = np.linalg.norm(explained + noise - variance) / np.linalg.norm(variance)
    assert gap < 0.15
    assert np.all(noise > 0)


def test_neighbours_are_near_and_the_posterior_decodes_around_the_density(model, ensemble):
    pool = ensemble.density.values
    density = pool[np.abs(ensemble.final_time.values - 0.25).argmin()]
    law = latent_laws.ManifoldParzen().fit(model.draw(pool))
    near, drawn, posterior = generative_scores.neighbours(
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
    found = generative_scores.score(
        lambda n, rng: pool[rng.choice(len(pool), n, replace=False)], pool, known, 300, rng
    )
    assert found.keys() == floor.keys()
    assert found["wasserstein"] < 2 * floor["wasserstein"]


def test_the_table_has_median_range_and_ratio_over_trainings():
    rows = [
        {"case": "sinus", "model": "sharp", "law": "flow", "seed": k, "energy": value}
        for k, value in enumerate((0.3, 0.1, 0.2))
    ]
    table = generative_scores.summarise(rows, {"sinus": {"energy": 0.1}})
    found = table.iloc[0]
    assert (found.seeds, found["median"], found.lowest, found.highest) == (3, 0.2, 0.1, 0.3)
    assert found.ratio == pytest.approx(2.0)
    assert isinstance(table, pd.DataFrame)


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)
def test_among_the_judged_times_are_the_reports_and_one_withheld(case):
    times = generative_scores.judged_times(case, 9)
    assert case.fixed_time in times
    assert generative.is_held_out(case.name, times).any()
    assert len(times) == 11


@pytest.fixture
def study(ensemble, tmp_path):
    """A study of few densities of the sinus, at the sizes of the quick profile."""
    ensembles = {"sinus": ensemble}
    return generative.Study(
        burgers.profiles.get("quick"), 0, tmp_path, ensembles, ensembles, ensembles
    )


def test_all_models_of_a_case_encode_the_same_fresh_densities_and_none_of_another_stream(study):
    first, second = (study.fresh("codes", "sinus", 20).density.values for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, study.fresh("latent laws", "sinus", 20).density.values)
    assert study.integer("latent laws", "sinus", 0) != study.integer("latent laws", "creneau", 0)


def test_what_a_conditioned_model_is_trained_on_has_no_withheld_time(study):
    density, times = study.seen("given time densities", "sinus", 500)
    assert len(density) == len(times) < 500
    assert not generative.is_held_out("sinus", times).any()


def test_a_latent_that_is_the_prior_carries_nothing_and_is_not_in_use(model, ensemble):
    nats = generative.divergence(model, ensemble.density.values)
    found = generative.reconstruction(model, ensemble.density.values)
    assert nats.shape == (2,)
    assert found["kl"] == pytest.approx(nats.sum())
    assert found["active_latents"] == (nats > generative.ACTIVE_NATS).sum()


def goals_measured(value):
    """The tables behind the verdicts, each with the same number in all places."""
    judges = [*generative_scores.DISTANCES, "c2st", "c2st_per_cell"]
    table = pd.DataFrame(
        [{"case": name, "model": "sharp", "law": law, "judge": judge, "median": value,
          "ratio": value * (1 + (law == "normal"))}
         for name in burgers.CASES for law in ("normal", "flow") for judge in judges]
    )  # fmt: skip
    errors = dict.fromkeys(("median_error", "one_time_mean_error", "one_time_std_error"), value)
    recipes = pd.DataFrame([{"case": name, "model": "sharp 0", **errors} for name in burgers.CASES])
    given = pd.DataFrame(
        [{"case": name, "time": time, "floor_mean_error": 1.0, "floor_std_error": 1.0,
          "generated_mean_error": value, "generated_std_error": value}
         for name, case in burgers.CASES.items()
         for time in (case.fixed_time, np.mean(generative.HELD_OUT[name]))]
    )  # fmt: skip
    return table, recipes, given


def test_every_goal_holds_for_small_errors_and_none_for_large_ones():
    small = generative_scores.verdicts(*goals_measured(0.001))
    assert small.holds.all()
    assert not generative_scores.verdicts(*goals_measured(2.0)).holds.any()
    assert set(small.at_most) == set(generative_scores.GOALS.values())


def test_the_best_distribution_is_that_whose_worst_distance_is_smallest():
    goals = generative_scores.verdicts(*goals_measured(0.001)).goal
    assert goals.str.contains(", flow").any()
    assert not goals.str.contains(", normal").any()
