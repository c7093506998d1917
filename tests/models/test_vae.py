"""The auto-encoder: the report's layers, its loss, what it is asked, its training."""

import shutil

import keras
import numpy as np
import pytest

import burgers
from burgers.models import training, vae

ENCODER_LAYERS = [
    ("reshape", (400, 1), 0),
    ("conv1d", (398, 16), 64),
    ("max_pooling1d", (199, 16), 0),
    ("conv1d_1", (197, 32), 1568),
    ("max_pooling1d_1", (98, 32), 0),
    ("conv1d_2", (96, 64), 6208),
    ("max_pooling1d_2", (48, 64), 0),
    ("flatten", (3072,), 0),
    ("dense", (64,), 196_672),
    ("z_mean", (10,), 650),
    ("z_log_var", (10,), 650),
    ("sampling_encod", (10,), 0),
]
DECODER_LAYERS = [
    ("dense_1", (3456,), 38_016),
    ("reshape_1", (54, 64), 0),
    ("conv1d_3", (52, 64), 12_352),
    ("up_sampling1d", (104, 64), 0),
    ("conv1d_4", (102, 32), 6176),
    ("up_sampling1d_1", (204, 32), 0),
    ("conv1d_5", (202, 16), 1552),
    ("up_sampling1d_2", (404, 16), 0),
    ("conv1d_6", (402, 1), 49),
    ("flatten_1", (402,), 0),
    ("x_mean", (400,), 161_200),
    ("sampling_decod", (400,), 0),
]


@pytest.fixture(scope="module")
def density():
    return burgers.generate(burgers.SINUS, 120, seed=3).density.values


@pytest.fixture(scope="module")
def trained(density, tmp_path_factory):
    """The path and the history of a short training."""
    path = tmp_path_factory.mktemp("trained") / "vae.keras"
    return path, vae.train(density, str(path), epochs=8, batch_size=40)


@pytest.fixture(scope="module")
def model(trained):
    return vae.load(str(trained[0]))


@pytest.mark.parametrize(
    ("build", "layers", "total"),
    [(vae.build_encoder, ENCODER_LAYERS, 205_812), (vae.build_decoder, DECODER_LAYERS, 219_345)],
)
def test_networks_are_the_reports_layer_by_layer(build, layers, total):
    model = build()
    assert model.count_params() == total
    for name, shape, parameters in layers:
        layer = model.get_layer(name)
        assert tuple(layer.output.shape[1:]) == shape, name
        assert layer.count_params() == parameters, name


def test_networks_start_from_the_weights_that_they_always_had():
    for build, total in ((vae.build_encoder, 5102.63034), (vae.build_decoder, 9055.58242)):
        weights = build().get_weights()
        found = sum(np.abs(part).sum(dtype=np.float64) for part in weights)
        assert found == pytest.approx(total, rel=1e-7)


def test_encoder_sample_follows_its_mean_and_log_variance():
    layer = vae.Sampling(seed=1)
    mean, log_variance = np.full((40_000, 1), 2.0), np.full((40_000, 1), np.log(0.25))
    sample = np.asarray(layer([mean, log_variance]))
    assert sample.mean() == pytest.approx(2.0, abs=0.02)
    assert sample.std() == pytest.approx(0.5, abs=0.01)


def test_decoder_sample_has_variance_one_tenth():
    decoder = vae.build_decoder()
    mean, variance, sample = (np.asarray(output) for output in decoder(np.zeros((200, 10))))
    assert np.all(variance == np.float32(0.1))
    assert (sample - mean).var() == pytest.approx(0.1, rel=0.02)


def test_divergence_is_that_of_two_gaussians():
    divergence = np.asarray(vae.kl_divergence(np.array([[0.0, 1.0]]), np.log([[1.0, 4.0]])))
    np.testing.assert_allclose(divergence, [[0.0, 0.5 * (4 + 1 - 1 - np.log(4))]], rtol=1e-6)


