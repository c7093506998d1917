"""How far apart two laws of the density are: arrays in, numbers out.

A sample is an array (realisations, cells). The measures beyond moments are in `judges`.
"""

import numpy as np
import pandas as pd

from burgers import checks, judges

MOST_REPEATS = 1000
# Squares and their sums stay far from the largest double.
LARGEST = 1e50


def mean_and_std(sample):
    """Pointwise mean and standard deviation over realisations: two (cells,) float64 arrays."""
    sample = np.asarray(sample, dtype=np.float64)
    return sample.mean(axis=0), sample.std(axis=0)


def relative_error(a, b):
    """Relative L2 distance over x, ||a - b|| / ||b||, along the last axis."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[-1]:
        raise ValueError(
            f"a has shape {a.shape} and b {b.shape}; accepted: (..., cells), as many of both"
        )
    return np.linalg.norm(a - b, axis=-1) / np.linalg.norm(b, axis=-1)


def moment_errors(sample, mean, std):
    """Relative L2 distances over x of a sample's pointwise mean and std from given ones.

    sample (realisations, cells); mean, std (cells,): a dict of `mean_error` and `std_error`.
    """
    sample_mean, sample_std = mean_and_std(sample)
    return {
        "mean_error": float(relative_error(sample_mean, mean)),
        "std_error": float(relative_error(sample_std, std)),
    }


def wasserstein(generated, reference):
    """Mean over x of the 1-D Wasserstein distance, over the mean std of the reference.

    With equally many realisations W₁ is the mean distance between sorted values.
    """
    generated, reference = _pair(generated, reference)
    distance = np.abs(np.sort(generated, axis=0) - np.sort(reference, axis=0)).mean()
    return float(distance / reference.std(axis=0).mean())


def distances(generated, reference):
    """All measures of a generated sample against a reference: a dict of floats.

    `mean_error`, `std_error`: see `moment_errors`.
    `wasserstein`: see `wasserstein`.
    """
    generated, reference = _pair(generated, reference)
    return {
        **moment_errors(generated, *mean_and_std(reference)),
        "wasserstein": wasserstein(generated, reference),
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
    generated, reference = _pair(generated, reference)
    if not reference.std(axis=0).any():
        raise ValueError("reference does not vary; accepted: densities that do")
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {**distances(generated, reference), **judges.scores(generated, reference, seed)}
        if training is not None:
            found["novelty"] = judges.novelty(generated, reference, training)
    for measure, value in found.items():
        if not np.isfinite(value):
            raise ValueError(
                f"reference leaves {measure} undefined ({value}); accepted: one whose mean, std "
                "and band are not zero, and that training does not contain"
            )
    return found


def judge(generated, reference, training=None, *, repeats=3, seed=0):
    """The scorecard of a generated sample: each measure beside its noise floor.

    In each repeat a part of the reference is held against as many generated realisations
    (`value`) and against as many others of the reference (`floor`).

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
    generated = _judged("generated", generated, least=2)
    reference = _judged("reference", reference, least=4)
    training = training if training is None else _judged("training", training, least=1)
    for name, sample in (("reference", reference), ("training", training)):
        if sample is not None and generated.shape[1] != sample.shape[1]:
            raise ValueError(
                f"generated has {generated.shape[1]} cells and {name} {sample.shape[1]}; "
                "accepted: the same"
            )
    rng = np.random.default_rng(checks.seed("seed", seed))
    size = min(len(generated), len(reference) // 2)
    values, floors = [], []
    for repeat in range(checks.count("repeats", repeats, most=MOST_REPEATS)):
        first, second = np.split(rng.permutation(len(reference))[: 2 * size], 2)
        drawn = generated[rng.permutation(len(generated))[:size]]
        values.append(scores(drawn, reference[first], training, repeat))
        floors.append(scores(reference[second], reference[first], training, repeat))
    table = pd.DataFrame({"value": _median(values), "floor": _median(floors)})
    table.index.name = "measure"
    return table.assign(ratio=in_floors(table.value, table.floor))


def in_floors(value, floor):
    """Measures in units of their noise floors, two pandas.Series; NaN where a floor is zero."""
    return value / floor.where(floor > 0)


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
    """
    if len(pool) < 2 * samples:
        raise ValueError(f"pool has {len(pool)} realisations; accepted: at least {2 * samples}")
    pairs = []
    for _ in range(repeats):
        first, second = np.split(rng.permutation(len(pool))[: 2 * samples], 2)
        pairs.append(measure(pool[first], pool[second]))
    return _median(pairs)


def _median(dicts):
    return {name: float(np.median([found[name] for found in dicts])) for name in dicts[0]}


def _sample(name, sample):
    sample = checks.finite(name, sample)
    if sample.ndim != 2 or 0 in sample.shape:
        raise ValueError(f"{name} has shape {sample.shape}; accepted: (realisations, cells)")
    return sample


def _judged(name, sample, least):
    """A sample with what every judge needs of it."""
    sample = _sample(name, sample)
    if len(sample) < least or sample.shape[1] < 4:
        raise ValueError(
            f"{name} has {len(sample)} realisations of {sample.shape[1]} cells; accepted: at "
            f"least {least} of at least 4"
        )
    checks.within(name, np.abs(sample), 0, LARGEST)
    return sample


def _pair(generated, reference):
    generated, reference = _sample("generated", generated), _sample("reference", reference)
    if generated.shape != reference.shape:
        raise ValueError(
            f"generated has shape {generated.shape} and reference {reference.shape}; accepted: "
            "the same (realisations, cells)"
        )
    return generated, reference
