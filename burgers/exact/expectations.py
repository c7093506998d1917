"""Exact mean and standard deviation of a random density, with estimates of their errors.

The density is exact for given inputs; expectations over the inputs are weighted sums. Without a
closed form the rule is

- Gauss-Legendre, composite, over the quantiles of at most two random numbers with `ppf`;
- Sobol points, scrambled independently, where all inputs have `ppf`;
- independent draws otherwise.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from burgers import _checks as checks
from burgers import problems
from burgers.exact import law
from burgers.exact.of_problem import density, refined
from burgers.exact.quadrature import gauss_legendre
from burgers.problems import CASES, CELLS, Problem
from burgers.problems.problem import Inputs

POINTS = 4096
# Random numbers that a Gauss rule takes, nodes on each of its panels, and the replicates of the
# other rules, from whose scatter the error is estimated.
FEW, NODES, REPLICATES = 2, 8, 16
# Densities held at once.
CHUNK = 1024

Floats = NDArray[np.float64]
Rule = tuple[Inputs, Floats, Floats]


class Moments(NamedTuple):
    """Mean and standard deviation of cell averages, and estimates of their errors.

    Attributes
    ----------
    mean, std : (cells,) float64.
    mean_error, std_error : (cells,) float64; of a Gauss rule the distance from half the panels and
        half the refinement; of the other rules the standard error over replicates, and the distance
        from half the refinement of one of them, added in quadrature.
    rule : "closed form", "Gauss", "Sobol" or "Monte Carlo".
    """

    mean: Floats
    std: Floats
    mean_error: Floats
    std_error: Floats
    rule: str


@checks.formerly(case="problem")
def mean_and_std(
    problem: Problem,
    time: float | None = None,
    *,
    cells: int = CELLS,
    panel_nodes: int = law.PANEL_NODES,
    reynolds_nodes: int = law.REYNOLDS_NODES,
    points: int = POINTS,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Exact mean and standard deviation of the cell averages of a random density.

        E[ρ]  and  √E[(ρ - E[ρ])²]  over the inputs of the problem

    With `time=None` the final time is random as well, uniform over the problem's range.

    Parameters
    ----------
    problem : a `Problem`.
    time : a final time T >= 0, for the creneau with 1.3 T < 1; or None for random T.
    cells : number of cells, at least 2.
    panel_nodes, reynolds_nodes : for `SINUS` and `CRENEAU`, quadrature nodes on each panel, and
        over log Re. With the defaults the quadrature error is about 1e-8; 4 and 16 give 1e-6 in a
        ninth of the time.
    points, seed : for the other problems, as in `moments`, which also estimates the error.

    Returns
    -------
    mean, std : (cells,) float64.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    cells, time = _asked(problem, cells, time)
    if _is_of_report(problem):
        return law.quadrature(problem, time, cells, panel_nodes, reynolds_nodes)
    found = moments(problem, time, cells=cells, points=points, seed=seed)
    return found.mean, found.std


def moments(
    problem: Problem,
    time: float | None = None,
    *,
    cells: int = CELLS,
    points: int = POINTS,
    refinement: int | None = None,
    seed: int = 0,
) -> Moments:
    """Exact mean and standard deviation of a random density, with estimates of their errors.

    There are two errors: of the integration over the inputs, and of the representation of a smooth
    initial density on `refinement` times as many cells. The estimates are of both together: half
    the refinement is tried beside it.

    Parameters
    ----------
    problem, time, cells : as in `mean_and_std`.
    points : densities evaluated, about; at least 64.
    refinement : as in `density`.
    seed : of scrambled or independent draws, an integer >= 0.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    cells, time = _asked(problem, cells, time)
    points = checks.count("points", points, least=64)
    finer = refined(cells, refinement)
    coarser = max(1, finer // 2)
    rng = np.random.default_rng(checks.count("seed", seed, least=0))
    if _is_of_report(problem):
        fine = law.quadrature(problem, time, cells)
        coarse = law.quadrature(problem, time, cells, 4, 16)
        return _compared(fine, coarse, "closed form")
    numbers = random_numbers(problem, time, rng)
    inverted = all(callable(getattr(part, "ppf", None)) for part in problem.inputs.values())
    if inverted and numbers <= FEW:
        panels = max(2, math.ceil((points ** (1 / max(numbers, 1))) / NODES))
        fine, coarse = (
            _mean_and_std(*_weighted(_gauss(problem, time, numbers, count), problem, cells, level))
            for count, level in ((panels, finer), (panels // 2, coarser))
        )
        return _compared(fine, coarse, "Gauss")
    rule = _sobol if inverted else _drawn
    replicates = list(rule(problem, time, numbers, points, rng))
    parts = [_weighted(each, problem, cells, finer) for each in replicates]
    rough = _weighted(replicates[0], problem, cells, coarser)
    return _pooled(parts, rough, "Sobol" if inverted else "Monte Carlo")


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
    _, time = _asked(problem, 2, time)
    count = checks.count("count", count)
    if count & (count - 1):
        raise ValueError(f"count is {count}; accepted: a power of two")
    rng = np.random.default_rng(checks.count("seed", seed, least=0))
    for name, part in problem.inputs.items():
        if not callable(getattr(part, "ppf", None)):
            raise ValueError(f"inputs[{name!r}] has no ppf; accepted: a distribution that has")
    return _sobol_points(problem, time, random_numbers(problem, time), count, rng)


def random_numbers(
    problem: Problem, time: float | None, rng: np.random.Generator | None = None
) -> int:
    """How many random numbers determine a density."""
    rng = rng or np.random.default_rng(0)
    size = sum(rows[0].size for rows in problem.sample(1, rng).values())
    return size + (time is None and problem.first_time < problem.last_time)


def _is_of_report(problem):
    known = CASES.get(problem.name)
    return known is not None and problem == known


def _asked(problem, cells, time):
    problems.checked(problem)
    if time is not None:
        if np.ndim(time) != 0:
            raise ValueError(f"time is {checks.shown(time)}; accepted: None or a single number")
        time = float(checks.non_negative("time", time))
    return checks.count("cells", cells, least=2), time


def _compared(fine, coarse, rule):
    """The moments of one rule, with their distances from those of a coarser one as errors."""
    mean_error, std_error = (np.abs(a - b) for a, b in zip(fine, coarse, strict=True))
    return Moments(*fine, mean_error, std_error, rule)


def _gauss(problem, time, numbers, panels):
    """Nodes and weights of the composite product rule over the quantiles."""
    ends = np.linspace(0.0, 1.0, panels + 1)
    nodes, weights = gauss_legendre(list(pairwise(ends)), NODES)
    grid = np.meshgrid(*[nodes] * numbers, indexing="ij")
    quantiles = np.stack([axis.ravel() for axis in grid], axis=1) if numbers else np.zeros((1, 0))
    share = np.ones(1)
    for _ in range(numbers):
        share = np.outer(share, weights).ravel()
    return *at_quantiles(problem, time, quantiles), share


def _sobol(problem, time, numbers, points, rng) -> Iterator[Rule]:
    count = 2 ** max(2, round(math.log2(points / REPLICATES)))
    for _ in range(REPLICATES):
        yield *_sobol_points(problem, time, numbers, count, rng), np.full(count, 1.0 / count)


def _sobol_points(problem, time, numbers, count, rng):
    quantiles = qmc.Sobol(numbers, rng=rng).random(count)
    # The left end of a scrambled interval may be zero, whose normal quantile is infinite.
    return at_quantiles(problem, time, np.clip(quantiles, np.finfo(float).tiny, None))


def _drawn(problem, time, numbers, points, rng) -> Iterator[Rule]:
    count = max(4, points // REPLICATES)
    for _ in range(REPLICATES):
        inputs = problem.sample(count, rng)
        times = rng.uniform(*problem.times, count) if time is None else np.full(count, time)
        yield inputs, times, np.full(count, 1.0 / count)


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


def _weighted(rule, problem, cells, refinement):
    """Weighted sums of the density and of its square about a density of the rule, and that one."""
    inputs, times, weights = rule
    sums, shift = np.zeros((2, cells)), None
    for first in range(0, len(times), CHUNK):
        part = slice(first, first + CHUNK)
        some = {name: values[part] for name, values in inputs.items()}
        values = density(problem, times[part], cells=cells, refinement=refinement, **some)
        shift = values[0] if shift is None else shift
        sums += weights[part] @ (values - shift), weights[part] @ (values - shift) ** 2
    return *sums, shift


def _mean_and_std(first, second, shift):
    return shift + first, np.sqrt(np.maximum(second - first**2, 0.0))


def _pooled(parts, rough, rule):
    """Mean and std over all replicates, and their errors; `rough` is the first, less refined."""
    first, second, shift = (np.stack(rows) for rows in zip(*parts, strict=True))
    means = shift + first
    mean = means.mean(axis=0)
    # E[ρ²] - E[ρ]² about the common mean, in which no large terms cancel.
    variances = np.maximum(second - first**2, 0.0) + (means - mean) ** 2
    std = np.sqrt(variances.mean(axis=0))
    root = np.sqrt(len(parts))
    mean_error = means.std(axis=0, ddof=1) / root
    spread = variances.std(axis=0, ddof=1) / root
    std_error = np.divide(spread, 2.0 * std, out=np.zeros_like(std), where=std > 0)
    represented = _compared(_mean_and_std(*parts[0]), _mean_and_std(*rough), rule)
    return Moments(
        mean, std, np.hypot(mean_error, represented.mean_error),
        np.hypot(std_error, represented.std_error), rule,
    )  # fmt: skip
