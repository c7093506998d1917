"""The exact distribution of a random density given an observation of it, by adaptive quadrature.

    p(y | d) = p(d | y) p(y) / p(d),   y the random inputs and, where it is unknown, the final time

The inputs are integrated over as quantiles of their distributions, uniform on [0, 1]. Boxes are
halved, in the direction in which the likelihood is roughest, where a Gauss rule and that of the
halves differ, or where the likelihood may hide a peak between the nodes.
"""

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.exact.expectations import at_quantiles, random_numbers
from burgers.exact.observation import Observation
from burgers.exact.of_problem import density
from burgers.problems.problem import Inputs

# Random numbers that are integrated over: of three, the likelihood has too many kinks. Nodes of a
# rule in each direction, and the boxes in each direction to begin with.
MOST_NUMBERS, NODES, FIRST = 2, 4, {1: 64, 2: 16}
# Of the evidence, relative.
TOLERANCE = 1e-6
MOST_NODES = 4_000_000
# A box in which the log-likelihood may come this near to its maximum, by what it varies between
# the nodes, is halved whatever the rules say.
HIDDEN = 25.0
# Nodes of less weight are left out of sums over the density.
LEAST_WEIGHT = 1e-10
CHUNK = 20_000

Floats = NDArray[np.float64]


class _Boxes(NamedTuple):
    """Boxes in the cube of quantiles with the log-likelihood at their nodes.

    low, width : (boxes, numbers).
    tried : (boxes, numbers), whether halving made no difference in a direction.
    log_likelihood : (boxes, nodes).
    """

    low: Floats
    width: Floats
    tried: NDArray[np.bool_]
    log_likelihood: Floats


class Posterior:
    """The distribution of inputs and density given an observation.

    Attributes
    ----------
    inputs : a dict from each input to its values at the nodes, (nodes,).
    final_time : (nodes,), where it was unknown; else None.
    weights : (nodes,), of sum one: the posterior probability of each node.
    log_evidence : log of the probability density of the data, in nats.
    error : estimated relative error of the evidence.
    """

    def __init__(self, observation: Observation, data: Floats, boxes: _Boxes, error: float) -> None:
        self.observation, self.data, self.error = observation, data, error
        points, shares = _nodes(boxes)
        logs = boxes.log_likelihood.ravel() + np.log(shares)
        top = logs.max()
        weights = np.exp(logs - top)
        self.log_evidence = float(top + np.log(weights.sum()))
        kept = weights > LEAST_WEIGHT * weights.sum()
        self.weights = weights[kept] / weights[kept].sum()
        self._points, self._shares = points[kept], shares[kept]
        self._sides = np.stack(_sides(boxes), axis=1)[kept]
        self.inputs, times = _inputs(observation, self._points)
        self.final_time = times if observation.time_is_unknown else None

    def information(self) -> float:
        """Information that the data give on the inputs, in bits: KL(posterior ‖ prior)."""
        return float(self.weights @ np.log2(self.weights / self._shares))

    def mean_and_std(self, time: float | None = None, cells: int = 400) -> tuple[Floats, Floats]:
        """Posterior mean and standard deviation of the density, (cells,) each.

        time : at which; where the time was unknown, None for that time.
        """
        values = self._densities(time, cells)
        mean = self.weights @ values
        return mean, np.sqrt(np.maximum(self.weights @ np.square(values - mean), 0.0))

    def quantiles(self, levels: ArrayLike, time: float | None = None, cells: int = 400) -> Floats:
        """Posterior quantiles of the density in each cell, (levels, cells)."""
        wanted = np.atleast_1d(checks.finite("levels", levels))
        checks.within("levels", wanted, 0.0, 1.0)
        values = self._densities(time, cells)
        order = np.argsort(values, axis=0)
        below = np.cumsum(self.weights[order], axis=0)
        places = [np.minimum((below < level).sum(axis=0), len(values) - 1) for level in wanted]
        ordered = np.take_along_axis(values, order, axis=0)
        return np.stack([ordered[place, np.arange(cells)] for place in places])

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Inputs, Floats | None]:
        """Draw n inputs, and final times where they were unknown, by rejection.

        Proposals are uniform around the nodes, which are picked by their weights.
        """
        n = checks.count("n", n)
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng is {checks.shown(rng)}; accepted: a numpy.random.Generator")
        kept: list[Floats] = []
        while sum(map(len, kept)) < n:
            picked = rng.choice(len(self.weights), 4 * n, p=self.weights)
            low, width = self._sides[picked, 0], self._sides[picked, 1]
            points = low + width * rng.random(low.shape)
            inputs, times = _inputs(self.observation, points)
            known = times if self.observation.time_is_unknown else None
            target = self.observation.log_likelihood(self.data, inputs, known) - self.log_evidence
            ratio = np.exp(target) * width.prod(axis=1) / self.weights[picked]
            # The few proposals beyond are accepted with certainty.
            most = np.quantile(ratio, 0.999)
            kept.append(points[rng.random(len(ratio)) * most < ratio])
        inputs, times = _inputs(self.observation, np.concatenate(kept)[:n])
        return inputs, times if self.observation.time_is_unknown else None

    def _densities(self, time, cells):
        if time is None and self.final_time is None:
            raise ValueError("time is None; accepted: a time, as that of the observation is known")
        at: Any = self.final_time if time is None else checks.number("time", time)
        return density(self.observation.problem, at, cells=cells, **dict(self.inputs))


