"""Errors of forecasts at every time, against exact trajectories and their distribution.

Forecasts are arrays (steps, reynolds, times, cells): for each density a to the right of the jump
(only one for the sinus), the distribution over log Re at each time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers import exact, metrics, solver
from burgers.ensembles import trajectories
from burgers.metrics.forecast import coverage, law_errors
from burgers.models import latent_ode
from burgers.problems import CASES, LOG_REYNOLDS, STEP, centres, number
from burgers.profiles import Profile
from burgers.streams import generator
from burgers.studies import dressing, forecasting
from burgers.studies.forecasting import LAST, SOLVER, times

# log Re at which the numerical viscosity of the first-order scheme on 400 cells equals 1 / Re.
LAST_RESOLVED = 6.7
REPEATS = 20
# Goals: largest errors at the worst time. The last one bounds the distance of coverage from 90 %.
GOALS = {"median": 0.005, "maximum": 0.02, "mean_error": 0.01, "std_error": 0.05, "coverage": 0.02}


@dataclass(frozen=True)
class Reference:
    """Held-out trajectories on a grid of (a, log Re).

    Attributes
    ----------
    name : of the case.
    ensemble : exact trajectories, of `trajectories.generate`.
    steps : number of densities a to the right of the jump; 1 for the sinus.
    exact : (steps, reynolds, times, cells) float32 densities.
    """

    name: str
    ensemble: xr.Dataset
    steps: int
    exact: NDArray[np.float32]

    @property
    def reynolds(self) -> NDArray[np.float64]:
        """Re of every trajectory, (steps * reynolds,)."""
        return self.ensemble.reynolds.values

    @property
    def start(self) -> NDArray[Any]:
        """The density of every trajectory at t = 0, (steps * reynolds, cells)."""
        return self.flat(self.exact)[:, 0]

    def grid(self, density: NDArray[Any]) -> NDArray[Any]:
        """Reshape (steps * reynolds, ...) to (steps, reynolds, ...)."""
        return density.reshape(self.steps, -1, *density.shape[1:])

    def flat(self, density: NDArray[Any]) -> NDArray[Any]:
        """Reshape (steps, reynolds, ...) to (steps * reynolds, ...)."""
        return density.reshape(-1, *density.shape[2:])

    def solved(self) -> NDArray[np.float32]:
        """The same trajectories by the solver, (steps, reynolds, times, cells)."""
        inputs = {key: self.ensemble[key].values for key in CASES[self.name].inputs}
        return self.grid(trajectories.generate(
            CASES[self.name], len(self.reynolds), times(self.name), inputs=inputs, **SOLVER
        ).density.values)  # fmt: skip


@checks.formerly(sizes="profile")
def reference(name: str, profile: Profile) -> Reference:
    """The exact held-out trajectories of a case.

    Inputs: midpoints of equal intervals in log Re and a, as many as `profile.propagation.grid` has.
    """
    return _exact_on_grid(name, *profile.propagation.grid[name])


def _exact_on_grid(name, steps, count):
    case = CASES[name]
    inputs: dict[str, Any] = {"reynolds": np.tile(np.exp(midpoints(LOG_REYNOLDS, count)), steps)}
    if "step" in case.inputs:
        inputs["step"] = np.repeat(midpoints(STEP, steps), count)
    found = trajectories.generate(case, steps * count, times(name), inputs=inputs, scheme="exact")
    density = found.density.values
    return Reference(name, found, steps, density.reshape(steps, count, *density.shape[1:]))


def over_time(forecast: NDArray[Any], reference: Reference) -> pd.DataFrame:
    """Errors of a forecast at each time.

    Parameters
    ----------
    forecast : (steps, reynolds, times, cells) densities, at the inputs of the reference.

    Returns
    -------
    DataFrame with a row for each time. `median`, `maximum`: relative L2 error of a trajectory.
    `mean_error`, `std_error`, `coverage`: of the distribution over log Re, errors as maximum over
    a. `mass`: largest error of the mass.

    Raises
    ------
    ValueError
        If the forecast is not finite.
    """
    if not np.isfinite(forecast).all():
        raise ValueError("forecast contains NaN or infinity; accepted: finite numbers")
    error = metrics.relative_error(forecast, reference.exact)
    mass, known = (part.mean(axis=3, dtype=np.float64) for part in (forecast, reference.exact))
    return pd.DataFrame({
        "time": reference.ensemble.time.values,
        "median": np.median(error, axis=(0, 1)),
        "maximum": error.max(axis=(0, 1)),
        **law_errors(forecast, reference.exact),
        "coverage": coverage(forecast, reference.exact),
        "mass": np.abs(mass - known).max(axis=(0, 1)),
    })  # fmt: skip


def extrapolation_errors(forecast: NDArray[Any], reference: Reference) -> pd.DataFrame:
    """Relative L2 errors of trajectories inside and outside the range of `forecasting.inner`.

    forecast: (steps, reynolds, times, cells) densities, at the inputs of the reference.

    Returns
    -------
    DataFrame of `median` and `maximum`, a row for each pair of `time_seen` and `reynolds_seen`.
    """
    error = metrics.relative_error(forecast, reference.exact)
    log_reynolds = np.log(reference.grid(reference.reynolds)[0])
    low, high = forecasting.INNER_LOG_REYNOLDS
    last = forecasting.INNER_TIME * LAST[reference.name]
    time_seen = reference.ensemble.time.values <= last + 1e-9
    reynolds_seen = (log_reynolds > low) & (log_reynolds < high)
    rows = []
    for time in (True, False):
        for reynolds in (True, False):
            part = error[:, reynolds_seen == reynolds][:, :, time_seen == time]
            rows.append((time, reynolds, np.median(part), part.max()))
    return pd.DataFrame(rows, columns=["time_seen", "reynolds_seen", "median", "maximum"])


@checks.formerly(truth="reference", sizes="profile")
def budget(
    reference: Reference, model: latent_ode.Reduced, profile: Profile, seed: int
) -> pd.DataFrame:
    """Error budget of a forecast from t = 0: errors of mean and std by source.

    Each step of the computation is compared with the previous one, beginning with the exact
    moments: the exact densities encoded and decoded; propagated in the latent space, also compared
    with the exact ones, since the two errors can cancel; with log Re from the distribution learned
    at t = 0 instead of the prior; with `profile.propagation.draws` random members instead of
    midpoints, median over 20 repeats.

    Returns
    -------
    DataFrame of `source`, `mean_error` and `std_error`: relative L2 errors, medians over the times
    after t = 0; for the creneau at the middle a.
    """
    middle, draws = reference.steps // 2, profile.propagation.draws
    found = reference.exact[middle]
    start, reynolds = (reference.grid(x)[middle] for x in (reference.start, reference.reynolds))
    code, rng = model.encode(start[:1])[0], generator(seed, "budget", number(reference.name))
    of_reynolds = forecasting.reynolds_given_code(model, reference.name, 0, profile, seed)

    def propagated(reynolds):
        codes = np.repeat(code, len(reynolds), axis=0)
        return model.decode(model.advance(codes, reference.ensemble.time.values, reynolds))

    rebuilt = model.decode(model.encode(found.reshape(-1, found.shape[2]))[0])
    rebuilt, forecast = rebuilt.reshape(found.shape), propagated(reynolds)
    ranks = centres(len(reynolds))[:, None]
    learned = of_reynolds.from_uniform(ranks, np.repeat(code, len(ranks), axis=0))[:, 0]
    of_learned = propagated(np.exp(learned))
    rows = {
        "encoder and decoder": _median_errors(rebuilt, found),
        "dynamics": _median_errors(forecast, rebuilt),
        "encoder, dynamics and decoder": _median_errors(forecast, found),
        "distribution of log Re": _median_errors(of_learned, forecast),
        f"{draws:,} draws": _drawn_errors(of_learned, of_learned, draws, rng),
        "all together": _drawn_errors(of_learned, found, draws, rng),
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("source").reset_index()


def _median_errors(forecast, reference):
    """Errors of mean and std of (members, times, cells), medians over the times after t = 0."""
    errors = law_errors(forecast[None], reference[None])
    return {key: np.nanmedian(values[1:]) for key, values in errors.items()}


def _drawn_errors(members, reference, draws, rng):
    """The same with random draws among the members, median over `REPEATS` repeats."""
    known = [moment(reference, axis=0, dtype=np.float64) for moment in (np.mean, np.std)]
    first, second = (part.reshape(len(part), -1) for part in (members, np.square(members)))
    found = []
    for _ in range(REPEATS):
        weight = rng.multinomial(draws, np.full(len(members), 1.0 / len(members))) / draws
        mean, square = (np.reshape(weight @ part, known[0].shape) for part in (first, second))
        std = np.sqrt(np.maximum(square - mean**2, 0.0))
        pairs = zip((mean, std), known, strict=True)
        found.append([np.median(metrics.relative_error(a[1:], b[1:])) for a, b in pairs])
    return dict(zip(("mean_error", "std_error"), np.median(found, axis=0), strict=True))


def dressing_at_the_start(
    name: str, model: latent_ode.Reduced, profile: Profile, seed: int
) -> dressing.Dressing:
    """The errors to dress ensembles from t = 0 with, from a coarser grid of (a, log Re)."""
    steps, count = profile.propagation.grid[name]
    held = _exact_on_grid(name, -(-steps // 3), -(-2 * count // 3))
    log_reynolds = np.log(held.reynolds)
    codes = model.advance(model.encode(held.start)[0], times(name), held.reynolds)

    def covered(by):
        rng = generator(seed, "dressing", number(name), 0)
        forecast = model.decode(by.dressed(codes, log_reynolds, rng))
        return coverage(held.grid(forecast), held.exact)

    return dressing.fit(model, codes, held.flat(held.exact), log_reynolds, covered, dressing.ENOUGH)


def dressed_forecast(
    name: str, model: latent_ode.Reduced, reference: Reference, profile: Profile, seed: int
) -> NDArray[np.float32]:
    """Forecasts from t = 0 at the inputs of the reference, each with an error of its own.

    Returns (steps, reynolds, times, cells).
    """
    codes = model.advance(model.encode(reference.start)[0], times(name), reference.reynolds)
    dressed = dressing_at_the_start(name, model, profile, seed).dressed(
        codes, np.log(reference.reynolds), generator(seed, "dressing", number(name), 3)
    )
    return reference.grid(model.decode(dressed))


def verdicts(judged: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Compare the reduced model with each goal, at its worst time.

    Parameters
    ----------
    judged : tables of `over_time`, with columns `case` and `model` added.
    later : tables of `later_start.errors`, with a column `case` added.

    Returns
    -------
    DataFrame of `case`, `goal`, `measured`, `at_most` and `holds`. Trajectories and moments from
    t = 0 are those of the reduced model, coverages and the rows from a later time those of the
    dressed one.
    """
    rows = []
    for name in CASES:
        plain, dressed = (
            judged[(judged.case == name) & (judged.model == model) & (judged.time > 0)]
            for model in ("reduced", "reduced, dressed")
        )
        entered = later[(later.case == name) & (later.model == "reduced, dressed")]
        rows += [
            (name, "median error of a trajectory, worst time", plain["median"].max(), "median"),
            (name, "largest error of a trajectory", plain.maximum.max(), "maximum"),
        ]
        for start, table in (("t = 0", dressed), (f"t = {entered.start.max():.2g}", entered)):
            label = f"from {start}, worst time"
            rows += [
                (name, f"error of the mean, {label}", table.mean_error.max(), "mean_error"),
                (name, f"error of the std, {label}", table.std_error.max(), "std_error"),
                (name, f"coverage less 90 %, {label}",
                 (table.coverage - dressing.COVERED).abs().max(), "coverage"),
            ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["case", "goal", "measured", "at_most"])
    found["at_most"] = found.at_most.map(GOALS)
    return found.assign(holds=found.measured <= found.at_most)


def distance_to_largest_reynolds(
    name: str, time: float, log_reynolds: NDArray[Any]
) -> dict[str, NDArray[np.float64]]:
    """Relative L2 distance from each density to that of the last Re, exact and by both schemes.

    log_reynolds: (count,). Returns a dict of (count,) distances: `exact`, `muscl`, `rusanov`.
    """
    case, reynolds = CASES[name], np.exp(log_reynolds)
    found = {"exact": exact.density(case, time, reynolds=reynolds)} | {
        scheme: solver.solve(case.initial(), reynolds, time, boundary=case.boundary, scheme=scheme)
        for scheme in ("muscl", "rusanov")
    }
    return {key: metrics.relative_error(density, density[-1:]) for key, density in found.items()}


def midpoints(ends: tuple[float, float], count: int) -> NDArray[np.float64]:
    """Midpoints of `count` equal intervals between two ends, (count,)."""
    low, high = ends
    return low + (high - low) * (np.arange(count) + 0.5) / count
