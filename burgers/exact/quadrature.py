"""Composite Gauss-Legendre quadrature on panels graded towards points of limited smoothness."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray


def gauss_legendre(
    panels: ArrayLike, order: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of the Gauss-Legendre rule on each panel.

        ∫ f(s) ds ≈ Σₖ wₖ f(sₖ),   exact for polynomials of degree 2 order - 1 on each panel

    Parameters
    ----------
    panels : (panels, 2), the two ends of each panel.
    order : number of nodes on each panel.

    Returns
    -------
    nodes, weights : (panels * order,) float64.
    """
    unit, weight = np.polynomial.legendre.leggauss(order)
    panels = np.asarray(panels, dtype=np.float64)
    middle, half = panels.mean(axis=1)[:, None], np.diff(panels, axis=1) / 2
    return (middle + half * unit).ravel(), (half * weight).ravel()


def halved_towards(point: float, end: float, finest: float) -> NDArray[np.float64]:
    """Panels between `point` and `end` whose lengths halve towards `point`.

    A function that is smooth except for a kink of width `finest` at the point is smooth on the
    scale of each panel, so that the quadrature error decays exponentially with the order.

    Parameters
    ----------
    point : the end that the panels are graded towards.
    end : the other end, on either side of the point.
    finest : upper bound of the length of the panel next to the point, > 0.

    Returns
    -------
    (panels, 2) float64.
    """
    depth = max(0, int(np.ceil(np.log2(abs(end - point) / finest))))
    knots = np.append(point, point + (end - point) * 0.5 ** np.arange(depth, -1.0, -1.0))
    return np.sort(np.column_stack([knots[:-1], knots[1:]]), axis=1)


def graded(breaks: Iterable[float], finest: float) -> NDArray[np.float64]:
    """Panels whose lengths halve towards each break, down to `finest`.

    Parameters
    ----------
    breaks : at least two, increasing. Every break is the end of a panel.
    finest : upper bound of the length of the panels next to a break, > 0.

    Returns
    -------
    (panels, 2) float64, in increasing order.
    """
    parts: list[NDArray[np.float64]] = []
    for left, right in pairwise(breaks):
        middle = 0.5 * (left + right)
        parts += [halved_towards(left, middle, finest), halved_towards(right, middle, finest)[::-1]]
    return np.concatenate(parts)
