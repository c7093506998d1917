"""A problem that is not the report's goes the whole way: trained on, fitted, generated, judged."""

import numpy as np

import burgers
from burgers import problems
from burgers.models import latent_laws, sigma_vae, vae


def test_a_model_of_any_problem_is_trained_and_judged(tmp_path):
    problem = problems.get("gplasdi")
    solved = burgers.generate(problem, 300, cells=40, seed=1, scheme="exact").density.values
    training, reference = solved[:100], solved[100:]
    sigma_vae.train(training, tmp_path / "model.keras", latents=3, epochs=30, batch_size=10)
    model = vae.load(tmp_path / "model.keras")
    codes, _ = model.encode(training)
    law = latent_laws.Gaussian().fit(codes)
    generated = model.decode(law.sample(100, np.random.default_rng(0)))
    assert generated.shape == (100, 40)
    card = burgers.judge(generated, reference, training, repeats=1)
    noise = np.random.default_rng(1).normal(size=generated.shape)
    basic = ("mean_error", "std_error", "wasserstein")
    worse = burgers.judge(noise, reference, training, repeats=1, measures=basic)
    for measure in basic:
        assert card.loc[measure].iloc[0] < 0.5 * worse.loc[measure].iloc[0], measure


def test_one_model_of_a_forecast_is_given_all_inputs_of_any_problem():
    from burgers.ensembles import trajectories
    from burgers.models import pairs

    ensemble = trajectories.generate(problems.get("riemann"), 5, [0.0, 0.1], cells=16)
    numbers = pairs.numbers(ensemble)
    assert numbers.shape == (10, 5)
    np.testing.assert_array_equal(numbers[::2, 2:], np.stack(
        [ensemble[name].values for name in ("left", "place", "right")], axis=1))  # fmt: skip
