"""Integration of the likelihood of an observation over quantiles of the inputs.

One or two numbers are integrated over by boxes. Precise data confine three to a thin sheet, which
many boxes would have to follow: the last number is then integrated along lines through boxes of the
others, each of which the sheet crosses at a different place.
"""

from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from burgers.exact import boxes, lines
from burgers.exact.boxes import Floats
from burgers.exact.observation import Observation
from burgers.exact.points import at_quantiles
from burgers.problems.problem import Inputs

MOST_NUMBERS = 3
# Nodes that are evaluated at most, in boxes and along lines.
IN_BOXES, ALONG_LINES = 12_000_000, 40_000_000
# Boxes in each direction to begin with, for one to three numbers.
FIRST = {1: 64, 2: 16, 3: 8}
CHUNK = 20_000
# Lines are more accurate than the integral over them; those of draws less.
OF_LINES, OF_DRAWS = 0.3, 1e-3
# So much of the weight, that of the lightest nodes, is left out.
LEFT_OUT = 1e-9
# Proposals for each draw, from boxes, of which most are accepted, at least so many at a time, and
# from lines; this share of them has the largest probability of being accepted.
FROM_BOXES, LEAST, FROM_LINES, ALMOST_ALL = 1.5, 500, 4, 0.999


class TooManyNodes(Exception):
    """A tolerance is not reached by as many nodes as are evaluated at most."""


