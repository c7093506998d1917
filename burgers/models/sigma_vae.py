"""The σ-VAE: a variational auto-encoder with optimal decoder variance and convolutional decoder.

The variance of the decoder is the one that maximises the likelihood, so reconstruction and
divergence are both in nats and need no relative weight. Source: O. Rybkin, K. Daniilidis and
S. Levine, Simple and effective VAE training with calibrated decoders, ICML 2021.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from burgers import _checks as checks
from burgers.models import streaming, training
from burgers.models._keras import keras, layers, ops, own
from burgers.models.evaluation import Conditions, conditions, training_set
from burgers.models.layers import CellVariance, Sampling, SeededLayers, concatenated
from burgers.models.training import adam
from burgers.models.vae import VAE
from burgers.problems import CELLS
from burgers.streams import stream

LEARNING_RATE = 2e-3
# Three doublings turn one coarsest cell into this many.
FINER = 8
# Steps of a training between two returns to Python, which take as long as a step of small networks.
AT_ONCE = 20


@own()
def build_encoder(
    latents: int, conditions: int = 0, seed: int = 0, cells: int = CELLS
) -> keras.Model:
    """Encoder of three strided convolutions and two dense layers.

    (batch, cells), and if conditioned (batch, conditions) -> mean, log-variance and sample, each
    (batch, latents). Any number of cells >= 1; ValueError otherwise.
    """
    make = SeededLayers(seed)
    density = layers.Input((checks.count("cells", cells),), name="density")
    given = [layers.Input((conditions,), name="given")] if conditions else []
    x = layers.Reshape((cells, 1), name="cells")(density)
    for filters in (16, 32, 32):
        x = make(layers.Conv1D, filters, 5, strides=2, padding="same")(x)
    x = concatenated(layers.Flatten(name="flat")(x), given)
    for units in (128, 64):
        x = make(layers.Dense, units)(x)
    mean = make(layers.Dense, latents, activation=None, name="z_mean")(x)
    log_variance = make(layers.Dense, latents, activation=None, name="z_log_var")(x)
    sample = Sampling(seed=seed, name="sampling_encod")([mean, log_variance])
    outputs = [mean, log_variance, sample]
    return keras.Model(training.one_or_list([density, *given]), outputs, name="encoder")


@own()
def build_decoder(
    latents: int, conditions: int = 0, seed: int = 1, cells: int = CELLS
) -> keras.Model:
    """Decoder without a dense output layer: local filters represent a front at any position.

    (batch, latents), and if conditioned (batch, conditions) -> mean, variance and sample, each
    (batch, cells). Coarse to fine: an eighth of the cells, a quarter, a half and all, rounded up
    and cropped where 8 does not divide them. Any number of cells >= 1; ValueError otherwise.
    """
    make = SeededLayers(seed)
    latent = layers.Input((latents,), name="latent")
    given = [layers.Input((conditions,), name="given")] if conditions else []
    x = concatenated(latent, given)
    coarsest = -(-checks.count("cells", cells) // FINER)
    for units in (64, 128, coarsest * 32):
        x = make(layers.Dense, units)(x)
    x = layers.Reshape((coarsest, 32), name="coarsest")(x)
    for filters in (32, 32, 16):
        x = layers.UpSampling1D(2, name=f"finer_than_{x.shape[1]}")(x)
        x = make(layers.Conv1D, filters, 5, padding="same")(x)
    x = make(layers.Conv1D, 1, 5, padding="same", activation=None)(x)
    if excess := coarsest * FINER - cells:
        x = layers.Cropping1D((0, excess), name="cropped")(x)
    mean = layers.Flatten(name="x_mean")(x)
    variance = CellVariance(name="x_variance")(mean)
    sample = Sampling(log=False, seed=seed, name="sampling_decod")([mean, variance])
    outputs = [mean, variance, sample]
    return keras.Model(training.one_or_list([latent, *given]), outputs, name="decoder")


@keras.saving.register_keras_serializable("burgers")
class SigmaVAE(VAE):
    """Variational auto-encoder trained on the evidence lower bound at the optimal variance.

        loss = n/2 (log 2πσ² + 1) + β mean_batch Σ_latent KL,   σ² = mean over the batch of (ρ - μ)²

    n is the number of cells; in nats per realisation. `train` sets β = 1, which makes it minus the
    bound. With one input more than its networks, the weights w (batch, 1), each square error is
    multiplied by that of its realisation, whose decoder variance is then σ² / w.
    """

    def call(self, inputs: Any) -> Any:
        several = isinstance(inputs, list | tuple)
        return super().call(inputs[: len(self.encoder.inputs)] if several else inputs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        density, *rest = x if isinstance(x, list | tuple) else [x]
        decoded, *posterior = y_pred
        for weight in rest[len(self.encoder.inputs) - 1 :]:
            density, decoded = (ops.sqrt(weight) * part for part in (density, decoded))
        return super().compute_loss(density, y, (decoded, *posterior))

    def reconstruction(self, density: Any, decoded: Any) -> Any:
        variance = ops.mean(ops.square(density - decoded))
        return 0.5 * density.shape[1] * (ops.log(2 * np.pi * variance) + 1.0)

    def calibrate(self, density: ArrayLike, given: Conditions = ()) -> None:
        """Set the decoder's variance in each cell to its mean square error over the densities."""
        density = _held(density)
        error = density - self.reconstruct(density, given=given)
        _layer(self.decoder, "x_variance").variance.assign(np.mean(error**2, axis=0))

    def reseed(self, seed: int, *index: int) -> None:
        """Restart the noise of the encoder's draws from a seed, and an index such as the epoch."""
        checks.count("seed", seed, least=0)
        state = stream(seed, "noise", *index).generate_state(2)
        _layer(self.encoder, "sampling_encod").generator.state.assign(state)


