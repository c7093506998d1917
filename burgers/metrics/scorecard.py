"""The scorecard of a generated sample: every measure beside its noise floor."""

import os
import sys

import numpy as np
import pandas as pd
from tqdm import tqdm

from burgers import _checks as checks
from burgers.metrics import two_sample
from burgers.metrics._samples import ROWS, Part, checked, column_moments, parts
from burgers.metrics.moments import distances, in_floors, median_of

MOST_REPEATS = 1000
# From so many realisations on, `judge` shows how far it is.
MANY = 5000


def scores(generated, reference, training=None, seed=0):
    """Every measure of a generated sample against a reference of the same shape: a dict of floats.

    `mean_error`, `std_error`, `wasserstein`: see `distances`. `band_error`, `sliced`, `energy`,
    `front_position`, `front_width`, `c2st`, `c2st_per_cell` and, where the training sample is
    given, `nearest_neighbour_ratio`: see `judges`.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or the measure that is undefined,
        as the reference does not vary or is in the training sample.
    """
    a, b = parts(generated, reference, least=2, cells=4)
    if training is not None:
        training = checked("training", training, like=a.sample)
        for part in (a, b):
            part.nearest = two_sample.nearest(part.sample, training)
    return _scores(a, b, seed)


def _scores(a, b, seed):
    # What may be refused comes before what takes long.
    found = distances(a, b)
    found |= two_sample.scores(a, b, seed)
    if b.nearest is not None:
        found["nearest_neighbour_ratio"] = two_sample.nearest_neighbour_ratio(a, b, None)
    return found


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
    generated = checked("generated", generated, least=2, cells=4)
    reference = checked("reference", reference, least=4, cells=4, like=generated)
    if training is not None:
        training = checked("training", training, cells=4, like=generated)
    repeats = checks.count("repeats", repeats, most=MOST_REPEATS)
    found = _repeated((generated, reference), training, repeats, checks.seed("seed", seed))
    table = pd.DataFrame({name: median_of(rows) for name, rows in found.items()})
    table.index.name = "measure"
    return table.assign(ratio=in_floors(table.value, table.floor))


def _repeated(samples, training, repeats, seed):
    """The scores of each repeat of `judge`, by column; samples: generated and reference."""
    size = min(len(samples[0]), len(samples[1]) // 2)
    centre, _ = column_moments(samples[1])
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
            return Part(samples[k], rows, centre, name, bar.update, known)

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
    found[used] = two_sample.nearest(sample[used], training, tick)
    return found


def _bar(size, repeats, training, used):
    """Progress in distances: across and within samples, what classifiers take, and to training."""
    held, kept = 2 * size // 5, 2 * size - 2 * size // 5
    work = 2 * size**2 + 3 * size * (size + ROWS) // 2
    work = repeats * (work + 4 * kept * (held + two_sample.NETWORK))
    if training is not None:
        work += len(training) * int(sum(map(np.sum, used)))
    return tqdm(
        total=work, desc="judge", file=sys.stderr, mininterval=1,
        disable=size < MANY or "CI" in os.environ,
        bar_format="{l_bar}{bar}| {elapsed}<{remaining}",
    )  # fmt: skip
