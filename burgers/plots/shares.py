"""Figures of what the variance of the density is due to, cell by cell."""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from burgers import _checks as checks
from burgers.plots.style import styled

# Estimates of shares scatter about the interval from 0 to 1.
LOWEST, HIGHEST = -0.05, 1.05
# Of the largest standard deviation: below, shares are not drawn.
FAINT = 0.01


@styled
def variance_shares(
    x: ArrayLike, first: ArrayLike, total: ArrayLike, names: Sequence[str], title: str = "",
    *, std: ArrayLike | None = None,
) -> Figure:  # fmt: skip
    """A figure of Sobol indices over x: what share of the variance is due to each random input.

    Left, the first-order indices, the share that each input alone explains, one on the other; what
    is left to 1 (grey) is due to inputs acting together. Right, the total indices: the share that
    would be left if all the other inputs were known. Cells without variance are blank.

    Parameters
    ----------
    x : (cells,) their centres.
    first, total : (cells, inputs) as `scipy.stats.sobol_indices` returns them; NaN where the
        variance is zero.
    names : of the inputs.
    std : (cells,) of the density; cells where it is below 1 % of the largest are blank as well, as
        the indices are those of a few extreme realisations there.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    places = checks.finite("x", x)
    alone, all_in = (_indices(*pair, len(places), len(names))
                     for pair in (("first", first), ("total", total)))  # fmt: skip
    known = np.isfinite(alone).all(axis=1)
    if std is not None:
        spread = checks.non_negative("std", std)
        if spread.shape != places.shape:
            raise ValueError(f"std has shape {spread.shape}; accepted: {places.shape}")
        known &= spread >= FAINT * spread.max(initial=0.0)
    all_in[~known] = np.nan
    tops = np.cumsum(np.clip(alone, 0.0, None), axis=1)
    # Where the sum is above 1 by the scatter of the estimates.
    tops = tops / np.maximum(tops[:, -1:], 1.0)
    figure, axes = plt.subplots(1, 2, sharex=True, sharey=True, figsize=(10, 3.6))
    below = np.zeros(len(places))
    for k, name in enumerate(names):
        axes[0].fill_between(
            places, below, tops[:, k], where=known, color=f"C{k}", linewidth=0, label=name
        )
        axes[1].plot(places, all_in[:, k], color=f"C{k}", label=name)
        below = tops[:, k]
    axes[0].fill_between(
        places, below, 1.0, where=known, color="0.85", linewidth=0, label="together"
    )
    axes[0].set(ylim=(LOWEST, HIGHEST), ylabel="share of the variance", title="each alone")
    axes[1].set_title("with its interactions")
    for ax in axes:
        ax.set_xlabel("$x$")
    axes[0].set_xlim(places.min(), places.max())
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=9, loc="outside right upper")
    if title:
        figure.suptitle(title)
    return figure


def _indices(name, value, cells, inputs):
    array = np.array(value, dtype=float)
    if array.shape != (cells, inputs):
        raise ValueError(f"{name} has shape {array.shape}; accepted: ({cells}, {inputs})")
    return array
