"""Values of exact densities at points, and averages over some cells alone."""

import numpy as np
import pytest

import burgers
from burgers import exact
from burgers.exact import cole_hopf

SINUS, CRENEAU = burgers.SINUS, burgers.CRENEAU
POINTS = np.array([0.03, 0.21, 0.4, 0.4999, 0.5, 0.52, 0.77, 0.98])


def richardson(x, reynolds, time, cells=6400):
    """Values from a sine by its averages on two numbers of cells, their error eliminated."""
    coarse, fine = (
        exact.at(x, SINUS.initial(n), reynolds, time, boundary="periodic")
        for n in (cells, 2 * cells)
    )
    return (4 * fine - coarse) / 3


@pytest.mark.parametrize("reynolds", [0.01, 1.0, 53.0, 55.0, 1e3, 4e5])
@pytest.mark.parametrize("time", [0.05, 0.159, 0.3, 2.0, 50.0])
def test_values_of_the_sinus_are_those_of_finer_and_finer_steps(reynolds, time):
    found = exact.values(SINUS, POINTS, time, reynolds=reynolds)
    np.testing.assert_allclose(found, richardson(POINTS, reynolds, time), rtol=0, atol=5e-9)
    assert found[4] == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("reynolds", [1e8, 1e12, 1e20, np.inf])
def test_values_of_a_sharp_sinus_are_those_that_travelled(reynolds):
    """Away from the shock, where ρ = sin 2π(x - Tρ)."""
    for time in (1e-3, 0.1, 0.4):
        x = np.array([0.1, 0.3, 0.45, 0.7])
        found = exact.values(SINUS, x, time, reynolds=reynolds)
        np.testing.assert_allclose(found, np.sin(2 * np.pi * (x - time * found)), atol=3e-6)
    if reynolds > 1e10:
        np.testing.assert_allclose(found, np.sin(2 * np.pi * (x - time * found)), atol=1e-9)


@pytest.mark.parametrize("reynolds", [2e3, 1e6])
def test_the_ways_to_a_value_of_the_sinus_agree(reynolds):
    nodes = exact.values(SINUS, POINTS, 0.3, reynolds=reynolds)
    wells = [cole_hopf.well_potential(min(x, 1 - x), 0.3, 1 / reynolds)[1] for x in POINTS]
    signs = np.where(POINTS <= 0.5, 1.0, -1.0)
    np.testing.assert_allclose(signs * wells, nodes, atol=2e-11)


@pytest.mark.parametrize("reynolds", [0.01, 1.0, 60.0, 1e4, 1e9, np.inf])
@pytest.mark.parametrize("step", [0.0, 0.2, 0.9])
def test_values_of_the_creneau_are_those_from_its_jump(reynolds, step):
    for time in (1e-9, 0.01, 0.3, 0.5):
        found = exact.values(CRENEAU, POINTS, time, reynolds=reynolds, step=step)
        jump = np.array([1.0, step])
        known = exact.at(POINTS, jump, reynolds, time, boundary="outflow")
        smooth = POINTS != 0.5
        np.testing.assert_allclose(found[smooth], known[smooth], rtol=0, atol=1e-10)
        assert step <= found.min() <= found.max() <= 1.0


@pytest.mark.parametrize("problem", [SINUS, CRENEAU], ids=["sinus", "creneau"])
def test_averages_are_means_of_the_values(problem):
    inputs = {"reynolds": 500.0} | ({"step": 0.2} if problem is CRENEAU else {})
    places = (np.arange(4000) + 0.5) / 4000
    values = exact.values(problem, places, 0.25, **inputs).reshape(20, 200).mean(axis=1)
    known = exact.density(problem, 0.25, cells=20, **inputs)
    np.testing.assert_allclose(values, known, atol=2e-5)


@pytest.mark.parametrize("name", ["sinus", "creneau", "pinn_random_re", "riemann"])
def test_some_cells_are_those_of_all(name):
    problem, columns = burgers.problems.get(name), [7, 8, 3, 19, 7]
    inputs = problem.sample(5, np.random.default_rng(0))
    time = 0.3 * problem.last_time
    every = exact.density(problem, time, cells=20, **inputs)
    some = exact.density(problem, time, cells=20, columns=columns, **inputs)
    np.testing.assert_allclose(some, every[:, columns], rtol=0, atol=1e-13)
    single = {key: rows[0] for key, rows in inputs.items()}
    alone = exact.density(problem, time, cells=20, columns=columns, **single)
    np.testing.assert_array_equal(alone, some[0])


@pytest.mark.parametrize("columns", [[20], [-1], [0.5], 3, "all", [np.nan]])
def test_cells_that_do_not_exist_are_refused_by_name(columns):
    for problem, inputs in (
        (SINUS, {"reynolds": 100.0}),
        (CRENEAU, {"reynolds": 9.0, "step": 0.1}),
    ):
        with pytest.raises(ValueError, match="columns"):
            exact.density(problem, 0.1, cells=20, columns=columns, **inputs)


@pytest.mark.parametrize(("x", "message"), [(0.3, r"shape \(\)"), ([1.2], "x reaches 1.2")])
def test_points_outside_are_refused_by_name(x, message):
    with pytest.raises(ValueError, match=message):
        exact.values(SINUS, x, 0.1, reynolds=100.0)


def test_values_of_any_problem_are_those_of_its_finer_averages():
    problem = burgers.problems.get("pinn_random_re")
    inputs = problem.sample(4, np.random.default_rng(1))
    found = exact.values(problem, POINTS, 0.4, **inputs)
    assert found.shape == (4, 8)
    finer = exact.values(problem, POINTS, 0.4, refinement=6400, **inputs)
    np.testing.assert_allclose(found, finer, atol=1e-5)
    one = exact.values(problem, POINTS, 0.4, reynolds=inputs["reynolds"][0])
    np.testing.assert_array_equal(one, found[0])


@pytest.mark.parametrize("name", ["sinus", "pinn_random_re"])
def test_no_realisation_gives_no_row(name):
    problem, nothing = burgers.problems.get(name), np.empty(0)
    assert exact.density(problem, 0.1, reynolds=nothing, cells=20).shape == (0, 20)
    some = exact.density(problem, 0.1, reynolds=nothing, cells=20, columns=[3, 5])
    assert some.shape == (0, 2)
    assert exact.values(problem, POINTS, 0.1, reynolds=nothing).shape == (0, 8)
