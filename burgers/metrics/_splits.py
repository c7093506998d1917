"""The measures between two groups of realisations, for every split of a pool at once.

Each function takes a `Pool` and returns a dict from the name of a measure to (splits,) values; what
the measures are is said where they are public.
"""

import numpy as np

from burgers._compiled import in_shares
from burgers.metrics import _kernels, features
from burgers.metrics._pool import (
    BLOCK,
    LEAST,
    ROWS,
    Floats,
    Pool,
    blocks,
    nearest,
    squares,
    within,
)

# A mean smaller than this fraction of the spread consists of rounding errors.
ROUNDING = 1e-12
DIRECTIONS = 200
BAND = (0.05, 0.95)
# All pairs of at most so many realisations are compared.
PAIRED = 25_000
Found = dict[str, Floats]


def moments(pool: Pool) -> Found:
    """Errors of mean and standard deviation."""
    mean, std = pool.moments
    size = np.linalg.norm(pool.centre + mean[:, 1], axis=1)
    spread = np.linalg.norm(std[:, 1], axis=1)
    size[size <= np.maximum(ROUNDING * spread, LEAST)] = 0.0
    if size[0] == 0:
        why = "its mean is zero in every cell, up to rounding"
        raise pool.undefined("mean_error", why, "one whose mean is not")
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "mean_error": np.linalg.norm(mean[:, 0] - mean[:, 1], axis=1) / size,
            "std_error": np.linalg.norm(std[:, 0] - std[:, 1], axis=1) / spread,
        }


def columns(pool: Pool) -> Found:
    """Distances in each cell: Wasserstein, CRPS, and the error of the band."""
    distance, score = np.zeros((2, len(pool.groups)))
    band = np.empty((len(pool.groups), 2, 2, pool.shape[1]))
    for block, values in pool.columns():
        found, quantiles = _of_columns(pool, values, BAND)
        distance += found[:, :, 0].sum(axis=1)
        score += found[:, :, 1].sum(axis=1)
        band[..., block] = np.moveaxis(quantiles, 1, 3) + pool.centre[block]
    size = np.linalg.norm(band[:, 1], axis=(1, 2))
    if size[0] <= LEAST:
        raise pool.undefined("band_error", "its band is zero in every cell", "one that is not")
    spread = pool.moments[1][:, 1].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "wasserstein": distance / spread,
            "crps": score / spread,
            "band_error": np.linalg.norm(band[:, 0] - band[:, 1], axis=(1, 2)) / size,
        }


def directions(pool: Pool) -> Found:
    """Wasserstein distances along random directions."""
    drawn = np.random.default_rng(pool.seed).standard_normal((pool.shape[1], DIRECTIONS))
    distance, spread = np.zeros((2, len(pool.groups)))
    for some in blocks(DIRECTIONS, pool.shape[0]):
        along = np.empty((some.stop - some.start, pool.shape[0]))
        for where, rows in pool.blocks((some.stop - some.start) / DIRECTIONS):
            along[:, where] = drawn[:, some].T @ rows.T
        distance += _of_columns(pool, along)[0][:, :, 0].sum(axis=1)
        _, std = _column_moments(pool, along)
        spread += std[:, 1].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"sliced": distance / spread}


def shapes(pool: Pool) -> Found:
    """Distances between the distributions of front, extremes and mass, and of mean roughness."""
    numbers, rough = [], []
    for _, rows in pool.blocks():
        density = rows + pool.centre
        numbers.append([*features.front_of(density), density.min(axis=1), density.max(axis=1),
                        density.mean(axis=1)])  # fmt: skip
        rough.append(features.structure_of(density))
    distance = _of_columns(pool, np.concatenate(numbers, axis=1))[0][:, :, 0]
    mean, _ = _column_moments(pool, np.concatenate(rough).T)
    names = ("front_position", "front_width", "minimum", "maximum", "mass")
    scale = pool.moments[1][:, 1].mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            name: distance[:, k] / (1.0 if name.startswith("front") else scale)
            for k, name in enumerate(names)
        }
    return found | {"spectrum": _relative_difference(*np.moveaxis(mean, 1, 0))}


def pairs(pool: Pool) -> Found:
    """Distances by way of those between all pairs of realisations: energy distance and score."""
    pool, tick = _fewer(pool), pool.tick
    rows, groups = pool.rows(np.arange(pool.shape[0])), pool.members()
    sums = np.zeros((3, len(pool.groups)))
    for mine in blocks(len(rows)):
        for others in blocks(len(rows), BLOCK // (2 * ROWS)):
            if others.stop > mine.start:
                sums += _pair_sums(rows, groups, mine, others)
        tick((len(rows) - (mine.start + mine.stop) / 2) * (mine.stop - mine.start)
             * 2 / len(rows) ** 2)  # fmt: skip
    first, second = pool.sizes.T
    ours, across = sums[0] / first**2, sums[1] / (first * second)
    theirs = sums[2] / second**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "energy": np.sqrt(np.maximum(1.0 - (ours + theirs) / (2.0 * across), 0.0)),
            "energy_score": (across - 0.5 * ours) / np.linalg.norm(pool.moments[1][:, 1], axis=1),
        }


