"""Training pairs of latent ODEs: two densities of one trajectory, and the weights of errors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers.problems import LOG_REYNOLDS, STEP

# A spread below this fraction of the largest is taken as this fraction, which bounds the weights.
LEAST_SPREAD = 0.02
# Pairs in a batch.
BATCH_SIZE = 100


def of_trajectories(ensemble: xr.Dataset) -> xr.Dataset:
    """The ensemble itself, if it is one of `trajectories.generate`, on any grid; or ValueError."""
    shape = getattr(getattr(ensemble, "density", None), "shape", ())
    known = [hasattr(ensemble, name) for name in ("time", "reynolds")]
    if len(shape) != 3 or not all(shape) or not all(known):
        what = f"has density of shape {shape}" if shape else f"is a {type(ensemble).__name__}"
        raise ValueError(f"ensemble {what}; accepted: what trajectories.generate returns")
    checks.finite("density", ensemble.density.values, np.float32)
    checks.non_negative("time", ensemble.time.values)
    checks.positive("reynolds", ensemble.reynolds.values)
    return ensemble


def standard(reynolds: NDArray[Any]) -> NDArray[np.float64]:
    """log Re standardised to mean zero and variance one under its prior, (realisations, 1)."""
    low, high = LOG_REYNOLDS
    return (np.log(reynolds)[:, None] - 0.5 * (low + high)) * np.sqrt(12.0) / (high - low)


def numbers(ensemble: xr.Dataset) -> NDArray[np.float64]:
    """(t, log Re) and the other inputs of every density: (count, numbers).

    t, log Re and the creneau's a are on scales of order one; those of other problems stay as given.
    """
    time = checks.non_negative("time", ensemble.time.values)
    n, times = len(ensemble.reynolds), len(time)
    constant = [standard(checks.positive("reynolds", ensemble.reynolds.values))]
    if "step" in ensemble.coords:
        step = checks.finite("step", ensemble.step.values)
        constant.append(2.0 * (step[:, None] - np.mean(STEP)) / np.ptp(STEP))
    for name in sorted({*ensemble.attrs.get("inputs", ())} - {"reynolds", "step"}):
        constant.append(checks.finite(name, ensemble[name].values).reshape(n, -1))
    time = np.tile(time, n)[:, None]
    repeated = (np.repeat(column, times, axis=0) for column in constant)
    return np.concatenate([2.0 * time - 1.0, *repeated], axis=1)


def weights(ensemble: xr.Dataset) -> NDArray[np.float32]:
    """Weight of the square error of each density in training, (realisations, times) float32.

        w = 1 / (mean_x ρ² · s^(3/2)),   s = max(spread / max_t spread, 0.02)

    The spread over Re is that of `spread`. ValueError for fewer than two trajectories, or for a
    density that is zero everywhere.
    """
    wide = spread(of_trajectories(ensemble))
    # Identical trajectories have no spread at any time, and all times the same share.
    share = np.maximum(wide / wide.max(), LEAST_SPREAD) if wide.any() else np.ones(1)
    energy = np.square(ensemble.density.values).mean(axis=2)
    checks.positive("mean square of the density", energy)
    return (1.0 / (energy * share**1.5)).astype(np.float32)


def ends(
    ensemble: xr.Dataset, values: NDArray[Any], pairs: "Pairs", parameters: bool
) -> tuple[NDArray[np.float32], ...]:
    """Start, duration, parameters and end of each pair, four float32 arrays (pairs, numbers).

    values : densities or codes (realisations, times, numbers) that start and end are taken from.
    parameters : whether log Re is a parameter, True or 1; otherwise there are none.
    """
    times, r = ensemble.time.values, pairs.realisation
    duration = (times[pairs.end] - times[pairs.start])[:, None]
    parameters = standard(ensemble.reynolds.values)[r, :parameters]
    single = (part.astype(np.float32) for part in (duration, parameters))
    return values[r, pairs.start], *single, values[r, pairs.end]


@dataclass(frozen=True)
class Pairs:
    """Indices of two times of one trajectory, the second not before the first.

    realisation, start, end : (pairs,) integers.
    """

    realisation: NDArray[np.integer]
    start: NDArray[np.integer]
    end: NDArray[np.integer]


def drawn_pairs(n: int, times: int, rng: np.random.Generator, from_first: float = 1 / 3) -> Pairs:
    """Draw one pair for each time of each of n trajectories, which ends at that time.

    A pair starts at the first time with probability `from_first`, and otherwise at a time drawn
    uniformly from the first to its end.
    """
    realisation, end = np.divmod(np.arange(n * times), times)
    anywhere = rng.integers(0, end + 1)
    return Pairs(realisation, np.where(rng.random(len(end)) < from_first, 0, anywhere), end)


def spread(trajectories: xr.Dataset) -> NDArray[np.float64]:
    """Std of the density over Re at each time, the other inputs being equal: (times,).

    The root mean square, over x and trajectories, of differences between neighbours in `step`,
    divided by √2. ValueError for fewer than two trajectories.
    """
    density = trajectories.density.values
    checks.count("trajectories", len(density), least=2)
    if "step" in trajectories.coords:
        density = density[np.argsort(trajectories.step.values)]
    return np.sqrt(0.5 * np.mean(np.square(np.diff(density, axis=0)), axis=(0, 2)))
