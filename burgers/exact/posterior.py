"""The exact distribution of a random density given an observation of it, by adaptive quadrature.

    p(y | d) = p(d | y) p(y) / p(d),   y the random inputs and, where it is unknown, the final time

The inputs are integrated over as quantiles of their distributions, uniform on [0, 1]
(`integration`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from burgers import _checks as checks
from burgers.exact import integration
from burgers.exact.boxes import Floats
from burgers.exact.integration import MOST_NUMBERS, Rule, heaviest
from burgers.exact.observation import Observation
from burgers.exact.of_problem import density
from burgers.exact.points import random_numbers
from burgers.problems import CELLS
from burgers.problems.problem import Inputs

# Of the evidence, relative.
TOLERANCE = 1e-6
# Densities that are held at once: nodes times cells.
HELD = 20_000_000


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

    def __init__(self, observation: Observation, data: Floats, rule: Rule) -> None:
        self.observation, self.data, self._rule = observation, data, rule
        self.error, self.log_evidence = rule.error, rule.nodes.log_integral()
        weights = np.exp(rule.nodes.logs - self.log_evidence) * rule.nodes.shares
        kept = heaviest(weights)
        self.weights = weights[kept] / weights[kept].sum()
        self._shares, self._kept = rule.nodes.shares[kept], kept
        self.inputs, self.final_time = rule.likelihood.inputs(rule.nodes.points[kept])

    def log_density(
        self, inputs: Mapping[str, ArrayLike], final_time: ArrayLike | None = None
    ) -> Floats:
        """Log-density of the posterior with respect to the prior, (realisations,), in nats.

            log p(y | d) - log p(y) = log p(d | y) - log p(d)

        inputs : (realisations,) each. final_time : (realisations,), where it was unknown.
        """
        return self.observation.log_likelihood(self.data, inputs, final_time) - self.log_evidence

    def information(self) -> float:
        """Information that the data give on the inputs, in bits: KL(posterior ‖ prior)."""
        return float(self.weights @ np.log2(self.weights / self._shares))

    def in_classes(self, number: int, count: int) -> Floats:
        """Posterior probability of equal bins of one number's quantile, (count,).

        The prior probability of each is 1 / count.

        Parameters
        ----------
        number : which of the random numbers, from 0; an unknown time is the last.
        count : of bins.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        low, width = (part[self._kept] for part in self._rule.sides())
        number = checks.count("number", number, least=0, most=low.shape[1] - 1)
        edges = np.arange(checks.count("count", count) + 1)[:, None] / count
        # The probability of a node is spread evenly over its part of the cube.
        below = np.clip((edges - low[:, number]) / width[:, number], 0.0, 1.0) @ self.weights
        return np.diff(below)

    def mean_and_std(self, time: float | None = None, cells: int = CELLS) -> tuple[Floats, Floats]:
        """Posterior mean and standard deviation of the density, (cells,) each.

        time : at which; where the time was unknown, None for that time.
        """
        cells = checks.count("cells", cells, least=2)
        mean, variance = np.empty(cells), np.empty(cells)
        for columns, values in self._densities(time, cells):
            mean[columns] = self.weights @ values
            variance[columns] = self.weights @ np.square(values - mean[columns])
        return mean, np.sqrt(np.maximum(variance, 0.0))

    def quantiles(self, levels: ArrayLike, time: float | None = None, cells: int = CELLS) -> Floats:
        """Posterior quantiles of the density in each cell, (levels, cells)."""
        wanted = np.atleast_1d(checks.finite("levels", levels))
        checks.within("levels", wanted, 0.0, 1.0)
        cells = checks.count("cells", cells, least=2)
        found = np.empty((wanted.size, cells))
        for columns, values in self._densities(time, cells):
            order = np.argsort(values, axis=0)
            below = np.cumsum(self.weights[order], axis=0)
            ordered = np.take_along_axis(values, order, axis=0)
            for row, level in zip(found, wanted, strict=True):
                place = np.minimum((below < level).sum(axis=0), len(values) - 1)
                row[columns] = ordered[place, np.arange(columns.size)]
        return found

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Inputs, Floats | None]:
        """Draw n inputs, and final times where they were unknown."""
        n = checks.count("n", n)
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng is {checks.shown(rng)}; accepted: a numpy.random.Generator")
        return self._rule.likelihood.inputs(self._rule.draw(n, rng))

    def _densities(self, time, cells):
        """Cells, and the density in them of each node (nodes, cells), some after the other."""
        if time is None and self.final_time is None:
            raise ValueError("time is None; accepted: a time, as that of the observation is known")
        at: Any = self.final_time if time is None else checks.number("time", time)
        parts = min(cells, -(-len(self.weights) * cells // HELD))
        for columns in np.array_split(np.arange(cells), parts):
            yield (
                columns,
                density(
                    self.observation.problem, at, cells=cells, columns=columns, **dict(self.inputs)
                ),
            )


def posterior(
    observation: Observation, data: ArrayLike, *, tolerance: float = TOLERANCE
) -> Posterior:
    """The exact posterior distribution given what the sensors read.

    Parameters
    ----------
    observation : of a problem with at most three random numbers, an unknown time included, all of
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
            f"{MOST_NUMBERS}, an unknown time included; see posterior_samples"
        )
    return Posterior(observation, data, integration.rule(observation, data, numbers, tolerance))
