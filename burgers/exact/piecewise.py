"""Kernels of the Cole-Hopf solution for a piecewise constant initial density.

With ρ(0, y) = r_k between y_k and y_{k+1}, and P its integral, the heat kernel's integral over one
cell is Gaussian: with s = √(2νt) and H(x, y) = P(y) + (x - y)²/2t,

    φ(t, x) = Σ_k I_k,   I_k = ∫ exp(-H(x, y) / 2ν) dy / √(2π) s  over cell k.

All I_k are positive. A cell average of the density is the difference of -2ν log φ over the cell,
divided by its width, and a point value is the mean of the r_k with weights I_k. Only those cells
count whose H comes within `CUTOFF` 2ν of the minimum; as ν → 0 the minimum alone is left. Where s
is so large that φ has few Fourier modes, these are summed instead.

Source: E. Hopf (1950); J. D. Cole (1951); P. D. Lax (1957) for ν = 0.
"""

import math

import numpy as np
from scipy import special

from burgers._compiled import compiled, inlined
from burgers.exact.wells import CUTOFF

# From this width of the kernel on, a periodic φ has at most so many modes above rounding errors.
WIDE, MODES = 0.15, 16
# A cell over which the exponent varies by less is integrated by Gauss and Legendre's rule: the
# difference of its two Gaussian tails would lose digits.
FLAT = 0.4
# Of H, relative.
ROUNDING = 4e-16
NODES, WEIGHTS = (np.polynomial.legendre.leggauss(6) + np.array([[1.0], [0.0]])) / 2.0


def _mills(longest=32.0, per_unit=8, degree=8):
    """Coefficients, interval by interval, of polynomials that interpolate Mills' ratio."""
    nodes = 0.5 - 0.5 * np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
    points = (np.arange(int(longest * per_unit))[:, None] + nodes) / per_unit
    values = math.sqrt(0.5 * math.pi) * special.erfcx(points / math.sqrt(2.0))
    return np.linalg.solve(np.vander(nodes, increasing=True), values.T).T.copy()


MILLS, PER_UNIT = _mills(), 8.0
LONGEST = len(MILLS) / PER_UNIT


@inlined
def mills(x):
    """Mills' ratio ∫ exp(-(y² - x²)/2) dy from x >= 0 to infinity."""
    if x >= LONGEST:
        q = 1.0 / (x * x)
        return (
            1.0 - q * (1.0 - q * (3.0 - q * (15.0 - q * (105.0 - q * (945.0 - q * 10395.0)))))
        ) / x
    place = x * PER_UNIT
    number = int(place)
    u, found = place - number, 0.0
    for k in range(MILLS.shape[1] - 1, -1, -1):
        found = found * u + MILLS[number, k]
    return found


@inlined
def over_cell(before, after, left, right, bottom):
    """The integral over one cell, in units of s exp(-lowest/2ν).

    before, after : (H - lowest) / 2ν at the cell's ends. left, right : the ends seen from the
    minimiser of the cell's own parabola, in units of s. bottom : its value, as of the ends.
    """
    width = right - left
    if width <= FLAT and max(abs(left), abs(right)) * width <= FLAT:
        total = 0.0
        for k in range(NODES.size):
            place = left + width * NODES[k]
            total += WEIGHTS[k] * math.exp(-bottom - 0.5 * place * place)
        return width * total
    if left >= 0.0:
        return math.exp(-before) * mills(left) - math.exp(-after) * mills(right)
    if right <= 0.0:
        return math.exp(-after) * mills(-right) - math.exp(-before) * mills(-left)
    whole = math.sqrt(2.0 * np.pi) * math.exp(-bottom)
    return max(whole - math.exp(-before) * mills(-left) - math.exp(-after) * mills(right), 0.0)


