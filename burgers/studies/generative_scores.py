"""How generated densities are judged: scores beside noise floors, at all times and at one."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from burgers import metrics
from burgers.problems import CASES, Problem
from burgers.studies.generative import HELD_OUT, Models, Study, is_held_out

# Neighbours of a density lie within this relative L2 distance of it.
RADIUS = 0.1
# Distances of a sample of all times that the best distribution is chosen by.
DISTANCES = ("mean_error", "std_error", "wasserstein", "energy")
# Repeats over whose median distances between moments are taken, and pairs behind a floor.
REPEATS, FLOOR_PAIRS = 5, 10
# Goals, each an upper bound: ratios to noise floors, accuracies of a classifier, relative errors.
GOALS = {
    "in floors": 1.2,
    "in floors at one time": 1.5,
    "c2st": 0.55,
    "median_error": 0.003,
    "one_time_mean_error": 0.002,
    "one_time_std_error": 0.01,
}

# Of n and a generator: n generated densities, (n, cells).
Draw = Callable[[int, np.random.Generator], np.ndarray]


def score(
    draw: Draw, pool: np.ndarray, known: np.ndarray, samples: int, rng: np.random.Generator
) -> dict[str, float]:
    """All measures of a sample of `draw` against a pool; of the moments medians over five repeats.

    pool, known (realisations, cells): Monte Carlo, and what the model was trained on.
    """

    def fresh():
        return pool[rng.choice(len(pool), samples, replace=False)]

    generated, reference = draw(samples, rng), fresh()
    found = metrics.scores(generated, reference, known)
    found["resolution"] = metrics.resolution(generated, reference)
    return found | _median_distances(lambda: draw(samples, rng), fresh)


def floors(
    pool: np.ndarray, known: np.ndarray, samples: int, repeats: int, rng: np.random.Generator
) -> dict[str, float]:
    """The measures of one Monte Carlo sample against another, which no noise need make alike."""
    found = metrics.noise_floor(
        pool, samples, repeats=repeats, rng=rng,
        measure=lambda first, second: metrics.scores(first, second, known),
    )  # fmt: skip
    return found | {"resolution": 0.0}


def judge_all(
    study: Study,
    models: Models,
    laws: dict,
    conditioned: dict[str, Any],
    given_laws: dict[str, Any],
) -> pd.DataFrame:
    """The table of `summarise`: every model with every distribution, over all times.

    `training set` draws from the training ensemble. `given T` draws T uniformly first, and then
    the latents given T.
    """
    samples, rows, floor = study.profile.sharpening.samples, [], {}
    repeats = -(-study.profile.floor_repeats // 4)
    for name in CASES:
        arrays = (study.pool[name].density.values, study.known[name].density.values, samples)
        floor[name] = floors(*arrays, repeats, study.generator("scores", name, 0))
        entrants = [
            ("training set", "", 0, _resampled(arrays[1])),
            *_decoded(name, models, laws),
            ("given T", "carried", 0, _at_random_times(name, conditioned, given_laws)),
        ]
        for k, (model, law, training, draw) in enumerate(entrants, start=1):
            found = score(draw, *arrays, study.generator("scores", name, k))
            rows.append({"case": name, "model": model, "law": law, "seed": training, **found})
    return summarise(rows, floor)


def _resampled(known: np.ndarray) -> Draw:
    return lambda n, rng: known[rng.integers(len(known), size=n)]


def _decoded(name: str, models: Models, laws: dict) -> Iterator[tuple[str, str, int, Draw]]:
    """Model, distribution, number of the training and what draws, for all on codes of a case."""

    def drawn(model, law):
        return lambda n, rng: model.decode(law.sample(n, rng))

    for (case, label), fitted in laws.items():
        kind, _, k = label.partition(" ")
        for law, value in fitted.items() if case == name else ():
            yield kind, law, int(k or 0), drawn(models[name][label], value)


def _at_random_times(name: str, conditioned: dict[str, Any], given_laws: dict[str, Any]) -> Draw:
    model, law, case = conditioned[name], given_laws[name], CASES[name]

    def draw(n, rng):
        times = rng.uniform(case.first_time, case.last_time, (n, 1))
        return model.decode(law.sample(n, rng, times), (times,))

    return draw


def summarise(rows: list[dict], floor: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Median and range over trainings of each score, beside its floor and in units of it.

    rows: dicts of case, model, law, seed and scores; floor: from a case to scores. Columns case,
    model, law, judge, seeds, median, lowest, highest, floor and ratio.
    """
    keys = ["case", "model", "law"]
    long = pd.DataFrame(rows).melt([*keys, "seed"], var_name="judge").dropna()
    table = long.groupby([*keys, "judge"], sort=False).value.agg(
        seeds="count", median="median", lowest="min", highest="max"
    )
    table = table.reset_index()
    table["floor"] = [floor[row.case][row.judge] for row in table.itertuples()]
    # A resolution has no floor, and may be infinite.
    distances = table[table.judge != "resolution"]
    return table.assign(ratio=metrics.in_floors(distances["median"], distances.floor))


def judged_times(case: Problem, count: int) -> np.ndarray:
    """Evenly spread times, and among them the report's and the middle of the withheld ones."""
    spread = np.linspace(0.05, 0.95, count) * case.last_time
    return np.union1d(spread, [case.fixed_time, np.mean(HELD_OUT[case.name])])