def novelty(pool: Pool) -> Found:
    """The median distance to the training sample over that of the reference."""
    assert pool.training is not None
    distance = np.concatenate(
        [nearest(sample, pool.training, lambda share: pool.tick(share / 2))
         for sample in pool.samples]
    )  # fmt: skip
    medians = np.array(
        [[np.median(distance[split == group]) for group in (1, 2)] for split in pool.groups]
    )
    if medians[0, 1] <= LEAST:
        raise pool.undefined(
            "nearest_neighbour_ratio",
            "training contains half of it",
            "one that it does not contain",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"nearest_neighbour_ratio": medians[:, 0] / medians[:, 1]}


def _of_columns(pool, values, levels=()):
    """W₁ and CRPS in each row of values (columns, realisations), and quantiles at the levels.

    The results are (splits, columns, 2) and (splits, columns, 2, levels).
    """
    order = np.argsort(values, axis=1).astype(np.int32)
    ordered = np.take_along_axis(values, order, axis=1)
    place = np.asarray(levels) * (pool.sizes[:, :, None] - 1)
    low = place.astype(np.intp)
    ranks = np.concatenate([low, np.minimum(low + 1, pool.sizes[:, :, None] - 1)], axis=2)
    by_rank = np.argsort(ranks, axis=2)
    found = np.empty((len(pool.groups), len(values), 2))
    quantiles = np.empty((*found.shape, ranks.shape[2]))
    in_shares(
        _kernels.column_distances, len(values), ordered, order, pool.groups, pool.sizes,
        np.take_along_axis(ranks, by_rank, axis=2), found, quantiles,
    )  # fmt: skip
    back = np.argsort(by_rank, axis=2)[:, None]
    below, above = np.split(np.take_along_axis(quantiles, back, axis=3), 2, axis=3)
    return found, below + (above - below) * (place - low)[:, None]


def _column_moments(pool, values):
    """Mean and std of the groups in each row of values, two (splits, 2, columns)."""
    centre = values.mean(axis=1)
    off = values.T - centre
    mean, square = (
        np.stack([members @ part for members in pool.members()], axis=1) / pool.sizes[:, :, None]
        for part in (off, np.square(off))
    )
    return mean + centre, np.sqrt(np.maximum(square - np.square(mean), 0.0))


def _relative_difference(first, second):
    """Root mean square over columns of the difference of positive numbers over their mean."""
    total = np.abs(first) + np.abs(second)
    apart = np.divide(2.0 * (first - second), total, out=np.zeros_like(total), where=total > 0)
    return np.sqrt(np.square(apart).mean(axis=-1))


def _fewer(pool):
    """The pool itself, or one of `PAIRED` random realisations of it, split in like proportions."""
    if pool.shape[0] <= PAIRED:
        return pool
    rng, (ours, theirs) = np.random.default_rng(pool.seed), pool.samples
    first, second = (PAIRED * size // pool.sizes[0].sum() for size in pool.sizes[0])
    if len(ours):
        mine, true = np.split(pool.groups[0], [len(ours)])
        ours = ours[_some(rng, mine == 1, first)]
        theirs = theirs[_some(rng, true == 2, second)]
        groups = np.repeat([[1, 2]], (len(ours), len(theirs)), axis=1)
    else:
        theirs = theirs[_some(rng, np.ones(len(theirs)), first + second)]
        groups = within(first, len(theirs), len(pool.groups), rng)
    return Pool(ours, theirs, groups.astype(np.int8), pool.name, pool.seed)


def _some(rng, among, count):
    return np.sort(rng.permutation(np.flatnonzero(among))[:count])


def _pair_sums(rows, groups, mine, others):
    """Sums of distances within the first group, across, and within the second, (3, splits).

    Of rows `mine` and those of `others` that do not come before them; each pair counts twice.
    """
    others = slice(max(others.start, mine.start), others.stop)
    distance = squares(rows[mine], rows[others])
    np.maximum(distance, 0.0, out=distance)
    np.sqrt(distance, out=distance)
    # The lower triangle was met already; a realisation is at distance zero from itself.
    inside = np.arange(mine.start, mine.stop)[:, None] < np.arange(others.start, others.stop)
    if others.start < mine.stop:
        distance *= inside
    (first, second), found = groups, np.empty((3, len(groups[0])))
    to_first, to_second = (distance @ members[:, others].T for members in groups)
    found[0] = 2.0 * np.einsum("ki,ik->k", first[:, mine], to_first)
    found[1] = np.einsum("ki,ik->k", first[:, mine], to_second)
    found[1] += np.einsum("ki,ik->k", second[:, mine], to_first)
    found[2] = 2.0 * np.einsum("ki,ik->k", second[:, mine], to_second)
    return found
