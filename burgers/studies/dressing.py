"""Ensembles dressed with the error of the model that forecasts them.

A reduced model is off by a small amount, the same for every member of an ensemble, so that a band
narrower than that misses the truth. Each member is given an error of its own,

    ρ(t) = D(z(t) + α(t) ξ δ(t)),

with δ drawn from the errors of trajectories on which the model was not trained, near to the member
in log Re, and ξ a standard normal number: of similar trajectories a model errs to the same side,
and which side it is for this one is not known. The scale α is the one at which the bands cover as
much as they should. Source of the idea: M. S. Roulston and L. A. Smith, Combining dynamical and
statistical ensembles, Tellus A 55, 2003.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from burgers.models.latent_ode import Reduced

COVERED = 0.9
# Bands of the distribution from t = 0 are dressed where they cover less: for the last per cent the
# dressing would add more to the std than it mends.
ENOUGH = 0.89
# The scale is sought below the first of these, by so many bisections.
LARGEST, BISECTIONS = 4.0, 7
# An error is drawn among this share of the trajectories, the nearest in log Re.
NEAREST = 0.2
ITERATIONS = 4
# A change by this part of a code's std costs as much as the whole distance. Without a cost, a code
# on which the density hardly depends changes far, and many times that change leads anywhere.
SMALL = 0.1
# Damping of these steps, at first and after each that was rejected, by this factor more.
DAMPING, MORE = 1e-4, 30.0


@dataclass(frozen=True)
class Dressing:
    """Errors of codes along held-out trajectories, and their scale.

    Attributes
    ----------
    log_reynolds : (trajectories,) in increasing order.
    errors : (trajectories, times, latents).
    scale : (times,).
    """

    log_reynolds: NDArray[np.float64]
    errors: NDArray[np.float64]
    scale: NDArray[np.float64]

    def drawn(self, log_reynolds: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float64]:
        """An unscaled error for each member, (members, times, latents), by its log Re."""
        near = max(1, round(NEAREST * len(self.log_reynolds)))
        first = np.searchsorted(self.log_reynolds, log_reynolds) - near // 2
        first = first.clip(0, len(self.log_reynolds) - near)
        side = rng.standard_normal(len(first))[:, None, None]
        return side * self.errors[first + rng.integers(near, size=len(first))]

    def dressed(
        self, codes: NDArray[Any], log_reynolds: NDArray[Any], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Codes (members, times, latents), each with an error of its own."""
        return codes + self.scale[:, None] * self.drawn(log_reynolds, rng)


def fit(
    model: Reduced,
    codes: NDArray[Any],
    density: NDArray[Any],
    log_reynolds: NDArray[Any],
    coverage: Callable[[Dressing], NDArray[np.float64]],
    least: float = COVERED,
) -> Dressing:
    """The errors of forecasts of held-out trajectories, at the scale of the right coverage.

    Parameters
    ----------
    model : whose decoder is used.
    codes : (trajectories, times, latents) forecast with the true Re.
    density : (trajectories, times, cells), the exact ones that these codes stand for.
    log_reynolds : (trajectories,).
    coverage : of bands (times,), on held-out data, of ensembles that a dressing was applied to.
    least : the coverage that is sufficient.

    Returns
    -------
    A dressing; its scale is the smallest of sufficient coverage at each time, at most 4.
    """
    order = np.argsort(log_reynolds, kind="stable")
    errors = errors_of_codes(model, codes, density)[order]

    def at(scale):
        return Dressing(np.asarray(log_reynolds, dtype=np.float64)[order], errors, scale)

    def enough(scale):
        # Where nothing varies there is no coverage, and any scale will do.
        return ~(coverage(at(scale)) < least)

    low, high = np.zeros(codes.shape[1]), np.full(codes.shape[1], LARGEST)
    high[enough(low)] = 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        reached = enough(middle)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return at(high)


def errors_of_codes(
    model: Reduced, codes: NDArray[Any], density: NDArray[Any]
) -> NDArray[np.float64]:
    """The small changes of codes that bring decoded densities near to given ones.

        δ = argmin ‖D(z + δ) - ρ‖² + ‖D(z) - ρ‖² Σ_k (δ_k / 0.1 s_k)²,   by damped Gauss-Newton

    s is the std of the codes. A step that does not lessen this is not taken.

    Parameters
    ----------
    codes : (trajectories, times, latents).
    density : (trajectories, times, cells).

    Returns
    -------
    (trajectories, times, latents).
    """
    codes = codes.astype(np.float64)
    latents, shift, std = codes.shape[-1], np.zeros(codes.shape), codes.std(axis=(0, 1))
    damping, missing = np.full((*codes.shape[:-1], 1), DAMPING), density - model.decode(codes)
    price = np.sum(missing**2, axis=-1, keepdims=True) / (SMALL * std) ** 2

    def lessened(missing, shift):
        return np.sum(missing**2, axis=-1) + np.sum(price * shift**2, axis=-1)

    for _ in range(ITERATIONS):
        slopes = np.stack([
            (model.decode(codes + shift + h) - model.decode(codes + shift - h)) / (2.0 * h.sum())
            for h in 0.01 * std * np.eye(latents)
        ], axis=-1)  # fmt: skip
        normal = np.einsum("...xk,...xl->...kl", slopes, slopes)
        extra = price + damping * np.trace(normal, axis1=-2, axis2=-1)[..., None]
        normal += extra[..., None] * np.eye(latents)
        downhill = np.einsum("...xk,...x->...k", slopes, missing) - price * shift
        tried = shift + np.linalg.solve(normal, downhill[..., None])[..., 0]
        left = density - model.decode(codes + tried)
        nearer = (lessened(left, tried) < lessened(missing, shift))[..., None]
        shift, missing = np.where(nearer, tried, shift), np.where(nearer, left, missing)
        damping = np.where(nearer, damping, MORE * damping)
    return shift
