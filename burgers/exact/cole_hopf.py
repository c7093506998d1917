"""Kernels of the Cole-Hopf solution for a sine: the potential Φ whose derivative is the density.

The substitution ρ = -2ν φₓ/φ turns Burgers' equation into the heat equation for φ, so that

    Φ(t, x) = -2ν log ∫ exp(-H(x, y) / 2ν) dy / √(4πνt),   H = (x - y)²/2t + Φ(0, y),   ρ = Φₓ.

Φ is of order one for every viscosity ν. A cell average is the difference of Φ over the cell,
divided by the cell's width.

Where φ varies little, it is evaluated as a series; where the peaks of the integrand are wide, by
the trapezoidal rule; otherwise each peak is integrated separately. The peaks are at the minima of
H, called wells: from the bottom m = x - D of a well

    H(m + d) - H(m) = d²/2t + (sin 2πm sin 2πd / 2 + cos 2πm sin² πd) / π - dD/t,

in which no large terms cancel however small t is. As ν → 0, Φ becomes the minimum of H.
Source: E. Hopf (1950); J. D. Cole (1951).
"""

import math

import numpy as np

from burgers._compiled import compiled, inlined

# Terms smaller than the largest by a factor exp(-CUTOFF) are lost in rounding.
CUTOFF = 42.0
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
# The well at x = 1/2 splits at t = 1/2π; at this time it has split by more than rounding errors.
SPLIT = (1.0 + 1e-9) / (2.0 * np.pi)
# Bisections after which the length of an interval is a rounding error.
HALVINGS = 60
# The Gauss-Legendre rule on [0, 1].
NODES, WEIGHTS = (np.polynomial.legendre.leggauss(32) + np.array([[1.0], [0.0]])) / 2.0


@compiled
def sine_density(time, viscosity, density, share, shares):
    """Cell averages from ρ(0, x) = sin(2πx), for a share of the rows of `density`.

    time, viscosity (count,); density (count, cells).
    """
    cells = density.shape[1]
    for i in range(share, time.size, shares):
        late = time[i] > 1.0 and viscosity[i] * time[i] > LATE
        if time[i] > STILL and (viscosity[i] > THICK or late):
            fourier_bessel(time[i], viscosity[i], density[i])
            continue
        potential = sine_potential(time[i], viscosity[i], cells)
        for j in range(cells):
            # The potential is even about x = 1/2.
            right, left = min(j + 1, cells - j - 1), min(j, cells - j)
            density[i, j] = (potential[right] - potential[left]) * cells


