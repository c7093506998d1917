"""Kernels of the creneau's Cole-Hopf solution (see `cole_hopf`): a front on the whole line."""

import math

import numpy as np

from burgers._compiled import compiled, inlined
from burgers.exact.cole_hopf import STILL, THICK
from burgers.exact.wells import NODES, WEIGHTS

# Below this erfc is close to underflow, and five terms of its asymptotic series are exact.
DEEP_TAIL = -36.0
# Number of partial sums, fixed so that the total is the same for any number of threads.
PARTS = 64


@compiled
def front_density(time, viscosity, step, cells, edges, density, share, shares):
    """Averages between edges, from a jump 1 -> step at x = 1/2, for a share of the rows.

    Edges that are not those of one of `cells` cells give a number without a meaning.

    time, viscosity, step (count,); edges (count of edges,) in [0, 1], ascending;
    density (count, count of edges - 1).
    """
    for i in range(share, time.size, shares):
        left = front_potential(edges[0] - 0.5, time[i], viscosity[i], step[i])
        for j in range(1, edges.size):
            right = front_potential(edges[j] - 0.5, time[i], viscosity[i], step[i])
            density[i, j - 1] = (right - left) * cells
            left = right


@compiled
def front_values(time, viscosity, step, points, value, share, shares):
    """Values at the points from a jump 1 -> step at x = 1/2, for a share of the rows of `value`.

    time, viscosity, step (count,); points (count of points,); value (count, count of points).
    """
    for i in range(share, time.size, shares):
        for j in range(points.size):
            x = points[j] - 0.5
            behind = share_behind(x, time[i], viscosity[i], step[i])
            value[i, j] = step[i] + (1.0 - step[i]) * behind


@inlined
def share_behind(x, time, viscosity, step):
    """The share of the integral over y < 0: the density is its mean of 1 there and a beyond."""
    if time < STILL:
        return 1.0 if x < 0.0 else 0.0
    if viscosity == 0.0:
        return 1.0 if x < 0.5 * (1.0 + step) * time else 0.0
    scale = math.sqrt(2.0 * viscosity * time)
    odds = (1.0 - step) * (0.5 * (1.0 + step) * time - x) / (2.0 * viscosity)
    odds += log_ndtr((time - x) / scale) - log_ndtr((x - step * time) / scale)
    if odds > 0.0:
        return 1.0 / (1.0 + math.exp(-odds))
    return math.exp(odds) / (1.0 + math.exp(odds))


@inlined
def front_potential(x, time, viscosity, step):
    """Φ at a distance x from the jump, where both halves of the integral are Gaussian."""
    if time < STILL:
        return x if x < 0.0 else step * x
    if viscosity == 0.0:
        return min(x - 0.5 * time, step * (x - 0.5 * step * time))
    if viscosity > THICK:
        return thick_front_potential(x, time, viscosity, step)
    scale = math.sqrt(2.0 * viscosity * time)
    behind = (0.5 * time - x) / (2.0 * viscosity) + log_ndtr((time - x) / scale)
    ahead = step * (0.5 * step * time - x) / (2.0 * viscosity) + log_ndtr((x - step * time) / scale)
    larger = max(behind, ahead)
    return -2.0 * viscosity * (larger + math.log1p(math.exp(min(behind, ahead) - larger)))


@inlined
def thick_front_potential(x, time, viscosity, step):
    """Φ for large ν, by the logarithm of one plus a small number.

    With N the standard normal distribution function,

    Φ = x - t/2 - 2ν log(1 + N(p) - N(-q) + N(q) expm1((1 - a)(x - (1 + a) t/2) / 2ν)),
    p = (t - x) / √(2νt),   q = (x - at) / √(2νt).
    """
    scale = math.sqrt(2.0 * viscosity * time)
    start, length = (step * time - x) / scale, (1.0 - step) * time / scale
    change = 0.0
    for k in range(NODES.size):
        change += WEIGHTS[k] * math.exp(-0.5 * (start + length * NODES[k]) ** 2)
    change *= length / math.sqrt(2.0 * np.pi)
    log_odds = (1.0 - step) * (x - 0.5 * (1.0 + step) * time) / (2.0 * viscosity)
    change += 0.5 * math.erfc(start / math.sqrt(2.0)) * math.expm1(log_odds)
    return x - 0.5 * time - 2.0 * viscosity * math.log1p(change)


@inlined
def log_ndtr(x):
    """Logarithm of the standard normal distribution function, as scipy.special.log_ndtr."""
    if x > 0.0:
        return math.log1p(-0.5 * math.erfc(x / math.sqrt(2.0)))
    if x > DEEP_TAIL:
        return math.log(0.5 * math.erfc(-x / math.sqrt(2.0)))
    q = 1.0 / (x * x)
    series = -q * (1.0 - q * (3.0 - q * (15.0 - q * (105.0 - q * 945.0))))
    return -0.5 * x * x - math.log(-x * math.sqrt(2.0 * np.pi)) + math.log1p(series)


@compiled
def front_moments(step, time, weight, viscosity, sums, share, shares):
    """Add weighted sums of ρ - 1 and (ρ - 1)² over nodes (step, time) to `sums`.

    step, time, weight (nodes,); sums (2, `PARTS`, cells). Only cells within `reach` of the front
    are evaluated: farther away the density is 1 or the step to the last digit. The reach is that of
    the stationary profile, and a young front is narrower.
    """
    cells = sums.shape[2]
    for part in range(share, PARTS, shares):
        for i in range(part, step.size, PARTS):
            place = (0.5 + 0.5 * (1.0 + step[i]) * time[i]) * cells
            reach = 80.0 * viscosity / (1.0 - step[i]) * cells
            first = max(0, math.floor(place - reach))
            last = min(cells, math.ceil(place + reach))
            left = front_potential(first / cells - 0.5, time[i], viscosity, step[i])
            for j in range(first, last):
                right = front_potential((j + 1) / cells - 0.5, time[i], viscosity, step[i])
                deviation = (right - left) * cells - 1.0
                sums[0, part, j] += weight[i] * deviation
                sums[1, part, j] += weight[i] * deviation * deviation
                left = right
            deviation = step[i] - 1.0
            for j in range(last, cells):
                sums[0, part, j] += weight[i] * deviation
                sums[1, part, j] += weight[i] * deviation * deviation
