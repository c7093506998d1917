"""The report's variational auto-encoder of a density on 400 cells, latent dimension 10.

Written with `keras.ops` only, so it does not depend on Keras' backend.
"""

import contextlib
import importlib
import logging
import os
import sys
from pathlib import Path

import numpy as np

from burgers import checks, paths, training


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

    from burgers import stored

# A process that uses many models compiles many functions, which TensorFlow takes for a mistake.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

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

    Networks with more inputs than a density or a code are conditioned on the rest: `given`, a
    tuple of arrays (realisations, numbers) wherever it is asked for.
    """

    # Copies of the model that share a batch, and whose gradients are summed.
    replicas = 1

    def __init__(self, encoder=None, decoder=None, beta=BETA, seed=0, **kwargs):
        super().__init__(**{"name": "vae", **kwargs})
        self.encoder = encoder or build_encoder(seed)
        self.decoder = decoder or build_decoder(seed + 1)
        self.beta = beta
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    @property
    def latents(self):
        """Number of latents."""
        return self.encoder.outputs[0].shape[1]

    def call(self, inputs):
        density, *given = inputs if isinstance(inputs, list | tuple) else [inputs]
        mean, log_variance, sample = self.encoder(training.bare([density, *given]))
        return self.decoder(training.bare([sample, *given]))[0], mean, log_variance

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        decoded, mean, log_variance = y_pred
        reconstruction = self.reconstruction(x, decoded)
        kl = ops.mean(ops.sum(kl_divergence(mean, log_variance), axis=1)) / self.replicas
        self.reconstruction_tracker.update_state(self.replicas * reconstruction)
        self.kl_tracker.update_state(self.replicas * kl)
        return reconstruction + self.beta * kl

    def reconstruction(self, density, decoded):
        """The loss of what was decoded from a batch of densities."""
        return 0.5 * ops.sum(ops.square(density - decoded)) / VARIANCE

    def reconstruct(self, density, seed=0, given=()):
        """Decoder means of one latent draw for each density, (realisations, cells) float32."""
        self.reseed(seed)
        return batched(self, _inputs(checked(density), given))[0]

    def encode(self, density, given=()):
        """Posterior mean and log-variance of each density, two (realisations, latents) arrays."""
        return batched(self.encoder, _inputs(checked(density), given))[:2]

    def draw(self, density, seed=0, given=()):
        """One latent draw from the posterior of each density, (realisations, latents) float32."""
        self.reseed(seed)
        return batched(self.encoder, _inputs(checked(density), given))[2]

    def decode(self, latent, given=()):
        """Decoder means of (realisations, latents) codes, (realisations, cells) float32."""
        return batched(self.decoder, _inputs(np.asarray(latent, dtype=np.float32), given))[0]

    def generate(self, n, seed=0, given=()):
        """Decoder means of n latents drawn from the prior N(0, I), (n, cells) float32."""
        shape = (checks.count("n", n), self.latents)
        latent = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
        return self.decode(latent, given)

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

    def recipe(self):
        """What the result of a training depends on, besides the data and the optimiser."""
        return [self.encoder.get_config(), self.decoder.get_config(), self.beta]

    def reseed(self, *entropy):
        """Set the noise of the encoder's draws as a function of integers."""
        state = np.random.SeedSequence(entropy).generate_state(2)
        self.encoder.get_layer("sampling_encod").generator.state.assign(state)


def load(path):
    """Read a model written by `train`; ValueError names the file and the command to remake it."""
    path = Path(path)
    # Keras finds the classes of a model only where their module has been imported.
    for module in ("sigma_vae", "fronts", "reduced", "surrogates"):
        importlib.import_module(f"burgers.{module}")
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ValueError(f"{path} cannot be read ({reason}); {paths.remedy(path)}") from error


