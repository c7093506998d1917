"""Kernels of the Cole-Hopf solution for a sine where the integrand has narrow peaks (`cole_hopf`).

The peaks are at the minima of H, called wells: from the bottom m = x - D of a well

    H(m + d) - H(m) = d²/2t + (sin 2πm sin 2πd / 2 + cos 2πm sin² πd) / π - dD/t,

in which no large terms cancel however small t is. As ν → 0, Φ becomes the minimum of H.
"""

import math

import numpy as np

from burgers._compiled import inlined

# Terms smaller than the largest by a factor exp(-CUTOFF) are lost in rounding.
CUTOFF = 42.0
# The well at x = 1/2 splits at t = 1/2π; at this time it has split by more than rounding errors.
SPLIT = (1.0 + 1e-9) / (2.0 * np.pi)
# Bisections after which the length of an interval is a rounding error.
HALVINGS = 60
# The Gauss-Legendre rule on [0, 1].
NODES, WEIGHTS = (np.polynomial.legendre.leggauss(32) + np.array([[1.0], [0.0]])) / 2.0


@inlined
def well_potential(x, time, viscosity):
    """Φ and the density at 0 <= x <= 1/2, t > 0 and ν >= 0, by sums of integrals over the wells."""
    # H is convex between n - fold and n + fold, with at most one well there, and concave elsewhere.
    bending = 1.0 if time < SPLIT else 1.0 / (2.0 * np.pi * time)
    fold = math.acos(-bending) / (2.0 * np.pi)
    pull = math.sqrt((1.0 - bending) * (1.0 + bending)) * time
    # The well n = 0 always exists, and for x <= 1/2 it is the deepest.
    deepest = _extremum(x, time, x - fold, x + fold, 1.0)
    lowest = height(x, time, deepest)
    if viscosity == 0.0:
        return lowest, math.sin(2.0 * np.pi * (x - deepest))
    # The minimum of H is at most 1/8t, and wells that lie 2ν CUTOFF above it are negligible.
    reach = math.sqrt(0.25 + 4.0 * CUTOFF * viscosity * time)
    total, moment = 0.0, 0.0
    for n in range(math.floor(x - reach + 0.5), math.floor(x + reach + 0.5) + 1):
        if n == 0 or (n - fold - x < pull and n + fold - x > -pull):
            area, part = _well(x, n, time, viscosity, fold, pull, lowest)
            total += area
            moment += part
    return lowest - 2.0 * viscosity * math.log(total), moment / total


@inlined
def _well(x, n, time, viscosity, fold, pull, lowest):
    """∫ exp(-(H - lowest) / 2ν) dy / √(4πνt) over the well between n - fold and n + fold.

    The second number is that of the integrand times ρ(0, y).
    """
    bottom = _extremum(x, time, x - n - fold, x - n + fold, 1.0)
    low = height(x, time, bottom)
    excess = max(0.0, low - lowest) / (2.0 * viscosity)
    if excess > CUTOFF:
        return 0.0, 0.0
    # Each side ends where H has risen by 2ν CUTOFF, or earlier on the ridge before the next well.
    radius = math.sqrt(2.0 * time * (low + 2.0 * CUTOFF * viscosity))
    right, left = radius + bottom, radius - bottom
    if n + 1 - fold - x < pull:
        right = min(right, bottom - _ridge(x, n, time, fold))
    if n - 1 + fold - x > -pull:
        left = min(left, _ridge(x, n - 1, time, fold) - bottom)
    angle = 2.0 * np.pi * (x - bottom)
    shape = (math.sin(angle) / np.pi, math.cos(angle) / np.pi, bottom / time, viscosity)
    # The width of the peak for small t.
    width = math.sqrt(2.0 * viscosity * time)
    area, moment = _side(left / width, -width, shape)
    other, part = _side(right / width, width, shape)
    share = math.exp(-excess) / math.sqrt(2.0 * np.pi)
    return share * (area + other), share * (moment + part)


@inlined
def _ridge(x, n, time, fold):
    """The D of the ridge after well n, bit for bit the same for the wells on either side of it."""
    return _extremum(x, time, x - n - 1 + fold, x - n - fold, -1.0)


@inlined
def _extremum(x, time, low, high, sign):
    """The root D of D = t sin 2π(x - D) in [low, high]: a well for sign 1, a ridge for -1."""
    low, high = max(low, -time), min(high, time)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if sign * (middle - time * math.sin(2.0 * np.pi * (x - middle))) > 0.0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


@inlined
def height(x, time, shift):
    """H(x - D)."""
    return 0.5 * shift * (shift / time) + math.sin(np.pi * (x - shift)) ** 2 / np.pi


@inlined
def _side(limit, width, shape):
    """∫ exp(-(H(m + sw) - H(m)) / 2ν) ds from 0 to the limit, cut off at exp(-CUTOFF).

    The second number is that of the integrand times sin 2π(m + sw).
    """
    low, high, end = 0.0, limit, limit
    for _ in range(HALVINGS):
        excess, _ = _excess(end, width, shape)
        if excess > CUTOFF + 4.0:
            high = end
        elif excess < CUTOFF and end < limit:
            low = end
        else:
            break
        end = 0.5 * (low + high)
    total, moment = 0.0, 0.0
    for k in range(NODES.size):
        excess, density = _excess(end * NODES[k], width, shape)
        share = WEIGHTS[k] * math.exp(-excess)
        total += share
        moment += share * density
    return end * total, end * moment


@inlined
def _excess(position, width, shape):
    """(H(m + sw) - H(m)) / 2ν, where the width w is √(2νt) or its negative; sin 2π(m + sw)."""
    sine, cosine, slope, viscosity = shape
    distance = position * width
    s, c = math.sin(np.pi * distance), math.cos(np.pi * distance)
    rest = s * (sine * c + cosine * s) - slope * distance
    density = np.pi * (sine * (c - s) * (c + s) + 2.0 * cosine * s * c)
    return 0.5 * position**2 + rest / (2.0 * viscosity), density
