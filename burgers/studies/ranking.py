"""What a table of results says: who comes near the true distributions, and at what cost."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from burgers.ensembles import generate
from burgers.studies import leaderboard
from burgers.studies.board import PROBLEMS, Board, Task
from burgers.studies.board_entrants import ENTRANTS, SOBOL
from burgers.studies.results import ALL_TIMES, densities

# An entrant reaches the goal if these lie within the range of true samples, and its resolution is
# at most so large a part of the mean std.
GOAL = ("mean_error", "std_error", "wasserstein", "energy")
RESOLUTION = 0.01
# What new realisations of the equation are; the training set is not learned either.
NOT_LEARNED = ("training set", "rusanov", "muscl", SOBOL)
SETTING = ["problem", "time", "densities"]
# Densities that are drawn from each entrant.
SAMPLE = Board().sample
Floats = NDArray[np.floating]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each entrant and setting: how far from true samples, and at what cost.

    table : as returned by `results`; of several seeds the medians are taken.

    Returns
    -------
    pandas.DataFrame with columns problem, time, densities, entrant; told and learned, whether the
    entrant knows the inputs and whether it learned from densities; seeds; worst, the largest of the
    four measures of the goal in units of the upper end of the range of true samples, and fault, its
    name; resolution and std_error; training_seconds, sampling_seconds (of 1,000 densities); and
    reached, whether it meets the goal. An entrant that failed has no numbers.
    """
    table = table[table.entrant != SOBOL]
    keys = [*SETTING, "entrant"]
    wide = table.pivot_table(
        index=keys, columns="measure", values="value", aggfunc="median", sort=False, dropna=False
    )
    # Without `dropna` entries that failed are kept, but so are combinations that were never tried.
    wide = wide[wide.index.isin(pd.MultiIndex.from_frame(table[keys]))]
    high = table.pivot_table(index=keys, columns="measure", values="high", sort=False)
    ratios = (wide.reindex(columns=GOAL) / high.reindex(wide.index, columns=GOAL)).astype(float)
    found = pd.DataFrame({
        "seeds": table.groupby(keys).seed.nunique().reindex(wide.index),
        "worst": ratios.max(axis=1),
        "fault": ratios.fillna(0.0).idxmax(axis=1),
        **{name: wide.get(name) for name in
           ("resolution", "std_error", "training_seconds", "sampling_seconds")},
    }).reset_index()  # fmt: skip
    found["told"] = [name in ENTRANTS and ENTRANTS[name].told for name in found.entrant]
    found["learned"] = ~found.entrant.isin(NOT_LEARNED)
    found["reached"] = (found.worst <= 1.0) & (found.resolution <= RESOLUTION)
    return found


