"""A problem of one's own: what it solves, and what it refuses."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

import burgers
from burgers import exact, problems
from burgers.ensembles import dataset, trajectories
from burgers.problems import Problem, Units


def ramp(cells, reynolds, slopes):
    """Three random Fourier modes."""
    edges = 2 * np.pi * np.arange(1, 4)[:, None] * problems.edges(cells)
    averages = -np.diff(np.cos(edges)) * cells / (2 * np.pi * np.arange(1, 4)[:, None])
    return slopes @ averages


OWN = Problem(
    name="three modes",
    inputs={
        "reynolds": scipy.stats.loguniform(50, 5000),
        "slopes": scipy.stats.multivariate_normal(np.zeros(3), 0.1 * np.eye(3)),
    },
    initial=ramp,
    boundary="periodic",
    times=(0.0, 0.5),
)


def test_the_reports_problems_are_what_they_were():
    rng = np.random.default_rng(7)
    reynolds = np.exp(rng.uniform(4.0, 13.0, size=5))
    step = rng.uniform(0.1, 0.3, size=5)
    drawn = burgers.CRENEAU.sample(5, np.random.default_rng(7))
    assert list(drawn) == ["reynolds", "step"]
    np.testing.assert_array_equal(drawn["reynolds"], reynolds)
    np.testing.assert_array_equal(drawn["step"], step)
    np.testing.assert_array_equal(burgers.SINUS.averages(9, {}), burgers.SINUS.initial(9))
    assert burgers.SINUS.final_times(3).tolist() == [0.0001, 0.5, 0.9999]
    assert (burgers.CRENEAU.fixed_time, burgers.SINUS.random_step) == (0.2, False)


@pytest.mark.parametrize("problem", burgers.CASES.values(), ids=lambda problem: problem.name)
def test_a_problem_survives_the_way_to_another_process(problem):
    assert pickle.loads(pickle.dumps(problem)) == problem
    assert hash(pickle.loads(pickle.dumps(problem))) == hash(problem)


def test_units_map_the_equation():
    units = Units(origin=-1.0, length=2.0)
    assert units.reynolds(0.01 / np.pi) == pytest.approx(200 * np.pi, rel=1e-15)
    x = problems.edges(50)
    there = -np.sin(np.pi * units.original_x(x))
    np.testing.assert_allclose(units.density(there), np.sin(2 * np.pi * x), atol=1e-15)
    np.testing.assert_allclose(units.x(units.original_x(x)), x, atol=1e-15)
    assert str(units) == "rho = u, x -> (x + 1) / 2, t -> 0.5 t, Re = 2 / nu"
    assert str(Units()) == "rho = u, x -> x, t -> t, Re = 1 / nu"
    wide = Units(origin=3.0, length=5.0, amplitude=2.0, convection=0.5)
    assert str(wide) == "rho = 0.25 u, x -> (x - 3) / 5, t -> 0.4 t, Re = 10 / nu"


def test_units_map_solutions_to_solutions():
    # The residual of the mapped solution in the original equation, by differences.
    units = Units(origin=3.0, length=5.0, amplitude=2.0, convection=0.25)
    viscosity = 0.6
    reynolds = float(units.reynolds(viscosity))
    initial = burgers.SINUS.initial(8000)

    def u(t, x):
        values = exact.at(units.x(np.atleast_1d(x)), initial, reynolds, units.time(t),
                          boundary="periodic")  # fmt: skip
        return units.original_density(values)[0]

    t, x, dt, dx = 0.7, 4.1, 1e-3, 5e-3
    slope = (u(t, x + dx) - u(t, x - dx)) / (2 * dx)
    rate = (u(t + dt, x) - u(t - dt, x)) / (2 * dt)
    bend = (u(t, x + dx) - 2 * u(t, x) + u(t, x - dx)) / dx**2
    convected = units.convection * u(t, x) * slope
    assert abs(rate + convected - viscosity * bend) < 1e-4 * abs(convected)
    assert units.viscosity(viscosity) * reynolds == pytest.approx(1.0)
    assert units.original_time(units.time(t)) == pytest.approx(t)


@pytest.mark.parametrize("bad", [{"length": 0.0}, {"amplitude": -1.0}, {"origin": np.nan}])
def test_units_refuse_by_name(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} .*accepted"):
        Units(**bad)


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf, "thick", None, [0.1]])
def test_units_refuse_a_viscosity_that_is_none(bad):
    with pytest.raises(ValueError, match=r"^viscosity .*accepted"):
        Units(length=2.0).viscosity(bad)


def test_units_of_an_inviscid_equation_have_no_viscosity():
    assert Units(length=2.0).viscosity(0.0) == 0.0


def test_an_own_problem_is_solved_and_its_density_meets_the_exact_one():
    options = {"final_time": 0.2, "seed": 3, "cells": 100}
    computed = burgers.generate(OWN, 30, scheme="muscl", **options)
    known = burgers.generate(OWN, 30, scheme="exact", **options)
    assert computed.slopes.dims == ("realisation", "slopes_component")
    np.testing.assert_array_equal(computed.slopes, known.slopes)
    assert burgers.metrics.relative_error(computed.density.values, known.density.values).max() < 0.1
    inputs = {name: known[name].values for name in OWN.inputs}
    direct = exact.density(OWN, 0.2, cells=100, **inputs)
    np.testing.assert_allclose(known.density.values, direct, atol=1e-6)
    single = exact.density(OWN, 0.2, cells=100, reynolds=inputs["reynolds"][4],
                           slopes=inputs["slopes"][4])  # fmt: skip
    np.testing.assert_allclose(single, direct[4], atol=1e-13)


def test_an_own_problem_is_saved_read_and_computed_in_chunks(tmp_path):
    pytest.importorskip("dask")
    whole = burgers.generate(OWN, 20, seed=3, cells=16, scheme="exact")
    lazy = burgers.generate(OWN, 20, seed=3, cells=16, scheme="exact", chunks=6)
    dataset.save(lazy, tmp_path / "lazy.zarr")
    dataset.save(whole, tmp_path / "whole.zarr")
    for name in ("lazy", "whole"):
        read = dataset.open(tmp_path / f"{name}.zarr")
        assert read.attrs["inputs"] == ["reynolds", "slopes"]
        np.testing.assert_array_equal(read.density, whole.density)
        np.testing.assert_array_equal(read.slopes, whole.slopes)


def test_other_code_of_the_initial_density_is_another_computation():
    from burgers.ensembles import distributed, solving

    def other(cells, reynolds, slopes):
        return 2.0 * ramp(cells, reynolds, slopes)

    other.__qualname__, other.__name__ = "ramp", "ramp"
    found = {
        distributed._recipe(
            burgers.generate(replace(OWN, initial=initial), 4, cells=8, chunks=2), solving.solved
        )
        for initial in (ramp, other)
    }
    assert len(found) == 2


@pytest.mark.parametrize("scheme", ["muscl", "exact"])
def test_trajectories_of_an_own_problem(scheme):
    found = trajectories.generate(OWN, 4, [0.0, 0.1], cells=50, scheme=scheme, seed=2)
    assert found.density.shape == (4, 2, 50)
    inputs = {name: found[name].values for name in OWN.inputs}
    direct = exact.density(OWN, 0.1, cells=50, **inputs)
    assert abs(found.density.values[:, 1] - direct).max() < (0.3 if scheme == "muscl" else 1e-6)


def test_inviscid_and_deterministic_problems():
    problem = Problem("fixed", {}, burgers.SINUS.initial, "periodic", (0.1, 0.1), viscosity=0.0)
    found = burgers.generate(problem, 3, cells=50, scheme="exact")
    assert np.isinf(found.reynolds).all()
    wanted = exact.density(burgers.SINUS, 0.1, reynolds=np.inf, cells=50)
    np.testing.assert_allclose(found.density, np.tile(wanted, (3, 1)), atol=1e-4)
    moments = exact.moments(problem, cells=50)
    assert moments.rule == "Gauss"
    assert not moments.std.any()
    assert exact.density(problem, 0.1, cells=50).shape == (50,)


class Without:
    """No `rvs`."""


GOOD = {"name": "p", "inputs": {"reynolds": scipy.stats.uniform(50, 100)},
        "initial": ramp, "boundary": "periodic", "times": (0.0, 1.0)}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": ""}, "name is ''"),
        ({"inputs": ["reynolds"]}, "inputs is"),
        ({"inputs": {"reynolds": Without()}}, r"inputs\['reynolds'\] is .*rvs"),
        ({"inputs": {"not a name": scipy.stats.norm()}}, "inputs has the name 'not a name'"),
        ({"inputs": {"x": scipy.stats.norm()}}, "inputs has the name 'x'"),
        ({"initial": 3}, "initial is 3"),
        ({"boundary": "inflow"}, "boundary is 'inflow'; accepted: periodic, outflow"),
        ({"times": (1.0, 0.5)}, "times is .*do not decrease"),
        ({"times": (-1.0, 0.5)}, "times has minimum -1"),
        ({"times": 1.0}, "times is 1.0"),
        ({"fixed_time": np.nan}, "fixed_time is nan"),
        ({"viscosity": "nu"}, "viscosity is 'nu'"),
        ({"viscosity": 0.1}, "viscosity is 0.1, and 'reynolds' is an input"),
        ({"inputs": {}, "viscosity": -0.1}, "viscosity has minimum -0.1"),
        ({"inputs": {}, "viscosity": "reynolds"}, "viscosity is 'reynolds'"),
        ({"units": 2.0}, "units is 2.0"),
    ],
)
def test_a_bad_problem_is_refused_by_name(change, named):
    with pytest.raises(ValueError, match=f"{named}.*accepted|{named}"):
        Problem(**{**GOOD, **change})


@pytest.mark.parametrize(
    ("returned", "named"),
    [
        (lambda cells, reynolds: np.zeros((len(reynolds), cells + 1)), r"returns shape \(3, 9\)"),
        (lambda cells, reynolds: np.zeros((2, cells)), r"returns shape \(2, 8\); accepted: \(3, "),
        (lambda cells, reynolds: np.full(cells, np.nan), "initial of p contains nan"),
        (lambda cells, reynolds: np.full(cells, 1j), "initial of p .*real numbers"),
        (lambda cells, reynolds: "zero", "initial of p .*real numbers"),
    ],
)
@pytest.mark.parametrize("scheme", ["rusanov", "exact"])
def test_a_bad_initial_density_is_refused(returned, named, scheme):
    problem = Problem(**{**GOOD, "initial": lambda cells, reynolds: returned(8, reynolds)})
    with pytest.raises(ValueError, match=named):
        burgers.generate(problem, 3, cells=8, scheme=scheme)


@pytest.mark.parametrize("part", ["initial", "viscosity"])
@pytest.mark.parametrize(
    ("fails", "cause"),
    [
        (lambda *cells, height: {}["wrong"], KeyError),
        (lambda *cells: np.zeros(cells), TypeError),
        (lambda *cells, height: height @ np.zeros(7), ValueError),
        (lambda *cells, height: 1 / 0, ZeroDivisionError),
    ],
)
@pytest.mark.parametrize("scheme", ["rusanov", "exact"])
def test_a_function_that_fails_is_named_with_its_problem_and_what_it_raised(
    part, fails, cause, scheme
):
    good = {"initial": lambda cells, height: np.zeros(cells), "viscosity": 0.1}
    inputs = {"height": scipy.stats.uniform()}
    problem = Problem(**{**GOOD, "inputs": inputs, **good, part: fails})
    with pytest.raises(ValueError, match=f"^{part} of p raised {cause.__name__}: ") as told:
        burgers.generate(problem, 3, cells=8, scheme=scheme)
    assert isinstance(told.value.__cause__, cause)


def test_what_a_check_refuses_within_a_function_is_told_as_it_is():
    def initial(cells, reynolds):
        return problems.CRENEAU.initial(cells, step=np.nan)

    with pytest.raises(ValueError, match=r"^step contains nan"):
        burgers.generate(Problem(**{**GOOD, "initial": initial}), 3, cells=8)


def test_bad_draws_and_viscosities_are_refused():
    class Wrong:
        def rvs(self, size, random_state):
            return np.full(2, 1.0)

    with pytest.raises(ValueError, match=r"reynolds has shape \(2,\); accepted: \(3,\)"):
        burgers.generate(Problem(**{**GOOD, "inputs": {"reynolds": Wrong()}}), 3, cells=8)
    inputs = {"strength": scipy.stats.uniform(1, 1)}
    for viscosity, named in ((lambda strength: -strength, "has minimum"),
                             (lambda strength: np.ones(7), r"has shape \(7,\)")):  # fmt: skip
        problem = Problem(**{**GOOD, "inputs": inputs, "viscosity": viscosity,
                             "initial": lambda cells, strength: np.ones(cells)})  # fmt: skip
        with pytest.raises(ValueError, match=f"viscosity of p {named}"):
            burgers.generate(problem, 3, cells=8)


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"slopes": np.zeros(3)}, "reynolds is missing; accepted: reynolds, slopes"),
        ({"slopes": np.zeros(3), "reynolds": 1e2, "step": 0.1}, "step is not one"),
        ({"slopes": np.zeros(4), "reynolds": 1e2}, r"slopes has shape \(4,\); accepted: \(3,\)"),
        ({"slopes": np.zeros((5, 3)), "reynolds": np.ones(4)}, "numbers of realisations are"),
        ({"slopes": np.zeros(3), "reynolds": -1.0}, "reynolds has minimum -1"),
        ({"slopes": np.full(3, np.nan), "reynolds": 1.0}, "slopes contains nan"),
    ],
)
def test_exact_densities_refuse_other_inputs(inputs, named):
    with pytest.raises(ValueError, match=named):
        exact.density(OWN, 0.1, cells=8, **inputs)
