"""What a reduced model must beat: linear codes, linear dynamics, regression without dynamics.

Codes of trajectories are arrays (realisations, times, numbers).
"""

import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.multioutput import MultiOutputRegressor

from burgers import checks, fronts, reduced, training
from burgers.cases import STEP
from burgers.vae import Constant, adam, compiled, keras, layers, ops

ONE_SHOT_RATE = 3e-3


class Pod:
    """Proper orthogonal decomposition: the linear code of smallest mean square error.

    ρ ≈ m + Σ_k c_k φ_k,   φ_k the leading eigenvectors of the covariance of the densities
    """

    def __init__(self, modes):
        self.modes = checks.count("modes", modes)

    def fit(self, density):
        """Take mean and modes from densities (..., cells); returns itself."""
        density = checks.finite("density", density)
        density = density.reshape(-1, density.shape[-1])
        if self.modes > min(density.shape):
            raise ValueError(
                f"modes is {self.modes}; accepted: at most {min(density.shape)}, the smaller of "
                "the numbers of densities and cells"
            )
        self.mean = density.mean(axis=0)
        _, vectors = np.linalg.eigh(np.cov(density, rowvar=False))
        self.basis = vectors[:, ::-1][:, : self.modes]
        return self

    def encode(self, density):
        """Codes (..., modes) of densities (..., cells)."""
        return (density - self.mean) @ self.basis

    def decode(self, codes):
        """Densities (..., cells) of codes (..., modes)."""
        return self.mean + codes @ self.basis.T

    def networks(self):
        """The same as an encoder and a decoder, whose variances are one."""
        cells = len(self.mean)
        density = layers.Input((cells,), name="density")
        latent = layers.Input((self.modes,), name="latent")
        encode = layers.Dense(self.modes, name="z_mean")
        decode = layers.Dense(cells, name="x_mean")
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
    """c(t + dt) = A c(t) + b by least squares over trajectories: dynamic mode decomposition.

    Source: P. J. Schmid, 2010.
    """

    def fit(self, codes):
        """Fit to codes (realisations, times, numbers) at equally spaced times; returns itself."""
        codes = checks.finite("codes", codes)
        if codes.ndim != 3 or codes.shape[1] < 2:
            raise ValueError(
                f"codes has shape {codes.shape}; accepted: (realisations, times, numbers), at "
                "least 2 times"
            )
        before, after = (part.reshape(-1, codes.shape[2]) for part in (codes[:, :-1], codes[:, 1:]))
        self.matrix, *_ = np.linalg.lstsq(_with_one(before), after)
        return self

    def forecast(self, code, steps):
        """Codes (realisations, steps + 1, numbers) from those (realisations, numbers) on."""
        found = [code]
        for _ in range(steps):
            found.append(_with_one(found[-1]) @ self.matrix)
        return np.stack(found, axis=1)


class Regression:
    """Codes as Gaussian processes over (t, log Re, a), each with a kernel of its own, learned.

    Length scales are held within 0.05 and 10 std of an input: where points are too few for a code,
    the likelihood would rather call it noise.
    """

    def __init__(self, points, seed=0):
        self.points, self.seed = checks.count("points", points), seed

    def fit(self, inputs, codes):
        """Fit to a random choice of inputs (count, numbers) and their codes (count, numbers)."""
        rng = np.random.default_rng(self.seed)
        picked = rng.choice(len(inputs), min(self.points, len(inputs)), replace=False)
        self.centre, self.scale = inputs.mean(axis=0), inputs.std(axis=0)
        scales = RBF(np.ones(inputs.shape[1]), (0.05, 10.0))
        kernel = ConstantKernel() * scales + WhiteKernel(1e-4, (1e-8, 1.0))
        process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=self.seed)
        with warnings.catch_warnings():
            # A code that does not depend on an input takes the largest length scale.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.process = MultiOutputRegressor(process).fit(
                (inputs[picked] - self.centre) / self.scale, codes[picked]
            )
        return self

    def predict(self, inputs, size=5000):
        """The mean codes (count, numbers) at inputs, evaluated `size` at a time."""
        inputs = (inputs - self.centre) / self.scale
        parts = [self.process.predict(inputs[i : i + size]) for i in range(0, len(inputs), size)]
        return np.concatenate(parts)


@keras.saving.register_keras_serializable("burgers")
class OneShot(keras.Model):
    """A decoder of (t, log Re, a), without dynamics: `numbers` in, densities out.

    In training the inputs are these numbers (batch, numbers), the density and its weight
    (batch, 1), as of a reduced model.
    """

    def __init__(self, decoder, **kwargs):
        super().__init__(**{"name": "one_shot", **kwargs})
        self.decoder = decoder

    def call(self, inputs):
        return self.decoder(inputs[0])[0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(x[2] * ops.square(x[1] - y_pred))

    def decode(self, numbers):
        """Densities (count, cells) float32 of numbers (count, numbers)."""
        return compiled(self.decoder, [np.asarray(numbers, dtype=np.float32)])[0]

    def get_config(self):
        decoder = keras.saving.serialize_keras_object(self.decoder)
        return {**super().get_config(), "decoder": decoder}

    @classmethod
    def from_config(cls, config):
        decoder = keras.saving.deserialize_keras_object(config["decoder"])
        return cls(**{**config, "decoder": decoder})

    def recipe(self):
        """What the result of a training depends on, besides the data and the optimiser."""
        return [self.decoder.get_config()]

    def reseed(self, *entropy):
        """Nothing here is random."""


def train_one_shot(ensemble, path, *, epochs, seed=0, progress=None):
    """Train a `OneShot` and write it to `path`, or take up where a stopped call left off.

    The decoder and, in the second half of the epochs, the weights are those of a reduced model: all
    the while they would let the few densities of the first times rule. ensemble: of
    `trajectories.generate`; the rest and the result as in `reduced.train`.
    """
    inputs = numbers(ensemble).astype(np.float32)
    density = ensemble.density.values.reshape(len(inputs), -1)
    path, model = Path(path), OneShot(fronts.build_decoder(inputs.shape[1], seed=seed))
    stages = {
        path.with_stem(f"{path.stem}_even"): np.ones((len(inputs), 1), np.float32),
        path: reduced.weights(ensemble).reshape(-1, 1),
    }
    for part, (stage, weight) in enumerate(stages.items()):
        share = (epochs + 1 - part) // 2
        steps = training.steps(len(inputs), share, reduced.BATCH_SIZE)
        model.compile(optimizer=adam(ONE_SHOT_RATE, steps), jit_compile=False)
        history = training.fit(
            model, (inputs, density, weight), stage, epochs=share, batch_size=reduced.BATCH_SIZE,
            seed=seed, progress=progress and f"{progress}, {('even', 'weighted')[part]}",
        )  # fmt: skip
    training.save(model, history, path)
    return history


def numbers(ensemble):
    """(t, log Re) and where random a of every density, each about two wide, (count, numbers)."""
    n, times = len(ensemble.reynolds), len(ensemble.time)
    constant = [reduced.standard(ensemble.reynolds.values)]
    if "step" in ensemble.coords:
        constant.append(2.0 * (ensemble.step.values[:, None] - np.mean(STEP)) / np.ptp(STEP))
    time = np.tile(ensemble.time.values, n)[:, None]
    repeated = (np.repeat(column, times, axis=0) for column in constant)
    return np.concatenate([2.0 * time - 1.0, *repeated], axis=1)


def _with_one(codes):
    return np.concatenate([codes, np.ones((len(codes), 1))], axis=1)
