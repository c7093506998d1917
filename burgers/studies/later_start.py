"""Ensembles started from a density at a later time, and given nothing else."""

import numpy as np
import pandas as pd

from burgers.ensembles import trajectories
from burgers.metrics.forecast import BAND, around, law_errors
from burgers.models import flow
from burgers.problems import CASES, LOG_REYNOLDS, centres, number
from burgers.profiles import Profile
from burgers.streams import generator, stream
from burgers.studies import dressing, forecasting
from burgers.studies.forecasting import LATER, TIMES, times

# One of so many times after the start is judged.
EVERY = 5


def errors(
    name: str, models: forecasting.Forecasters, of_reynolds: flow.Flow, profile: Profile, seed: int
) -> pd.DataFrame:
    """Errors of ensembles started from X(t₀), t₀ > 0, and given nothing else.

    Parameters
    ----------
    of_reynolds : p(log Re | z(t₀)), of `forecasting.reynolds_given_code`.

    Returns
    -------
    DataFrame with a row for each model and time after t₀. Models: `reduced`, log Re drawn from
    `of_reynolds`; `reduced, dressed`, the same with the model's own error, the scale of which was
    chosen on other trajectories; `autonomous`, codes drawn from the posterior. Columns: those of
    `metrics.forecast.around`; `mean_error`, `std_error`, of the distribution of X(t) that all
    ensembles together represent; `reynolds`, the fraction of the true log Re within the central
    90 % of its distribution, and `width`, the median width of that interval relative to the
    prior's.
    """
    members, after = profile.propagation.later_members, np.arange(LATER[name] + 1, TIMES, EVERY)
    calibrating, held = (
        trajectories.generate(
            CASES[name], profile.propagation.later, times(name), scheme="exact",
            seed=stream(seed, "later trajectories", number(name), k),
        )
        for k in range(2)
    )  # fmt: skip
    dressed = _dressing(name, models.reduced, of_reynolds, calibrating, after, members, seed)
    log_reynolds, codes = _members(name, models.reduced, of_reynolds, held, after, members)
    start = held.density.values[:, LATER[name]]
    snapshot = forecasting.drawn(models.codes, np.repeat(start, members, axis=0), models.rng)
    durations = times(name)[after] - times(name)[LATER[name]]
    rng = generator(seed, "dressing", number(name), 1)
    found = {
        "reduced": models.reduced.decode(codes),
        "reduced, dressed": models.reduced.decode(dressed.dressed(codes, log_reynolds, rng)),
        "autonomous": models.autonomous.decode(models.autonomous.advance(snapshot, durations)),
    }
    truth = held.density.values[:, after]
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


def _members(name, model, of_reynolds, held, after, members):
    """log Re of the members of every ensemble, and their codes at later times."""
    kept = times(name)
    code = np.repeat(model.encode(held.density.values[:, LATER[name]])[0], members, axis=0)
    ranks = np.tile(centres(members), held.sizes["realisation"])[:, None]
    log_reynolds = of_reynolds.from_uniform(ranks, code)[:, 0]
    durations = kept[after] - kept[LATER[name]]
    return log_reynolds, model.advance(code, durations, np.exp(log_reynolds))


def _dressing(name, model, of_reynolds, held, after, members, seed):
    """The dressing of ensembles from the later time, by trajectories that are not judged."""
    truth = held.density.values[:, after]
    log_reynolds, codes = _members(name, model, of_reynolds, held, after, members)
    start, durations = held.density.values[:, LATER[name]], times(name)[after]
    along = model.advance(
        model.encode(start)[0], durations - times(name)[LATER[name]], held.reynolds.values
    )

    def covered(by):
        rng = generator(seed, "dressing", number(name), 2)
        forecast = model.decode(by.dressed(codes, log_reynolds, rng))
        return around(forecast, truth, members)["coverage"]

    return dressing.fit(model, along, truth, np.log(held.reynolds.values), covered)


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
