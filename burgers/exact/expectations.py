"""Exact mean and standard deviation of a random density, with estimates of their errors.

The density is exact for given inputs; expectations over the inputs are weighted sums. Without a
closed form the rule is

- Gauss-Legendre, composite, over the quantiles of at most two random numbers with `ppf`;
- Sobol points, scrambled independently, where all inputs have `ppf`;
- independent draws otherwise.
"""

import math
import os
import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from burgers import _checks as checks
from burgers import problems
from burgers.exact import law
from burgers.exact.of_problem import density, refined
from burgers.exact.points import (
    NODES,
    Rule,
    drawn_replicates,
    gauss,
    random_numbers,
    sobol_replicates,
    time_asked,
)
from burgers.problems import CASES, CELLS, Problem

POINTS = 4096
# Random numbers that a Gauss rule takes.
FEW = 2
# Densities held at once.
CHUNK = 1024
# Seconds after which the progress is shown.
LONG = 2.0

Floats = NDArray[np.float64]


class Moments(NamedTuple):
    """Mean and standard deviation of cell averages, and estimates of their errors.

    Attributes
    ----------
    mean, std : (cells,) float64.
    mean_error, std_error : (cells,) float64; in closed form the distance from a rule of fewer
        nodes; of a Gauss rule that from half the panels and half the refinement; of the other two
        the standard error over replicates, and the distance from half the refinement of one of
        them, as the root of the sum of squares.
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
    points : approximate number of densities evaluated, at least 64.
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
        rules = [gauss(problem, time, numbers, count) for count in (panels, panels // 2)]
        sums = _weighted_sums(problem, cells, rules, [finer, coarser])
        fine, coarse = (_mean_and_std(*each) for each in sums)
        return _compared(fine, coarse, "Gauss")
    if inverted:
        rules = [*sobol_replicates(problem, time, numbers, points, rng)]
    else:
        rules = [*drawn_replicates(problem, time, points, rng)]
    # The first once more, less refined.
    levels = [finer] * len(rules) + [coarser]
    *parts, rough = _weighted_sums(problem, cells, [*rules, rules[0]], levels)
    return _pooled(parts, rough, "Sobol" if inverted else "Monte Carlo")


def _is_of_report(problem):
    known = CASES.get(problem.name)
    return known is not None and problem == known


def _asked(problem, cells, time):
    problems.checked(problem)
    return checks.count("cells", cells, least=2), time_asked(time)


def _compared(fine, coarse, rule):
    """The moments of one rule, with their distances from those of a coarser one as errors."""
    mean_error, std_error = (np.abs(a - b) for a, b in zip(fine, coarse, strict=True))
    return Moments(*fine, mean_error, std_error, rule)


def _weighted_sums(problem: Problem, cells: int, rules: list[Rule], levels: list[int]) -> list:
    """`_weighted` of each rule at its refinement, with a progress bar where it takes long."""
    count = sum(len(weights) for *_, weights in rules)
    with tqdm(
        total=count, desc="moments", unit=" densities", delay=LONG, leave=False, file=sys.stderr,
        disable="CI" in os.environ,
    ) as bar:  # fmt: skip
        return [
            _weighted(rule, problem, cells, level, bar.update)
            for rule, level in zip(rules, levels, strict=True)
        ]


def _weighted(rule, problem, cells, refinement, done):
    """Weighted sums of the density and of its square about a density of the rule, and that one."""
    inputs, times, weights = rule
    sums, shift = np.zeros((2, cells)), None
    for first in range(0, len(times), CHUNK):
        part = slice(first, first + CHUNK)
        some = {name: values[part] for name, values in inputs.items()}
        values = density(problem, times[part], cells=cells, refinement=refinement, **some)
        shift = values[0] if shift is None else shift
        sums += weights[part] @ (values - shift), weights[part] @ (values - shift) ** 2
        done(len(values))
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
