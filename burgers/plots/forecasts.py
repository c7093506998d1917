"""Figures of forecasts.

Red and pink: exact. Blue: generated. Bands are from the 5 % to the 95 % quantile.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from burgers._files import written_whole
from burgers.plots.figures import GENERATED, MONTE_CARLO
from burgers.plots.style import styled
from burgers.problems import LOG_REYNOLDS

# What solves anew each time, and how it is coloured.
RULED = {"solver": "black", "Gauss": "0.45", "Sobol": "0.65"}
COLOURS = plt.get_cmap("viridis")
FRAMES_PER_SECOND = 10


@styled
def hidden_reynolds(
    x: Any,
    log_reynolds: NDArray[Any],
    start: NDArray[Any],
    later: NDArray[Any],
    spreads: Any,
    hidden: Any,
    hidden_from: float,
) -> Figure:
    """A figure of what a density at t0 does not say about Re.

    start, later (reynolds, cells): the sinus at t = 0 and later; spreads: a dict from a case to
    (times, spread over Re); hidden: a dict from a scheme to (reynolds,) distances to the density
    of the largest Re, said to be hidden from a log Re on.
    """
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.5))
    shades = COLOURS((log_reynolds - LOG_REYNOLDS[0]) / np.ptp(LOG_REYNOLDS))
    for density, shade in zip(later, shades, strict=True):
        left.plot(x, density, color=shade, linewidth=0.8)
    left.plot(x, start[0], color="black", linestyle="--", label="$t = 0$, every Re")
    left.set(title="sinus: one start, many ends", xlabel="$x$", ylabel=r"$\rho$")
    left.legend(fontsize=9)
    for (case, (times, spread)), look in zip(spreads.items(), ("-", "--"), strict=True):
        middle.plot(times, spread, look, label=case)
    middle.set(title="spread over Re, zero at $t = 0$", xlabel="$t$", ylabel=r"std of $\rho$")
    middle.legend(fontsize=9)
    for (scheme, distance), look in zip(hidden.items(), ("-", "--", ":"), strict=True):
        right.semilogy(log_reynolds[:-1], distance[:-1], look, label=scheme)
    right.axvline(hidden_from, color="0.6", linewidth=0.8)
    right.set(title="what is left of Re in $X$", xlabel=r"$\log$ Re",
              ylabel=r"distance to Re $= e^{13}$")  # fmt: skip
    right.legend(fontsize=9)
    return figure


@styled
def latents(panels: Any) -> Figure:
    """A figure of codes over time, one axes for each case, coloured by log Re.

    panels: a dict from a title to (codes (trajectories, times, latents), log Re); shown are the
    two leading principal components.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(10, 4.2))
    for ax, (title, (codes, log_reynolds)) in zip(axes, panels.items(), strict=True):
        flat = codes.reshape(-1, codes.shape[2])
        _, _, directions = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
        lines = LineCollection((codes - flat.mean(axis=0)) @ directions[:2].T, linewidth=0.9,
                               array=log_reynolds, cmap=COLOURS)  # fmt: skip
        ax.add_collection(lines)
        start = (codes[:, 0] - flat.mean(axis=0)) @ directions[:2].T
        ax.plot(*start.T, "o", color="black", markersize=4)
        ax.annotate("$t = 0$", start[0], xytext=(6, 4), textcoords="offset points")
        ax.autoscale()
        ax.set(title=title, xlabel="first principal component", ylabel="second")
    figure.colorbar(lines, ax=axes, label=r"$\log$ Re")
    return figure


