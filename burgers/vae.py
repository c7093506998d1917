"""The report's variational auto-encoder of a density on 400 cells, latent dimension 10.

Written with `keras.ops` only, so it does not depend on Keras' backend.
"""

import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from burgers import checks
from burgers.paths import written_whole


@contextlib.contextmanager
def _silent_standard_error():
    """Discard what C++ code writes to file descriptor 2."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as devnull:
        os.dup2(devnull.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


# TensorFlow greets the user while it loads, before its log level can take effect.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _silent_standard_error():
    import keras
    from keras import layers, ops

CELLS = 400
LATENT = 10
VARIANCE = 0.1
BETA = 2.0
LEARNING_RATE = 1e-3


@keras.saving.register_keras_serializable("burgers")
class Sampling(layers.Layer):
    """Draw μ + √variance ε with ε ~ N(0, I): the reparametrisation trick.

    The second input is the log-variance, or with `log=False` the variance itself.
    """

    def __init__(self, log=True, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.log = log
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs):
        mean, variance = inputs
        deviation = ops.exp(0.5 * variance) if self.log else ops.sqrt(variance)
        return mean + deviation * keras.random.normal(ops.shape(mean), seed=self.generator)

    def get_config(self):
        return {**super().get_config(), "log": self.log, "seed": self.seed}


@keras.saving.register_keras_serializable("burgers")
class Constant(layers.Layer):
    """The same value at every entry of the input: the decoder's fixed variance."""

    def __init__(self, value, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def call(self, inputs):
        return self.value * ops.ones_like(inputs)

    def get_config(self):
        return {**super().get_config(), "value": self.value}


def build_encoder(seed=0):
    """Encoder of the report's figure 5: 205,812 parameters.

    (batch, 400) -> mean (batch, 10), log-variance (batch, 10), sample (batch, 10).
    """
    seeds = _seeds(seed, 7)
    x = inputs = layers.Input((CELLS,), name="input_1")
    x = layers.Reshape((CELLS, 1), name="reshape")(x)
    for filters, suffix in ((16, ""), (32, "_1"), (64, "_2")):
        x = _convolution(filters, f"conv1d{suffix}", seeds)(x)
        x = layers.MaxPooling1D(2, name=f"max_pooling1d{suffix}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(64, activation="relu", name="dense", kernel_initializer=_glorot(seeds))(x)
    mean = layers.Dense(LATENT, name="z_mean", kernel_initializer=_glorot(seeds))(x)
    log_variance = layers.Dense(LATENT, name="z_log_var", kernel_initializer=_glorot(seeds))(x)
    sample = Sampling(seed=next(seeds), name="sampling_encod")([mean, log_variance])
    return keras.Model(inputs, [mean, log_variance, sample], name="encoder")


def build_decoder(seed=1):
    """Decoder of the report's figure 6: 219,345 parameters.

    (batch, 10) -> mean (batch, 400), variance (batch, 400), all 0.1, sample (batch, 400).
    """
    seeds = _seeds(seed, 7)
    x = inputs = layers.Input((LATENT,), name="input_2")
    x = layers.Dense(3456, activation="relu", name="dense_1", kernel_initializer=_glorot(seeds))(x)
    x = layers.Reshape((54, 64), name="reshape_1")(x)
    for filters, number, suffix in ((64, 3, ""), (32, 4, "_1"), (16, 5, "_2")):
        x = _convolution(filters, f"conv1d_{number}", seeds)(x)
        x = layers.UpSampling1D(2, name=f"up_sampling1d{suffix}")(x)
    x = _convolution(1, "conv1d_6", seeds)(x)
    x = layers.Flatten(name="flatten_1")(x)
    mean = layers.Dense(CELLS, name="x_mean", kernel_initializer=_glorot(seeds))(x)
    variance = Constant(VARIANCE, name="x_variance")(mean)
    sample = Sampling(log=False, seed=next(seeds), name="sampling_decod")([mean, variance])
    return keras.Model(inputs, [mean, variance, sample], name="decoder")


def kl_divergence(mean, log_variance):
    """KL(N(μ, diag c) || N(0, I)) of each latent: ½ (c + μ² - 1 - log c), same shape as μ."""
    return 0.5 * (ops.exp(log_variance) + ops.square(mean) - 1.0 - log_variance)


@keras.saving.register_keras_serializable("burgers")
class VAE(keras.Model):
    """Variational auto-encoder with the loss that the report's code prints.

        loss = ½ Σ_batch Σ_x (ρ - μ)² / 0.1 + β mean_batch Σ_latent KL,   β = 2

    The reconstruction is summed over the batch and the divergence averaged: per sample, the
    effective weight of the divergence is β / batch size.
    """

    def __init__(self, encoder=None, decoder=None, beta=BETA, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder or build_encoder(seed)
        self.decoder = decoder or build_decoder(seed + 1)
        self.beta = beta
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    def call(self, density):
        mean, log_variance, sample = self.encoder(density)
        return self.decoder(sample)[0], mean, log_variance

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        decoded, mean, log_variance = y_pred
        reconstruction = 0.5 * ops.sum(ops.square(x - decoded)) / VARIANCE
        kl = ops.mean(ops.sum(kl_divergence(mean, log_variance), axis=1))
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        return reconstruction + self.beta * kl

    def reconstruct(self, density, seed=0):
        """Decoder means of one latent draw for each density, (realisations, cells) float32."""
        self.reseed(seed)
        return _batched(self, _density(density))[0]

    def encode(self, density):
        """Posterior mean and log-variance of each density, two (realisations, latents) arrays."""
        return _batched(self.encoder, _density(density))[:2]

    def decode(self, latent):
        """Decoder means of (realisations, latents) codes, (realisations, cells) float32."""
        return _batched(self.decoder, np.asarray(latent, dtype=np.float32))[0]

    def generate(self, n, seed=0):
        """Decoder means of n latents drawn from the prior N(0, I), (n, cells) float32."""
        shape = (checks.count("n", n), LATENT)
        latent = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
        return self.decode(latent)

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "decoder": keras.saving.serialize_keras_object(self.decoder),
            "beta": self.beta,
        }

    @classmethod
    def from_config(cls, config):
        parts = ("encoder", "decoder")
        built = {part: keras.saving.deserialize_keras_object(config[part]) for part in parts}
        return cls(**{**config, **built})

    def reseed(self, *entropy):
        """Set the noise of the encoder's draws as a function of integers."""
        state = np.random.SeedSequence(entropy).generate_state(2)
        self.encoder.get_layer("sampling_encod").generator.state.assign(state)


def load(path):
    """Read a model written by `train`; ValueError names the file and the command to remake it."""
    path = Path(path)
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:
        remedy = f"make it again with `make train PROFILE={path.parent.name}`"
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error


def train(density, path, *, epochs, batch_size=50, seed=0, progress=None):
    """Train the report's VAE and write it to `path`, or take up where a stopped call left off.

    Adam at 1e-3. The order of the batches and the noise are functions of the seed and the epoch,
    so that a run resumed after a stop ends with the weights of a run that was never stopped.

    Parameters
    ----------
    density : (realisations, 400).
    path : where to write the `.keras` file; its history goes beside it as `<stem>_history.csv`.
    epochs, batch_size, seed : integers.
    progress : label of the progress bar; None shows none.

    Returns
    -------
    pandas.DataFrame of epoch, loss, reconstruction and kl (means over batches).
    """
    path = Path(path)
    density = _density(density)
    model = VAE(seed=seed)
    model.build(density.shape)
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE))
    model.optimizer.build(model.trainable_variables)
    checkpoint = _Checkpoint(path.with_suffix(".checkpoint.npz"), model, density, batch_size, seed)
    history = checkpoint.restore(epochs)
    bar = tqdm(
        range(len(history), epochs), initial=len(history), total=epochs, desc=progress,
        disable=progress is None or "CI" in os.environ, mininterval=10, file=sys.stderr,
    )  # fmt: skip
    for epoch in bar:
        order = np.random.default_rng([seed, epoch]).permutation(len(density))
        model.reseed(seed, epoch)
        log = model.fit(density[order], batch_size=batch_size, shuffle=False, verbose=0).history
        history.append([epoch + 1, *(log[name][0] for name in ("loss", "reconstruction", "kl"))])
        bar.set_postfix(loss=f"{log['loss'][0]:.3f}", refresh=False)
        checkpoint.save(history)
    history = pd.DataFrame(history, columns=["epoch", "loss", "reconstruction", "kl"])
    history["epoch"] = history["epoch"].astype(int)
    with written_whole(path.with_name(f"{path.stem}_history.csv")) as beside:
        history.to_csv(beside, index=False)
    with written_whole(path) as beside:
        model.save(beside)
    return history


