"""Judges of a generated law beyond its moments: what can still tell it from Monte Carlo.

A sample is an array (realisations, cells); two samples that are compared have the same shape.
Only deviations from a common density are squared, as squares of large numbers drown differences.
All work is on blocks, so that nothing grows like the square of a number of realisations.
"""

import warnings

import numpy as np
import sklearn
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from burgers import _checks as checks
from burgers._compiled import forkable
from burgers.metrics._samples import (
    LEAST,
    Part,
    blocks,
    checked,
    column_moments,
    mean_distance,
    parts,
    squares,
)

DIRECTIONS, LEAST_SPREAD = 200, 1e-3
# In spreads: what is farther off is told apart by anything, and would overflow.
FARTHEST = 1e6
# As many distances take as long as the network takes to learn from one realisation.
NETWORK = 5000


def scores(generated, reference, seed=0):
    """Every judge of this module that needs no training sample: a dict of floats."""
    a, b = parts(generated, reference, least=2, cells=4)
    places, widths = zip(*(front(part.sample[part.rows]) for part in (a, b)), strict=True)
    return {
        "band_error": band_error(a, b),
        "sliced": sliced_wasserstein(a, b, seed),
        "energy": energy_distance(a, b),
        "front_position": float(stats.wasserstein_distance(*places)),
        "front_width": float(stats.wasserstein_distance(*widths)),
        "c2st": c2st(a, b, seed),
        "c2st_per_cell": c2st(a, b, seed, per_cell=True),
    }


def band_error(generated, reference):
    """Relative L2 distance over x between the bands of 5 % to 95 % of two samples."""
    a, b = parts(generated, reference)
    columns = blocks(*b.cells.T.shape)
    found, band = (
        np.hstack([np.quantile(part.cells[:, k], (0.05, 0.95), axis=0) for k in columns])
        for part in (a, b)
    )
    size = np.linalg.norm(b.centre + band)
    if size <= LEAST:
        raise b.undefined("band_error", "its band is zero in every cell", "one that is not")
    return float(np.linalg.norm(found - band) / size)


def sliced_wasserstein(generated, reference, seed=0):
    """Mean 1-D Wasserstein distance over random directions, over the mean std along them.

    Bonneel, Rabin, Peyré and Pfister (2015), with 200 directions.
    """
    a, b = parts(generated, reference)
    rng, distance, spread = np.random.default_rng(checks.seed("seed", seed)), 0.0, 0.0
    directions = rng.standard_normal((len(b.spread()), DIRECTIONS))
    for block in blocks(DIRECTIONS, len(b.cells)):
        along = [directions[:, block].T @ part.cells.T for part in (a, b)]
        spread += along[1].std(axis=1).sum()
        distance += np.abs(np.subtract(*map(np.sort, along))).mean(axis=1).sum()
    return float(distance / spread)


def energy_distance(generated, reference):
    """Energy distance of two samples, as a share of the most it could be, in [0, 1].

    (1 - (E‖X - X'‖ + E‖Y - Y'‖) / 2E‖X - Y‖)^½       Székely and Rizzo (2013)
    """
    a, b = parts(generated, reference)
    across = mean_distance(a.cells, b.cells, b.tick)
    if across <= LEAST:
        raise b.undefined("energy", "it and generated are one density", "one that varies")
    return float(np.sqrt(max(1.0 - (a.within + b.within) / (2.0 * across), 0.0)))


def front(sample):
    """Where the density falls most steeply, and how wide its fall is, both in cells.

    The width is the range of the density over its steepest slope, at most the number of cells.
    Two (realisations,) arrays.
    """
    sample = checked("sample", sample, cells=4)
    found = [_front(sample[block].astype(np.float64)) for block in blocks(*sample.shape)]
    return tuple(np.concatenate(found, axis=1))


def _front(sample):
    slope, height = -np.diff(sample, axis=1), np.ptp(sample, axis=1)
    rows, steepest = np.arange(len(sample)), slope.argmax(axis=1)
    inside = steepest.clip(1, slope.shape[1] - 2)
    before, here, after = (slope[rows, inside + k] for k in (-1, 0, 1))
    bend = before - 2.0 * here + after
    # The vertex of the parabola through the three steepest slopes.
    shift = np.divide(0.5 * (before - after), bend, out=np.zeros_like(bend), where=bend < 0)
    place = np.where(steepest == inside, inside + shift.clip(-0.5, 0.5), steepest)
    least = np.maximum(height / sample.shape[1], np.finfo(float).tiny)
    return place, height / np.maximum(slope.max(axis=1), least)


