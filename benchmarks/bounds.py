"""What bounds the first-order kernel: one block of 16 lanes, 400 cells, one core.

The step is timed beside loops that keep only one thing of it: its loads and stores, its two
recurrences along x, and its arithmetic on registers. The slowest of these is the bound.
"""

import time

import numpy as np
from numba import njit

from burgers.solver import kernels
from burgers.solver.kernels import FIRST
from burgers.solver.simd import LANES, largest, load, magnitude, store

CELLS, CALLS = 400, 5000


@njit
def whole_step(state, factors, calls):
    for _ in range(calls):
        kernels._rusanov(state, factors, True)


@njit
def loads_and_stores(state, factors, calls):
    ratio = load(factors, kernels.RATIO)
    for _ in range(calls):
        for cell in range(FIRST, state.size - FIRST, LANES):
            store(load(state, cell + LANES) + ratio, state, cell)
        for cell in range(state.size - FIRST - LANES, FIRST - LANES, -LANES):
            store(load(state, cell) + ratio, state, cell)


@njit
def recurrences(state, factors, calls):
    ratio, here = load(factors, kernels.RATIO), load(state, FIRST)
    swept = here
    for _ in range(calls):
        for _ in range(2 * FIRST, 2 * (state.size - FIRST), LANES):
            swept = here + ratio * swept
    store(swept, state, FIRST)


@njit
def arithmetic(state, factors, calls):
    courant, ratio = load(factors, kernels.COURANT), load(factors, kernels.RATIO)
    start = load(state, FIRST)
    sums = start, start, start, start
    for call in range(calls):
        here, inflow = start, start
        # Four sums in turn, so that none is a recurrence that must be waited for.
        for cell in range(FIRST, state.size - FIRST, LANES):
            after = start + float(cell + call)
            speed = largest(magnitude(here), magnitude(after))
            outflow = 0.25 * (here * here + after * after) + 0.5 * speed * (here - after)
            update = ratio * (here - courant * (outflow - inflow))
            sums = sums[1], sums[2], sums[3], sums[0] + ratio * update
            here, inflow = after, outflow
    store(sums[0] + sums[1] + sums[2] + sums[3], state, FIRST)


def rate(function):
    """Billion cell-steps per second, the best of five."""
    state = np.full((CELLS + kernels.GHOSTS) * LANES, 0.5)
    factors = np.full(kernels.DECAY + CELLS * LANES, 0.3)
    function(state, factors, 1)
    best = np.inf
    for _ in range(5):
        started = time.perf_counter()
        function(state, factors, CALLS)
        best = min(best, time.perf_counter() - started)
    return CELLS * LANES * CALLS / best / 1e9


if __name__ == "__main__":
    for function in (whole_step, loads_and_stores, recurrences, arithmetic):
        print(f"{function.__name__.replace('_', ' '):18} {rate(function):5.2f} Gcell-steps/s")
