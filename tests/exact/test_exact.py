"""Exact solutions against independent evaluations, exact moments against finer quadrature."""

import resource
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit, i0e, i1e, ive, log_ndtr

import burgers
from burgers import exact
from burgers.exact import cole_hopf
from burgers.exact.quadrature import gauss_legendre, graded

SINUS, CRENEAU = burgers.SINUS, burgers.CRENEAU
CASES = list(burgers.CASES.values())
BIRTH = 1 / (2 * np.pi)

# The ends of the accepted range, and both sides of each transition between methods.
TIMES = [0, 5e-324, 9e-41, 2e-40, 1e-17, 1e-9, 1e-5, 0.1, BIRTH, 0.4, 2, 1e6, 1e17, 1.7e308]
REYNOLDS = [1e-2, 1, 53.9, 54.1, 1e3, 1e6, 1e10, 1e20, np.inf]


def fourier_bessel(cells, reynolds, time):
    """Cell averages from sin(2πx) by the series of φ = exp(-Φ/2ν).

    φ = I₀(k) + 2 Σ (±1)ᵐ Iₘ(k) exp(-4π²m²νt) cos 2πmx and k = 1 / (4πν). It loses digits as exp(2k)
    and serves up to Re of about 200.
    """
    nu = 1 / reynolds
    k = 1 / (4 * np.pi * nu)
    m = np.arange(1, 400)
    decay = ive(m, k) * np.exp(-4 * np.pi**2 * m**2 * nu * time)
    phi = ive(0, k) + 2 * np.cos(2 * np.pi * np.outer(np.linspace(0, 1, cells + 1), m)) @ decay
    return -2 * nu * cells * np.diff(np.log(phi))


def sine_potential(x, reynolds, time):
    """Φ(t, x) from sin(2πx), by adaptive quadrature around the minima of the exponent."""
    nu = 1 / reynolds
    # Farther away the exponent is smaller than its maximum by at least 84.
    reach = np.sqrt(2 * time * (1 / np.pi + 84 * nu))

    def height(y):
        return (x - y) ** 2 / (2 * time) + np.sin(np.pi * y) ** 2 / np.pi

    y = np.linspace(x - reach, x + reach, 200_001)
    values = height(y)
    inner = values[1:-1]
    valleys = y[1:-1][(inner < values[:-2]) & (inner < values[2:])]
    lowest = values.min()
    narrow = np.sqrt(2 * nu / (1 / time + 2 * np.pi))
    points = sorted(v + s * narrow for v in valleys for s in (-30, -8, -3, 0, 3, 8, 30))
    ends = [x - reach, *[point for point in points if abs(point - x) < reach], x + reach]
    total = sum(
        quad(lambda y: np.exp((lowest - height(y)) / (2 * nu)), *pair, epsabs=1e-15 * narrow)[0]
        for pair in pairwise(ends)
    )
    return lowest - 2 * nu * np.log(total / np.sqrt(4 * np.pi * nu * time))


def hopf_potential(x, time):
    """Φ(t, x) from sin(2πx) as ν → 0, by the origins in [0, 1/2] of a particle that is at x."""

    def missed(y):
        return y + time * np.sin(2 * np.pi * y) - x

    grid = np.linspace(0, 0.5, 10_001)
    changes = np.flatnonzero(np.diff(missed(grid) > 0))
    start = np.array([brentq(missed, *grid[k : k + 2], xtol=1e-16) for k in changes] or [0.5])
    travelled = time * np.sin(2 * np.pi * start)
    return min(travelled**2 / (2 * time) + np.sin(np.pi * start) ** 2 / np.pi)


def front_average(left, right, reynolds, time, step):
    """Average over [left, right] of the point values of the travelling front."""
    scale = np.sqrt(2 * time / reynolds)

    def value(x):
        xi = x - 0.5
        odds = 0.5 * reynolds * (1 - step) * (xi - 0.5 * (1 + step) * time)
        odds += log_ndtr((xi - step * time) / scale) - log_ndtr((time - xi) / scale)
        return step + (1 - step) * expit(-odds)

    middle, width = 0.5 + 0.5 * (1 + step) * time, min(4 / reynolds, scale)
    marks = (middle + s * width for s in (-40, -8, -2, 0, 2, 8, 40))
    ends = [left, *[mark for mark in marks if left < mark < right], right]
    return sum(quad(value, *pair, epsabs=1e-15)[0] for pair in pairwise(ends)) / (right - left)


