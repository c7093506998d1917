"""Classifier two-sample tests: can a classifier tell generated densities from the reference?

The samples are balanced, a fifth of both is held out, and a classifier learns from the rest. Under
the hypothesis that both samples have one distribution the held-out labels are exchangeable: what
accuracies are then to be expected is found by permuting them.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import sklearn
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from burgers import _checks as checks
from burgers.metrics._pool import Pool, blocks, names_of, paired

LEAST_SPREAD = 1e-3
# Deviations are clipped to this many spreads: larger ones separate trivially and would overflow.
FARTHEST = 1e6
# Trees look at every fourth of 400 cells.
TREE_CELLS = 100
# More realisations of either sample would take long, and find differences that matter to nobody.
LEARNED = 10_000
# Accuracy up to which two samples count as not distinguished, if chance alone reaches no more.
CHANCE, LEVEL, PERMUTATIONS = 0.55, 0.95, 200
# Std of the noise, in units of the mean std, among which the resolution is sought.
NOISE = np.geomspace(1e-4, 10.0, 21)
RESOLVING = ("trees", "linear", "neighbours")


class Task(NamedTuple):
    """Densities to learn from and held-out ones, and which of them are generated."""

    kept: NDArray[np.float32]
    known: NDArray[np.intp]
    held: NDArray[np.float32]
    asked: NDArray[np.intp]


@checks.formerly(magnified="per_cell")
def c2st(
    generated: ArrayLike,
    reference: ArrayLike,
    seed: int = 0,
    per_cell: bool = False,
    classifiers: Sequence[str] = ("network", "neighbours"),
    least_spread: float = 0.0,
) -> float:
    """Classifier two-sample test: accuracy of distinguishing generated from reference.

    The accuracy is measured on held-out realisations: 0.5 means that the samples cannot be
    distinguished. It is that of the best of some classifiers, which are trained on four fifths of
    the two samples; of the larger sample, as many realisations are used as the other has, and of
    both at most 10,000.

    Parameters
    ----------
    generated, reference : (realisations, cells), at least two realisations.
    seed : of the split and of the classifiers, from 0 to 2³² - 1.
    per_cell : whether each cell is scaled by its own spread (at least a thousandth of the largest)
        instead of all cells by the largest. Small errors are then visible to the classifiers where
        the density hardly varies.
    classifiers : of "network" (one hidden layer), "neighbours", "trees" (gradient boosting on
        fewer than 200 cells, invariant to their scales) and "linear" (logistic regression).
    least_spread : the classifiers see the cells whose std is this part of the largest or more, at
        least 0 and below 1. With `per_cell`, 1e-3 leaves out those whose unit is not their own.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.

    Source: D. Lopez-Paz and M. Oquab (2017).
    """
    classifiers = names_of("classifiers", classifiers, CLASSIFIERS)
    least_spread = checks.number("least_spread", checks.non_negative("least_spread", least_spread))
    if least_spread >= 1.0:
        raise ValueError(f"least_spread is {least_spread}; accepted: a number in [0, 1)")
    pool = paired(generated, reference, least=2, seed=_seed(seed))
    task = _task(pool, per_cell, seen=pool.std >= least_spread * pool.std.max())
    return float((_predictions(task, classifiers, pool.seed) == task.asked).mean(axis=1).max())


def c2st_curve(
    generated: ArrayLike, reference: ArrayLike, noise: ArrayLike = NOISE, seed: int = 0
) -> pd.DataFrame:
    """Accuracy of classifiers on densities to which noise is added, over the size of the noise.

        ρ + ε s ξ,   ξ normal in every cell, s the mean over x of the reference's std

    A difference that classifiers find at ε, but no longer at a larger one, is invisible
    to measurements with the larger noise.

    Parameters
    ----------
    generated, reference : (realisations, cells), at least two realisations.
    noise : (sizes,) values of ε, at least 0.
    seed : of noise, split and classifiers, from 0 to 2³² - 1.

    Returns
    -------
    pandas.DataFrame with columns `noise`, `trees`, `linear`, `neighbours` (held-out accuracies) and
    `chance`, what the best of them does not exceed in 95 % of permutations of the labels, at least
    0.55.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.
    """
    pool = paired(generated, reference, least=2, seed=_seed(seed))
    sizes = np.atleast_1d(checks.non_negative("noise", noise))
    if sizes.ndim != 1 or not len(sizes):
        raise ValueError(f"noise has shape {sizes.shape}; accepted: (sizes,), at least one")
    return pd.DataFrame([_at_noise(pool, size) for size in sizes])


def resolution(generated: ArrayLike, reference: ArrayLike, seed: int = 0) -> float:
    """The smallest noise ε at which no classifier tells the samples apart, see `c2st_curve`.

    It is sought by bisection among 0 and 21 sizes from 1e-4 to 10, and inf if it is none of these.
    It is the part of the mean std below which the generated distribution must not be trusted.

    Parameters
    ----------
    generated, reference : (realisations, cells), at least two realisations.
    seed : of noise, split and classifiers, from 0 to 2³² - 1.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.
    """
    return resolved(paired(generated, reference, least=2, seed=_seed(seed)))


def resolved(pool: Pool) -> float:
    """The resolution of the first split of a pool."""
    sizes = [0.0, *NOISE, np.inf]
    low, high = -1, len(sizes) - 1
    while high - low > 1:
        # Most often the answer is either 0 or far from it.
        middle = 0 if low < 0 else (low + high) // 2
        found = _at_noise(pool, sizes[middle])
        pool.tick(0.17)
        if max(found[name] for name in RESOLVING) <= found["chance"]:
            high = middle
        else:
            low = middle
    return float(sizes[high])


def best_accuracy(
    pool: Pool, classifiers: Sequence[str], per_cell: bool = False, permutations: int = PERMUTATIONS
) -> tuple[float, NDArray[np.float64]]:
    """The best accuracy on a pool's first split, and the best ones for permuted labels."""
    task = _task(pool, per_cell)
    right = _predictions(task, classifiers, pool.seed) == task.asked
    pool.tick(1.0)
    return float(right.mean(axis=1).max()), _by_chance(right, task.asked, permutations, pool.seed)