@inlined
def potential_at(x, time, viscosity, density, start, periodic, floor, guess):
    """-2ν log φ at x up to a constant, the density at x, and the edge at which H is about least.

    start (cells + 1,) : P at the edges, of which `floor` is the lowest. guess : an edge at which H
    is small, which bounds how far those edges are that matter.
    """
    cells = density.size
    height = _height(x, guess, time, start, periodic)
    above = max(height - floor + 2.0 * viscosity * (CUTOFF + 8.0), 0.0)
    reach = math.sqrt(2.0 * time * above)
    first, end = math.floor((x - reach) * cells) - 1, math.ceil((x + reach) * cells) + 1
    if not periodic:
        first, end = min(max(first, 0), cells - 1), max(min(end, cells), 1)
    lowest, value, best = _lowest(x, time, density, start, periodic, first, end)
    # In units of 2ν rounding errors of H would be no longer small.
    if 2.0 * viscosity <= ROUNDING * max(1.0, abs(lowest), -floor):
        return lowest, value, best
    total, moment = _over_cells(x, time, viscosity, density, start, periodic, first, end, lowest)
    if not periodic:
        for edge in (0.0, 1.0):
            part, rate = _over_half_line(x, time, viscosity, density, start, edge, lowest)
            total += part
            moment += part * rate
    return lowest - 2.0 * viscosity * math.log(total), moment / total, best


@inlined
def _lowest(x, time, density, start, periodic, first, end):
    """The minimum of H over the cells from `first` to before `end`, the density that comes from
    there, and the nearest edge."""
    cells = density.size
    lowest, found, best = np.inf, 0.0, first
    for k in range(first, end + 1):
        # Of the edge the characteristics of a fan, between those of the cells on both sides.
        height = _height(x, k, time, start, periodic)
        if height < lowest:
            behind = density[(k - 1) % cells if periodic else max(k - 1, 0)]
            ahead = density[k % cells if periodic else min(k, cells - 1)]
            slope = (x - k / cells) / time
            found = min(max(slope, min(behind, ahead)), max(behind, ahead))
            lowest, best = height, k
        rate = density[k % cells if periodic else min(k, cells - 1)]
        if k < end and k < (x - rate * time) * cells < k + 1:
            height = _bottom(x, k, time, rate, start, periodic)
            if height < lowest:
                lowest, found, best = height, rate, k
    if not periodic:
        # The end values go on for ever.
        for k, rate in ((0, density[0]), (cells, density[cells - 1])):
            beyond = x < rate * time if k == 0 else x - rate * time > 1.0
            height = _bottom(x, k, time, rate, start, False)
            if beyond and height < lowest:
                lowest, found, best = height, rate, k
    return lowest, found, best


@inlined
def _over_cells(x, time, viscosity, density, start, periodic, first, end, lowest):
    """The sum of the integrals over cells, in units of s exp(-lowest / 2ν), and that times r_k."""
    cells, scale, double = density.size, math.sqrt(2.0 * viscosity * time), 2.0 * viscosity
    total, moment = 0.0, 0.0
    before = (_height(x, first, time, start, periodic) - lowest) / double
    for k in range(first, end):
        after = (_height(x, k + 1, time, start, periodic) - lowest) / double
        rate = density[k % cells]
        left = (k / cells - x + rate * time) / scale
        right = ((k + 1) / cells - x + rate * time) / scale
        if before < CUTOFF or after < CUTOFF or left < 0.0 < right:
            bottom = (_bottom(x, k, time, rate, start, periodic) - lowest) / double
            part = over_cell(before, after, left, right, bottom)
            total += part
            moment += part * rate
        before = after
    return total, moment


@inlined
def _over_half_line(x, time, viscosity, density, start, edge, lowest):
    """The same beyond one end of the interval, where the density at that end goes on; and r."""
    k = 0 if edge == 0.0 else density.size
    rate = density[0] if edge == 0.0 else density[density.size - 1]
    double = 2.0 * viscosity
    minimiser, scale = x - rate * time, math.sqrt(double * time)
    # How far the minimiser is outside of the half-line.
    outside = (minimiser - edge if edge == 0.0 else edge - minimiser) / scale
    height = math.exp(-(_height(x, k, time, start, False) - lowest) / double)
    if outside >= 0.0:
        return height * mills(outside), rate
    bottom = (_bottom(x, k, time, rate, start, False) - lowest) / double
    whole = math.sqrt(2.0 * np.pi) * math.exp(-bottom)
    return max(whole - height * mills(-outside), 0.0), rate


@inlined
def _height(x, k, time, start, periodic):
    """H at an edge, which may be of another period."""
    cells = start.size - 1
    distance = x - k / cells
    return start[k % cells if periodic else k] + 0.5 * distance * distance / time


