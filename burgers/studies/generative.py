"""Sharper auto-encoders, and distributions fitted to their codes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from burgers import metrics, paths
from burgers.models import conditioning, flow, front_decoder, latent_laws, sigma_vae, training, vae
from burgers.problems import CASES, Problem
from burgers.profiles import Profile
from burgers.studies.generative_data import Study, kind, latents

# A latent with more divergence from the prior than this is in use.
ACTIVE_NATS = 0.1
# The distribution at one time is that of this share of the codes, the nearest in time.
NEAREST = 0.01
# Initial learning rates of the networks of all times. Where the density is constant between fronts,
# all error is in the fronts, and larger steps leave more of it.
PEAK = {"sinus": 5e-3, "creneau": 2e-3}
# Densities of about one time, from which its variance is estimated.
ALIKE = 200
# Codes in a panel of the figure.
SHOWN = 4000
# The models of all times; each has a file of that name.
LABELS = ("report", "scheduled", "weighted", "sharp")


class GivenTime(NamedTuple):
    """How a model is trained that is given T.

    `peak` is the initial learning rate; `halvings` say where its features of T change, see
    `conditioning`. Square errors count in units of the variance at their time, for which
    `least_spread`, a part of the largest std, is the least std.
    """

    peak: float
    halvings: tuple[float, ...]
    least_spread: float


# The front of the sinus forms at T/6, which takes finer features; that of the creneau is there from
# the start, and none of its features may change steeply over the withheld times.
GIVEN_TIME = {
    "sinus": GivenTime(3e-3, tuple(np.arange(1, 10) / 2), 0.2),
    "creneau": GivenTime(2e-3, (2.0, 3.0, 4.0, 5.0, 6.0), 0.1),
}
# From case and label to an auto-encoder.
Models = dict[str, dict[str, Any]]


def train_all(study: Study) -> None:
    """Train every model of the comparison, some side by side; finished trainings are kept.

    `sharp`: the sharper auto-encoder, on exact densities. `given time`: the same conditioned on
    T, on quasi-random ones without the withheld times. `scheduled`, `weighted`: the report's
    networks on its densities on a schedule, with the divergence weighted as in the printed code, or
    with that weight for each sample.
    """
    tasks = [task for name in CASES for task in _trainings(study, name)]
    # The longest first, so that the two processes end together.
    tasks.sort(key=lambda task: -len(task[1]["density"]) * task[1]["epochs"])
    training.run_in_parallel(tasks, study.profile.workers)


def _trainings(study: Study, name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each training of a case: what trains, and its options."""
    sizes, case, batch = study.profile.sharpening, CASES[name], study.profile.batch_size

    def task(train, kind, stream, density, k=0, **options):
        path = paths.stored(study.folder, kind, name)
        common = {"path": path, "progress": path.stem, "seed": study.integer(stream, name, k)}
        return train, {"density": density, "batch_size": batch, **common, **options}

    known = study.of("sharp").known[name].density.values
    yield task(sigma_vae.train, "sharp", "sharp training", known, **recipe(study.profile, case))
    seen, times = study.quasi_random("given time densities", name, sizes.given_time)
    networks, told = front_decoder.networks(case), GIVEN_TIME[name]
    given = {
        "latents": latents(case) - 1, "given": (times,), "peak": told.peak,
        "weights": weights(seen, times, told.least_spread),
        "networks": conditioning.in_steps(networks, case.last_time, told.halvings),
        "epochs": sizes.epochs_given_time[name],
    }  # fmt: skip
    yield task(sigma_vae.train, "given time", "given time training", seen, **given)
    known = study.of("report").known[name].density.values
    for k, (label, beta) in enumerate((("scheduled", vae.BETA), ("weighted", vae.BETA * batch))):
        yield task(vae.train, label, "schedule training", known, k, beta=beta, peak=2e-3,
                   decay=True, epochs=sizes.ablation_epochs)  # fmt: skip


def recipe(profile: Profile, case: Problem) -> dict[str, Any]:
    """The options of `sigma_vae.train` by which the sharper auto-encoder of a case is trained."""
    return {
        "latents": latents(case), "networks": front_decoder.networks(case),
        "peak": PEAK[case.name], "epochs": profile.sharpening.epochs[case.name],
    }  # fmt: skip


