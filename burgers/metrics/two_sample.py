"""Two-sample measures of a generated distribution beyond its moments.

A sample is an array (realisations, cells); two samples that are compared have the same shape.
Squares are taken of deviations from a common density only, since small differences are lost in the
squares of large numbers. Samples are processed in blocks, so that no memory use grows with the
square of the number of realisations.
"""

import warnings

import numpy as np
import sklearn
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from burgers import _checks as checks
from burgers._compiled import forkable
from burgers.metrics._samples import (
    LEAST,
    Part,
    Sample,
    blocks,
    checked,
    mean_distance,
    nearest,
    parts,
)

DIRECTIONS, LEAST_SPREAD = 200, 1e-3
# Deviations are clipped to this many spreads: larger ones separate trivially and would overflow.
FARTHEST = 1e6
# The number of distances that take as long as the network's training on one realisation.
NETWORK = 5000


def scores(generated: Sample, reference: Sample, seed: int = 0) -> dict[str, float]:
    """All measures of this module that need no training sample.

    Parameters
    ----------
    generated, reference : (realisations, cells), at least 2 by 4, of the same shape.
    seed : of the random directions and of the classifiers, from 0 to 2³² - 1.

    Returns
    -------
    A dict of `band_error`; `sliced`, see `sliced_wasserstein`; `energy`, see `energy_distance`;
    `front_position` and `front_width`, Wasserstein distances in cells of what `front` returns;
    `c2st` and `c2st_per_cell`, see `c2st`.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted, or the measure that is undefined.
    """
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


def band_error(generated: Sample, reference: Sample) -> float:
    """Relative L2 distance over x between the 5 % to 95 % bands of two samples.

    The distance is that of the 5 % and 95 % quantiles in each cell, relative to the reference's.

    Parameters
    ----------
    generated, reference : (realisations, cells), of the same shape.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
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


def sliced_wasserstein(
    generated: Sample, reference: Sample, seed: int | np.random.SeedSequence = 0
) -> float:
    """Sliced Wasserstein distance, divided by the reference's mean std along the directions.

        Σ W₁(θ·X, θ·Y) / Σ std(θ·Y)  over 200 random directions θ

    Parameters
    ----------
    generated, reference : (realisations, cells), of the same shape.
    seed : of the directions.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.

    Source: N. Bonneel, J. Rabin, G. Peyré and H. Pfister (2015).
    """
    a, b = parts(generated, reference)
    rng, distance, spread = np.random.default_rng(checks.seed("seed", seed)), 0.0, 0.0
    directions = rng.standard_normal((len(b.spread()), DIRECTIONS))
    for block in blocks(DIRECTIONS, len(b.cells)):
        along = [directions[:, block].T @ part.cells.T for part in (a, b)]
        spread += along[1].std(axis=1).sum()
        distance += np.abs(np.subtract(*map(np.sort, along))).mean(axis=1).sum()
    return float(distance / spread)


def energy_distance(generated: Sample, reference: Sample) -> float:
    """Energy distance of two samples, normalised to [0, 1].

        (1 - (E‖X - X'‖ + E‖Y - Y'‖) / 2E‖X - Y‖)^½

    Parameters
    ----------
    generated, reference : (realisations, cells), of the same shape.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: G. J. Székely and M. L. Rizzo (2013).
    """
    a, b = parts(generated, reference)
    across = mean_distance(a.cells, b.cells, b.tick)
    if across <= LEAST:
        raise b.undefined("energy", "it and generated are a single density", "one that varies")
    return float(np.sqrt(max(1.0 - (a.within + b.within) / (2.0 * across), 0.0)))


def front(sample: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position and width of the front of each realisation, in cells.

    The position is where the density decreases most steeply. The width is the range of the density
    divided by the steepest slope, at most the number of cells.

    Parameters
    ----------
    sample : (realisations, cells), at least 4 cells.

    Returns
    -------
    position, width : (realisations,) float64.

    Raises
    ------
    ValueError
        Naming the sample, its value and what is accepted.
    """
    rows = checked("sample", sample, cells=4)
    found = [_front(rows[block].astype(np.float64)) for block in blocks(*rows.shape)]
    position, width = np.concatenate(found, axis=1)
    return position, width


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
def c2st(generated: Sample, reference: Sample, seed: int = 0, per_cell: bool = False) -> float:
    """Classifier two-sample test: accuracy of distinguishing generated from reference.

    The accuracy is measured on held-out realisations: 0.5 means that the samples cannot be
    distinguished. It is the better one of a network with one hidden layer and of a
    nearest-neighbour classifier, both trained on four fifths of the two samples.

    Parameters
    ----------
    generated, reference : (realisations, cells), of the same shape, at least two realisations.
    seed : of the split and of the network, from 0 to 2³² - 1.
    per_cell : whether each cell is scaled by its own spread (at least a thousandth of the largest)
        instead of all cells by the largest. Small errors are then visible to the classifiers where
        the density hardly varies.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.

    Source: D. Lopez-Paz and M. Oquab (2017).
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
    (held, kept), (asked, known) = (np.split(x, [max(1, count // 5)]) for x in (cells, labels))
    return _best(held, kept, asked, known, seed, b.tick)


def _best(held, kept, asked, known, seed, tick):
    """The better held-out accuracy of two classifiers.

    held, asked : cells and labels of the test set; kept, known : those of the training set.
    """
    network = MLPClassifier(
        (64,), batch_size=min(200, len(kept)), max_iter=20, tol=0.0, n_iter_no_change=20,
        random_state=seed,
    )  # fmt: skip
    neighbours = KNeighborsClassifier(max(1, int(np.sqrt(len(kept)))), algorithm="brute")
    # Memory in MiB for the chunks of scikit-learn.
    with warnings.catch_warnings(), sklearn.config_context(working_memory=64):
        warnings.simplefilter("ignore", ConvergenceWarning)
        accuracy, right = network.fit(kept, known).score(held, asked), 0
        tick(NETWORK * len(kept))
        neighbours.fit(kept, known)
        for block in blocks(len(held)):
            right += (neighbours.predict(held[block]) == asked[block]).sum()
            tick(len(held[block]) * len(kept))
    return float(max(accuracy, right / len(held)))


def nearest_neighbour_ratio(
    generated: Sample, reference: Sample, training: ArrayLike | None = None
) -> float:
    """Median distance to the nearest training realisation, divided by that of the reference.

    The ratio is 1 for a model whose realisations are as new as those of Monte Carlo, and 0 for one
    that returns its training sample.

    Parameters
    ----------
    generated, reference, training : (realisations, cells), with the same number of cells.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if half of the reference is in the
        training sample.
    """
    if isinstance(generated, Part) and isinstance(reference, Part):
        a, b = generated, reference
    else:
        ours = checked("generated", generated)
        theirs = checked("reference", reference, like=ours)
        known = checked("training", training, like=ours)
        a, b = (Part(x, np.arange(len(x)), 0.0, nearest=nearest(x, known)) for x in (ours, theirs))
    # Callers that pass parts have set both.
    assert a.nearest is not None
    assert b.nearest is not None
    expected = np.median(b.nearest)
    if expected <= LEAST:
        raise b.undefined(
            "nearest_neighbour_ratio",
            "training contains half of it",
            "one that it does not contain",
        )
    return float(np.median(a.nearest) / expected)
