"""The scorecard of a generated sample: every measure beside its noise floor."""

import os
import sys

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from burgers import _checks as checks
from burgers.metrics import two_sample
from burgers.metrics._samples import ROWS, Part, Sample, checked, column_moments, nearest, parts
from burgers.metrics.moments import distances, in_floors, median_of

MOST_REPEATS = 1000
# From this number of realisations on, `judge` shows a progress bar.
MANY = 5000


def scores(
    generated: Sample, reference: Sample, training: ArrayLike | None = None, seed: int = 0
) -> dict[str, float]:
    """All measures of a generated sample against a reference of the same shape.

    Parameters
    ----------
    generated, reference : (realisations, cells), at least 2 by 4.
    training : (realisations, cells) that the model was trained on, or None.
    seed : of the random directions and of the classifiers, from 0 to 2³² - 1.

    Returns
    -------
    A dict of `mean_error`, `std_error`, `wasserstein` (see `distances`); `band_error`, `sliced`,
    `energy`, `front_position`, `front_width`, `c2st`, `c2st_per_cell` (see `two_sample`) and, where
    the training sample is given, `nearest_neighbour_ratio` (see there).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or the measure that is undefined
        because the reference does not vary or is contained in the training sample.
    """
    a, b = parts(generated, reference, least=2, cells=4)
    if training is not None:
        known = checked("training", training, like=a.sample)
        for part in (a, b):
            part.nearest = nearest(part.sample, known)
    return _scores(a, b, seed)


def _scores(a, b, seed):
    # Measures that may be undefined come before those that take long.
    found = distances(a, b)
    found |= two_sample.scores(a, b, seed)
    if b.nearest is not None:
        found["nearest_neighbour_ratio"] = two_sample.nearest_neighbour_ratio(a, b)
    return found


def judge(
    generated: ArrayLike,
    reference: ArrayLike,
    training: ArrayLike | None = None,
    *,
    repeats: int = 3,
    seed: int | np.random.SeedSequence = 0,
) -> pd.DataFrame:
    """The scorecard of a generated sample: each measure beside its noise floor.

    In each repeat a part of the reference is compared with equally many generated realisations
    (`value`) and with equally many other realisations of the reference (`floor`). The time grows
    with the square of their number and the memory with their number; a progress bar shows the
    remaining time.

    Parameters
    ----------
    generated : (realisations, cells), at least 2 by 4, of magnitudes up to 1e50.
    reference : (realisations, cells) from direct Monte Carlo, at least four realisations. All
        generated realisations are used if the reference has at least twice as many.
    training : (realisations, cells) that the model was trained on, in order to detect memorised
        realisations; or None.
    repeats : number of repeats, at most 1000, over which medians are taken.
    seed : of the draws in the repeats.

    Returns
    -------
    pandas.DataFrame indexed by measure (see `scores`), with columns `value`, `floor` and `ratio`,
    which is NaN where the floor is zero because Monte Carlo samples do not differ.

    Raises
    ------
    ValueError
        As in `scores`.
    """
    ours = checked("generated", generated, least=2, cells=4)
    theirs = checked("reference", reference, least=4, cells=4, like=ours)
    known = None if training is None else checked("training", training, cells=4, like=ours)
    repeats = checks.count("repeats", repeats, most=MOST_REPEATS)
    found = _repeated((ours, theirs), known, repeats, checks.seed("seed", seed))
    table = pd.DataFrame({name: median_of(rows) for name, rows in found.items()})
    table.index.name = "measure"
    return table.assign(ratio=in_floors(table.value, table.floor))


def _repeated(
    samples: tuple[NDArray[np.floating], NDArray[np.floating]],
    training: NDArray[np.floating] | None,
    repeats: int,
    seed: int | np.random.SeedSequence,
) -> dict[str, list[dict[str, float]]]:
    """The scores of each repeat of `judge`, by column of its table.

    samples : generated and reference.
    """
    size = min(len(samples[0]), len(samples[1]) // 2)
    centre, _ = column_moments(samples[1])
    name = f"reference ({size} of its {len(samples[1])} realisations)"
    used = [np.zeros(len(sample), dtype=bool) for sample in samples]
    for drawn, first, second in _draws(samples, size, repeats, seed):
        used[0][drawn] = used[1][first] = used[1][second] = True
    found: dict[str, list[dict[str, float]]] = {"value": [], "floor": []}
    with _bar(size, repeats, training, used) as bar:
        to_training = [
            None if training is None else _nearest(sample, rows, training, bar.update)
            for sample, rows in zip(samples, used, strict=True)
        ]

        def part(k, rows):
            known = None if training is None else to_training[k][rows]
            return Part(samples[k], rows, centre, name, bar.update, known)

        for repeat, (drawn, first, second) in enumerate(_draws(samples, size, repeats, seed)):
            base = part(1, first)
            found["value"].append(_scores(part(0, drawn), base, repeat))
            found["floor"].append(_scores(part(1, second), base, repeat))
    return found


def _draws(samples, size, repeats, seed):
    """For each repeat, indices of generated realisations and of two parts of the reference."""
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        first, second = np.split(rng.permutation(len(samples[1]))[: 2 * size], 2)
        yield rng.permutation(len(samples[0]))[:size], first, second


def _nearest(sample, used, training, tick):
    """Distances of the used realisations to their nearest neighbours in the training sample."""
    found = np.full(len(sample), np.nan)
    found[used] = nearest(sample[used], training, tick)
    return found


def _bar(size, repeats, training, used):
    """A progress bar in units of distances: across and within samples, to learn, to training."""
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
