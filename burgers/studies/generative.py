"""Which auto-encoders and which laws on their codes are compared, and how they are judged."""

import numpy as np
import pandas as pd

from burgers import metrics
from burgers.ensembles import dataset
from burgers.models import flow, latent_laws, sigma_vae, training, vae
from burgers.problems import CASES

# Times that the conditioned models never see in training.
HELD_OUT = {"sinus": (0.6, 0.7), "creneau": (0.35, 0.41)}
PRINTED_BETA = 2.0
# The law at one time is that of this share of the codes, the nearest in time.
NEAREST = 0.03


def latents(case):
    """As many latents as the case has random numbers: T, Re and for the creneau a."""
    return 3 if case.random_step else 2


def train_all(ensembles, folder, profile, seed):
    """Train every model of the comparison, some side by side; those finished before cost nothing.

    `sharp_<case>_<k>`: the sharper auto-encoder, one for each seed. `given_time_<case>`: the same
    conditioned on T, on fresh densities without the held-out times. `scheduled_<case>`,
    `weighted_<case>`: the report's networks on a schedule, with the divergence weighted 2/50 or 2
    for each sample.
    """
    tasks = []
    for name, ensemble in ensembles.items():
        density, needed = ensemble.density.values, latents(CASES[name])
        common = {"batch_size": profile.batch_size}
        for k in range(profile.sharpening.seeds):
            stem = f"sharp_{name}_{k}"
            tasks.append((sigma_vae.train, {
                "density": density, "path": folder / f"{stem}.keras", "latents": needed,
                "epochs": profile.sharpening.epochs[name], "seed": seed + 10 + k, "progress": stem,
                **common,
            }))  # fmt: skip
        seen, times = _seen(CASES[name], profile.sharpening.codes, profile, _stream(seed, 52))
        tasks.append((sigma_vae.train, {
            "density": seen, "path": folder / f"given_time_{name}.keras", "latents": needed - 1,
            "epochs": profile.sharpening.epochs_given_time[name], "seed": seed + 20,
            "given": (times,), "progress": f"given_time_{name}", **common,
        }))  # fmt: skip
        for stem, beta in (
            ("scheduled", PRINTED_BETA),
            ("weighted", PRINTED_BETA * profile.batch_size),
        ):
            tasks.append((vae.train, {
                "density": density, "path": folder / f"{stem}_{name}.keras", "beta": beta,
                "epochs": profile.sharpening.ablation_epochs, "seed": seed + 30, "peak": 2e-3,
                "decay": True, "progress": f"{stem}_{name}", **common,
            }))  # fmt: skip
    # The longest first, so that the two processes end together.
    tasks.sort(key=lambda task: -len(task[1]["density"]) * task[1]["epochs"])
    training.run_in_parallel(tasks, profile.workers)


def is_held_out(name, times):
    """Whether each time lies in the interval kept from the conditioned model of a case."""
    low, high = HELD_OUT[name]
    return (times > low) & (times < high)


def fresh_codes(model, case, n, profile, seed):
    """Codes (n, latents) of fresh densities of all times."""
    sample = dataset.generate(case, n, seed=_stream(seed, 50), scheme=profile.scheme)
    return model.draw(sample.density.values, seed=seed)


def fit_laws(model, case, profile, seed):
    """Every law fitted to the codes of fresh densities: a dict."""
    codes = fresh_codes(model, case, profile.sharpening.codes, profile, seed)
    return {
        "normal": latent_laws.StandardNormal().fit(codes),
        "gaussian": latent_laws.Gaussian().fit(codes),
        "mixture": latent_laws.Mixture(seed=seed).fit(codes),
        "parzen": latent_laws.ManifoldParzen(seed=seed).fit(codes),
        "flow": flow.Flow(profile.sharpening.flow_epochs, seed=seed).fit(codes),
    }


