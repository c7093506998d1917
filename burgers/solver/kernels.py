"""Compiled time stepping for the viscous Burgers equation, `LANES` realisations at a time.

A block of realisations is stored in a flat array, row after row of `LANES` numbers: two ghost
cells, the cells, two ghost cells. The kernels are written as for one realisation (see `simd`).

A diffusion step solves (I - μ δ²) z = r, with δ² the second difference. Apart from the first and
the last, all rows of the matrix are equal, so that a single ratio c < 1 with c + 1/c = 2 + 1/μ and
a single pivot serve both sweeps. The matrix that the sweeps invert differs from this one in two
corners; their solution is corrected by α cʲ + β cⁿ⁻¹⁻ʲ, where α and β are linear in its first and
last values.
"""

# `load` and `store` have other signatures in compiled code than in Python.
# mypy: disable-error-code="call-arg, var-annotated"

import numpy as np

from burgers._compiled import compiled, inlined
from burgers.solver.simd import LANES, largest, load, magnitude, smallest, store

# Offset of the first cell, and number of rows of ghost cells.
FIRST = 2 * LANES
GHOSTS = 4

# Slopes are at most this multiple of the smaller neighbouring difference. With 2 (the MC limiter)
# Hancock's predictor creates new extrema in Burgers' equation; with 1.5 none up to cfl 0.9.
STEEPEST = 1.5

# Powers of the ratio below this are lost in rounding.
NEGLIGIBLE = 1e-20

# Rows of the factors of a block: dt / dx; pivot and ratio of the sweeps; 1/θ and (1 - θ)/θ; the
# coefficients of α and of β in the sweeps' first and last values; powers of the ratio.
COURANT, PIVOT, RATIO, IMPLICIT, EXPLICIT, ALPHA, BETA, DECAY = LANES * np.array(
    [0, 1, 2, 3, 4, 5, 7, 9]
)


@compiled
def advance(density, dt, steps, diffusion, order, periodic, second_order, result, share, shares):
    """Advance one share of (count, cells) densities by their numbers of steps, into `result`.

    dt, steps (count,): time step and number of steps; diffusion (count,): μ = dt / (Re dx²); order
    (count,): the sequence in which realisations fill the blocks. The realisations of a block end
    together: those with fewer steps join later.
    """
    count, cells = order.size, density.shape[1]
    blocks = (count + LANES - 1) // LANES
    rows, numbers = (cells + GHOSTS) * LANES, DECAY + cells * LANES
    start, state, swept = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    whole, half = np.zeros(numbers), np.zeros(numbers)
    # Strided shares balance the load, since consecutive blocks cost nearly the same.
    for block in range(share, blocks, shares):
        members = order[block * LANES : min(block * LANES + LANES, count)]
        # Loops, because slices take seconds to compile.
        for k in range(members.size):
            for j in range(cells):
                start[FIRST + j * LANES + k] = density[members[k], j]
        for i in range(rows):
            state[i] = 0.0
        courant, mu = dt[members] * cells, diffusion[members]
        if second_order:
            reach = _factorise(courant, mu, 0.5, periodic, cells, whole)
            half_reach = _factorise(courant, 0.5 * mu, 0.5, periodic, cells, half)
            _march_muscl(
                start, state, swept, steps[members], whole, reach, half, half_reach, periodic
            )
        else:
            reach = _factorise(courant, mu, 1.0, periodic, cells, whole)
            _march_rusanov(start, state, steps[members], whole, reach, periodic)
        for k in range(members.size):
            for j in range(cells):
                # Adding zero turns -0, whose sign may depend on the other lanes, into 0.
                result[members[k], j] = state[FIRST + j * LANES + k] + 0.0


@inlined
def _march_rusanov(start, state, steps, factors, reach, periodic):
    for remaining in range(steps.max(), 0, -1):
        _join(state, start, steps, remaining)
        _rusanov(state, factors, periodic)
        _close(state, state, factors, reach)
    _join(state, start, steps, 0)