def with_costs(found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """A summary with the columns over_solver and over_sobol, costs over those of the equation.

    They are the seconds of training and of 5,000 draws over those of direct Monte Carlo, and of
    Sobol points, whose std has the same error. Direct Monte Carlo is that of `muscl`, whose error
    falls as the root of the realisations from the noise floor on. Between numbers of Sobol points
    the error is interpolated, as a power; an error below that of the most points has no number, and
    one above that of the fewest has theirs.
    """
    over: dict[str, list[float]] = {"over_solver": [], "over_sobol": []}
    for row in found.itertuples():
        of_problem = table[(table.problem == row.problem) & (table.time == row.time)]
        seconds = row.training_seconds + row.sampling_seconds * SAMPLE / 1000
        over["over_solver"].append(seconds / _solver_seconds(of_problem, row))
        over["over_sobol"].append(seconds / _sobol_seconds(of_problem, row))
    return found.assign(**over)


def _solver_seconds(table, row):
    muscl = table[(table.entrant == "muscl") & (table.densities == row.densities)]
    each = muscl[muscl.measure == "sampling_seconds"].value.median() / 1000
    floor = muscl[muscl.measure == "std_error"].floor.median()
    return each * SAMPLE * (floor / row.std_error) ** 2


def _sobol_seconds(table, row):
    points = table[table.entrant == SOBOL]
    if points.empty:
        return np.nan
    errors, each = (
        points[points.measure == name].groupby("densities").value.median()
        for name in ("std_error", "sampling_seconds")
    )
    # Where the scheme's own error is reached more points are of no use.
    lowest = np.minimum.accumulate(errors.to_numpy())
    if row.std_error < lowest[-1]:
        return np.nan
    counts = np.log(errors.index.to_numpy(float))
    count = np.exp(np.interp(np.log(row.std_error), np.log(lowest[::-1]), counts[::-1]))
    return count * each.iloc[-1] / 1000


def best(found: pd.DataFrame) -> pd.DataFrame:
    """Of each setting, the entrant that learned and comes nearest to the goal, told nothing.

    Nearest is the one whose larger of `worst` and `resolution` over its goal is smallest.
    """
    fair = found[found.learned & ~found.told & found.worst.notna()].copy()
    fair["away"] = np.maximum(fair.worst, fair.resolution / RESOLUTION)
    chosen = fair.sort_values(["away", "worst"]).groupby(SETTING, sort=False).head(1)
    return chosen.sort_values(SETTING).reset_index(drop=True)


def pictures(found: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[Floats, Floats]]:
    """Exact and generated densities at one time of problems: of the nearest entrant and a Gaussian.

    Returns
    -------
    A dict from a title to two arrays (realisations, cells). Problems without entries are left out.

    Raises
    ------
    ValueError
        If the densities beside the leaderboard's results are missing.
    """
    shown, panels = densities(), {}
    nearest = best(found[found.time != ALL_TIMES])
    for name in names:
        for row in nearest[nearest.problem == name].tail(1).itertuples():
            time = float(row.time)
            true = generate(
                PROBLEMS[name], leaderboard.SHOWN, final_time=time, scheme="exact"
            ).density.values
            for entrant in (row.entrant, "POD, Gaussian"):
                task = Task(name, time, row.densities, 0, (entrant,))
                if (title := leaderboard.title(task, entrant)) in shown:
                    panels[f"{name}, T = {row.time}: {entrant}"] = true, shown[title]
    return panels


def sentences(found: pd.DataFrame) -> list[str]:
    """Sentences on the report's question, from the numbers of a summary: three if all took part."""
    most = found[found.densities == found.densities.max()]
    settings = most.groupby(["problem", "time"]).ngroups
    fair = most[most.learned & ~most.told]
    near = fair[fair.worst <= 1.0].groupby(["problem", "time"]).ngroups
    reached = fair[fair.reached].groupby(["problem", "time"]).ngroups
    normal = fair[fair.entrant.str.endswith("VAE, normal")].worst.median()
    fitted = fair[fair.entrant.str.contains("VAE, ") & ~fair.entrant.str.endswith("normal")]
    fitted = fitted.groupby(["problem", "time"]).worst.min().median()
    said = [
        f"An auto-encoder fed with normal latents is {normal:.0f} times as far from the true "
        f"distribution as true samples are at most (median over problems); with the best "
        f"distribution fitted to its codes, {fitted:.1f} times.",
        f"On {near} of {settings} distributions a model that learned from "
        f"{most.densities.max():,} densities has mean, std, Wasserstein and energy distance like a "
        f"true sample's; on {reached or 'none'} of them classifiers cannot tell its densities from "
        f"true ones under noise of {100 * RESOLUTION:.0f} % of the std.",
    ]
    if most.told.any():
        told, untold = (
            group.groupby(["problem", "time"]).worst.min().median()
            for group in (most[most.told], fair)
        )
        said.append(
            f"Models that are given the random inputs come to {told:.1f} times the range of true "
            f"samples, and the others to {untold:.1f} (the best of each, median "
            "over problems)."
        )
    return said
