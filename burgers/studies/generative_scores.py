"""How generated densities are judged: scores beside noise floors, at all times and at one."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from burgers import metrics
from burgers.models import training
from burgers.problems import CASES, Problem
from burgers.studies.generative import Models
from burgers.studies.generative_data import HELD_OUT, Ensembles, Study, is_held_out, kind

# Distances of a sample of all times that the best distribution is chosen by.
DISTANCES = ("mean_error", "std_error", "wasserstein", "energy")
# Repeats over whose median distances are taken, of all times and of one.
REPEATS, REPEATS_AT_TIME = 5, 100
# In the place of a distribution of the latents: codes of densities.
ENCODED = "encoded"
# Cells whose std is a smaller part of the largest are not looked at by `c2st_varying_cells`.
VARYING = 1e-3
# Goals, each an upper bound: ratios to noise floors, accuracies of a classifier, relative errors,
# and the noise, as a part of the mean std, under which no classifier finds a difference.
GOALS = {
    "in floors": 1.2,
    "in floors at one time": 1.5,
    "c2st": 0.55,
    "resolution": 0.01,
    "median_error": 0.003,
    "one_time_mean_error": 0.002,
    "one_time_std_error": 0.01,
}
# At given times the goals are for those after this part of the last: at first all densities are
# nearly alike, and the floor vanishes.
FIRST_JUDGED = 0.1

# Of n and a generator: n generated densities, (n, cells).
Draw = Callable[[int, np.random.Generator], np.ndarray]


def score(
    draw: Draw, samples: int, pool: np.ndarray, known: np.ndarray, rng: np.random.Generator
) -> dict[str, float]:
    """All measures of generated densities against a pool; of `DISTANCES`, medians over samples.

    Of the first sample of so many densities all measures are taken, and of `REPEATS` others the
    distances. pool, known (realisations, cells): Monte Carlo, and what the model was trained on.
    """
    generated = [draw(samples, rng) for _ in range(1 + REPEATS)]

    def fresh():
        return pool[rng.choice(len(pool), len(generated[0]), replace=False)]

    first, reference = generated[0], fresh()
    found = _scores(first, reference, known)
    found["resolution"] = metrics.resolution(first, reference)
    distances = [_distances(sample, fresh()) for sample in generated[1:]]
    return found | pd.DataFrame(distances).median().to_dict()


def floors(
    pool: np.ndarray, known: np.ndarray, samples: int, repeats: int, rng: np.random.Generator
) -> dict[str, float]:
    """The measures of one Monte Carlo sample against another, which no noise need make alike.

    Medians over so many pairs of samples; of `DISTANCES` over eight times that.
    """
    found = metrics.noise_floor(
        pool, samples, repeats=repeats, rng=rng,
        measure=lambda first, second: _scores(first, second, known),
    )  # fmt: skip
    distances = metrics.noise_floor(pool, samples, repeats=8 * repeats, rng=rng, measure=_distances)
    return found | distances | {"resolution": 0.0}


def _distances(generated, reference):
    energy = metrics.energy_distance(generated, reference)
    return metrics.distances(generated, reference) | {"energy": energy}


def _scores(generated, reference, known):
    varying = metrics.c2st(generated, reference, per_cell=True, least_spread=VARYING)
    return {**metrics.scores(generated, reference, known), "c2st_varying_cells": varying}


def judge_all(
    study: Study,
    models: Models,
    laws: dict,
    conditioned: dict[str, Any],
    given_laws: dict[str, Any],
) -> pd.DataFrame:
    """The table of `summarise`: every model with every distribution, over all times.

    Each is judged by densities of the kind that it learned from. `training set` draws from the
    training ensemble of the report's scheme. `given T` draws T uniformly first, and then the
    latents given T. The codes that are `encoded` are those of fresh densities.
    """
    samples = study.profile.sharpening.samples
    alike: dict[tuple[str, str], Any] = {}
    judged: dict[tuple[str, str, str], Any] = {}
    for name in CASES:
        arrays = {key: _arrays(value, name) for key, value in study.ensembles.items()}
        alike |= _alike(study, name, arrays)
        fresh = study.fresh("sharp", "codes", name, (1 + REPEATS) * samples, 1)
        entrants = [
            ("training set", "", partial(_resampled, arrays[kind("training set")]["known"])),
            *_decoded(name, models, laws),
            (
                "given T",
                "carried",
                partial(_at_random_times, conditioned[name], given_laws[name], name),
            ),
            ("sharp", ENCODED, partial(_encoded, models[name]["sharp"], fresh)),
        ]
        for k, (model, law, draw) in enumerate(entrants, start=1):
            rng = study.generator("scores", name, k)
            options = {"draw": draw, "samples": samples, **arrays[kind(model)], "rng": rng}
            judged[name, model, law] = score, options
    tasks = [*alike.values(), *judged.values()]
    found = iter(training.run_in_parallel(tasks, study.profile.workers))
    floor = dict(zip(alike, found, strict=False))
    rows = [
        {"case": name, "model": model, "distribution": law, **scored}
        for (name, model, law), scored in zip(judged, found, strict=True)
    ]
    return summarise(rows, floor)


def _alike(study, name, arrays):
    """The tasks that find the floors of each kind of densities of a case."""
    sizes = {"samples": study.profile.sharpening.samples,
             "repeats": -(-study.profile.floor_repeats // 8)}  # fmt: skip
    return {
        (name, key): (floors, {**known, **sizes, "rng": study.generator("scores", name, 0, k)})
        for k, (key, known) in enumerate(arrays.items())
    }


def _arrays(ensembles: Ensembles, name: str) -> dict[str, np.ndarray]:
    pool, known = ensembles.pool[name], ensembles.known[name]
    return {"pool": pool.density.values, "known": known.density.values}


def _decoded(name: str, models: Models, laws: dict) -> Iterator[tuple[str, str, Draw]]:
    """Model, distribution and what draws, for all on codes of a case."""
    for (case, label), fitted in laws.items():
        for law, value in fitted.items() if case == name else ():
            yield label, law, partial(_from_law, models[name][label], value)


# What draws is sent to the process that judges: a function of this module, and what it draws from.
def _resampled(known, n, rng):
    return known[rng.integers(len(known), size=n)]


def _from_law(model, law, n, rng):
    return model.decode(law.sample(n, rng))


def _at_random_times(model, law, name, n, rng):
    times = rng.uniform(*CASES[name].times, (n, 1))
    return model.decode(law.sample(n, rng, times), (times,))


def _encoded(model, density, n, rng):
    """What is decoded from the codes of fresh densities, as from exactly distributed latents."""
    fresh = density[rng.choice(len(density), n, replace=False)]
    return model.reconstruct(fresh, seed=int(rng.integers(2**30)))


def summarise(rows: list[dict], floor: dict[tuple[str, str], dict[str, float]]) -> pd.DataFrame:
    """Each score beside its floor and in units of it, a row each.

    rows: dicts of case, model, distribution and scores; floor: from case and kind of densities to
    scores.
    Columns case, model, distribution, densities, measure, value, floor and ratio.
    """
    keys = ["case", "model", "distribution", "densities"]
    found = pd.DataFrame(rows)
    found["densities"] = found.model.map(kind)
    table = found.melt(keys, var_name="measure").dropna()
    table["floor"] = [floor[row.case, row.densities][row.measure] for row in table.itertuples()]
    # A resolution has no floor, and may be infinite.
    distances = table[table.measure != "resolution"]
    return table.assign(ratio=metrics.in_floors(distances.value, distances.floor))


def judged_times(case: Problem, count: int) -> np.ndarray:
    """Evenly spread times, and among them the report's and the middle of the withheld ones."""
    spread = np.linspace(0.05, 0.95, count) * case.last_time
    return np.union1d(spread, [case.fixed_time, np.mean(HELD_OUT[case.name])])


