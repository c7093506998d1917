"""Figures of how generated densities are judged: one scorecard, and accuracy over noise."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from burgers.plots.figures import GENERATED, INPUT, MONTE_CARLO
from burgers.plots.style import styled

# A value that true samples reach less often is a fault.
LEVEL = 0.05
# Scores are dominated by the spread of the true distribution: their distances are shown instead.
SCORES = ("crps", "energy_score")
CLASSIFIERS = {"c2st": "network, neighbours", "c2st_per_cell": "per cell", "c2st_trees": "trees"}
# Ratios beyond are drawn at the edge.
SMALLEST, LARGEST = 0.05, 1000.0


@styled
def scorecard(card: pd.DataFrame, title: str = "") -> Figure:
    """A figure of a scorecard that is read at a glance.

    Left, every distance in units of its noise floor, on the range of true samples (grey): blue
    where it could be that of one, red where it is not (p < 0.05). Right, what classifiers find, and
    the resolution.

    card: as returned by `judge`, for all times.
    """
    if "time" in card.index.names:
        card = card.xs("all", level="time")
    left, right = _kinds(card)
    figure, axes = plt.subplots(
        1, 2, figsize=(10, 1.4 + 0.3 * max(len(left), len(right) + 4)), width_ratios=(3, 2),
        layout="constrained",
    )  # fmt: skip
    _distances(axes[0], left)
    _accuracies(axes[1], right)
    if "resolution" in card.index:
        axes[1].set_title(f"resolution:\n{_resolution(card.value['resolution'])}")
    if title:
        figure.suptitle(title)
    return figure


@styled
def noise_curves(panels: dict[str, pd.DataFrame]) -> Figure:
    """A figure of classifiers' accuracy over the noise added to both samples, one axes a title.

    panels: tables of `metrics.c2st_curve` by title.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(10, 3.4), sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (title, table) in zip(axes[0], panels.items(), strict=True):
        sizes = table.noise.clip(lower=table.noise[table.noise > 0].min() / 3)
        for name, marker in (("trees", "o"), ("linear", "s"), ("neighbours", "^")):
            ax.plot(sizes, table[name], marker=marker, markersize=4, label=name)
        ax.plot(sizes, table.chance, color=INPUT, linestyle=":", label="by chance, at most")
        ax.set(xscale="log", title=title, xlabel="noise, in units of the mean std")
    axes[0, 0].set_ylabel("held-out accuracy")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _kinds(card):
    """The rows of distances, and those of classifiers, from the top."""
    tests = [name for name in CLASSIFIERS if name in card.index]
    hidden = (*CLASSIFIERS, *SCORES, "resolution")
    distances = [
        name for name in card.index if name not in hidden and (card.high[name] > 0 or
                                                               card.value[name] > 0)
    ]  # fmt: skip
    return card.loc[distances], card.loc[tests]


def _distances(ax: Axes, card):
    """Ratios to the floor on the range of true samples."""
    heights = np.arange(len(card))[::-1]
    # Where true samples do not differ at all, a difference is beyond all units.
    unit = card.floor.where(card.floor > 0, card.value / LARGEST)
    low, high, value = (
        (card[name] / unit).clip(SMALLEST, LARGEST) for name in ("low", "high", "value")
    )
    ax.barh(heights, high - low, left=low, height=0.7, color="0.85", label="true samples, 90 %")
    colours = np.where(card.p < LEVEL, MONTE_CARLO, GENERATED)
    ax.scatter(value, heights, color=colours, s=34, zorder=3)
    for height, at, p in zip(heights, value, card.p, strict=True):
        ax.annotate(f"p = {p:.2g}", (at, height), xytext=(7, -3), fontsize=8,
                    textcoords="offset points", color="0.4")  # fmt: skip
    ax.axvline(1.0, color="0.6", linewidth=0.8)
    ax.set_xscale("log")
    ax.set_xlim(min(0.2, low.min()), max(10.0, 3.0 * value.max()))
    ax.set_yticks(heights, list(card.index))
    ax.set_xlabel("distance to the reference, in noise floors")
    ax.set_title("blue: like a true sample\nred: not (p < 0.05)")


def _accuracies(ax: Axes, card):
    """Accuracies of classifiers on the range by chance."""
    heights = np.arange(len(card))[::-1]
    ax.barh(heights, card.high - card.low, left=card.low, height=0.5, color="0.85")
    colours = np.where(card.p < LEVEL, MONTE_CARLO, GENERATED)
    ax.scatter(card.value, heights, color=colours, s=34, zorder=3)
    ax.axvline(0.5, color="0.6", linewidth=0.8)
    ax.set_xlim(0.4, 1.02)
    ax.set_ylim(-0.8, max(len(card), 1) - 0.2)
    ax.set_yticks(heights, [CLASSIFIERS[name] for name in card.index])
    ax.set_xlabel("held-out accuracy")


def _resolution(value):
    if value == 0:
        return "not told apart at all"
    if np.isinf(value):
        return "told apart under any noise"
    percent = 100 * value
    return f"{percent:{'.0f' if percent >= 10 else '.2g'}} % of the mean std"