@pytest.mark.parametrize(
    ("reynolds", "time"),
    [(0.01, 0.1), (1.0, 0.4), (20.0, 1e-30), (20.0, 0.4), (53.9, 0.1), (80.0, 0.1), (80.0, 5.0)],
)
def test_sine_is_its_fourier_bessel_series(reynolds, time):
    computed = exact.density(SINUS, time, reynolds=reynolds, cells=100)
    np.testing.assert_allclose(computed, fourier_bessel(100, reynolds, time), atol=2e-11)


@pytest.mark.parametrize("log_reynolds", [4.0, 8.5, 13.0, 17.0])
@pytest.mark.parametrize("time", [1e-6, 0.01, BIRTH, 0.4, 30.0])
def test_sine_agrees_with_adaptive_quadrature(log_reynolds, time):
    reynolds = np.exp(log_reynolds)
    computed = exact.density(SINUS, time, reynolds=reynolds)
    for cell in (13, 150, 199):
        ends = [sine_potential(edge / 400, reynolds, time) for edge in (cell, cell + 1)]
        assert computed[cell] == pytest.approx(400 * (ends[1] - ends[0]), abs=1e-10)


@pytest.mark.parametrize("reynolds", [60.0, 1e3, 1e5, 1e7, 1.5e8, 1e12, 9e19])
def test_sine_is_the_same_by_any_method(reynolds):
    def too_many(log_time):
        return np.log(cole_hopf.trapezoidal_nodes.py_func(np.exp(log_time), 1 / reynolds) / most)

    most, near = cole_hopf.MOST_NODES, np.array([1 - 1e-12, 1 + 1e-12])
    seams = [(54.0, time) for time in (1e-12, BIRTH, 1.0)]
    seams.append((reynolds, max(1.0, reynolds * cole_hopf.LATE)))
    if too_many(0.0) < 0:
        seams.append((reynolds, np.exp(brentq(too_many, -50, 0, xtol=1e-15))))
    for number, time in seams:
        either = exact.density(SINUS, time * near, reynolds=number * near[::-1])
        np.testing.assert_allclose(*either, rtol=0, atol=2e-12)


@pytest.mark.parametrize("time", [1e-9, 0.1, BIRTH, 0.2, 0.4, 3.0, 1e3])
def test_sine_at_a_huge_reynolds_number_is_hopfs_limit(time):
    expected = 20 * np.diff([hopf_potential(edge / 20, time) for edge in range(11)])
    for reynolds in (1e17, 1e20, np.inf):
        computed = exact.density(SINUS, time, reynolds=reynolds, cells=20)
        np.testing.assert_allclose(computed[:10], expected, rtol=0, atol=1e-12)
    assert time != 0.4 or computed.max() == pytest.approx(0.811, abs=1e-3)


