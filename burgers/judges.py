"""Judges of a generated law beyond its moments: what can still tell it from Monte Carlo.

A sample is an array (realisations, cells); two samples that are compared have the same shape.
"""

import warnings

import numpy as np
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances, pairwise_distances_argmin_min
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

DIRECTIONS = 200
LEAST_SPREAD = 1e-3
# In spreads: what is farther off is told apart by anything, and would overflow.
FARTHEST = 1e6


def scores(generated, reference, seed=0):
    """Every judge of this module that needs no training sample: a dict of floats."""
    (places, widths), (true_places, true_widths) = map(front, (generated, reference))
    return {
        "band_error": band_error(generated, reference),
        "sliced": sliced_wasserstein(generated, reference, seed),
        "energy": energy_distance(generated, reference),
        "front_position": float(stats.wasserstein_distance(places, true_places)),
        "front_width": float(stats.wasserstein_distance(widths, true_widths)),
        "classifier": classifier_accuracy(generated, reference, seed),
        "magnified": classifier_accuracy(generated, reference, seed, magnified=True),
    }


def band_error(generated, reference):
    """Relative L2 distance over x between the bands of 5 % to 95 % of two samples."""
    bands = [np.quantile(sample, (0.05, 0.95), axis=0) for sample in (generated, reference)]
    return float(np.linalg.norm(bands[0] - bands[1]) / np.linalg.norm(bands[1]))


def sliced_wasserstein(generated, reference, seed=0):
    """Mean 1-D Wasserstein distance over random directions, over the mean std along them.

    Bonneel, Rabin, Peyré and Pfister (2015), with 200 directions.
    """
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((reference.shape[1], DIRECTIONS))
    along = [(sample - reference.mean(axis=0)) @ directions for sample in (generated, reference)]
    distance = np.abs(np.sort(along[0], axis=0) - np.sort(along[1], axis=0)).mean()
    return float(distance / along[1].std(axis=0).mean())


def energy_distance(generated, reference):
    """Energy distance of two samples, as a share of the most it could be, in [0, 1].

    (1 - (E‖X - X'‖ + E‖Y - Y'‖) / 2E‖X - Y‖)^½       Székely and Rizzo (2013)
    """
    across, within, true_within = (
        pairwise_distances(*pair).mean()
        for pair in ((generated, reference), (generated, generated), (reference, reference))
    )
    return float(np.sqrt(max(1.0 - (within + true_within) / (2.0 * across), 0.0)))


def front(sample):
    """Where the density falls most steeply, and how wide its fall is, both in cells.

    The width is the range of the density over its steepest slope, at most the number of cells.
    Two (realisations,) arrays.
    """
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


def classifier_accuracy(generated, reference, seed=0, magnified=False):
    """Held-out accuracy of telling generated from reference: 0.5 when nothing tells them apart.

    Lopez-Paz and Oquab (2017): the better of a network of one hidden layer and of the nearest
    neighbours, each trained on four fifths of both samples. They see the cells in units of the
    density's overall spread, or `magnified`: each cell in units of its own spread (at least a
    thousandth of the largest), which lets them see small errors where the law hardly varies.
    """
    rng = np.random.default_rng(seed)
    cells = np.concatenate([generated, reference])
    labels = np.repeat([1, 0], len(generated))
    spread = reference.std(axis=0)
    scale = np.maximum(spread, LEAST_SPREAD * spread.max()) if magnified else spread.max()
    cells = ((cells - reference.mean(axis=0)) / scale).clip(-FARTHEST, FARTHEST).astype(np.float32)
    order = rng.permutation(len(cells))
    held, kept = np.split(order, [max(1, len(cells) // 5)])
    network = MLPClassifier(
        (64,), batch_size=min(200, len(kept)), max_iter=20, tol=0.0, n_iter_no_change=20,
        random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(cells[kept], labels[kept])
    neighbours = KNeighborsClassifier(max(1, int(np.sqrt(len(kept)))), algorithm="brute")
    neighbours.fit(cells[kept], labels[kept])
    return float(max(judge.score(cells[held], labels[held]) for judge in (network, neighbours)))


def novelty(generated, reference, training):
    """Median distance to the nearest training realisation, over that of the reference.

    1 for a model as new as Monte Carlo; 0 for one that returns what it was trained on.
    """
    nearest, expected = (
        np.median(pairwise_distances_argmin_min(sample, training)[1])
        for sample in (generated, reference)
    )
    return float(nearest / expected)
