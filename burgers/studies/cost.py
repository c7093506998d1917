"""The cost of an ensemble by every method, and the number of ensembles that repay a training."""

from functools import cache
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import xarray as xr

from burgers import _checks as checks
from burgers import exact, metrics
from burgers.ensembles import trajectories
from burgers.exact.points import gauss, random_numbers
from burgers.models import latent_ode, training
from burgers.paths import stored
from burgers.problems import CASES, CELLS, number
from burgers.profiles import Profile
from burgers.streams import generator, integer, stream
from burgers.studies import forecasting, multilevel

# Models that can reproduce the spread of the exact distribution.
COMPARED = ("reduced", "one shot", "POD, same F", "POD, Gaussian process")
# Competing methods, and the errors that must be at most the reduced model's for equal accuracy.
COMPETITORS = {
    "solver": ["l2_error", "own_std_error"],
    "Gauss": ["std_error"],
    "Sobol": ["std_error"],
    "MLMC": ["std_error"],
}
# Largest ratios of the model's seconds to the solver's at equal accuracy.
GOALS = {"sinus": 2.0, "creneau": 0.5}
# Cells of the multilevel estimates' coarsest grid, and realisations on the finest one by which the
# size of their sampling error is set.
COARSEST, PILOT = 50, 100
# Random members, the first ones, whose exact densities a method's std is compared with: the error
# is free of sampling error, and more members hardly change it. Cells of these densities, averaged
# over fewer for each grid.
OWN, FINEST = 2000, 800


@checks.formerly(sizes="profile")
def table(name: str, models: forecasting.Forecasters, profile: Profile, seed: int) -> pd.DataFrame:
    """Measure the time that an ensemble takes by every method, and its errors.

    The reduced model and the solver propagate `profile.propagation.members` random members, the
    other models a fifth as many. At the points of the Gauss-Legendre and Sobol rules the equation
    is solved on 800 cells. Multilevel Monte Carlo solves it on 50
    cells and on twice, four times, ... as many, for as many members on each grid as make the
    sampling error of the mean of ρ and ρ² that of the solver's random members.

    Parameters
    ----------
    name : of the case.
    models : the trained models of this case.
    profile : sizes: numbers of members, of cells of the solver and of points of the rules.
    seed : of the random members and of the Sobol points.

    Returns
    -------
    DataFrame with a row for each method and size: `method`; `cells`, of "MLMC" on its finest grid;
    `points`, of "MLMC" the random members of equal sampling error; `seconds` for all members at 51
    times; and medians over five times of these relative L2 errors, each on these cells:
    `mean_error`, `std_error`, of the ensemble against the exact moments over log Re and a;
    `own_std_error`, of the std of the first 2,000 members against that of the exact densities of
    the same members, hence without sampling error; `l2_error`, of a trajectory against the exact
    solution.
    """
    members, shown = profile.propagation.members, np.arange(10, forecasting.TIMES, 10)
    rows = []
    for method, forecast in models.all().items():
        if method in COMPARED:
            count = members if method == "reduced" else -(-members // 5)
            rows.append(_random_members(name, method, count, shown, seed, forecast=forecast))
    for cells in profile.propagation.cells:
        rows.append(_random_members(name, "solver", members, shown, seed, cells=cells))
    for points in profile.propagation.gauss_legendre:
        rows.append(_quadrature(name, "Gauss", _gauss(name, points), shown))
    for points in profile.propagation.sobol:
        rows.append(_quadrature(name, "Sobol", _sobol(name, points, seed), shown))
    for cells in profile.propagation.cells:
        if cells in COARSEST * 2 ** np.arange(1, 10):
            rows.append(_multilevel(name, members, cells, shown, seed))
    return pd.DataFrame(rows)


def _random_members(name, method, members, shown, seed, forecast=None, cells=CELLS, chunk=1000):
    """The row of an ensemble of random members, by a model's `forecast` or solved on `cells`."""
    seconds, parts, first = 0.0, _members(name, members, seed, chunk), []

    def density_of(inputs):
        return forecast(*_model_inputs(name, inputs)) if forecast else _solved(name, inputs, cells)

    def solved():
        nonlocal seconds
        for inputs in parts:
            began = perf_counter()
            density = density_of(inputs)
            seconds += perf_counter() - began
            density = density[:, shown].astype(np.float64)
            if len(first) * chunk < OWN:
                first.append(density)
            yield density

    # Compilation at the first call is not timed.
    few = {key: values[:100] for key, values in parts[0].items()}
    of_few = density_of(few)[:, shown]
    mean, std = _moments(solved())
    known = _own_densities(name, min(members, OWN), seed, chunk, tuple(shown))
    own = _moments(first)[1], _moments(_on_cells(part, cells) for part in known)[1]
    row = {"method": method, "cells": cells, "points": members, "seconds": seconds}
    return row | _errors(name, few, of_few, mean, std, shown, own)


def _members(name, members, seed, chunk):
    """The random inputs that every method propagates, `chunk` at a time."""
    rng = generator(seed, "members", number(name))
    return [CASES[name].sample(min(chunk, members - k), rng) for k in range(0, members, chunk)]


def _moments(parts):
    """Mean and std (times, cells) of densities given in parts (members, times, cells)."""
    count, total, squares = 0, 0.0, 0.0
    for part in parts:
        count, total = count + len(part), total + part.sum(axis=0)
        squares = squares + np.square(part).sum(axis=0)
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, 0.0))


