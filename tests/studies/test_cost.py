"""Quadrature rules and random points over the inputs, and the break-even number of ensembles."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import burgers
from burgers import plots
from burgers.studies import cost, forecasting


@pytest.mark.parametrize("name", burgers.CASES)
def test_rules_integrate_the_distribution_of_the_inputs(name):
    for inputs, _, weight in (cost._gauss(name, 6), cost._sobol(name, 256, seed=0)):
        log_reynolds = np.log(inputs["reynolds"])
        assert weight.sum() == pytest.approx(1.0)
        assert weight @ log_reynolds == pytest.approx(8.5, abs=0.05)
        assert weight @ (log_reynolds - 8.5) ** 2 == pytest.approx(81 / 12, rel=0.02)
        assert ("step" in inputs) == (name == "creneau")
        if "step" in inputs:
            assert weight @ inputs["step"] == pytest.approx(0.2, abs=1e-3)


def test_few_gauss_points_on_the_solver_approach_the_exact_moments():
    found = cost._quadrature("sinus", "Gauss", cost._gauss("sinus", 16), np.array([20, 40]))
    assert found["points"] == 16
    assert found["mean_error"] < 0.005
    assert found["std_error"] < 0.02
    assert 0 < found["l2_error"] < 0.005


def test_the_solver_is_better_on_finer_grids():
    shown = np.array([20, 40])
    coarse, fine = (
        cost._random_members("creneau", "solver", 300, shown, seed=0, cells=cells)
        for cells in (50, 200)
    )
    assert fine["l2_error"] < 0.6 * coarse["l2_error"]


def table(model_seconds):
    """Errors of the solver fall with its cells, those of Gauss' rule with its points."""
    rows = [("reduced", 400, 10_000, model_seconds, 0.004, 0.03, 0.02)]
    rows += [
        ("solver", cells, 10_000, (cells / 100) ** 2, 0.4 / cells, 0.03, 2 / cells)
        for cells in (50, 100, 200)
    ]
    rows += [("Gauss", 400, points, points / 100, 0.002, 0.2 / points, np.nan) for points in (4, 8)]
    rows += [("Sobol", 400, 16, 0.16, 0.002, 0.05, np.nan)]
    return pd.DataFrame(
        rows,
        columns=["method", "cells", "points", "seconds", "l2_error", "std_error", "own_std_error"],
    )


def test_a_model_cheaper_than_the_solver_breaks_even():
    found = cost.break_even(table(model_seconds=0.25), 30.0).set_index("method")
    assert found.equal["solver"] == 100
    assert found.ensembles["solver"] == pytest.approx(30.0 / 0.75)
    assert found.equal["Gauss"] == 8
    assert found.over_competitor["Gauss"] == pytest.approx(0.25 / 0.08)
    assert found.ensembles["Gauss"] == np.inf
    assert found.loc["Sobol", ["equal", "competitor", "ensembles"]].isna().all()


def test_a_dearer_model_never_breaks_even_except_on_a_finer_grid():
    found = cost.break_even(table(model_seconds=16.0), 30.0).set_index("method")
    assert found.ensembles["solver"] == np.inf
    assert found.cells["solver"] == pytest.approx(400.0)


def test_the_error_on_a_methods_own_members_is_free_of_sampling_error():
    shown = np.array([20, 40])
    rows = [
        cost._random_members("sinus", "solver", n, shown, seed=0, cells=200) for n in (200, 2000)
    ]
    few, many = (row["std_error"] for row in rows)
    assert few > many
    assert all(row["own_std_error"] < 0.5 * row["std_error"] for row in rows)
    assert rows[0]["own_std_error"] == pytest.approx(rows[1]["own_std_error"], rel=0.5)


def test_levels_are_as_accurate_as_random_members_on_the_finest_grid():
    shown = np.array([20, 40])
    levels = cost._multilevel("creneau", 500, 200, shown, seed=0)
    members = cost._random_members("creneau", "solver", 500, shown, seed=0, cells=200)
    assert (levels["cells"], levels["points"]) == (200, 500)
    assert levels.keys() == members.keys() - {"own_std_error"}
    assert levels["l2_error"] == pytest.approx(members["l2_error"], rel=0.2)
    assert levels["mean_error"] < 3 * members["mean_error"]
    assert levels["std_error"] < 3 * members["std_error"]


def test_the_figure_names_levels_by_the_cells_of_their_finest_grid():
    found = table(model_seconds=1.0)
    levels = found[found.method == "solver"].assign(method="MLMC", cells=[100, 200, 400])
    figure = plots.forecasts.cost(dict.fromkeys(burgers.CASES, pd.concat([found, levels])))
    (legend,) = figure.legends
    assert "MLMC" in [text.get_text() for text in legend.get_texts()]
    assert "400" in [text.get_text() for text in figure.axes[0].texts]
    markers = {line.get_label(): line.get_marker() for line in figure.axes[0].lines}
    assert len(set(markers.values())) == len(markers)
    plt.close(figure)


def test_averages_of_exact_densities_are_those_on_fewer_cells():
    shown = (20, 40)
    (fine,) = cost._own_densities("sinus", 10, 0, 10, shown)
    (inputs,) = cost._members("sinus", 10, 0, 10)
    times = forecasting.times("sinus")[list(shown)]
    for cells in (25, 400):
        known = burgers.exact.density(burgers.SINUS, times[1], cells=cells, **inputs)
        np.testing.assert_allclose(cost._on_cells(fine, cells)[:, 1], known, atol=1e-10)
