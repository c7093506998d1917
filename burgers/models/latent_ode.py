"""Latent ordinary differential equations: encode once, integrate in time, decode when needed.

    z(t0) = E(ρ(t0)),   dz/dt = F(z, θ),   ρ(t) = D(z(t))

θ = log Re is constant along a trajectory, and the density at t0 need not determine it.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.models import decoding, evaluation, front_decoder, latent_field, sigma_vae, training
from burgers.models._keras import Model, keras, ops, own
from burgers.models.evaluation import evaluate_compiled
from burgers.models.latent_field import Dynamics, build_field
from burgers.models.pairs import (
    BATCH_SIZE,
    drawn_pairs,
    ends,
    of_trajectories,
    standard,
    weights,
)
from burgers.models.training import adam
from burgers.streams import generator

FIELD_BATCH_SIZE = 500
FIELD_RATE = 5e-3
TUNING_RATE = 1e-3
# Suffix to the stem of a path while F is trained alone.
FIELD = "_field"
# Pairs of times per trajectory and time that F is fitted to alone.
PAIRS = 4


@keras.saving.register_keras_serializable("burgers")
class Reduced(Model):
    """Encoder, field and decoder of a latent ODE, trained together on pairs of densities.

        loss = mean of w (ρ(t) - ρ̂(t))²

    Inputs: density ρ(t0) (batch, cells), duration t - t0 (batch, 1), parameters θ (batch,
    parameters), and in training the target ρ(t) (batch, cells) and its weight w (batch, 1).
    """

    parts = ("encoder", "field", "decoder")

    def __init__(
        self, encoder: keras.Model, field: keras.Model, decoder: keras.Model, **kwargs: Any
    ) -> None:
        super().__init__(**{"name": "reduced", **kwargs})
        self.encoder, self.field, self.decoder = encoder, field, decoder
        self.dynamics = Dynamics(field)

    @property
    def parameters(self) -> int:
        """Number of parameters of F: 1 if it depends on log Re, 0 if Re is withheld."""
        return self.field.input_shape[1] - self.field.output_shape[1]

    def call(self, inputs: Any) -> Any:
        density, duration, parameters = inputs[:3]
        return self.decoder(self.dynamics([self.encoder(density)[0], duration, parameters]))[0]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        return ops.mean(x[4] * ops.square(x[3] - y_pred))

    def encode(self, density: ArrayLike) -> tuple[NDArray[np.float32], ...]:
        """Posterior mean and log-variance of each density, two (realisations, latents) arrays."""
        density = evaluation.in_memory(density, self.encoder.inputs[0].shape[1])
        return tuple(evaluate_compiled(self.encoder, [density])[:2])

    def advance(
        self, codes: ArrayLike, durations: ArrayLike, reynolds: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Integrate codes over several durations: (realisations, durations, latents) float32.

        Parameters
        ----------
        codes : (realisations, latents).
        durations : (durations,) or a scalar, >= 0.
        reynolds : (realisations,) > 0; None if Re is withheld.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        codes = evaluation.rows("codes", codes, self.field.output_shape[1])
        durations = np.atleast_1d(checks.non_negative("durations", durations))
        if durations.ndim != 1:
            raise ValueError(f"durations has shape {durations.shape}; accepted: (durations,)")
        parameters = self._parameters(reynolds, len(codes))
        if not len(codes) * len(durations):
            return np.zeros((len(codes), len(durations), codes.shape[1]), dtype=np.float32)
        return self.dynamics.trajectories(codes, durations, parameters)

    def decode(self, codes: ArrayLike) -> NDArray[np.float32]:
        """Densities (..., cells) float32 of codes (..., latents)."""
        codes, latents = checks.finite("codes", codes, np.float32), self.decoder.input_shape[1]
        if not codes.ndim or codes.shape[-1] != latents:
            raise ValueError(f"codes has shape {codes.shape}; accepted: (..., {latents})")
        found = decoding.means(self.decoder, [codes.reshape(-1, latents)])
        return found.reshape(*codes.shape[:-1], found.shape[1])

    def forecast(
        self, density: ArrayLike, durations: ArrayLike, reynolds: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Forecast densities: encode, `advance` and decode, (realisations, durations, cells).

        density: (realisations, cells); durations, reynolds and errors as in `advance`.
        """
        return self.decode(self.advance(self.encode(density)[0], durations, reynolds))

    def _parameters(self, reynolds, count):
        if (reynolds is not None) != bool(self.parameters):
            accepted = "one Re > 0 for each realisation" if self.parameters else "None"
            raise ValueError(f"reynolds is {checks.shown(reynolds)}; accepted: {accepted}")
        if reynolds is None:
            return np.zeros((count, 0))
        reynolds = checks.positive("reynolds", reynolds)
        if reynolds.shape != (count,):
            raise ValueError(f"reynolds has shape {reynolds.shape}; accepted: ({count},)")
        return standard(reynolds)

    def get_config(self) -> dict[str, Any]:
        parts = {name: getattr(self, name) for name in self.parts}
        saved = {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}
        return {**super().get_config(), **saved}

    @classmethod
    @own()
    def from_config(cls, config: dict[str, Any]) -> Self:
        built = {part: keras.saving.deserialize_keras_object(config[part]) for part in cls.parts}
        return cls(**{**config, **built})

    def fingerprint(self) -> list[Any]:
        """What a training depends on besides the data and the optimiser, for JSON."""
        # The training starts from weights that were trained before.
        start = hashlib.sha256(b"".join(np.asarray(w).tobytes() for w in self.get_weights()))
        parts = [part.get_config() for part in (self.encoder, self.field, self.decoder)]
        return [*parts, latent_field.STEPS, latent_field.GRADING, start.hexdigest()]

    def reseed(self, *entropy: int) -> None:
        """Do nothing: training draws no noise."""


