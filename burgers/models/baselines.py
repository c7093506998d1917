"""Baselines of the latent ODE: linear codes, linear dynamics, regression without dynamics.

Codes of trajectories are arrays (realisations, times, numbers). A ValueError names an argument that
is refused, its value and what is accepted; or what is used before its `fit`.
"""

import warnings
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.multioutput import MultiOutputRegressor

from burgers import _checks as checks
from burgers.models import decoding, evaluation, front_decoder, training
from burgers.models._keras import Model, keras, layers, ops, own
from burgers.models.latent_laws import MOST_SEED, fitted
from burgers.models.layers import Constant
from burgers.models.pairs import BATCH_SIZE, numbers, of_trajectories, weights
from burgers.models.training import adam

ONE_SHOT_RATE = 3e-3
# Suffix to the stem of a path while all densities have the same weight.
EVEN = "_even"


class Pod:
    """Proper orthogonal decomposition: the linear code of smallest mean square error.

        ρ ≈ m + Σ_k c_k φ_k,   φ_k the leading eigenvectors of the covariance of the densities

    Modes beyond the rank of the covariance are arbitrary, orthogonal to the others.
    """

    mean: Any = None

    def __init__(self, modes: int) -> None:
        self.modes = checks.count("modes", modes)

    def fit(self, density: ArrayLike) -> Self:
        """Fit mean and modes to at least one density (..., cells); returns itself."""
        density = checks.finite("density", density)
        if density.ndim < 2 or not density.size:
            raise ValueError(f"density has shape {density.shape}; accepted: (realisations, cells)")
        density = density.reshape(-1, density.shape[-1])
        if self.modes > min(density.shape):
            raise ValueError(
                f"modes is {self.modes}; accepted: at most {min(density.shape)}, the smaller of "
                "the numbers of densities and cells"
            )
        count, cells = density.shape
        # NumPy's covariance of a single density is NaN.
        covariance = np.cov(density, rowvar=False) if count > 1 else np.zeros((cells, cells))
        _, vectors = np.linalg.eigh(np.atleast_2d(covariance))
        self.mean, self.basis = density.mean(axis=0), vectors[:, ::-1][:, : self.modes]
        return self

    def encode(self, density: ArrayLike) -> NDArray[np.float64]:
        """Codes (..., modes) of densities (..., cells)."""
        fitted(self, "mean")
        return (_last("density", density, len(self.mean)) - self.mean) @ self.basis

    def decode(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Densities (..., cells) of codes (..., modes)."""
        fitted(self, "mean")
        return self.mean + _last("codes", codes, self.modes) @ self.basis.T

    @own()
    def networks(self) -> tuple[keras.Model, keras.Model]:
        """The decomposition as an encoder and a decoder network, with variances of one."""
        fitted(self, "mean")
        cells = len(self.mean)
        density = layers.Input((cells,), name="density")
        latent = layers.Input((self.modes,), name="latent")
        # Random initial weights, replaced below, would draw from Python's generator.
        encode = layers.Dense(self.modes, name="z_mean", kernel_initializer="zeros")
        decode = layers.Dense(cells, name="x_mean", kernel_initializer="zeros")
        code, decoded = encode(density), decode(latent)
        encode.set_weights([self.basis, -self.mean @ self.basis])
        decode.set_weights([self.basis.T, self.mean])
        log_variance = Constant(0.0, name="z_log_var")(code)
        variance = Constant(1.0, name="x_variance")(decoded)
        return (
            keras.Model(density, [code, log_variance, code], name="encoder"),
            keras.Model(latent, [decoded, variance, decoded], name="decoder"),
        )


class LinearPropagator:
    """Dynamic mode decomposition: linear dynamics of codes by least squares.

        c(t + Δt) = A c(t) + b

    If the codes do not determine A and b, these are the ones of smallest norm. Source: P. J.
    Schmid, Dynamic mode decomposition of numerical and experimental data, J. Fluid Mech. 656, 2010.
    """

    matrix: Any = None

    def fit(self, codes: ArrayLike) -> Self:
        """Fit to codes (realisations, times, numbers) at equally spaced times; returns itself."""
        codes = checks.finite("codes", codes)
        if codes.ndim != 3 or codes.shape[1] < 2 or not codes.size:
            raise ValueError(
                f"codes has shape {codes.shape}; accepted: (realisations, times, numbers), at "
                "least 2 times"
            )
        before, after = (part.reshape(-1, codes.shape[2]) for part in (codes[:, :-1], codes[:, 1:]))
        self.matrix, *_ = np.linalg.lstsq(_with_one(before), after)
        return self

    def forecast(self, code: ArrayLike, steps: int) -> NDArray[np.float64]:
        """Codes (realisations, steps + 1, numbers) from initial ones (realisations, numbers)."""
        fitted(self, "matrix")
        found = [_table("code", code, self.matrix.shape[1])]
        for _ in range(checks.count("steps", steps, least=0)):
            found.append(_with_one(found[-1]) @ self.matrix)
        return np.stack(found, axis=1)


class Regression:
    """Codes as independent Gaussian processes over (t, log Re, a), with fitted kernels.

    Length scales are bounded between 0.05 and 10 std of an input: with too few points for a code,
    the likelihood would otherwise explain it as noise. A constant input is ignored.

    Parameters
    ----------
    points : number of points to fit to, at most; the cost grows with its cube.
    seed : integer.
    """

    process: Any = None

    def __init__(self, points: int, seed: int = 0) -> None:
        self.points = checks.count("points", points)
        self.seed = checks.count("seed", seed, least=0, most=MOST_SEED)

    def fit(self, inputs: ArrayLike, codes: ArrayLike) -> Self:
        """Fit to a random subset of inputs and codes, each (count, numbers); returns itself."""
        inputs, codes = _table("inputs", inputs), _table("codes", codes)
        if len(inputs) != len(codes) or not inputs.size or not codes.size:
            raise ValueError(
                f"codes has shape {codes.shape}; accepted: ({len(inputs)}, numbers), one for each "
                f"of inputs of shape {inputs.shape}, and at least one"
            )
        rng = np.random.default_rng(self.seed)
        picked = rng.choice(len(inputs), min(self.points, len(inputs)), replace=False)
        self.centre, std, self.numbers = inputs.mean(axis=0), inputs.std(axis=0), codes.shape[1]
        self.scale = np.where(np.ptp(inputs, axis=0) > 0, std, 1.0)
        scales = RBF(np.ones(inputs.shape[1]), (0.05, 10.0))
        kernel = ConstantKernel() * scales + WhiteKernel(1e-4, (1e-8, 1.0))
        process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=self.seed)
        with warnings.catch_warnings():
            # A code that does not depend on an input reaches the upper bound of the length scale.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.process = MultiOutputRegressor(process).fit(
                (inputs[picked] - self.centre) / self.scale, codes[picked]
            )
        return self

    def predict(self, inputs: ArrayLike, size: int = 5000) -> NDArray[np.float64]:
        """Mean codes (count, numbers) at inputs (count, numbers), evaluated `size` at a time."""
        fitted(self, "process")
        inputs = (_table("inputs", inputs, len(self.centre)) - self.centre) / self.scale
        firsts = range(0, len(inputs), checks.count("size", size))
        parts = [self.process.predict(inputs[i : i + size]) for i in firsts]
        return np.concatenate([np.zeros((0, self.numbers)), *parts])


@keras.saving.register_keras_serializable("burgers")
class OneShot(Model):
    """A decoder of (t, log Re, a) to densities, without dynamics.

        loss = mean of w (ρ - ρ̂)²

    Inputs: the `numbers` (batch, numbers), and in training the density ρ (batch, cells) and its
    weight w (batch, 1).
    """

    def __init__(self, decoder: keras.Model, **kwargs: Any) -> None:
        super().__init__(**{"name": "one_shot", **kwargs})
        self.decoder = decoder

    def call(self, inputs: Any) -> Any:
        return self.decoder(inputs[0])[0]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        return ops.mean(x[2] * ops.square(x[1] - y_pred))

    def decode(self, numbers: ArrayLike) -> NDArray[np.float32]:
        """Densities (count, cells) float32 of `numbers` (count, numbers)."""
        numbers = evaluation.rows("numbers", numbers, self.decoder.input_shape[1])
        return decoding.means(self.decoder, [numbers])

    def get_config(self) -> dict[str, Any]:
        decoder = keras.saving.serialize_keras_object(self.decoder)
        return {**super().get_config(), "decoder": decoder}

    @classmethod
    @own()
    def from_config(cls, config: dict[str, Any]) -> Self:
        decoder = keras.saving.deserialize_keras_object(config["decoder"])
        return cls(**{**config, "decoder": decoder})

    def fingerprint(self) -> list[Any]:
        """What a training depends on besides the data and the optimiser, for JSON."""
        return [self.decoder.get_config()]

    def reseed(self, *entropy: int) -> None:
        """Do nothing: training draws no noise."""


@own()
def train_one_shot(
    ensemble: xr.Dataset,
    path: Path | str,
    *,
    epochs: int,
    seed: int = 0,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train a `OneShot` and write it to `path`, or resume an interrupted call.

    The decoder is that of a latent ODE. So are the weights of errors in the second half of the
    epochs; with them throughout, the few densities at early times would dominate. ensemble: of
    `trajectories.generate`, on any grid; the other arguments, the result and the errors as in
    `latent_ode.train`.
    """
    with training.alone(path, EVEN) as path:
        inputs = numbers(of_trajectories(ensemble)).astype(np.float32)
        training.asked(len(inputs), epochs, BATCH_SIZE, seed, progress)
        weight = weights(ensemble).reshape(-1, 1)
        density = ensemble.density.values.reshape(len(inputs), -1)
        model = OneShot(
            front_decoder.build_decoder(inputs.shape[1], seed=seed, cells=density.shape[1])
        )
        stages = {path.with_stem(path.stem + EVEN): np.ones_like(weight), path: weight}
        for part, (stage, weight) in enumerate(stages.items()):
            share = (epochs + 1 - part) // 2
            steps = training.steps(len(inputs), share, BATCH_SIZE)
            model.compile(
                optimizer=adam(ONE_SHOT_RATE, steps), jit_compile=training.jit(model, steps)
            )
            history = training.fit(
                model, (inputs, density, weight), stage, epochs=share, seed=seed,
                batch_size=BATCH_SIZE,
                progress=progress and f"{progress}, {('even', 'weighted')[part]}",
            )  # fmt: skip
        training.save(model, history, path)
    return history


def _with_one(codes):
    return np.concatenate([codes, np.ones((len(codes), 1))], axis=1)


def _table(name, value, width=None):
    """The value as a finite array (count, width), any width if None; or ValueError."""
    array = checks.finite(name, value)
    if array.ndim != 2 or array.shape[1] != (array.shape[1] if width is None else width):
        wanted = "numbers" if width is None else width
        raise ValueError(f"{name} has shape {array.shape}; accepted: (count, {wanted})")
    return array


def _last(name, value, width):
    """The value as a finite array (..., width), or ValueError."""
    array = checks.finite(name, value)
    if not array.ndim or array.shape[-1] != width:
        raise ValueError(f"{name} has shape {array.shape}; accepted: (..., {width})")
    return array
