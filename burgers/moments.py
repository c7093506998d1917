"""How far apart two laws of the density are: arrays in, numbers out.

A sample is an array (realisations, cells). The measures beyond moments are in `judges`.
"""

import os
import sys

import numpy as np
import pandas as pd
from tqdm import tqdm

from burgers import checks, judges

MOST_REPEATS, LARGEST = 1000, judges.LARGEST
# From so many realisations on, `judge` shows how far it is.
MANY = 5000
# Of the spread: a mean that is smaller is a sum of rounding errors.
ROUNDING = 1e-12


def mean_and_std(sample):
    """Pointwise mean and standard deviation over realisations: two (cells,) float64 arrays.

    Of a sample (realisations, ...) of any other shape two arrays (...).
    """
    sample = _numbers("sample", sample)
    if sample.size == 0 or sample.ndim == 0:
        raise ValueError(f"sample has shape {sample.shape}; accepted: (realisations, cells)")
    found = judges.column_moments(sample.reshape(len(sample), -1))
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
    if largest < judges.LEAST:
        # Their squares would be zero.
        a, b = (np.ldexp(part, -np.frexp(largest)[1]) for part in (a, b))
    return np.linalg.norm(a - b, axis=-1) / np.linalg.norm(b, axis=-1)


def moment_errors(sample, mean, std):
    """Relative L2 distances over x of a sample's pointwise mean and std from given ones.

    sample (realisations, cells); mean, std (cells,): a dict of `mean_error` and `std_error`.
    """
    sample = judges.checked("sample", sample)
    found = {}
    for name, value, own in zip(
        ("mean", "std"), (mean, std), judges.column_moments(sample), strict=True
    ):
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
    a, b = judges.parts(generated, reference)
    total, spread = 0.0, b.spread()
    for block in judges.blocks(*b.cells.T.shape):
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
    a, b = judges.parts(generated, reference)
    (own_mean, own_std), std = a.moments, b.spread()
    spread, size = np.linalg.norm(std), np.linalg.norm(b.centre + b.moments[0])
    if size <= max(ROUNDING * spread, judges.LEAST):
        why = "its mean is zero in every cell, to rounding"
        raise b.undefined("mean_error", why, "one whose mean is not")
    return {
        "mean_error": float(np.linalg.norm(own_mean - b.moments[0]) / size),
        "std_error": float(np.linalg.norm(own_std - std) / spread),
        "wasserstein": wasserstein(a, b),
    }


def scores(generated, reference, training=None, seed=0):
    """Every measure of a generated sample against a reference of the same shape: a dict of floats.

    `mean_error`, `std_error`, `wasserstein`: see `distances`. `band_error`, `sliced`, `energy`,
    `front_position`, `front_width`, `classifier`, `magnified` and, where the training sample is
    given, `novelty`: see `judges`.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or the measure that is undefined,
        as the reference does not vary or is in the training sample.
    """
    a, b = judges.parts(generated, reference, least=2, cells=4)
    if training is not None:
        training = judges.checked("training", training, like=a.sample)
        for part in (a, b):
            part.nearest = judges.nearest(part.sample, training)
    return _scores(a, b, seed)


def _scores(a, b, seed):
    # What may be refused comes before what takes long.
    found = distances(a, b)
    new = {} if b.nearest is None else {"novelty": judges.novelty(a, b, None)}
    return {**found, **judges.scores(a, b, seed), **new}


def judge(generated, reference, training=None, *, repeats=3, seed=0):
    """The scorecard of a generated sample: each measure beside its noise floor.

    In each repeat a part of the reference is held against as many generated realisations
    (`value`) and against as many others of the reference (`floor`). Its time grows like the square
    of their number, its memory like their number; a progress bar tells the time left.

    Parameters
    ----------
    generated : (realisations, cells), at least 2 by 4, of magnitudes up to 1e50.
    reference : (realisations, cells) from direct Monte Carlo, at least four realisations; with
        twice as many as generated, all generated ones are used.
    training : (realisations, cells) that the model was trained on, to look for memorised ones.
    repeats, seed : number of repeats up to 1000, of which the medians are given, and the seed of
        their draws.

    Returns
    -------
    pandas.DataFrame indexed by measure, with columns value, floor and ratio (NaN where the floor
    is zero: Monte Carlo does not vary there).

    Raises
    ------
    ValueError
        As of `scores`.
    """
    generated = judges.checked("generated", generated, least=2, cells=4)
    reference = judges.checked("reference", reference, least=4, cells=4, like=generated)
    if training is not None:
        training = judges.checked("training", training, cells=4, like=generated)
    repeats = checks.count("repeats", repeats, most=MOST_REPEATS)
    found = _repeated((generated, reference), training, repeats, checks.seed("seed", seed))
    table = pd.DataFrame({name: _median(rows) for name, rows in found.items()})
    table.index.name = "measure"
    return table.assign(ratio=in_floors(table.value, table.floor))


def _repeated(samples, training, repeats, seed):
    """The scores of each repeat of `judge`, by column; samples: generated and reference."""
    size = min(len(samples[0]), len(samples[1]) // 2)
    centre, _ = judges.column_moments(samples[1])
    name = f"reference ({size} of its {len(samples[1])} realisations)"
    used = [np.zeros(len(sample), dtype=bool) for sample in samples]
    for drawn, first, second in _draws(samples, size, repeats, seed):
        used[0][drawn] = used[1][first] = used[1][second] = True
    found = {"value": [], "floor": []}
    with _bar(size, repeats, training, used) as bar:
        nearest = [
            training if training is None else _nearest(sample, rows, training, bar.update)
            for sample, rows in zip(samples, used, strict=True)
        ]

        def part(k, rows):
            known = nearest[k] if training is None else nearest[k][rows]
            return judges.Part(samples[k], rows, centre, name, bar.update, known)

        for repeat, (drawn, first, second) in enumerate(_draws(samples, size, repeats, seed)):
            base = part(1, first)
            found["value"].append(_scores(part(0, drawn), base, repeat))
            found["floor"].append(_scores(part(1, second), base, repeat))
    return found


def _draws(samples, size, repeats, seed):
    """In each repeat the indices of generated realisations, and of two parts of the reference."""
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        first, second = np.split(rng.permutation(len(samples[1]))[: 2 * size], 2)
        yield rng.permutation(len(samples[0]))[:size], first, second


def _nearest(sample, used, training, tick):
    """The distances of the used realisations to the nearest in training."""
    found = np.full(len(sample), np.nan)
    found[used] = judges.nearest(sample[used], training, tick)
    return found


def _bar(size, repeats, training, used):
    """Progress in distances: across and within samples, what classifiers take, and to training."""
    held, kept = 2 * size // 5, 2 * size - 2 * size // 5
    work = 2 * size**2 + 3 * size * (size + judges.ROWS) // 2
    work = repeats * (work + 4 * kept * (held + judges.NETWORK))
    if training is not None:
        work += len(training) * int(sum(map(np.sum, used)))
    return tqdm(
        total=work, desc="judge", file=sys.stderr, mininterval=1,
        disable=size < MANY or "CI" in os.environ,
        bar_format="{l_bar}{bar}| {elapsed}<{remaining}",
    )  # fmt: skip


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
    pool, samples = judges.checked("pool", pool), checks.count("samples", samples)
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
    return _median(pairs)


def _median(dicts):
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