def given_time(
    study: Study, conditioned: dict[str, Any], given_laws: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    """How generated densities compare with Monte Carlo at each of some times, a table by case.

    Columns time, held_out, and mean_error, std_error and wasserstein of four kinds: `generated`;
    `encoded`, decoded from the codes of fresh densities, as an exact distribution of the latents
    would; `reconstructed`, the same against these very densities; and `floor`.
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
    pool = study.fresh("judged time", name, 4 * samples, k, 0, final_time=time).density.values
    given = (np.full((samples, 1), time),)

    def fresh():
        return pool[rng.choice(len(pool), samples, replace=False)]

    def reconstructed(density):
        return model.reconstruct(density, seed=int(rng.integers(2**30)), given=given)

    density = fresh()
    kinds = {
        "generated": _median_distances(
            lambda: model.decode(law.sample(samples, rng, *given), given), fresh
        ),
        "encoded": _median_distances(lambda: reconstructed(fresh()), fresh),
        "reconstructed": metrics.distances(reconstructed(density), density),
        "floor": metrics.noise_floor(pool, samples, repeats=FLOOR_PAIRS, rng=rng),
    }
    return {
        f"{kind}_{name}": value for kind, found in kinds.items() for name, value in found.items()
    }


def _median_distances(draw, fresh):
    found = [metrics.distances(draw(), fresh()) for _ in range(REPEATS)]
    return pd.DataFrame(found).median().to_dict()


def bands(study: Study, models: Models, laws: dict) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Generated densities and those of Monte Carlo, as `plots.laws.bands` draws them."""
    n, pairs = study.profile.sharpening.samples, {}
    for name in CASES:
        pool, rng = study.pool[name].density.values, study.generator("bands", name)
        reference = pool[rng.choice(len(pool), n, replace=False)]
        for label, law, title in (
            ("report", "normal", "report, normal latents"),
            ("sharp 0", "parzen", "sharper, Parzen windows"),
        ):
            generated = models[name][label].decode(laws[name, label][law].sample(n, rng))
            pairs[f"{name}: {title}"] = generated, reference
    return pairs


def neighbours(
    model: Any,
    law: Any,
    density: np.ndarray,
    pool: np.ndarray,
    radius: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Densities within a relative L2 distance of a given one, and the encoder's own draws.

    Three arrays (realisations, cells): of a Monte Carlo pool, of as many generated densities, and
    1,000 decoded draws from the encoder's distribution given the density.
    """
    drawn = model.decode(law.sample(len(pool), rng))
    near, generated = (
        sample[metrics.relative_error(sample, density) <= radius] for sample in (pool, drawn)
    )
    mean, log_variance = model.encode(density[None])
    noise = rng.standard_normal((1000, mean.shape[1]))
    return near, generated, model.decode(mean + np.exp(0.5 * log_variance) * noise)


def all_neighbours(study: Study, models: Models, laws: dict) -> dict[str, tuple[np.ndarray, ...]]:
    """A density a third of the way through the times, and its `neighbours`, by title."""
    panels: dict[str, tuple[np.ndarray, ...]] = {}
    for name, ensemble in study.pool.items():
        pool, order = ensemble.density.values, np.argsort(ensemble.final_time.values)
        density = pool[order[len(order) // 3]]
        near = neighbours(
            models[name]["sharp 0"], laws[name, "sharp 0"]["parzen"], density, pool, RADIUS,
            study.generator("neighbours", name),
        )  # fmt: skip
        panels[f"{name}, within {RADIUS:.0%}"] = density, *near
    return panels


def neighbour_distances(panels: dict[str, tuple[np.ndarray, ...]]) -> pd.DataFrame:
    """Median relative L2 distance from the given density, a row for each of `all_neighbours`."""
    return pd.DataFrame(
        [[np.median(metrics.relative_error(sample, density)) for sample in near]
         for density, *near in panels.values()],
        index=panels.keys(), columns=["Monte Carlo", "generated", "posterior"],
    )  # fmt: skip


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
    sharp = table[(table.case == name) & (table.model == "sharp")]
    ratios = sharp.pivot(index="law", columns="judge", values="ratio")
    law = ratios[[*DISTANCES]].max(axis=1).idxmin()
    best = sharp[sharp.law == law].set_index("judge")
    for judge in DISTANCES:
        yield name, f"{judge} in floors, {law}", best.ratio[judge], GOALS["in floors"]
    for judge in ("c2st", "c2st_per_cell"):
        label = judge.replace("_", " ")
        yield name, f"{label}, {law}", best["median"][judge], GOALS["c2st"]
    rebuilt = recipes[(recipes.case == name) & recipes.model.str.startswith("sharp")]
    for goal, label in (
        ("median_error", "median error of a reconstruction"),
        ("one_time_mean_error", f"{time}: mean error, reconstructed"),
        ("one_time_std_error", f"{time}: std error, reconstructed"),
    ):
        yield name, label, rebuilt[goal].median(), GOALS[goal]
    of_case = given[given.case == name].set_index("time")
    for label, at in ((time, case.fixed_time), ("unseen T", np.mean(HELD_OUT[name]))):
        for judge in ("mean_error", "std_error"):
            row = of_case.loc[at]
            ratio = row[f"generated_{judge}"] / row[f"floor_{judge}"]
            yield (
                name,
                f"{label}: {judge} in floors, generated",
                ratio,
                GOALS["in floors at one time"],
            )