@own()
def train_codes(
    ensemble: xr.Dataset, path: Path | str, *, latents: int, epochs: int, seed: int = 0,
    progress: str | None = None,
    networks: Sequence[Callable[..., keras.Model]] = front_decoder.SMOOTH_BETWEEN,
) -> pd.DataFrame:  # fmt: skip
    """Train a σ-VAE of fronts on the densities of trajectories, at all times alike.

    ensemble: of `trajectories.generate`, on any grid; the other arguments, the result and the
    errors as in `sigma_vae.train`.
    """
    density = of_trajectories(ensemble).density.values
    return sigma_vae.train(
        density.reshape(-1, density.shape[2]), path,
        latents=latents, epochs=epochs, batch_size=BATCH_SIZE, seed=seed, progress=progress,
        networks=networks,
    )  # fmt: skip


@own()
def train(
    ensemble: xr.Dataset,
    networks: Sequence[keras.Model],
    path: Path | str,
    *,
    field_epochs: int,
    epochs: int = 0,
    parameters: bool = True,
    seed: int = 0,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train a `Reduced` model and write it to `path`, or resume an interrupted call.

    In two stages. First F alone, on pairs of codes of one trajectory at t0 and t, of which a third
    have t0 = 0 and the others a random t0; errors are in units of the posterior's std. Then
    encoder, F and decoder together, on pairs of densities whose square errors carry the `weights`.

    Parameters
    ----------
    ensemble : of `trajectories.generate`, on the grid of the networks.
    networks : trained encoder and decoder, for example of a `SigmaVAE`; copies of them are trained.
    path : where to write the `.keras` file; its history goes beside it as `<stem>_history.csv`.
    field_epochs, epochs : of the first and the second stage; with no epochs of the second, encoder
        and decoder keep their weights.
    parameters : whether F depends on log Re; if not, Re is withheld.
    seed : integer.
    progress : label of the progress bar; None shows none.

    Returns
    -------
    pandas.DataFrame of epoch and loss of the last stage.

    Raises
    ------
    ValueError, OSError
        Those of `sigma_vae.train`.
    """
    with training.alone(path, FIELD) as path:
        # Refuses a bad ensemble before anything is built.
        weights(ensemble) if epochs else of_trajectories(ensemble)
        checks.count("field_epochs", field_epochs, least=0)
        training.asked(1, epochs, BATCH_SIZE, seed, progress)
        model = _untrained(
            networks, training.flag("parameters", parameters), seed, ensemble.sizes["x"]
        )
        history = _fit_field(model, ensemble, path, field_epochs, seed, progress)
        if epochs:
            history = _tune(model, ensemble, path, epochs, seed, progress)
        training.save(model, history, path)
    return history


def _untrained(networks, parameters, seed, cells):
    """A model of copies of an encoder and a decoder, and a new F; ValueError names `networks`."""
    pair = isinstance(networks, list | tuple) and len(networks) == 2
    if not pair or not all(isinstance(network, keras.Model) for network in networks):
        raise ValueError(f"networks is {checks.shown(networks)}; accepted: encoder and decoder")
    encoder, decoder = networks
    densities = [encoder.input_shape, decoder.outputs[0].shape]
    codes = [encoder.outputs[0].shape, decoder.input_shape]
    if densities != [(None, cells)] * 2 or codes[0] != codes[1]:
        raise ValueError(
            f"networks has the shapes {densities} of densities and {codes} of codes; accepted: "
            f"(None, {cells}) of both densities, and equal ones of codes, without conditions"
        )
    encoder, decoder = map(_copy, networks)
    model = Reduced(encoder, build_field(decoder.input_shape[1], parameters, seed), decoder)
    model([np.zeros((1, size), dtype=np.float32) for size in (cells, 1, model.parameters)])
    return model


def _fit_field(model, ensemble, path, epochs, seed, progress):
    rng, density = generator(seed, "field pairs"), ensemble.density.values
    mean, log_variance = model.encode(density.reshape(-1, density.shape[2]))
    codes = mean.reshape(*density.shape[:2], -1)
    count, times = density.shape[:2]
    drawn = [drawn_pairs(count, times, rng) for _ in range(PAIRS)]
    parts = zip(*(ends(ensemble, codes, pairs, model.parameters) for pairs in drawn), strict=True)
    inputs = tuple(np.concatenate(part) for part in parts)
    dynamics = Dynamics(model.field, np.exp(0.5 * np.median(log_variance, axis=0)))
    epochs = -(-epochs // PAIRS)
    steps = training.steps(len(inputs[0]), epochs, FIELD_BATCH_SIZE)
    dynamics.compile(optimizer=adam(FIELD_RATE, steps), jit_compile=training.jit(dynamics, steps))
    return training.fit(
        dynamics, inputs, path.with_stem(path.stem + FIELD), epochs=epochs,
        batch_size=FIELD_BATCH_SIZE, seed=seed, progress=progress and f"{progress}: F",
    )  # fmt: skip


def _tune(model, ensemble, path, epochs, seed, progress):
    # The code is the mean, so the loss does not depend on the variance.
    for layer in model.encoder.layers:
        layer.trainable = layer.name != "z_log_var"
    rng, density = generator(seed, "tuning pairs"), ensemble.density.values
    count, times = density.shape[:2]
    pairs = drawn_pairs(count, times, rng)
    weight = weights(ensemble)[pairs.realisation, pairs.end, None]
    inputs = (*ends(ensemble, density, pairs, model.parameters), weight)
    steps = training.steps(len(weight), epochs, BATCH_SIZE)
    model.compile(optimizer=adam(TUNING_RATE, steps), jit_compile=training.jit(model, steps))
    return training.fit(
        model, inputs, path, epochs=epochs, batch_size=BATCH_SIZE, seed=seed, progress=progress
    )


def _copy(network):
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy
