"""The auto-encoder: the report's layers, its loss, and a training that survives a kill."""

import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pandas as pd
import pytest

import burgers
from burgers import training, vae

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


def test_training_lowers_the_loss_and_the_model_reads_back(density, tmp_path):
    path = tmp_path / "vae.keras"
    history = vae.train(density, path, epochs=8, batch_size=40)
    assert list(history.columns) == ["epoch", "loss", "reconstruction", "kl"]
    assert history.loss.iloc[-1] < 0.7 * history.loss.iloc[0]
    np.testing.assert_allclose(history.loss, history.reconstruction + 2 * history.kl, rtol=1e-4)
    model = vae.load(path)
    first, again = (model.reconstruct(density, seed=4) for _ in range(2))
    assert first.shape == density.shape
    assert first.tobytes() == again.tobytes()
    assert model.generate(7, seed=1).shape == (7, 400)
    assert model.generate(7, seed=1).tobytes() == vae.load(path).generate(7, seed=1).tobytes()
    assert [p.name for p in sorted(tmp_path.iterdir())] == [
        "vae.checkpoint.npz", "vae.keras", "vae_history.csv", "vae_timing.csv"
    ]  # fmt: skip


CHILD = """
import sys
import burgers, burgers.vae
density = burgers.generate(burgers.SINUS, 120, seed=3).density.values
burgers.vae.train(density, sys.argv[1], epochs=1000)
"""


def test_a_killed_training_resumes_to_the_same_weights(density, tmp_path):
    killed, whole = tmp_path / "killed.keras", tmp_path / "whole.keras"
    child = subprocess.Popen([sys.executable, "-c", CHILD, killed])
    deadline = time.monotonic() + 120
    while not killed.with_suffix(".checkpoint.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not killed.exists()
    with np.load(killed.with_suffix(".checkpoint.npz")) as state:
        epochs = len(state["history"]) + 3
    for path in (killed, whole):
        vae.train(density, path, epochs=epochs)
    assert killed.read_bytes() == whole.read_bytes()
    histories = [path.with_name(f"{path.stem}_history.csv").read_text() for path in (killed, whole)]
    assert histories[0] == histories[1]


def test_what_the_epochs_took_is_kept_over_a_stop(density, tmp_path):
    path = tmp_path / "vae.keras"
    assert np.isnan(training.seconds(path))
    began = time.perf_counter()
    vae.train(density, path, epochs=2)
    whole = time.perf_counter() - began
    assert 0 < training.seconds(path) < whole
    timing = tmp_path / "vae_timing.csv"
    # As after a kill between an epoch and the note of what it took.
    timing.write_text("epoch,seconds\n1,100.0\n")
    vae.train(density, path, epochs=3)
    assert list(pd.read_csv(timing).epoch) == [1, 3]
    assert 150 < training.seconds(path) < 300
    vae.train(density[:60], path, epochs=1)
    assert list(pd.read_csv(timing).epoch) == [1]
    assert training.seconds(path) < whole


def test_a_checkpoint_of_other_data_is_not_taken_up(density, tmp_path):
    path = tmp_path / "vae.keras"
    first = vae.train(density, path, epochs=1)
    other = vae.train(density[:60], path, epochs=1)
    again = vae.train(density, path, epochs=1)
    assert not first.equals(other)
    assert first.equals(again)


def test_a_damaged_model_is_named_with_the_command_that_remakes_it(density, tmp_path):
    path = tmp_path / "data" / "quick" / "vae_sinus.keras"
    with pytest.raises(ValueError, match=r"vae_sinus\.keras.*make train PROFILE=quick"):
        vae.load(path)
    vae.train(density, path, epochs=1)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"vae_sinus\.keras.*make train PROFILE=quick"):
        vae.load(path)


def test_a_model_with_code_of_its_own_is_not_loaded(tmp_path):
    path = tmp_path / "foreign.keras"
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: 2 * x)(inputs)).save(path)
    with pytest.raises(ValueError, match=r"foreign\.keras cannot be read"):
        vae.load(path)


@pytest.mark.parametrize("bad", [np.zeros((3, 399)), np.zeros(400), np.full((2, 400), np.nan)])
def test_bad_densities_are_refused_by_name(bad):
    with pytest.raises(ValueError, match="density has shape"):
        vae.VAE().reconstruct(bad)


def test_generate_refuses_a_bad_count():
    with pytest.raises(ValueError, match="n is 0"):
        vae.VAE().generate(0)
