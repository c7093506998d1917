"""Figures of the leaderboard: who is how near, quality against cost, and what it looks like."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import NDArray

from burgers.plots.figures import GENERATED, MONTE_CARLO
from burgers.plots.style import styled
from burgers.problems import centres

# Beyond this the colours of the ranking do not change.
FAR = 50.0
FAMILIES = {
    "training set": ("0.6", "D"),
    "muscl": (MONTE_CARLO, "s"),
    "rusanov": (MONTE_CARLO, "x"),
    "POD": ("C1", "o"),
    "report's VAE": ("C2", "^"),
    "sigma-VAE": (GENERATED, "o"),
    "given the inputs": ("0.2", "+"),
}


@styled
def ranking(table: pd.DataFrame, title: str = "") -> Figure:
    """A figure of all entrants (rows, the best on top) on all distributions (columns).

    Left, the worst of four distances in units of the upper end of the range of true samples: white
    is as good as true. Right, the resolution in percent of the mean std.

    table: as returned by `studies.ranking.summary`, of one number of densities.
    """
    away, finest = _grid(table, "worst"), _grid(table, "resolution")
    rows = away.rank().mean(axis=1).sort_values().index
    figure, axes = plt.subplots(
        1, 2, figsize=(4.0 + 1.05 * away.shape[1], 2.2 + 0.3 * len(rows)), sharey=True,
        layout="constrained",
    )  # fmt: skip
    scale = colors.LogNorm(1.0, FAR)
    _cells(axes[0], away.loc[rows], scale)
    _cells(axes[1], 100.0 * finest.loc[rows], colors.LogNorm(1.0, 1000.0))
    axes[0].set_title("worst of mean, std, Wasserstein, energy\n(1: as far as true samples)")
    axes[1].set_title("resolution, % of the mean std\n(0: no classifier tells them apart)")
    if title:
        figure.suptitle(title)
    return figure


def _grid(table, column):
    """A column of the summary by entrant and distribution."""
    named = table.assign(distribution=[
        f"{row.problem}\n{'all times' if row.time == 'all' else f'T = {row.time}'}"
        for row in table.itertuples()
    ])  # fmt: skip
    return named.pivot_table(
        index="entrant", columns="distribution", values=column, sort=False, dropna=False
    )


def _cells(ax, grid, scale):
    """A table of coloured numbers; grey where there is none."""
    values = grid.to_numpy(float)
    shown = np.where(np.isfinite(values), np.clip(values, scale.vmin, scale.vmax), scale.vmax)
    ax.imshow(np.ma.array(shown, mask=np.isnan(values)), norm=scale, cmap="Reds", aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        dark = shown[row, column] > np.sqrt(scale.vmin * scale.vmax) * 2
        label = f"{value:.0f}" if value >= 100 else f"{value:.2g}"
        label = "" if np.isnan(value) else "any" if np.isinf(value) else label
        ax.text(column, row, label, ha="center", va="center", fontsize=8,
                color="white" if dark else "black")  # fmt: skip
    ax.set_facecolor("0.9")
    ax.set_xticks(range(grid.shape[1]), list(grid.columns), rotation=60, ha="right", fontsize=8)
    ax.set_yticks(range(len(grid)), list(grid.index), fontsize=9)
    ax.grid(False)


@styled
def frontier(table: pd.DataFrame) -> Figure:
    """A figure of the worst distance against cost, one axes a problem: low and left is good.

    table: as returned by `studies.ranking.summary`, of one number of densities.
    """
    problems = list(dict.fromkeys(table.problem))
    columns = min(3, len(problems))
    rows = -(-len(problems) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(10, 0.8 + 2.9 * rows), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax, problem in zip(axes.flat, problems, strict=False):
        of_problem = table[table.problem == problem]
        for family, (colour, marker) in FAMILIES.items():
            some = of_problem[[_family(row) == family for row in of_problem.itertuples()]]
            if some.empty:
                continue
            seconds = (some.training_seconds + 5 * some.sampling_seconds).clip(lower=1e-2)
            ax.scatter(seconds, some.worst, color=colour, marker=marker, s=26, label=family)
        ax.axhline(1.0, color=MONTE_CARLO, linewidth=0.9)
        ax.set(xscale="log", yscale="log", title=problem)
    for ax in axes.flat[len(problems) :]:
        ax.set_visible(False)
    # The last of each column, under which there may be an empty place.
    for ax in axes.flat[: len(problems)][-columns:]:
        ax.set_xlabel("training and 5,000 draws [s]")
        ax.tick_params(labelbottom=True)
    for ax in axes[:, 0]:
        ax.set_ylabel("worst distance / range of true")
    shown = {
        label: handle
        for ax in axes.flat
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    figure.legend(shown.values(), shown, loc="outside lower center", ncols=len(shown),
                  frameon=False, fontsize=9)  # fmt: skip
    return figure


def _family(row):
    return "given the inputs" if row.told else row.entrant.split(",")[0]


@styled
def densities(panels: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]]) -> Figure:
    """A figure of generated densities (blue) on exact ones (red), one axes a title, two a row.

    panels: exact and generated densities, (realisations, cells) each, by title.
    """
    rows = -(-len(panels) // 2)
    figure, axes = plt.subplots(
        rows, 2, figsize=(10, 0.4 + 2.6 * rows), squeeze=False, layout="constrained"
    )
    for ax, (title, (true, generated)) in zip(axes.flat, panels.items(), strict=False):
        for sample, colour in ((true, MONTE_CARLO), (generated, GENERATED)):
            ax.plot(centres(sample.shape[1]), sample.T, color=colour, alpha=0.8, linewidth=1.0)
        ax.set_title(title, fontsize=9)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("$x$")
    return figure
