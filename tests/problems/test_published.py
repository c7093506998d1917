"""The field's problems: their parameters, their initial densities, and that they are solved."""

import pickle

import numpy as np
import pytest

import burgers
from burgers import exact, problems
from burgers.problems import fields, published

NAMES = problems.names()
GAUSSIAN = {"fno_script": (49.0, 7.0, 2.5), "fno_r10": (25.0, 5.0, 2.0),
            "pi_deeponet": (625.0, 5.0, 4.0), "diffusion_pde": (49.0, 7.0, 2.5)}  # fmt: skip


def drawn(name, count=6, seed=0):
    problem = problems.get(name)
    inputs = problem.sample(count, np.random.default_rng(seed))
    return problem, inputs


def test_reynolds_numbers_are_those_of_the_publications():
    wanted = {"fno_script": 1000.0, "fno_r10": 10.0, "pi_deeponet": 100.0, "diffusion_pde": 100.0,
              "pinn": 200 * np.pi, "apebench": 0.125 / 3e-4, "pcfm": np.inf,
              "gplasdi": np.inf}  # fmt: skip
    for name, reynolds in wanted.items():
        problem, inputs = drawn(name, 1)
        assert problem.reynolds(inputs, 1)[0] == pytest.approx(reynolds, rel=1e-14), name
    problem, inputs = drawn("pdebench", 500)
    found = np.unique(1.0 / problem.reynolds(inputs, 500) * np.pi)
    np.testing.assert_allclose(found, published.EPSILONS, rtol=1e-14)
    assert published.pdebench(0.01).viscosity == 0.01 / np.pi


def test_pinn_is_the_sinus_at_half_the_time():
    problem = problems.get("pinn")
    x = problems.centres(50)
    np.testing.assert_array_equal(problem.averages(50, {}), burgers.SINUS.initial(50))
    assert problem.units.time(1.0) == 0.5
    np.testing.assert_allclose(problem.units.original_x(x), 2 * x - 1)
    known = exact.density(burgers.SINUS, 0.2, reynolds=200 * np.pi)
    np.testing.assert_allclose(exact.density(problem, 0.2), known, atol=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_initial_densities_are_cell_averages(name):
    problem, inputs = drawn(name, 40)
    coarse, fine = (np.atleast_2d(problem.averages(cells, inputs)) for cells in (60, 240))
    # A fold of PDEBench's waves is integrated by Gauss points.
    atol = 5e-3 if name == "pdebench" else 1e-12
    np.testing.assert_allclose(fine.reshape(-1, 60, 4).mean(axis=2), coarse, atol=atol)


@pytest.mark.parametrize("name", NAMES)
def test_a_problem_survives_the_way_to_another_process(name):
    problem = problems.get(name)
    assert pickle.loads(pickle.dumps(problem)) == problem
    assert problem.name == name
    assert "Source: " in problem.description


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_is_generated_and_solved(name):
    options = {"cells": 32, "seed": 5}
    problem = problems.get(name)
    known, again, computed = (
        burgers.generate(problem, 3, scheme=scheme, **options)
        for scheme in ("exact", "exact", "muscl")
    )
    np.testing.assert_array_equal(known.density, again.density)
    assert np.isfinite(known.density).all()
    gap = np.linalg.norm(known.density - computed.density) / np.linalg.norm(known.density)
    assert gap < 0.2


@pytest.mark.parametrize("name", GAUSSIAN)
def test_modes_of_a_gaussian_field_have_their_variance(name):
    scale, shift, decay = GAUSSIAN[name]
    problem, inputs = drawn(name, 4000)
    spectrum = np.fft.rfft(problem.averages(64, inputs)) / 64
    k = np.arange(1, 9)
    # (aₖ - ibₖ) / 2, seen through cells of width 1/64.
    wanted = scale**2 * (4 * np.pi**2 * k**2 + shift**2) ** -decay * np.sinc(k / 64) ** 2
    found = np.mean(np.abs(spectrum[:, 1:9]) ** 2, axis=0)
    np.testing.assert_allclose(found, wanted, rtol=5 / np.sqrt(4000))
    assert np.abs(spectrum[:, 0]).max() < 1e-14


def test_fields_of_more_modes_than_cells_are_averaged():
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=(2, 80))
    fine = fields.fourier(640, coefficients)
    np.testing.assert_allclose(
        fields.fourier(16, coefficients), fine.reshape(2, 16, 40).mean(axis=2), atol=1e-12
    )