@cache
def _own_densities(name, members, seed, chunk, shown):
    """Exact densities of the first random members on the finest grid, a list of chunks."""
    known = forecasting.times(name)[list(shown)]
    return [
        np.stack([exact.density(CASES[name], t, cells=FINEST, **inputs) for t in known], axis=1)
        for inputs in _members(name, members, seed, chunk)
    ]


def _on_cells(density, cells):
    """Averages over fewer cells, a divisor of their number, of densities (..., cells)."""
    return density.reshape(*density.shape[:-1], cells, -1).mean(axis=-1)


def _gauss(name, points):
    """The product rule with so many points for each input."""
    case = CASES[name]
    return gauss(case, 0.0, random_numbers(case, 0.0), panels=1, nodes=points)


def _sobol(name, points, seed):
    """The rule of equal weights at so many Sobol points."""
    found = exact.sobol(CASES[name], points, 0.0, seed=integer(seed, "Sobol", number(name)))
    return *found, np.full(points, 1.0 / points)


def _quadrature(name, method, rule, shown, cells=CELLS):
    """The row of a quadrature rule: the equation is solved at its points."""
    inputs, _, weight = rule
    began = perf_counter()
    density = _solved(name, inputs, cells, forecasting.SOLVER["refinement"])
    seconds = perf_counter() - began
    density = density[:, shown].astype(np.float64)
    mean = np.tensordot(weight, density, axes=1)
    std = np.sqrt(np.tensordot(weight, (density - mean) ** 2, axes=1))
    row = {"method": method, "cells": cells, "points": len(weight), "seconds": seconds}
    # The points of a rule are ordered by Re: about a hundred are taken from the whole range.
    few = slice(None, None, -(-len(weight) // 100))
    inputs = {key: values[few] for key, values in inputs.items()}
    return row | _errors(name, inputs, density[few], mean, std, shown)


def _multilevel(name, members, cells, shown, seed):
    """The row of a multilevel estimate with the sampling error of `members` random members."""
    finest = round(np.log2(cells / COARSEST))
    # Nothing happens until t = 0.
    level = multilevel.level(
        CASES[name], forecasting.times(name)[1:], coarsest=COARSEST, grid="own",
        quantity=lambda density: multilevel.moments(density[:, shown - 1]),
        seed=stream(seed, "multilevel", number(name), cells),
    )  # fmt: skip
    # Compilation at the first call is not timed.
    level(0, 1)
    began = perf_counter()
    sums = level(finest, PILOT)[0] / PILOT
    variance = np.mean(sums[5] - sums[4] ** 2) / members
    found = multilevel.estimate(
        level, np.sqrt(variance / (1.0 - multilevel.BIAS)), pilot=PILOT,
        fewest=finest + 1, most=finest + 1,
    )  # fmt: skip
    mean, std = multilevel.mean_and_std(found.value)
    row = {"method": "MLMC", "cells": cells, "points": members, "seconds": perf_counter() - began}
    few = _members(name, 100, seed, 100)[0]
    return row | _errors(name, few, _solved(name, few, cells)[:, shown], mean, std, shown)


def _errors(name, inputs, density, mean, std, shown, own=None):
    """Errors of some trajectories and of the moments, medians over the times shown, for `table`."""
    cells, of_density, of_moments = density.shape[2], [], []
    for k, time in enumerate(forecasting.times(name)[shown]):
        known = exact.density(CASES[name], time, cells=cells, **inputs)
        of_density.append(metrics.relative_error(density[:, k], known))
        pairs = zip((mean[k], std[k]), _exact_moments(name, time, cells), strict=True)
        of_moments.append([metrics.relative_error(a, b) for a, b in pairs])
    mean_error, std_error = np.median(of_moments, axis=0)
    found = {"l2_error": np.median(of_density), "mean_error": mean_error, "std_error": std_error}
    if own:
        found["own_std_error"] = np.median(metrics.relative_error(*own))
    return found


def _solved(name, inputs, cells, refinement=1):
    return trajectories.generate(
        CASES[name], len(inputs["reynolds"]), forecasting.times(name), inputs=inputs, cells=cells,
        refinement=refinement, scheme=forecasting.SOLVER["scheme"],
    ).density.values  # fmt: skip


def _model_inputs(name, inputs):
    """X(0) and the inputs of an ensemble, as the methods of `Forecasters` take them."""
    coordinates = {key: ("realisation", values) for key, values in inputs.items()}
    start = CASES[name].initial(step=inputs.get("step"))
    start = np.broadcast_to(start, (len(inputs["reynolds"]), start.shape[-1]))
    return start, xr.Dataset(coords={"time": forecasting.times(name), **coordinates})


@cache
def _exact_moments(name, time, cells):
    # Accurate to 1e-6, far below every error measured here.
    return exact.mean_and_std(CASES[name], time, cells=cells, panel_nodes=4, reynolds_nodes=24)


def training_seconds(name: str, folder: Path, ensemble: xr.Dataset) -> float:
    """Seconds of the reduced model's training, including those of its training set.

    The time of computing that is extrapolated from a hundred trajectories.

    Parameters
    ----------
    name : of the case.
    folder : of the trained models, beside which their training times are stored.
    ensemble : training set.
    """
    few = ensemble.isel(realisation=slice(100))
    inputs = {key: few[key].values for key in CASES[name].inputs}
    began = perf_counter()
    count = few.sizes["realisation"]
    trajectories.generate(CASES[name], count, ensemble.time.values, inputs=inputs, scheme="exact")
    solved = (perf_counter() - began) * ensemble.sizes["realisation"] / count
    codes, reduced = (stored(folder, kind, name) for kind in ("codes", "reduced"))
    paths = codes, reduced.with_stem(reduced.stem + latent_ode.FIELD), reduced
    return solved + sum(map(training.seconds, paths))


def break_even(costs: pd.DataFrame, trained: float) -> pd.DataFrame:
    """Compare the reduced model with the cheapest method of equal accuracy, of each kind.

        break-even number of ensembles = training / (seconds of the method - seconds of the model)

    A method is of equal accuracy if its errors listed in `COMPETITORS` are at most the model's.

    Parameters
    ----------
    costs : of `table`.
    trained : seconds of the training, of `training_seconds`.

    Returns
    -------
    DataFrame with a row for each `method`. `equal`: its cells or points at equal accuracy, NaN if
    none is as accurate. `training`, `model`, `competitor`: seconds; `over_competitor`: ratio of the
    last two. `ensembles`: break-even number, infinite if the model takes longer. `cells`: the
    solver's cells at which its random members would take as long as the model's, extrapolated by a
    power law from its two finest grids.
    """
    model = costs[costs.method == "reduced"].iloc[0]
    rows = []
    for method, errors in COMPETITORS.items():
        found = costs[costs.method == method]
        good = found[(found[errors] <= model[errors]).all(axis=1)].sort_values("seconds")
        seconds = good.seconds.iloc[0] if len(good) else np.nan
        saved = seconds - model.seconds
        rows.append({
            "method": method,
            "equal": good["cells" if method == "solver" else "points"].iloc[0]
            if len(good) else np.nan,
            "training": trained, "model": model.seconds, "competitor": seconds,
            "over_competitor": model.seconds / seconds,
            "ensembles": trained / saved if saved > 0 else np.nan if np.isnan(saved) else np.inf,
            "cells": _same_time(costs, model.seconds) if method == "solver" else np.nan,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _same_time(costs, seconds):
    """The solver's cells, extrapolated from its two finest grids, at which it takes `seconds`."""
    solver = costs[costs.method == "solver"].sort_values("cells")
    coarse, fine = (solver.iloc[k] for k in (-2, -1))
    power = np.log(fine.seconds / coarse.seconds) / np.log(fine.cells / coarse.cells)
    return fine.cells * (seconds / fine.seconds) ** (1.0 / power)
