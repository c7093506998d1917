"""Adaptive quadrature of a likelihood over the unit cube of quantiles.

Boxes are halved, in the direction in which the likelihood is roughest, where a Gauss rule and that
of the halves differ, or where the likelihood may hide a peak between the nodes.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from burgers.exact.expectations import at_quantiles
from burgers.exact.observation import Observation
from burgers.problems.problem import Inputs

# Nodes of a rule in each direction; boxes in each to begin with, for one to three directions.
NODES, FIRST = 4, {1: 64, 2: 16, 3: 8}
# In one sweep over all boxes, so small a part of the tolerance may be used up.
SWEEPS = 16
MOST_NODES = 12_000_000
# A box in which the log-likelihood may come this near to its maximum, by what the sensors read at
# the nodes, is halved whatever the rules say.
HIDDEN = 25.0
CHUNK = 20_000

Floats = NDArray[np.float64]


class Boxes(NamedTuple):
    """Boxes in the cube of quantiles with the log-likelihood at their nodes.

    low, width : (boxes, numbers).
    tried : (boxes, numbers), whether halving made no difference in a direction.
    log_likelihood : (boxes, nodes).
    best : (boxes,), what the log-likelihood may reach between the nodes.
    """

    low: Floats
    width: Floats
    tried: NDArray[np.bool_]
    log_likelihood: Floats
    best: Floats


def refined(
    observation: Observation, data: Floats, numbers: int, tolerance: float
) -> tuple[Boxes, float]:
    """Boxes on which the evidence has the tolerance, and its estimated relative error."""
    side = FIRST[numbers]
    corners = np.array(list(product(range(side), repeat=numbers))) / side
    width = np.full(corners.shape, 1.0 / side)
    active = _evaluated(observation, data, corners, width, np.zeros(corners.shape, dtype=bool))
    done: list[Boxes] = []
    lost, evaluated = 0.0, active.log_likelihood.size
    while len(active.low):
        top = max(part.log_likelihood.max(initial=-np.inf) for part in (active, *done))
        along = _roughest(active, top)
        halves = _halved(observation, data, active, along)
        evaluated += halves.log_likelihood.size
        if evaluated > MOST_NODES:
            raise ValueError(f"tolerance is {tolerance:g}; accepted: one reached by {MOST_NODES:,} "
                             "nodes; see posterior_samples")  # fmt: skip
        top = max(top, halves.log_likelihood.max())
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
    """Whether the log-likelihood may be near its maximum somewhere between the nodes of a box."""
    return (boxes.best > top - HIDDEN) & (np.ptp(boxes.log_likelihood, axis=1) > HIDDEN)


def _integrals(boxes, top):
    """The integral over each box of the likelihood over exp(top)."""
    _, weights = _rule(boxes.low.shape[1])
    return boxes.width.prod(axis=1) * (np.exp(boxes.log_likelihood - top) @ weights)


def _halved(observation, data, boxes, along):
    """Both halves of each box in a direction, one after the other, evaluated."""
    numbers = boxes.low.shape[1]
    direction = np.eye(numbers)[along]
    width = np.repeat(boxes.width * (1.0 - 0.5 * direction), 2, axis=0)
    low = np.stack([boxes.low, boxes.low + 0.5 * direction * boxes.width], axis=1)
    tried = np.zeros(width.shape, dtype=bool)
    return _evaluated(observation, data, low.reshape(-1, numbers), width, tried)


def _roughest(boxes, top):
    """The untried direction in which cubic polynomials, which the rule integrates, fit worst."""
    numbers = boxes.low.shape[1]
    logs = boxes.log_likelihood.reshape(-1, *[NODES] * numbers)
    # Far from the maximum the likelihood is zero everywhere, but its logarithm is not.
    values = np.where(_hides(boxes, top).reshape(-1, *[1] * numbers), logs, np.exp(logs - top))
    rough = [
        np.abs(np.diff(values, n=NODES - 1, axis=1 + k)).reshape(len(values), -1).max(axis=1)
        for k in range(numbers)
    ]
    return np.argmax(np.where(boxes.tried, -1.0, np.transpose(rough)), axis=1)


def _evaluated(observation, data, low, width, tried):
    each = NODES ** low.shape[1]
    boxes = Boxes(low, width, tried, np.empty((len(low), each)), np.empty(len(low)))
    points, _ = nodes(boxes)
    for first in range(0, len(low), CHUNK // each):
        part = slice(first, first + CHUNK // each)
        found, times = inputs(observation, points[part.start * each : part.stop * each])
        read = observation.values(found, times if observation.time_is_unknown else None)
        boxes.log_likelihood[part] = observation.log_density(data, read).reshape(-1, each)
        nearest = _nearest(data, read.reshape(-1, each, len(data)))
        boxes.best[part] = observation.log_density(data, nearest)
    return boxes


def _nearest(data, read):
    """What the sensors may read in a box that is nearest to the data, (boxes, sensors).

    Between the nodes, at which they read (boxes, nodes, sensors), it may be outside of the range at
    the nodes by half of its length.
    """
    low, high = read.min(axis=1), read.max(axis=1)
    beyond = 0.5 * (high - low)
    return np.clip(data, low - beyond, high + beyond)


def inputs(observation: Observation, points: Floats) -> tuple[Inputs, Floats]:
    """Inputs and times at quantiles (points, numbers)."""
    return at_quantiles(observation.problem, None if observation.time_is_unknown else 0.0, points)


def _rule(numbers):
    """Nodes in the unit cube (nodes, numbers) and weights of sum one."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    nodes = np.array(list(product((x + 1.0) / 2.0, repeat=numbers)))
    return nodes, np.array(list(product(w / 2.0, repeat=numbers))).prod(axis=1)


def nodes(boxes: Boxes) -> tuple[Floats, Floats]:
    """All nodes (boxes * nodes, numbers), and the share of the cube of each."""
    nodes, weights = _rule(boxes.low.shape[1])
    points = boxes.low[:, None] + boxes.width[:, None] * nodes
    shares = boxes.width.prod(axis=1)[:, None] * weights
    return points.reshape(-1, boxes.low.shape[1]), shares.ravel()


def sides(boxes: Boxes) -> tuple[Floats, Floats]:
    """Around each node its part of the box: corner and width, (boxes * nodes, numbers) each."""
    numbers = boxes.low.shape[1]
    _, w = np.polynomial.legendre.leggauss(NODES)
    length = w / 2.0
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    low = np.array(list(product(start, repeat=numbers)))
    width = np.array(list(product(length, repeat=numbers)))
    corners = boxes.low[:, None] + boxes.width[:, None] * low
    return corners.reshape(-1, numbers), (boxes.width[:, None] * width).reshape(-1, numbers)
