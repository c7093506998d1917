"""Kernels of the Cole-Hopf solution for a sine: the potential Φ whose derivative is the density.

The substitution ρ = -2ν φₓ/φ turns Burgers' equation into the heat equation for φ, so that

    Φ(t, x) = -2ν log ∫ exp(-H(x, y) / 2ν) dy / √(4πνt),   H = (x - y)²/2t + Φ(0, y),   ρ = Φₓ.

Φ is of order one for every viscosity ν. A cell average is the difference of Φ over the cell,
divided by the cell's width.

Where φ varies little, it is evaluated as a series; where the peaks of the integrand are wide, by
the trapezoidal rule; otherwise each peak is integrated separately, see `wells`. The value of the
density at a point is the mean of ρ(0, y) with weights exp(-H / 2ν).
Source: E. Hopf (1950); J. D. Cole (1951).
"""

import math

import numpy as np

from burgers._compiled import compiled, inlined
from burgers.exact.wells import CUTOFF, height, well_potential

# Trapezoidal nodes per standard deviation of the narrowest peak of the integrand; the error of the
# rule decays as exp(-2π² RESOLUTION²).
RESOLUTION = 1.5
# With more nodes the rule is slow, and the peaks are narrow enough to be integrated one by one.
MOST_NODES = 2.0**16
# Above this viscosity, and for t > 1 above this νt, φ varies by a factor below 10⁴, so that a sum
# of cosines gives at least twelve digits of it; so many modes suffice.
THICK, LATE, MODES = 1.0 / 54.0, 1.0 / 128.0, 32
# Forward recurrence of Bessel functions is stable above this argument, backward recurrence below.
LARGE_ARGUMENT = 1e3
# Before this time nothing has moved by more than a rounding error, for any ν <= 100.
STILL = 1e-40


