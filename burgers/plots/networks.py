"""Figures of networks: their layers, their training, and what their latents carry."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import NDArray

from burgers.plots.figures import GENERATED, INPUT
from burgers.plots.style import styled


@styled
def loss(history: pd.DataFrame, title: str) -> Figure:
    """A figure of the loss over epochs, with its two terms apart."""
    figure, (left, right) = plt.subplots(1, 2, sharex=True)
    left.semilogy(history["epoch"], history["loss"], color=GENERATED, label="loss")
    left.semilogy(
        history["epoch"], history["reconstruction"], color=INPUT, linestyle=":",
        label="reconstruction (sum over a batch)",
    )  # fmt: skip
    right.plot(history["epoch"], history["kl"], color=GENERATED, label="divergence (mean)")
    for ax in (left, right):
        ax.set_xlabel("epoch")
        ax.legend(fontsize=9)
    right.set_ylabel("nats")
    figure.suptitle(title, fontsize=12)
    return figure


@styled
def layers(model: Any, title: str) -> Figure:
    """A figure of a Keras model's layers: name and kind, output shape, parameters."""
    rows = [
        (
            f"{layer.name} ({type(layer).__name__})",
            _shape(layer.output),
            f"{layer.count_params():,}",
        )
        for layer in model.layers
    ]
    figure, ax = plt.subplots(figsize=(7.5, 0.3 * len(rows) + 0.9))
    ax.axis("off")
    table = ax.table(
        [*rows, ("total", "", f"{model.count_params():,}")],
        colLabels=("layer", "output", "parameters"),
        colWidths=(0.5, 0.28, 0.22), cellLoc="left", loc="center", edges="horizontal",
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(10)
    table.scale(1, 1.35)
    for (row, column), cell in table.get_celld().items():
        cell.set_linewidth(0.4)
        if row in (0, len(rows) + 1):
            cell.set_text_props(weight="bold")
        if column == 2:
            cell.set_text_props(ha="right")
    ax.set_title(title)
    return figure


@styled
def active_latents(divergence: NDArray[Any], means: NDArray[Any], colours: Any) -> Figure:
    """A figure of the divergence of each latent and of the map that the two largest make.

    divergence (latents,) in nats; means (realisations, latents); colours a dict from a label
    to one value for each realisation.
    """
    figure, axes = plt.subplots(1, 1 + len(colours), figsize=(4.2 * (1 + len(colours)), 3.6))
    order = np.argsort(divergence)[::-1]
    axes[0].bar(range(1, len(divergence) + 1), divergence[order], color=GENERATED)
    axes[0].set(xlabel="latent, by rank", ylabel="KL to the prior [nats]")
    axes[0].set_xticks(range(1, len(divergence) + 1))
    for ax, (label, values) in zip(axes[1:], colours.items(), strict=True):
        points = ax.scatter(*means[:, order[:2]].T, c=values, s=4, cmap="viridis")
        ax.set(xlabel="latent of rank 1", ylabel="latent of rank 2")
        figure.colorbar(points, ax=ax, label=label)
    return figure


def _shape(output):
    outputs = output if isinstance(output, list) else [output]
    return ", ".join(str(tuple(o.shape)) for o in outputs)
