"""Figures of forecasts.

Red: exact. Blue: generated. Bands are from the 5 % to the 95 % quantile.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from burgers._files import written_whole
from burgers.plots.figures import GENERATED, MONTE_CARLO
from burgers.plots.style import styled
from burgers.problems import LOG_REYNOLDS

# Colours of the methods that solve the equation for each ensemble, and those among them whose size
# is their number of cells.
SOLVER_COLOURS = {"solver": "black", "Gauss": "0.45", "Sobol": "0.65", "MLMC": "C5"}
ON_GRIDS = ("solver", "MLMC")
COLOURS = plt.get_cmap("viridis")
FRAMES_PER_SECOND = 10


@styled
def dependence_on_reynolds(
    x: NDArray[Any],
    log_reynolds: NDArray[Any],
    start: NDArray[Any],
    later: NDArray[Any],
    spreads: Mapping[str, tuple[NDArray[Any], NDArray[Any]]],
    distances: Mapping[str, NDArray[Any]],
    resolved: float,
) -> Figure:
    """Draw how much a density depends on Re, at t = 0 and later.

    Parameters
    ----------
    x : (cells,) cell centres.
    log_reynolds : (reynolds,), in increasing order.
    start, later : (reynolds, cells) densities of the sinus at t = 0 and at a later time.
    spreads : from a case to (times, std of the density over Re), two (times,) arrays.
    distances : from a scheme to (reynolds,) relative distances to the density of the largest Re.
    resolved : log Re up to which the first-order scheme resolves the viscosity: a vertical line.
    """
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.5))
    shades = COLOURS((log_reynolds - LOG_REYNOLDS[0]) / np.ptp(LOG_REYNOLDS))
    for density, shade in zip(later, shades, strict=True):
        left.plot(x, density, color=shade, linewidth=0.8)
    left.plot(x, start[0], color="black", linestyle="--", label="$t = 0$, all Re")
    left.set(title="sinus: initial and later densities", xlabel="$x$", ylabel=r"$\rho$")
    left.legend(fontsize=9)
    for (case, (times, spread)), look in zip(spreads.items(), ("-", "--"), strict=True):
        middle.plot(times, spread, look, label=case)
    middle.set(title="spread over Re", xlabel="$t$", ylabel=r"std of $\rho$")
    middle.legend(fontsize=9)
    for (scheme, distance), look in zip(distances.items(), ("-", "--", ":"), strict=True):
        right.semilogy(log_reynolds[:-1], distance[:-1], look, label=scheme)
    right.axvline(resolved, color="0.6", linewidth=0.8)
    right.set(title="sinus: dependence on Re", xlabel=r"$\log$ Re",
              ylabel=r"distance to Re $= e^{13}$")  # fmt: skip
    right.legend(fontsize=9)
    return figure


@styled
def latents(panels: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]) -> Figure:
    """Draw trajectories in the latent space by their two leading principal components.

    panels: from a title to codes (trajectories, times, latents) and log Re (trajectories,), which
    gives the colour.
    """
    figure, (axes,) = plt.subplots(1, len(panels), figsize=(10, 4.2), squeeze=False)
    for ax, (title, (codes, log_reynolds)) in zip(axes, panels.items(), strict=True):
        flat = codes.reshape(-1, codes.shape[2])
        _, _, directions = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
        lines = LineCollection((codes - flat.mean(axis=0)) @ directions[:2].T, linewidth=0.9,
                               array=log_reynolds, cmap=COLOURS)  # fmt: skip
        ax.add_collection(lines)
        start = (codes[:, 0] - flat.mean(axis=0)) @ directions[:2].T
        ax.plot(*start.T, "o", color="black", markersize=4)
        ax.annotate("$t = 0$", start[0], xytext=(0, 7), textcoords="offset points", ha="center")
        ax.margins(0.12)
        ax.autoscale()
        ax.set(title=title, xlabel="first principal component", ylabel="second principal component")
    figure.colorbar(lines, ax=axes, label=r"$\log$ Re")
    return figure


@styled
def fan(
    x: NDArray[Any],
    times: NDArray[Any],
    generated: Mapping[str, NDArray[Any]],
    exact: NDArray[Any],
    title: str,
) -> Figure:
    """Draw generated bands on the exact ones: a row for each model, a column for each time.

    Parameters
    ----------
    x : (cells,) cell centres.
    times : (columns,).
    generated : from a model to densities (members, columns, cells).
    exact : (members, columns, cells) densities.
    """
    shape = len(generated), len(times)
    figure, axes = plt.subplots(*shape, sharex=True, sharey=True, figsize=(11, 5), squeeze=False)
    for row, (model, sample) in zip(axes, generated.items(), strict=True):
        for k, ax in enumerate(row):
            _band(ax, x, exact[:, k], MONTE_CARLO, "exact")
            _band(ax, x, sample[:, k], GENERATED, "generated")
            ax.label_outer()
        row[0].set_ylabel(f"{model}\n" r"$\rho$")
    for ax, time in zip(axes[0], times, strict=True):
        ax.set_title(f"$t = {time:.3g}$")
    for ax in axes[-1]:
        ax.set_xlabel("$x$")
    axes[0, 0].legend(fontsize=9)
    figure.suptitle(title, fontsize=12)
    return figure


@styled
def errors(
    tables: Mapping[str, Mapping[str, pd.DataFrame]],
    goals: Mapping[str, float],
    covered: tuple[float, float],
) -> Figure:
    """Draw errors of mean and std and the coverage of the band over time, by model and case.

    Parameters
    ----------
    tables : from a case to a dict from a model to a table of `forecast_errors.over_time`.
    goals : from `mean_error` and `std_error` to the largest error aimed at.
    covered : lowest and highest coverage aimed at.
    """
    figure, axes = plt.subplots(
        3, len(tables), sharex="col", sharey="row", figsize=(10, 8.4), squeeze=False
    )
    rows = {"mean_error": "error of the mean", "std_error": "error of the std"}
    for column, (case, models) in zip(axes.T, tables.items(), strict=True):
        for k, (model, table) in enumerate(models.items()):
            look = {"color": f"C{k}", "linewidth": 2.2 if k == 0 else 1.2, "label": model}
            if model == "solver":
                look |= {"color": "0.3", "linestyle": "--"}
            if model.endswith("dressed"):
                look |= {"color": "black", "linestyle": ":"}
            for ax, name in zip(column, rows, strict=False):
                ax.semilogy(table.time[1:], table[name][1:], **look)
            column[2].plot(table.time[1:], table.coverage[1:], **look)
        for ax, (name, label) in zip(column, rows.items(), strict=False):
            ax.axhline(goals[name], color="0.4", linestyle=":", linewidth=1)
            ax.set_ylabel(label)
        column[2].axhspan(*covered, color="0.85")
        column[2].set(xlabel="$t$", ylabel="coverage by the band")
        column[0].set_title(case)
    for ax in axes.flat:
        ax.label_outer()
    axes[0, -1].legend(fontsize=8, ncol=2)
    return figure


@styled
def budget(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the errors of mean and std by source: `forecast_errors.budget` of each case."""
    figure, (axes,) = plt.subplots(1, len(tables), sharey=True, figsize=(10, 3.6), squeeze=False)
    for ax, (case, table) in zip(axes, tables.items(), strict=True):
        places = np.arange(len(table))[::-1]
        for name, shift, colour in (("mean", 0.2, GENERATED), ("std", -0.2, MONTE_CARLO)):
            ax.barh(places + shift, table[f"{name}_error"], height=0.36, color=colour, label=name)
        ax.set_yticks(places, table.source)
        ax.set(xscale="log", title=case, xlabel="relative error, median over time")
    axes[0].legend(fontsize=9)
    return figure