@compiled
def sine_density(time, viscosity, cells, columns, density, share, shares):
    """Cell averages from ρ(0, x) = sin(2πx), for a share of the rows of `density`.

    time, viscosity (count,); columns : some of so many cells; density (count, columns).
    """
    wanted = np.zeros(cells // 2 + 1, dtype=np.bool_)
    for k in columns:
        wanted[min(k, cells - k)] = wanted[min(k + 1, cells - k - 1)] = True
    average = np.empty(cells)
    for i in range(share, time.size, shares):
        late = time[i] > 1.0 and viscosity[i] * time[i] > LATE
        if time[i] > STILL and (viscosity[i] > THICK or late):
            fourier_bessel(time[i], viscosity[i], average)
            for j in range(columns.size):
                density[i, j] = average[columns[j]]
            continue
        potential = sine_potential(time[i], viscosity[i], cells, wanted)
        for j in range(columns.size):
            # The potential is even about x = 1/2.
            k = columns[j]
            right, left = min(k + 1, cells - k - 1), min(k, cells - k)
            density[i, j] = (potential[right] - potential[left]) * cells


@inlined
def sine_potential(time, viscosity, cells, wanted):
    """Φ at those edges of [0, 1/2] that are wanted."""
    potential = np.sin(np.pi * np.arange(cells // 2 + 1) / cells) ** 2 / np.pi
    if time > STILL:
        if trapezoidal_nodes(time, viscosity) <= MOST_NODES:
            trapezoidal(time, viscosity, cells, wanted, potential)
        else:
            for j in range(potential.size):
                if wanted[j]:
                    potential[j], _ = well_potential(j / cells, time, viscosity)
    return potential


@compiled
def sine_values(time, viscosity, points, value, share, shares):
    """Values at the points from ρ(0, x) = sin(2πx), for a share of the rows of `value`.

    time, viscosity (count,); points (count of points,); value (count, count of points).
    """
    for i in range(share, time.size, shares):
        late = time[i] > 1.0 and viscosity[i] * time[i] > LATE
        series = time[i] > STILL and (viscosity[i] > THICK or late)
        mode = sine_modes(time[i], viscosity[i]) if series else np.empty(0)
        for j in range(points.size):
            # The density is odd about x = 1/2.
            x = min(points[j], 1.0 - points[j])
            if series:
                found = value_of_modes(x, viscosity[i], mode)
            elif time[i] <= STILL:
                found = math.sin(2.0 * np.pi * x)
            elif trapezoidal_nodes(time[i], viscosity[i]) <= MOST_NODES:
                found = trapezoidal_value(x, time[i], viscosity[i])
            else:
                _, found = well_potential(x, time[i], viscosity[i])
            value[i, j] = found if points[j] <= 0.5 else -found


@inlined
def trapezoidal_value(x, time, viscosity):
    """The density at 0 <= x <= 1/2: the mean of ρ(0, y) with weights exp(-H / 2ν)."""
    spread = 2.0 * CUTOFF * viscosity
    spacing = trapezoidal_spacing(time, viscosity)
    reach = int(math.sqrt(2.0 * time * (math.sin(np.pi * x) ** 2 / np.pi + spread)) / spacing) + 1
    heights = np.empty(2 * reach + 1)
    for k in range(heights.size):
        heights[k] = height(x, time, (reach - k) * spacing)
    lowest, total, moment = heights.min(), 0.0, 0.0
    for k in range(heights.size):
        if heights[k] - lowest < spread:
            share = math.exp((lowest - heights[k]) / (2.0 * viscosity))
            total += share
            moment += share * math.sin(2.0 * np.pi * (x - (reach - k) * spacing))
    return moment / total


@inlined
def trapezoidal_spacing(time, viscosity):
    """Spacing of the nodes that resolves the narrowest peak."""
    return math.sqrt(2.0 * viscosity / (1.0 / time + 2.0 * np.pi)) / RESOLUTION


@inlined
def trapezoidal_nodes(time, viscosity):
    """Number of nodes of this spacing within reach of [0, 1/2]."""
    reach = math.sqrt(2.0 * time * (1.0 / np.pi + 2.0 * CUTOFF * viscosity))
    return (0.5 + 2.0 * reach) / trapezoidal_spacing(time, viscosity)


@inlined
def trapezoidal(time, viscosity, cells, wanted, potential):
    """Overwrite Φ(0, x) by Φ(t, x), by the trapezoidal rule on a grid common to all edges."""
    spread = 2.0 * CUTOFF * viscosity
    coarsest = trapezoidal_spacing(time, viscosity) * cells
    # Nodes and edges are integer multiples of one unit, so that their distances are exact.
    per_edge = math.ceil(1.0 / coarsest) if coarsest < 1.0 else 1
    per_node = 1 if coarsest < 1.0 else math.floor(coarsest)
    unit = 1.0 / (cells * per_edge)
    spacing = unit * per_node
    reach = int(math.sqrt(2.0 * time * (1.0 / np.pi + spread)) / spacing) + 1
    nodes = np.arange(-reach, int(0.5 / spacing) + reach + 1)
    start = np.sin(np.pi * spacing * nodes) ** 2 / np.pi
    heights = np.empty(nodes.size)
    for j in np.flatnonzero(wanted):
        radius = math.sqrt(2.0 * time * (potential[j] + spread))
        first = max(0, math.ceil((j / cells - radius) / spacing) + reach)
        last = min(nodes.size, math.floor((j / cells + radius) / spacing) + reach + 1)
        lowest = np.inf
        for k in range(first, last):
            distance = (j * per_edge - nodes[k] * per_node) * unit
            heights[k] = distance * distance / (2.0 * time) + start[k]
            lowest = min(lowest, heights[k])
        total = 0.0
        for k in range(first, last):
            excess = heights[k] - lowest
            if excess < spread:
                total += math.exp(-excess / (2.0 * viscosity))
        total *= spacing / math.sqrt(4.0 * np.pi * viscosity * time)
        potential[j] = lowest - 2.0 * viscosity * math.log(total)


@inlined
def fourier_bessel(time, viscosity, average):
    """Cell averages (cells,) from sin(2πx), by the cosine series of φ.

        φ ∝ 1 + 2 Σ Iₘ(k) / I₀(k) exp(-4π²m²νt) cos 2πmx,   k = 1 / (4πν)

    Differences are taken term by term, so that they do not cancel where φ is nearly constant.
    """
    cells = average.size
    mode = sine_modes(time, viscosity)
    average[:] = 0.0
    for j in range(cells // 2):
        level, change = 1.0, 0.0
        for m in range(1, MODES + 1):
            level += 2.0 * mode[m - 1] * math.cos(2.0 * np.pi * (m * j % cells) / cells)
            middle = math.sin(np.pi * (m * (2 * j + 1) % (2 * cells)) / cells)
            change -= 4.0 * mode[m - 1] * middle * math.sin(np.pi * (m % (2 * cells)) / cells)
        average[j] = -2.0 * viscosity * cells * math.log1p(change / level)
        average[cells - 1 - j] = -average[j]


@inlined
def value_of_modes(x, viscosity, mode):
    """-2ν φₓ/φ at x, by the same series."""
    level, slope = 1.0, 0.0
    for m in range(1, MODES + 1):
        level += 2.0 * mode[m - 1] * math.cos(2.0 * np.pi * m * x)
        slope -= 4.0 * np.pi * m * mode[m - 1] * math.sin(2.0 * np.pi * m * x)
    return -2.0 * viscosity * slope / level


@inlined
def sine_modes(time, viscosity):
    """Iₘ(k) / I₀(k) exp(-4π²m²νt) for m = 1 to `MODES`, with k = 1 / (4πν)."""
    mode = bessel_ratios(1.0 / (4.0 * np.pi * viscosity))
    for m in range(MODES):
        mode[m] *= math.exp(-4.0 * np.pi**2 * (m + 1) ** 2 * (viscosity * time))
    return mode


@inlined
def bessel_ratios(k):
    """Iₘ(k) / I₀(k) for m = 1 to `MODES`, by Iₘ₋₁ - Iₘ₊₁ = 2m Iₘ / k."""
    ratio = np.empty(MODES)
    if k > LARGE_ARGUMENT:
        q = 1.0 / k
        step = 1.0 - q * (0.5 + q * (0.125 + q * (0.125 + q * 25.0 / 128.0)))
        for m in range(1, MODES + 1):
            ratio[m - 1] = step
            step = 1.0 / step - 2.0 * m * q
    else:
        step = 0.0
        for m in range(MODES + 10 + int(8.0 * math.sqrt(k)), 0, -1):
            step = 1.0 / (2.0 * m / k + step)
            if m <= MODES:
                ratio[m - 1] = step
    for m in range(1, MODES):
        ratio[m] *= ratio[m - 1]
    return ratio
