"""An autoregressive flow on the latent space, with or without conditions.

    p(z | y) = Π_k p(z_k | z_1, ..., z_{k-1}, y)

Each factor is a mixture of normals, whose weights, means and widths a small network predicts. The
conditional distribution functions map the codes to uniform numbers one latent after another: a
triangular, invertible map. Source: B. Uria, I. Murray and H. Larochelle, RNADE: the real-valued
neural autoregressive density-estimator, NIPS 26, 2013.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import make_lsq_spline

from burgers import _checks as checks
from burgers.models import _quantiles, fitting, latent_laws
from burgers.models._keras import keras, own
from burgers.models.conditionals import Conditionals
from burgers.models.training import adam

# The moving frame is fitted to the moments of so many groups, with a knot for every sixth.
GROUPS, LEAST_IN_GROUP, POINTS_PER_KNOT = 120, 20, 6
# A group's std is at least this part of that of all.
FLAT = 1e-3


class Flow(latent_laws.Distribution):
    """An autoregressive distribution of codes, fitted by maximum likelihood.

    One in ten codes is held out, and the weights of the epoch with the highest held-out likelihood
    are kept. Every method's `given` is an array (realisations, numbers) if the flow was fitted with
    conditions, and None otherwise.

    Parameters
    ----------
    epochs, batch_size : of the fit, integers >= 1.
    peak : initial learning rate of Adam, which decays to zero on a cosine.
    seed : integer.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if it is used before `fit`.
    """

    def __init__(
        self, epochs: int = 60, batch_size: int = 500, peak: float = 3e-3, seed: int = 0
    ) -> None:
        self.epochs = checks.count("epochs", epochs)
        self.batch_size = checks.count("batch_size", batch_size)
        self.peak = checks.number("peak", checks.positive("peak", peak))
        self.seed = checks.count("seed", seed, least=0, most=latent_laws.MOST_SEED)

    def fit(self, codes: ArrayLike, given: ArrayLike | None = None) -> Self:
        """Fit to codes, and if conditioned to `given` (realisations, numbers); returns itself."""
        codes = latent_laws.checked_codes(codes)
        self._begin(codes)
        self.told = fitting.Standard().fit(given, len(codes))
        given = self._given(given, len(codes))
        if self.varies.any():
            self._learn(self._varying(codes), given)
        self.latents = codes.shape[1]
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Draw n codes, (n, latents) float64; `given` (n, numbers) if conditioned."""
        latent_laws.fitted(self, "latents")
        n, rng = checks.count("n", n), latent_laws.generator(rng)
        return self.from_uniform(rng.random((n, self.latents)), given)

    def to_uniform(self, codes: ArrayLike, given: ArrayLike | None = None) -> NDArray[np.float64]:
        """Map codes to their conditional ranks in [0, 1], (realisations, latents).

            u_k = P(Z_k <= z_k | z_1, ..., z_{k-1}, y)

        A latent that is constant in all codes fitted has the rank ½.
        """
        codes = self._asked("codes", codes)
        given = self._given(given, len(codes))
        ranks = np.full(codes.shape, 0.5)
        if self.varies.any():
            ranks[:, self.varies] = self._to_uniform(self._varying(codes), given)
        return ranks

    def from_uniform(self, ranks: ArrayLike, given: ArrayLike | None = None) -> NDArray[np.float64]:
        """Map ranks in [0, 1] to codes: the inverse of `to_uniform`."""
        ranks = self._asked("ranks", ranks)
        checks.within("ranks", ranks, 0.0, 1.0)
        given, varies = self._given(given, len(ranks)), self.varies.any()
        return self._whole(
            len(ranks), self._from_uniform(self._varying(ranks), given) if varies else None
        )

    # Former names.
    ranks, at = to_uniform, from_uniform

    def log_prob(self, codes: ArrayLike, given: ArrayLike | None = None) -> NDArray[np.float64]:
        """Log-density of each code, (realisations,), in nats."""
        codes = self._asked("codes", codes)
        given, found = self._given(given, len(codes)), np.zeros(len(codes))
        if self.varies.any():
            found = self._log_density(self._varying(codes), given)
        return self._where_possible(codes, found)

    @own()
    def _learn(self, codes, given):
        self.centre, self.scale = codes.mean(axis=0), codes.std(axis=0)
        order = np.random.default_rng(self.seed).permutation(len(codes))
        inputs = [part[order].astype(np.float32) for part in (self._standard(codes), given)]
        held = max(len(codes) // 10, 1)
        self.network = Conditionals(codes.shape[1], given.shape[1], self.seed)
        steps = self.epochs * -(-(len(codes) - held) // self.batch_size)
        self.network.compile(optimizer=adam(self.peak, steps))
        # Variables created within a training step would have it traced twice.
        self.network([part[:1] for part in inputs])
        self.network.optimizer.build(self.network.trainable_variables)
        self.history = self.network.fit(
            [part[held:] for part in inputs],
            validation_data=([part[:held] for part in inputs],),
            epochs=self.epochs, batch_size=self.batch_size, shuffle=False, verbose=0,
            callbacks=[keras.callbacks.EarlyStopping(
                patience=self.epochs, restore_best_weights=True, start_from_epoch=1)],
        ).history  # fmt: skip

    def _to_uniform(self, codes, given):
        codes = self._standard(codes)
        ranks = np.empty_like(codes)
        for k in range(codes.shape[1]):
            mixture = self.network.conditional(k, codes, given)
            ranks[:, k] = _quantiles.below(codes[:, k], *mixture)
        return ranks

    def _from_uniform(self, ranks, given):
        codes = np.zeros_like(ranks)
        for k in range(ranks.shape[1]):
            weight, mean, width = self.network.conditional(k, codes, given)
            codes[:, k] = _quantiles.quantiles(ranks[:, k], weight, mean, width)
        return self.centre + self.scale * codes

    @own()
    def _log_density(self, codes, given):
        inputs = [part.astype(np.float32) for part in (self._standard(codes), given)]
        return np.asarray(self.network(inputs)) - np.log(self.scale).sum()

    def _standard(self, codes):
        return (codes - self.centre) / self.scale

    def _given(self, given, count):
        """The conditions, standardised; without any, a column of zeros."""
        found = self.told(given, count)
        return np.zeros((count, 1)) if found is None else found


class MovingFrame:
    """Codes in units of a mean and a std that move with one condition.

        z -> (z - m(t)) / s(t)

    m and log s of each latent are cubic splines, fitted by least squares to the mean and the log
    std of groups of codes with neighbouring conditions. Where conditions are dense the knots are,
    and a gap between them is bridged by one cubic.
    """

    def fit(self, codes: NDArray[Any], given: NDArray[Any]) -> Self:
        """Fit to codes (realisations, latents) in increasing order of `given` (realisations,)."""
        count = min(GROUPS, len(codes) // LEAST_IN_GROUP)
        groups = np.array_split(np.arange(len(codes)), max(count, 1))
        # Conditions that are equal give one point of the splines.
        at, first = np.unique([given[group].mean() for group in groups], return_index=True)
        groups = [groups[k] for k in first]
        mean, spread = (
            np.array([moment(codes[group], axis=0) for group in groups])
            for moment in (np.mean, np.std)
        )
        spread = np.maximum(spread, FLAT * codes.std(axis=0))
        # A latent that never varies is left as it is.
        self.splines = _spline(at, mean), _spline(at, np.log(np.where(spread > 0, spread, 1.0)))
        self.range = at[0], at[-1]
        return self

    def inside(self, codes: NDArray[Any], given: NDArray[Any]) -> NDArray[np.float64]:
        """The codes in the frame at their conditions, (realisations, latents)."""
        mean, scale = self._at(given)
        return (codes - mean) / scale

    def outside(self, codes: NDArray[Any], given: NDArray[Any]) -> NDArray[np.float64]:
        """The inverse of `inside`."""
        mean, scale = self._at(given)
        return mean + scale * codes

    def _at(self, given):
        mean, log_std = (spline(np.clip(given, *self.range)) for spline in self.splines)
        return mean, np.exp(log_std)


class NearestConditions:
    """p(z | t) from the codes of the nearest conditions, which a flow carries to t.

        z = F⁻¹(F(z_i | t_i) | t),   i uniform among the nearest of t_1, ..., t_n

    F are the conditional distribution functions of the flow, in a frame that moves with t. Their
    errors at t_i and at a close t are almost the same and cancel, so that a rough, quickly fitted
    flow is good enough.

    Parameters
    ----------
    law : a `Flow`; `fit` fits it too.
    nearest : number of nearest conditions to choose from.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if it is used before `fit`.
    """

    latents: int | None = None

    def __init__(self, law: Flow, nearest: int) -> None:
        if not isinstance(law, Flow):
            raise ValueError(f"law is {checks.shown(law)}; accepted: a Flow")
        self.law, self.nearest = law, checks.count("nearest", nearest)

    def fit(self, codes: ArrayLike, given: ArrayLike) -> Self:
        """Fit the flow to codes and `given` (realisations, 1), rank all codes; returns itself."""
        codes, self.latents = latent_laws.checked_codes(codes), None
        given = fitting.inputs(given, len(codes), 1)
        order = np.argsort(given[:, 0])
        codes, given = codes[order], given[order]
        self.given = given[:, 0]
        self.frame = MovingFrame().fit(codes, self.given)
        inside = self.frame.inside(codes, self.given)
        self.uniform = self.law.fit(inside, given).to_uniform(inside, given)
        self.latents = codes.shape[1]
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Draw n codes, (n, latents) float64, one at each of `given` (n, 1), which is required."""
        latent_laws.fitted(self, "latents")
        n, rng = checks.count("n", n), latent_laws.generator(rng)
        given = fitting.inputs(given, n, 1)
        first, nearest = self._first(given[:, 0])
        return self._carried(first + rng.integers(nearest, size=n), given)

    def support(self, given: float) -> NDArray[np.float64]:
        """All codes that `sample` draws from at one condition, (nearest, latents)."""
        latent_laws.fitted(self, "latents")
        given = np.full((1, 1), checks.number("given", given))
        first, nearest = self._first(given[:, 0])
        return self._carried(first + np.arange(nearest), np.repeat(given, nearest, axis=0))

    def _first(self, given):
        """Where the nearest conditions begin, and how many they are."""
        nearest = min(self.nearest, len(self.given))
        first = np.searchsorted(self.given, given) - nearest // 2
        return first.clip(0, len(self.given) - nearest), nearest

    def _carried(self, picked, given):
        inside = self.law.from_uniform(self.uniform[picked], given)
        return self.frame.outside(inside, given[:, 0])


def _spline(at, values):
    """A least-squares cubic spline through values (points, numbers); of few, a polynomial."""
    degree = min(3, len(at) - 1)
    inner = np.linspace(0, len(at) - 1, len(at) // POINTS_PER_KNOT + 2)[1:-1].astype(int)
    # A single point needs an interval of some length for its constant.
    ends = np.repeat([[at[0]], [at[-1] + (degree == 0)]], degree + 1, axis=1)
    return make_lsq_spline(at, values, np.concatenate([ends[0], at[inner], ends[1]]), degree)


# The former name of the class.
Carried = NearestConditions
