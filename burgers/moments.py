"""How far apart two laws of the density are: arrays in, numbers out.

A sample is an array (realisations, cells).
"""

import numpy as np


def mean_and_std(sample):
    """Pointwise mean and standard deviation over realisations: two (cells,) float64 arrays."""
    sample = np.asarray(sample, dtype=np.float64)
    return sample.mean(axis=0), sample.std(axis=0)


def relative_error(a, b):
    """Relative L2 distance over x, ||a - b|| / ||b||, along the last axis."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"a has {a.shape[-1]} cells and b {b.shape[-1]}; accepted: the same")
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


def noise_floor(pool, samples, *, repeats=20, rng):
    """The distances between two independent Monte Carlo samples: median over repeats.

    Parameters
    ----------
    pool : (realisations, cells), at least 2 * samples realisations of the law.
    samples : size of each of the two samples, disjoint draws from the pool.
    repeats : number of pairs.
    rng : numpy.random.Generator.

    Returns
    -------
    dict with the keys of `distances`.
    """
    if len(pool) < 2 * samples:
        raise ValueError(f"pool has {len(pool)} realisations; accepted: at least {2 * samples}")
    pairs = []
    for _ in range(repeats):
        first, second = np.split(rng.permutation(len(pool))[: 2 * samples], 2)
        pairs.append(distances(pool[first], pool[second]))
    return {name: float(np.median([pair[name] for pair in pairs])) for name in pairs[0]}


def _pair(generated, reference):
    generated = np.asarray(generated, dtype=np.float64)
    reference = np.asarray(reference, dtype=np.float64)
    if generated.ndim != 2 or generated.shape != reference.shape:
        raise ValueError(
            f"generated has shape {generated.shape} and reference {reference.shape}; accepted: "
            "the same (realisations, cells)"
        )
    for name, sample in (("generated", generated), ("reference", reference)):
        if not np.isfinite(sample).all():
            raise ValueError(f"{name} contains non-finite values; accepted: finite numbers")
    return generated, reference
