"""Random numbers and random Fourier series, of which published initial densities are made."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StandardNormals:
    """Vectors of independent standard normal numbers."""

    components: int

    def rvs(self, size: int, random_state: np.random.Generator) -> Floats:
        """Independent draws, (size, components)."""
        return random_state.standard_normal((size, self.components))

    def ppf(self, q: ArrayLike) -> Floats:
        """The inverse of the distribution function, of each component."""
        return ndtri(q)


@dataclass(frozen=True)
class Uniforms:
    """Vectors of independent numbers, uniform on one interval."""

    components: int
    low: float = 0.0
    high: float = 1.0

    def rvs(self, size: int, random_state: np.random.Generator) -> Floats:
        """Independent draws, (size, components)."""
        return random_state.uniform(self.low, self.high, (size, self.components))

    def ppf(self, q: ArrayLike) -> Floats:
        """The inverse of the distribution function, of each component."""
        return self.low + (self.high - self.low) * np.asarray(q)


@dataclass(frozen=True)
class Among:
    """One of several numbers, or a vector of independent ones.

    values : increasing. shares : their probabilities, equal if None. components : of a vector, 0
    for a number.
    """

    values: tuple[float, ...]
    shares: tuple[float, ...] | None = None
    components: int = 0

    def rvs(self, size: int, random_state: np.random.Generator) -> Floats:
        """Independent draws, (size,) or (size, components)."""
        shape: Any = (size, self.components) if self.components else size
        return self.ppf(random_state.uniform(size=shape))

    def ppf(self, q: ArrayLike) -> Floats:
        """The inverse of the distribution function, of each component."""
        shares = self.shares or (1.0 / len(self.values),) * len(self.values)
        place = np.searchsorted(np.cumsum(shares), np.asarray(q), side="left")
        return np.asarray(self.values, float)[np.minimum(place, len(self.values) - 1)]


@dataclass(frozen=True)
class GaussianField:
    """Cell averages of a periodic Gaussian random field of mean zero.

        u ~ N(0, σ² (-Δ + τ²)^-γ),   u(x) = √2 σ Σₖ (4π²k² + τ²)^(-γ/2) (aₖ cos 2πkx + bₖ sin 2πkx)

    Attributes
    ----------
    scale, shift, decay : σ, τ and γ.
    modes : k = 1, ..., modes; the mean is zero.

    Source: the script GRF1.m of Z. Li et al. (2021), Fourier neural operator.
    """

    scale: float
    shift: float
    decay: float
    modes: int

    def __call__(self, cells: int, normals: ArrayLike) -> Floats:
        """Cell averages (realisations, cells) from a and b side by side (realisations, 2 modes)."""
        k = np.arange(1, self.modes + 1)
        amplitude = (4 * np.pi**2 * k**2 + self.shift**2) ** (-self.decay / 2)
        return fourier(cells, np.sqrt(2.0) * self.scale * np.tile(amplitude, 2) * normals)


def fourier(cells: int, coefficients: ArrayLike) -> Floats:
    """Exact cell averages of Σₖ aₖ cos 2πkx + bₖ sin 2πkx.

    coefficients : a and b side by side, (realisations, 2 modes), k from 1. The result is
    (realisations, cells).
    """
    coefficients = np.asarray(coefficients)
    modes = coefficients.shape[1] // 2
    # On this many cells no two modes are the same.
    fold = 2 * modes // cells + 1
    fine = cells * fold
    k = np.arange(1, modes + 1)
    spectrum = np.zeros((len(coefficients), fine // 2 + 1), dtype=complex)
    values = 0.5 * (coefficients[:, :modes] - 1j * coefficients[:, modes:])
    spectrum[:, 1 : modes + 1] = values * np.sinc(k / fine) * np.exp(1j * np.pi * k / fine)
    averages = np.fft.irfft(spectrum, fine) * fine
    return averages.reshape(-1, cells, fold).mean(axis=2)
