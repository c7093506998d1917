"""What the comparison of laws asks of its parts."""

import numpy as np
import pandas as pd
import pytest

import burgers
from burgers.models import latent_laws, sigma_vae, vae
from burgers.studies import generative


@pytest.fixture(scope="module")
def ensemble():
    return burgers.generate(burgers.SINUS, 400, seed=5)


@pytest.fixture(scope="module")
def model(ensemble, tmp_path_factory):
    path = tmp_path_factory.mktemp("sharp") / "sharp.keras"
    sigma_vae.train(ensemble.density.values, path, latents=2, epochs=12, batch_size=20)
    return vae.load(path)


def test_there_are_as_many_latents_as_random_numbers():
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
    near, drawn, posterior = generative.neighbours(
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
    floor = generative.floors(pool, known, 300, 3, rng)
    found = generative.score(
        lambda n, rng: pool[rng.choice(len(pool), n, replace=False)], pool, known, 300, rng
    )
    assert found.keys() == floor.keys()
    assert found["wasserstein"] < 2 * floor["wasserstein"]


def test_the_table_has_median_range_and_ratio_over_seeds():
    rows = [
        {"case": "sinus", "model": "sharp", "law": "flow", "seed": k, "energy": value}
        for k, value in enumerate((0.3, 0.1, 0.2))
    ]
    table = generative.summarise(rows, {"sinus": {"energy": 0.1}})
    found = table.iloc[0]
    assert (found.seeds, found["median"], found.lowest, found.highest) == (3, 0.2, 0.1, 0.3)
    assert found.ratio == pytest.approx(2.0)
    assert isinstance(table, pd.DataFrame)
