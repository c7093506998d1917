"""Distances between two distributions of the density, computed from samples of them.

A sample is an array (realisations, cells); results are numbers.
"""

from burgers.metrics import forecast
from burgers.metrics.moments import (
    distances,
    in_floors,
    mean_and_std,
    moment_errors,
    noise_floor,
    relative_error,
    wasserstein,
)
from burgers.metrics.scorecard import judge, scores
from burgers.metrics.two_sample import (
    band_error,
    c2st,
    energy_distance,
    front,
    nearest_neighbour_ratio,
    sliced_wasserstein,
)

# Former names.
classifier_accuracy, novelty = c2st, nearest_neighbour_ratio

__all__ = [
    "band_error",
    "c2st",
    "classifier_accuracy",
    "distances",
    "energy_distance",
    "forecast",
    "front",
    "in_floors",
    "judge",
    "mean_and_std",
    "moment_errors",
    "nearest_neighbour_ratio",
    "noise_floor",
    "relative_error",
    "scores",
    "sliced_wasserstein",
    "wasserstein",
]  # fmt: skip
