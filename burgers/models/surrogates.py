"""Generative models that are given the random inputs: surrogates of the map to the density.

    ρ = surrogate(y),   y the inputs of a realisation

A sample is the surrogate at given inputs; it draws nothing itself. Every method needs `given`, an
array (realisations, numbers). The inputs are replaced by their ranks, see `fitting.Ranks`.
"""

import tempfile
from math import comb
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.models import fitting, front_decoder, sigma_vae, training
from burgers.models._keras import own
from burgers.models.baselines import ONE_SHOT_RATE, OneShot, Regression
from burgers.models.entrants import PodCodes
from burgers.models.latent_laws import MOST_SEED, fitted, generator
from burgers.models.training import adam

# Polynomials of a higher degree oscillate between the inputs fitted.
MOST_ORDER = 12
# Above so many terms the evaluation takes minutes.
MOST_TERMS = 500
# Below this exponent of the hyperbolic truncation a term depends on one input.
ONE_INPUT = 0.3
DECODERS = {"front": front_decoder.build_decoder, "convolution": sigma_vae.build_decoder}


class _Surrogate:
    """What the three have in common; `_learn` and `_predict` see ranks of the inputs.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if it is used before `fit`.
    """

    cells: int | None = None

    def fit(self, densities: ArrayLike, given: ArrayLike | None = None) -> Self:
        """Fit to densities (realisations, cells) and their inputs (realisations, numbers)."""
        densities, self.cells = fitting.densities(densities), None
        self.ranks = fitting.Ranks().fit(given, len(densities))
        self._learn(densities, self.ranks(given, len(densities)))
        self.cells = densities.shape[1]
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """The densities (n, cells) float64 at inputs (n, numbers), which are required."""
        fitted(self, "cells")
        n = checks.count("n", n)
        generator(rng)
        return self._predict(self.ranks(given, n))

    def _learn(self, densities: Any, uniform: Any) -> None:
        raise NotImplementedError

    def _predict(self, uniform: Any) -> Any:
        raise NotImplementedError


class PolynomialChaos(_Surrogate):
    """Principal components of the density as polynomials of the inputs, by least squares.

        c_k(y) = Σ_j a_kj P_j(u),   P_j products of Legendre polynomials, u the ranks of y

    The polynomials are orthonormal in the distribution of independent inputs. Their total degree is
    the largest with at most a third as many terms as realisations; with many inputs, for which that
    is below 2, each term depends on one input. Needs chaospy: `pip install .[entrants]`. Sources:
    N. Wiener, The homogeneous chaos, Amer. J. Math. 60, 1938; J. Feinberg and H. P. Langtangen,
    Chaospy, J. Comput. Sci. 11, 2015.

    Parameters
    ----------
    share, most : of the principal components, see `entrants.PodCodes`.
    order : the largest degree to use.

    Raises
    ------
    ImportError
        If chaospy is not installed.
    ValueError
        Naming the argument, its value and what is accepted; or if it is used before `fit`.
    """

    def __init__(self, share: float = 0.9999, most: int = 40, *, order: int = MOST_ORDER) -> None:
        self.codes = PodCodes(share, most)
        self.order = checks.count("order", order)

    def _learn(self, densities, uniform):
        try:
            import chaospy
        except ImportError as error:
            raise fitting.missing("chaospy") from error
        order, truncation = _degree(uniform.shape[1], len(uniform), self.order)
        law = chaospy.Iid(chaospy.Uniform(-1, 1), uniform.shape[1])
        self.terms = chaospy.generate_expansion(
            order, law, normed=True, cross_truncation=truncation
        )
        codes = self.codes.fit(densities).encode(densities)
        # Of all solutions, if there are several, the one of smallest norm.
        self.coefficients, *_ = np.linalg.lstsq(self._values(uniform), codes)

    def _predict(self, uniform):
        return self.codes.decode(self._values(uniform) @ self.coefficients)

    def _values(self, uniform):
        return np.stack([np.broadcast_to(v, len(uniform)) for v in self.terms(*uniform.T)], axis=1)


class GaussianProcess(_Surrogate):
    """Principal components of the density as independent Gaussian processes of the inputs.

        c_k(y) = E[GP_k(u) | c_k(y_1), ..., c_k(y_n)],   u the ranks of y

    Source: C. E. Rasmussen and C. K. I. Williams, Gaussian processes for machine learning, MIT
    Press, 2006.

    Parameters
    ----------
    share, most : of the principal components, see `entrants.PodCodes`.
    points : number of realisations to fit to, at most; the cost grows with its cube.
    seed : of their choice, an integer.
    """

    def __init__(
        self, share: float = 0.999, most: int = 20, *, points: int = 500, seed: int = 0
    ) -> None:
        self.codes = PodCodes(share, most)
        self.points = checks.count("points", points)
        self.seed = checks.count("seed", seed, least=0, most=MOST_SEED)

    def _learn(self, densities, uniform):
        codes = self.codes.fit(densities).encode(densities)
        self.regression = Regression(self.points, self.seed).fit(uniform, codes)

    def _predict(self, uniform):
        return self.codes.decode(self.regression.predict(uniform))


class OneShotDecoder(_Surrogate):
    """A network from the inputs to the density, without latents.

        loss = mean of (ρ - ρ̂(u))²,   u the ranks of the inputs

    Adam, with a learning rate that decays from 3e-3 to zero on a cosine.

    Parameters
    ----------
    decoder : "front" for the network of `front_decoder`, "convolution" for that of `sigma_vae`.
    epochs, batch_size, seed : of the training, integers.
    progress : label of the progress bar; None shows none.
    """

    def __init__(
        self,
        decoder: str = "front",
        *,
        epochs: int = 60,
        batch_size: int = 50,
        seed: int = 0,
        progress: str | None = None,
    ) -> None:
        self.build = DECODERS[checks.choice("decoder", decoder, DECODERS)]
        self.epochs = checks.count("epochs", epochs)
        self.batch_size = checks.count("batch_size", batch_size)
        self.seed = checks.count("seed", seed, least=0, most=training.MOST_SEED)
        self.progress = progress

    @own()
    def _learn(self, densities, uniform):
        # The networks start at densities of order one.
        self.centre, self.scale = densities.mean(), densities.std() or 1.0
        target = ((densities - self.centre) / self.scale).astype(np.float32)
        inputs = uniform.astype(np.float32), target, np.ones((len(target), 1), np.float32)
        self.model = OneShot(self.build(uniform.shape[1], seed=self.seed, cells=densities.shape[1]))
        steps = training.steps(len(target), self.epochs, self.batch_size)
        self.model.compile(optimizer=adam(ONE_SHOT_RATE, steps), jit_compile=False)
        with tempfile.TemporaryDirectory() as folder:
            self.history = training.fit(
                self.model, inputs, Path(folder) / "decoder.keras", epochs=self.epochs,
                batch_size=self.batch_size, seed=self.seed, progress=self.progress,
            )  # fmt: skip

    def _predict(self, uniform):
        return self.centre + self.scale * self.model.decode(uniform).astype(np.float64)


def _degree(numbers, realisations, most):
    """Total degree of the polynomials, and the exponent of their hyperbolic truncation."""
    terms = min(realisations // 3, MOST_TERMS)
    total = max(p for p in range(most + 1) if comb(numbers + p, p) <= max(terms, 1))
    if total > 1 or most == 1:
        return max(total, 1), 1.0
    return max(min(most, 3, (terms - 1) // numbers), 1), ONE_INPUT