def test_loss_sums_the_reconstruction_and_averages_the_divergence(density):
    model = vae.VAE()
    decoded, mean = np.zeros_like(density), np.ones((len(density), 10), dtype=np.float32)
    model.reconstruction_tracker.reset_state()
    loss = model.compute_loss(x=density, y_pred=(decoded, mean, np.zeros_like(mean)))
    reconstruction = 0.5 * np.sum(density**2) / 0.1
    assert float(loss) == pytest.approx(reconstruction + 2.0 * 5.0, rel=1e-5)
    assert float(model.reconstruction_tracker.result()) == pytest.approx(reconstruction, rel=1e-5)
    assert float(model.kl_tracker.result()) == pytest.approx(5.0)


def test_training_lowers_the_loss_and_the_model_reads_back(trained, model, density):
    path, history = trained
    assert list(history.columns) == ["epoch", "loss", "reconstruction", "kl"]
    assert history.loss.iloc[-1] < 0.7 * history.loss.iloc[0]
    np.testing.assert_allclose(history.loss, history.reconstruction + 2 * history.kl, rtol=1e-4)
    first, again = (model.reconstruct(density, seed=4) for _ in range(2))
    assert first.shape == density.shape
    assert first.tobytes() == again.tobytes()
    assert model.generate(7, seed=1).shape == (7, 400)
    assert model.generate(7, seed=1).tobytes() == vae.load(path).generate(7, seed=1).tobytes()
    assert [p.name for p in sorted(path.parent.iterdir())] == [
        "vae.checkpoint.npz", "vae.keras", "vae_history.csv", "vae_timing.csv"
    ]  # fmt: skip


def test_a_damaged_model_is_named_with_the_command_that_remakes_it(trained, repository):
    path = repository / "data" / "quick" / "vae_sinus.keras"
    with pytest.raises(ValueError, match=r"vae_sinus\.keras.*make train PROFILE=quick"):
        vae.load(path)
    path.parent.mkdir(parents=True)
    path.write_bytes(trained[0].read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"vae_sinus\.keras.*make train PROFILE=quick"):
        vae.load(path)


def test_a_model_with_code_of_its_own_is_not_loaded(tmp_path):
    path = tmp_path / "foreign.keras"
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: 2 * x)(inputs)).save(path)
    with pytest.raises(ValueError, match=r"foreign\.keras cannot be read"):
        vae.load(path)


MASKED = np.ma.masked_array(np.zeros((2, 400)), mask=np.eye(2, 400))
BAD_DENSITIES = [
    (np.zeros(400), r"density has shape \(400,\)"),
    (np.float32(1.0), r"density has shape \(\)"),
    (np.where(np.eye(2, 400), np.nan, 0.0), "density contains nan in row 0"),
    (np.full((2, 400), 1e300), "density contains inf in row 0"),
    (MASKED, "density has 2 masked values"),
    (np.zeros((2, 400), dtype=complex), "(?s)density is .*; accepted: real numbers"),
    (np.full((2, 400), "1"), "(?s)density is .*; accepted: real numbers"),
]


@pytest.mark.parametrize(("bad", "named"), BAD_DENSITIES)
def test_bad_densities_are_refused_by_name(model, tmp_path, bad, named):
    for ask in (model.reconstruct, model.encode, model.draw):
        with pytest.raises(ValueError, match=named):
            ask(bad)
    with pytest.raises(ValueError, match=named):
        vae.train(bad, tmp_path / "m.keras", epochs=1)
    with pytest.raises(ValueError, match=r"density has shape \(3, 399\); accepted: .* 400"):
        model.encode(np.zeros((3, 399)))


@pytest.mark.parametrize("cells", [22, 100, 257])
def test_the_same_layers_stand_on_any_grid(tmp_path, cells):
    density = burgers.generate(burgers.CRENEAU, 60, cells=cells).density.values
    history = vae.train(density, tmp_path / "m.keras", epochs=3, batch_size=20)
    model = vae.load(tmp_path / "m.keras")
    assert history.loss.iloc[-1] < history.loss.iloc[0]
    assert model.reconstruct(density[:5]).shape == model.generate(5).shape == (5, cells)
    names = [[layer.name for layer in part.layers] for part in (model.encoder, model.decoder)]
    assert names == [[layer.name for layer in part.layers]
                     for part in (vae.build_encoder(), vae.build_decoder())]  # fmt: skip


