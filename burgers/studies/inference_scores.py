"""Learned posterior distributions against the exact ones.

Arrays of scores, Φ⁻¹ of the quantiles of the inputs, are (realisations, inputs).
"""

import os
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from tqdm.auto import tqdm

from burgers import exact, metrics, streams
from burgers.models._bayesflow import diagnostics
from burgers.models.parallel import run_in_parallel
from burgers.problems import CASES, number
from burgers.profiles import Inference
from burgers.studies.inference import (
    METHODS,
    OWN,
    SETTINGS,
    Amortised,
    Setting,
    learn,
    normal_scores,
    settings,
)

LEVELS = np.arange(1, 20) / 20
# Draws per observation for ranks: with 39, the bounds of all levels fall between ranks.
RANKED = 39
# Classes of the 40 ranks in their test.
RANK_CLASSES = 20
# Draws whose time is measured.
TIMED = 1000
# What is tried where not everything is.
FEW_SETTINGS, FEW_METHODS = ("base", "noise 0.1"), (OWN, "BayesFlow: flow matching")
# The goals: of c2st, of the coverage, and of the seconds of both answers.
GOALS = {"c2st": 0.55, "coverage_gap": 0.02, "exact_seconds": 1.0, "answer_seconds": 0.1}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Held:
    """Observations on which nothing was trained.

    Attributes
    ----------
    scores, data : (observations, inputs) true ones, and (observations, sensors) readings.
    exact : (some observations, draws, inputs) exact posterior draws for the first of them.
    control : (some observations,) c2st of other exact draws against these.
    seconds : median time of one exact posterior.
    """

    scores: Floats
    data: Floats
    exact: Floats
    control: Floats
    seconds: float


def held(setting: Setting, sizes: Inference, seed: int) -> Held:
    """New observations of a setting, the first `sizes.observations` with exact posteriors."""
    observation = setting.observation()
    rng = streams.generator(seed, "held observations", number(setting.case))
    inputs = observation.problem.sample(sizes.ranked, rng)
    data = observation.observe(inputs, rng)
    drawn, seconds = [], []
    for row in data[: sizes.observations]:
        began = perf_counter()
        posterior = exact.posterior(observation, row)
        seconds.append(perf_counter() - began)
        given, _ = posterior.sample(2 * sizes.samples, rng)
        drawn.append(normal_scores(observation.problem, given))
    scores = normal_scores(observation.problem, inputs)
    first, second = np.split(np.stack(drawn), 2, axis=1)
    return Held(scores, data, first, accuracies(second, first, seed), float(np.median(seconds)))


def accuracies(drawn: Floats, exact_draws: Floats, seed: int = 0) -> Floats:
    """c2st of draws against exact ones, (observations,).

    Draws are standardised by the exact ones of the observation; the accuracy is that of the better
    of two classifiers, a network and nearest neighbours.

    drawn, exact_draws : (observations, draws, inputs).
    """
    found = []
    for ours, others in zip(drawn, exact_draws, strict=True):
        centre, width = others.mean(axis=0), others.std(axis=0)
        pair = (ours - centre) / width, (others - centre) / width
        found.append(metrics.c2st(*pair, seed=seed))
    return np.array(found)


def ranks(drawn: Floats, true: Floats) -> NDArray[np.int64]:
    """How many draws lie below the true value, (observations, inputs): simulation-based ranks.

        uniform on 0, ..., n if the draws are those of the posterior

    Source: S. Talts, M. Betancourt, D. Simpson, A. Vehtari and A. Gelman, arXiv:1804.06788, 2018.

    drawn : (observations, n, inputs); true : (observations, inputs).
    """
    return (drawn < true[:, None]).sum(axis=1)


def coverage(found: NDArray[np.int64]) -> Floats:
    """Share of true values in the central interval of each of `LEVELS`, (levels, inputs).

    found : ranks (observations, inputs), among 39 draws.
    """
    away = np.abs(found - RANKED / 2)
    return np.stack([(away < level * (RANKED + 1) / 2).mean(axis=0) for level in LEVELS])


