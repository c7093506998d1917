"""Moments of samples of densities, and their distances."""

import numpy as np
import pandas as pd

from burgers import _checks as checks
from burgers.metrics._samples import LARGEST, LEAST, blocks, checked, column_moments, parts

# Of the spread: a mean that is smaller is a sum of rounding errors.
ROUNDING = 1e-12


def mean_and_std(sample):
    """Pointwise mean and standard deviation over realisations: two (cells,) float64 arrays.

    Of a sample (realisations, ...) of any other shape two arrays (...).
    """
    sample = _numbers("sample", sample)
    if sample.size == 0 or sample.ndim == 0:
        raise ValueError(f"sample has shape {sample.shape}; accepted: (realisations, cells)")
    found = column_moments(sample.reshape(len(sample), -1))
    return tuple(values.reshape(sample.shape[1:])[()] for values in found)


def relative_error(a, b):
    """Relative L2 distance over x, ||a - b|| / ||b||, along the last axis; not finite where b is 0.

    Of (..., cells) arrays, whose other axes are broadcast.
    """
    a, b = _numbers("a", a), _numbers("b", b)
    if 0 in (a.ndim, b.ndim, a.size, b.size) or a.shape[-1] != b.shape[-1] or not _fit(a, b):
        raise ValueError(
            f"a has shape {a.shape} and b {b.shape}; accepted: (..., cells), as many of both"
        )
    largest = max(np.abs([a.min(), a.max(), b.min(), b.max()]))
    if largest < LEAST:
        # Their squares would be zero.
        a, b = (np.ldexp(part, -np.frexp(largest)[1]) for part in (a, b))
    return np.linalg.norm(a - b, axis=-1) / np.linalg.norm(b, axis=-1)


def moment_errors(sample, mean, std):
    """Relative L2 distances over x of a sample's pointwise mean and std from given ones.

    sample (realisations, cells); mean, std (cells,): a dict of `mean_error` and `std_error`.
    """
    sample = checked("sample", sample)
    found = {}
    for name, value, own in zip(("mean", "std"), (mean, std), column_moments(sample), strict=True):
        value = _numbers(name, value)
        if value.shape != own.shape:
            raise ValueError(f"{name} has shape {value.shape}; accepted: {own.shape}, as of sample")
        if not value.any():
            raise ValueError(f"{name} is zero in every cell; accepted: one that is not")
        found[f"{name}_error"] = float(relative_error(own, value))
    return found


def wasserstein(generated, reference):
    """Mean over x of the 1-D Wasserstein distance, over the mean std of the reference.

    With equally many realisations W₁ is the mean distance between sorted values.
    """
    a, b = parts(generated, reference)
    total, spread = 0.0, b.spread()
    for block in blocks(*b.cells.T.shape):
        ordered = [np.sort(part.cells[:, block], axis=0) for part in (a, b)]
        total += np.abs(np.subtract(*ordered)).mean(axis=0).sum()
    return float(total / spread.sum())


def distances(generated, reference):
    """All measures of a generated sample against a reference: a dict of floats.

    `mean_error`, `std_error`: see `moment_errors`.
    `wasserstein`: see `wasserstein`.

    Raises
    ------
    ValueError
        As of `scores`.
    """
    a, b = parts(generated, reference)
    (own_mean, own_std), std = a.moments, b.spread()
    spread, size = np.linalg.norm(std), np.linalg.norm(b.centre + b.moments[0])
    if size <= max(ROUNDING * spread, LEAST):
        why = "its mean is zero in every cell, to rounding"
        raise b.undefined("mean_error", why, "one whose mean is not")
    return {
        "mean_error": float(np.linalg.norm(own_mean - b.moments[0]) / size),
        "std_error": float(np.linalg.norm(own_std - std) / spread),
        "wasserstein": wasserstein(a, b),
    }


def in_floors(value, floor):
    """Measures in units of their noise floors, two pandas.Series; NaN where a floor is zero."""
    value, floor = _series("value", value), _series("floor", floor)
    return value / floor.where(floor > 0)


def _series(name, value):
    found = checks.finite(name, value)
    if found.ndim != 1:
        raise ValueError(f"{name} has shape {found.shape}; accepted: (measures,)")
    return pd.Series(found, value.index if isinstance(value, pd.Series) else None)


def noise_floor(pool, samples, *, repeats=20, rng, measure=distances):
    """The distances between two independent Monte Carlo samples: median over repeats.

    Parameters
    ----------
    pool : (realisations, cells), at least 2 * samples realisations of the law.
    samples : size of each of the two samples, disjoint draws from the pool.
    repeats : number of pairs.
    rng : numpy.random.Generator.
    measure : `distances`, or another function of two samples to a dict of floats.

    Returns
    -------
    dict with the keys of the measure.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    pool, samples = checked("pool", pool), checks.count("samples", samples)
    if len(pool) < 2 * samples:
        raise ValueError(f"pool has {len(pool)} realisations; accepted: at least {2 * samples}")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {checks.shown(rng)}; accepted: a numpy.random.Generator")
    if not callable(measure):
        raise ValueError(f"measure is {checks.shown(measure)}; accepted: a function")
    pairs = []
    for _ in range(checks.count("repeats", repeats)):
        first, second = np.split(rng.permutation(len(pool))[: 2 * samples], 2)
        try:
            pairs.append(measure(pool[first], pool[second]))
        except ValueError as error:
            raise ValueError(f"pool against itself: {error}") from error
    return median_of(pairs)


def median_of(dicts):
    return {name: float(np.median([found[name] for found in dicts])) for name in dicts[0]}


def _numbers(name, value):
    value = checks.finite(name, value)
    checks.within(name, value, -LARGEST, LARGEST)
    return value


def _fit(a, b):
    try:
        return bool(np.broadcast_shapes(a.shape, b.shape))
    except ValueError:
        return False
