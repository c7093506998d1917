"""Figures of published problems: their densities, and the errors of their data sets."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import NDArray

from burgers.plots.figures import GENERATED, INPUT, MONTE_CARLO
from burgers.plots.style import styled
from burgers.problems import CELLS, Problem, centres

# Zero cannot be drawn on a logarithmic scale.
LEAST = 1e-16


@styled
def realisations(samples: Mapping[str, tuple[Problem, NDArray[np.float64]]]) -> Figure:
    """A figure of exact densities, one axes a problem: at first grey, at the last time red.

    samples: by name, a problem and densities (2, realisations, cells).
    """
    columns = 4
    rows = -(-len(samples) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(10, 2.0 * rows), sharex=True)
    for ax, (name, (problem, densities)) in zip(axes.flat, samples.items(), strict=False):
        x = centres(densities.shape[2])
        ax.plot(x, densities[0].T, color=INPUT, alpha=0.3, linewidth=0.8)
        ax.plot(x, densities[1].T, color=MONTE_CARLO, alpha=0.8, linewidth=1.0)
        ax.set_title(f"{name}, T = {problem.last_time:.3g}", fontsize=9)
        ax.set_xlim(0, 1)
    for ax in axes.flat[len(samples) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("$x$")
    figure.suptitle("Exact densities at t = 0 (grey) and at T (red), on [0, 1]", fontsize=12)
    return figure


@styled
def set_errors(table: pd.DataFrame) -> Figure:
    """A figure of the relative L2 error of every data set, a row for each set and time.

    table: as returned by `studies.published.table`.
    """
    figure, ax = plt.subplots(figsize=(10, 1.6 + 0.25 * len(table)), layout="constrained")
    heights = np.arange(len(table))[::-1]
    on_file = (table.measured == "the published file").to_numpy()
    spans = table[["median", "largest"]].clip(lower=LEAST).to_numpy()
    ax.hlines(heights, spans[:, 0], spans[:, 1], color=GENERATED, linewidth=2.0)
    for mask, filled, label in (
        (on_file, MONTE_CARLO, "the published file"),
        (~on_file, GENERATED, "the documented scheme, median to largest"),
    ):
        ax.plot(spans[mask, 0], heights[mask], "o", color=filled, label=label)
    for name, marker in (("rusanov", "x"), ("muscl", "+")):
        ax.plot(table[name], heights, marker, color=INPUT, markersize=5, linestyle="none",
                label=f"{name} on {CELLS} cells")  # fmt: skip
    ax.plot(table.reference.clip(lower=LEAST), heights, "|", color="0.6", linestyle="none",
            label="the exact solution's own error")  # fmt: skip
    ax.set_yticks(heights, [f"{row.set}, t = {row.time}" for row in table.itertuples()])
    ax.set_xscale("log")
    ax.set_xlabel("relative $L^2$ error against the exact solution")
    ax.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    ax.set_title("How far the truth of each data set is from the truth")
    return figure