@styled
def fan(
    x: Any, times: Any, generated: dict[str, NDArray[Any]], exact: NDArray[Any], title: str
) -> Figure:
    """A figure of generated bands on the exact ones: a row for each model, a column for each time.

    times (columns,); generated: a dict from a model to (members, columns, cells); exact (members,
    columns, cells).
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
def errors(tables: Any, goals: dict[str, float], covered: tuple[float, float]) -> Figure:
    """A figure of errors of mean and std and of the band's coverage over time, by model and case.

    tables: a dict from a case to a dict from a model to a DataFrame of `time_judges.judge`; goals:
    a dict from a column to what was aimed at; covered: the ends of the coverage aimed at.
    """
    figure, axes = plt.subplots(3, len(tables), sharex="col", sharey="row", figsize=(10, 8.4))
    rows = {"exact_mean_error": "error of the mean", "exact_std_error": "error of the std"}
    for column, (case, models) in zip(axes.T, tables.items(), strict=True):
        for k, (model, table) in enumerate(models.items()):
            look = {"color": f"C{k}", "linewidth": 2.2 if k == 0 else 1.2, "label": model}
            if model == "solver":
                look |= {"color": "0.3", "linestyle": "--"}
            for ax, name in zip(column, rows, strict=False):
                ax.semilogy(table.time[1:], table[name][1:], **look)
            column[2].plot(table.time[1:], table.exact_coverage[1:], **look)
        for ax, (name, label) in zip(column, rows.items(), strict=False):
            ax.axhline(goals[name], color="0.4", linestyle=":", linewidth=1)
            ax.set_ylabel(label)
        column[2].axhspan(*covered, color="0.85")
        column[2].set(xlabel="$t$", ylabel="coverage of the exact distribution")
        column[0].set_title(case)
    for ax in axes[:, 1]:
        ax.set_ylabel("")
    axes[0, 1].legend(fontsize=8, ncol=2)
    return figure


@styled
def budget(tables: Any) -> Figure:
    """A figure of the errors of mean and std by source, one axes for each case.

    tables: a dict from a case to a DataFrame of `time_judges.budget`.
    """
    figure, axes = plt.subplots(1, len(tables), sharey=True, figsize=(10, 3.6))
    for ax, (case, table) in zip(axes, tables.items(), strict=True):
        places = np.arange(len(table))[::-1]
        for name, shift, colour in (("mean", 0.2, GENERATED), ("std", -0.2, MONTE_CARLO)):
            ax.barh(places + shift, table[f"{name}_error"], height=0.36, color=colour, label=name)
        ax.set_yticks(places, table.source)
        ax.set(xscale="log", title=case, xlabel="relative error, median over time")
    axes[0].legend(fontsize=9)
    return figure


@styled
def extrapolation(panels: Any, inner: Any) -> Figure:
    """A figure of the error over time and log Re, where only the inner rectangle was seen.

    panels: a dict from a case to (times, log Re, errors (reynolds, times)); inner: a dict from a
    case to (last time, lowest log Re, highest log Re) of the training.
    """
    figure, axes = plt.subplots(1, len(panels), sharey=True, figsize=(10, 3.8))
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
def cost(tables: Any) -> Figure:
    """A figure of the error of the std over the seconds of an ensemble, one axes for each case.

    tables: a dict from a case to a DataFrame of `cost.table`.
    """
    figure, axes = plt.subplots(1, len(tables), sharey=True, figsize=(11, 4.6))
    for ax, (case, table) in zip(axes, tables.items(), strict=True):
        groups = table.groupby("method", sort=False)
        markers = dict(zip(groups.groups, "*PXdvpos^", strict=False))
        for k, (method, found) in enumerate(groups):
            ruled = method in RULED
            ax.loglog(
                found.seconds, found.std_error, "-" if ruled else "", marker=markers[method],
                color=RULED.get(method, f"C{k}"), markersize=9 if method == "reduced" else 6,
                label=method,
            )  # fmt: skip
            for row in found.itertuples() if ruled else ():
                label = row.cells if method == "solver" else row.points
                ax.annotate(label, (row.seconds, row.std_error), xytext=(3, 4),
                            textcoords="offset points", fontsize=7)  # fmt: skip
        ax.set(title=case, xlabel="seconds for an ensemble of 51 times")
    axes[0].set_ylabel("error of the std against the exact one")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=9, loc="outside right upper")
    return figure


@styled
def animate(x: Any, times: Any, panels: Any, path: Path | str, every: int = 1) -> None:
    """Write a GIF of generated bands on the exact ones over time, whole or not at all.

    times: a dict from a case to (times,); panels: a dict from a case to (generated, exact), each
    (members, times, cells). every: of so many times one is a frame.
    """
    figure, axes = plt.subplots(1, len(panels), sharey=True, figsize=(8, 3.2), dpi=80)
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
    # The layout of the first frame is that of all; to find it again would take most of the time.
    figure.set_layout_engine("none")
    with written_whole(path) as part:
        movie = FuncAnimation(figure, draw, frames=frames, cache_frame_data=False)
        movie.save(part, writer=PillowWriter(fps=FRAMES_PER_SECOND))
    plt.close(figure)


def _band(ax, x, sample, colour, label):
    low, middle, high = np.quantile(sample, (0.05, 0.5, 0.95), axis=0)
    ax.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
    ax.plot(x, middle, color=colour, label=label, linestyle="-" if colour == MONTE_CARLO else "--")