def posterior(
    observation: Observation, data: ArrayLike, *, tolerance: float = TOLERANCE
) -> Posterior:
    """The exact posterior distribution given what the sensors read.

    Parameters
    ----------
    observation : of a problem with at most two random numbers, an unknown time included, all of
        which have `ppf`.
    data : (sensors,).
    tolerance : of the evidence, relative.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the tolerance is not reached.
    """
    if not isinstance(observation, Observation):
        raise ValueError(f"observation is {checks.shown(observation)}; accepted: an Observation")
    data = observation.checked(data)
    tolerance = checks.number("tolerance", checks.positive("tolerance", tolerance))
    numbers = random_numbers(observation.problem, None if observation.time_is_unknown else 0.0)
    if not 1 <= numbers <= MOST_NUMBERS:
        raise ValueError(
            f"{observation.problem.name} has {numbers} random numbers; accepted: 1 to "
            f"{MOST_NUMBERS}, an unknown time included"
        )
    boxes, error = _refined(observation, data, numbers, tolerance)
    return Posterior(observation, data, boxes, error)


def _refined(observation, data, numbers, tolerance):
    """Boxes on which the evidence has the tolerance, and its estimated relative error."""
    side = FIRST[numbers]
    corners = np.array(list(product(range(side), repeat=numbers))) / side
    width = np.full(corners.shape, 1.0 / side)
    active = _evaluated(observation, data, corners, width, np.zeros(corners.shape, dtype=bool))
    done: list[_Boxes] = []
    lost, evaluated = 0.0, active.log_likelihood.size
    while len(active.low):
        top = max(part.log_likelihood.max(initial=-np.inf) for part in (active, *done))
        along = _roughest(active, top)
        halves = _halved(observation, data, active, along)
        evaluated += halves.log_likelihood.size
        if evaluated > MOST_NODES:
            raise ValueError(f"tolerance is {tolerance:g}; accepted: one reached by {MOST_NODES:,} "
                             "nodes")  # fmt: skip
        top = max(top, halves.log_likelihood.max())
        whole, parts = _integrals(active, top), _integrals(halves, top)
        parts = parts.reshape(len(whole), -1).sum(axis=1)
        total = parts.sum() + sum(_integrals(part, top).sum() for part in done)
        errors = np.abs(whole - parts)
        split = _hides(active, top) | _worst(errors, tolerance * total / 8)
        lost += errors[~split].sum() / total
        # In every direction the halves are tried, one direction after the other.
        tried = (active.tried | np.eye(numbers, dtype=bool)[along]) & ~split[:, None]
        halves = halves._replace(tried=np.repeat(tried, 2, axis=0))
        ended = halves.tried.all(axis=1)
        done.append(_Boxes(*(part[ended] for part in halves)))
        active = _Boxes(*(part[~ended] for part in halves))
    return _Boxes(*map(np.concatenate, zip(*done, strict=True))), float(lost)


def _worst(errors, allowed):
    """The largest errors, without which the sum of the others is allowed."""
    order = np.argsort(errors)
    found = np.zeros(len(errors), dtype=bool)
    found[order[np.cumsum(errors[order]) > allowed]] = True
    return found


def _hides(boxes, top):
    """Whether the log-likelihood may be near its maximum somewhere between the nodes of a box."""
    values = boxes.log_likelihood
    vary = np.ptp(values, axis=1)
    return (values.max(axis=1) + vary > top - HIDDEN) & (vary > HIDDEN)


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
    boxes = _Boxes(low, width, tried, np.empty((len(low), 0)))
    points, _ = _nodes(boxes)
    found = np.empty(len(points))
    for first in range(0, len(points), CHUNK):
        inputs, times = _inputs(observation, points[first : first + CHUNK])
        known = times if observation.time_is_unknown else None
        found[first : first + CHUNK] = observation.log_likelihood(data, inputs, known)
    return boxes._replace(log_likelihood=found.reshape(len(low), -1))


def _inputs(observation, points):
    return at_quantiles(observation.problem, None if observation.time_is_unknown else 0.0, points)


def _rule(numbers):
    """Nodes in the unit cube (nodes, numbers) and weights of sum one."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    nodes = np.array(list(product((x + 1.0) / 2.0, repeat=numbers)))
    return nodes, np.array(list(product(w / 2.0, repeat=numbers))).prod(axis=1)


def _nodes(boxes):
    """All nodes (boxes * nodes, numbers), and the share of the cube of each."""
    nodes, weights = _rule(boxes.low.shape[1])
    points = boxes.low[:, None] + boxes.width[:, None] * nodes
    shares = boxes.width.prod(axis=1)[:, None] * weights
    return points.reshape(-1, boxes.low.shape[1]), shares.ravel()


def _sides(boxes):
    """Around each node its part of the box: corner and width, (boxes * nodes, numbers) each."""
    numbers = boxes.low.shape[1]
    _, w = np.polynomial.legendre.leggauss(NODES)
    length = w / 2.0
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    low = np.array(list(product(start, repeat=numbers)))
    width = np.array(list(product(length, repeat=numbers)))
    corners = boxes.low[:, None] + boxes.width[:, None] * low
    return corners.reshape(-1, numbers), (boxes.width[:, None] * width).reshape(-1, numbers)
