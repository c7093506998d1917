"""An autoregressive flow on the latent space, with or without conditions.

    p(z | y) = Π_k p(z_k | z_1, ..., z_{k-1}, y)

Each factor is a mixture of normals, whose weights, means and widths a small network predicts. The
conditional distribution functions map the codes to uniform numbers one latent after another: a
triangular, invertible map. Source: B. Uria, I. Murray and H. Larochelle, RNADE: the real-valued
neural autoregressive density-estimator, NIPS 26, 2013.
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from burgers import _checks as checks
from burgers.models import latent_laws, told
from burgers.models._keras import keras, own
from burgers.models.conditionals import Conditionals
from burgers.models.training import adam

BISECTIONS = 45


class Flow(latent_laws.Law):
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
        codes = latent_laws.checked(codes)
        self._begin(codes)
        self.told = told.Standard().fit(given, len(codes))
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
        """Map ranks in [0, 1] to codes by bisection: the inverse of `to_uniform`."""
        ranks = self._asked("ranks", ranks)
        checks.within("ranks", ranks, 0.0, 1.0)
        given, varies = self._given(given, len(ranks)), self.varies.any()
        return self._whole(
            len(ranks), self._from_uniform(self._varying(ranks), given) if varies else None
        )

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
            ranks[:, k] = _below(codes[:, k], *self.network.conditional(k, codes, given))
        return ranks

    def _from_uniform(self, ranks, given):
        codes = np.zeros_like(ranks)
        for k in range(ranks.shape[1]):
            weight, mean, width = self.network.conditional(k, codes, given)
            low, high = (mean - 9 * width).min(axis=1), (mean + 9 * width).max(axis=1)
            for _ in range(BISECTIONS):
                middle = 0.5 * (low + high)
                small = _below(middle, weight, mean, width) < ranks[:, k]
                low, high = np.where(small, middle, low), np.where(small, high, middle)
            codes[:, k] = 0.5 * (low + high)
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


class NearestConditions:
    """p(z | t) from the codes of the nearest conditions, which a flow carries to t.

        z = F⁻¹(F(z_i | t_i) | t),   i uniform among the nearest of t_1, ..., t_n

    F are the conditional distribution functions of the flow. Their errors at t_i and at a close t
    are almost the same and cancel, so that a rough, quickly fitted flow is good enough.

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
        codes, self.latents = latent_laws.checked(codes), None
        given = told.inputs(given, len(codes), 1)
        order = np.argsort(given[:, 0])
        self.law.fit(codes[order], given[order])
        self.given = given[order, 0]
        self.uniform = self.law.to_uniform(codes[order], given[order])
        self.latents = codes.shape[1]
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Draw n codes, (n, latents) float64, one at each of `given` (n, 1), which is required."""
        latent_laws.fitted(self, "latents")
        n, rng = checks.count("n", n), latent_laws.generator(rng)
        given = told.inputs(given, n, 1)
        nearest = min(self.nearest, len(self.given))
        first = np.searchsorted(self.given, given[:, 0]) - nearest // 2
        picked = first.clip(0, len(self.given) - nearest) + rng.integers(nearest, size=n)
        return self.law.from_uniform(self.uniform[picked], given)


def _below(values, weight, mean, width):
    """Distribution function of each mixture of normals at its value, (realisations,)."""
    return (weight * ndtr((values[:, None] - mean) / width)).sum(axis=1)


# The former name of the class.
Carried = NearestConditions
