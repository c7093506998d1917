"""The sharper auto-encoder: its loss, its calibrated variance, its conditions."""

import numpy as np
import pytest

import burgers
from burgers import sigma_vae, training, vae


@pytest.fixture(scope="module")
def ensemble():
    return burgers.generate(burgers.SINUS, 200, seed=3)


def test_the_last_layer_of_the_decoder_is_a_convolution():
    weighted = [layer for layer in sigma_vae.build_decoder(3).layers if layer.weights]
    assert [type(layer).__name__ for layer in weighted[-2:]] == ["Conv1D", "CellVariance"]
    assert weighted[-2].filters == 1


def test_the_loss_is_the_bound_at_the_likeliest_variance():
    encoder, decoder = sigma_vae.build_encoder(2), sigma_vae.build_decoder(2)
    model = sigma_vae.SigmaVAE(encoder, decoder, beta=1.0)
    density = np.random.default_rng(0).standard_normal((30, 400)).astype(np.float32)
    decoded, mean = 0.5 * density, np.ones((30, 2), dtype=np.float32)
    found = float(model.compute_loss(x=density, y_pred=(decoded, mean, np.zeros_like(mean))))

    def negative_log_likelihood(variance):
        error = density - decoded
        return np.mean(np.sum(0.5 * error**2 / variance + 0.5 * np.log(2 * np.pi * variance), 1))

    variances = np.mean((density - decoded) ** 2) * np.linspace(0.5, 2, 301)
    assert found == pytest.approx(min(map(negative_log_likelihood, variances)) + 1.0, rel=1e-4)


def test_the_decoders_variance_is_that_of_its_errors(ensemble, tmp_path):
    density, path = ensemble.density.values, tmp_path / "sharp.keras"
    history = sigma_vae.train(density, path, latents=2, epochs=3, batch_size=20)
    assert history.loss.iloc[-1] < history.loss.iloc[0]
    model = vae.load(path)
    mean, variance, sample = (np.asarray(out) for out in model.decoder(model.draw(density)))
    np.testing.assert_allclose(variance[0], np.mean((density - mean) ** 2, axis=0), rtol=1e-5)
    assert np.var((sample - mean) / np.sqrt(variance)) == pytest.approx(1.0, rel=0.05)


def test_a_conditioned_model_reads_back_and_follows_its_condition(ensemble, tmp_path):
    density, times = ensemble.density.values, ensemble.final_time.values[:, None]
    path = tmp_path / "given.keras"
    sigma_vae.train(density, path, latents=1, epochs=2, batch_size=20, given=(times,))
    model = vae.load(path)
    code = np.zeros((2, 1))
    early, late = model.decode(code, given=(np.array([[0.1], [0.9]]),))
    assert np.abs(early - late).max() > 1e-3
    assert model.reconstruct(density, given=(times,)).shape == density.shape
    with pytest.raises(ValueError, match="given has shape"):
        model.decode(code, given=(np.zeros((3, 1)),))


def test_a_finished_training_is_known_again_whatever_was_built_before(ensemble, tmp_path):
    density, path = ensemble.density.values, tmp_path / "sharp.keras"
    sizes = {"latents": 2, "epochs": 1}
    first = sigma_vae.train(density, path, **sizes)
    written = path.with_suffix(".checkpoint.npz").stat().st_mtime_ns
    sigma_vae.build_encoder(3)
    assert sigma_vae.train(density, path, **sizes).equals(first)
    assert path.with_suffix(".checkpoint.npz").stat().st_mtime_ns == written


def test_trainings_side_by_side_end_as_one_after_the_other(ensemble, tmp_path):
    tasks = [
        {"density": ensemble.density.values, "path": tmp_path / f"{k}.keras", "latents": 2,
         "epochs": 1, "seed": k}
        for k in range(2)
    ]  # fmt: skip
    together = training.side_by_side([(sigma_vae.train, task) for task in tasks])
    alone = sigma_vae.train(**{**tasks[1], "path": tmp_path / "alone.keras"})
    assert not together[0].equals(together[1])
    np.testing.assert_allclose(together[1], alone, rtol=1e-3)