@forkable
def c2st(generated, reference, seed=0, per_cell=False):
    """Held-out accuracy of telling generated from reference: 0.5 when nothing tells them apart.

    Lopez-Paz and Oquab (2017): the better of a network of one hidden layer and of the nearest
    neighbours, each trained on four fifths of both samples. They see the cells in units of the
    density's overall spread, or `per_cell`: each cell in units of its own spread (at least a
    thousandth of the largest), which lets them see small errors where the law hardly varies.
    """
    a, b = parts(generated, reference, least=2)
    seed, count = checks.count("seed", seed, least=0, most=2**32 - 1), 2 * len(b.rows)
    spread, order = b.spread(), np.random.default_rng(seed).permutation(count)
    scale = np.maximum(spread, LEAST_SPREAD * spread.max()) if per_cell else spread.max()
    cells = np.empty((count, len(spread)), np.float32)
    for part, places in zip((a, b), np.split(np.argsort(order), 2), strict=True):
        for block in blocks(*part.cells.shape):
            scaled = (part.cells[block] - b.moments[0]) / scale
            cells[places[block]] = scaled.clip(-FARTHEST, FARTHEST)
    labels = np.repeat([1, 0], count // 2)[order]
    split = [part for x in (cells, labels) for part in np.split(x, [max(1, count // 5)])]
    return _best(*split, seed, b.tick)


def _best(held, kept, asked, known, seed, tick):
    """The better accuracy on what is held of two classifiers trained on what is kept."""
    network = MLPClassifier(
        (64,), batch_size=min(200, len(kept)), max_iter=20, tol=0.0, n_iter_no_change=20,
        random_state=seed,
    )  # fmt: skip
    neighbours = KNeighborsClassifier(max(1, int(np.sqrt(len(kept)))), algorithm="brute")
    # In MiB, where scikit-learn works in chunks.
    with warnings.catch_warnings(), sklearn.config_context(working_memory=64):
        warnings.simplefilter("ignore", ConvergenceWarning)
        accuracy, right = network.fit(kept, known).score(held, asked), 0
        tick(NETWORK * len(kept))
        neighbours.fit(kept, known)
        for block in blocks(len(held)):
            right += (neighbours.predict(held[block]) == asked[block]).sum()
            tick(len(held[block]) * len(kept))
    return float(max(accuracy, right / len(held)))


def nearest_neighbour_ratio(generated, reference, training):
    """Median distance to the nearest training realisation, over that of the reference.

    1 for a model as new as Monte Carlo; 0 for one that returns what it was trained on.
    """
    a, b = generated, reference
    if not isinstance(a, Part):
        a = checked("generated", a)
        b, training = checked("reference", b, like=a), checked("training", training, like=a)
        a, b = (Part(x, None, None, nearest=nearest(x, training)) for x in (a, b))
    expected = np.median(b.nearest)
    if expected <= LEAST:
        raise b.undefined(
            "nearest_neighbour_ratio", "training contains half of it", "what it does not contain"
        )
    return float(np.median(a.nearest) / expected)


def nearest(sample, training, tick=lambda distances: None):
    """The distances of the realisations of one checked sample to the nearest of another."""
    found, (centre, _) = np.empty(len(sample)), column_moments(training)
    for block in blocks(len(sample)):
        ours = sample[block].astype(np.float64)
        least, index = np.full(len(ours), np.inf), np.zeros(len(ours), dtype=int)
        for others in blocks(len(training)):
            distance = squares(ours - centre, training[others] - centre)
            best = distance.argmin(axis=1)
            here = distance[np.arange(len(ours)), best]
            index[here < least] = others.start + best[here < least]
            np.minimum(least, here, out=least)
            tick(distance.size)
        # The root of a square would be good to 1e-8 of the deviations only.
        found[block] = np.linalg.norm(ours - training[index], axis=1)
    return found