def test_apebench_is_normalised_on_its_grid():
    problem, inputs = drawn("apebench")
    x = np.arange(160) / 160
    values = problems.point_values(problem.averages(3200, inputs), x, "periodic")
    np.testing.assert_allclose(np.abs(values).max(axis=1), 1.0, atol=1e-8)


def test_the_inflow_of_pcfm_is_held():
    problem, inputs = drawn("pcfm")
    at_zero = problem.units.x([1e-9])
    for time in (0.3, 1.0):
        found = exact.at(
            at_zero, problem.averages(4000, inputs), np.inf, problem.units.time(time),
            boundary="outflow",
        )[:, 0]  # fmt: skip
        np.testing.assert_allclose(found, inputs["inflow"], atol=2e-3)


def test_riemann_problems_are_shocks_and_rarefactions_and_transonic():
    _, inputs = drawn("riemann", 200)
    shock = inputs["left"] > inputs["right"]
    transonic = inputs["left"] * inputs["right"] < 0
    kinds, counts = np.unique(2 * shock + transonic, return_counts=True)
    assert list(kinds) == [0, 1, 2, 3]
    assert counts.min() > 20


def test_an_inviscid_riemann_problem_is_solved_by_its_formula():
    cells, time = 400, 0.3
    x = problems.centres(cells)
    for left, right in ((1.0, -0.2), (0.8, 0.3), (-0.5, 0.7), (0.2, 0.9), (-0.6, -0.1)):
        found = exact.density(problems.get("riemann"), time, reynolds=np.inf, left=left,
                              right=right, place=0.5, refinement=1)  # fmt: skip
        if left > right:
            wanted = np.where(x < 0.5 + 0.5 * (left + right) * time, left, right)
        else:
            wanted = np.clip((x - 0.5) / time, left, right)
        assert np.abs(found - wanted).mean() < 2 * abs(left - right) / cells


@pytest.mark.parametrize("law", [fields.StandardNormals(3), fields.Uniforms(3, -1.0, 2.0),
                                 fields.Among((1.0, 2.0, 5.0), (0.2, 0.5, 0.3), 3)])  # fmt: skip
def test_the_inverse_distribution_function_is_that_of_the_draws(law):
    draws = np.sort(law.rvs(20_000, np.random.default_rng(1)), axis=0)
    q = (np.arange(20_000) + 0.5) / 20_000
    wanted = law.ppf(np.tile(q[:, None], 3))
    assert np.abs(draws - wanted)[200:-200].mean() < 0.03


def test_point_values_are_of_fifth_order():
    x = np.random.default_rng(0).uniform(size=50)
    errors = [
        np.abs(problems.point_values(burgers.SINUS.initial(n)[None], x, "periodic")
               - np.sin(2 * np.pi * x)).max()
        for n in (40, 80)
    ]  # fmt: skip
    assert errors[1] < 1e-6
    assert np.log2(errors[0] / errors[1]) > 4.5


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: problems.get("fno"), "problem is 'fno'; accepted: sinus, creneau, riemann, pinn"),
        (lambda: problems.get(None), "problem is None"),
        (lambda: published.pdebench(0.0), "eps has minimum 0"),
        (lambda: problems.point_values(np.ones(64), [0.5], "periodic"), r"averages has shape"),
        (lambda: problems.point_values(np.ones((1, 8)), [0.5], "periodic"), "at least 32 cells"),
        (lambda: problems.point_values(np.ones((1, 64)), [1.5], "periodic"), "x reaches 1.5"),
        (lambda: problems.point_values(np.ones((1, 64)), [0.5], "inflow"), "boundary is 'inflow'"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(call, named):
    with pytest.raises(ValueError, match=named):
        call()
