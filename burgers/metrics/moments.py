"""Moments of samples of densities, and distances between samples in terms of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.metrics import _splits
from burgers.metrics._pool import LARGEST, LEAST, checked_densities, column_moments, paired


def mean_and_std(sample: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pointwise mean and standard deviation over realisations.

    Parameters
    ----------
    sample : (realisations, cells), or of any other shape (realisations, ...).

    Returns
    -------
    mean, std : (cells,) or (...) float64. The standard deviation is that of the sample (division by
        the number of realisations).

    Raises
    ------
    ValueError
        Naming the sample, its value and what is accepted.
    """
    array = _numbers("sample", sample)
    if array.size == 0 or array.ndim == 0:
        raise ValueError(f"sample has shape {array.shape}; accepted: (realisations, cells)")
    mean, std = column_moments(array.reshape(len(array), -1))
    return mean.reshape(array.shape[1:])[()], std.reshape(array.shape[1:])[()]


def relative_error(a: ArrayLike, b: ArrayLike) -> Any:
    """Relative L2 distance over x, ‖a - b‖ / ‖b‖.

    Parameters
    ----------
    a, b : (..., cells), whose leading axes are broadcast.

    Returns
    -------
    Scalar or (...) float64; not finite where b is zero.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    value, other = _numbers("a", a), _numbers("b", b)
    empty = 0 in (value.ndim, other.ndim, value.size, other.size)
    if empty or value.shape[-1] != other.shape[-1] or not _fit(value, other):
        raise ValueError(
            f"a has shape {value.shape} and b {other.shape}; accepted: (..., cells), of compatible "
            "shapes"
        )
    largest = max(np.abs([value.min(), value.max(), other.min(), other.max()]))
    if largest < LEAST:
        # Their squares would underflow.
        value, other = (np.ldexp(part, -np.frexp(largest)[1]) for part in (value, other))
    return np.linalg.norm(value - other, axis=-1) / np.linalg.norm(other, axis=-1)


def moment_errors(sample: ArrayLike, mean: ArrayLike, std: ArrayLike) -> dict[str, float]:
    """Relative L2 distances over x of a sample's mean and std from given ones.

    Parameters
    ----------
    sample : (realisations, cells).
    mean, std : (cells,), not zero in every cell, for instance those of `exact.mean_and_std`.

    Returns
    -------
    A dict of `mean_error` and `std_error`.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    moments = column_moments(checked_densities("sample", sample))
    found = {}
    for name, given, own in zip(("mean", "std"), (mean, std), moments, strict=True):
        value = _numbers(name, given)
        if value.shape != own.shape:
            raise ValueError(f"{name} has shape {value.shape}; accepted: {own.shape}, as in sample")
        if not value.any():
            raise ValueError(f"{name} is zero in every cell; accepted: one that is not")
        found[f"{name}_error"] = float(relative_error(own, value))
    return found


def wasserstein(generated: ArrayLike, reference: ArrayLike) -> float:
    """Pointwise Wasserstein distance W₁, averaged over x and divided by the reference's mean std.

        Σⱼ W₁(generated at xⱼ, reference at xⱼ) / Σⱼ std(reference at xⱼ)

    Parameters
    ----------
    generated, reference : (realisations, cells), of any two numbers of realisations.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.
    """
    return float(_splits.columns(paired(generated, reference))["wasserstein"][0])


def distances(generated: ArrayLike, reference: ArrayLike) -> dict[str, float]:
    """The basic distances between a generated sample and a reference.

    Parameters
    ----------
    generated, reference : (realisations, cells), of any two numbers of realisations.

    Returns
    -------
    A dict of `mean_error` and `std_error`, the relative L2 distances over x of the pointwise means
    and standard deviations, and of `wasserstein`, see there.

    Raises
    ------
    ValueError
        As in `scores`.
    """
    pool = paired(generated, reference)
    found = _splits.moments(pool) | _splits.columns(pool)
    return {name: float(found[name][0]) for name in ("mean_error", "std_error", "wasserstein")}


def in_floors(value: ArrayLike | pd.Series, floor: ArrayLike | pd.Series) -> pd.Series:
    """Measures in units of their noise floors.

    Parameters
    ----------
    value, floor : (measures,), as pandas.Series of the same index.

    Returns
    -------
    pandas.Series value / floor, NaN where a floor is zero.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    value, floor = _series("value", value), _series("floor", floor)
    return value / floor.where(floor > 0)


def _series(name, value):
    found = checks.finite(name, value)
    if found.ndim != 1:
        raise ValueError(f"{name} has shape {found.shape}; accepted: (measures,)")
    return pd.Series(found, value.index if isinstance(value, pd.Series) else None)


def noise_floor(
    pool: ArrayLike,
    samples: int,
    *,
    repeats: int = 20,
    rng: np.random.Generator,
    measure: Callable[..., dict[str, float]] = distances,
) -> dict[str, float]:
    """Noise floor: the distances between two independent Monte Carlo samples of one distribution.

    Parameters
    ----------
    pool : (realisations, cells), at least 2 * samples independent realisations.
    samples : size of each of the two samples, which are disjoint draws from the pool.
    repeats : number of pairs of samples, over which the median is taken.
    rng : numpy.random.Generator.
    measure : `distances`, or another function of two samples that returns a dict of floats.

    Returns
    -------
    A dict with the keys of the measure.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    draws, samples = checked_densities("pool", pool), checks.count("samples", samples)
    if len(draws) < 2 * samples:
        raise ValueError(f"pool has {len(draws)} realisations; accepted: at least {2 * samples}")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {checks.shown(rng)}; accepted: a numpy.random.Generator")
    if not callable(measure):
        raise ValueError(f"measure is {checks.shown(measure)}; accepted: a function")
    pairs = []
    for _ in range(checks.count("repeats", repeats)):
        first, second = np.split(rng.permutation(len(draws))[: 2 * samples], 2)
        try:
            pairs.append(measure(draws[first], draws[second]))
        except ValueError as error:
            raise ValueError(f"pool against itself: {error}") from error
    return median_of(pairs)


def median_of(dicts: list[dict[str, float]]) -> dict[str, float]:
    """The median of each measure over several dicts with the same keys."""
    return {name: float(np.median([found[name] for found in dicts])) for name in dicts[0]}


def _numbers(name: str, value: ArrayLike) -> NDArray[np.float64]:
    array = checks.finite(name, value)
    checks.within(name, array, -LARGEST, LARGEST)
    return array


def _fit(a, b):
    try:
        return bool(np.broadcast_shapes(a.shape, b.shape))
    except ValueError:
        return False
