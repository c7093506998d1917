"""The scorecard of a generated sample: every measure beside its scatter between true samples."""

from collections.abc import Callable, Collection
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from burgers import _checks as checks
from burgers.metrics import _splits, classifiers
from burgers.metrics._pool import Pool, checked_densities, names_of, paired, within
from burgers.metrics._progress import Progress

MOST_REPEATS = 1000
# From this number of realisations on, `judge` shows a progress bar.
MANY = 5000
LOW, HIGH = 0.05, 0.95
# What computes each measure for all splits of a pool.
FAMILIES: dict[Callable[[Pool], _splits.Found], tuple[str, ...]] = {
    _splits.moments: ("mean_error", "std_error"),
    _splits.columns: ("wasserstein", "crps", "band_error"),
    _splits.shapes: ("front_position", "front_width", "minimum", "maximum", "mass", "spectrum"),
    _splits.directions: ("sliced",),
    _splits.pairs: ("energy", "energy_score"),
    _splits.novelty: ("nearest_neighbour_ratio",),
}
TESTS = {
    "c2st": partial(classifiers.best_accuracy, classifiers=("network", "neighbours")),
    "c2st_per_cell": partial(
        classifiers.best_accuracy, classifiers=("network", "neighbours"), per_cell=True
    ),
    "c2st_trees": partial(classifiers.best_accuracy, classifiers=("trees",)),
}
RESOLUTION = "resolution"
MEASURES = (*(name for names in FAMILIES.values() for name in names), *TESTS, RESOLUTION)
# Both smaller and larger values than those of Monte Carlo are faults.
TWO_SIDED = ("nearest_neighbour_ratio",)


def scores(
    generated: ArrayLike, reference: ArrayLike, training: ArrayLike | None = None, seed: int = 0
) -> dict[str, float]:
    """All measures of a generated sample against a reference, but for the resolution.

    Parameters
    ----------
    generated, reference : (realisations, cells), at least 2 by 4.
    training : (realisations, cells) that the model was trained on, or None.
    seed : of the random directions and of the classifiers, from 0 to 2³² - 1.

    Returns
    -------
    A dict of the measures of `judge`; `nearest_neighbour_ratio` only where the training sample is
    given.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or the measure that is undefined
        because the reference does not vary or is contained in the training sample.
    """
    seed = checks.count("seed", seed, least=0, most=2**32 - 1)
    pool = paired(generated, reference, least=2, cells=4, seed=seed)
    if training is not None:
        pool.training = checked_densities("training", training, like=pool.samples[0])
    names = [name for name in MEASURES if name != RESOLUTION]
    with _progress([pool], names, True) as progress:
        found = _measured(pool, names, progress) | _tested(pool, names, progress, 0)
    return {name: float(values[0]) for name, values in found.items()}