def train(
    density, path, *, epochs, batch_size=50, seed=0, beta=BETA, peak=LEARNING_RATE, decay=False,
    progress=None, strategy=None,
):  # fmt: skip
    """Train the report's VAE and write it to `path`, or take up where a stopped call left off.

    Parameters
    ----------
    density : (realisations, 400), or a `stored.Stored` where it is larger than memory.
    path : where to write the `.keras` file; its history goes beside it as `<stem>_history.csv`.
    epochs, batch_size, seed : integers.
    beta : weight of the divergence in the printed loss; the report's is 2.
    peak, decay : learning rate of Adam, and whether it falls to zero by a cosine; the report's
        is constant.
    progress : label of the progress bar; None shows none.
    strategy : None, or a `tf.distribute.Strategy` whose replicas share each batch; each draws the
        same noise, for its own part.

    Returns
    -------
    pandas.DataFrame of epoch, loss, reconstruction and kl (means over batches).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or a store that cannot be read.
    """
    density = checked(density)
    steps = training.steps(len(density), epochs, batch_size)
    replicas = strategy.num_replicas_in_sync if strategy else 1
    last = len(density) % batch_size
    # A batch is shared by parts of equal size, as long as it lasts.
    idle = last and -(-last // replicas) * (replicas - 1) >= last
    if batch_size % replicas or idle:
        raise ValueError(
            f"batch_size is {batch_size}, which leaves a last batch of {last}; accepted: a "
            f"multiple of the {replicas} replicas that leaves none of them without a realisation"
        )
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = VAE(beta=beta, seed=seed)
        model.replicas = replicas
        model.compile(optimizer=adam(peak, steps if decay else None))
        history = training.fit(
            model, (density,), path,
            epochs=epochs, batch_size=batch_size, seed=seed, progress=progress,
        )  # fmt: skip
        training.save(model, history, path)
    return history


def adam(peak, steps=None):
    """Adam at a constant learning rate, or on a cosine from `peak` to zero over `steps`."""
    rate = keras.optimizers.schedules.CosineDecay(peak, steps) if steps else peak
    # An automatic name counts the optimisers of the process, and is part of a training's recipe.
    return keras.optimizers.Adam(rate, name="adam")


def checked(density):
    """The densities as a finite float32 array (realisations, 400), or as stored; or ValueError."""
    kept = isinstance(density, stored.Stored)
    density = density if kept else np.asarray(density, dtype=np.float32)
    if density.shape[1:] != (CELLS,) or not (kept or np.isfinite(density).all()):
        raise ValueError(
            f"density has shape {density.shape}; accepted: finite (realisations, {CELLS})"
        )
    return density


def _inputs(first, given):
    """The inputs of a network as a list of float32 arrays with equally many realisations."""
    rest = [np.asarray(part, dtype=np.float32) for part in given]
    for part in rest:
        if part.ndim != 2 or len(part) != len(first) or not np.isfinite(part).all():
            raise ValueError(
                f"given has shape {part.shape}; accepted: finite ({len(first)}, numbers)"
            )
    return [first, *rest]


def batched(model, inputs, size=1000):
    """The outputs of a model, evaluated `size` realisations at a time, as NumPy arrays."""
    firsts = range(0, len(inputs[0]), size)
    found = [model(training.bare([part[i : i + size] for part in inputs])) for i in firsts]
    parts = zip(*(f if isinstance(f, list | tuple) else [f] for f in found), strict=True)
    return [np.concatenate([ops.convert_to_numpy(part) for part in output]) for output in parts]


def compiled(model, inputs, size=1000):
    """The same as `batched`, by a compiled function: quick where there are very many realisations.

    Keras compiles for each shape, hence the last batch is filled up.
    """
    count = len(inputs[0])
    filled = [np.pad(part, ((0, -count % size), (0, 0)), mode="edge") for part in inputs]
    found = model.predict(training.bare(filled), batch_size=size, verbose=0)
    return [part[:count] for part in (found if isinstance(found, list | tuple) else [found])]


def _seeds(seed, count):
    return iter([int(s) for s in np.random.SeedSequence(seed).generate_state(count)])


def _convolution(filters, name, seeds):
    return layers.Conv1D(
        filters, 3, activation="relu", name=name, kernel_initializer=_glorot(seeds)
    )


def _glorot(seeds):
    return keras.initializers.GlorotUniform(seed=next(seeds))
