"""The exact solution from any initial density: sixty digits, closed forms and invariants."""

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import burgers
from burgers import exact

RNG = np.random.default_rng(3)
ROUNDING = 1e-10


def cells_of(initial, periodic, periods):
    """Left end, right end, density and potential of every cell, those without an end last."""
    n, values = len(initial), [mpf(float(value)) for value in initial]
    edges = [mpf(0)]
    for value in values:
        edges.append(edges[-1] + value / n)
    if periodic:
        for p in range(-periods, periods + 1):
            for k in range(n):
                yield mpf(k) / n + p, mpf(k + 1) / n + p, values[k], edges[k] + p * edges[n]
    else:
        for k in range(n):
            yield mpf(k) / n, mpf(k + 1) / n, values[k], edges[k]
        yield None, mpf(0), values[0], mpf(0)
        yield mpf(1), None, values[-1], edges[-1]


def between(low, high):
    """The normal probability between two numbers, without loss of digits in a tail."""
    if low > 0:
        return between(-high, -low)
    return mpmath.ncdf(high) - mpmath.ncdf(low)


def sixty_digits(x, initial, reynolds, time, periodic):
    """-2ν log φ at x, and the density there, by the sum over every cell."""
    with mpmath.workdps(60):
        nu, t, x = 1 / mpf(float(reynolds)), mpf(float(time)), mpf(x)
        s = mpmath.sqrt(2 * nu * t)
        fastest = max(abs(mpf(float(value))) for value in initial)
        total, moment = mpf(0), mpf(0)
        for left, right, r, p in cells_of(initial, periodic, int(15 * s + t * fastest) + 2):
            minimiser, edge = x - r * t, right if left is None else left
            low = -mpmath.inf if left is None else (left - minimiser) / s
            high = mpmath.inf if right is None else (right - minimiser) / s
            part = mpmath.exp(-(p + r * (x - edge) - r * r * t / 2) / (2 * nu)) * between(low, high)
            total, moment = total + part, moment + part * r
        return -2 * nu * mpmath.log(total), moment / total


def drawn_case(number):
    """A small random problem: density, Re, T and boundary."""
    rng = np.random.default_rng(number)
    periodic = bool(number % 2)
    initial = 10 ** rng.uniform(-2, 0.5) * rng.standard_normal(rng.integers(1, 7))
    initial = initial + rng.choice([0.0, 0.7, -1.3])
    reynolds = 10 ** rng.uniform(*((0.0, 5.0) if periodic else (-2.0, 9.0)))
    return initial, reynolds, 10 ** rng.uniform(-4, 0.7), "periodic" if periodic else "outflow"


@pytest.mark.parametrize("number", range(24))
def test_averages_and_values_agree_with_sixty_digits(number):
    initial, reynolds, time, boundary = drawn_case(number)
    cells, x = 12, 0.37
    found = exact.solve(initial, reynolds, time, boundary=boundary, cells=cells)
    asked = (initial, reynolds, time, boundary == "periodic")
    left, right = (sixty_digits(mpf(k) / cells, *asked)[0] for k in (4, 5))
    assert found[4] == pytest.approx(float((right - left) * cells), abs=ROUNDING)
    value = exact.at([x], initial, reynolds, time, boundary=boundary)
    assert value == pytest.approx(float(sixty_digits(x, *asked)[1]), abs=ROUNDING)


@pytest.mark.parametrize("reynolds", [1e-2, 1.0, 55.0, 1e4, 1e20, np.inf])
def test_a_jump_is_the_creneau(reynolds):
    initial = burgers.CRENEAU.initial(400, step=0.2)
    times = np.array([0.0, 1e-6, 0.01, 0.3, 0.58])
    found = exact.solve(initial, reynolds, times, boundary="outflow")
    known = exact.density(burgers.CRENEAU, times, reynolds=reynolds, step=0.2)
    np.testing.assert_allclose(found, known, atol=ROUNDING)


@pytest.mark.parametrize(("reynolds", "time"), [(60.0, 0.3), (1e4, 0.5), (1e3, 0.9)])
def test_a_finer_sine_comes_nearer_at_second_order(reynolds, time):
    known = exact.density(burgers.SINUS, time, reynolds=reynolds)
    coarse, fine = (
        np.abs(exact.solve(burgers.SINUS.initial(n), reynolds, time, boundary="periodic", cells=400)
               - known).max()
        for n in (400, 1600)
    )  # fmt: skip
    assert fine < 5e-6
    assert 12 < coarse / fine < 20


@pytest.mark.parametrize("reynolds", [0.5, 300.0, 1e7, np.inf])
@pytest.mark.parametrize("boundary", ["periodic", "outflow"])
def test_what_has_evolved_for_no_time_is_averaged_on_the_new_cells(reynolds, boundary):
    initial = RNG.standard_normal(24)
    found = exact.solve(initial, reynolds, 0.0, boundary=boundary, cells=8)
    np.testing.assert_allclose(found, initial.reshape(8, 3).mean(axis=1), atol=1e-12)


