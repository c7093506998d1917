"""Adaptive quadrature over the unit square or interval of a function that may have sharp peaks.

Boxes are halved, in the direction in which the function is roughest, where a Gauss rule and that of
the halves differ, or where the function may hide a peak between the nodes.
"""

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Nodes of a rule in each direction.
NODES = 4
# In one sweep over all boxes, so small a part of the tolerance may be used up.
SWEEPS = 16
# A box in which the logarithm may come this near to its maximum is halved whatever the rules say.
HIDDEN = 25.0

Floats = NDArray[np.float64]
# From nodes (boxes * nodes, numbers) to the logarithm of the function there, and what it may reach
# between the nodes of each box (boxes,).
Evaluate = Callable[[Floats], tuple[Floats, Floats]]


class Boxes(NamedTuple):
    """Boxes in the unit cube with the logarithm of the function at their nodes.

    low, width : (boxes, numbers).
    tried : (boxes, numbers), whether halving made no difference in a direction.
    logs : (boxes, nodes).
    best : (boxes,), what the logarithm may reach between the nodes.
    """

    low: Floats
    width: Floats
    tried: NDArray[np.bool_]
    logs: Floats
    best: Floats


def refined(evaluate: Evaluate, numbers: int, tolerance: float, side: int) -> tuple[Boxes, float]:
    """Boxes on which the integral has the relative tolerance, and its estimated relative error.

    side : boxes in each direction to begin with.
    """
    corners = np.array(list(product(range(side), repeat=numbers))) / side
    width = np.full(corners.shape, 1.0 / side)
    active = _evaluated(evaluate, corners, width)
    done: list[Boxes] = []
    lost = 0.0
    while len(active.low):
        top = max(part.logs.max(initial=-np.inf) for part in (active, *done))
        along = _roughest(active, top)
        halves = _halved(evaluate, active, along)
        top = max(top, halves.logs.max())
        whole, parts = _integrals(active, top), _integrals(halves, top)
        parts = parts.reshape(len(whole), -1).sum(axis=1)
        total = parts.sum() + sum(_integrals(part, top).sum() for part in done)
        errors = np.abs(whole - parts)
        split = _hides(active, top) | _worst(errors, tolerance * total / SWEEPS)
        lost += errors[~split].sum() / total
        # In every direction the halves are tried, one direction after the other.
        tried = (active.tried | np.eye(numbers, dtype=bool)[along]) & ~split[:, None]
        halves = halves._replace(tried=np.repeat(tried, 2, axis=0))
        ended = halves.tried.all(axis=1)
        done.append(Boxes(*(part[ended] for part in halves)))
        active = Boxes(*(part[~ended] for part in halves))
    return Boxes(*map(np.concatenate, zip(*done, strict=True))), float(lost)


def _worst(errors, allowed):
    """The largest errors, without which the sum of the others is allowed."""
    order = np.argsort(errors)
    found = np.zeros(len(errors), dtype=bool)
    found[order[np.cumsum(errors[order]) > allowed]] = True
    return found


def _hides(boxes, top):
    """Whether the logarithm may be near its maximum somewhere between the nodes of a box."""
    return (boxes.best > top - HIDDEN) & (np.ptp(boxes.logs, axis=1) > HIDDEN)


def _integrals(boxes, top):
    """The integral over each box of the function over exp(top)."""
    _, weights = rule(boxes.low.shape[1])
    return boxes.width.prod(axis=1) * (np.exp(boxes.logs - top) @ weights)


def _halved(evaluate, boxes, along):
    """Both halves of each box in a direction, one after the other, evaluated."""
    numbers = boxes.low.shape[1]
    direction = np.eye(numbers)[along]
    width = np.repeat(boxes.width * (1.0 - 0.5 * direction), 2, axis=0)
    low = np.stack([boxes.low, boxes.low + 0.5 * direction * boxes.width], axis=1)
    return _evaluated(evaluate, low.reshape(-1, numbers), width)


def _roughest(boxes, top):
    """The untried direction in which cubic polynomials, which the rule integrates, fit worst."""
    numbers = boxes.low.shape[1]
    logs = boxes.logs.reshape(-1, *[NODES] * numbers)
    # Far from the maximum the function is zero everywhere, but its logarithm is not.
    values = np.where(_hides(boxes, top).reshape(-1, *[1] * numbers), logs, np.exp(logs - top))
    rough = [
        np.abs(np.diff(values, n=NODES - 1, axis=1 + k)).reshape(len(values), -1).max(axis=1)
        for k in range(numbers)
    ]
    return np.argmax(np.where(boxes.tried, -1.0, np.transpose(rough)), axis=1)


def _evaluated(evaluate, low, width):
    logs, best = evaluate(nodes(low, width)[0])
    return Boxes(low, width, np.zeros(low.shape, dtype=bool), logs.reshape(len(low), -1), best)


def rule(numbers: int) -> tuple[Floats, Floats]:
    """Nodes in the unit cube (nodes, numbers) and weights of sum one."""
    x, w = _gauss()
    places = np.array(list(product((x + 1.0) / 2.0, repeat=numbers)))
    return places, np.array(list(product(w / 2.0, repeat=numbers))).prod(axis=1)


@cache
def _gauss():
    return np.polynomial.legendre.leggauss(NODES)


def nodes(low: Floats, width: Floats) -> tuple[Floats, Floats]:
    """All nodes of boxes (boxes * nodes, numbers), and the share of the cube of each."""
    places, weights = rule(low.shape[1])
    points = low[:, None] + width[:, None] * places
    shares = width.prod(axis=1)[:, None] * weights
    return points.reshape(-1, low.shape[1]), shares.ravel()


def sides(low: Floats, width: Floats) -> tuple[Floats, Floats]:
    """Around each node its part of the box: corner and width, (boxes * nodes, numbers) each."""
    numbers = low.shape[1]
    _, w = _gauss()
    length = w / 2.0
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    first = np.array(list(product(start, repeat=numbers)))
    long = np.array(list(product(length, repeat=numbers)))
    corners = low[:, None] + width[:, None] * first
    return corners.reshape(-1, numbers), (width[:, None] * long).reshape(-1, numbers)