def allowed(observations: int, chance: float = 0.99) -> float:
    """The largest gap of coverage that exact draws would show in so many cases, at the worst level.

    Half the width of the interval for the share of a binomial variable of probability 1/2.
    """
    low, high = stats.binomtest(observations // 2, observations).proportion_ci(chance)
    return float(high - low) / 2


def uniform_p(found: NDArray[np.int64]) -> float:
    """The smallest p of a χ² test that ranks are uniform, over inputs, corrected for their number.

    found : ranks (observations, inputs), among 39 draws.
    """
    width = (RANKED + 1) // RANK_CLASSES
    counts = [np.bincount(column // width, minlength=RANK_CLASSES) for column in found.T]
    p = min(stats.chisquare(count).pvalue for count in counts)
    return float(min(1.0, p * len(counts)))


def judged(
    learned: Amortised, by: Held, sizes: Inference, seed: int
) -> tuple[dict[str, Any], Floats]:
    """How near learned draws are to exact ones: the row of a method in a setting, and its coverage.

    Returns
    -------
    The coverage is (levels, inputs). The row is a dict of `c2st` and `worst_c2st`, median and
    largest over observations; `control`, the median of other exact draws; `coverage_gap`,
    the largest distance of the coverage from its level, over levels and inputs, and `allowed`, what
    chance allows; `calibration_error`, the same as BayesFlow measures it, a median over levels;
    `uniform_p`; and the seconds of a training, of an answer of 1,000 draws, and of the exact
    posterior.

    Raises
    ------
    ImportError
        If BayesFlow is not installed.
    """
    rng = streams.generator(seed, "posterior samples", number(learned.setting.case))
    some = by.data[: len(by.exact)]
    accuracy = accuracies(learned.sample(some, sizes.samples, rng), by.exact, seed)
    drawn = learned.sample(by.data, RANKED, rng)
    found = ranks(drawn, by.scores)
    covered = coverage(found)
    errors = diagnostics().calibration_error(drawn, by.scores)["values"]
    learned.sample(some[:1], TIMED, rng)
    began = perf_counter()
    learned.sample(some[:1], TIMED, rng)
    row = {
        "c2st": np.median(accuracy), "worst_c2st": accuracy.max(), "control": np.median(by.control),
        "coverage_gap": np.abs(covered - LEVELS[:, None]).max(), "allowed": allowed(len(by.data)),
        "calibration_error": np.max(errors), "uniform_p": uniform_p(found),
        "training_seconds": learned.seconds, "answer_seconds": perf_counter() - began,
        "exact_seconds": by.seconds,
    }  # fmt: skip
    return row, covered


class Comparison(NamedTuple):
    """Every method in every setting.

    table : a row for each, with columns case, setting, method and those of `judged`.
    coverage : from case and method to coverage in the base setting, (levels, inputs).
    learned : from case, setting and `OWN` to what our own method learned.
    """

    table: pd.DataFrame
    coverage: dict[str, dict[str, Floats]]
    learned: dict[tuple[str, str, str], Amortised]


def compare(sizes: Inference, seed: int, workers: int = 0) -> Comparison:
    """Learn and judge: all methods in the base setting, our own in its variants too.

    workers : number of processes that learn and judge settings at the same time; 0 for this one.
    """
    names = SETTINGS if sizes.all_settings else FEW_SETTINGS
    # The base settings, where most methods are tried, take longest: they begin first.
    tasks = {(case, name): {"case": case, "name": name, "sizes": sizes, "seed": seed}
             for name in names for case in CASES}  # fmt: skip
    made = run_in_parallel([(in_setting, options) for options in tasks.values()], workers)
    by_setting = dict(zip(tasks, made, strict=True))
    found, rows = Comparison(pd.DataFrame(), {}, {}), []
    for case in CASES:
        found.coverage[case] = by_setting[case, "base"].coverage
        for name in names:
            rows += by_setting[case, name].rows
            found.learned[case, name, OWN] = by_setting[case, name].own
    return found._replace(table=pd.DataFrame(rows))


class InSetting(NamedTuple):
    """The methods in one setting: rows of the table, coverage by method, our own posterior."""

    rows: list[dict[str, Any]]
    coverage: dict[str, Floats]
    own: Amortised


def in_setting(case: str, name: str, sizes: Inference, seed: int) -> InSetting:
    """Learn and judge the posterior in one setting by the methods that are tried there."""
    methods = tuple(METHODS) if sizes.all_settings else FEW_METHODS
    setting, rows, covered, learned = settings(case)[name], [], {}, {}
    by = held(setting, sizes, seed)
    tried = methods if name == "base" else (OWN,)
    for method in tqdm(tried, f"{case}, {name}", disable="CI" in os.environ):
        learned[method] = learn(setting, method, sizes, seed)
        row, covered[method] = judged(learned[method], by, sizes, seed)
        rows.append({"case": case, "setting": name, "method": method, **row})
    return InSetting(rows, covered, learned[OWN])


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """The goals, of the base setting: `case`, `goal`, `method`, `measured`, `at_most`, `holds`.

    table : rows of `judged` with the columns case, setting and method. In each case the method is
        taken that reaches most goals, and of several the one with the smallest `c2st`.
    """
    rows, limits = [], pd.Series(GOALS)
    for case, found in table[table.setting == "base"].groupby("case", sort=False):
        reached = (found[limits.index] <= limits).sum(axis=1)
        best = found[reached == reached.max()].sort_values("c2st").iloc[0]
        rows += [(case, goal, best.method, best[goal], most) for goal, most in GOALS.items()]
    columns = ["case", "goal", "method", "measured", "at_most"]
    return pd.DataFrame(rows, columns=columns).assign(holds=lambda row: row.measured <= row.at_most)
