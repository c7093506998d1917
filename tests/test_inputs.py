"""Whatever is given to `solve`, `generate`, `exact`, `judge` and others: right or refused.

Hypothesis draws sensible arguments and puts up to two that are not in their place.
"""

import re
from decimal import Decimal
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import xarray as xr
from hypothesis import event, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import burgers
from burgers import metrics, solver

# Of a result, in units of the largest magnitude of the input.
ROUNDING = 1e-12

# Too many steps, a Courant number that one scheme takes and the other not, numbers too large or too
# small, samples that do not vary.
SENSIBLE_REFUSALS = r"steps|^cfl is|reaches|does not vary|undefined"


class Tensor:
    """What some libraries' tensors do when NumPy asks for their numbers."""

    shape, dtype, ndim = (3,), np.dtype(float), 1

    def __array__(self, *args, **options):
        raise RuntimeError("detach first")

    def __repr__(self):
        raise RuntimeError("no values to show")


HOSTILE = st.one_of(
    st.sampled_from([
        np.nan, np.inf, -np.inf, -1.0, -0.0, 0, 1e308, 1e200, 1e60, 1e-60, 1e-200, 5e-324, 10**400,
        -(10**400), 10**18, True, None, "", "1", "nan", "abc", b"1", 1j, np.complex128(1), [], [[]],
        {}, {"a": 1}, (), object(), slice(3), Fraction(1, 3), np.float32(0.5), np.int8(-1),
        np.datetime64("2022-01-01"), np.timedelta64(1, "s"), np.array([]), np.zeros((0, 4)),
        np.zeros((2, 0)), np.zeros((2, 2, 2)), np.ones(7), np.array(["1", "2", "3"]),
        np.array([1.0, None, 2.0]), np.array([1, 2, 3], dtype=complex), [1.0, [2.0, 3.0]],
        np.array([1.0, np.nan, 0.0, 2.0]), np.ones(4, dtype="f4,i4"), np.array([True, False, True]),
        np.full(5, 3e38, dtype=np.float32), np.array([2**63, 1, 0], dtype=np.uint64),
        np.ma.masked, np.ma.masked_array([1.0, 1e20, 0.5, 0.0], [False, True, False, False]),
        np.ma.masked_array(np.eye(4), np.eye(4) == 1), [np.ma.masked_equal([1.0, 2.0, 0.0], 1.0)],
        np.ma.masked_array([0.1, 0.2, 0.3, 0.4]), [1.0, np.ma.masked, 0.5], Tensor(),
        np.array(["1", 2.0, 3.0, 4.0], dtype=object), np.array([1j, 0, 1], dtype=object),
        np.array([np.timedelta64(1, "s"), 1.0, 2.0], dtype=object), Decimal("0.5"), pd.NA,
        pd.Series([0.1, None, 0.3]), pd.DataFrame(np.eye(4)), xr.DataArray(np.ones((4, 4))),
        np.longdouble(0.5), np.array(0.5), np.array(3), memoryview(b"abc"), np.ones(3, dtype="S1"),
    ]),
    st.floats(),
    st.integers(),
    st.text(max_size=3),
    arrays.arrays(np.float64, arrays.array_shapes(max_dims=3, max_side=4, min_side=0)),
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def few_steps():
    """A limit on the steps, so that a case takes milliseconds whatever it asks for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver.finite_volume, "MOST_STEPS", 2000)
        yield


def powers(low, high):
    """Positive numbers of all magnitudes from 10^low to 10^high."""
    return st.floats(low, high).map(lambda power: 10.0**power)


def spoiled(draw, arguments):
    """The arguments, half of the time with one or two replaced by something hostile; whether so."""
    some = st.lists(st.sampled_from(sorted(arguments)), min_size=1, max_size=2)
    names = draw(st.one_of(st.just([]), some))
    return {**arguments, **{name: draw(HOSTILE) for name in names}}, bool(names)


def densities(shape):
    """Arrays of densities of any scale, rough or smooth, with zeros and subnormal numbers."""
    rough = arrays.arrays(np.float64, shape, elements=st.floats(-1, 1), fill=st.nothing())
    level = st.floats(-1, 1).map(lambda value: np.full(shape, value))
    scales = st.one_of(st.just(1.0), powers(-50, 50))
    return st.builds(lambda values, scale: values * scale, st.one_of(rough, level), scales)


@st.composite
def problems(draw, times):
    """Arguments of `solve`, or with `times` of `trajectory`, and whether they are hostile."""
    count, cells = draw(st.integers(0, 9)), draw(st.integers(3, 12))
    initial = draw(densities(draw(st.sampled_from([(cells,), (count, cells)]))))
    speed = np.abs(initial).max(initial=1e-60)
    # From less than a step to more than are accepted.
    time = draw(powers(-3, 3.2)) / (speed * cells)
    each = st.sampled_from([(), (count,)]) if initial.ndim == 2 else st.just(())
    reynolds = st.one_of(powers(-1, 6), powers(-50, 50), st.just(np.inf))
    reynolds = np.full(draw(each), draw(reynolds))
    arguments = {
        "initial": initial,
        "reynolds": reynolds,
        "boundary": draw(st.sampled_from(solver.BOUNDARIES)),
        "scheme": draw(st.sampled_from(sorted(solver.SCHEMES))),
        "cfl": draw(st.floats(0.05, 1.0)),
    }
    if times:
        shares = draw(st.lists(st.floats(0, 1), min_size=1, max_size=4).map(sorted))
        return spoiled(draw, {**arguments, "times": time * np.array(shares)})
    return spoiled(draw, {**arguments, "final_time": np.full(draw(each), time)})


def result_or_refusal(function, arguments, hostile):
    """What the function returns, or None where a ValueError begins with the name of an argument.

    Sensible arguments are refused only for what cannot be seen from each of them.
    """
    try:
        found = function(**arguments)
    except ValueError as error:
        found, refusal = None, str(error)
    event("answered" if found is not None else "refused")
    if found is None:
        assert re.match(rf"({'|'.join(arguments)})\b", refusal), refusal
        assert hostile or re.search(SENSIBLE_REFUSALS, refusal), refusal
    return found


def assert_right(found, initial, boundary):
    """Finite, within the initial extrema, and of the initial mass where the boundary is periodic.

    found (..., realisations, cells), initial (realisations, cells).
    """
    assert np.isfinite(found).all()
    rounding = ROUNDING * np.abs(initial).max(axis=-1, keepdims=True, initial=0)
    assert (found <= initial.max(axis=-1, keepdims=True) + rounding).all()
    assert (found >= initial.min(axis=-1, keepdims=True) - rounding).all()
    if boundary == "periodic":
        drift = np.abs(found.mean(axis=-1) - initial.mean(axis=-1))
        assert (drift <= rounding[..., 0]).all()


@given(problems(times=False))
def test_solve_is_right_or_refuses(drawn):
    arguments, hostile = drawn
    found = result_or_refusal(burgers.solve, arguments, hostile)
    if found is not None:
        initial = np.asarray(arguments["initial"], dtype=np.float64)
        assert found.shape[-1] == initial.shape[-1]
        assert_right(found, initial, arguments["boundary"])


@given(problems(times=True))
def test_trajectory_is_right_or_refuses(drawn):
    arguments, hostile = drawn
    found = result_or_refusal(burgers.trajectory, arguments, hostile)
    if found is not None:
        initial = np.asarray(arguments["initial"], dtype=np.float64)
        times = arguments.pop("times")
        assert found.shape[-2:] == (len(times), initial.shape[-1])
        assert_right(np.moveaxis(found, -2, 0), initial, arguments["boundary"])
        first = burgers.solve(**arguments, final_time=times[0])
        assert np.array_equal(found[..., 0, :], first)


@st.composite
def ensembles(draw):
    """Arguments of `generate`, and whether they are hostile."""
    n, cells = draw(st.integers(1, 9)), draw(st.integers(3, 20))
    time = draw(st.one_of(st.none(), powers(-6, 2)))
    seeds = st.integers(0, 2**70)
    arguments = {
        "problem": draw(st.sampled_from([burgers.SINUS, burgers.CRENEAU])),
        "n": n,
        "cells": cells,
        "final_time": time if time is None else np.full(draw(st.sampled_from([(), (n,)])), time),
        "seed": draw(st.one_of(seeds, seeds.map(np.random.SeedSequence))),
        "scheme": draw(st.sampled_from(sorted(solver.SCHEMES))),
        "cfl": draw(st.floats(0.05, 1.0)),
        "profile": draw(st.text(max_size=3)),
        "chunks": draw(st.one_of(st.none(), st.integers(1, 12))),
    }
    return spoiled(draw, arguments)


@given(ensembles())
def test_generate_is_right_or_refuses(drawn):
    arguments, hostile = drawn
    found = result_or_refusal(burgers.generate, arguments, hostile)
    if found is not None:
        density = found.density.values
        low, high = (0.1, 1) if arguments["problem"].random_step else (-1, 1)
        assert density.dtype == np.float32
        assert np.isfinite(density).all()
        assert density.min() >= low - 1e-6
        assert density.max() <= high + 1e-6
        assert found.load().identical(burgers.generate(**arguments).load())


@st.composite
def exact_solutions(draw):
    """Arguments of `exact.density`, and whether they are hostile."""
    case = draw(st.sampled_from([burgers.SINUS, burgers.CRENEAU]))
    times = st.one_of(st.just(0.0), powers(-320, 0), powers(-3, 6))
    arguments = {
        "problem": case,
        "time": draw(st.floats(0, 0.7) if case.random_step else times),
        "reynolds": draw(st.one_of(powers(-2, 6), powers(-2, 20), st.just(np.inf))),
        "step": draw(st.floats(0, 0.4)) if case.random_step else None,
        "cells": draw(st.integers(2, 12)),
    }
    return spoiled(draw, arguments)


@given(exact_solutions())
def test_exact_densities_are_right_or_refused(drawn):
    arguments, hostile = drawn
    found = result_or_refusal(burgers.exact.density, arguments, hostile)
    if found is not None:
        assert np.isfinite(found).all()
        low = -1.0 if arguments["step"] is None else np.min(arguments["step"], initial=1)
        assert found.min(initial=low) >= low - 1e-8
        assert found.max(initial=1) <= 1 + 1e-8
        if arguments["step"] is None:
            np.testing.assert_allclose(found, -found[..., ::-1], atol=1e-8)
            assert (found[..., : found.shape[-1] // 2] >= -1e-8).all()


def bump(cells, reynolds, height):
    """A bump of a random height on 1, which is never above 2, whatever the height."""
    x = burgers.problems.centres(cells)
    return 1 + np.clip(height, 0, 1)[:, None] * np.exp(-50 * (x - 0.5) ** 2)


LAWS = {"reynolds": scipy.stats.loguniform(10, 1e4), "height": scipy.stats.uniform()}
OWN = burgers.Problem("own", LAWS, bump, "periodic", times=(0.0, 0.5))


@st.composite
def own_solutions(draw):
    """Inputs of a problem of one's own, and a time; whether they are hostile."""
    each = (draw(st.integers(1, 3)),) if draw(st.booleans()) else ()
    heights = st.floats(0, 1).map(lambda value: np.full(each, value))
    arguments = {"time": draw(st.floats(0, 0.5)), "reynolds": draw(powers(0, 5)),
                 "height": draw(heights)}  # fmt: skip
    return spoiled(draw, arguments)


@given(own_solutions())
def test_exact_densities_of_ones_own_problem_are_right_or_refused(drawn):
    arguments, hostile = drawn
    found = result_or_refusal(partial(burgers.exact.density, OWN, cells=20), arguments, hostile)
    if found is not None:
        assert found.min() >= 1 - 1e-6
        assert found.max() <= 2 + 1e-6


@given(own_solutions())
def test_sensors_of_ones_own_problem_read_numbers_or_refuse(drawn):
    def read(time, **inputs):
        return burgers.Observation(OWN, [0.3, 0.5], time=time, noise=0.1).values(inputs)

    arguments, hostile = drawn
    found = result_or_refusal(read, arguments, hostile)
    if found is not None:
        assert np.isfinite(found).all()
        assert found.shape[1] == 2


@st.composite
def forecasts(draw):
    """Forecasts of a distribution and the densities that they are compared with."""
    shape = draw(st.tuples(*[st.integers(1, 3)] * 3))
    counts = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    forecast, reference = (
        draw(densities((shape[0], count, *shape[1:]))) for count in counts
    )  # fmt: skip
    return spoiled(draw, {"forecast": forecast, "reference": reference})


@given(forecasts())
def test_forecasts_are_measured_or_refused(drawn):
    arguments, hostile = drawn
    found = result_or_refusal(metrics.forecast.coverage, arguments, hostile)
    if found is not None:
        assert (np.isnan(found) | (found >= 0)).all()
        # Of a few members the band may hold none.
        reference = arguments["reference"]
        itself = metrics.forecast.coverage(reference, reference)
        assert (np.isnan(itself) | np.isclose(itself, 0.9) | (itself == 0)).all()
    found = result_or_refusal(metrics.forecast.law_errors, arguments, hostile)
    if found is not None:
        assert found["std_error"].shape == np.shape(arguments["reference"])[2:3]


@st.composite
def comparisons(draw):
    """Arguments of `judge`, samples that may repeat themselves or each other; whether hostile."""
    cells, count = draw(st.integers(4, 6)), draw(st.integers(4, 9))
    reference = draw(densities((count, cells)))
    if draw(st.booleans()):
        noise = np.random.default_rng(draw(st.integers(0, 9))).standard_normal(reference.shape)
        reference = reference + np.abs(reference).max() * noise
    other = densities((draw(st.integers(2, 9)), cells))
    arguments = {
        "generated": draw(st.one_of(st.just(reference), other)),
        "reference": reference,
        "training": draw(st.one_of(st.none(), other, st.just(reference))),
        "repeats": draw(st.integers(1, 2)),
        "seed": draw(st.integers(0, 2**40)),
    }
    return spoiled(draw, arguments)


@given(comparisons())
def test_judge_is_right_or_refuses(drawn):
    arguments, hostile = drawn
    table = result_or_refusal(metrics.judge, arguments, hostile)
    if table is not None:
        # Classifiers may tell samples apart under any noise.
        measured = table.drop(index="resolution")
        assert np.isfinite(measured[["value", "floor", "low", "high"]]).all(axis=None)
        assert (table[["value", "floor", "low"]] >= 0).all(axis=None)
        assert ((table.low <= table.floor) & (table.floor <= table.high)).all()
        assert (np.isfinite(table.ratio) | (table.floor == 0)).all()
        assert measured.p.between(0, 1, inclusive="right").all()
        assert np.isnan(table.p["resolution"])


@pytest.mark.parametrize("reynolds", [1e-50, 1e50])
def test_the_ends_of_the_accepted_range_are_solved(reynolds):
    for scale in (1e-49, 1e50):
        initial = scale * burgers.SINUS.initial(50)
        found = burgers.solve(initial, reynolds, 1 / scale, boundary="periodic")
        assert_right(found, initial, "periodic")


def test_too_many_steps_are_refused_by_name(monkeypatch):
    monkeypatch.setattr(solver.finite_volume, "MOST_STEPS", 10**8)
    for time in (1e9, 1e30, 1e50):
        with pytest.raises(ValueError, match=r"final_time reaches .*accepted: at most 1e\+08"):
            burgers.solve(np.ones(4), 1.0, time, boundary="periodic")
    with pytest.raises(ValueError, match=r"times reaches 40000000\.0, which takes"):
        burgers.trajectory(np.ones(4), 1.0, [2e7, 4e7], boundary="periodic")