@inlined
def _march_muscl(start, state, swept, steps, whole, reach, half, half_reach, periodic):
    """Strang splitting: half diffusion steps at both ends, whole ones between the transports."""
    _sweep_right(start, swept, half)
    _sweep_left(start, swept, half)
    _close(start, swept, half, half_reach)
    for remaining in range(steps.max(), 0, -1):
        _join(state, start, steps, remaining)
        factors = whole if remaining > 1 else half
        _muscl(state, swept, factors, periodic)
        _sweep_left(state, swept, factors)
        _close(state, swept, factors, reach if remaining > 1 else half_reach)
    _join(state, start, steps, 0)


@inlined
def _join(state, start, steps, remaining):
    for k in range(steps.size):
        if steps[k] == remaining:
            for i in range(k, state.size, LANES):
                state[i] = start[i]


@inlined
def _factorise(courant, diffusion, theta, periodic, cells, factors):
    """Fill in the factors of a step; return the number of non-negligible powers of the ratio.

    The θ-scheme is (I - θμ δ²) z = (I + (1 - θ)μ δ²) r. It satisfies the maximum principle for
    μ <= 1 / (2 (1 - θ)).
    """
    reach = 0
    for k in range(LANES):
        # The idle lanes of an incomplete block repeat its last realisation.
        i = min(k, diffusion.size - 1)
        mu = theta * diffusion[i]
        spread = 1.0 + 2.0 * mu + np.sqrt(1.0 + 4.0 * mu)
        ratio = 2.0 * mu / spread
        # 1 - ratio without cancellation, on which the powers depend for large μ.
        decline = (1.0 + np.sqrt(1.0 + 4.0 * mu)) / spread
        factors[COURANT + k] = courant[i]
        factors[PIVOT + k] = 1.0 / (1.0 + mu + mu * decline)
        factors[RATIO + k] = ratio
        factors[IMPLICIT + k] = 1.0 / theta
        factors[EXPLICIT + k] = (1.0 - theta) / theta
        corners = _corners(mu, decline, cells, periodic)
        for value in range(2):
            factors[ALPHA + value * LANES + k] = corners[0][value] / theta
            factors[BETA + value * LANES + k] = corners[1][value] / theta
        power = 1.0
        for j in range(cells):
            # Negligible powers are zero, so that a longer reach of other lanes changes nothing.
            counts = power > NEGLIGIBLE
            factors[DECAY + j * LANES + k] = power if counts else 0.0
            reach = max(reach, j + 1 if counts else 0)
            power *= ratio
    return reach


@inlined
def _corners(mu, decline, cells, periodic):
    """Coefficients of α, and of β, in the sweeps' first and last values.

    The sum and the difference of the matrix's first and last rows are equations for α + β and
    α - β. All terms are positive, so that nothing cancels however large μ is.
    """
    short, shorter = _lost(decline, cells - 1), _lost(decline, cells - 2)
    slope = mu * decline
    if periodic:
        plus = 1.0 + slope * short
        minus = 1.0 + slope + mu * (short + _lost(decline, cells))
        first = (slope / plus, -mu * (2.0 - decline) / minus)
    else:
        plus = 2.0 - short + slope * shorter
        minus = short + slope * (2.0 - shorter)
        first = (slope / plus, slope / minus)
    last = (mu / plus, mu / minus if periodic else -mu / minus)
    return (
        (0.5 * (first[0] + first[1]), 0.5 * (last[0] + last[1])),
        (0.5 * (first[0] - first[1]), 0.5 * (last[0] - last[1])),
    )


@inlined
def _lost(decline, power):
    """1 - (1 - decline)^power without cancellation."""
    return -np.expm1(power * np.log1p(-decline))


@inlined
def _fill_ghosts(state, periodic):
    """Fill the ghost cells: periodically, or with a zero gradient."""
    end = state.size - FIRST
    for row in range(0, FIRST, LANES):
        store(load(state, end - FIRST + row if periodic else FIRST), state, row)
        store(load(state, FIRST + row if periodic else end - LANES), state, end + row)


@inlined
def _rusanov_flux(left, right):
    speed = largest(magnitude(left), magnitude(right))
    return 0.25 * (left * left + right * right) + 0.5 * speed * (left - right)


