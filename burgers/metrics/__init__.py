"""Distances between two distributions of the density, computed from samples of them.

A sample is an array (realisations, cells); results are numbers.
"""

from burgers.metrics import forecast
from burgers.metrics._pool import checked_densities
from burgers.metrics.classifiers import c2st, c2st_curve, resolution
from burgers.metrics.features import front, structure_function
from burgers.metrics.moments import (
    distances,
    in_floors,
    mean_and_std,
    moment_errors,
    noise_floor,
    relative_error,
    wasserstein,
)
from burgers.metrics.scorecard import MEASURES, Scatter, judge, scores
from burgers.metrics.two_sample import (
    band_error,
    crps,
    energy_distance,
    energy_score,
    nearest_neighbour_ratio,
    sliced_wasserstein,
    spectrum_error,
)

# Former names.
classifier_accuracy, novelty = c2st, nearest_neighbour_ratio

__all__ = [
    "MEASURES",
    "Scatter",
    "band_error",
    "c2st",
    "c2st_curve",
    "checked_densities",
    "classifier_accuracy",
    "crps",
    "distances",
    "energy_distance",
    "energy_score",
    "forecast",
    "front",
    "in_floors",
    "judge",
    "mean_and_std",
    "moment_errors",
    "nearest_neighbour_ratio",
    "noise_floor",
    "relative_error",
    "resolution",
    "scores",
    "sliced_wasserstein",
    "spectrum_error",
    "structure_function",
    "wasserstein",
]  # fmt: skip
