"""The report's variational auto-encoder of a density, with ten latents.

    z | ρ ~ N(μ(ρ), diag c(ρ)),   ρ | z ~ N(m(z), 0.1 I),   z ~ N(0, I)

The computations are written in `keras.ops`.
"""

import contextlib
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.models import evaluation, training
from burgers.models._keras import Model, keras, layers, ops, own, tf
from burgers.models.evaluation import Conditions, checked_density, evaluate, evaluate_compiled, load
from burgers.models.layers import Constant, Sampling
from burgers.models.training import adam
from burgers.problems import CELLS
from burgers.streams import stream

__all__ = [
    "BETA", "CELLS", "LATENT", "LEARNING_RATE", "VAE", "VARIANCE", "Constant", "Sampling", "adam",
    "build_decoder", "build_encoder", "checked_density", "evaluate", "evaluate_compiled", "keras",
    "kl_divergence", "layers", "load", "ops", "train",
]  # fmt: skip

LATENT = 10
# Fewer cells leave nothing after three convolutions and poolings.
LEAST_CELLS = 22
VARIANCE = 0.1
BETA = 2.0
LEARNING_RATE = 1e-3


@own()
def build_encoder(seed: int = 0, cells: int = CELLS) -> keras.Model:
    """Encoder of the report's figure 5: 205,812 parameters at 400 cells.

    (batch, cells) -> mean, log-variance and sample, each (batch, 10). On other grids the layers are
    the same, and the first dense layer has as many inputs as the convolutions leave.

    Raises
    ------
    ValueError
        If `cells` is not an integer of at least 22.
    """
    seeds = _seeds(seed, 7)
    checks.count("cells", cells, least=LEAST_CELLS)
    x = inputs = layers.Input((cells,), name="input_1")
    x = layers.Reshape((cells, 1), name="reshape")(x)
    for filters, suffix in ((16, ""), (32, "_1"), (64, "_2")):
        x = _convolution(filters, f"conv1d{suffix}", seeds)(x)
        x = layers.MaxPooling1D(2, name=f"max_pooling1d{suffix}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(64, activation="relu", name="dense", kernel_initializer=_glorot(seeds))(x)
    mean = layers.Dense(LATENT, name="z_mean", kernel_initializer=_glorot(seeds))(x)
    log_variance = layers.Dense(LATENT, name="z_log_var", kernel_initializer=_glorot(seeds))(x)
    sample = Sampling(seed=next(seeds), name="sampling_encod")([mean, log_variance])
    return keras.Model(inputs, [mean, log_variance, sample], name="encoder")


@own()
def build_decoder(seed: int = 1, cells: int = CELLS) -> keras.Model:
    """Decoder of the report's figure 6: 219,345 parameters at 400 cells.

    (batch, 10) -> mean, variance (0.1 everywhere) and sample, each (batch, cells). On other grids
    the layers are the same, and the dense layers adapt their sizes.

    Raises
    ------
    ValueError
        If `cells` is not an integer of at least 22.
    """
    seeds = _seeds(seed, 7)
    x = inputs = layers.Input((LATENT,), name="input_2")
    # The smallest width that four convolutions and three doublings turn into at least `cells`.
    width = -(-(checks.count("cells", cells, least=LEAST_CELLS) + 30) // 8)
    x = layers.Dense(
        64 * width, activation="relu", name="dense_1", kernel_initializer=_glorot(seeds)
    )(x)
    x = layers.Reshape((width, 64), name="reshape_1")(x)
    for filters, number, suffix in ((64, 3, ""), (32, 4, "_1"), (16, 5, "_2")):
        x = _convolution(filters, f"conv1d_{number}", seeds)(x)
        x = layers.UpSampling1D(2, name=f"up_sampling1d{suffix}")(x)
    x = _convolution(1, "conv1d_6", seeds)(x)
    x = layers.Flatten(name="flatten_1")(x)
    mean = layers.Dense(cells, name="x_mean", kernel_initializer=_glorot(seeds))(x)
    variance = Constant(VARIANCE, name="x_variance")(mean)
    sample = Sampling(log=False, seed=next(seeds), name="sampling_decod")([mean, variance])
    return keras.Model(inputs, [mean, variance, sample], name="decoder")


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """KL(N(μ, diag c) || N(0, I)) of each latent: ½ (c + μ² - 1 - log c), same shape as μ."""
    return 0.5 * (ops.exp(log_variance) + ops.square(mean) - 1.0 - log_variance)


@keras.saving.register_keras_serializable("burgers")
class VAE(Model):
    """Variational auto-encoder with the loss of the report's printed code.

        loss = ½ Σ_batch Σ_x (ρ - μ)² / 0.1 + β mean_batch Σ_latent KL,   β = 2

    The reconstruction is summed over the batch while the divergence is averaged: per realisation,
    the effective weight of the divergence is β / batch size.

    Parameters
    ----------
    encoder, decoder : networks as of `build_encoder` and `build_decoder`; by default these, on 400
        cells, with the seeds `seed` and `seed + 1`. Networks with a second input are conditional,
        and the methods' `given` is then a tuple of one array (realisations, numbers); otherwise it
        is empty.
    beta : weight of the divergence, >= 0.
    seed : integer from 0 to 2³¹ - 2.

    Raises
    ------
    ValueError
        Naming `beta` or `seed`, its value and what is accepted.
    """

    # Number of replicas of the model that share a batch; their gradients are summed.
    replicas = 1

    def __init__(
        self,
        encoder: keras.Model | None = None,
        decoder: keras.Model | None = None,
        beta: float = BETA,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"name": "vae", **kwargs})
        checks.count("seed", seed, least=0, most=training.MOST_SEED)
        self.encoder = encoder or build_encoder(seed)
        self.decoder = decoder or build_decoder(seed + 1)
        self.beta = checks.number("beta", checks.non_negative("beta", beta))
        with own():
            self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
            self.kl_tracker = keras.metrics.Mean(name="kl")

    @property
    def latents(self) -> int:
        """Number of latents."""
        return self.encoder.outputs[0].shape[1]

    def call(self, inputs: Any) -> Any:
        density, *given = inputs if isinstance(inputs, list | tuple) else [inputs]
        mean, log_variance, sample = self.encoder(training.one_or_list([density, *given]))
        return self.decoder(training.one_or_list([sample, *given]))[0], mean, log_variance

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        decoded, mean, log_variance = y_pred
        reconstruction = self.reconstruction(x, decoded)
        kl = ops.mean(ops.sum(kl_divergence(mean, log_variance), axis=1)) / self.replicas
        self.reconstruction_tracker.update_state(self.replicas * reconstruction)
        self.kl_tracker.update_state(self.replicas * kl)
        return reconstruction + self.beta * kl

    def reconstruction(self, density: Any, decoded: Any) -> Any:
        """Reconstruction loss of decoder means, both (batch, cells): a scalar."""
        return 0.5 * ops.sum(ops.square(density - decoded)) / VARIANCE

    def reconstruct(
        self, density: ArrayLike, seed: int = 0, given: Conditions = ()
    ) -> NDArray[np.float32]:
        """Decoder means at one posterior draw per density, (realisations, cells) float32."""
        parts = self._inputs(density, given)
        self.reseed(seed)
        return evaluate(self, parts)[0]

    def encode(self, density: ArrayLike, given: Conditions = ()) -> list[NDArray[np.float32]]:
        """Posterior mean and log-variance of each density, two (realisations, latents) arrays."""
        return evaluate(self.encoder, self._inputs(density, given))[:2]

    def draw(
        self, density: ArrayLike, seed: int = 0, given: Conditions = ()
    ) -> NDArray[np.float32]:
        """One posterior draw per density, (realisations, latents) float32."""
        parts = self._inputs(density, given)
        self.reseed(seed)
        return evaluate(self.encoder, parts)[2]

    def decode(self, latent: ArrayLike, given: Conditions = ()) -> NDArray[np.float32]:
        """Decoder means of codes (realisations, latents), (realisations, cells) float32."""
        latent = evaluation.rows("latent", latent, self.latents)
        return evaluate(self.decoder, evaluation.inputs(self.decoder, latent, given))[0]

    def generate(self, n: int, seed: int = 0, given: Conditions = ()) -> NDArray[np.float32]:
        """Decoder means of n codes drawn from the prior N(0, I), (n, cells) float32."""
        shape = (checks.count("n", n), self.latents)
        rng = np.random.default_rng(checks.seed("seed", seed))
        return self.decode(rng.standard_normal(shape, dtype=np.float32), given)

    def _inputs(self, density, given):
        density = checked_density(density, self.encoder.inputs[0].shape[1])
        return evaluation.inputs(self.encoder, density, given)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "decoder": keras.saving.serialize_keras_object(self.decoder),
            "beta": self.beta,
        }

    @classmethod
    @own()
    def from_config(cls, config: dict[str, Any]) -> Self:
        parts = ("encoder", "decoder")
        built = {part: keras.saving.deserialize_keras_object(config[part]) for part in parts}
        return cls(**{**config, **built})

    def fingerprint(self) -> list[Any]:
        """What a training depends on besides the data and the optimiser, for JSON."""
        return [self.encoder.get_config(), self.decoder.get_config(), self.beta]

    def reseed(self, seed: int, *index: int) -> None:
        """Restart the noise of the encoder's draws from a seed, and an index such as the epoch."""
        checks.count("seed", seed, least=0)
        state = stream(seed, "noise", *index).generate_state(2)
        self.encoder.get_layer("sampling_encod").generator.state.assign(state)