@own()
def train(
    density: ArrayLike, path: Path | str, *, latents: int, epochs: int, batch_size: int = 50,
    seed: int = 0, given: Conditions = (), progress: str | None = None,
    networks: Sequence[Callable[..., keras.Model]] = (build_encoder, build_decoder),
    weights: ArrayLike | None = None, peak: float = LEARNING_RATE,
) -> pd.DataFrame:  # fmt: skip
    """Train a `SigmaVAE` and write it to `path`, or resume an interrupted call.

    Adam, with a learning rate that decays to zero on a cosine.

    Parameters
    ----------
    density : (realisations, cells), in memory.
    path : where to write the `.keras` file; its history goes beside it as `<stem>_history.csv`.
    latents : the number of latents.
    epochs, batch_size, seed : integers.
    given : a tuple of no or one array (realisations, numbers) to condition on.
    progress : label of the progress bar; None shows none.
    networks : two functions that build encoder and decoder from (latents, conditions, seed, cells),
        such as those of `front_decoder`.
    weights : (realisations,), positive, of the square error of each density; None for ones. If the
        variance given the condition varies much, its reciprocal is best: otherwise errors are as
        large where densities are nearly alike as elsewhere.
    peak : the initial learning rate; dense networks learn faster from 5e-3.

    Returns
    -------
    pandas.DataFrame of epoch, loss, reconstruction and kl (means over batches).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    OSError
        Naming the file, if it cannot be written or is being trained already: see `training.alone`.
    """
    with training.alone(path) as path:
        density = _held(density)
        given = conditions(given, len(density))
        inputs = (density, *given, *_weights(weights, len(density)))
        steps = training.asked(len(density), epochs, batch_size, seed, progress)
        model = _untrained(
            networks, checks.count("latents", latents), given, seed, density.shape[1]
        )  # fmt: skip
        model.compile(
            optimizer=adam(peak, steps), jit_compile=training.jit(model, steps),
            steps_per_execution=AT_ONCE,
        )  # fmt: skip
        history = training.fit(
            model, inputs, path, epochs=epochs, batch_size=batch_size, seed=seed, progress=progress
        )
        model.calibrate(density, given)
        training.save(model, history, path)
    return history


def _layer(network, name):
    """The layer of that name of a network, or of one that it is made of."""
    inner = [part for part in network.layers if isinstance(part, keras.Model)]
    within = [layer for part in (network, *inner) for layer in part.layers]
    return next(layer for layer in within if layer.name == name)


def _held(density):
    """The densities to train on as an array, which `calibrate` reads again after the training."""
    if isinstance(density, streaming.Stored):
        raise ValueError("density is a Stored; accepted: an array (realisations, cells)")
    return training_set(density)


def _weights(value, count):
    """A tuple of the weights (count, 1), or of nothing if they are None; or ValueError."""
    if value is None:
        return ()
    array = checks.positive("weights", value)
    if array.shape != (count,):
        raise ValueError(f"weights has shape {array.shape}; accepted: ({count},)")
    return (array[:, None].astype(np.float32),)


def _untrained(networks, latents, given, seed, cells):
    """The untrained model of the networks that two functions build; or ValueError."""
    if not isinstance(networks, list | tuple) or [*map(callable, networks)] != [True, True]:
        raise ValueError(
            f"networks is {checks.shown(networks)}; accepted: two functions that build them"
        )
    numbers = given[0].shape[1] if given else 0
    encoder, decoder = (
        build(latents, numbers, 2 * seed + k, cells) for k, build in enumerate(networks)
    )  # fmt: skip
    return SigmaVAE(encoder, decoder, beta=1.0)