@inlined
def _rusanov(state, factors, periodic):
    """First-order transport and both sweeps of the diffusion, in place."""
    courant, pivot, ratio = load(factors, COURANT), load(factors, PIVOT), load(factors, RATIO)
    end = state.size - FIRST
    _fill_ghosts(state, periodic)
    here = load(state, FIRST)
    inflow = _rusanov_flux(load(state, FIRST - LANES), here)
    swept = 0.0 * here
    for cell in range(FIRST, end, LANES):
        after = load(state, cell + LANES)
        outflow = _rusanov_flux(here, after)
        swept = pivot * (here - courant * (outflow - inflow)) + ratio * swept
        store(swept, state, cell)
        here, inflow = after, outflow
    for cell in range(end - 2 * LANES, FIRST - LANES, -LANES):
        swept = load(state, cell) + ratio * swept
        store(swept, state, cell)


@inlined
def _godunov_flux(left, right):
    left, right = largest(left, 0.0), smallest(right, 0.0)
    return 0.5 * largest(left * left, right * right)


@inlined
def _limited_slope(before, after):
    """The mean of both differences, limited in steepness: the generalised minmod limiter."""
    mean, before, after = 0.5 * (before + after), STEEPEST * before, STEEPEST * after
    rising = largest(smallest(smallest(before, after), mean), 0.0)
    return rising + smallest(largest(largest(before, after), mean), 0.0)


@inlined
def _faces(before, here, after, courant):
    """Densities at a cell's left and right faces after half a step, by Hancock's predictor."""
    slope = _limited_slope(here - before, after - here)
    middle = here - 0.5 * courant * here * slope
    return middle - 0.5 * slope, middle + 0.5 * slope


@inlined
def _muscl(state, swept, factors, periodic):
    """Second-order transport, in place, and the forward sweep of the diffusion, into `swept`."""
    courant, pivot, ratio = load(factors, COURANT), load(factors, PIVOT), load(factors, RATIO)
    end = state.size - FIRST
    _fill_ghosts(state, periodic)
    before, here, after = load(state, LANES), load(state, FIRST), load(state, FIRST + LANES)
    ghost = _faces(load(state, 0), before, here, courant)
    left, right = _faces(before, here, after, courant)
    inflow = _godunov_flux(ghost[1], left)
    elimination = 0.0 * here
    for cell in range(FIRST, end, LANES):
        beyond = load(state, cell + 2 * LANES)
        left, next_right = _faces(here, after, beyond, courant)
        outflow = _godunov_flux(right, left)
        transported = here - courant * (outflow - inflow)
        elimination = pivot * transported + ratio * elimination
        store(transported, state, cell)
        store(elimination, swept, cell)
        here, after, right, inflow = after, beyond, next_right, outflow


@inlined
def _sweep_right(state, swept, factors):
    pivot, ratio = load(factors, PIVOT), load(factors, RATIO)
    elimination = 0.0 * pivot
    for cell in range(FIRST, state.size - FIRST, LANES):
        elimination = pivot * load(state, cell) + ratio * elimination
        store(elimination, swept, cell)


@inlined
def _sweep_left(state, swept, factors):
    """The backward sweep, and the θ-scheme's extrapolation (z - (1 - θ) r) / θ of its solution."""
    ratio, implicit, explicit = (
        load(factors, RATIO),
        load(factors, IMPLICIT),
        load(factors, EXPLICIT),
    )
    solved = 0.0 * ratio
    for cell in range(state.size - FIRST - LANES, FIRST - LANES, -LANES):
        solved = load(swept, cell) + ratio * solved
        store(solved, swept, cell)
        store(implicit * solved - explicit * load(state, cell), state, cell)


@inlined
def _close(state, swept, factors, reach):
    """Add the correction α cʲ + β cⁿ⁻¹⁻ʲ of the sweeps' solution to `state`."""
    last = state.size - FIRST - LANES
    ends = load(swept, FIRST), load(swept, last)
    alpha = load(factors, ALPHA) * ends[0] + load(factors, ALPHA + LANES) * ends[1]
    beta = load(factors, BETA) * ends[0] + load(factors, BETA + LANES) * ends[1]
    for row in range(0, reach * LANES, LANES):
        decay = load(factors, DECAY + row)
        store(load(state, FIRST + row) + alpha * decay, state, FIRST + row)
        store(load(state, last - row) + beta * decay, state, last - row)
