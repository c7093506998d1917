"""Ensembles started from a density at a later time, and given nothing else."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from burgers.ensembles import trajectories
from burgers.metrics.forecast import BAND, around, law_errors
from burgers.models import latent_ode
from burgers.problems import CASES, LOG_REYNOLDS, number
from burgers.profiles import Profile
from burgers.streams import generator, stream
from burgers.studies import dressing, forecasting
from burgers.studies.forecasting import LATER, TIMES, times

# One of so many times after the start is judged.
EVERY = 5
# Ensembles are begun from so many times `Propagation.later` trajectories: coverages of fewer
# scatter by more than the two points that are aimed at.
SETS = 4
# Penalty of the slopes with which members are adjusted, as a part of the scatter of their codes.
RIDGE = 0.03


class Analogues:
    """Members of an ensemble from a density X at t₀: the nearest of many simulated trajectories.

        (log Re, z)_k = (log Re, z(t₀))_i(k) - B (E(X_i(k)) - E(X)),   i(k) the k-th nearest to X

    z(t₀) is the code with which the trajectory arrives at t₀ from t = 0. Forecasts from there are
    as accurate as those from t = 0; the code that the encoder E makes of a later density lies
    slightly off the trajectory. The linear map B is fitted to the nearest trajectories and takes
    away what is due to their distance from X. Source of both steps, approximate Bayesian
    computation with regression adjustment: M. A. Beaumont, W. Zhang and D. J. Balding, Genetics
    162, 2002.

    Parameters
    ----------
    model : whose encoder and dynamics are used.
    name : of the case, which sets t₀.
    profile : sizes, of which the number of trajectories is used.
    seed : of their random inputs.
    """

    def __init__(self, model: latent_ode.Reduced, name: str, profile: Profile, seed: int) -> None:
        self.model, begin = model, times(name)[[0, LATER[name]]]
        known = trajectories.generate(
            CASES[name], profile.propagation.law_samples, begin, scheme="exact",
            seed=stream(seed, "codes at a time", number(name), LATER[name]),
        )  # fmt: skip
        first, self.encoded = (model.encode(known.density.values[:, k])[0] for k in range(2))
        arrived = model.advance(first, begin, known.reynolds.values)[:, 1]
        self.arrived = np.column_stack([np.log(known.reynolds.values), arrived])
        self.nearest = NearestNeighbors(algorithm="brute").fit(known.density.values[:, 1])

    def members(
        self, density: NDArray[Any], count: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """log Re and codes at t₀ of the members of ensembles from densities at t₀.

        density: (realisations, cells). Returns (realisations, count) and (realisations, count,
        latents), the nearest first.
        """
        near = self.nearest.kneighbors(density, count, return_distance=False)
        found = self.arrived[near]
        apart = self.encoded[near] - self.model.encode(density)[0][:, None]
        centred = apart - apart.mean(axis=1, keepdims=True)
        normal = np.einsum("nik,nil->nkl", centred, centred)
        # Members that hardly differ determine no slope.
        penalty = RIDGE * np.trace(normal, axis1=1, axis2=2) + np.finfo(float).tiny
        normal += penalty[:, None, None] * np.eye(len(normal[0]))
        deviation = found - found.mean(axis=1, keepdims=True)
        slopes = np.linalg.solve(normal, np.einsum("nik,nil->nkl", centred, deviation))
        found = found - apart @ slopes
        return found[..., 0].clip(*LOG_REYNOLDS), found[..., 1:]


def errors(name: str, models: forecasting.Forecasters, profile: Profile, seed: int) -> pd.DataFrame:
    """Errors of ensembles started from X(t₀), t₀ > 0, and given nothing else.

    Returns
    -------
    DataFrame with a row for each model and time after t₀. Models: `reduced`, of the members of
    `Analogues`; `reduced, dressed`, the same with the model's own error, the scale of which was
    chosen on other trajectories; `autonomous`, codes drawn from the posterior. Columns: those of
    `metrics.forecast.around`; `mean_error`, `std_error`, of the distribution of X(t) that all
    ensembles together represent; `reynolds`, the fraction of the true log Re within the central
    90 % of their members; and `width`, the median width of that interval relative to the
    prior's.
    """
    members, after = profile.propagation.later_members, _after(name)
    calibrating, held = (_trajectories(name, profile, seed, k) for k in range(2))
    analogues = Analogues(models.reduced, name, profile, seed)
    dressed = _dressing(name, analogues, calibrating, after, members, seed)
    log_reynolds, codes = _advanced(name, analogues, held, after, members)
    start, truth = held.density.values[:, 0], held.density.values[:, 1:]
    snapshot = forecasting.drawn(models.codes, np.repeat(start, members, axis=0), models.rng)
    durations = times(name)[after] - times(name)[LATER[name]]
    rng = generator(seed, "dressing", number(name), 1)
    found = {
        "reduced": models.reduced.decode(codes),
        "reduced, dressed": models.reduced.decode(dressed.dressed(codes, log_reynolds, rng)),
        "autonomous": models.autonomous.decode(models.autonomous.advance(snapshot, durations)),
    }
    low, high = np.quantile(log_reynolds.reshape(-1, members), BAND, axis=1)
    known, width = np.log(held.reynolds.values), np.median(high - low) / np.ptp(BAND)
    drawn = {
        "reynolds": ((known >= low) & (known <= high)).mean(),
        "width": width / np.ptp(LOG_REYNOLDS),
    }
    tables = [
        pd.DataFrame({
            "model": label, "start": times(name)[LATER[name]], "time": times(name)[after],
            **around(forecast, truth, members), **law_errors(forecast[None], truth[None]),
            **(drawn if label != "autonomous" else {}),
        })
        for label, forecast in found.items()
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def _trajectories(name, profile, seed, k):
    """Trajectories not trained on, at the time that ensembles are begun and those judged."""
    rng = generator(seed, "later trajectories", number(name), k)
    at = times(name)[[LATER[name], *_after(name)]]
    return forecasting.evenly_spread(name, SETS * profile.propagation.later, at, rng)


def _after(name):
    """Indices of the times that are judged."""
    return np.arange(LATER[name] + 1, TIMES, EVERY)


def _advanced(name, analogues, held, after, members):
    """log Re of the members of all ensembles, one after another, and their codes at later times."""
    log_reynolds, codes = analogues.members(held.density.values[:, 0], members)
    log_reynolds, codes = log_reynolds.ravel(), codes.reshape(-1, codes.shape[2])
    durations = times(name)[after] - times(name)[LATER[name]]
    return log_reynolds, analogues.model.advance(codes, durations, np.exp(log_reynolds))


def _dressing(name, analogues, held, after, members, seed):
    """The dressing of ensembles from the later time, by trajectories that are not judged."""
    truth = held.density.values[:, 1:]
    log_reynolds, codes = _advanced(name, analogues, held, after, members)
    known = np.log(held.reynolds.values)
    # The member with the Re of the truth: what else it is off by is the error of the model.
    own = np.abs(log_reynolds.reshape(-1, members) - known[:, None]).argmin(axis=1)
    along = codes.reshape(-1, members, *codes.shape[1:])[np.arange(len(own)), own]

    def covered(by):
        rng = generator(seed, "dressing", number(name), 2)
        forecast = analogues.model.decode(by.dressed(codes, log_reynolds, rng))
        return around(forecast, truth, members)["coverage"]

    return dressing.fit(analogues.model, along, truth, known, covered)


def summary(tables: pd.DataFrame) -> pd.DataFrame:
    """`errors` of all times by case and model: medians, and the worst of each.

    tables: of `errors`, with a column `case` added.
    """
    return tables.groupby(["case", "model"], sort=False).agg(
        error=("error", "median"), largest=("largest", "max"), spread=("spread", "median"),
        lowest=("coverage", "min"), highest=("coverage", "max"),
        mean_error=("mean_error", "max"), std_error=("std_error", "max"),
        reynolds=("reynolds", "first"), width=("width", "first"),
    )  # fmt: skip
