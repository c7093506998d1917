"""Figures of generated laws: codes, scores against the noise floor, variances, conditions."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from burgers.plots import figures
from burgers.plots.figures import GENERATED, INPUT, MONTE_CARLO
from burgers.plots.style import styled

SCORES = {"mean_error": "o", "std_error": "s", "wasserstein": "D", "energy": "^"}


@styled
def codes(panels: Any, colours: Any, title: str) -> Figure:
    """A figure of the first two latents: the encoded training set, then draws of each law.

    panels: a dict from a label to codes (count, latents), the encoded first; colours: one number
    for each encoded realisation.
    """
    figure, axes = plt.subplots(2, 3, sharex=True, sharey=True, figsize=(9, 5.6))
    for ax, (label, points) in zip(axes.flat, panels.items(), strict=True):
        encoded = ax is axes.flat[0]
        look = {"c": colours, "cmap": "viridis"} if encoded else {"color": GENERATED}
        ax.scatter(points[:, 0], points[:, 1], s=2, linewidths=0, rasterized=True, **look)
        ax.set_title(label)
    first = next(iter(panels.values()))
    low, high = first[:, :2].min(axis=0), first[:, :2].max(axis=0)
    margin = 0.12 * (high - low)
    axes[0, 0].set_xlim(low[0] - margin[0], high[0] + margin[0])
    axes[0, 0].set_ylim(low[1] - margin[1], high[1] + margin[1])
    for ax in axes[1]:
        ax.set_xlabel("$z_1$")
    for ax in axes[:, 0]:
        ax.set_ylabel("$z_2$")
    figure.suptitle(title, fontsize=12)
    return figure


@styled
def ratios(table: pd.DataFrame, goal: float) -> Figure:
    """A figure of scores over their noise floor, one axes for each case.

    table: a DataFrame with columns case, model, distribution, measure and ratio; goal: the ratio
    that is aimed at, a dotted line.
    """
    table = table[table.measure.isin(SCORES)]
    cases = list(dict.fromkeys(table.case))
    figure, (axes,) = plt.subplots(1, len(cases), sharey=True, figsize=(10, 5.4), squeeze=False)
    rows = list(dict.fromkeys(zip(table.model, table.distribution, strict=True)))[::-1]
    for ax, case in zip(axes, cases, strict=True):
        for k, (measure, marker) in enumerate(SCORES.items()):
            found = table[(table.case == case) & (table.measure == measure)]
            places = [rows.index(row) for row in zip(found.model, found.distribution, strict=True)]
            heights = np.array(places) + 0.16 * (1.5 - k)
            ax.scatter(found.ratio, heights, marker=marker, s=20, color=f"C{k}", label=measure)
        ax.axvline(1.0, color=MONTE_CARLO, linewidth=0.9)
        ax.axvline(goal, color=MONTE_CARLO, linewidth=0.9, linestyle=":")
        ax.set(xscale="log", title=case, xlabel="distance over noise floor")
        ax.set_yticks(range(len(rows)), [", ".join(filter(None, row)) for row in rows])
    axes[0].legend(fontsize=9, loc="lower right")
    return figure


@styled
def bands(x: Any, pairs: Any) -> Figure:
    """A figure of bands of mean and std, one axes for each title: generated on Monte Carlo."""
    figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(9, 6.4))
    for ax, (title, (generated, reference)) in zip(axes.flat, pairs.items(), strict=True):
        figures.band(x, generated, reference, ax=ax)
        ax.set_title(title)
        ax.label_outer()
        ax.get_legend().remove()
    axes[1, 0].legend(loc="lower left", fontsize=9)
    return figure


@styled
def total_variance(x: Any, panels: Any) -> Figure:
    """A figure of the law of total variance: Var ρ = Var E[ρ|z] + E Var[ρ|z].

    panels: a dict from a title to (variance of the density, of the decoder's mean, decoder's
    variance), each (cells,).
    """
    figure, axes = plt.subplots(2, 2, sharex=True, figsize=(9, 6))
    for ax, (title, (variance, explained, noise)) in zip(axes.flat, panels.items(), strict=True):
        ax.semilogy(x, variance, color=MONTE_CARLO, linewidth=4, alpha=0.35, label="Monte Carlo")
        ax.semilogy(x, explained + noise, color=GENERATED, linestyle="--", label="sum of the two")
        ax.semilogy(x, explained, color=GENERATED, linewidth=0.9, label="of the decoder's mean")
        ax.semilogy(x, noise, color=INPUT, linestyle=":", label="decoder's own")
        ax.set(title=title, ylim=(1e-8, 2))
    for ax in axes[1]:
        ax.set_xlabel("$x$")
    for ax in axes[:, 0]:
        ax.set_ylabel(r"variance of $\rho$")
    axes[1, 0].legend(fontsize=9, loc="lower right")
    return figure


@styled
def given_time(tables: Any, held_out: Any) -> Figure:
    """A figure of errors over the time asked for, one axes for each case.

    tables: a dict from a case to a DataFrame of `generative.given_time`; held_out: a dict from a
    case to the interval of times kept from training.
    """
    figure, (axes,) = plt.subplots(1, len(tables), sharey=True, figsize=(10, 3.8), squeeze=False)
    for ax, (case, table) in zip(axes, tables.items(), strict=True):
        ax.axvspan(*held_out[case], color="0.9", label="never seen in training")
        for name, colour in (("mean_error", GENERATED), ("std_error", MONTE_CARLO)):
            label = name.removesuffix("_error")
            for kind, look in (("generated", "o-"), ("encoded", "--"), ("floor", ":")):
                ax.semilogy(
                    table.time, table[f"{kind}_{name}"], look, markersize=4, color=colour,
                    label=f"{label}, {kind}",
                )  # fmt: skip
        ax.set(title=case, xlabel="$T$")
    axes[0].set_ylabel("relative error")
    axes[-1].legend(fontsize=8, ncol=2)
    return figure


@styled
def neighbours(x: Any, panels: Any) -> Figure:
    """A figure of densities near a given one, one axes for each title.

    panels: a dict from a title to (density, Monte Carlo's neighbours, generated neighbours,
    decoded draws of the posterior).
    """
    figure, (axes,) = plt.subplots(1, len(panels), figsize=(10, 3.8), squeeze=False)
    for ax, (title, (density, near, drawn, posterior)) in zip(axes, panels.items(), strict=True):
        for sample, colour, label in (
            (near, MONTE_CARLO, f"Monte Carlo ({len(near)})"),
            (drawn, GENERATED, f"generated ({len(drawn)})"),
            (posterior, INPUT, "posterior of the encoder"),
        ):
            low, high = np.quantile(sample, (0.05, 0.95), axis=0) - density
            ax.fill_between(x, low, high, color=colour, alpha=0.35, linewidth=0, label=label)
        ax.set(title=title, xlabel="$x$")
        ax.legend(fontsize=9)
    axes[0].set_ylabel(r"$\rho$ of the neighbours - $\rho$")
    return figure


@styled
def information(panels: Any, least: float) -> Figure:
    """A figure of the divergence of each latent by rank, one axes for each case.

    panels: a dict from a case to a dict from a model to (latents,) divergences in nats; least: of a
    latent in use, a grey line.
    """
    figure, (axes,) = plt.subplots(1, len(panels), sharey=True, squeeze=False)
    for ax, (case, models) in zip(axes, panels.items(), strict=True):
        for marker, (label, divergence) in zip("osD^", models.items(), strict=False):
            ranked = np.maximum(np.sort(divergence)[::-1], 1e-4)
            ax.semilogy(range(1, len(ranked) + 1), ranked, marker=marker, markersize=4, label=label)
        ax.axhline(least, color="0.6", linewidth=0.8)
        ax.set(title=case, xlabel="latent, by rank")
        ax.set_xticks(range(1, 11))
    axes[0].set_ylabel("KL to the prior [nats]")
    axes[0].legend(fontsize=9, loc="upper right")
    return figure