@pytest.mark.parametrize("reynolds", [1e-2, 1.0, 60.0, 1.5e4, 1e20])
def test_a_late_sine_is_one_decaying_mode(reynolds):
    k, time = reynolds / (4 * np.pi), max(reynolds, 2.0)
    decayed = np.exp(-4 * np.pi**2 * time / reynolds) * i1e(k) / i0e(k) * 8 * np.pi / reynolds
    computed = exact.density(SINUS, time, reynolds=reynolds)
    np.testing.assert_allclose(computed, decayed * SINUS.initial(), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("time", [0.0, 5e-324, 1e-40, 3 * 0.1 - 0.3, 1e-12])
@pytest.mark.parametrize("reynolds", [0.01, 40.0, 1e5, np.exp(13), 1e20, np.inf])
def test_in_next_to_no_time_nothing_moves(time, reynolds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sine = exact.density(SINUS, time, reynolds=reynolds)
    np.testing.assert_allclose(sine, SINUS.initial(), rtol=0, atol=1e-12 + 1e4 * time)
    step = exact.density(CRENEAU, time, reynolds=reynolds, step=0.2)
    moved = 400 * (time + np.sqrt(time / reynolds))
    np.testing.assert_allclose(step, CRENEAU.initial(step=0.2), rtol=0, atol=1e-12 + moved)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("cells", [2, 3, 400])
@pytest.mark.parametrize("reynolds", REYNOLDS)
def test_every_density_keeps_within_its_bounds(reynolds, cells):
    sine = exact.density(SINUS, TIMES, reynolds=reynolds, cells=cells)
    np.testing.assert_array_equal(sine, -sine[:, ::-1])
    assert np.all(np.abs(sine - 0.5)[:, : cells // 2] < 0.5 + 1e-12)
    for step in (0.0, 0.3, 0.4):
        front = exact.density(CRENEAU, TIMES[:10], reynolds=reynolds, step=step, cells=cells)
        assert np.all(np.diff(front) < 1e-11)
        assert np.all((front > step - 1e-11) & (front < 1 + 1e-11))
        past = exact.tail(TIMES[:10], reynolds=reynolds, step=step)
        assert np.all((past >= 0) & (past < 0.5))
        assert reynolds < 1e20 or not past.any()


@pytest.mark.parametrize("reynolds", [0.01, 1.0, 50.0, np.exp(4), np.exp(8.5), np.exp(13), 1e9])
@pytest.mark.parametrize(("time", "step"), [(1e-9, 0.1), (1e-3, 0.1), (0.2, 0.3), (0.58, 0.2)])
def test_creneau_agrees_with_the_average_of_its_point_values(reynolds, time, step):
    computed = exact.density(CRENEAU, time, reynolds=reynolds, step=step)
    front = int((0.5 + 0.5 * (1 + step) * time) * 400)
    for cell in (200, front - 20, front - 1, front, front + 1, front + 20):
        expected = front_average(cell / 400, (cell + 1) / 400, reynolds, time, step)
        assert computed[cell] == pytest.approx(expected, abs=2e-12)


@pytest.mark.parametrize("reynolds", [1e15, 1e20, np.inf])
def test_creneau_at_a_huge_reynolds_number_is_a_jump_that_moves(reynolds):
    for time, step in [(0.0, 0.2), (1e-9, 0.1), (0.2, 0.3), (0.9, 0.1), (0.99, 0.0)]:
        behind = np.clip(200 + 200 * (1 + step) * time - np.arange(400), 0, 1)
        computed = exact.density(CRENEAU, time, reynolds=reynolds, step=step)
        np.testing.assert_allclose(computed, step + (1 - step) * behind, rtol=0, atol=1e-12)


def test_shapes_broadcast_and_realisations_do_not_matter_to_each_other():
    times = np.array([0.1, 0.2, 0.3])
    together = exact.density(CRENEAU, times, reynolds=500.0, step=0.2, cells=50)
    assert together.shape == (3, 50)
    alone = exact.density(CRENEAU, 0.2, reynolds=500.0, step=0.2, cells=50)
    assert np.array_equal(together[1], alone)
    assert exact.density(SINUS, 0.2, reynolds=[10.0, 20.0], cells=50).shape == (2, 50)


def test_tail_is_the_density_past_the_boundary():
    point = exact.density(CRENEAU, 0.55, reynolds=60.0, step=0.2, cells=40_000)[-1]
    assert exact.tail(0.55, reynolds=60.0, step=0.2) == pytest.approx((point - 0.2) / 0.8, rel=1e-3)
    assert exact.tail(0.2, reynolds=1e4, step=0.2) < 1e-100
    assert exact.tail(0.0, reynolds=60.0, step=0.2) == 0.0
    assert exact.tail([0.5, 0.83], reynolds=np.inf, step=0.2).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("case", "time"),
    [(SINUS, time) for time in (1e-12, 0.1, 0.4, 5.0, 1e3, 1e300)]
    + [(CRENEAU, time) for time in (1e-9, 0.2)],
)
def test_moments_at_one_time_have_converged(case, time):
    default = exact.mean_and_std(case, time)
    richer = exact.mean_and_std(case, time, panel_nodes=16, reynolds_nodes=64)
    np.testing.assert_allclose(default, richer, atol=1e-8)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_moments_at_all_times_have_converged(case):
    default = exact.mean_and_std(case, cells=20)
    richer = exact.mean_and_std(case, cells=20, panel_nodes=16, reynolds_nodes=64)
    np.testing.assert_allclose(default, richer, atol=1e-8)


@pytest.mark.parametrize("time", [None, "fixed"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_moments_are_those_of_a_sample(case, time):
    rng, count = np.random.default_rng(0), 10_000
    inputs = case.sample(count, rng)
    fixed = None if time is None else case.fixed_time
    times = rng.uniform(case.first_time, case.last_time, count) if fixed is None else fixed
    sample = exact.density(case, times, **inputs, cells=40)
    mean, std = exact.mean_and_std(case, fixed, cells=40)
    random = std > 1e-6
    z = (sample.mean(axis=0) - mean)[random] / std[random] * np.sqrt(count)
    assert np.abs(z).max() < 4.5
    np.testing.assert_allclose(sample.std(axis=0), std, rtol=0.05, atol=1e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("time", [0.0, 5e-324, 1e-300, 1e-40, 1e-17, 1e-14])
def test_moments_of_a_law_that_has_not_moved_are_the_initial_ones(time):
    mean, std = exact.mean_and_std(SINUS, time, cells=20)
    np.testing.assert_allclose(mean, SINUS.initial(20), atol=1e-12)
    np.testing.assert_allclose(std, 0, atol=1e-12)
    mean, std = exact.mean_and_std(CRENEAU, time, cells=20)
    np.testing.assert_allclose(mean, CRENEAU.initial(20, step=0.2), atol=1e-6)
    np.testing.assert_allclose(std, np.repeat([0, 0.2 / np.sqrt(12)], 10), atol=1e-6)


def test_gauss_is_exact_for_polynomials_and_panels_meet_at_the_breaks():
    nodes, weights = gauss_legendre([(0.0, 0.5), (0.5, 2.0)], 4)
    assert weights @ nodes**7 == pytest.approx(2**8 / 8, rel=1e-13)
    panels = graded([0.0, 0.3, 1.0], 0.01)
    assert np.all(panels[1:, 0] == panels[:-1, 1])
    assert (panels[0, 0], panels[-1, 1]) == (0.0, 1.0)
    assert 0.3 in panels
    assert np.diff(panels, axis=1).min() > 0


GOOD = {"problem": CRENEAU, "time": 0.2, "reynolds": 100.0, "step": 0.2}
BAD_INPUT = [
    ({"problem": "creneau"}, "problem is 'creneau'"),
    ({"time": -0.1}, "time has minimum -0.1"),
    ({"time": np.nan}, "time contains nan"),
    ({"time": 0.9}, "time reaches 0.9; accepted"),
    ({"time": 1.7e308}, "time reaches 1.7e"),
    ({"time": [0.1, 0.82, 0.9], "step": [0.1, 0.3, 0.1]}, "time reaches 0.82 in row 1; accepted"),
    ({"reynolds": 0.0}, "reynolds has minimum 0.0"),
    ({"reynolds": np.nan}, "reynolds contains nan"),
    ({"reynolds": 9e-3}, "reynolds reaches 0.009; accepted: from 0.01 to 1e.20, or inf"),
    ({"reynolds": [1.0, 2e20]}, "reynolds reaches 2e.20 in row 1; accepted"),
    ({"reynolds": [np.inf, 1.0, 1e-9]}, "reynolds reaches 1e-09 in row 2; accepted"),
    ({"step": None}, "step is None"),
    ({"step": 1.0}, "step reaches 1.0; accepted"),
    ({"step": [0.1, -0.1, 2.0]}, "step reaches -0.1 in row 1; accepted"),
    ({"problem": SINUS}, "step is 0.2; accepted: None"),
    ({"time": [0.1, 0.2], "reynolds": [1.0, 2.0, 3.0]}, "time has shape"),
    ({"cells": 1}, "cells is 1"),
    ({"cells": 2.5}, "cells is 2.5"),
]


@pytest.mark.parametrize(("change", "message"), BAD_INPUT)
@pytest.mark.filterwarnings("error")
def test_bad_input_is_refused_by_name(change, message):
    arguments = {**GOOD, **change}
    with pytest.raises(ValueError, match=message):
        exact.density(arguments.pop("problem"), arguments.pop("time"), **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": [0.1, 0.2]}, "time is"),
        ({"time": 0.8}, "time reaches 0.8"),
        ({"panel_nodes": 0}, "panel_nodes is 0"),
        ({"reynolds_nodes": 1.5}, "reynolds_nodes is 1.5"),
        ({"cells": "many"}, "cells is 'many'"),
    ],
)
def test_bad_input_of_the_moments_is_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        exact.mean_and_std(CRENEAU, **change)
