"""One function a kind of figure, in the report's colours.

Red and pink: direct Monte Carlo. Blue: generated. Black: an input density.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from burgers._files import written_whole
from burgers.plots.style import styled

MONTE_CARLO = "#C1272D"
GENERATED = "#0B5FA5"
INPUT = "black"


@styled
def save_figure(figure: Figure, path: Path | str) -> None:
    """Write a PNG, complete or not at all, with no date or version in it."""
    with written_whole(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None})


@styled
def band(
    x: NDArray[Any], generated: NDArray[Any], reference: NDArray[Any], ax: Axes | None = None
) -> Axes:
    """Mean and one std on each side, generated (blue) on direct Monte Carlo (red, pink).

    x (cells,); generated and reference (realisations, cells).
    """
    ax = ax or plt.subplots()[1]
    for sample, colour, alpha, label in (
        (reference, MONTE_CARLO, 0.25, "Monte Carlo"),
        (generated, GENERATED, 0.25, "generated"),
    ):
        mean, std = sample.mean(axis=0), sample.std(axis=0)
        ax.fill_between(x, mean - std, mean + std, color=colour, alpha=alpha, linewidth=0)
        ax.plot(x, mean, color=colour, label=f"{label}: mean ± std")
    ax.plot(x, reference.mean(axis=0), color=MONTE_CARLO, linestyle=(0, (4, 4)))
    _density_axes(ax)
    ax.legend(loc="lower left", fontsize=9)
    return ax


@styled
def four(x: Any, densities: Any, ax: Axes | None = None) -> Axes:
    """Single densities (count, cells) on one pair of axes."""
    ax = ax or plt.subplots()[1]
    shades = plt.get_cmap("Blues")(np.linspace(0.95, 0.45, len(densities)))
    styles = ("-", "--", "-.", (0, (1, 1)))
    for k, density in enumerate(densities):
        ax.plot(x, density, color=shades[k], linestyle=styles[k % 4])
    _density_axes(ax)
    return ax


@styled
def band_and_four(
    x: Any,
    generated: NDArray[Any],
    reference: NDArray[Any],
    title: str,
    picked: Sequence[int] = range(4),
) -> Figure:
    """A figure of a band beside the four generated densities at the indices `picked`."""
    figure, (left, right) = plt.subplots(1, 2, sharey=True)
    band(x, generated, reference, ax=left)
    four(x, generated[list(picked)], ax=right)
    right.set_ylabel("")
    left.set_title(f"{len(generated):,} densities")
    right.set_title("four generated densities")
    figure.suptitle(title, fontsize=12)
    return figure


@styled
def single(x: Any, densities: Any, title: str) -> Figure:
    """A figure of single densities, one on each axes."""
    figure, (axes,) = plt.subplots(1, len(densities), sharey=True, figsize=(11, 2.9), squeeze=False)
    for ax, density in zip(axes, densities, strict=True):
        ax.plot(x, density, color=GENERATED)
        _density_axes(ax)
        ax.set_xticks([0, 0.5, 1])
        ax.label_outer()
    figure.suptitle(title, fontsize=12)
    return figure


@styled
def overlay(x: Any, density: ArrayLike, generated: NDArray[Any], ax: Axes | None = None) -> Axes:
    """One input density (black) and what the auto-encoder makes of it (blue)."""
    ax = ax or plt.subplots()[1]
    ax.plot(x, density, color=INPUT, label="input")
    ax.plot(x, generated, color=GENERATED, linestyle="--", label="generated")
    _density_axes(ax)
    return ax


@styled
def overlays(
    x: Any, generated: NDArray[Any], densities: Any, title: str, labels: Sequence[str] | None = None
) -> Figure:
    """A figure of one overlay for each label, in two rows; by default of the first six."""
    labels = labels or [f"density {k + 1}" for k in range(6)]
    columns = (len(labels) + 1) // 2
    figure, axes = plt.subplots(2, columns, sharex=True, sharey=True, figsize=(10, 5.2))
    for k, (ax, label) in enumerate(zip(axes.flat, labels, strict=True)):
        overlay(x, densities[k], generated[k], ax=ax)
        ax.set_title(label, fontsize=10)
        ax.label_outer()
    axes[0, 0].legend(loc="best", fontsize=9)
    figure.suptitle(title, fontsize=12)
    return figure


@styled
def convergence(cells: Sequence[int], errors: Any, title: str) -> Figure:
    """A figure of L1 errors over the number of cells, one axes for each scheme.

    errors: a dict from a scheme to a dict from a label to (counts,) errors.
    """
    figure, (axes,) = plt.subplots(1, len(errors), sharex=True, sharey=True, squeeze=False)
    for ax, (scheme, curves) in zip(axes, errors.items(), strict=True):
        for marker, (label, values) in zip("osD^", curves.items(), strict=False):
            ax.loglog(cells, values, marker=marker, markersize=4, label=label)
        order = 1 if scheme == "rusanov" else 2
        largest = max(values[0] for values in curves.values())
        guide = 2.0 * largest * (cells[0] / np.asarray(cells, dtype=float)) ** order
        ax.loglog(cells, guide, color="0.6", linestyle=":", label=f"order {order}")
        ax.set_title(scheme)
        ax.set_xlabel("cells")
        ax.set_xticks(cells, [str(count) for count in cells])
        ax.minorticks_off()
        ax.legend(fontsize=9)
    axes[0].set_ylabel("mean $|$computed $-$ exact$|$")
    figure.suptitle(title, fontsize=12)
    return figure


@styled
def effective_reynolds(reynolds: NDArray[Any], effective: Any, cells: int) -> Figure:
    """A figure of the Reynolds number that a computed density has over the one asked for.

    effective: a dict from a case's label to a dict from a scheme to (count,) numbers.
    """
    figure, (axes,) = plt.subplots(1, len(effective), sharex=True, sharey=True, squeeze=False)
    for ax, (label, schemes) in zip(axes, effective.items(), strict=True):
        ax.plot(np.log(reynolds), np.log(reynolds), color=INPUT, linestyle=":", label="as asked")
        for (scheme, found), marker in zip(schemes.items(), "osD^", strict=False):
            ax.plot(np.log(reynolds), np.log(found), marker=marker, markersize=3, label=scheme)
        ax.axhline(np.log(2 * cells), color="0.6", linewidth=0.8)
        ax.text(
            13, np.log(2 * cells) - 0.12, r"Re = 2/$\Delta x$", ha="right", va="top", fontsize=9
        )
        ax.set(title=label, xlabel=r"asked $\log\,\mathrm{Re}$")
        ax.legend(fontsize=9)
    axes[0].set_ylabel(r"effective $\log\,\mathrm{Re}$")
    return figure


@styled
def quadrature(panels: Any) -> Figure:
    """A figure of quadrature errors over orders, one axes for each panel.

    panels: a dict from a title to a dict from a label to (orders, errors, line style).
    """
    figure, (axes,) = plt.subplots(1, len(panels), sharey=True, squeeze=False)
    for ax, (title, curves) in zip(axes, panels.items(), strict=True):
        for label, (orders, errors, style) in curves.items():
            ax.semilogy(orders, errors, style, markersize=4, label=label)
        ax.axhline(1e-8, color="0.6", linewidth=0.8)
        ax.set_title(title)
        ax.set_xlabel("nodes")
        ax.legend(fontsize=9)
    axes[0].set_ylabel("largest error of mean and std")
    return figure


@styled
def budget(table: pd.DataFrame) -> Figure:
    """A figure of the errors of moments by source: one axes for each ensemble, log scale.

    Dotted lines mark the largest error of the mean and of the std.
    table: a DataFrame with columns ensemble, source, mean_error, std_error.
    """
    ensembles = list(dict.fromkeys(table.ensemble))
    figure, axes = plt.subplots(2, 2, sharex=True, figsize=(10, 5.8))
    for ax, ensemble in zip(axes.flat, ensembles, strict=True):
        rows = table[table.ensemble == ensemble].iloc[::-1].reset_index(drop=True)
        worst = rows[["mean_error", "std_error"]].max()
        for name, marker, colour in (
            ("mean_error", "o", GENERATED),
            ("std_error", "s", MONTE_CARLO),
        ):
            label = name.removesuffix("_error")
            ax.scatter(rows[name], rows.index, marker=marker, color=colour, label=label, zorder=3)
            ax.axvline(worst[name], color=colour, linewidth=0.8, linestyle=":")
        ax.hlines(rows.index, rows.min(axis=1, numeric_only=True),
                  rows.max(axis=1, numeric_only=True), color="0.75", zorder=2)  # fmt: skip
        ax.set_yticks(rows.index, rows.source)
        ax.set_xscale("log")
        ax.set_title(ensemble)
        ax.label_outer()
        ax.tick_params(labelleft=True)
    for ax in axes[1]:
        ax.set_xlabel("relative error of the moments")
    axes[0, 0].legend(fontsize=9)
    return figure


@styled
def boundary(log_reynolds: NDArray[Any], tails: Any, x: Any, densities: Any) -> Figure:
    """A figure of the front's tail past x = 1, and of what a free end there makes of it.

    tails: a dict from a label to (count,) shares of the front over log_reynolds; densities: a dict
    from a label to (cells,) densities over x.
    """
    figure, (left, right) = plt.subplots(1, 2)
    for label, values in tails.items():
        left.semilogy(log_reynolds, values, label=label)
    left.set(xlabel=r"$\log\,\mathrm{Re}$", ylabel=r"share of the front past $x = 1$")
    left.set_ylim(1e-16, 1)
    looks: Any = ({"linewidth": 5, "alpha": 0.35}, {"linestyle": "--"}, {"linestyle": ":"})
    for (label, values), look in zip(densities.items(), looks, strict=True):
        right.plot(x, values, label=label, **look)
    right.set(xlabel="$x$", ylabel=r"$\rho$", xlim=(x[0], 1))
    for ax in (left, right):
        ax.legend(fontsize=9)
    return figure


def _density_axes(ax):
    ax.set(xlabel="$x$", ylabel=r"$\rho$", xlim=(0, 1))
