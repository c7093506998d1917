"""Errors of forecasts at every time, against the solver and the exact distribution.

Forecasts are arrays (steps, reynolds, times, cells): for each density a to the right of the jump
(only one for the sinus), the distribution over log Re at each time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from burgers import exact, metrics, solver
from burgers.ensembles import trajectories
from burgers.metrics.forecast import BAND, around, coverage, law_errors
from burgers.models import flow, latent_ode
from burgers.problems import CASES, LOG_REYNOLDS, STEP, centres, number
from burgers.profiles import Profile
from burgers.streams import generator, stream
from burgers.studies import forecasting
from burgers.studies.forecasting import LAST, LATER, SOLVER, TIMES, times

# log Re at which the numerical viscosity of the first-order scheme on 400 cells equals 1 / Re.
LAST_RESOLVED = 6.7
REPEATS = 20
# Goals: largest errors at the worst time. The last one bounds the distance of coverage from 90 %.
GOALS = {"median": 0.005, "maximum": 0.02, "mean_error": 0.01, "std_error": 0.05, "coverage": 0.02}
COVERED = 0.9


@dataclass(frozen=True)
class Reference:
    """Held-out trajectories on a grid of (a, log Re), by the solver and exactly.

    Attributes
    ----------
    name : of the case.
    ensemble : the solver's trajectories, of `trajectories.generate`.
    steps : number of densities a to the right of the jump; 1 for the sinus.
    solved, exact : (steps, reynolds, times, cells) float32 densities.
    """

    name: str
    ensemble: xr.Dataset
    steps: int
    solved: NDArray[np.float32]
    exact: NDArray[np.float32]

    @property
    def reynolds(self) -> NDArray[np.float64]:
        """Re of every trajectory, (steps * reynolds,)."""
        return self.ensemble.reynolds.values

    @property
    def start(self) -> NDArray[Any]:
        """The density of every trajectory at t = 0, (steps * reynolds, cells)."""
        return self.flat(self.solved)[:, 0]

    def grid(self, density: NDArray[Any]) -> NDArray[Any]:
        """Reshape (steps * reynolds, ...) to (steps, reynolds, ...)."""
        return density.reshape(self.steps, -1, *density.shape[1:])

    def flat(self, density: NDArray[Any]) -> NDArray[Any]:
        """Reshape (steps, reynolds, ...) to (steps * reynolds, ...)."""
        return density.reshape(-1, *density.shape[2:])


def reference(name: str, profile: Profile) -> Reference:
    """Solve the held-out trajectories of a case, numerically and exactly.

    The inputs are midpoints of equal intervals in log Re and, for the creneau, in a; their numbers
    are `profile.propagation.grid[name]`.
    """
    steps, count = profile.propagation.grid[name]
    case = CASES[name]
    inputs: dict[str, Any] = {"reynolds": np.tile(np.exp(midpoints(LOG_REYNOLDS, count)), steps)}
    if "step" in case.inputs:
        inputs["step"] = np.repeat(midpoints(STEP, steps), count)
    solved = trajectories.generate(case, steps * count, times(name), inputs=inputs, **SOLVER)
    found = np.stack([
        exact.density(case, time, **inputs).astype(np.float32) for time in times(name)
    ], axis=1)  # fmt: skip
    shape = (steps, count, *found.shape[1:])
    return Reference(name, solved, steps, solved.density.values.reshape(shape),
                     found.reshape(shape))  # fmt: skip


def judge(forecast: NDArray[Any], reference: Reference) -> pd.DataFrame:
    """Errors of a forecast at each time.

    Parameters
    ----------
    forecast : (steps, reynolds, times, cells) densities, at the inputs of the reference.

    Returns
    -------
    DataFrame with a row for each time. `median`, `maximum`: relative L2 error of a trajectory,
    against the solver. `mean_error`, `std_error`, `coverage`: of the distribution over log Re,
    against the solver's, errors as maximum over a; `exact_…`: against the exact distribution.
    `mass`: largest difference of the mass from the solver's.

    Raises
    ------
    ValueError
        If the forecast is not finite.
    """
    if not np.isfinite(forecast).all():
        raise ValueError("forecast contains NaN or infinity; accepted: finite numbers")
    error = metrics.relative_error(forecast, reference.solved)
    exactly = law_errors(forecast, reference.exact)
    mass, known = (part.mean(axis=3, dtype=np.float64) for part in (forecast, reference.solved))
    table = {
        "time": reference.ensemble.time.values,
        "median": np.median(error, axis=(0, 1)),
        "maximum": error.max(axis=(0, 1)),
        **law_errors(forecast, reference.solved),
        **{f"exact_{key}": value for key, value in exactly.items()},
        "coverage": coverage(forecast, reference.solved),
        "exact_coverage": coverage(forecast, reference.exact),
        "mass": np.abs(mass - known).max(axis=(0, 1)),
    }
    return pd.DataFrame(table)


def extrapolation_errors(forecast: NDArray[Any], reference: Reference) -> pd.DataFrame:
    """Relative L2 errors of trajectories inside and outside the range of `forecasting.inner`.

    forecast: (steps, reynolds, times, cells) densities, at the inputs of the reference.

    Returns
    -------
    DataFrame of `median` and `maximum`, with a row for each combination of `time_seen` and
    `reynolds_seen`.
    """
    error = metrics.relative_error(forecast, reference.solved)
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


def budget(
    reference: Reference, model: latent_ode.Reduced, profile: Profile, seed: int
) -> pd.DataFrame:
    """Error budget of a forecast from t = 0: errors of mean and std by source.

    Each step of the computation is compared with the previous one, beginning with the exact
    moments: the solver's densities; these encoded and decoded; propagated in the latent space, also
    compared with the solver's, since the last two errors can cancel; with log Re from the
    distribution learned at t = 0 instead of the prior; with `profile.propagation.draws` random
    members instead of midpoints, median over 20 repeats.

    Returns
    -------
    DataFrame of `source`, `mean_error` and `std_error`: relative L2 errors, medians over the times
    after t = 0; for the creneau at the middle a.
    """
    middle, draws = reference.steps // 2, profile.propagation.draws
    solved, found = reference.solved[middle], reference.exact[middle]
    start = reference.grid(reference.start)[middle]
    reynolds = reference.grid(reference.reynolds)[middle]
    code, rng = model.encode(start[:1])[0], generator(seed, "budget", number(reference.name))
    of_reynolds = forecasting.reynolds_given_code(model, reference.name, 0, profile, seed)

    def propagated(reynolds):
        codes = np.repeat(code, len(reynolds), axis=0)
        return model.decode(model.advance(codes, reference.ensemble.time.values, reynolds))

    rebuilt = model.decode(model.encode(solved.reshape(-1, solved.shape[2]))[0])
    rebuilt, forecast = rebuilt.reshape(solved.shape), propagated(reynolds)
    ranks = centres(len(reynolds))[:, None]
    learned = of_reynolds.from_uniform(ranks, np.repeat(code, len(ranks), axis=0))[:, 0]
    of_learned = propagated(np.exp(learned))
    rows = {
        "scheme": _median_errors(solved, found),
        "encoder and decoder": _median_errors(rebuilt, solved),
        "dynamics": _median_errors(forecast, rebuilt),
        "encoder, dynamics and decoder": _median_errors(forecast, solved),
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


def from_a_later_start(
    name: str, models: forecasting.Forecasters, of_reynolds: flow.Flow, profile: Profile, seed: int
) -> pd.DataFrame:
    """Errors of ensembles started from X(t₀), t₀ > 0, and given nothing else.

    Parameters
    ----------
    of_reynolds : p(log Re | z(t₀)), of `forecasting.reynolds_given_code`.

    Returns
    -------
    DataFrame with a row for the reduced model, log Re drawn from `of_reynolds`, and for the
    autonomous one, codes drawn from the posterior. `error`, `largest`: median and maximum of the
    relative L2 error of the ensemble's mean. `spread`: the ensemble's std in the same norm.
    `coverage`: fraction of X(t) within the ensemble's 5 % to 95 % band. `reynolds`: fraction of the
    true log Re within the central 90 % of its distribution, and `width`: median width of that
    interval relative to the prior's.
    """
    n, members, kept = profile.propagation.later, profile.propagation.later_members, times(name)
    after = np.arange(LATER, TIMES, LATER)
    held = trajectories.generate(
        CASES[name], n, kept, seed=stream(seed, "later trajectories", number(name)), **SOLVER
    )
    start, durations = held.density.values[:, LATER], kept[after] - kept[LATER]
    code = np.repeat(models.reduced.encode(start)[0], members, axis=0)
    log_reynolds = of_reynolds.from_uniform(np.tile(centres(members), n)[:, None], code)[:, 0]
    snapshot = forecasting.drawn(models.codes, np.repeat(start, members, axis=0), models.rng)
    codes = models.reduced.advance(code, durations, np.exp(log_reynolds))
    found = {
        "reduced": models.reduced.decode(codes),
        "autonomous": models.autonomous.decode(models.autonomous.advance(snapshot, durations)),
    }
    solved = held.density.values[:, after]
    rows = [{"model": label, "start": kept[LATER]} | around(forecast, solved, members)
            for label, forecast in found.items()]  # fmt: skip
    table = pd.DataFrame(rows)
    low, high = np.quantile(log_reynolds.reshape(n, members), BAND, axis=1)
    known = np.log(held.reynolds.values)
    table.loc[0, "reynolds"] = ((known >= low) & (known <= high)).mean()
    table.loc[0, "width"] = np.median(high - low) / np.ptp(BAND) / np.ptp(LOG_REYNOLDS)
    return table


def verdicts(judged: pd.DataFrame) -> pd.DataFrame:
    """Compare the reduced model with each goal, at its worst time after t = 0.

    judged: tables of `judge`, with columns `case` and `model` added. Returns a DataFrame of `case`,
    `goal`, `measured`, `at_most` and `holds`.
    """
    rows = []
    for name in CASES:
        found = judged[(judged.case == name) & (judged.model == "reduced") & (judged.time > 0)]
        worst = found.max(numeric_only=True)
        missed = (found[["coverage", "exact_coverage"]] - COVERED).abs().max()
        rows += [
            (name, "median error of a trajectory", worst["median"], GOALS["median"]),
            (name, "largest error of a trajectory", worst.maximum, GOALS["maximum"]),
            (name, "error of the mean, worst time", worst.exact_mean_error, GOALS["mean_error"]),
            (name, "error of the std, worst time", worst.exact_std_error, GOALS["std_error"]),
            (name, "coverage less 90 %, worst time", missed.coverage, GOALS["coverage"]),
            (name, "coverage of the exact law less 90 %, worst time",
             missed.exact_coverage, GOALS["coverage"]),
        ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["case", "goal", "measured", "at_most"])
    return table.assign(holds=table.measured <= table.at_most)


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
