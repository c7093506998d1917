"""Quantiles of mixtures of normals, one mixture for each number, by compiled loops.

    F(z) = Σ_j w_j Φ((z - m_j) / s_j)

Where Newton's step leaves the bracket, or is no shorter than half the one before, the bracket is
halved instead.
"""

import math

import numpy as np
from numpy.typing import NDArray

from burgers._compiled import compiled, in_shares, inlined

# All quantiles of single normals in double precision lie within so many widths.
FARTHEST = 9.0
# No more steps are taken than the digits of a double precision number need halvings.
MOST, SMALL = 100, 1e-12

Floats = NDArray[np.float64]


def below(values: Floats, weight: Floats, mean: Floats, width: Floats) -> Floats:
    """F of each mixture at its value, (count,); the others are (count, components)."""
    found = np.empty(len(values))
    in_shares(_fill_below, len(values), values, weight, mean, width, found)
    return found


def quantiles(ranks: Floats, weight: Floats, mean: Floats, width: Floats) -> Floats:
    """The z of each mixture at which F is its rank in [0, 1], (count,): the inverse of `below`.

    Within nine widths of some component's mean, also for ranks of 0 and 1.
    """
    found = np.empty(len(ranks))
    in_shares(_fill_quantiles, len(ranks), ranks, weight, mean, width, found)
    return found


@inlined
def _at(z, weight, mean, width):
    """F and its derivative at z."""
    total, slope = 0.0, 0.0
    for j in range(weight.shape[0]):
        away = (z - mean[j]) / width[j]
        total += weight[j] * 0.5 * math.erfc(-away / math.sqrt(2.0))
        slope += weight[j] * math.exp(-0.5 * away * away) / (width[j] * math.sqrt(2.0 * math.pi))
    return total, slope


@compiled
def _fill_below(values, weight, mean, width, found, share, shares):
    for i in range(share, len(values), shares):
        found[i] = _at(values[i], weight[i], mean[i], width[i])[0]


@compiled
def _fill_quantiles(ranks, weight, mean, width, found, share, shares):
    for i in range(share, len(ranks), shares):
        low, high, z = np.inf, -np.inf, 0.0
        for j in range(weight.shape[1]):
            low = min(low, mean[i, j] - FARTHEST * width[i, j])
            high = max(high, mean[i, j] + FARTHEST * width[i, j])
            z += weight[i, j] * mean[i, j]
        step = high - low
        for _ in range(MOST):
            total, slope = _at(z, weight[i], mean[i], width[i])
            if total < ranks[i]:
                low = z
            else:
                high = z
            before, step = step, (ranks[i] - total) / slope if slope > 0.0 else np.inf
            if not low < z + step < high or abs(step) > 0.5 * abs(before):
                step = 0.5 * (low + high) - z
            z += step
            if abs(step) <= SMALL * max(abs(z), 1.0):
                break
        found[i] = z