class _Checkpoint:
    """The whole state of a training after an epoch, in one file replaced at each epoch."""

    def __init__(self, path, model, density, batch_size, seed):
        self.path = path
        self.variables = [*model.trainable_variables, *model.optimizer.variables]
        # Whatever the result depends on: a state of another recipe must not be taken up.
        parts = [model.encoder.get_config(), model.decoder.get_config(), model.beta]
        parts += [model.optimizer.get_config(), batch_size, seed]
        digest = hashlib.sha256(np.ascontiguousarray(density))
        digest.update(json.dumps(parts, sort_keys=True, default=str).encode())
        self.recipe = digest.hexdigest()

    def save(self, history):
        values = {str(i): v.numpy() for i, v in enumerate(self.variables)}
        with written_whole(self.path) as beside, beside.open("wb") as stream:
            np.savez(stream, recipe=self.recipe, history=np.array(history), **values)

    def restore(self, epochs):
        """Take up the last whole epoch of the same recipe, at most `epochs`; its history."""
        try:
            with np.load(self.path, allow_pickle=False) as state:
                if state["recipe"] != self.recipe or len(state["history"]) > epochs:
                    return []
                values = [state[str(i)] for i in range(len(self.variables))]
                history = state["history"].tolist()
        except FileNotFoundError:
            return []
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        return history


def _density(density):
    density = np.asarray(density, dtype=np.float32)
    if density.ndim != 2 or density.shape[1] != CELLS or not np.isfinite(density).all():
        raise ValueError(
            f"density has shape {density.shape}; accepted: finite (realisations, {CELLS})"
        )
    return density


def _batched(model, inputs, size=1000):
    """The outputs of a model, evaluated `size` realisations at a time, as NumPy arrays."""
    parts = [model(inputs[i : i + size]) for i in range(0, len(inputs), size)]
    return [np.concatenate([ops.convert_to_numpy(p) for p in o]) for o in zip(*parts, strict=True)]


def _seeds(seed, count):
    return iter([int(s) for s in np.random.SeedSequence(seed).generate_state(count)])


def _convolution(filters, name, seeds):
    return layers.Conv1D(
        filters, 3, activation="relu", name=name, kernel_initializer=_glorot(seeds)
    )


def _glorot(seeds):
    return keras.initializers.GlorotUniform(seed=next(seeds))