def weights(density: np.ndarray, times: np.ndarray, least_spread: float) -> np.ndarray:
    """Reciprocal variances (realisations,) of densities with about the same time, of mean one.

    density (realisations, cells), times (realisations, 1). The variance is the mean over x, and at
    least the square of `least_spread` times the largest.
    """
    order = np.argsort(times[:, 0])
    groups = np.array_split(order, max(1, len(order) // ALIKE))
    at = [times[group].mean() for group in groups]
    variance = np.interp(times[:, 0], at, [density[group].var(axis=0).mean() for group in groups])
    found = 1.0 / np.maximum(variance, least_spread**2 * variance.max())
    return found / found.mean()


def load_models(study: Study) -> tuple[Models, dict[str, Any]]:
    """The trained models by case and label, and the conditioned ones by case."""

    def load(kind, name):
        return vae.load(paths.stored(study.folder, kind, name))

    models = {name: {label: load(label, name) for label in LABELS} for name in CASES}
    return models, {name: load("given time", name) for name in CASES}


def divergence(model: Any, density: np.ndarray, given: tuple = ()) -> np.ndarray:
    """Mean divergence of each latent from the prior, (latents,) in nats."""
    return np.mean(vae.kl_divergence(*model.encode(density, given)), axis=0)


def latent_map(model: Any, pool: xr.Dataset) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Divergence of each latent, posterior means of a pool, and what to colour them by."""
    means, _ = model.encode(pool.density.values)
    colours = {"final time $T$": pool.final_time, r"$\log\,\mathrm{Re}$": np.log(pool.reynolds)}
    return divergence(model, pool.density.values), means, colours


def information(study: Study, models: Models) -> dict[str, dict[str, np.ndarray]]:
    """Divergence of each latent on the pools, by case and label."""
    return {
        name: {
            label: divergence(model, study.of(label).pool[name].density.values)
            for label, model in labelled.items()
        }
        for name, labelled in models.items()
    }


def reconstruction(
    model: Any, pool: np.ndarray, seed: int = 0, given: tuple = ()
) -> dict[str, float]:
    """Errors of one draw for each density of a pool, (realisations, cells), and latents in use.

    Median and worst relative L2 error of a density, and errors of the moments of all.
    """
    decoded = model.reconstruct(pool, seed=seed, given=given)
    error, kl = metrics.relative_error(decoded, pool), divergence(model, pool, given)
    return {
        "median_error": np.median(error),
        "worst_error": error.max(),
        **metrics.moment_errors(decoded, *metrics.mean_and_std(pool)),
        "active_latents": int((kl > ACTIVE_NATS).sum()),
        "kl": float(kl.sum()),
    }


def reconstruction_table(study: Study, models: Models) -> pd.DataFrame:
    """`reconstruction` of every model at all times, and its errors of moments at one time.

    The column `densities` says of which kind they are.
    """
    rows = []
    for name, labelled in models.items():
        for k, (label, model) in enumerate(labelled.items()):
            own = study.of(label)
            found, at_one = (
                reconstruction(
                    model, ensembles[name].density.values,
                    study.integer("reconstructions", name, k, which),
                )
                for which, ensembles in enumerate((own.pool, own.one_time))
            )  # fmt: skip
            found |= {f"one_time_{key}": at_one[key] for key in ("mean_error", "std_error")}
            rows.append({"case": name, "model": label, "densities": kind(label), **found})
    return pd.DataFrame(rows)


def total_variance(model: Any, pool: np.ndarray, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Var ρ, Var E[ρ|z] and E Var[ρ|z] in each cell, z drawn from the encoder: three (cells,)."""
    codes = model.draw(pool, seed=seed)
    explained = model.decode(codes).astype(np.float64).var(axis=0)
    variance = np.asarray(model.decoder(codes[:1])[1][0], dtype=np.float64)
    return pool.astype(np.float64).var(axis=0), explained, variance


def variances(study: Study, models: Models) -> dict[str, tuple[np.ndarray, ...]]:
    """`total_variance` of the report's model and of the sharper one, by the title of its panel."""
    return {
        f"{name}, {title}": total_variance(
            models[name][label], study.of(label).pool[name].density.values,
            study.integer("total variance", name, k),
        )
        for name in models
        for k, (label, title) in enumerate((("report", "report's recipe"), ("sharp", "sharper")))
    }  # fmt: skip


def variance_gaps(panels: dict[str, tuple[np.ndarray, ...]]) -> dict[str, float]:
    """Relative L2 distance of the sum of a model's two variances from that of the density."""
    return {
        title: float(metrics.relative_error(explained + noise, variance))
        for title, (variance, explained, noise) in panels.items()
    }


def fit_laws(codes: np.ndarray, flow_epochs: int, seeds: list[int]) -> dict[str, Any]:
    """Five distributions fitted to codes (realisations, latents); seeds of the last three."""
    return {
        "normal": latent_laws.StandardNormal().fit(codes),
        "gaussian": latent_laws.Gaussian().fit(codes),
        "mixture": latent_laws.Mixture(seed=seeds[0]).fit(codes),
        "parzen": latent_laws.ManifoldParzen(seed=seeds[1]).fit(codes),
        "flow": flow.Flow(flow_epochs, seed=seeds[2]).fit(codes),
    }


def fit_all_laws(study: Study, models: Models) -> dict[tuple[str, str], dict[str, Any]]:
    """`fit_laws` of the report's model and the sharper one: by case and label.

    Both encode densities of the same inputs, each of its own kind, on which neither was trained.
    """
    sizes, tasks = study.profile.sharpening, {}
    for name, labelled in models.items():
        for k, label in enumerate(("report", "sharp")):
            density = study.fresh(label, "codes", name, sizes.codes)
            of_codes, *seeds = (study.integer("latent laws", name, k, which) for which in range(4))
            codes = labelled[label].draw(density, seed=of_codes)
            options = {"codes": codes, "flow_epochs": sizes.flow_epochs, "seeds": seeds}
            tasks[name, label] = fit_laws, options
    found = training.run_in_parallel([*tasks.values()], study.profile.workers)
    return dict(zip(tasks, found, strict=True))


def codes_and_laws(study: Study, name: str, models: Models, laws: dict) -> dict[str, np.ndarray]:
    """Codes of the training ensemble under the sharper model, and draws of each distribution."""
    model, rng = models[name]["sharp"], study.generator("shown codes", name, 0)
    encoded = model.draw(
        study.of("sharp").known[name].density.values, seed=study.integer("shown codes", name, 1)
    )
    drawn = {law: fitted.sample(SHOWN, rng) for law, fitted in laws[name, "sharp"].items()}
    return {"encoded, by $T$": encoded, **drawn}


def bands(study: Study, models: Models, laws: dict) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Generated densities and those of Monte Carlo, as `plots.laws.bands` draws them."""
    n, pairs = study.profile.sharpening.samples, {}
    for name in CASES:
        rng = study.generator("bands", name)
        for label, law, title in (
            ("report", "normal", "report, normal latents"),
            ("sharp", "parzen", "sharper, Parzen windows"),
        ):
            pool = study.of(label).pool[name].density.values
            reference = pool[rng.choice(len(pool), n, replace=False)]
            generated = models[name][label].decode(laws[name, label][law].sample(n, rng))
            pairs[f"{name}: {title}"] = generated, reference
    return pairs


def fit_laws_given_time(study: Study, conditioned: dict[str, Any]) -> dict[str, Any]:
    """The distribution p(z | T) of each conditioned model, fitted where no time is withheld.

    The codes are of quasi-random densities, whose numbers near a time hardly fluctuate.
    """
    sizes, tasks = study.profile.sharpening, []
    nearest = int(NEAREST * sizes.codes_given_time)
    for name, model in conditioned.items():
        density, times = study.quasi_random("codes given time", name, sizes.codes_given_time)
        seeds = [study.integer("codes given time", name, k) for k in range(2)]
        codes = model.draw(density, seed=seeds[0], given=(times,))
        law = flow.Flow(max(1, sizes.flow_epochs // 8), peak=2e-3, seed=seeds[1])
        to_carry = flow.NearestConditions(law, nearest)
        tasks.append((to_carry.fit, {"codes": codes, "given": times}))
    found = training.run_in_parallel(tasks, study.profile.workers)
    return dict(zip(conditioned, found, strict=True))
