"""One function a kind of figure, in the report's colours.

Red and pink: direct Monte Carlo. Blue: generated. Black: an input density.
"""

from importlib import resources

import numpy as np
from matplotlib import pyplot as plt

from burgers._files import written_whole

# In a zipped package the style is no file.
with resources.as_file(resources.files(__package__) / "style.mplstyle") as style:
    plt.style.use(style)

MONTE_CARLO = "#C1272D"
GENERATED = "#0B5FA5"
INPUT = "black"


def save_figure(figure, path):
    """Write a PNG, complete or not at all, with no date or version in it."""
    with written_whole(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None})


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


def convergence(cells, errors, title):
    """A figure of L1 errors over the number of cells, one axes for each scheme.

    errors: a dict from a scheme to a dict from a label to (counts,) errors.
    """
    figure, axes = plt.subplots(1, len(errors), sharex=True, sharey=True)
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


def effective_reynolds(reynolds, effective, cells):
    """A figure of the Reynolds number that a computed density has over the one asked for.

    effective: a dict from a case's label to a dict from a scheme to (count,) numbers.
    """
    figure, axes = plt.subplots(1, len(effective), sharex=True, sharey=True)
    for ax, (label, schemes) in zip(axes, effective.items(), strict=True):
        ax.plot(np.log(reynolds), np.log(reynolds), color=INPUT, linestyle=":", label="as asked")
        for (scheme, found), marker in zip(schemes.items(), "os", strict=True):
            ax.plot(np.log(reynolds), np.log(found), marker=marker, markersize=3, label=scheme)
        ax.axhline(np.log(2 * cells), color="0.6", linewidth=0.8)
        ax.text(
            13, np.log(2 * cells) - 0.12, r"Re = 2/$\Delta x$", ha="right", va="top", fontsize=9
        )
        ax.set(title=label, xlabel=r"asked $\log\,\mathrm{Re}$")
        ax.legend(fontsize=9)
    axes[0].set_ylabel(r"effective $\log\,\mathrm{Re}$")
    return figure


def quadrature(panels):
    """A figure of quadrature errors over orders, one axes for each panel.

    panels: a dict from a title to a dict from a label to (orders, errors, line style).
    """
    figure, axes = plt.subplots(1, len(panels), sharey=True)
    for ax, (title, curves) in zip(axes, panels.items(), strict=True):
        for label, (orders, errors, style) in curves.items():
            ax.semilogy(orders, errors, style, markersize=4, label=label)
        ax.axhline(1e-8, color="0.6", linewidth=0.8)
        ax.set_title(title)
        ax.set_xlabel("nodes")
        ax.legend(fontsize=9)
    axes[0].set_ylabel("largest error of mean and std")
    return figure


def budget(table):
    """A figure of the errors of moments by source: one axes for each law, log scale.

    Dotted lines mark the largest error of the mean and of the std.
    table: a DataFrame with columns law, source, mean_error, std_error.
    """
    laws = list(dict.fromkeys(table.law))
    figure, axes = plt.subplots(2, 2, sharex=True, figsize=(10, 5.8))
    for ax, law in zip(axes.flat, laws, strict=True):
        rows = table[table.law == law].iloc[::-1].reset_index(drop=True)
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
        ax.set_title(law)
        ax.label_outer()
        ax.tick_params(labelleft=True)
    for ax in axes[1]:
        ax.set_xlabel("relative error against the exact law")
    axes[0, 0].legend(fontsize=9)
    return figure


def boundary(log_reynolds, tails, x, densities):
    """A figure of the front's tail past x = 1, and of what a free end there makes of it.

    tails: a dict from a label to (count,) shares of the front over log_reynolds; densities: a dict
    from a label to (cells,) densities over x.
    """
    figure, (left, right) = plt.subplots(1, 2)
    for label, values in tails.items():
        left.semilogy(log_reynolds, values, label=label)
    left.set(xlabel=r"$\log\,\mathrm{Re}$", ylabel=r"share of the front past $x = 1$")
    left.set_ylim(1e-16, 1)
    looks = ({"linewidth": 5, "alpha": 0.35}, {"linestyle": "--"}, {"linestyle": ":"})
    for (label, values), look in zip(densities.items(), looks, strict=True):
        right.plot(x, values, label=label, **look)
    right.set(xlabel="$x$", ylabel=r"$\rho$", xlim=(x[0], 1))
    for ax in (left, right):
        ax.legend(fontsize=9)
    return figure


def _density_axes(ax):
    ax.set(xlabel="$x$", ylabel=r"$\rho$", xlim=(0, 1))


def _shape(output):
    outputs = output if isinstance(output, list) else [output]
    return ", ".join(str(tuple(o.shape)) for o in outputs)
