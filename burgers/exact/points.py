"""Points in the space of a problem's random inputs, and rules of integration over them.

The inputs are functions of quantiles, numbers in [0, 1] that are uniform. A rule is a tuple of the
inputs at some points, the times, and the weights of the points.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from burgers import _checks as checks
from burgers import problems
from burgers.exact.quadrature import gauss_legendre
from burgers.problems import Problem
from burgers.problems.problem import Inputs

# Nodes on each panel of a Gauss rule, and the replicates of the other rules, from whose scatter the
# error is estimated.
NODES, REPLICATES = 8, 16

Floats = NDArray[np.float64]
Rule = tuple[Inputs, Floats, Floats]


def time_asked(time: float | None) -> float | None:
    """A final time >= 0 as a float, or None for a random one; or ValueError."""
    if time is None:
        return None
    if np.ndim(time) != 0:
        raise ValueError(f"time is {checks.shown(time)}; accepted: None or a single number")
    return float(checks.non_negative("time", time))


def random_numbers(
    problem: Problem, time: float | None, rng: np.random.Generator | None = None
) -> int:
    """How many random numbers determine a density."""
    rng = rng or np.random.default_rng(0)
    size = sum(rows[0].size for rows in problem.sample(1, rng).values())
    return size + (time is None and problem.first_time < problem.last_time)


def at_quantiles(
    problem: Problem, time: float | None, quantiles: Floats
) -> tuple[dict[str, Floats], Floats]:
    """Inputs and times at quantiles (points, numbers); that of a random time is the last."""
    inputs, first = {}, 0
    laws: dict[str, Any] = dict(problem.inputs)
    for name, rows in problem.sample(1, np.random.default_rng(0)).items():
        part = quantiles[:, first : first + rows[0].size].reshape(-1, *rows.shape[1:])
        inputs[name] = checks.finite(name, laws[name].ppf(part))
        first += rows[0].size
    start, end = problem.times if time is None else (time, time)
    last = quantiles[:, -1] if first < quantiles.shape[1] else np.zeros(len(quantiles))
    return inputs, start + (end - start) * last


def halton(problem: Problem, count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Inputs at scrambled Halton points, whose averages scatter less than those of random draws.

    A dict of (count,) or, for vectors, (count, components) arrays. All inputs of the problem have
    `ppf`; rng is of the scrambling.
    """
    points = qmc.Halton(random_numbers(problem, 0.0), rng=rng).random(count)
    return at_quantiles(problem, 0.0, points)[0]


def sobol(
    problem: Problem, count: int, time: float | None = None, *, seed: int = 0
) -> tuple[Inputs, NDArray[np.float64]]:
    """Scrambled Sobol points of a problem: inputs and times for quasi-Monte Carlo.

    Parameters
    ----------
    problem : whose inputs all have `ppf`, the inverse of the distribution function.
    count : number of points, a power of two.
    time : the final time; None to draw it uniformly as well.
    seed : of the scrambling, an integer >= 0.

    Returns
    -------
    inputs : a dict of (count,) or, for vectors, (count, components) arrays.
    times : (count,).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: A. B. Owen (1997).
    """
    problems.checked(problem)
    time = time_asked(time)
    count = checks.count("count", count)
    if count & (count - 1):
        raise ValueError(f"count is {count}; accepted: a power of two")
    rng = np.random.default_rng(checks.count("seed", seed, least=0))
    for name, part in problem.inputs.items():
        if not callable(getattr(part, "ppf", None)):
            raise ValueError(f"inputs[{name!r}] has no ppf; accepted: a distribution that has")
    return _sobol_points(problem, time, random_numbers(problem, time), count, rng)


def gauss(
    problem: Problem, time: float | None, numbers: int, panels: int, nodes: int = NODES
) -> Rule:
    """The composite product Gauss-Legendre rule over the quantiles of the random numbers.

    With `nodes` nodes on each panel. The first input varies slowest.
    """
    ends = np.linspace(0.0, 1.0, panels + 1)
    places, weights = gauss_legendre(list(pairwise(ends)), nodes)
    grid = np.meshgrid(*[places] * numbers, indexing="ij")
    quantiles = np.stack([axis.ravel() for axis in grid], axis=1) if numbers else np.zeros((1, 0))
    share = np.ones(1)
    for _ in range(numbers):
        share = np.outer(share, weights).ravel()
    return *at_quantiles(problem, time, quantiles), share


def sobol_replicates(
    problem: Problem, time: float | None, numbers: int, points: int, rng: np.random.Generator
) -> Iterator[Rule]:
    """Rules of equal weights at Sobol points, scrambled independently; about `points` in all."""
    count = 2 ** max(2, round(math.log2(points / REPLICATES)))
    for _ in range(REPLICATES):
        yield *_sobol_points(problem, time, numbers, count, rng), np.full(count, 1.0 / count)


def drawn_replicates(
    problem: Problem, time: float | None, points: int, rng: np.random.Generator
) -> Iterator[Rule]:
    """Rules of equal weights at independent draws; about `points` in all."""
    count = max(4, points // REPLICATES)
    for _ in range(REPLICATES):
        inputs = problem.sample(count, rng)
        times = rng.uniform(*problem.times, count) if time is None else np.full(count, time)
        yield inputs, times, np.full(count, 1.0 / count)


def _sobol_points(problem, time, numbers, count, rng):
    quantiles = qmc.Sobol(numbers, rng=rng).random(count)
    # The left end of a scrambled interval may be zero, whose normal quantile is infinite.
    return at_quantiles(problem, time, np.clip(quantiles, np.finfo(float).tiny, None))
