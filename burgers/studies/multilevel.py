"""Multilevel Monte Carlo: as many samples on each level as an accuracy takes at the least cost.

    E[P_L] = E[P₀] + Σ E[P_l - P_{l-1}],   l = 1 ... L

P_l is the quantity on level l. Its bias falls like 2^(-α l), the variance of the differences like
2^(-β l), and the cost of one of them grows like 2^(γ l).

Source: M. B. Giles (2008), Operations Research 56; (2015), Acta Numerica 24.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.studies.levels import Level, energy, level, mean_and_std, moments

__all__ = ["Estimate", "Level", "Rates", "energy", "estimate", "level", "mean_and_std", "moments",
           "samples"]  # fmt: skip

# The share of the squared error that is left to the bias.
BIAS = 0.25
# Fewer samples of a level say nothing of its variance.
LEAST = 32
# Rates below this are taken for noise.
SLOWEST = 0.5
# Beyond it a variance is dominated by a few samples.
MOST_KURTOSIS = 100.0

Floats = NDArray[np.float64]


class Rates(NamedTuple):
    """Exponents of bias, variance and cost, from regressions over the levels after the first.

    Attributes
    ----------
    alpha, beta, gamma : of 2^(-α l), 2^(-β l) and 2^(γ l); NaN where fewer than two levels differ
        from zero.
    """

    alpha: float
    beta: float
    gamma: float


class Estimate(NamedTuple):
    """An expectation estimated by multilevel Monte Carlo.

        consistency = ‖E[P_{l-1}] - E[P_l] + E[Y]‖ / (3 (√V[P_{l-1}] + √V[P_l] + √V[Y]))

    with the variances V of the means. Of a quantity with several outputs the errors and `levels`
    have root mean squares and mean variances over the outputs.

    Attributes
    ----------
    value : of E[P_L], a float or an array of the outputs.
    sampling_error : the standard error of `value`.
    bias : E[P] - E[P_L], by Richardson extrapolation: E[Y_L] / (2^α - 1), as `value`.
    levels : a row for each level: `samples`; `cost` of one; `mean`, ‖E[Y]‖; `variance` and
        `kurtosis` of Y; `fine_variance`, of P_l; `consistency`, as above.
    rates : α, β and γ.
    checks : whether the differences are consistent, `consistency` <= 1; whether their `kurtosis`
        is below 100 on the finest level; and whether the `bias` is as small as was asked.
    cost : of all samples.
    plain_cost : of Monte Carlo on the finest level alone with the same sampling error.
    """

    value: Any
    sampling_error: float
    bias: Any
    levels: pd.DataFrame
    rates: Rates
    checks: dict[str, bool]
    cost: float
    plain_cost: float


def estimate(
    level: Callable[[int, int], tuple[ArrayLike, float]],
    tolerance: float,
    *,
    pilot: int = 200,
    fewest: int = 3,
    most: int = 7,
    order: float | None = None,
) -> Estimate:
    """Estimate an expectation with as many levels and samples as a tolerance takes.

        bias² + sampling error² <= tolerance²,   bias² <= tolerance² / 4

    The samples are allocated by `samples`. A level is added while the bias, extrapolated from the
    last three levels, is larger than half the tolerance.

    Parameters
    ----------
    level : of `burgers.studies.levels.level`, or any function from l and n to (sums, cost) of n
        samples of level l, as the drivers of Giles take it; sums (6,) or (6, ...), of Y, Y², Y³,
        Y⁴, P and P². Their last axis may grow from level to level by whole factors: coarser means
        are then continued as constant on finer cells.
    tolerance : root mean square error, > 0; of several outputs, the root of the mean over them.
    pilot : samples drawn on each of the first levels, at least 32; good values are 100 to 1000.
    fewest, most : number of levels to begin with and at most, 2 <= fewest <= most. With `most`
        levels the bias may remain larger than asked: see `checks` of the result.
    order : the largest α by which the bias is extrapolated, > 0: a fit to few coarse levels may
        exceed the order of the scheme, and then promises too much. None for the attribute `order`
        of the level function, or for no limit where it has none.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: M. B. Giles (2015), section 3.
    """
    tolerance = float(checks.positive("tolerance", checks.number("tolerance", tolerance)))
    pilot = checks.count("pilot", pilot, least=LEAST)
    fewest = checks.count("fewest", fewest, least=2)
    most = checks.count("most", most, least=fewest)
    order = getattr(level, "order", np.inf) if order is None else order
    drawn = _Drawn(level, float(checks.positive("order", order, finite=False)))
    for number in range(fewest):
        drawn.add(number, pilot)
    sampling = (1.0 - BIAS) * tolerance**2
    while True:
        _fill(drawn, sampling)
        found = drawn.rates()
        alpha = min(_or_slowest(found.alpha), drawn.order)
        small = _remaining(drawn.means(), alpha) <= np.sqrt(BIAS) * tolerance
        if small or len(drawn.counts) == most:
            return _result(drawn, found, alpha, bool(small))
        variances, costs = drawn.variances(), drawn.costs()
        variances = np.append(variances, variances[-1] / 2.0 ** _or_slowest(found.beta))
        costs = np.append(costs, costs[-1] * 2.0 ** _or_slowest(found.gamma))
        drawn.add(len(costs) - 1, max(LEAST, int(samples(variances, costs, sampling)[-1])))


def samples(variances: ArrayLike, costs: ArrayLike, variance: float) -> NDArray[np.int64]:
    """The numbers of samples, (levels,), that attain a variance of the estimate at the least cost.

        n_l = ⌈√(V_l / C_l) Σ √(V_k C_k) / variance⌉,   at least 1

    Parameters
    ----------
    variances, costs : (levels,) V_l of a difference and C_l > 0 of one sample.
    variance : of the estimate, > 0.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: M. B. Giles (2008), equation 12.
    """
    each = checks.non_negative("variances", variances)
    costs = checks.positive("costs", costs)
    variance = float(checks.positive("variance", checks.number("variance", variance)))
    if each.ndim != 1 or each.shape != costs.shape:
        raise ValueError(f"costs has shape {costs.shape}; accepted: (levels,), as of variances")
    wanted = np.sqrt(each / costs) * np.sqrt(each * costs).sum() / variance
    return np.maximum(np.ceil(wanted), 1.0).astype(np.int64)


class _Drawn:
    """Sums over the samples drawn so far on each level."""

    def __init__(self, level, order):
        self.level, self.order = level, order
        self.sums, self.counts, self.spent = [], [], []

    def add(self, number, n):
        """Draw n more samples of a level, which may be a new one."""
        sums, cost = self.level(number, n)
        sums = checks.finite(f"sums of level({number}, {n})", sums)
        if sums.ndim == 0 or len(sums) != 6:
            raise ValueError(
                f"sums of level({number}, {n}) has shape {sums.shape}; accepted: (6,) or (6, ...)"
            )
        cost = checks.positive(f"cost of level({number}, {n})", cost)
        if number == len(self.counts):
            for each in (self.sums, self.counts, self.spent):
                each.append(0)
        self.sums[number] = self.sums[number] + sums
        self.counts[number] += n
        self.spent[number] += float(cost)

    def powers(self, number):
        """Means (6, ...) of Y, Y², Y³, Y⁴, P and P²."""
        return self.sums[number] / self.counts[number]

    def means(self):
        return np.array([_size(self.powers(k)[0]) for k in range(len(self.counts))])

    def variances(self):
        return np.array([_spread(*self.powers(k)[:2]).mean() for k in range(len(self.counts))])

    def costs(self):
        return np.array(self.spent) / self.counts

    def rates(self):
        return Rates(-_slope(self.means()), -_slope(self.variances()), _slope(self.costs()))


def _fill(drawn, sampling):
    """Draw what the allocation asks for, until it asks for hardly more than there is."""
    while True:
        variances, counts = drawn.variances(), np.array(drawn.counts)
        # A few samples may all lie where the difference is small.
        beta = _or_slowest(drawn.rates().beta)
        for number in range(2, len(counts)):
            least = 0.5 * variances[number - 1] / 2.0**beta
            variances[number] = max(variances[number], least)
        missing = np.maximum(samples(variances, drawn.costs(), sampling) - counts, 0)
        if np.all(missing <= 0.01 * counts):
            return
        for number in np.flatnonzero(missing):
            drawn.add(int(number), int(missing[number]))


def _result(drawn, found, alpha, small):
    powers = [drawn.powers(k) for k in range(len(drawn.counts))]
    counts = np.array(drawn.counts)
    value = powers[0][0]
    for later in powers[1:]:
        value = _continued(value, later[0]) + later[0]
    fine = np.array([_spread(each[4], each[5]).mean() for each in powers])
    table = pd.DataFrame({
        "samples": counts, "cost": drawn.costs(), "mean": drawn.means(),
        "variance": drawn.variances(), "kurtosis": [_kurtosis(*each[:4]) for each in powers],
        "fine_variance": fine,
        "consistency": [0.0, *(_consistency(*powers[k - 1 : k + 1], *counts[k - 1 : k + 1])
                               for k in range(1, len(counts)))],
    })  # fmt: skip
    variance = (table.variance / counts).sum()
    # One of the two solutions of a difference is not needed on the finest level alone. The variance
    # of P hardly depends on the level: it is known best where there are many samples.
    single = drawn.costs()[-1] / (1.0 + 2.0 ** -_or_slowest(found.gamma))
    spread = np.average(fine[1:], weights=counts[1:])
    bias = powers[-1][0] / (2.0**alpha - 1.0)
    kurtosis = bool(table["kurtosis"].iloc[-1] < MOST_KURTOSIS)
    passed = {"consistency": bool(table.consistency.max() <= 1.0), "kurtosis": kurtosis,
              "bias": small}  # fmt: skip
    return Estimate(
        _plain(value), float(np.sqrt(variance)), _plain(bias), table, found, passed,
        float(sum(drawn.spent)), float(spread / variance * single) if variance else 0.0,
    )  # fmt: skip


def _remaining(means, alpha):
    """The size of the bias, extrapolated from the last three differences, the largest of each."""
    last = means[1:][::-1][:3]
    return (last / 2.0 ** (alpha * np.arange(len(last)))).max() / (2.0**alpha - 1.0)


def _slope(values):
    """The slope of log₂ over the levels after the first; NaN of fewer than two that are not 0."""
    known = np.flatnonzero(values[1:] > 0) + 1
    return float(np.polyfit(known, np.log2(values[known]), 1)[0]) if len(known) > 1 else np.nan


def _or_slowest(rate):
    return SLOWEST if np.isnan(rate) else max(SLOWEST, rate)


def _size(values):
    return np.sqrt(np.square(values).mean())


def _spread(first, second):
    return np.maximum(second - first**2, 0.0)


def _kurtosis(first, second, third, fourth):
    """The kurtosis; of several outputs the mean weighted by their variances."""
    variance = _spread(first, second)
    centred = fourth - 4.0 * third * first + 6.0 * second * first**2 - 3.0 * first**4
    parts = np.divide(centred, variance, out=np.zeros_like(variance), where=variance > 0)
    return float(parts.sum() / variance.sum()) if variance.any() else 0.0


def _consistency(coarser, finer, *counts):
    """How far the means of two levels miss their difference, in units of what chance explains."""
    before, after = _continued(coarser[4], finer[4]), finer[4]
    known = (coarser[4:], counts[0]), (finer[4:], counts[1]), (finer[:2], counts[1])
    chance = sum(np.sqrt(_spread(*part).mean() / count) for part, count in known)
    return float(_size(before - after + finer[0]) / (3.0 * chance)) if chance else 0.0


def _continued(values, finer):
    """Values on coarse cells as constants on the cells of `finer`, the last axis of both."""
    if values.shape == finer.shape:
        return values
    return np.repeat(values, finer.shape[-1] // values.shape[-1], axis=-1)


def _plain(value):
    return float(value) if np.ndim(value) == 0 else value
