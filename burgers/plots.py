"""One function a kind of figure, in the report's colours.

Red and pink: direct Monte Carlo. Blue: generated. Black: an input density.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from burgers.paths import written_whole

plt.style.use(Path(__file__).with_name("style.mplstyle"))

MONTE_CARLO = "#C1272D"
GENERATED = "#0B5FA5"
INPUT = "black"


def save_figure(figure, path):
    """Write a PNG, complete or not at all, with no date or version in it."""
    with written_whole(path) as beside:
        figure.savefig(beside, format="png", metadata={"Software": None})


def band(x, generated, reference, ax=None):
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


def four(x, densities, ax=None):
    """Single densities (count, cells) on one pair of axes."""
    ax = ax or plt.subplots()[1]
    shades = plt.get_cmap("Blues")(np.linspace(0.95, 0.45, len(densities)))
    styles = ("-", "--", "-.", (0, (1, 1)))
    for k, density in enumerate(densities):
        ax.plot(x, density, color=shades[k], linestyle=styles[k % 4])
    _density_axes(ax)
    return ax


def band_and_four(x, generated, reference, picked, title):
    """A figure of a band beside the four generated densities at the indices `picked`."""
    figure, (left, right) = plt.subplots(1, 2, sharey=True)
    band(x, generated, reference, ax=left)
    four(x, generated[picked], ax=right)
    right.set_ylabel("")
    left.set_title(f"law of {len(generated):,} densities")
    right.set_title("four generated densities")
    figure.suptitle(title, fontsize=12)
    return figure


def single(x, densities, title):
    """A figure of single densities, one on each axes."""
    figure, axes = plt.subplots(1, len(densities), sharey=True, figsize=(11, 2.9))
    for ax, density in zip(axes, densities, strict=True):
        ax.plot(x, density, color=GENERATED)
        _density_axes(ax)
        ax.set_xticks([0, 0.5, 1])
        ax.label_outer()
    figure.suptitle(title, fontsize=12)
    return figure


def overlay(x, density, generated, ax=None):
    """One input density (black) and what the auto-encoder makes of it (blue)."""
    ax = ax or plt.subplots()[1]
    ax.plot(x, density, color=INPUT, label="input")
    ax.plot(x, generated, color=GENERATED, linestyle="--", label="generated")
    _density_axes(ax)
    return ax


def overlays(x, densities, generated, labels, title):
    """A figure of one overlay for each label, in two rows."""
    columns = (len(labels) + 1) // 2
    figure, axes = plt.subplots(2, columns, sharex=True, sharey=True, figsize=(10, 5.2))
    for k, (ax, label) in enumerate(zip(axes.flat, labels, strict=True)):
        overlay(x, densities[k], generated[k], ax=ax)
        ax.set_title(label, fontsize=10)
        ax.label_outer()
    axes[0, 0].legend(loc="best", fontsize=9)
    figure.suptitle(title, fontsize=12)
    return figure


def loss(history, title):
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


def layers(model, title):
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


def active_latents(divergence, means, colours):
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


def auto_encoder_sketch():
    """A figure of an auto-encoder: x to e(x) to d(e(x)), and the error it minimises."""
    figure, ax = _canvas(8.5, 2.6, right=8.8, low=-1.7)
    _chain(
        ax,
        [
            _box(ax, 0.8, "x", r"$\mathbb{R}^n$", height=1.6),
            _box(ax, 2.6, "encoder e", "", colour="0.92"),
            _box(ax, 4.4, "e(x)", r"$\mathbb{R}^d,\ d \ll n$", height=0.8),
            _box(ax, 6.2, "decoder d", "", colour="0.92"),
            _box(ax, 8.0, "d(e(x))", r"$\mathbb{R}^n$", height=1.6),
        ],
    )
    ax.text(4.4, -1.4, r"loss $= \|x - d(e(x))\|^2$", ha="center")
    return figure


def variational_sketch():
    """A figure of what an auto-encoder and its variational kin do with one input."""
    figure, ax = _canvas(8.5, 4.0, right=9.8, low=-2.7)
    for y, name, middle in (
        (0.0, "auto-encoder", ("a point", r"$z = e(x)$")),
        (-2.0, "variational", ("a law", r"$z \sim N(\mu(x), c(x))$")),
    ):
        ax.text(0.15, y + 0.75, name, weight="bold")
        boxes = [_box(ax, 0.8, "x", "", y=y), _box(ax, 2.8, "encoder", "", y=y, colour="0.92")]
        boxes += [_box(ax, 5.0, *middle, y=y, width=1.9)]
        boxes += [_box(ax, 7.2, "decoder", "", y=y, colour="0.92")]
        boxes += [_box(ax, 9.0, r"$\hat{x}$", "", y=y)]
        _chain(ax, boxes, y=y)
    return figure


def reparametrisation_sketch():
    """A figure of the variational auto-encoder with the noise as an input."""
    figure, ax = _canvas(9.5, 3.2, right=11.4, low=-2.4)
    _chain(
        ax,
        [
            _box(ax, 0.8, r"$\rho$", "400 cells"),
            _box(ax, 2.6, "encoder", r"$q_\phi(z\,|\,\rho)$", colour="0.92"),
            _box(ax, 4.4, r"$\mu,\ \log c$", "10 + 10"),
            _box(ax, 6.4, r"$z = \mu + \sqrt{c}\,\varepsilon$", "10 latents", width=1.7),
            _box(ax, 8.4, "decoder", r"$p_\theta(\rho\,|\,z)$", colour="0.92"),
            _box(ax, 10.2, r"mean of $\rho$", "400 cells"),
        ],
    )
    _box(ax, 6.4, r"$\varepsilon \sim N(0, I)$", "", y=-1.7, width=1.7)
    ax.add_patch(_arrow((6.4, -1.2), (6.4, -0.5)))
    ax.text(2.6, -1.7, r"$KL(q_\phi(z|\rho)\,\|\,N(0, I))$", ha="center", color=MONTE_CARLO)
    ax.text(10.2, -1.7, r"$\|\rho - mean\|^2 /\, 0.2$", ha="center", color=MONTE_CARLO)
    return figure


def _density_axes(ax):
    ax.set(xlabel="$x$", ylabel=r"$\rho$", xlim=(0, 1))


def _shape(output):
    outputs = output if isinstance(output, list) else [output]
    return ", ".join(str(tuple(o.shape)) for o in outputs)


def _canvas(width, height, right, low):
    figure, ax = plt.subplots(figsize=(width, height))
    ax.set(xlim=(0, right), ylim=(low, 1.2))
    ax.axis("off")
    return figure, ax


def _box(ax, x, text, note, y=0.0, width=1.3, height=1.0, colour="white"):
    """Draw a labelled box and return its left and right edges."""
    style = "round,pad=0,rounding_size=0.08"
    corner = (x - width / 2, y - height / 2)
    ax.add_patch(
        FancyBboxPatch(corner, width, height, boxstyle=style, facecolor=colour, edgecolor=GENERATED)
    )
    ax.text(x, y + (0.14 if note else 0), text, ha="center", va="center")
    ax.text(x, y - 0.22, note, ha="center", va="center", fontsize=9, color="0.3")
    return corner[0], corner[0] + width


def _chain(ax, boxes, y=0.0):
    for (_, start), (end, _) in pairwise(boxes):
        ax.add_patch(_arrow((start, y), (end, y)))


def _arrow(start, end):
    return FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, shrinkA=0, shrinkB=0)
