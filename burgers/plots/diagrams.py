"""Diagrams of the auto-encoder: figures 2 to 4 of the report."""

from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from burgers.plots.figures import GENERATED, MONTE_CARLO
from burgers.plots.style import styled


@styled
def auto_encoder() -> Figure:
    """Draw an auto-encoder, x → e(x) → d(e(x)), and the loss that it minimises (figure 2)."""
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


@styled
def variational() -> Figure:
    """Draw an auto-encoder above a variational one, which encodes a distribution (figure 3)."""
    figure, ax = _canvas(8.5, 4.0, right=9.8, low=-2.7)
    for y, name, middle in (
        (0.0, "auto-encoder", ("a point", r"$z = e(x)$")),
        (-2.0, "variational", ("a distribution", r"$z \sim N(\mu(x), c(x))$")),
    ):
        ax.text(0.15, y + 0.75, name, weight="bold")
        boxes = [_box(ax, 0.8, "x", "", y=y), _box(ax, 2.8, "encoder", "", y=y, colour="0.92")]
        boxes += [_box(ax, 5.0, *middle, y=y, width=1.9)]
        boxes += [_box(ax, 7.2, "decoder", "", y=y, colour="0.92")]
        boxes += [_box(ax, 9.0, r"$\hat{x}$", "", y=y)]
        _chain(ax, boxes, y=y)
    return figure


@styled
def reparametrisation() -> Figure:
    """Draw the reparametrised auto-encoder, z = μ + √c ε, with noise as an input (figure 4)."""
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
    for x, term in (
        (2.6, r"$\mathrm{KL}(q_\phi(z|\rho)\,\|\,N(0, I))$"),
        (10.2, r"$\|\rho - \mathrm{mean}\|^2 /\, 0.2$"),
    ):
        ax.text(x, -1.7, term, ha="center", color=MONTE_CARLO)
    return figure


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
