"""Latent ordinary differential equations: encode once, integrate in time, decode when needed.

    z(t0) = E(ρ(t0)),   dz/dt = F(z, θ),   ρ(t) = D(z(t))

θ is constant along a trajectory and need not be determined by the density: log Re.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.models import evaluation, front_decoder, latent_field, sigma_vae, training
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
# What the stem of a path has behind it while F is trained alone.
FIELD = "_field"
# Pairs of times of each trajectory that F is first fitted to, for each time of its grid.
PAIRS = 4


@keras.saving.register_keras_serializable("burgers")
class Reduced(Model):
    """Encoder, field and decoder, trained as one on pairs of densities of the same trajectory.

    Inputs: density (batch, cells), duration (batch, 1), parameters (batch, parameters) and in
    training the density to arrive at and the weight of its square error (batch, 1).
    """

    parts = ("encoder", "field", "decoder")

    def __init__(self, encoder, field, decoder, **kwargs):
        super().__init__(**{"name": "reduced", **kwargs})
        self.encoder, self.field, self.decoder = encoder, field, decoder
        self.dynamics = Dynamics(field)

    @property
    def parameters(self) -> int:
        """Whether F depends on log Re: 1, or 0 where Re is withheld."""
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

    def encode(self, density: ArrayLike) -> Any:
        """Posterior mean and log-variance of each density, two (realisations, latents) arrays."""
        return tuple(
            evaluate_compiled(
                self.encoder, [evaluation.in_memory(density, self.encoder.inputs[0].shape[1])]
            )[:2]
        )

    def advance(
        self, codes: ArrayLike, durations: ArrayLike, reynolds: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Codes after each of some durations, (realisations, durations, latents).

        codes (realisations, latents), durations (durations,) >= 0, Re (realisations,) unless it is
        withheld.
        """
        codes = evaluation.rows("codes", codes, self.field.output_shape[1])
        durations = np.atleast_1d(checks.non_negative("durations", durations))
        if durations.ndim != 1:
            raise ValueError(f"durations has shape {durations.shape}; accepted: (durations,)")
        parameters = self._parameters(reynolds, len(codes))
        inputs = [
            np.repeat(codes, len(durations), axis=0),
            np.tile(durations, len(codes))[:, None],
            np.repeat(parameters, len(durations), axis=0),
        ]
        (found,) = evaluate_compiled(self.dynamics, [part.astype(np.float32) for part in inputs])
        return found.reshape(len(codes), len(durations), codes.shape[1])

    def decode(self, codes: ArrayLike) -> NDArray[Any]:
        """Densities (..., cells) of codes (..., latents), float32."""
        codes, latents = checks.finite("codes", codes, np.float32), self.decoder.input_shape[1]
        if not codes.ndim or codes.shape[-1] != latents:
            raise ValueError(f"codes has shape {codes.shape}; accepted: (..., {latents})")
        (found,) = evaluate_compiled(self.decoder, [codes.reshape(-1, latents)])[:1]
        return found.reshape(*codes.shape[:-1], found.shape[1])

    def forecast(
        self, density: ArrayLike, durations: ArrayLike, reynolds: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Densities (realisations, durations, cells) that grow out of given ones.

        density (realisations, cells); durations, reynolds: as in `advance`.
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
    def from_config(cls, config: dict[str, Any]) -> Any:
        built = {part: keras.saving.deserialize_keras_object(config[part]) for part in cls.parts}
        return cls(**{**config, **built})

    def fingerprint(self) -> list[Any]:
        """What the result of a training depends on, besides the data and the optimiser."""
        # It starts from weights that were trained before.
        start = hashlib.sha256(b"".join(np.asarray(w).tobytes() for w in self.get_weights()))
        parts = [part.get_config() for part in (self.encoder, self.field, self.decoder)]
        return [*parts, latent_field.STEPS, latent_field.GRADING, start.hexdigest()]

    def reseed(self, *entropy: int) -> None:
        """Nothing here is random."""


@own()
def train_codes(
    ensemble: xr.Dataset,
    path: Path | str,
    *,
    latents: int,
    epochs: int,
    seed: int = 0,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train a σ-VAE of fronts on the densities of trajectories, whatever their times.

    ensemble: of `trajectories.generate`; the rest and the result as in `sigma_vae.train`.
    """
    density = of_trajectories(ensemble).density.values
    return sigma_vae.train(
        density.reshape(-1, density.shape[2]), path,
        latents=latents, epochs=epochs, batch_size=BATCH_SIZE, seed=seed, progress=progress,
        networks=(front_decoder.build_encoder, front_decoder.build_decoder),
    )  # fmt: skip


@own()
def train(
    ensemble: xr.Dataset,
    networks: Any,
    path: Path | str,
    *,
    field_epochs: int,
    epochs: int = 0,
    parameters: bool = True,
    seed: int = 0,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train a `Reduced` model and write it to `path`, or take up where a stopped call left off.

    First F alone, on pairs of codes of the same trajectory, its error in units of the posterior's
    std: dz/dt = F(z, θ) from t0 to t, a third of the pairs from t0 = 0. Then encoder, F and decoder
    as one, on pairs of densities, with the `weights`.

    Parameters
    ----------
    ensemble : of `trajectories.generate`.
    networks : trained encoder and decoder, as of a `SigmaVAE`; they are left as they are.
    path : where to write the `.keras` file; its history goes beside it as `<stem>_history.csv`.
    field_epochs, epochs : of the first and of the second stage; without the second the networks
        are kept.
    parameters : whether F depends on log Re.
    seed : integer.
    progress : label of the progress bar; None shows none.

    Returns
    -------
    pandas.DataFrame of epoch and loss, of the last stage.

    Raises
    ------
    ValueError, OSError
        Those of `sigma_vae.train`.
    """
    with training.alone(path, FIELD) as path:
        # As early as any other bad input.
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
    """The model of copies of an encoder and a decoder, with a new F; ValueError names networks."""
    pair = isinstance(networks, list | tuple) and len(networks) == 2
    if not pair or not all(isinstance(network, keras.Model) for network in networks):
        raise ValueError(f"networks is {checks.shown(networks)}; accepted: encoder and decoder")
    shapes = [networks[0].input_shape, networks[0].outputs[0].shape, networks[1].input_shape]
    if shapes[0] != (None, cells) or shapes[1] != shapes[2]:
        raise ValueError(
            f"networks has the shapes {shapes}; accepted: (None, {cells}) of the encoder, and as "
            "many latents as go into the decoder, neither of them conditioned"
        )
    encoder, decoder = map(_copy, networks)
    model = Reduced(encoder, build_field(decoder.input_shape[1], parameters, seed), decoder)
    model([np.zeros((1, size), dtype=np.float32) for size in (cells, 1, model.parameters)])
    return model


def _fit_field(model, ensemble, path, epochs, seed, progress):
    rng, density = generator(seed, "field pairs"), ensemble.density.values
    mean, log_variance = model.encode(density.reshape(-1, density.shape[2]))
    codes = mean.reshape(*density.shape[:2], -1)
    drawn = [drawn_pairs(*density.shape[:2], rng) for _ in range(PAIRS)]
    parts = zip(*(ends(ensemble, codes, pairs, model.parameters) for pairs in drawn), strict=True)
    inputs = tuple(np.concatenate(part) for part in parts)
    dynamics = Dynamics(model.field, np.exp(0.5 * np.median(log_variance, axis=0)))
    epochs = -(-epochs // PAIRS)
    steps = training.steps(len(inputs[0]), epochs, FIELD_BATCH_SIZE)
    dynamics.compile(optimizer=adam(FIELD_RATE, steps), jit_compile=False)
    return training.fit(
        dynamics, inputs, path.with_stem(path.stem + FIELD), epochs=epochs,
        batch_size=FIELD_BATCH_SIZE, seed=seed, progress=progress and f"{progress}: F",
    )  # fmt: skip


def _tune(model, ensemble, path, epochs, seed, progress):
    # The mean is the code; no loss sees the variance any more.
    for layer in model.encoder.layers:
        layer.trainable = layer.name != "z_log_var"
    rng, density = generator(seed, "tuning pairs"), ensemble.density.values
    pairs = drawn_pairs(*density.shape[:2], rng)
    weight = weights(ensemble)[pairs.realisation, pairs.end, None]
    inputs = (*ends(ensemble, density, pairs, model.parameters), weight)
    steps = training.steps(len(weight), epochs, BATCH_SIZE)
    model.compile(optimizer=adam(TUNING_RATE, steps), jit_compile=False)
    return training.fit(
        model, inputs, path, epochs=epochs, batch_size=BATCH_SIZE, seed=seed, progress=progress
    )


def _copy(network):
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy
