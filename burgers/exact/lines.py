"""Adaptive quadrature along many lines at once, each with its own intervals.

    M(y) = ∫ L(y, s) ds over [0, 1],   for each of many y

Where data confine the numbers to a thin sheet in a cube, each line crosses it at a different place;
the integral over the line is smooth in y.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from burgers.exact.boxes import HIDDEN, NODES, Floats, nodes, rule, sides

# Intervals of each line to begin with, and the shortest.
FIRST, SHORTEST = 8, 2.0**-40
# The error of one interval is at most this part of that of its line.
PARTS = 16
# Intervals of lines that stay below the highest logarithm by more than this are not refined.
NEGLIGIBLE = 60.0
# Lines that are refined at once.
CHUNK = 2000

# From points (intervals * nodes, numbers) to logarithms there and what they may reach between the
# nodes of each interval (intervals,).
Evaluate = Callable[[Floats], tuple[Floats, Floats]]


class Lines(NamedTuple):
    """Intervals of many lines, with the logarithm of the function at their nodes.

    owner : (intervals,), the number of the line of each.
    low, width : (intervals,).
    logs : (intervals, nodes).
    best : (intervals,), what the logarithm may reach between the nodes.
    """

    owner: NDArray[np.int64]
    low: Floats
    width: Floats
    logs: Floats
    best: Floats

    def integrals(self, count: int) -> Floats:
        """The logarithm of the integral along each of `count` lines, (count,)."""
        top = _tops(self, np.full(count, -np.inf))
        return top + np.log(np.bincount(self.owner, _integrals(self, top), count))

    def nodes(self) -> tuple[Floats, Floats]:
        """All nodes, and the share of the line of each: (intervals * nodes,) each."""
        places, shares = nodes(self.low[:, None], self.width[:, None])
        return places[:, 0], shares

    def sides(self) -> tuple[Floats, Floats]:
        """Around each node its part of the interval: beginning and width."""
        low, width = sides(self.low[:, None], self.width[:, None])
        return low[:, 0], width[:, 0]


def refined(evaluate: Evaluate, outer: Floats, tolerance: float, least: float = -np.inf) -> Lines:
    """Intervals on which the integral along each line has the relative tolerance.

    outer : (lines, numbers - 1), where the lines are. least : lines that stay below by `NEGLIGIBLE`
    are not refined.
    """
    found = []
    for first in range(0, len(outer), CHUNK):
        lines = _refined(evaluate, outer[first : first + CHUNK], tolerance, least)
        found.append(lines._replace(owner=lines.owner + first))
        least = max(least, lines.logs.max())
    return Lines(*map(np.concatenate, zip(*found, strict=True)))


def _refined(evaluate, outer, tolerance, least):
    count = len(outer)
    low = np.tile(np.arange(FIRST) / FIRST, count)
    owner = np.repeat(np.arange(count), FIRST)
    active = _evaluated(evaluate, outer, owner, low, np.full(low.shape, 1.0 / FIRST))
    top, done = _tops(active, np.full(count, -np.inf)), []
    while len(active.low):
        width = np.repeat(0.5 * active.width, 2)
        low = np.stack([active.low, active.low + 0.5 * active.width], axis=1).ravel()
        halves = _evaluated(evaluate, outer, np.repeat(active.owner, 2), low, width)
        top = _tops(halves, top)
        whole, parts = _integrals(active, top), _integrals(halves, top).reshape(-1, 2).sum(axis=1)
        total = np.bincount(active.owner, parts, count)
        for part in done:
            total += np.bincount(part.owner, _integrals(part, top), count)
        split = np.abs(whole - parts) > tolerance / PARTS * total[active.owner]
        split |= (active.best > top[active.owner] - HIDDEN) & (np.ptp(active.logs, axis=1) > HIDDEN)
        hope = np.maximum(active.best, top[active.owner])
        split &= hope > max(least, top.max()) - NEGLIGIBLE
        split = np.repeat(split & (active.width > SHORTEST), 2)
        done.append(Lines(*(part[~split] for part in halves)))
        active = Lines(*(part[split] for part in halves))
    return Lines(*map(np.concatenate, zip(*done, strict=True)))


def _evaluated(evaluate, outer, owner, low, width):
    places, _ = nodes(low[:, None], width[:, None])
    logs, best = evaluate(np.column_stack([outer[np.repeat(owner, NODES)], places]))
    return Lines(owner, low, width, logs.reshape(-1, NODES), best)


def _tops(lines, known):
    """The highest logarithm on each line, and what was known."""
    top = known.copy()
    np.maximum.at(top, lines.owner, lines.logs.max(axis=1))
    return top


def _integrals(lines, top):
    """The integral over each interval of the function over exp(top of its line)."""
    _, weights = rule(1)
    return lines.width * (np.exp(lines.logs - top[lines.owner, None]) @ weights)
