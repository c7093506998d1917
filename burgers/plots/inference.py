"""Figures of posterior distributions given an observation.

Red: exact. Blue: learned.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from burgers.plots.figures import GENERATED, MONTE_CARLO
from burgers.plots.style import styled

BAND = (0.05, 0.95)


@styled
def bands(
    x: NDArray[Any],
    rows: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]],
) -> Figure:
    """A figure of what sensors tell of a density: a row for each case, a column for each time.

    Parameters
    ----------
    x : (cells,) cell centres.
    rows : of pairs of a name and a dict from the title of a panel to its parts: `true` (cells,),
        `exact` and `learned` (2, cells), bounds of bands, and where there are sensors `places` and
        `read` (sensors,) and their `noise`.
    """
    columns = max(len(panels) for _, panels in rows)
    figure, axes = plt.subplots(
        len(rows), columns, figsize=(5.2 * columns, 3.1 * len(rows)), sharex=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for line, (name, panels) in zip(axes, rows, strict=True):
        line[0].set_ylabel(rf"{name}, $\rho$")
        for ax, (title, parts) in zip(line, panels.items(), strict=True):
            ax.fill_between(x, *parts["exact"], color=MONTE_CARLO, alpha=0.3, linewidth=0,
                            label="exact 5 % to 95 %")  # fmt: skip
            for k, edge in enumerate(parts["learned"]):
                ax.plot(x, edge, color=GENERATED, linestyle="--", linewidth=1.0,
                        label=None if k else "learned 5 % to 95 %")  # fmt: skip
            ax.plot(x, parts["true"], color="black", linewidth=1.0, label="true density")
            if "places" in parts:
                ax.errorbar(parts["places"], parts["read"], 2 * parts["noise"], color="black",
                            marker="o", markersize=5, linestyle="", capsize=3,
                            label="sensors, two std")  # fmt: skip
            ax.set_title(title)
    for ax in axes[-1]:
        ax.set_xlabel("$x$")
    axes[0, 0].legend(fontsize=9)
    return figure


@styled
def corners(panels: Mapping[str, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]) -> Figure:
    """A figure of draws of two inputs from exact and learned posteriors, a panel for each.

    panels : from a title to exact and learned draws, (draws, 2) log Re and a, and the truth (2,).
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.6 * len(panels), 3.5), layout="constrained"
    )
    for ax, (title, (exact, learned, truth)) in zip(np.atleast_1d(axes), panels.items(),
                                                   strict=True):  # fmt: skip
        for points, colour, label in ((exact, MONTE_CARLO, "exact"),
                                      (learned, GENERATED, "learned")):  # fmt: skip
            ax.scatter(*points.T, s=3, alpha=0.4, linewidths=0, color=colour, label=label,
                       rasterized=True)  # fmt: skip
        ax.plot(*truth, "k+", markersize=14, label="truth")
        ax.set(title=title, xlabel=r"$\log$ Re", ylabel="$a$")
        ax.ticklabel_format(useOffset=False)
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    legend = figure.legend(handles, labels, fontsize=9, loc="outside right upper")
    for handle in legend.findobj(PathCollection):
        handle.set(sizes=[20], alpha=1)
    return figure


@styled
def calibration(
    levels: NDArray[Any], panels: Mapping[str, Mapping[str, NDArray[Any]]], allowed: float,
    goal: float,
) -> Figure:  # fmt: skip
    """A figure of coverage minus level, a panel for each case.

    Parameters
    ----------
    levels : (levels,) of central intervals.
    panels : from a case to a dict from a method to its coverage, (levels, inputs).
    allowed : what chance allows, a grey band; goal: dotted lines.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(10, 3.6), sharey=True, squeeze=False)
    for ax, (case, methods) in zip(axes[0], panels.items(), strict=True):
        ax.axhspan(-100 * allowed, 100 * allowed, color="0.9", label="exact draws, 99 %")
        for edge in (-goal, goal):
            ax.axhline(100 * edge, color="0.5", linestyle=":")
        for k, (method, found) in enumerate(methods.items()):
            for column, look in zip(found.T, ("-", "--"), strict=False):
                label = method if look == "-" else None
                ax.plot(100 * levels, 100 * (column - levels), look, color=f"C{k}", label=label)
        ax.set(title=case, xlabel="level of the interval, %")
    axes[0, 0].set_ylabel("coverage minus level, %")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), fontsize=9, ncols=2 + len(methods),
                  loc="outside lower center")  # fmt: skip
    return figure


@styled
def accuracies(table: pd.DataFrame, goal: float) -> Figure:
    """A figure of c2st to the exact posterior, over settings, a panel for each case.

    table : with columns case, setting, method, c2st, worst_c2st; goal: a dotted line.
    """
    cases, settings = list(dict.fromkeys(table.case)), list(dict.fromkeys(table.setting))[::-1]
    methods = list(dict.fromkeys(table.method))
    figure, (axes,) = plt.subplots(1, len(cases), figsize=(10, 4.0), sharey=True, squeeze=False)
    for ax, case in zip(axes, cases, strict=True):
        for k, method in enumerate(methods):
            found = table[(table.case == case) & (table.method == method)]
            heights = np.array([settings.index(row) for row in found.setting]) + 0.2 * (1 - k)
            ax.hlines(heights, found.c2st, found.worst_c2st, color=f"C{k}", linewidth=1.0)
            ax.plot(found.c2st, heights, "o", color=f"C{k}", label=method)
        ax.axvline(goal, color="0.5", linestyle=":")
        ax.set(title=case, xlabel="c2st to exact draws: median and worst", xlim=(0.47, 1.0))
    axes[0].set_yticks(range(len(settings)), settings)
    axes[-1].legend(fontsize=8, loc="lower right")
    return figure


@styled
def information(tables: Mapping[str, pd.DataFrame], shock: Mapping[str, float]) -> Figure:
    """A figure of what five sensors tell, in bits over time: of all inputs, and of Re alone.

    Parameters
    ----------
    tables : from a case to columns time, noise, bits, reynolds_bits.
    shock : from a case to the time at which a shock forms without viscosity, a dotted line.
    """
    figure, axes = plt.subplots(
        2, len(tables), figsize=(10, 6.0), sharex="col", sharey="row", squeeze=False
    )
    for column, (case, table) in zip(axes.T, tables.items(), strict=True):
        for ax, kind in zip(column, ("bits", "reynolds_bits"), strict=True):
            for k, (noise, found) in enumerate(table.groupby("noise")):
                ax.plot(found.time, found[kind], "o-", markersize=3, color=f"C{k}",
                        label=f"{100 * noise:g} %")  # fmt: skip
            if case in shock:
                ax.axvline(shock[case], color="0.5", linestyle=":")
        column[0].set_title(case)
        column[1].set_xlabel("$T$ of the sensors")
    axes[0, 0].set_ylabel("bits on all inputs")
    axes[1, 0].set_ylabel("bits on Re alone")
    axes[0, 0].legend(title="noise", fontsize=8)
    return figure