def judge(
    generated: ArrayLike,
    reference: ArrayLike,
    training: ArrayLike | None = None,
    *,
    repeats: int = 200,
    seed: int | np.random.SeedSequence = 0,
    measures: Collection[str] | None = None,
) -> pd.DataFrame:
    """The scorecard of a generated sample: each measure, and how it scatters for true samples.

    The generated sample is compared with a part of the reference (`value`), and so is each of many
    random parts of the reference with the rest of it, of the same two sizes (`floor`, `low`, `high`
    and `p`). The time grows with the square of the number of realisations up to 25,000, then in
    proportion to it, and the memory in proportion; a progress bar shows the remaining time.

    Parameters
    ----------
    generated : (realisations, cells), at least 2 by 4, of magnitudes up to 1e50.
    reference : (realisations, cells) of the true distribution, at least four realisations. All
        generated realisations are used if the reference has at least twice as many.
    training : (realisations, cells) that the model was trained on, in order to detect memorised
        realisations; or None.
    repeats : number of pairs of true samples, at most 1000.
    seed : of all random choices.
    measures : names of the measures to compute; all if None.

    Returns
    -------
    pandas.DataFrame indexed by measure, with columns `value`, of the generated sample; `floor`, the
    median for true samples; `ratio`, the value in units of it, NaN where it is zero; `low` and
    `high`, the 5 % and 95 % quantiles for true samples; and `p`, the probability of a value at
    least as large, if the generated sample were a true one. For `nearest_neighbour_ratio` p is that
    of a value at least as far from the median; for the classifiers it is found by permuting
    the held-out labels; `resolution` has none. Ties are broken at random, and p is 1 where all
    values are equal.

    Raises
    ------
    ValueError
        As in `scores`.
    """
    ours = checked_densities("generated", generated, least=2, cells=4)
    theirs = checked_densities("reference", reference, least=4, cells=4, like=ours)
    known = (
        None if training is None else checked_densities("training", training, cells=4, like=ours)
    )
    size = min(len(ours), len(theirs) // 2)
    scatter = Scatter(theirs, size, known, repeats=repeats, seed=seed, measures=measures)
    return scatter.judge(ours)


class Scatter:
    """How the measures scatter between true samples; judges any number of generated ones by it.

    Computing this takes most of the time of `judge`, and is done once, when it is first needed.

    Parameters
    ----------
    reference : (realisations, cells) of the true distribution, at least twice `size`.
    size : of the generated samples.
    training, repeats, seed, measures : as in `judge`.
    progress : whether long work shows a progress bar.

    Raises
    ------
    ValueError
        As in `judge`.
    """

    def __init__(
        self,
        reference: ArrayLike,
        size: int,
        training: ArrayLike | None = None,
        *,
        repeats: int = 200,
        seed: int | np.random.SeedSequence = 0,
        measures: Collection[str] | None = None,
        progress: bool = True,
    ) -> None:
        self.reference = checked_densities("reference", reference, least=4, cells=4)
        self.size = checks.count("size", size, most=len(self.reference) // 2)
        self.training = (
            None if training is None else checked_densities("training", training, cells=4)
        )
        self.names, self.repeats = asked(measures, repeats)
        self.progress = progress
        rng = np.random.default_rng(checks.seed("seed", seed))
        self.groups = within(self.size, len(self.reference), self.repeats, rng)
        self.seed = int(rng.integers(2**31))
        self.found: _splits.Found | None = None

    def judge(self, generated: ArrayLike) -> pd.DataFrame:
        """The scorecard of a generated sample of at least `size` realisations, see `judge`."""
        ours = checked_densities("generated", generated, least=max(2, self.size), cells=4)
        checked_densities("reference", self.reference, like=ours)
        pools = [self._pool(ours)]
        if self.found is None:
            pools.append(self._pool(ours[:0]))
        with _progress(pools, self.names, self.progress) as progress:
            values = _measured(pools[0], self.names, progress) | _tested(
                pools[0], self.names, progress, self.repeats
            )
            if self.found is None:
                self.found = _measured(pools[1], self.names, progress)
        rows = {
            name: _row(name, found, self.found.get(name), pools[0])
            for name in self.names if (found := values.get(name)) is not None
        }  # fmt: skip
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")

    def _pool(self, ours):
        """A pool of generated densities and as much of the reference as in the splits of it."""
        groups = self.groups
        if len(ours):
            picked = np.zeros((1, len(ours)), np.int8)
            rng = np.random.default_rng(self.seed)
            picked[0, rng.permutation(len(ours))[: self.size]] = 1
            # Of the first split the second group alone.
            groups = np.concatenate([picked, groups[:1] & 2], axis=1)
        count = len(self.reference) - self.size
        name = f"reference ({count} of its {len(self.reference)} realisations)"
        return Pool(ours, self.reference, groups, name, self.seed, self.training)


def asked(measures: Collection[str] | None, repeats: int) -> tuple[list[str], int]:
    """The names of the measures in their order, and the number of pairs; or ValueError."""
    repeats = checks.count("repeats", repeats, most=MOST_REPEATS)
    names = MEASURES if measures is None else names_of("measures", measures, MEASURES)
    return [name for name in MEASURES if name in names], repeats


def _progress(pools, names, shown):
    parts = [(pool, family) for pool in pools for family in _families(pool, names)]
    parts += [(pools[0], name) for name in _tests(names)]
    return Progress("judge", parts, shown=shown and pools[0].sizes.max() >= MANY)


def _measured(pool, names, progress):
    """From each measure but the classifiers to its values, (splits,)."""
    found: _splits.Found = {}
    # Measures that may be undefined come before those that take long.
    for family in _families(pool, names):
        progress.begin(pool, family)
        values = family(pool)
        found |= {name: values[name] for name in FAMILIES[family] if name in names}
    return found


def _tested(pool, names, progress, permutations):
    """From each classifier to its accuracy and those by chance; the resolution alone."""
    found: _splits.Found = {}
    for name in _tests(names):
        progress.begin(pool, name)
        if name == RESOLUTION:
            found[name] = np.array([classifiers.resolved(pool)])
        else:
            value, by_chance = TESTS[name](pool, permutations=permutations)
            found[name] = np.array([value, *by_chance])
    return found


def _families(pool, names):
    return [
        family for family, measures in FAMILIES.items()
        if set(measures) & set(names) and (family is not _splits.novelty or
                                           pool.training is not None)
    ]  # fmt: skip


def _tests(names):
    return [name for name in (*TESTS, RESOLUTION) if name in names]


def _row(name, values, true, pool):
    """A row of the scorecard from the value and those of true samples."""
    if name == RESOLUTION:
        # No noise need be added for true samples to look alike.
        true = np.zeros(1)
    value, true = values[0], values[1:] if true is None else true
    if not np.isfinite(true).all():
        bad = int((~np.isfinite(true)).sum())
        raise pool.undefined(
            name, f"what it is divided by is zero in {bad} of {len(true)} random parts of it",
            "one in whose parts it is not"
        )  # fmt: skip
    floor, low, high = np.quantile(true, (0.5, LOW, HIGH))
    off = np.array([value, *true])
    if name in TWO_SIDED:
        off = np.abs(off - floor)
    p = np.nan if name == RESOLUTION else _probability(off[0], off[1:], pool.seed)
    return {
        "value": value, "floor": floor, "ratio": value / floor if floor > 0 else np.nan,
        "low": low, "high": high, "p": p,
    }  # fmt: skip


def _probability(value, true, seed):
    """That a true value, or this one, is as large as this one; ties are broken at random."""
    extreme, ties = int((true >= value).sum()), int((true == value).sum())
    # Accuracies, and widths in cells, are few numbers. If all equal ones counted as larger, the
    # test would reject less often than it says. Where nothing varies there is nothing to reject.
    if ties < len(true):
        extreme -= np.random.default_rng(seed).integers(ties + 1)
    return (1 + extreme) / (1 + len(true))
