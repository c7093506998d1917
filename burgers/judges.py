"""Judges of a generated law beyond its moments: what can still tell it from Monte Carlo.

A sample is an array (realisations, cells); two samples that are compared have the same shape.
Only deviations from a common density are squared, as squares of large numbers drown differences.
All work is on blocks, so that nothing grows like the square of a number of realisations.
"""

import warnings
from functools import cached_property
from itertools import product

import numpy as np
import sklearn
import xarray as xr
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from burgers import checks
from burgers.compiled import forkable

DIRECTIONS, LEAST_SPREAD = 200, 1e-3
# In spreads: what is farther off is told apart by anything, and would overflow.
FARTHEST = 1e6
# Squares of numbers between these, and their sums, stay far from the ends of double precision.
LEAST, LARGEST = 1e-100, 1e50
# Numbers that are worked on at a time, and realisations that are held against as many.
BLOCK, ROWS = 2**21, 1024
# As many distances take as long as the network takes to learn from one realisation.
NETWORK = 5000


class Part:
    """Realisations of a checked sample, of which what serves several measures is computed once.

    rows: indices; centre (cells,): what `cells` are the deviations from; name: for messages; tick:
    is told how many distances were computed; nearest: to the training sample, (realisations,).
    """

    def __init__(self, sample, rows, centre, name="reference", tick=None, nearest=None):
        self.sample, self.rows, self.centre = sample, rows, centre
        self.name, self.tick, self.nearest = name, tick or (lambda distances: None), nearest

    @cached_property
    def cells(self):
        """(realisations, cells) in double precision."""
        found = np.empty((len(self.rows), self.sample.shape[1]))
        for block in blocks(*found.shape):
            np.subtract(self.sample[self.rows[block]], self.centre, out=found[block])
        return found

    @cached_property
    def moments(self):
        """Mean and std of the deviations, (cells,) each."""
        return column_moments(self.cells)

    @cached_property
    def within(self):
        """Mean distance of two of the realisations, or of one and itself."""
        return _mean_distance(self.cells, self.cells, self.tick)

    def spread(self):
        """The std in each cell, or ValueError where it is zero in all."""
        std = self.moments[1]
        if std.max() <= LEAST:
            raise ValueError(
                f"{self.name} does not vary (std up to {std.max():g}); accepted: above {LEAST:g}"
            )
        return std

    def undefined(self, measure, why, accepted):
        return ValueError(f"{self.name} leaves {measure} undefined: {why}; accepted: {accepted}")


def parts(generated, reference, least=1, cells=1):
    """Two samples of one shape, checked, as parts with a common centre; such parts as they are."""
    if isinstance(generated, Part):
        return generated, reference
    generated = checked("generated", generated, least, cells)
    reference = checked("reference", reference, least, cells)
    if generated.shape != reference.shape:
        raise ValueError(
            f"generated has shape {generated.shape} and reference {reference.shape}; accepted: "
            "the same (realisations, cells)"
        )
    rows, (centre, _) = np.arange(len(reference)), column_moments(reference)
    return Part(generated, rows, centre), Part(reference, rows, centre)


def checked(name, value, least=1, cells=1, like=None):
    """The value as a sample of enough realisations and cells, of single precision if it is so."""
    single = isinstance(value, np.ndarray | xr.DataArray) and value.dtype == np.float32
    found = checks.finite(name, value, np.float32 if single else np.float64)
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(f"{name} has shape {found.shape}; accepted: (realisations, cells)")
    if len(found) < least or found.shape[1] < cells:
        raise ValueError(
            f"{name} has {len(found)} realisations of {found.shape[1]} cells; accepted: at "
            f"least {least} of at least {cells}"
        )
    if like is not None and like.shape[1] != found.shape[1]:
        raise ValueError(
            f"generated has {like.shape[1]} cells and {name} {found.shape[1]}; accepted: the same"
        )
    if not single:
        checks.within(name, found, -LARGEST, LARGEST)
    return found


def blocks(count, each=BLOCK // ROWS):
    """Slices of `count` things of so many numbers each, of which one is worked on at a time."""
    size = max(BLOCK // each, 1)
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def column_moments(cells):
    """Mean and std of each column; exact where all its numbers are one."""
    mean, std = np.empty((2, cells.shape[1]))
    for block in blocks(*cells.T.shape):
        off = np.subtract(cells[:, block], cells[0, block], dtype=np.float64)
        mean[block], std[block] = cells[0, block] + off.mean(axis=0), off.std(axis=0)
    return mean, std


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
        "classifier": classifier_accuracy(a, b, seed),
        "magnified": classifier_accuracy(a, b, seed, magnified=True),
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
    across = _mean_distance(a.cells, b.cells, b.tick)
    if across <= LEAST:
        raise b.undefined("energy", "it and generated are one density", "one that varies")
    return float(np.sqrt(max(1.0 - (a.within + b.within) / (2.0 * across), 0.0)))


def _mean_distance(a, b, tick):
    total, itself = 0.0, a is b
    for rows, others in product(blocks(len(a)), blocks(len(b))):
        if itself and others.start < rows.start:
            continue
        squares = _squares(a[rows], b[others])
        if itself and others == rows:
            np.fill_diagonal(squares, 0.0)
        np.maximum(squares, 0.0, out=squares)
        # Within a sample each distance between two blocks is there twice.
        total += (2.0 if itself and others != rows else 1.0) * np.sqrt(squares, squares).sum()
        tick(squares.size)
    return total / (len(a) * len(b))


def _squares(a, b):
    """Squared distances between rows, (of a, of b), by three products; rounded, also below 0."""
    found = (-2.0 * a) @ b.T
    found += np.einsum("ij,ij->i", a, a)[:, None]
    found += np.einsum("ij,ij->i", b, b)
    return found


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
def classifier_accuracy(generated, reference, seed=0, magnified=False):
    """Held-out accuracy of telling generated from reference: 0.5 when nothing tells them apart.

    Lopez-Paz and Oquab (2017): the better of a network of one hidden layer and of the nearest
    neighbours, each trained on four fifths of both samples. They see the cells in units of the
    density's overall spread, or `magnified`: each cell in units of its own spread (at least a
    thousandth of the largest), which lets them see small errors where the law hardly varies.
    """
    a, b = parts(generated, reference, least=2)
    seed, count = checks.count("seed", seed, least=0, most=2**32 - 1), 2 * len(b.rows)
    spread, order = b.spread(), np.random.default_rng(seed).permutation(count)
    scale = np.maximum(spread, LEAST_SPREAD * spread.max()) if magnified else spread.max()
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


def novelty(generated, reference, training):
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
        raise b.undefined("novelty", "training contains half of it", "what it does not contain")
    return float(np.median(a.nearest) / expected)


def nearest(sample, training, tick=lambda distances: None):
    """The distances of the realisations of one checked sample to the nearest of another."""
    found, (centre, _) = np.empty(len(sample)), column_moments(training)
    for block in blocks(len(sample)):
        ours = sample[block].astype(np.float64)
        least, index = np.full(len(ours), np.inf), np.zeros(len(ours), dtype=int)
        for others in blocks(len(training)):
            squares = _squares(ours - centre, training[others] - centre)
            best = squares.argmin(axis=1)
            here = squares[np.arange(len(ours)), best]
            index[here < least] = others.start + best[here < least]
            np.minimum(least, here, out=least)
            tick(squares.size)
        # The root of a square would be good to 1e-8 of the deviations only.
        found[block] = np.linalg.norm(ours - training[index], axis=1)
    return found