@inlined
def sine_potential(time, viscosity, cells):
    """Φ at the edges of [0, 1/2]."""
    potential = np.sin(np.pi * np.arange(cells // 2 + 1) / cells) ** 2 / np.pi
    if time > STILL:
        if trapezoidal_nodes(time, viscosity) <= MOST_NODES:
            trapezoidal(time, viscosity, cells, potential)
        else:
            for j in range(potential.size):
                potential[j] = well_potential(j / cells, time, viscosity)
    return potential


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
def trapezoidal(time, viscosity, cells, potential):
    """Overwrite Φ(0, x) by Φ(t, x), by the trapezoidal rule on a grid common to all edges."""
    spread = 2.0 * CUTOFF * viscosity
    wanted = trapezoidal_spacing(time, viscosity) * cells
    # Nodes and edges are integer multiples of one unit, so that their distances are exact.
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
        first = max(0, math.ceil((j / cells - radius) / spacing) + reach)
        last = min(nodes.size, math.floor((j / cells + radius) / spacing) + reach + 1)
        lowest = np.inf
        for k in range(first, last):
            distance = (j * per_edge - nodes[k] * per_node) * unit
            height[k] = distance * distance / (2.0 * time) + start[k]
            lowest = min(lowest, height[k])
        total = 0.0
        for k in range(first, last):
            excess = height[k] - lowest
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
    mode = bessel_ratios(1.0 / (4.0 * np.pi * viscosity))
    for m in range(MODES):
        mode[m] *= math.exp(-4.0 * np.pi**2 * (m + 1) ** 2 * (viscosity * time))
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


@inlined
def well_potential(x, time, viscosity):
    """Φ(t, x) for 0 <= x <= 1/2, t > 0 and ν >= 0, as the sum of the integrals over the wells."""
    # H is convex between n - fold and n + fold, with at most one well there, and concave elsewhere.
    bending = 1.0 if time < SPLIT else 1.0 / (2.0 * np.pi * time)
    fold = math.acos(-bending) / (2.0 * np.pi)
    pull = math.sqrt((1.0 - bending) * (1.0 + bending)) * time
    # The well n = 0 always exists, and for x <= 1/2 it is the deepest.
    lowest = _height(x, time, _extremum(x, time, x - fold, x + fold, 1.0))
    if viscosity == 0.0:
        return lowest
    # The minimum of H is at most 1/8t, and wells that lie 2ν CUTOFF above it are negligible.
    reach = math.sqrt(0.25 + 4.0 * CUTOFF * viscosity * time)
    total = 0.0
    for n in range(math.floor(x - reach + 0.5), math.floor(x + reach + 0.5) + 1):
        if n == 0 or (n - fold - x < pull and n + fold - x > -pull):
            total += _well(x, n, time, viscosity, fold, pull, lowest)
    return lowest - 2.0 * viscosity * math.log(total)


@inlined
def _well(x, n, time, viscosity, fold, pull, lowest):
    """∫ exp(-(H - lowest) / 2ν) dy / √(4πνt) over the well between n - fold and n + fold."""
    bottom = _extremum(x, time, x - n - fold, x - n + fold, 1.0)
    height = _height(x, time, bottom)
    excess = max(0.0, height - lowest) / (2.0 * viscosity)
    if excess > CUTOFF:
        return 0.0
    # Each side ends where H has risen by 2ν CUTOFF, or earlier on the ridge before the next well.
    radius = math.sqrt(2.0 * time * (height + 2.0 * CUTOFF * viscosity))
    right, left = radius + bottom, radius - bottom
    if n + 1 - fold - x < pull:
        right = min(right, bottom - _ridge(x, n, time, fold))
    if n - 1 + fold - x > -pull:
        left = min(left, _ridge(x, n - 1, time, fold) - bottom)
    angle = 2.0 * np.pi * (x - bottom)
    shape = (math.sin(angle) / np.pi, math.cos(angle) / np.pi, bottom / time, viscosity)
    # The width of the peak for small t.
    width = math.sqrt(2.0 * viscosity * time)
    area = _side(left / width, -width, shape) + _side(right / width, width, shape)
    return math.exp(-excess) * area / math.sqrt(2.0 * np.pi)


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
def _height(x, time, shift):
    """H(x - D)."""
    return 0.5 * shift * (shift / time) + math.sin(np.pi * (x - shift)) ** 2 / np.pi


@inlined
def _side(limit, width, shape):
    """∫ exp(-(H(m + sw) - H(m)) / 2ν) ds from 0 to the limit, cut off at exp(-CUTOFF)."""
    low, high, end = 0.0, limit, limit
    for _ in range(HALVINGS):
        excess = _excess(end, width, shape)
        if excess > CUTOFF + 4.0:
            high = end
        elif excess < CUTOFF and end < limit:
            low = end
        else:
            break
        end = 0.5 * (low + high)
    total = 0.0
    for k in range(NODES.size):
        total += WEIGHTS[k] * math.exp(-_excess(end * NODES[k], width, shape))
    return end * total


@inlined
def _excess(position, width, shape):
    """(H(m + sw) - H(m)) / 2ν, where the width w is √(2νt) or its negative."""
    sine, cosine, slope, viscosity = shape
    distance = position * width
    s, c = math.sin(np.pi * distance), math.cos(np.pi * distance)
    rest = s * (sine * c + cosine * s) - slope * distance
    return 0.5 * position**2 + rest / (2.0 * viscosity)
