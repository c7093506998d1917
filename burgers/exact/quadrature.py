"""Gauss and Legendre's rule on panels that shrink towards the places where a function is rough."""

from itertools import pairwise

import numpy as np


def gauss_legendre(panels, order):
    """Nodes and weights of the rule on each panel, both (panels * order,).

    panels (panels, 2): the ends of each. Exact for polynomials of degree 2 order - 1 on each.
    """
    unit, weight = np.polynomial.legendre.leggauss(order)
    panels = np.asarray(panels, dtype=np.float64)
    middle, half = panels.mean(axis=1)[:, None], np.diff(panels, axis=1) / 2
    return (middle + half * unit).ravel(), (half * weight).ravel()


def halved_towards(point, end, finest):
    """Panels (panels, 2) between a point and an end that halve towards the point down to `finest`.

    A function that is smooth save for a kink of that width at the point is smooth on the scale of
    each panel, so that the error falls exponentially with the order.
    """
    depth = max(0, int(np.ceil(np.log2(abs(end - point) / finest))))
    knots = np.append(point, point + (end - point) * 0.5 ** np.arange(depth, -1.0, -1.0))
    return np.sort(np.column_stack([knots[:-1], knots[1:]]), axis=1)


def graded(breaks, finest):
    """Panels (panels, 2) that end at the breaks and halve towards each of them."""
    parts = []
    for left, right in pairwise(breaks):
        middle = 0.5 * (left + right)
        parts += [halved_towards(left, middle, finest), halved_towards(right, middle, finest)[::-1]]
    return np.concatenate(parts)