def fit_law_given_time(model, case, profile, seed):
    """The law p(z | T) of a conditioned model, fitted to the times that it was trained on."""
    count = profile.sharpening.codes_given_time
    density, times = _seen(case, count, profile, _stream(seed, 51))
    codes = model.draw(density, seed=seed, given=(times,))
    law = flow.Flow(profile.sharpening.flow_epochs // 4, peak=2e-3, seed=seed)
    return flow.NearestConditions(law, int(NEAREST * count)).fit(codes, times)


def score(draw, pool, known, samples, rng):
    """All scores of draw(samples, rng) against a pool; of the moments medians over five."""

    def fresh():
        return pool[rng.choice(len(pool), samples, replace=False)]

    found = metrics.scores(draw(samples, rng), fresh(), known)
    return found | _median_distances(lambda: draw(samples, rng), fresh)


def floors(pool, known, samples, repeats, rng):
    """The scores of Monte Carlo itself."""
    return metrics.noise_floor(
        pool, samples, repeats=repeats, rng=rng,
        measure=lambda first, second: metrics.scores(first, second, known),
    )  # fmt: skip


def reconstruction(model, pool, given=()):
    """Relative L2 errors of one draw for each density of a pool, and what they do to moments."""
    decoded = model.reconstruct(pool, given=given)
    error = metrics.relative_error(decoded, pool)
    kl = np.mean(vae.kl_divergence(*model.encode(pool, given)), axis=0)
    return {
        "median_error": np.median(error),
        "worst_error": error.max(),
        **metrics.moment_errors(decoded, *metrics.mean_and_std(pool)),
        "active_latents": int((kl > 0.1).sum()),
        "kl": float(kl.sum()),
    }


def given_time(model, law, case, times, profile, seed):
    """How the law at each of some times compares with Monte Carlo at that time.

    A DataFrame of time, held_out, and mean_error, std_error and wasserstein of four kinds:
    `generated` by the law; `encoded`, what the decoder makes of the codes of fresh densities, as
    a law without fault would; `reconstructed`, the same against these densities themselves; and
    `floor`.
    """
    rows = [
        {"time": time, "held_out": bool(is_held_out(case.name, np.array(time)))}
        | _at_time(model, law, case, time, profile, _stream(seed, k))
        for k, time in enumerate(times)
    ]
    return pd.DataFrame(rows)


def neighbours(model, law, density, pool, radius, rng):
    """Densities within a relative L2 distance of a given one, and the encoder's own draws.

    Three arrays (realisations, cells): of a Monte Carlo pool, of as many draws of the law, and
    1,000 decoded draws of the posterior of the density.
    """
    drawn = model.decode(law.sample(len(pool), rng))
    near = [sample[metrics.relative_error(sample, density) <= radius] for sample in (pool, drawn)]
    mean, log_variance = model.encode(density[None])
    noise = rng.standard_normal((1000, mean.shape[1]))
    return (*near, model.decode(mean + np.exp(0.5 * log_variance) * noise))


def total_variance(model, pool):
    """Var ρ, Var E[ρ|z] and E Var[ρ|z] in each cell, z drawn from the encoder: three (cells,)."""
    codes = model.draw(pool)
    explained = model.decode(codes).astype(np.float64).var(axis=0)
    variance = np.asarray(model.decoder(codes[:1])[1][0], dtype=np.float64)
    return pool.astype(np.float64).var(axis=0), explained, variance


def summarise(rows, floor):
    """The table of laws: median and range over seeds of each score, beside its floor.

    rows: dicts of case, model, law, seed and scores; floor: a dict from a case to scores.
    """
    keys = ["case", "model", "law"]
    long = pd.DataFrame(rows).melt([*keys, "seed"], var_name="judge").dropna()
    table = long.groupby([*keys, "judge"], sort=False).value.agg(
        seeds="count", median="median", lowest="min", highest="max"
    )
    table = table.reset_index()
    table["floor"] = [floor[row.case][row.judge] for row in table.itertuples()]
    return table.assign(ratio=metrics.in_floors(table["median"], table.floor))


def verdicts(table, recipes, given):
    """What was aimed at, what was measured, and whether it holds: a DataFrame.

    table: of `summarise`; recipes: rows of `reconstruction` by case and model; given: rows of
    `given_time` by case. Of the laws on the sharper model's codes the best is taken by the
    largest of its four ratios.
    """
    rows = []
    for name, case in CASES.items():
        sharp = table[(table.case == name) & (table.model == "sharp")]
        ratios = sharp.pivot(index="law", columns="judge", values="ratio")
        law = ratios[["mean_error", "std_error", "wasserstein", "energy"]].max(axis=1).idxmin()
        best = sharp[sharp.law == law].set_index("judge")
        for judge in ("mean_error", "std_error", "wasserstein", "energy"):
            rows.append((name, f"{judge} in floors, {law}", best.ratio[judge], 1.2))
        rows.append((name, f"c2st, {law}", best["median"]["c2st"], 0.55))
        rows.append((name, f"c2st per cell, {law}", best["median"]["c2st_per_cell"], 0.55))
        rebuilt = recipes[(recipes.case == name) & recipes.model.str.startswith("sharp")].median(
            numeric_only=True
        )
        rows.append((name, "median error of a reconstruction", rebuilt.median_error, 0.003))
        time = f"T = {case.fixed_time}"
        rows.append((name, f"{time}: mean error, reconstructed", rebuilt.one_time_mean_error, 2e-3))
        rows.append((name, f"{time}: std error, reconstructed", rebuilt.one_time_std_error, 0.01))
        of_case = given[given.case == name].set_index("time")
        asked = of_case.loc[case.fixed_time]
        unseen = of_case.loc[np.mean(HELD_OUT[name])]
        for label, row in ((time, asked), ("unseen T", unseen)):
            for judge in ("mean_error", "std_error"):
                ratio = row[f"generated_{judge}"] / row[f"floor_{judge}"]
                rows.append((name, f"{label}: {judge} in floors, generated", ratio, 1.5))
    found = pd.DataFrame(rows, columns=["case", "goal", "measured", "at_most"])
    return found.assign(holds=found.measured <= found.at_most)


def _seen(case, n, profile, stream):
    """Fresh densities at the times not held out, and these times, (realisations, 1)."""
    sample = dataset.generate(case, n, seed=stream, scheme=profile.scheme)
    seen = ~is_held_out(case.name, sample.final_time.values)
    return sample.density.values[seen], sample.final_time.values[seen, None]


def _at_time(model, law, case, time, profile, stream):
    samples, rng = profile.sharpening.samples, np.random.default_rng(stream)
    pool = dataset.generate(
        case, 4 * samples, final_time=time, seed=stream, scheme=profile.scheme
    ).density.values
    given = (np.full((samples, 1), time),)

    def fresh():
        return pool[rng.choice(len(pool), samples, replace=False)]

    density = fresh()
    kinds = {
        "generated": _median_distances(
            lambda: model.decode(law.sample(samples, rng, *given), given), fresh
        ),
        "encoded": _median_distances(lambda: model.reconstruct(fresh(), given=given), fresh),
        "reconstructed": metrics.distances(model.reconstruct(density, given=given), density),
        "floor": metrics.noise_floor(pool, samples, repeats=10, rng=rng),
    }
    return {
        f"{kind}_{name}": value for kind, found in kinds.items() for name, value in found.items()
    }


def _median_distances(draw, fresh):
    found = [metrics.distances(draw(), fresh()) for _ in range(5)]
    return pd.DataFrame(found).median().to_dict()


def _stream(seed, k):
    return np.random.SeedSequence([seed, k])
