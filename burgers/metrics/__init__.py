"""How far apart two laws of the density are: arrays in, numbers out.

A sample is an array (realisations, cells).
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
    classifier_accuracy,
    energy_distance,
    front,
    novelty,
    sliced_wasserstein,
)

__all__ = [
    "band_error", "classifier_accuracy", "distances", "energy_distance", "forecast", "front",
    "in_floors", "judge", "mean_and_std", "moment_errors", "noise_floor", "novelty",
    "relative_error", "scores", "sliced_wasserstein", "wasserstein",
]  # fmt: skip
