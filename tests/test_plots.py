"""Figures of a single case, where those of the notebooks have two."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from burgers import plots
from burgers.plots import figures, forecasts, inference, laws

X = np.linspace(0.0, 1.0, 6)
SAMPLE = np.random.default_rng(0).random((5, 4, 6))
TIMES = np.linspace(0.0, 1.0, 4)
MOMENTS = pd.DataFrame({
    "time": TIMES, "mean_error": 0.1, "std_error": 0.2, "coverage": 0.9, "source": list("abcd"),
    "seconds": TIMES + 1, "method": "solver", "cells": 25, "points": 4,
    **{f"{kind}_{name}_error": 0.1 for kind in ("generated", "encoded", "floor")
       for name in ("mean", "std")},
})  # fmt: skip
ACCURACIES = pd.DataFrame({
    "case": "one", "setting": ["a", "b"], "method": "flow", "c2st": 0.5, "worst_c2st": 0.6,
})  # fmt: skip
SCORED = pd.DataFrame({
    "case": "one", "model": "sharp", "distribution": "carried", "measure": ["mean_error", "energy"],
    "ratio": [1.0, 2.0],
})  # fmt: skip
FIGURES = {
    "latents": lambda: forecasts.latents({"one": (SAMPLE, np.arange(5.0))}),
    "errors": lambda: forecasts.errors(
        {"one": {"reduced": MOMENTS}}, {"mean_error": 0.01, "std_error": 0.05}, (0.88, 0.92)
    ),
    "forecast budget": lambda: forecasts.budget({"one": MOMENTS}),
    "extrapolation": lambda: forecasts.extrapolation(
        {"one": (TIMES, np.arange(5.0), SAMPLE[:, :, 0] + 0.1)}, {"one": (0.8, 1.0, 3.0)}
    ),
    "cost": lambda: forecasts.cost({"one": MOMENTS}),
    "single": lambda: figures.single(X, SAMPLE[0, :1], "one"),
    "convergence": lambda: figures.convergence((2, 4), {"muscl": {"a": [0.2, 0.1]}}, "one"),
    "effective Re": lambda: figures.effective_reynolds(
        np.array([10.0, 99.0]), {"one": {"muscl": np.array([9.0, 90.0])}}, 400
    ),
    "quadrature": lambda: figures.quadrature({"one": {"a": ([2, 4], [0.1, 0.01], "-")}}),
    "ratios": lambda: laws.ratios(SCORED, 1.2),
    "given time": lambda: laws.given_time({"one": MOMENTS}, {"one": (0.2, 0.3)}),
    "neighbours": lambda: laws.neighbours(X, {"one": (X, *SAMPLE[:3])}),
    "information of latents": lambda: laws.information({"one": {"sharp": np.ones(3)}}, 0.01),
    "accuracies": lambda: inference.accuracies(ACCURACIES, 0.6),
    "calibration": lambda: inference.calibration(
        TIMES, {"one": {"flow": TIMES[:, None]}}, 0.01, 0.02
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_single_case_has_a_single_panel(name):
    figure = FIGURES[name]()
    figure.canvas.draw()
    titled = {ax.get_title() for ax in figure.axes} | {figure.get_suptitle()}
    assert "one" in titled or "muscl" in titled
    plt.close(figure)


def test_an_animation_of_a_single_case_is_written(tmp_path):
    path = tmp_path / "one.gif"
    plots.forecasts.animate(X, {"one": TIMES}, {"one": (SAMPLE, SAMPLE)}, path, every=2)
    assert path.read_bytes().startswith(b"GIF89a")
