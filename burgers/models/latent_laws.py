"""Distributions on the latent space that replace the prior: fitted, sampled and evaluated.

Codes are arrays (realisations, latents).
"""

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from burgers import _checks as checks
from burgers._compiled import forkable

COMPONENTS = (1, 3, 10, 30, 100)
WIDTHS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
# A principal variance below this fraction of the largest is taken as zero.
FLAT = 1e-13
# So many codes and kernels at once, which bounds the memory. In more than so many dimensions a tree
# finds neighbours more slowly than a comparison of all pairs.
TOGETHER, MOST_FOR_TREES = 300, 6
# The largest seed of scikit-learn.
MOST_SEED = 2**32 - 1


class Distribution:
    """A distribution of codes; subclasses define how it is fitted, sampled and evaluated.

    A latent that is constant over all codes is sampled as that constant. The log-density is that of
    the other latents, and -inf for a code whose constant latents differ.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if it is used before `fit`.
    """

    # Number of latents of the codes that it was fitted to.
    latents: Any = None

    @forkable
    def fit(self, codes: ArrayLike) -> Self:
        """Fit to at least two codes; returns the distribution itself."""
        codes = checked_codes(codes)
        self._begin(codes)
        if self.varies.any():
            self._fit(self._varying(codes))
        self.latents = codes.shape[1]
        return self

    def sample(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw n codes, (n, latents) float64."""
        fitted(self, "latents")
        n, rng = checks.count("n", n), generator(rng)
        return self._whole(n, self._sample(n, rng) if self.varies.any() else None)

    def log_prob(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Log-density of each code, (realisations,), in nats."""
        codes = self._asked("codes", codes)
        varies = self.varies.any()
        found = self._log_prob(self._varying(codes)) if varies else np.zeros(len(codes))
        return self._where_possible(codes, found)

    def _fit(self, codes: Any) -> None:
        raise NotImplementedError

    def _sample(self, n: int, rng: np.random.Generator) -> Any:
        raise NotImplementedError

    def _log_prob(self, codes: Any) -> Any:
        raise NotImplementedError

    def _begin(self, codes):
        """Record which latents vary, and the values of the others."""
        self.latents = None
        self.same = codes[0].copy()
        # The std of equal numbers may be a rounding error, and that of close ones may vanish.
        self.varies = (codes.min(axis=0) < codes.max(axis=0)) & (codes.std(axis=0) > 0)

    def _asked(self, name, values):
        """The values as a finite array of at least one realisation; or ValueError."""
        fitted(self, "latents")
        values = checks.finite(name, values)
        if values.ndim != 2 or values.shape[1] != self.latents or not len(values):
            raise ValueError(
                f"{name} has shape {values.shape}; accepted: (realisations, {self.latents})"
            )
        return values

    def _varying(self, codes):
        return codes if self.varies.all() else codes[:, self.varies]

    def _whole(self, n, varying):
        """Codes (n, latents) from the latents that vary, the constant ones added."""
        if self.varies.all():
            return varying
        codes = np.tile(self.same, (n, 1))
        if varying is not None:
            codes[:, self.varies] = varying
        return codes

    def _where_possible(self, codes, found):
        if self.varies.all():
            return found
        same = np.isclose(codes, self.same, rtol=1e-6)[:, ~self.varies].all(axis=1)
        return np.where(same, found, -np.inf)


class StandardNormal(Distribution):
    """N(0, I), the prior, from which the report samples. Only the number of latents is fitted."""

    def _begin(self, codes):
        super()._begin(codes)
        self.varies[:] = True

    def _fit(self, codes):
        pass

    def _sample(self, n, rng):
        return rng.standard_normal((n, self.latents))

    def _log_prob(self, codes):
        return stats.norm.logpdf(codes).sum(axis=1)


class Gaussian(Distribution):
    """N(m, C) with the mean and covariance of the codes.

    If the codes lie in a subspace, so do the samples, and the log-density is that on the subspace,
    -inf off it.
    """

    def _fit(self, codes):
        self.mean, self.covariance = codes.mean(axis=0), np.atleast_2d(np.cov(codes, rowvar=False))

    def _sample(self, n, rng):
        variance, axes = np.linalg.eigh(self.covariance)
        flat = variance <= FLAT * variance[-1]
        if not flat.any():
            return rng.multivariate_normal(self.mean, self.covariance, n)
        # The square root of a rounding error would lead far from the subspace.
        deviation = np.sqrt(np.where(flat, 0.0, variance))
        return self.mean + (deviation * rng.standard_normal((n, len(deviation)))) @ axes.T

    def _log_prob(self, codes):
        law = stats.multivariate_normal(self.mean, self.covariance, allow_singular=True)
        return np.atleast_1d(law.logpdf(codes))


class Mixture(Distribution):
    """A mixture of Gaussians with full covariances, their number chosen by held-out likelihood.

    Parameters
    ----------
    components : the numbers to choose from.
    most : at most so many codes are used; one in five is held out.
    seed : integer.

    Attributes
    ----------
    scores : mean held-out log-density by number of components; numbers above that of the different
        codes to fit are not tried.
    """

    def __init__(
        self, components: ArrayLike = COMPONENTS, most: int = 10_000, seed: int = 0
    ) -> None:
        counts = np.ravel(components).tolist()
        self.components = [checks.count("components", count) for count in counts]
        self.most = checks.count("most", most, least=2)
        self.seed = checks.count("seed", seed, least=0, most=MOST_SEED)

    def _fit(self, codes):
        order = np.random.default_rng(self.seed).permutation(len(codes))[: self.most]
        held, kept = np.split(codes[order], [max(len(order) // 5, 1)])
        # A mixture needs at least two codes.
        kept = kept if len(kept) > 1 else codes[order]
        distinct = len(np.unique(kept, axis=0))
        tried = [count for count in self.components if count <= distinct]
        if not tried:
            raise ValueError(
                f"components is {self.components}; accepted: at least one number of components "
                f"that is at most {distinct}, of as many different codes"
            )
        fitted = {count: self._mixture(count, kept) for count in tried}
        self.scores = {count: float(mixture.score(held)) for count, mixture in fitted.items()}
        self.mixture = fitted[max(self.scores, key=lambda count: self.scores[count])]

    def _sample(self, n, rng):
        mixture = self.mixture
        counts = rng.multinomial(n, mixture.weights_)
        parts = [
            rng.multivariate_normal(mean, covariance, count, check_valid="ignore")
            for mean, covariance, count in zip(
                mixture.means_, mixture.covariances_, counts, strict=True
            )
        ]
        return rng.permutation(np.concatenate(parts))

    def _log_prob(self, codes):
        return self.mixture.score_samples(codes)

    def _mixture(self, count, codes):
        mixture = GaussianMixture(count, init_params="k-means++", random_state=self.seed)
        with warnings.catch_warnings():
            # A fit short of the maximum is judged by the held-out codes like any other.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return mixture.fit(codes)


class ManifoldParzen(Distribution):
    """Manifold Parzen windows: a Gaussian kernel on each code, shaped like its neighbourhood.

        p(z) = mean_i N(z; z_i, h² C_i)

    C_i is the covariance of the nearest neighbours of z_i, and h is chosen by held-out likelihood;
    `scores` has the mean held-out log-density by h. Source: P. Vincent and Y. Bengio, Manifold
    Parzen windows, NIPS 15, 2003.
    """

    def __init__(self, seed: int | np.random.SeedSequence = 0) -> None:
        self.seed = checks.seed("seed", seed)

    def _fit(self, codes):
        order = np.random.default_rng(self.seed).permutation(len(codes))
        held, kept = np.split(codes[order], [np.clip(len(codes) // 5, 1, 300)])
        # Codes that coincide have a neighbourhood of no extent.
        self.least = 1e-12 * codes.var(axis=0).sum()
        self._place(kept)
        tried = self._log_densities(held, WIDTHS).mean(axis=0)
        self.scores = dict(zip(WIDTHS, tried.tolist(), strict=True))
        self.width = max(self.scores, key=lambda width: self.scores[width])
        self._place(codes)

    def _sample(self, n, rng):
        picked = rng.integers(len(self.codes), size=n)
        noise = rng.standard_normal((n, self.codes.shape[1], 1))
        return self.codes[picked] + self.width * (self.roots[picked] @ noise)[..., 0]

    def _log_prob(self, codes):
        return self._log_densities(codes, [self.width])[:, 0]

    def _log_densities(self, codes, widths):
        """Log-densities (realisations, widths) for kernels of each of some widths."""
        volume = (np.asarray(widths) * np.sqrt(2 * np.pi)) ** codes.shape[1]
        sums = [self._log_sums(part, widths) for part in _split(codes)]
        return np.concatenate(sums) - np.log(len(self.codes) * volume)

    def _log_sums(self, codes, widths):
        kernels = zip(_split(self.inverses), _split(self.codes), strict=True)
        away = (inverse @ (codes.T - centre[..., None]) for inverse, centre in kernels)
        square = np.concatenate([np.square(part).sum(axis=1) for part in away])
        exponents = (-0.5 * square / width**2 - self.log_volumes[:, None] for width in widths)
        return np.stack([special.logsumexp(each, axis=0) for each in exponents], axis=1)

    def _place(self, codes):
        count, latents = codes.shape
        search = "kd_tree" if latents <= MOST_FOR_TREES else "brute"
        nearest = NearestNeighbors(n_neighbors=min(4 * latents + 2, count), algorithm=search)
        around = codes[nearest.fit(codes).kneighbors(codes, return_distance=False)]
        around = around - around.mean(axis=1, keepdims=True)
        covariance = np.einsum("nki,nkj->nij", around, around) / around.shape[1]
        covariance += self.least * np.eye(latents)
        self.codes, self.roots = codes, np.linalg.cholesky(covariance)
        self.inverses = np.linalg.inv(self.roots)
        self.log_volumes = np.log(np.diagonal(self.roots, axis1=1, axis2=2)).sum(axis=1)


def _split(rows):
    return [rows[first : first + TOGETHER] for first in range(0, len(rows), TOGETHER)]


def checked_codes(codes: ArrayLike) -> Any:
    """The codes as a finite float64 array (realisations, latents), or ValueError."""
    codes = checks.finite("codes", codes)
    if codes.ndim != 2 or len(codes) < 2:
        raise ValueError(f"codes has shape {codes.shape}; accepted: (realisations, latents)")
    return codes


def fitted(owner: object, attribute: str) -> None:
    """ValueError unless `fit` has set an attribute of the owner."""
    if getattr(owner, attribute, None) is None:
        name = type(owner).__name__
        raise ValueError(f"{name} is not fitted; accepted: one whose `fit` was called before")


def generator(rng: np.random.Generator) -> np.random.Generator:
    """The generator itself, if it is NumPy's; or ValueError."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {checks.shown(rng)}; accepted: a numpy.random.Generator")
    return rng


# The former name of the class.
Parzen = ManifoldParzen
