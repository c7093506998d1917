"""Laws on the latent space, to draw from in place of the prior: fit, sample, log-density.

Codes are arrays (realisations, latents).
"""

import numpy as np
from scipy import special, stats
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from burgers import checks

COMPONENTS = (1, 3, 10, 30, 100)
WIDTHS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)


class StandardNormal:
    """N(0, I): the prior, and what the report draws from."""

    def fit(self, codes):
        """Take the number of latents from the codes; returns the law."""
        self.latents = checked(codes).shape[1]
        return self

    def sample(self, n, rng):
        """Draw n codes, (n, latents)."""
        return rng.standard_normal((checks.count("n", n), self.latents))

    def log_prob(self, codes):
        """Log-density of each code, (realisations,), in nats."""
        return stats.norm.logpdf(checked(codes)).sum(axis=1)


class Gaussian:
    """N(m, C) with the mean and covariance of the codes."""

    def fit(self, codes):
        """Estimate mean and covariance; returns the law."""
        codes = checked(codes)
        self.mean, self.covariance = codes.mean(axis=0), np.cov(codes, rowvar=False)
        return self

    def sample(self, n, rng):
        """Draw n codes, (n, latents)."""
        return rng.multivariate_normal(self.mean, self.covariance, checks.count("n", n))

    def log_prob(self, codes):
        """Log-density of each code, (realisations,), in nats."""
        return stats.multivariate_normal(self.mean, self.covariance).logpdf(checked(codes))


class Mixture:
    """A mixture of Gaussians with full covariances; their number by held-out likelihood.

    At most `most` codes are used, of which one in five is held out. `scores` keeps the mean
    held-out log-density of each number of components tried.
    """

    def __init__(self, components=COMPONENTS, most=10_000, seed=0):
        self.components, self.most, self.seed = components, most, seed

    def fit(self, codes):
        """Choose the number of components and fit them; returns the law."""
        codes = checked(codes)
        order = np.random.default_rng(self.seed).permutation(len(codes))[: self.most]
        held, kept = np.split(codes[order], [len(order) // 5])
        fitted = {count: self._mixture(count).fit(kept) for count in self.components}
        self.scores = {count: float(mixture.score(held)) for count, mixture in fitted.items()}
        self.mixture = fitted[max(self.scores, key=self.scores.get)]
        return self

    def sample(self, n, rng):
        """Draw n codes, (n, latents)."""
        mixture = self.mixture
        counts = rng.multinomial(checks.count("n", n), mixture.weights_)
        parts = [
            rng.multivariate_normal(mean, covariance, count)
            for mean, covariance, count in zip(
                mixture.means_, mixture.covariances_, counts, strict=True
            )
        ]
        return rng.permutation(np.concatenate(parts))

    def log_prob(self, codes):
        """Log-density of each code, (realisations,), in nats."""
        return self.mixture.score_samples(checked(codes))

    def _mixture(self, count):
        return GaussianMixture(count, init_params="k-means++", random_state=self.seed)


class Parzen:
    """A Gaussian kernel on each code, shaped like the cloud of its neighbours.

        p(z) = mean_i N(z_i, h² C_i)

    C_i is the covariance of the nearest neighbours of z_i, h found by held-out likelihood: the
    manifold Parzen windows of Vincent and Bengio (2003).
    """

    def __init__(self, seed=0):
        self.seed = seed

    def fit(self, codes):
        """Choose the width of the kernels and place them; returns the law."""
        codes = checked(codes)
        order = np.random.default_rng(self.seed).permutation(len(codes))
        held, kept = np.split(codes[order], [min(len(codes) // 5, 300)])
        self._place(kept)
        self.scores = {width: float(self._log_prob(held, width).mean()) for width in WIDTHS}
        self.width = max(self.scores, key=self.scores.get)
        self._place(codes)
        return self

    def sample(self, n, rng):
        """Draw n codes, (n, latents)."""
        picked = rng.integers(len(self.codes), size=checks.count("n", n))
        noise = rng.standard_normal((n, self.codes.shape[1], 1))
        return self.codes[picked] + self.width * (self.roots[picked] @ noise)[..., 0]

    def log_prob(self, codes):
        """Log-density of each code, (realisations,), in nats."""
        return self._log_prob(checked(codes), self.width)

    def _log_prob(self, codes, width):
        normalisation = len(self.codes) * (width * np.sqrt(2 * np.pi)) ** codes.shape[1]
        sums = [self._log_sum(code, width) for code in codes]
        return np.array(sums) - np.log(normalisation)

    def _log_sum(self, code, width):
        standard = np.einsum("ijk,ik->ij", self.inverses, code - self.codes) / width
        return special.logsumexp(-0.5 * np.square(standard).sum(axis=1) - self.log_volumes)

    def _place(self, codes):
        count, latents = codes.shape
        nearest = NearestNeighbors(n_neighbors=min(4 * latents + 2, count)).fit(codes)
        around = codes[nearest.kneighbors(codes, return_distance=False)]
        around = around - around.mean(axis=1, keepdims=True)
        covariance = np.einsum("nki,nkj->nij", around, around) / around.shape[1]
        # Codes that coincide have no neighbourhood to take a shape from.
        covariance += 1e-12 * codes.var(axis=0).sum() * np.eye(latents)
        self.codes, self.roots = codes, np.linalg.cholesky(covariance)
        self.inverses = np.linalg.inv(self.roots)
        self.log_volumes = np.log(np.diagonal(self.roots, axis1=1, axis2=2)).sum(axis=1)


def checked(codes):
    """The codes as a finite float64 array (realisations, latents), or ValueError."""
    codes = checks.finite("codes", codes)
    if codes.ndim != 2 or len(codes) < 2:
        raise ValueError(f"codes has shape {codes.shape}; accepted: (realisations, latents)")
    return codes
