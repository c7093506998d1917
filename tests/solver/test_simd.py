"""The vector type of the kernels against NumPy, lane by lane."""

import numpy as np
from numba import njit

from burgers.solver.simd import LANES, largest, load, magnitude, smallest, store


@njit
def compute(first, second, results):
    a, b = load(first, 0), load(second, 0)
    outcomes = (a + b, a - b, a * b, largest(a, b), smallest(a, b), magnitude(a), 2.0 * a - 1.0)
    for row in range(7):
        store(outcomes[row], results, row * LANES)


def test_every_operation_acts_lane_by_lane():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, LANES))
    results = np.zeros(7 * LANES)
    compute(a, b, results)
    expected = [a + b, a - b, a * b, np.maximum(a, b), np.minimum(a, b), np.abs(a), 2 * a - 1]
    np.testing.assert_allclose(results.reshape(7, LANES), expected, rtol=1e-15, atol=1e-15)


@njit
def shift(values):
    store(load(values, 3), values, 0)


def test_load_and_store_may_start_anywhere():
    values = np.arange(LANES + 3.0)
    shift(values)
    assert np.array_equal(values[:LANES], np.arange(LANES) + 3.0)