@styled
def extrapolation(
    panels: Mapping[str, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]],
    inner: Mapping[str, tuple[float, float, float]],
) -> Figure:
    """Draw the error over time and log Re, with the training range as a dashed rectangle.

    Parameters
    ----------
    panels : from a case to (times,), log Re (reynolds,) and relative errors (reynolds, times).
    inner : from a case to the last time and the lowest and highest log Re of the training range.
    """
    figure, (axes,) = plt.subplots(1, len(panels), sharey=True, figsize=(10, 3.8), squeeze=False)
    for ax, (case, (times, log_reynolds, found)) in zip(axes, panels.items(), strict=True):
        image = ax.pcolormesh(times[1:], log_reynolds, np.log10(found[:, 1:]), cmap="magma",
                              vmin=-3, vmax=0, rasterized=True)  # fmt: skip
        last, low, high = inner[case]
        ax.plot([0, last, last, 0], [low, low, high, high], color="white", linestyle="--")
        ax.set(title=case, xlabel="$t$")
    axes[0].set_ylabel(r"$\log$ Re")
    figure.colorbar(image, ax=axes, label=r"$\log_{10}$ of the relative $L^2$ error")
    return figure


@styled
def cost(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the error of the std against the seconds of an ensemble: `cost.table` of each case."""
    figure, (axes,) = plt.subplots(1, len(tables), sharey=True, figsize=(11, 4.6), squeeze=False)
    for ax, (case, table) in zip(axes, tables.items(), strict=True):
        groups = table.groupby("method", sort=False)
        markers = dict(zip(groups.groups, "*PXdvpos^", strict=False))
        for k, (method, found) in enumerate(groups):
            solves = method in SOLVER_COLOURS
            ax.loglog(
                found.seconds, found.std_error, "-" if solves else "", marker=markers[method],
                color=SOLVER_COLOURS.get(method, f"C{k}"), label=method,
                markersize=9 if method == "reduced" else 6,
            )  # fmt: skip
            for row in found.itertuples() if solves else ():
                label = row.cells if method in ON_GRIDS else row.points
                # The other solver's labels are above, where its curve meets this one.
                place = (-4, -9, "right") if method == "solver" else (3, 4 if k % 2 else -9, "left")
                ax.annotate(label, (row.seconds, row.std_error), xytext=place[:2], ha=place[2],
                            textcoords="offset points", fontsize=7,
                            path_effects=[withStroke(linewidth=2, foreground="w")])  # fmt: skip
        # Within a decade the labels between its ends would overlap.
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set(title=case, xlabel="seconds for an ensemble at 51 times")
    axes[0].set_ylabel("relative error of the std")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=9, loc="outside right upper")
    return figure


@styled
def animate(
    x: NDArray[Any],
    times: Mapping[str, NDArray[Any]],
    panels: Mapping[str, tuple[NDArray[Any], NDArray[Any]]],
    path: Path | str,
    every: int = 1,
) -> None:
    """Write a GIF of generated bands on the exact ones over time; no incomplete file is left.

    Parameters
    ----------
    x : (cells,) cell centres.
    times : from a case to (times,); the same number for each case.
    panels : from a case to generated and exact densities, each (members, times, cells).
    every : number of times between two frames.
    """
    figure, (axes,) = plt.subplots(
        1, len(panels), sharey=True, figsize=(8, 3.2), dpi=80, squeeze=False
    )
    frames = range(0, len(next(iter(times.values()))), every)

    def draw(k):
        for ax, (case, (generated, exact)) in zip(axes, panels.items(), strict=True):
            ax.clear()
            _band(ax, x, exact[:, k], MONTE_CARLO, "exact")
            _band(ax, x, generated[:, k], GENERATED, "generated")
            ax.set(title=f"{case}, $t = {times[case][k]:.2f}$", xlabel="$x$", ylim=(-1.1, 1.1))
        axes[0].legend(fontsize=9, loc="lower left")
        axes[0].set_ylabel(r"$\rho$")

    draw(0)
    figure.canvas.draw()
    # All frames keep the layout of the first; computing it for each would take most of the time.
    figure.set_layout_engine("none")
    with written_whole(path) as part:
        movie = FuncAnimation(figure, draw, frames=frames, cache_frame_data=False)
        movie.save(part, writer=PillowWriter(fps=FRAMES_PER_SECOND))
    plt.close(figure)


def _band(ax, x, sample, colour, label):
    low, middle, high = np.quantile(sample, (0.05, 0.5, 0.95), axis=0)
    ax.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
    ax.plot(x, middle, color=colour, label=label, linestyle="-" if colour == MONTE_CARLO else "--")
