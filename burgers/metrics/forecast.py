"""Comparison of an ensemble forecast with the distribution that it forecasts, at every time.

Arrays are (steps, reynolds, times, cells): for each density right of the jump (a single one for the
sinus) a sample over log Re, at each time.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.metrics.moments import relative_error

# Bands are compared in the cells whose std is at least this fraction of the largest at that time.
LEAST_STD = 0.1
# Tolerance of the bands, as a fraction of the largest std at that time.
TOLERANCE = 0.01
# The quantiles that bound a band.
BAND = (0.05, 0.95)


def law_errors(forecast: ArrayLike, reference: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """Relative L2 errors over x of the forecast's mean and std at each time, maximum over a.

    Parameters
    ----------
    forecast, reference : (steps, reynolds, times, cells).

    Returns
    -------
    A dict of `mean_error` and `std_error`, (times,) each; not finite where the reference is zero.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    forecast, reference = _pair(forecast, reference)
    found = {}
    for name, moment in (("mean_error", np.mean), ("std_error", np.std)):
        a, b = (moment(sample, axis=1, dtype=np.float64) for sample in (forecast, reference))
        with np.errstate(invalid="ignore", divide="ignore"):
            found[name] = relative_error(a, b).max(axis=0)
    return found


def coverage(forecast: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """Fraction of the reference within the forecast's 5 % to 95 % band, at each time.

    Only cells whose std in the reference is at least a tenth of the largest at that time are
    counted. Behind a front most of the probability is concentrated at a single density, which no
    band contains to the last digit and which makes up an entire tail. Therefore values closer to
    the band than 1 % of the largest std count as inside, and the fraction is normalised so that the
    reference's own band, treated in the same way, has a coverage of 90 %.

    Parameters
    ----------
    forecast, reference : (steps, reynolds, times, cells).

    Returns
    -------
    (times,), 0.9 for a perfect forecast; NaN where the reference does not vary.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    forecast, reference = _pair(forecast, reference)
    std = reference.std(axis=1, dtype=np.float64)
    largest = std.max(axis=2, keepdims=True)
    # In single precision the std of a constant sample consists of rounding errors.
    wide = (std >= LEAST_STD * largest) & (largest > 1e-6)
    count, near = wide.sum(axis=(0, 2)), TOLERANCE * largest[:, None]
    found, own = (
        (_held(sample, reference, near) * wide).sum(axis=(0, 2)) / np.maximum(count, 1)
        for sample in (forecast, reference)
    )
    return np.where(count > 0, 0.9 * found / np.maximum(own, 1e-9), np.nan)


def _held(sample, reference, near):
    """Fraction of a reference inside the band of a sample, or as near to it, in each cell."""
    low, high = np.quantile(sample, BAND, axis=1)[:, :, None]
    return ((reference >= low - near) & (reference <= high + near)).mean(axis=1)


def around(forecast: ArrayLike, truth: ArrayLike, members: int) -> dict[str, NDArray[np.float64]]:
    """Error, spread and coverage of ensembles that each forecast a single trajectory.

    Parameters
    ----------
    forecast : (count * members, times, cells), the members of a trajectory one after the other.
    truth : (count, times, cells).
    members : members of each ensemble.

    Returns
    -------
    A dict of (times,) arrays: `error` and `largest`, the median and the maximum over trajectories
    of the relative L2 error of the ensemble mean; `spread`, the median of the ensemble's std in the
    same norm; `coverage`, the fraction of the truth within the 5 % to 95 % band of its ensemble,
    over the cells in which that ensemble's std is at least a tenth of its largest.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    truth, members = _densities("truth", truth, 3), checks.count("members", members)
    shape = (len(truth), members, *truth.shape[1:])
    forecast = _densities("forecast", forecast, 3)
    if forecast.size != np.prod(shape) or forecast.shape[1:] != shape[2:]:
        accepted = (shape[0] * members, *shape[2:])
        raise ValueError(f"forecast has shape {forecast.shape}; accepted: {accepted}")
    forecast = forecast.reshape(shape)
    error = relative_error(forecast.mean(axis=1), truth)
    low, high = np.quantile(forecast, BAND, axis=1)
    std = forecast.std(axis=1)
    wide = std >= LEAST_STD * std.max(axis=2, keepdims=True)
    spread = np.linalg.norm(std, axis=2) / np.linalg.norm(truth, axis=2)
    inside = (truth >= low) & (truth <= high) & wide
    return {
        "error": np.median(error, axis=0),
        "largest": error.max(axis=0),
        "spread": np.median(spread, axis=0),
        "coverage": inside.sum(axis=(0, 2)) / wide.sum(axis=(0, 2)),
    }


def _pair(forecast, reference):
    """Both as arrays (steps, reynolds, times, cells), alike but for the numbers of Re."""
    forecast, reference = _densities("forecast", forecast, 4), _densities("reference", reference, 4)
    alike = (0, 2, 3)
    if [forecast.shape[k] for k in alike] != [reference.shape[k] for k in alike]:
        steps, _, *others = reference.shape
        accepted = ", ".join(map(str, (steps, "reynolds", *others)))
        raise ValueError(f"forecast has shape {forecast.shape}; accepted: ({accepted})")
    return forecast, reference


def _densities(name, value, dimensions):
    """Finite densities in the precision that they have, single or double."""
    single = getattr(value, "dtype", None) == np.float32
    array = checks.finite(name, value, np.float32 if single else np.float64)
    if array.ndim != dimensions or not array.size:
        raise ValueError(
            f"{name} has shape {array.shape}; accepted: {dimensions} dimensions, none empty"
        )
    return array