@pytest.mark.parametrize("reynolds", [0.05, 20.0, 1e3, 1e6, np.inf])
def test_mass_and_bounds_are_kept_and_a_moving_frame_changes_nothing(reynolds):
    initial, time = RNG.standard_normal(60), 0.3
    found = exact.solve(initial, reynolds, time, boundary="periodic")
    assert found.mean() == pytest.approx(initial.mean(), abs=1e-12)
    assert initial.min() - 1e-12 <= found.min() <= found.max() <= initial.max() + 1e-12
    # In a frame of speed 2 the density is shifted by 36 cells.
    moved = exact.solve(initial + 2.0, reynolds, time, boundary="periodic")
    np.testing.assert_allclose(moved, np.roll(found, 36) + 2.0, atol=ROUNDING)


@pytest.mark.parametrize("reynolds", [30.0, 2e3])
def test_the_finite_volumes_converge_to_it(reynolds):
    coarse = np.repeat(RNG.uniform(-1.0, 1.0, 8), 50)
    known = exact.solve(coarse, reynolds, 0.2, boundary="periodic")
    for scheme, bound in (("rusanov", 0.02), ("muscl", 2e-3)):
        found = burgers.solve(coarse, reynolds, 0.2, boundary="periodic", scheme=scheme)
        assert np.abs(found - known).mean() < bound


def test_averages_are_means_of_values():
    initial, places = RNG.standard_normal(10), (np.arange(4000) + 0.5) / 4000
    for boundary in ("periodic", "outflow"):
        averages = exact.solve(initial, 200.0, 0.1, boundary=boundary, cells=20)
        values = exact.at(places, initial, 200.0, 0.1, boundary=boundary)
        np.testing.assert_allclose(values.reshape(20, 200).mean(axis=1), averages, atol=1e-5)


def test_without_viscosity_a_transonic_jump_opens_into_a_fan():
    x = np.linspace(-0.3, 1.3, 33)
    found = exact.at(x, np.repeat([-1.0, 1.0], 5), np.inf, 0.4, boundary="outflow")
    np.testing.assert_allclose(found, np.clip((x - 0.5) / 0.4, -1.0, 1.0), atol=1e-12)
    inside = np.abs(x - 0.5) < 0.3
    fine = exact.at(x, np.repeat([-1.0, 1.0], 5), 1e6, 0.4, boundary="outflow")
    np.testing.assert_allclose(fine[inside], (x[inside] - 0.5) / 0.4, atol=2e-3)


def test_each_realisation_has_its_own_inputs_and_none_sees_the_others():
    initial = RNG.standard_normal((5, 16))
    reynolds, times = np.geomspace(1.0, 1e6, 5), np.linspace(0.0, 1.0, 5)
    together = exact.solve(initial, reynolds, times, boundary="outflow", cells=7)
    alone = [exact.solve(*one, boundary="outflow", cells=7)
             for one in zip(initial, reynolds, times, strict=True)]  # fmt: skip
    assert (together == np.stack(alone)).all()
    assert exact.solve(initial[0], reynolds, 0.1, boundary="periodic").shape == (5, 16)
    assert exact.at([0.5], initial, 10.0, 0.1, boundary="periodic").shape == (5, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"initial": []}, "initial has shape"),
        ({"initial": [np.nan, 1.0]}, "initial"),
        ({"initial": [1j, 0.0]}, "initial"),
        ({"initial": [1e4, 0.0]}, "initial reaches"),
        ({"initial": np.zeros((2, 2, 2))}, "initial has shape"),
        ({"reynolds": 1e-3}, "reynolds reaches"),
        ({"reynolds": 0.0}, "reynolds"),
        ({"reynolds": [1.0, 2.0, 3.0], "time": [0.1, 0.2]}, "initial has shape"),
        ({"time": -0.1}, "time"),
        ({"time": np.inf}, "time"),
        ({"boundary": "closed"}, "boundary is 'closed'"),
        ({"cells": 0}, "cells is 0"),
    ],
)
def test_bad_input_is_refused_by_name(change, message):
    options = {"initial": [1.0, 0.0], "reynolds": 10.0, "time": 0.1, "boundary": "outflow"}
    with pytest.raises(ValueError, match=f"{message}.*accepted"):
        exact.solve(**(options | change))


@pytest.mark.parametrize("x", [0.5, [[0.5]], [np.nan], ["a"]])
def test_places_are_finite_numbers_in_a_row(x):
    with pytest.raises(ValueError, match=r"x .*accepted"):
        exact.at(x, [1.0, 0.0], 10.0, 0.1, boundary="outflow")
