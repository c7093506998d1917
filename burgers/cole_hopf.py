"""Kernels of the Cole-Hopf solution: the potential Φ whose slope is the density.

With ρ = -2ν φₓ/φ Burgers' equation becomes the heat equation for φ, so that

    Φ(t, x) = -2ν log ∫ exp(-H(x, y) / 2ν) dy / √(4πνt),   H = (x - y)²/2t + Φ(0, y),   ρ = Φₓ.

Φ stays of order one for every viscosity ν. A cell average is its difference over the cell, divided
by the cell's width.
"""

import math

import numpy as np
from numba import njit, prange

# What is exp(-CUTOFF) below the largest term does not enter a sum of doubles.
CUTOFF = 42.0
# Trapezoidal nodes per standard deviation of the narrowest peak under the integral; the rule's
# error falls as exp(-2π² RESOLUTION²).
RESOLUTION = 1.5
# Below this erfc is close to underflow, and five terms of its asymptotic series are exact.
DEEP_TAIL = -36.0


@njit(cache=True, parallel=True, error_model="numpy")
def sine_density(time, viscosity, cells, resolution=RESOLUTION):
    """Cell averages from ρ(0, x) = sin(2πx): time, viscosity (count,) -> (count, cells)."""
    density = np.empty((time.size, cells))
    for i in prange(time.size):
        potential = sine_potential(time[i], viscosity[i], cells, resolution)
        for j in range(cells):
            # The potential is even about x = 1/2.
            right, left = min(j + 1, cells - j - 1), min(j, cells - j)
            density[i, j] = (potential[right] - potential[left]) * cells
    return density


@njit(cache=True, error_model="numpy")
def sine_potential(time, viscosity, cells, resolution):
    """Φ at the edges of [0, 1/2], by the trapezoidal rule on a grid common to all of them."""
    potential = np.sin(np.pi * np.arange(cells // 2 + 1) / cells) ** 2 / np.pi
    if time == 0.0:
        return potential
    spread = 2.0 * CUTOFF * viscosity
    wanted = math.sqrt(2.0 * viscosity / (1.0 / time + 2.0 * np.pi)) / resolution * cells
    # Nodes and edges are whole multiples of one unit, so that their distances are exact.
    per_edge = math.ceil(1.0 / wanted) if wanted < 1.0 else 1
    per_node = 1 if wanted < 1.0 else math.floor(wanted)
    unit = 1.0 / (cells * per_edge)
    spacing = unit * per_node
    reach = int(math.sqrt(2.0 * time * (1.0 / np.pi + spread)) / spacing) + 1
    nodes = np.arange(-reach, int(0.5 / spacing) + reach + 1)
    start = np.sin(np.pi * spacing * nodes) ** 2 / np.pi
    height = np.empty(nodes.size)
    for j in range(potential.size):
        radius = math.sqrt(2.0 * time * (potential[j] + spread))
        first = math.ceil((j / cells - radius) / spacing) + reach
        last = math.floor((j / cells + radius) / spacing) + reach
        lowest = np.inf
        for k in range(max(first, 0), min(last + 1, nodes.size)):
            distance = (j * per_edge - nodes[k] * per_node) * unit
            height[k] = distance * distance / (2.0 * time) + start[k]
            lowest = min(lowest, height[k])
        total = 0.0
        for k in range(max(first, 0), min(last + 1, nodes.size)):
            excess = height[k] - lowest
            if excess < spread:
                total += math.exp(-excess / (2.0 * viscosity))
        total *= spacing / math.sqrt(4.0 * np.pi * viscosity * time)
        potential[j] = lowest - 2.0 * viscosity * math.log(total)
    return potential


@njit(cache=True, parallel=True, error_model="numpy")
def front_density(time, viscosity, step, cells):
    """Cell averages from a jump 1 -> step at x = 1/2 on the whole line: -> (count, cells)."""
    density = np.empty((time.size, cells))
    for i in prange(time.size):
        left = front_potential(-0.5, time[i], viscosity[i], step[i])
        for j in range(cells):
            right = front_potential((j + 1) / cells - 0.5, time[i], viscosity[i], step[i])
            density[i, j] = (right - left) * cells
            left = right
    return density


@njit(cache=True, error_model="numpy")
def front_potential(x, time, viscosity, step):
    """Φ at a distance x from the jump: both halves of the integral are Gaussian."""
    if time == 0.0:
        return x if x < 0.0 else step * x
    scale = math.sqrt(2.0 * viscosity * time)
    behind = (0.5 * time - x) / (2.0 * viscosity) + log_ndtr((time - x) / scale)
    ahead = step * (0.5 * step * time - x) / (2.0 * viscosity) + log_ndtr((x - step * time) / scale)
    larger = max(behind, ahead)
    return -2.0 * viscosity * (larger + math.log1p(math.exp(min(behind, ahead) - larger)))


@njit(cache=True, error_model="numpy")
def log_ndtr(x):
    """Logarithm of the normal distribution function, as scipy.special.log_ndtr."""
    if x > 0.0:
        return math.log1p(-0.5 * math.erfc(x / math.sqrt(2.0)))
    if x > DEEP_TAIL:
        return math.log(0.5 * math.erfc(-x / math.sqrt(2.0)))
    q = 1.0 / (x * x)
    series = -q * (1.0 - q * (3.0 - q * (15.0 - q * (105.0 - q * 945.0))))
    return -0.5 * x * x - math.log(-x * math.sqrt(2.0 * np.pi)) + math.log1p(series)


@njit(cache=True, parallel=True, error_model="numpy")
def front_moments(step, time, weight, viscosity, cells):
    """Weighted sums of ρ - 1 and (ρ - 1)² over nodes (step, time): two (cells,) arrays.

    Only the edges near the front are computed: farther than `reach` the density is 1 or the step
    to the last digit. Shares are fixed, so that the sum does not depend on the threads.
    """
    shares = 64
    partial = np.zeros((2, shares, cells))
    for share in prange(shares):
        for i in range(share, step.size, shares):
            place = (0.5 + 0.5 * (1.0 + step[i]) * time[i]) * cells
            reach = 80.0 * viscosity / (1.0 - step[i]) * cells
            first = max(0, math.floor(place - reach))
            last = min(cells, math.ceil(place + reach))
            left = front_potential(first / cells - 0.5, time[i], viscosity, step[i])
            for j in range(first, last):
                right = front_potential((j + 1) / cells - 0.5, time[i], viscosity, step[i])
                deviation = (right - left) * cells - 1.0
                partial[0, share, j] += weight[i] * deviation
                partial[1, share, j] += weight[i] * deviation * deviation
                left = right
            deviation = step[i] - 1.0
            for j in range(last, cells):
                partial[0, share, j] += weight[i] * deviation
                partial[1, share, j] += weight[i] * deviation * deviation
    return partial[0].sum(axis=0), partial[1].sum(axis=0)
