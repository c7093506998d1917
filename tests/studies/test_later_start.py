"""Ensembles from a density at a later time: their members are of trajectories through it."""

from dataclasses import replace

import numpy as np
import pytest

import burgers
from burgers.ensembles import trajectories
from burgers.studies import forecasting, later_start

QUICK = burgers.profiles.QUICK
PROFILE = replace(QUICK, propagation=replace(QUICK.propagation, law_samples=2000, later=20))
T0 = forecasting.times("creneau")[forecasting.LATER["creneau"]]


class Known:
    """A model of the creneau whose codes are known: (a, log Re) at t = 0, bent at t₀."""

    def encode(self, density):
        front = density.max(axis=1) - density.min(axis=1)
        width = 1.0 / np.abs(np.diff(density, axis=1)).max(axis=1)
        return np.stack([front, width, 0.1 * front * width], axis=1), None

    def advance(self, codes, times, reynolds):
        step = 1.0 - codes[:, 0]
        arrived = np.stack([step, np.log(reynolds), step * np.log(reynolds)], axis=1)
        return np.stack([codes, arrived], axis=1)


@pytest.fixture(scope="module")
def analogues():
    return later_start.Analogues(Known(), "creneau", PROFILE, seed=0)


@pytest.fixture(scope="module")
def asked():
    """Densities whose fronts are wider than a cell, so that they determine Re."""
    inputs = {"reynolds": np.exp(np.linspace(4.3, 5.5, 7)), "step": np.linspace(0.12, 0.28, 7)}
    found = trajectories.generate(
        burgers.CRENEAU, 7, [T0], inputs=inputs, scheme="exact"
    ).density.values[:, 0]
    return inputs["step"], np.log(inputs["reynolds"]), found


def test_members_have_the_re_and_the_code_of_trajectories_through_the_density(analogues, asked):
    step, log_reynolds, density = asked
    found, codes = analogues.members(density, 20)
    assert found.shape == (7, 20)
    assert codes.shape == (7, 20, 3)
    spread = np.abs(found - log_reynolds[:, None])
    assert np.median(spread) < 0.05
    np.testing.assert_allclose(np.median(codes[..., 0], axis=1), step, atol=0.01)
    np.testing.assert_allclose(codes[..., 2], codes[..., 0] * codes[..., 1], atol=0.02)


def test_what_is_due_to_the_distance_of_the_simulations_is_taken_away(
    analogues, asked, monkeypatch
):
    _, log_reynolds, density = asked
    adjusted, _ = analogues.members(density, 20)
    # A penalty beyond measure leaves the members as they were simulated.
    monkeypatch.setattr(later_start, "RIDGE", 1e9)
    simulated, _ = analogues.members(density, 20)
    error, former = (np.abs(k - log_reynolds[:, None]).mean() for k in (adjusted, simulated))
    assert error < 0.5 * former


def test_members_of_densities_that_hide_re_differ_in_it(analogues):
    hidden = trajectories.generate(
        burgers.CRENEAU, 2, [T0], inputs={"reynolds": np.exp([12.5, 12.9]), "step": [0.2, 0.2]},
        scheme="exact",
    ).density.values[:, 0]  # fmt: skip
    found, _ = analogues.members(hidden, 20)
    low, high = burgers.problems.LOG_REYNOLDS
    assert found.min() >= low
    assert found.max() <= high
    assert np.ptp(found, axis=1).min() > 0.5


def test_trajectories_are_spread_evenly_over_the_inputs():
    held, other = (later_start._trajectories("creneau", PROFILE, 0, k) for k in range(2))
    count = later_start.SETS * PROFILE.propagation.later
    assert held.sizes["realisation"] == count
    low, high = burgers.problems.LOG_REYNOLDS
    ranks = np.sort((np.log(held.reynolds.values) - low) / (high - low))
    assert np.abs(ranks - burgers.problems.centres(count)).max() < 0.05
    assert not np.isin(held.reynolds, other.reynolds).any()
