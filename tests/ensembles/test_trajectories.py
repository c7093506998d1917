"""Ensembles of trajectories: physics, random inputs, pairs of times, invalid input."""

import numpy as np
import pytest

import burgers
from burgers.ensembles import trajectories
from burgers.models import pairs

TIMES = np.linspace(0.0, 0.5, 6)


@pytest.fixture(scope="module", params=burgers.CASES.values(), ids=lambda case: case.name)
def ensemble(request):
    return trajectories.generate(request.param, 40, TIMES, seed=3)


def test_trajectories_follow_the_exact_solution(ensemble):
    case = burgers.CASES[ensemble.attrs["problem"]]
    inputs = {"reynolds": ensemble.reynolds.values}
    if case.random_step:
        inputs["step"] = ensemble.step.values
    for k, time in enumerate(TIMES):
        exact = burgers.exact.density(case, time, **inputs)
        assert np.abs(ensemble.density.values[:, k] - exact).mean() < 1e-3


def test_sinus_keeps_its_mass_and_every_trajectory_its_extrema(ensemble):
    density = ensemble.density.values
    if ensemble.attrs["problem"] == "sinus":
        assert np.abs(density.mean(axis=2)).max() < 1e-6
    first = density[:, 0]
    assert (density <= first.max(axis=1)[:, None, None] + 1e-6).all()
    assert (density >= first.min(axis=1)[:, None, None] - 1e-6).all()


def test_the_same_seed_gives_the_same_bytes_and_inputs_are_used_as_given():
    first, second = (trajectories.generate(burgers.SINUS, 5, TIMES, seed=1) for _ in range(2))
    assert first.density.values.tobytes() == second.density.values.tobytes()
    inputs = {"reynolds": first.reynolds.values}
    third = trajectories.generate(burgers.SINUS, 5, TIMES, inputs=inputs)
    assert third.density.values.tobytes() == first.density.values.tobytes()


def test_a_chunk_boundary_leaves_no_trace(monkeypatch):
    whole = trajectories.generate(burgers.CRENEAU, 7, TIMES, seed=2)
    monkeypatch.setattr(trajectories, "CHUNK", 3)
    parts = trajectories.generate(burgers.CRENEAU, 7, TIMES, seed=2)
    assert parts.density.values.tobytes() == whole.density.values.tobytes()


def test_refinement_averages_a_finer_solution():
    inputs = {"reynolds": np.array([1e2, 1e4])}
    kept = trajectories.generate(burgers.SINUS, 2, TIMES, inputs=inputs, cells=50, refinement=4)
    fine = trajectories.generate(burgers.SINUS, 2, TIMES, inputs=inputs, cells=200)
    average = fine.density.values.reshape(2, len(TIMES), 50, 4).mean(axis=3)
    assert kept.density.values == pytest.approx(average, abs=1e-6)
    coarse = trajectories.generate(burgers.SINUS, 2, TIMES, inputs=inputs, cells=50)
    exact = burgers.exact.density(burgers.SINUS, TIMES[-1], **inputs, cells=50)
    errors = [np.abs(each.density.values[:, -1] - exact).mean() for each in (kept, coarse)]
    assert errors[0] < 0.3 * errors[1]


def test_spread_of_the_sinus_is_zero_at_the_start_alone():
    spread = pairs.spread(trajectories.generate(burgers.SINUS, 60, TIMES, seed=4))
    assert spread[0] == 0
    assert (spread[1:] > 5e-3).all()


def test_spread_of_the_creneau_is_over_re_and_not_over_the_step():
    rng = np.random.default_rng(0)
    inputs = {"reynolds": np.exp(rng.uniform(4, 13, 400)), "step": np.full(400, 0.2)}
    alone = pairs.spread(trajectories.generate(burgers.CRENEAU, 400, TIMES, inputs=inputs))
    both = pairs.spread(trajectories.generate(burgers.CRENEAU, 400, TIMES, seed=0))
    assert both[1:] == pytest.approx(alone[1:], rel=0.2)


def test_one_trajectory_has_no_spread():
    with pytest.raises(ValueError, match="trajectories is 1"):
        pairs.spread(trajectories.generate(burgers.SINUS, 1, TIMES))


def test_pairs_end_once_at_every_time_and_start_before():
    drawn = pairs.drawn_pairs(200, 5, np.random.default_rng(0), from_first=0.5)
    ends = {(r, e) for r, e in zip(drawn.realisation, drawn.end, strict=True)}
    assert ends == {(r, e) for r in range(200) for e in range(5)}
    assert (drawn.start <= drawn.end).all()
    late = drawn.end == 4
    assert 0.5 < (drawn.start[late] == 0).mean() < 0.7
    assert set(drawn.start[late]) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"problem": "sinus"}, "problem"),
        ({"n": 0}, "n is 0"),
        ({"times": [0.2, 0.1]}, "times"),
        ({"times": []}, "times"),
        ({"cells": 2}, "cells"),
        ({"refinement": 0}, "refinement"),
        ({"inputs": {"reynolds": np.ones(3)}}, "reynolds"),
        ({"inputs": {"step": np.ones(2)}}, "inputs"),
        ({"inputs": [1.0, 2.0]}, "inputs"),
        ({"inputs": {"reynolds": np.ma.masked_equal([1.0, 2.0], 2.0)}}, "reynolds has 1 masked"),
        ({"seed": None}, "seed is None"),
        ({"seed": -1}, "seed is -1"),
        ({"scheme": "weno"}, "scheme"),
    ],
)
def test_bad_input_is_named(change, named):
    arguments = {"problem": burgers.SINUS, "n": 2, "times": TIMES} | change
    with pytest.raises(ValueError, match=named):
        trajectories.generate(**arguments)


@pytest.mark.parametrize(("scheme", "cfl"), [("exact", 0.0), ("exact", "large"), ("muscl", 1.0)])
def test_a_bad_courant_number_is_refused_before_anything_is_solved(scheme, cfl, monkeypatch):
    monkeypatch.setattr(trajectories, "_solved", None)
    with pytest.raises(ValueError, match=r"^cfl is .*accepted"):
        trajectories.generate(burgers.SINUS, 4, TIMES, scheme=scheme, cfl=cfl)
