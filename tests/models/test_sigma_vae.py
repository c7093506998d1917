"""The sharper auto-encoder: its loss, its calibrated variance, its conditions."""

import numpy as np
import pytest

import burgers
from burgers.models import sigma_vae, streaming, training, vae

# All that is trained here takes batches of one size, and few of them.
SIZES = {"latents": 2, "batch_size": 50}


@pytest.fixture(scope="module")
def ensemble():
    return burgers.generate(burgers.SINUS, 200, seed=3)


@pytest.fixture(scope="module")
def trained(ensemble, tmp_path_factory):
    """The path and the history of a short training."""
    path = tmp_path_factory.mktemp("trained") / "sharp.keras"
    density = ensemble.density.values
    return path, sigma_vae.train(density, str(path), epochs=3, **SIZES)


@pytest.fixture(scope="module")
def conditioned(ensemble, tmp_path_factory):
    """A model conditioned on the time."""
    density, times = ensemble.density.values, ensemble.final_time.values[:, None]
    path = tmp_path_factory.mktemp("given") / "given.keras"
    with pytest.MonkeyPatch.context() as patch:
        # A few batches are done before they are compiled.
        eager = property(lambda _: True, lambda *_: None)
        patch.setattr(sigma_vae.SigmaVAE, "run_eagerly", eager)
        sigma_vae.train(density, path, epochs=1, given=(times,), **{**SIZES, "latents": 1})
    return vae.load(path)


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


def test_a_weight_is_that_of_as_many_alike_realisations():
    encoder, decoder = sigma_vae.build_encoder(2), sigma_vae.build_decoder(2)
    model = sigma_vae.SigmaVAE(encoder, decoder, beta=1.0)
    rng = np.random.default_rng(0)
    density, decoded = rng.standard_normal((2, 2, 400)).astype(np.float32)
    zero = np.zeros((2, 2), dtype=np.float32)

    def loss(rows, weights):
        inputs = [density[rows], np.array(weights, np.float32)[:, None]]
        return float(model.compute_loss(x=inputs, y_pred=(decoded[rows], zero[rows], zero[rows])))

    # Weights 1.5 and 0.5 have the mean square error of three of one and one of the other.
    assert loss([0, 1], [1.5, 0.5]) == pytest.approx(loss([0, 0, 0, 1], [1, 1, 1, 1]), rel=1e-5)
    assert loss([0, 1], [1.5, 0.5]) != pytest.approx(loss([0, 1], [1, 1]), rel=1e-5)


def test_the_decoders_variance_is_that_of_its_errors(trained, ensemble):
    density, (path, history) = ensemble.density.values, trained
    assert history.loss.iloc[-1] < history.loss.iloc[0]
    model = vae.load(path)
    mean, variance, sample = (np.asarray(out) for out in model.decoder(model.draw(density)))
    np.testing.assert_allclose(variance[0], np.mean((density - mean) ** 2, axis=0), rtol=1e-5)
    assert np.var((sample - mean) / np.sqrt(variance)) == pytest.approx(1.0, rel=0.05)


def test_a_conditioned_model_reads_back_and_follows_its_condition(conditioned, ensemble):
    density, times = ensemble.density.values, ensemble.final_time.values[:, None]
    code = np.zeros((2, 1))
    early, late = conditioned.decode(code, given=(np.array([[0.1], [0.9]]),))
    assert np.abs(early - late).max() > 1e-3
    assert conditioned.reconstruct(density, given=(times,)).shape == density.shape


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((), r"given is \(\); accepted: a tuple of one array \(2, 1\)"),
        (None, "given is None"),
        (np.zeros((2, 1)), "given is array"),
        ((np.zeros((2, 1)),) * 2, r"given is .*accepted: a tuple of one array \(2, 1\)"),
        ((np.zeros((3, 1)),), r"given has shape \(3, 1\); accepted: \(2, 1\)"),
        ((np.zeros((2, 2)),), r"given has shape \(2, 2\); accepted: \(2, 1\)"),
        ((np.zeros(2),), r"given has shape \(2,\)"),
        ((np.full((2, 1), np.nan),), "given contains nan"),
        ((np.ma.masked_all((2, 1)),), "given has 2 masked values"),
    ],
)
def test_a_conditioned_model_asks_for_its_condition(conditioned, given, named):
    density, code = np.zeros((2, 400)), np.zeros((2, 1))
    for ask in (
        lambda: conditioned.encode(density, given), lambda: conditioned.draw(density, 0, given),
        lambda: conditioned.decode(code, given), lambda: conditioned.reconstruct(density, 0, given),
        lambda: conditioned.generate(2, given=given), lambda: conditioned.calibrate(density, given),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"(?s){named}"):
            ask()


def test_a_finished_training_is_known_again_whatever_was_built_before(trained, ensemble):
    path, first = trained
    state = path.with_suffix(".checkpoint.npz")
    written = state.stat().st_mtime_ns
    sigma_vae.build_encoder(3)
    again = sigma_vae.train(ensemble.density.values, path, epochs=3, **SIZES)
    assert again.equals(first)
    assert state.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"path": "model"}, "path is model; accepted: a path that ends in .keras"),
        ({"latents": 0}, "latents is 0"),
        ({"latents": "2"}, "latents is '2'"),
        ({"epochs": None}, "epochs is None"),
        ({"batch_size": 2.0}, "batch_size is 2.0"),
        ({"seed": -3}, "seed is -3"),
        ({"given": np.zeros((2, 1))}, "given is array"),
        ({"given": (np.zeros((2, 1)),) * 2}, "given is"),
        ({"given": (np.zeros((3, 1)),)}, r"given has shape \(3, 1\)"),
        ({"given": (np.zeros((2, 0)),)}, r"given has shape \(2, 0\)"),
        ({"given": (np.full((2, 1), np.inf),)}, "given contains inf"),
        ({"weights": np.ones(3)}, r"weights has shape \(3,\); accepted: \(2,\)"),
        ({"weights": np.array([1.0, 0.0])}, "weights"),
        ({"peak": 0.0}, "accepted: peak > 0"),
        ({"networks": None}, "networks is None"),
        ({"networks": (sigma_vae.build_encoder,)}, "networks is"),
        ({"networks": (1, 2)}, r"networks is \(1, 2\)"),
        ({"density": np.full((2, 400), np.nan)}, "density contains nan in row 0"),
        ({"density": np.zeros((0, 400))}, "at least one realisation"),
        ({"density": streaming.Stored.__new__(streaming.Stored)}, "density is a Stored"),
    ],
)
def test_a_training_refuses_bad_input_before_any_work(monkeypatch, tmp_path, change, named):
    def never(*_, **__):
        raise AssertionError("trained")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "fit", never)
    arguments = {"density": np.zeros((2, 400)), "path": "m.keras", "latents": 2, "epochs": 1}
    with pytest.raises(ValueError, match=f"(?s){named}"):
        sigma_vae.train(**arguments | change)
    assert not list(tmp_path.iterdir())
