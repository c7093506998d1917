"""Exact moments of any problem, and whether the estimates of their errors hold."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

import burgers
from burgers import exact
from burgers.exact import expectations

CELLS = 40


class Drawn:
    """A distribution without the inverse of its distribution function."""

    def __init__(self, law):
        self.law = law

    def rvs(self, size, random_state):
        return self.law.rvs(size, random_state)


def plain(cells, reynolds, step, **_):
    return burgers.CRENEAU.initial(cells, step=step)


GAUSS = replace(burgers.CRENEAU, name="mine", initial=plain)
SOBOL = replace(GAUSS, inputs={**GAUSS.inputs, "unused": scipy.stats.norm()})
DRAWN = replace(GAUSS, inputs={name: Drawn(law) for name, law in GAUSS.inputs.items()})
RULES = {"Gauss": GAUSS, "Sobol": SOBOL, "Monte Carlo": DRAWN}


def size(values):
    return np.sqrt(np.mean(np.square(values)))


@pytest.mark.parametrize("time", [0.2, None], ids=["one time", "all times"])
@pytest.mark.parametrize("rule", RULES)
def test_estimated_errors_are_those_of_the_closed_form(rule, time):
    known = exact.mean_and_std(burgers.CRENEAU, time, cells=CELLS)
    found = [
        exact.moments(RULES[rule], time, cells=CELLS, points=points, seed=seed)
        for points, seed in ((256, 1), (256, 2), (1024, 3))
    ]
    for each in found:
        assert each.rule == ("Sobol" if (rule, time) == ("Gauss", None) else rule)
        for name, wanted in zip(("mean", "std"), known, strict=True):
            error = size(getattr(each, name) - wanted)
            assert error < 3.0 * size(getattr(each, f"{name}_error")), name
    assert size(found[2].mean - known[0]) < size(found[0].mean - known[0])


def test_the_estimate_covers_the_representation_of_the_initial_density():
    problem = replace(burgers.SINUS, name="mine", initial=lambda cells, **_: sine(cells))
    known = exact.mean_and_std(burgers.SINUS, 0.4, cells=CELLS)
    for refinement in (2, 8):
        found = exact.moments(problem, 0.4, cells=CELLS, points=64, refinement=refinement)
        assert size(found.mean - known[0]) < size(found.mean_error)
        assert size(found.mean_error) < 10 * size(found.mean - known[0])


def sine(cells):
    return burgers.SINUS.initial(cells)


def test_closed_forms_are_used_where_they_hold():
    found = exact.moments(burgers.SINUS, 0.4, cells=CELLS)
    mean, std = exact.mean_and_std(burgers.SINUS, 0.4, cells=CELLS)
    assert found.rule == "closed form"
    np.testing.assert_array_equal((found.mean, found.std), (mean, std))
    assert found.mean_error.max() < 1e-5
    # Not where the inputs have other distributions.
    other = replace(burgers.SINUS, inputs={"reynolds": scipy.stats.loguniform(1e2, 1e3)})
    assert exact.moments(other, 0.4, cells=CELLS, points=64).rule == "Gauss"


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    first, again, other = (
        exact.mean_and_std(SOBOL, 0.2, cells=CELLS, points=64, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"points": 63}, "points is 63"),
        ({"seed": -1}, "seed is -1"),
        ({"time": [0.1, 0.2]}, "time is"),
        ({"cells": 1}, "cells is 1"),
        ({"refinement": 0}, "refinement is 0"),
    ],
)
def test_bad_input_is_refused_by_name(change, named):
    with pytest.raises(ValueError, match=named):
        exact.moments(GAUSS, **{"time": 0.1, **change})


def test_former_keywords_are_accepted():
    inputs = {"reynolds": 100.0, "step": 0.2}
    former = exact.density(case=burgers.CRENEAU, time=0.1, cells=9, **inputs)
    np.testing.assert_array_equal(former, exact.density(burgers.CRENEAU, 0.1, cells=9, **inputs))


def test_a_known_initial_density_with_inputs_of_its_own_is_solved_too():
    law = burgers.CRENEAU.inputs["step"]
    own = replace(
        burgers.CRENEAU,
        inputs={"step": law, "strength": law},
        viscosity=lambda strength, **_: strength,
    )
    inputs = {"step": 0.2, "strength": 0.25}
    found = exact.density(own, 0.1, cells=CELLS, **inputs)
    known = exact.density(burgers.CRENEAU, 0.1, cells=CELLS, reynolds=4.0, step=0.2)
    np.testing.assert_allclose(found, known, atol=1e-10)


@pytest.mark.parametrize("rule", RULES)
def test_long_work_shows_its_progress_where_somebody_looks(rule, monkeypatch, capsys):
    monkeypatch.setattr(expectations, "LONG", 0.0)
    monkeypatch.setattr(expectations, "CHUNK", 16)
    for looked_at in (True, False):
        monkeypatch.delenv("CI", raising=False) if looked_at else monkeypatch.setenv("CI", "true")
        exact.moments(RULES[rule], 0.2, cells=4, points=64)
        shown = capsys.readouterr().err
        assert ("moments:" in shown) == looked_at