@own()
def train(
    density: ArrayLike, path: Path | str, *, epochs: int, batch_size: int = 50, seed: int = 0,
    beta: float = BETA, peak: float = LEARNING_RATE, decay: bool = False,
    progress: str | None=None, strategy: tf.distribute.Strategy | None=None,
) -> pd.DataFrame:  # fmt: skip
    """Train the report's VAE and write it to `path`, or resume an interrupted call.

    Parameters
    ----------
    density : (realisations, cells), or a `streaming.Stored` where it is larger than memory.
    path : where to write the `.keras` file; its history goes beside it as `<stem>_history.csv`.
    epochs, batch_size, seed : integers.
    beta : weight of the divergence in the printed loss, >= 0; the report's is 2.
    peak, decay : learning rate of Adam, and whether it decays to zero on a cosine; the report's is
        constant.
    progress : label of the progress bar; None shows none.
    strategy : None, or a `tf.distribute.Strategy` whose replicas share each batch. Every replica
        draws the same noise for its part of the batch.

    Returns
    -------
    pandas.DataFrame of epoch, loss, reconstruction and kl (means over batches).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted, or a store that cannot be read.
    OSError
        Naming the file, if it cannot be written or is being trained already: see `training.alone`.
    """
    with training.alone(path) as path:
        density = evaluation.training_set(density)
        steps = training.asked(len(density), epochs, batch_size, seed, progress)
        replicas = training.replicas(strategy, len(density), batch_size)
        with strategy.scope() if strategy else contextlib.nullcontext():
            cells = density.shape[1]
            networks = build_encoder(seed, cells), build_decoder(seed + 1, cells)
            model = VAE(*networks, beta=beta, seed=seed)
            model.replicas = replicas
            model.compile(optimizer=adam(peak, steps * training.flag("decay", decay)))
            history = training.fit(
                model, (density,), path,
                epochs=epochs, batch_size=batch_size, seed=seed, progress=progress,
            )  # fmt: skip
            training.save(model, history, path)
    return history


def _seeds(seed, count):
    return iter([int(s) for s in np.random.SeedSequence(seed).generate_state(count)])


def _convolution(filters, name, seeds):
    return layers.Conv1D(
        filters, 3, activation="relu", name=name, kernel_initializer=_glorot(seeds)
    )


def _glorot(seeds):
    return keras.initializers.GlorotUniform(seed=next(seeds))