def given_time(
    study: Study, conditioned: dict[str, Any], given_laws: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    """How moments of generated densities compare with Monte Carlo at some times, a table by case.

    Columns time, held_out, and mean_error and std_error of three kinds: `generated`; `encoded`,
    decoded from the codes of fresh densities, as an exact distribution of the latents would; and
    `floor`. The densities are exact, and samples are drawn from so many quasi-random ones that
    these have the moments of all.
    """
    tables = {}
    for name, case in CASES.items():
        times = judged_times(case, study.profile.sharpening.times)
        rows = [
            {"time": time, "held_out": bool(is_held_out(name, np.array(time)))}
            | _at_time(study, name, conditioned[name], given_laws[name], time, k)
            for k, time in enumerate(times)
        ]
        tables[name] = pd.DataFrame(rows)
    return tables


def _at_time(study, name, model, law, time, k):
    samples, rng = study.profile.sharpening.samples, study.generator("judged time", name, k, 1)
    pool, times = study.quasi_random("judged time", name, samples, k, 0, time=time)
    codes = law.support(time)
    decoded = {
        "generated": model.decode(codes, (np.full((len(codes), 1), time),)),
        "encoded": model.reconstruct(pool, seed=int(rng.integers(2**30)), given=(times,)),
        "floor": pool,
    }
    found: dict[str, float] = {}
    for label, densities in decoded.items():
        mean_error, std_error = _moment_distances(densities, pool, samples, rng)
        found |= {f"{label}_mean_error": mean_error, f"{label}_std_error": std_error}
    return found


def _moment_distances(first, second, samples, rng):
    """Median relative L2 distances of mean and std between samples drawn from two pools."""
    # Moments of a sample are weighted sums over its pool, with the weights of a multinomial.
    moments = []
    for pool in (first, second):
        drawn = rng.multinomial(samples, np.full(len(pool), 1 / len(pool)), REPEATS_AT_TIME)
        centre = second.mean(axis=0, dtype=np.float64)
        off, share = pool - centre, drawn / samples
        mean = share @ off
        moments.append((centre + mean, np.sqrt(np.maximum(share @ off**2 - mean**2, 0.0))))
    return [np.median(metrics.relative_error(a, b)) for a, b in zip(*moments, strict=True)]


def verdicts(table: pd.DataFrame, recipes: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Every goal, what was measured, and whether it holds.

    table: of `judge_all`; recipes: of `generative.reconstruction_table`; given: the tables of
    `given_time` in one, with a column case. Of the distributions on the sharper model's codes the
    one is taken whose largest ratio to a floor is smallest.
    """
    rows = [row for case in CASES.values() for row in _verdicts(case, table, recipes, given)]
    found = pd.DataFrame(rows, columns=["case", "goal", "measured", "at_most"])
    return found.assign(holds=found.measured <= found.at_most)


def _verdicts(case, table, recipes, given):
    name, time = case.name, f"T = {case.fixed_time}"
    sharp = table[(table.case == name) & (table.model == "sharp") & (table.distribution != ENCODED)]
    ratios = sharp.pivot(index="distribution", columns="measure", values="ratio")
    law = ratios[[*DISTANCES]].max(axis=1).idxmin()
    best = sharp[sharp.distribution == law].set_index("measure")
    for measure in DISTANCES:
        yield name, f"{measure} in floors, {law}", best.ratio[measure], GOALS["in floors"]
    for measure in ("c2st", "c2st_per_cell", "c2st_varying_cells", "resolution"):
        label = measure.replace("_", " ")
        goal = GOALS["resolution" if measure == "resolution" else "c2st"]
        yield name, f"{label}, {law}", best.value[measure], goal
    rebuilt = recipes[(recipes.case == name) & (recipes.model == "sharp")].iloc[0]
    for goal, label in (
        ("median_error", "median error of a reconstruction"),
        ("one_time_mean_error", f"{time}: mean error, reconstructed"),
        ("one_time_std_error", f"{time}: std error, reconstructed"),
    ):
        yield name, label, rebuilt[goal], GOALS[goal]
    of_case = given[given.case == name]
    late = of_case.time > FIRST_JUDGED * case.last_time
    for label, rows in (
        (time, np.isclose(of_case.time, case.fixed_time)),
        ("unseen T", np.isclose(of_case.time, np.mean(HELD_OUT[name]))),
        (f"largest of {late.sum()} T", late),
    ):
        for measure in ("mean_error", "std_error"):
            ratio = of_case[f"generated_{measure}"] / of_case[f"floor_{measure}"]
            goal = GOALS["in floors at one time"]
            yield name, f"{label}: {measure} in floors, generated", ratio[rows].max(), goal