class Likelihood:
    """The log-likelihood as a function of quantiles (points, numbers)."""

    def __init__(self, observation: Observation, data: Floats, most: int) -> None:
        self.observation, self.data, self.most = observation, data, most
        self.evaluated = 0

    def inputs(self, points: Floats) -> tuple[Inputs, Floats | None]:
        """Inputs, and times where they are unknown, at quantiles."""
        known = None if self.observation.time_is_unknown else 0.0
        found, times = at_quantiles(self.observation.problem, known, points)
        return found, times if self.observation.time_is_unknown else None

    def logs(self, points: Floats) -> Floats:
        """The log-likelihood at points, (points,)."""
        return self.observation.log_likelihood(self.data, *self.inputs(points))

    def __call__(self, points: Floats, each: int) -> tuple[Floats, Floats]:
        """The same, and what it may reach between each so many points, which are of one box."""
        self.evaluated += len(points)
        if self.evaluated > self.most:
            raise TooManyNodes
        logs, best = np.empty(len(points)), np.empty(len(points) // each)
        size = max(CHUNK // each, 1) * each
        for first in range(0, len(points), size):
            part = slice(first, first + size)
            read = self.observation.values(*self.inputs(points[part]))
            logs[part] = self.observation.log_density(self.data, read)
            nearest = _nearest(self.data, read.reshape(-1, each, len(self.data)))
            place = slice(part.start // each, part.stop // each)
            best[place] = self.observation.log_density(self.data, nearest)
        return logs, best


class Nodes(NamedTuple):
    """Points with their share of the cube and the log-likelihood there.

    points : (nodes, numbers). shares, logs : (nodes,).
    """

    points: Floats
    shares: Floats
    logs: Floats

    def log_integral(self) -> float:
        """The logarithm of the evidence."""
        top = self.logs.max()
        return float(top + np.log(self.shares @ np.exp(self.logs - top)))


class Rule(Protocol):
    """Nodes for integrals over the posterior, their estimated relative error, and draws."""

    likelihood: Likelihood
    nodes: Nodes
    error: float

    def sides(self) -> tuple[Floats, Floats]:
        """Around each node its part of the cube: corner and width, (nodes, numbers) each."""

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw n points (n, numbers) from the posterior."""


def rule(observation: Observation, data: Floats, numbers: int, tolerance: float) -> Rule:
    """The quadrature rule with which the evidence has the relative tolerance.

    Raises
    ------
    ValueError
        If it is not reached.
    """
    tried: list[tuple[Any, int]] = [(InBoxes, IN_BOXES), (AlongLines, ALONG_LINES)]
    for make, most in tried[: 1 if numbers < MOST_NUMBERS else 2]:
        with suppress(TooManyNodes):
            return make(Likelihood(observation, data, most), numbers, tolerance)
    raise ValueError(
        f"tolerance is {tolerance:g}; accepted: one reached by {most:,} nodes; see "
        "posterior_samples"
    )


class InBoxes:
    """A rule of boxes for one or two numbers."""

    def __init__(self, likelihood: Likelihood, numbers: int, tolerance: float) -> None:
        self.likelihood, each = likelihood, boxes.NODES**numbers
        found, self.error = boxes.refined(
            lambda points: likelihood(points, each), numbers, tolerance, FIRST[numbers]
        )
        self.nodes = Nodes(*boxes.nodes(found.low, found.width), found.logs.ravel())
        self.low, self.width = boxes.sides(found.low, found.width)

    def sides(self) -> tuple[Floats, Floats]:
        """Around each node its part of the cube: corner and width, (nodes, numbers) each."""
        return self.low, self.width

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw points by rejection, from uniform proposals around nodes picked by their weight."""
        weights, kept = _weights(self.nodes), np.empty((0, self.low.shape[1]))
        while len(kept) < n:
            count = max(LEAST, int(FROM_BOXES * (n - len(kept))))
            picked = rng.choice(len(weights), count, p=weights)
            points = self.low[picked] + self.width[picked] * rng.random(
                (len(picked), kept.shape[1])
            )
            logs = self.likelihood.logs(points) + np.log(self.width[picked].prod(axis=1))
            kept = np.concatenate([kept, points[_accepted(logs - np.log(weights[picked]), rng)]])
        return kept[:n]


class AlongLines:
    """A rule of boxes for the first numbers, and of lines through their nodes for the last."""

    def __init__(self, likelihood: Likelihood, numbers: int, tolerance: float) -> None:
        self.likelihood, each = likelihood, boxes.NODES ** (numbers - 1)

        def along(outer: Floats) -> tuple[Floats, Floats]:
            logs = self._lines(outer, OF_LINES * tolerance).integrals(len(outer)).reshape(-1, each)
            return logs.ravel(), logs.max(axis=1) + np.ptp(logs, axis=1)

        found, self.error = boxes.refined(along, numbers - 1, tolerance, FIRST[numbers])
        outer = Nodes(*boxes.nodes(found.low, found.width), found.logs.ravel())
        heavy = heaviest(_weights(outer))
        self.outer = Nodes(*(part[heavy] for part in outer))
        self.low, self.width = (part[heavy] for part in boxes.sides(found.low, found.width))
        inner = self._lines(self.outer.points, OF_LINES * tolerance)
        places, shares = inner.nodes()
        self.owner, self.inner = np.repeat(inner.owner, boxes.NODES), inner.sides()
        owner = self.owner
        points = np.column_stack([self.outer.points[owner], places])
        self.nodes = Nodes(points, self.outer.shares[owner] * shares, inner.logs.ravel())

    def sides(self) -> tuple[Floats, Floats]:
        """Around each node its part of the cube: corner and width, (nodes, numbers) each."""
        outer = self.low[self.owner], self.width[self.owner]
        low, width = (np.column_stack(pair) for pair in zip(outer, self.inner, strict=True))
        return low, width

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw points by rejection: first the line, then the place on it."""
        self.likelihood.evaluated = 0
        weights, kept = _weights(self.outer), np.empty((0, self.low.shape[1] + 1))
        while len(kept) < n:
            picked = rng.choice(len(weights), FROM_LINES * n, p=weights)
            outer = self.low[picked] + self.width[picked] * rng.random((len(picked), 2))
            logs = self._lines(outer, OF_DRAWS).integrals(len(outer))
            logs += np.log(self.width[picked].prod(axis=1)) - np.log(weights[picked])
            kept = np.concatenate([kept, self._on_lines(outer[_accepted(logs, rng)], rng)])
        return kept[:n]

    def _on_lines(self, outer, rng):
        """A point on each line, but for those that are rejected."""
        found = self._lines(outer, OF_DRAWS)
        owner, shares = np.repeat(found.owner, boxes.NODES), found.nodes()[1]
        logs = found.logs.ravel() + np.log(shares)
        # The largest of logarithms with Gumbel noise is a draw by weight: the last of its line.
        order = np.lexsort((logs + rng.gumbel(size=len(logs)), owner))
        picked = order[np.append(np.diff(owner[order]) > 0, True)]
        low, width = (part[picked] for part in found.sides())
        points = np.column_stack([outer, low + width * rng.random(len(outer))])
        return points[_accepted(self.likelihood.logs(points) + np.log(width) - logs[picked], rng)]

    def _lines(self, outer, tolerance):
        return lines.refined(lambda points: self.likelihood(points, boxes.NODES), outer, tolerance)


def heaviest(weights: Floats) -> NDArray[np.bool_]:
    """All nodes but the lightest, which together are left out, (nodes,)."""
    order = np.argsort(weights)
    found = np.ones(len(weights), dtype=bool)
    found[order[np.cumsum(weights[order]) < LEFT_OUT]] = False
    return found


def _weights(nodes):
    weights = nodes.shares * np.exp(nodes.logs - nodes.logs.max())
    return weights / weights.sum()


def _accepted(log_ratio, rng):
    """Proposals kept by rejection; the few of the largest ratios are kept with certainty."""
    ratio = np.exp(log_ratio - log_ratio.max())
    return rng.random(len(ratio)) * np.quantile(ratio, ALMOST_ALL) < ratio


def _nearest(data, read):
    """What the sensors may read in a box that is nearest to the data, (boxes, sensors).

    Between the nodes, at which they read (boxes, nodes, sensors), it may be outside of the range at
    the nodes by half of its length.
    """
    low, high = read.min(axis=1), read.max(axis=1)
    beyond = 0.5 * (high - low)
    return np.clip(data, low - beyond, high + beyond)
