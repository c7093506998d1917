"""Gauss and Legendre's rule on panels that shrink towards the places where a function is rough."""

from itertools import pairwise

import numpy as np


def gauss(panels, order):
    """Nodes and weights of the rule on each panel, both (panels * order,).

    panels (panels, 2): the ends of each. Exact for polynomials of degree 2 order - 1 on each.
    """
    unit, weight = np.polynomial.legendre.leggauss(order)
    panels = np.asarray(panels, dtype=np.float64)
    middle, half = panels.mean(axis=1)[:, None], np.diff(panels, axis=1) / 2
    return (middle + half * unit).ravel(), (half * weight).ravel()


def graded(breaks, finest):
    """Panels (panels, 2) that end at the breaks and halve towards each of them down to `finest`.

    A function that is smooth save for kinks of width `finest` at the breaks is smooth on the scale
    of each panel, so that the error falls exponentially with the order.
    """
    knots = [breaks[0]]
    for left, right in pairwise(breaks):
        depth = max(0, int(np.ceil(np.log2((right - left) / finest))))
        offsets = (right - left) * 0.5 ** np.arange(depth, 0, -1.0)
        knots.extend([*(left + offsets), *(right - offsets[-2::-1]), right])
    return np.column_stack([knots[:-1], knots[1:]])
