"""Another process reads models of every kind, trains on two devices, and is killed as it trains."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import burgers
from burgers.ensembles import dataset
from burgers.models import baselines, front_decoder, latent_ode, sigma_vae, vae

COUNT = 530


def dense(units, name, seed):
    start = keras.initializers.GlorotUniform(seed)
    return keras.layers.Dense(units, name=name, kernel_initializer=start)


def build_encoder(seed, cells=400):
    """An encoder that is compiled sooner than the report's."""
    density = keras.Input((cells,), name="density")
    mean, log_variance = (dense(2, name, seed)(density) for name in ("z_mean", "z_log_var"))
    sample = vae.Sampling(seed=seed, name="sampling_encod")([mean, log_variance])
    return keras.Model(density, [mean, log_variance, sample], name="encoder")


def build_decoder(seed, cells=400):
    """A linear decoder."""
    latent = keras.Input((2,), name="latent")
    mean = dense(cells, "x_mean", seed)(latent)
    return keras.Model(latent, [mean, mean, mean], name="decoder")


# One process for all, as it takes as long to start as all that it does.
CHILD = """
import sys
import numpy as np
from burgers import vae
import keras
import tensorflow as tf

# Before anything is computed.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
density, store, folder, killed, *paths = sys.argv[1:]
for path in paths:
    vae.load(path)
print("read", flush=True)

from burgers import stored
from test_trained_elsewhere import build_decoder, build_encoder

normal = keras.random.normal
vae.build_encoder, vae.build_decoder = build_encoder, build_decoder
both = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def trained(name):
    options = {"density": stored.Stored(store), "epochs": 1, "batch_size": 100}
    one = vae.train(**options, path=f"{folder}/{name}_one.keras")
    two = vae.train(**options, path=f"{folder}/{name}_two.keras", strategy=both)
    print(one, two, file=sys.stderr)
    return one, two


assert np.allclose(*(history.loss for history in trained("noisy")), rtol=0.2)
# Replicas draw the same noise, one device another for each half; without, the sums are the same.
keras.random.normal = lambda shape, seed=None, **_: keras.ops.zeros(shape)
assert np.allclose(*trained("quiet"), rtol=2e-3)
models = [vae.load(f"{folder}/quiet_{name}.keras") for name in ("one", "two")]
assert np.allclose(*(model.generate(20) for model in models), atol=0.02)
print("agreed", flush=True)

keras.random.normal = normal
vae.train(np.load(density), killed, epochs=1000)
"""


def of_every_kind(folder):
    """Files of models whose classes are those of other modules."""
    encoder, decoder = front_decoder.build_encoder(2), front_decoder.build_decoder(2)
    field = latent_ode.build_field(2, 1)
    convolutional = sigma_vae.build_encoder(2), sigma_vae.build_decoder(2)
    models = [
        (sigma_vae.SigmaVAE(*convolutional), [400]),
        (sigma_vae.SigmaVAE(encoder, decoder), [400]),
        (latent_ode.Reduced(encoder, field, decoder), [400, 1, 1]),
        (baselines.OneShot(decoder), [2]),
    ]
    paths = [folder / f"{number}.keras" for number in range(len(models))]
    for (model, sizes), path in zip(models, paths, strict=True):
        model([np.zeros((1, size)) for size in sizes])
        model.save(path)
    return paths


@pytest.fixture(scope="module")
def density():
    return burgers.generate(burgers.CRENEAU, COUNT, seed=3)


@pytest.fixture(scope="module")
def few(density):
    """A batch for each epoch, so that few steps are taken before the kill."""
    return density.density.values[:50]


@pytest.fixture(scope="module")
def child(density, few, tmp_path_factory):
    """The process, whose Keras is set up otherwise, and the path at which it is killed."""
    folder, killed = (tmp_path_factory.mktemp(name) for name in ("child", "killed"))
    dataset.save(density, folder / "creneau.zarr")
    np.save(folder / "few.npy", few)
    # What it reads when it loads Keras, and what changes nothing.
    settings = {"floatx": "float64", "image_data_format": "channels_first", "backend": "jax"}
    (folder / "keras.json").write_text(json.dumps(settings), encoding="utf-8")
    places = [folder / "few.npy", folder / "creneau.zarr", folder, killed / "killed.keras"]
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, *places, *of_every_kind(folder)], cwd=Path(__file__).parent,
        env=os.environ | {"KERAS_HOME": str(folder), "KERAS_BACKEND": "torch"},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        yield process, places[-1]
        process.kill()


def test_models_are_read_by_a_process_that_never_saw_their_kind(child):
    assert child[0].stdout.readline() == "read\n"


def test_two_devices_have_the_loss_of_one(child):
    assert child[0].stdout.readline() == "agreed\n"


def test_a_killed_training_kept_others_away_and_resumes_to_the_same_weights(
    child, few, monkeypatch
):
    process, killed = child
    monkeypatch.setattr(vae, "build_encoder", build_encoder)
    monkeypatch.setattr(vae, "build_decoder", build_decoder)
    whole = killed.with_name("whole.keras")
    while not killed.with_suffix(".checkpoint.npz").exists() and process.poll() is None:
        time.sleep(0.01)
    with pytest.raises(OSError, match=r"killed\.keras is being trained by another") as caught:
        vae.train(few, killed, epochs=1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert caught.value.errno == errno.EAGAIN
    assert not killed.exists()
    with np.load(killed.with_suffix(".checkpoint.npz")) as state:
        epochs = len(state["history"]) + 3
    for path in (killed, whole):
        vae.train(few, path, epochs=epochs)
    assert killed.read_bytes() == whole.read_bytes()
    states = [path.with_suffix(".checkpoint.npz").read_bytes() for path in (killed, whole)]
    assert states[0] == states[1]
    histories = [
        path.with_name(f"{path.stem}_history.csv").read_text(encoding="utf-8")
        for path in (killed, whole)
    ]
    assert histories[0] == histories[1]
    assert not list(killed.parent.glob(".*"))