def test_too_coarse_a_grid_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match="cells is 21; accepted"):
        vae.train(np.zeros((9, 21)), tmp_path / "m.keras", epochs=1)


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda model: model.generate(0), "n is 0"),
        (lambda model: model.generate(2.5), "n is 2.5"),
        (lambda model: model.generate(2, seed=-1), "seed is -1"),
        (lambda model: model.decode(np.zeros((2, 9))), r"latent has shape \(2, 9\)"),
        (lambda model: model.decode(np.zeros(10)), r"latent has shape \(10,\)"),
        (lambda model: model.decode(np.full((1, 10), np.nan)), "latent contains nan"),
        (lambda model: model.reconstruct(np.zeros((1, 400)), seed="x"), "seed is 'x'"),
        (lambda model: model.draw(np.zeros((1, 400)), seed=1.5), "seed is 1.5"),
        (lambda model: model.encode(np.zeros((1, 400)), given=(np.zeros((1, 1)),)), "given is"),
        (lambda model: model.decode(np.zeros((1, 10)), given=np.zeros((1, 1))), "given is"),
        (lambda model: model.generate(1, given=None), "given is None; accepted: none"),
        (lambda _: vae.VAE(beta=-1.0), "beta"),
        (lambda _: vae.VAE(seed=None), "seed is None"),
        (lambda _: vae.adam(0.0), "peak"),
        (lambda _: vae.load("model"), "path is model; accepted: a path that ends in .keras"),
        (lambda _: vae.load("hf://model.keras"), "path is .hf://model.keras"),
        (lambda _: vae.load(7), "path is 7"),
    ],
)
def test_bad_input_is_refused_by_name(model, ask, named):
    with pytest.raises(ValueError, match=named):
        ask(model)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"path": "model"}, "path is model; accepted: a path that ends in .keras"),
        ({"path": "http://host/m.keras"}, "path is .http"),
        ({"path": None}, "path is None"),
        ({"path": "folder.keras"}, "folder.keras, which is a folder"),
        ({"epochs": -1}, "epochs is -1"),
        ({"epochs": "3"}, "epochs is '3'"),
        ({"epochs": 1.0}, "epochs is 1.0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**40}, "seed is"),
        ({"beta": np.nan}, "beta contains nan"),
        ({"beta": [1.0, 2.0]}, "beta is"),
        ({"beta": "2"}, "beta is '2'"),
        ({"peak": 0}, "peak"),
        ({"peak": np.inf}, "peak"),
        ({"decay": "no"}, "decay is 'no'"),
        ({"progress": 3}, "progress is 3"),
        ({"density": np.zeros((0, 400))}, "at least one realisation"),
    ],
)
def test_a_training_refuses_bad_input_before_any_work(monkeypatch, tmp_path, change, named):
    def never(*_, **__):
        raise AssertionError("trained")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.keras").mkdir()
    monkeypatch.setattr(training, "fit", never)
    arguments = {"density": np.zeros((2, 400)), "path": "m.keras", "epochs": 1} | change
    with pytest.raises(ValueError, match=named):
        vae.train(**arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.keras"]


def test_nothing_is_encoded_and_decoded_to_nothing(model):
    nothing = np.zeros((0, 400))
    assert [part.shape for part in model.encode(nothing)] == [(0, 10), (0, 10)]
    assert model.draw(nothing).shape == (0, 10)
    assert model.reconstruct(nothing).shape == model.decode(np.zeros((0, 10))).shape == (0, 400)


def test_no_epochs_write_the_untrained_model(density, tmp_path):
    path = tmp_path / "vae.keras"
    assert len(vae.train(density, path, epochs=0)) == 0
    first, untrained = vae.load(path), vae.VAE()
    for found, expected in zip(first.get_weights(), untrained.get_weights(), strict=False):
        assert (found == expected).all()
    assert np.isnan(training.seconds(path))


def test_a_copied_training_is_finished(trained, density, tmp_path):
    path, history = trained
    for part in path.parent.iterdir():
        shutil.copy(part, tmp_path)
    again = vae.train(density, tmp_path / path.name, epochs=8, batch_size=40)
    assert again.equals(history)
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()