def _at_noise(pool, size):
    """A row of `c2st_curve`."""
    task = _task(pool, noise=size)
    right = _predictions(task, RESOLVING, pool.seed) == task.asked
    chance = np.quantile(_by_chance(right, task.asked, PERMUTATIONS, pool.seed), LEVEL)
    accuracies = dict(zip(RESOLVING, right.mean(axis=1), strict=True))
    return {"noise": size, **accuracies, "chance": max(float(chance), CHANCE)}


def _task(pool, per_cell=False, noise=0.0, seen=slice(None)):
    """What the classifiers learn and are asked: densities centred, scaled and shuffled."""
    spread, rng = pool.std, np.random.default_rng(pool.seed)
    groups = [pool.of_group(0, group) for group in (1, 2)]
    size = min(*map(len, groups), LEARNED)
    order = rng.permutation(2 * size)
    # All realisations of equally many are used in their order.
    groups = [group if len(group) == size else rng.permutation(group)[:size] for group in groups]
    scale = np.maximum(spread, LEAST_SPREAD * spread.max()) if per_cell else spread.max()
    cells, places = np.empty((2 * size, len(spread)), np.float32), np.argsort(order)
    for group, at in zip(groups, np.split(places, 2), strict=True):
        for block in blocks(size, len(spread)):
            rows = pool.rows(group[block])
            if noise:
                rows += noise * spread.mean() * rng.standard_normal(rows.shape, np.float32)
            cells[at[block]] = (rows / scale).clip(-FARTHEST, FARTHEST)
    cells = cells[:, seen]
    labels = np.repeat([1, 0], size)[order]
    first = max(1, 2 * size // 5)
    return Task(cells[first:], labels[first:], cells[:first], labels[:first])


def _predictions(task, classifiers, seed):
    """Which held-out densities each classifier takes for generated, (classifiers, held)."""
    # Memory in MiB for the chunks of scikit-learn. OpenMP threads wait for each other busily, which
    # takes minutes where other processes need the cores, and for ever in a forked process.
    with (
        warnings.catch_warnings(),
        sklearn.config_context(working_memory=64),
        threadpool_limits(1, user_api="openmp"),
    ):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.array([CLASSIFIERS[name](task, seed) for name in classifiers])


def _by_chance(right, asked, permutations, seed):
    """The best accuracies of the same predictions when the held-out labels are permuted."""
    predicted, rng = np.where(right, asked, 1 - asked), np.random.default_rng(seed)
    return np.array(
        [(predicted == rng.permutation(asked)).mean(axis=1).max() for _ in range(permutations)]
    )


def _network(task, seed):
    network = MLPClassifier(
        (64,), batch_size=min(200, len(task.kept)), max_iter=20, tol=0.0, n_iter_no_change=20,
        random_state=seed,
    )  # fmt: skip
    return network.fit(task.kept, task.known).predict(task.held)


def _neighbours(task, seed):
    count = max(1, int(np.sqrt(len(task.kept))))
    neighbours = KNeighborsClassifier(count, algorithm="brute").fit(task.kept, task.known)
    parts = [neighbours.predict(task.held[block]) for block in blocks(len(task.held))]
    return np.concatenate(parts)


def _trees(task, seed):
    every = max(1, task.kept.shape[1] // TREE_CELLS)
    trees = HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
    return trees.fit(task.kept[:, ::every], task.known).predict(task.held[:, ::every])


def _linear(task, seed):
    return LogisticRegression(max_iter=200).fit(task.kept, task.known).predict(task.held)


def _seed(seed):
    return checks.count("seed", seed, least=0, most=2**32 - 1)


CLASSIFIERS: dict[str, Callable[[Task, int], NDArray[np.intp]]] = {
    "network": _network,
    "neighbours": _neighbours,
    "trees": _trees,
    "linear": _linear,
}