@inlined
def _bottom(x, k, time, rate, start, periodic):
    """The minimum of the parabola that is H beside the k-th edge, which may lie elsewhere."""
    cells = start.size - 1
    return start[k % cells if periodic else k] + rate * (x - k / cells - 0.5 * rate * time)


@inlined
def _modes(time, viscosity, density, potential, lowest_potential, modes):
    """The Fourier coefficients of a periodic φ at a time, from 0 on: their number is returned."""
    cells, double = density.size, 2.0 * viscosity
    spread = 4.0 * np.pi * np.pi * viscosity * time
    count = min(MODES, 1 + math.ceil(math.sqrt((CUTOFF + 8.0) / spread)))
    for m in range(count):
        total = 0.0 + 0.0j
        for k in range(cells):
            start = math.exp((lowest_potential - potential[k]) / double)
            growth = complex(-density[k] / double, -2.0 * np.pi * m)
            total += start * _phase(-m * k, cells) * _mean_exponential(growth / cells)
        modes[m] = total / cells * math.exp(-spread * m * m)
    return count


@inlined
def _phase(number, cells):
    """exp(2πi number / cells)."""
    angle = 2.0 * np.pi * (number % cells) / cells
    return complex(math.cos(angle), math.sin(angle))


@inlined
def _mean_exponential(z):
    """(exp(z) - 1) / z, the mean of exp over the way from 0 to z."""
    size = abs(z)
    if size < 0.5:
        term, total = 1.0 + 0.0j, 1.0 + 0.0j
        for k in range(2, 18):
            term *= z / k
            total += term
        return total
    return (complex(math.cos(z.imag), math.sin(z.imag)) * math.exp(z.real) - 1.0) / z


@inlined
def _by_modes(x, viscosity, modes, count):
    """-2ν log φ at x, and the density there."""
    small, slope = 0.0, 0.0
    for m in range(1, count):
        angle = 2.0 * np.pi * ((m * x) % 1.0)
        turned = modes[m] * complex(math.cos(angle), math.sin(angle))
        small += 2.0 * turned.real
        slope -= 4.0 * np.pi * m * turned.imag
    base = modes[0].real
    double = 2.0 * viscosity
    return -double * math.log1p(small / base), -double * slope / (base + small)


@inlined
def _start(density, periodic, rate, start):
    """Fill the densities less their mean, and the integral P of these at the edges; the mean."""
    cells = density.size
    mean = density.mean() if periodic else 0.0
    start[0] = 0.0
    for k in range(cells):
        rate[k] = density[k] - mean
        start[k + 1] = start[k] + rate[k] / cells
    if periodic:
        start[cells] = 0.0
    return mean


@compiled
def evolve(density, time, viscosity, periodic, cells, points, result, share, shares):
    """Averages between points, or where `cells` is 0 values at them, for a share of the rows.

    Points that are not the edges of one of the cells give an average without a meaning.

    density (count, given cells), time, viscosity (count,), points (count of points,), for averages
    ascending, result (count, count of points, or less one).
    """
    given = density.shape[1]
    rate, start = np.empty(given), np.empty(given + 1)
    modes = np.empty(MODES, dtype=np.complex128)
    for i in range(share, time.size, shares):
        mean = _start(density[i], periodic, rate, start)
        floor, guess, previous = start.min(), -1, 0.0
        wide = periodic and math.sqrt(2.0 * viscosity[i] * time[i]) >= WIDE
        count = _modes(time[i], viscosity[i], rate, start, floor, modes) if wide else 0
        for j in range(points.size):
            # In the frame of the mean density.
            x = points[j] - mean * time[i]
            if wide:
                height, value = _by_modes(x, viscosity[i], modes, count)
            else:
                near = cells and guess >= 0 and (points[j] - points[j - 1]) * cells < 1.5
                if not near:
                    guess = math.floor(x * given)
                guess = guess if periodic else min(max(guess, 0), given)
                height, value, guess = potential_at(
                    x, time[i], viscosity[i], rate, start, periodic, floor, guess
                )
            if not cells:
                result[i, j] = mean + value
            elif j > 0:
                result[i, j - 1] = mean + (height - previous) * cells
            previous = height
