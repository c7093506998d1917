"""How an ensemble forecast compares with the law that it forecasts, at every time.

Arrays are (steps, reynolds, times, cells): for each density right of the jump (one for the sinus) a
law over log Re, at each time.
"""

import numpy as np

from burgers.metrics.moments import relative_error

# A band is judged in the cells where the law is at least this share of its widest at that time.
LEAST_STD = 0.1
# Of the law's largest std at that time.
TOLERANCE = 0.01
BAND = (0.05, 0.95)


def law_errors(forecast, reference):
    """Errors of mean and std at each time, the worst over a: a dict of (times,) arrays."""
    found = {}
    for name, moment in (("mean_error", np.mean), ("std_error", np.std)):
        a, b = (moment(sample, axis=1, dtype=np.float64) for sample in (forecast, reference))
        with np.errstate(invalid="ignore", divide="ignore"):
            found[name] = relative_error(a, b).max(axis=0)
    return found


def coverage(forecast, reference):
    """Share of a reference in the band of 5 % to 95 % of a forecast at each time, (times,).

    Over the cells whose std in the reference is at least a tenth of the largest at that time; NaN
    where there are none. Behind a front most of a law is one density, which no band meets to the
    last digit, and which fills a tail: a value nearer to the band than 1 % of the largest std is in
    it, and what the reference's own band holds, in the same way, counts as 90 %.
    """
    std = reference.std(axis=1, dtype=np.float64)
    largest = std.max(axis=2, keepdims=True)
    # In single precision a law without spread has a std of rounding errors.
    wide = (std >= LEAST_STD * largest) & (largest > 1e-6)
    count, near = wide.sum(axis=(0, 2)), TOLERANCE * largest[:, None]
    found, own = (
        (_held(sample, reference, near) * wide).sum(axis=(0, 2)) / np.maximum(count, 1)
        for sample in (forecast, reference)
    )
    return np.where(count > 0, 0.9 * found / np.maximum(own, 1e-9), np.nan)


def _held(sample, reference, near):
    """Share of a reference in, or so near, the band of a sample in each cell."""
    low, high = np.quantile(sample, BAND, axis=1)[:, :, None]
    return ((reference >= low - near) & (reference <= high + near)).mean(axis=1)


def around(forecast, truth, members):
    """How ensembles lie around single trajectories: medians over trajectories.

    forecast (count * members, times, cells), truth (count, times, cells).
    """
    forecast = forecast.reshape(len(truth), members, *truth.shape[1:])
    error = relative_error(forecast.mean(axis=1), truth)
    low, high = np.quantile(forecast, BAND, axis=1)
    std = truth.std(axis=0)
    wide = std >= LEAST_STD * std.max(axis=1, keepdims=True)
    spread = np.linalg.norm(forecast.std(axis=1), axis=2) / np.linalg.norm(truth, axis=2)
    return {
        "error": np.median(error),
        "largest": error.max(),
        "spread": np.median(spread),
        "coverage": ((truth >= low) & (truth <= high))[:, wide].mean(),
    }
