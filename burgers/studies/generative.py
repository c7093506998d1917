"""Calibrated auto-encoders, and distributions fitted to their codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from burgers import metrics, paths, streams
from burgers.ensembles import dataset
from burgers.models import flow, latent_laws, sigma_vae, training, vae
from burgers.problems import CASES, Problem, number
from burgers.profiles import Profile

# A latent with more divergence from the prior than this is in use.
ACTIVE_NATS = 0.1
# Times withheld from the training of the conditioned models.
HELD_OUT = {"sinus": (0.6, 0.7), "creneau": (0.35, 0.41)}
# The distribution at one time is that of this share of the codes, the nearest in time.
NEAREST = 0.03
# Codes in a panel of the figure.
SHOWN = 4000

# From case and label to an auto-encoder.
Models = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Study:
    """What the comparison is made on: sizes, the seed, and stored ensembles by case."""

    profile: Profile
    seed: int
    folder: Path
    known: dict[str, xr.Dataset]
    pool: dict[str, xr.Dataset]
    one_time: dict[str, xr.Dataset]

    def generator(self, name: str, case: str, *index: int) -> np.random.Generator:
        """A generator on a stream of a case."""
        return streams.generator(self.seed, name, number(case), *index)

    def integer(self, name: str, case: str, *index: int) -> int:
        """An integer seed from a stream of a case."""
        return streams.integer(self.seed, name, number(case), *index)

    def fresh(self, name: str, case: str, count: int, *index: int, **options) -> xr.Dataset:
        """An ensemble of fresh densities, drawn from a stream of its case."""
        stream = streams.stream(self.seed, name, number(case), *index)
        options = {"seed": stream, "scheme": self.profile.scheme, **options}
        return dataset.generate(CASES[case], count, **options)

    def seen(self, name: str, case: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Fresh densities without those of withheld times, and their times (realisations, 1)."""
        sample = self.fresh(name, case, count)
        kept = ~is_held_out(case, sample.final_time.values)
        return sample.density.values[kept], sample.final_time.values[kept, None]


def open_study(profile: Profile, seed: int) -> Study:
    """Open the stored ensembles of a profile."""
    folder = paths.data(profile.name)
    known, pool, one_time = (
        {
            name: dataset.open(paths.stored(folder, kind, name, time=case.fixed_time))
            for name, case in CASES.items()
        }
        for kind in ("ensemble", "pool", "pool at one time")
    )
    return Study(profile, seed, folder, known, pool, one_time)


def latents(case: Problem) -> int:
    """As many latents as a density depends on random numbers: the inputs of the case, and T."""
    return len(case.sample(1, np.random.default_rng(0))) + 1


def is_held_out(name: str, times: np.ndarray) -> np.ndarray:
    """Whether each time lies in the interval withheld from the conditioned model of a case."""
    low, high = HELD_OUT[name]
    return (times > low) & (times < high)


def train_all(study: Study) -> None:
    """Train every model of the comparison, some side by side; finished trainings are kept.

    `sharp`: the calibrated auto-encoder, several trainings. `given time`: the same conditioned on
    T, trained on fresh densities without the withheld times. `scheduled`, `weighted`: the report's
    networks on a schedule, with the divergence weighted as in the printed code, or with that weight
    for each sample.
    """
    tasks = [task for name in CASES for task in _trainings(study, name)]
    # The longest first, so that the two processes end together.
    tasks.sort(key=lambda task: -len(task[1]["density"]) * task[1]["epochs"])
    training.run_in_parallel(tasks, study.profile.workers)


def _trainings(study: Study, name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each training of a case: what trains, and its options."""
    sizes, needed = study.profile.sharpening, latents(CASES[name])
    density, batch = study.known[name].density.values, study.profile.batch_size
    seen, times = study.seen("given time densities", name, sizes.codes)

    def task(train, kind, stream, density, k=0, **options):
        path = paths.stored(study.folder, kind, name, k=k)
        common = {"path": path, "progress": path.stem, "seed": study.integer(stream, name, k)}
        return train, {"density": density, "batch_size": batch, **common, **options}

    for k in range(sizes.seeds):
        yield task(sigma_vae.train, "sharp", "sharp training", density, k, latents=needed,
                   epochs=sizes.epochs[name])  # fmt: skip
    yield task(sigma_vae.train, "given time", "given time training", seen, latents=needed - 1,
               epochs=sizes.epochs_given_time[name], given=(times,))  # fmt: skip
    for k, (kind, beta) in enumerate((("scheduled", vae.BETA), ("weighted", vae.BETA * batch))):
        yield task(vae.train, kind, "schedule training", density, k, beta=beta, peak=2e-3,
                   decay=True, epochs=sizes.ablation_epochs)  # fmt: skip


def load_models(study: Study) -> tuple[Models, dict[str, Any]]:
    """The trained models by case and label, and the conditioned ones by case."""
    files: dict[str, dict[str, Any]] = {
        kind: {"kind": kind} for kind in ("report", "scheduled", "weighted")
    }
    for k in range(study.profile.sharpening.seeds):
        files[f"sharp {k}"] = {"kind": "sharp", "k": k}

    def load(case, **which):
        return vae.load(paths.stored(study.folder, case=case, **which))

    models = {name: {label: load(name, **which) for label, which in files.items()}
              for name in CASES}  # fmt: skip
    return models, {name: load(name, kind="given time") for name in CASES}


def divergence(model: Any, density: np.ndarray, given: tuple = ()) -> np.ndarray:
    """Mean divergence of each latent from the prior, (latents,) in nats."""
    return np.mean(vae.kl_divergence(*model.encode(density, given)), axis=0)


def latent_map(model: Any, pool: xr.Dataset) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Divergence of each latent, posterior means of a pool, and what to colour them by."""
    means, _ = model.encode(pool.density.values)
    colours = {"final time $T$": pool.final_time, r"$\log\,\mathrm{Re}$": np.log(pool.reynolds)}
    return divergence(model, pool.density.values), means, colours


def information(study: Study, models: Models) -> dict[str, dict[str, np.ndarray]]:
    """Divergence of each latent on the pools, by case and label; one training of the sharper."""
    shown = ("report", "scheduled", "weighted", "sharp 0")
    return {
        name: {label: divergence(models[name][label], pool.density.values) for label in shown}
        for name, pool in study.pool.items()
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
    """`reconstruction` of every model at all times, and its errors of moments at one time."""
    rows = []
    for name, labelled in models.items():
        pools = [ensembles[name].density.values for ensembles in (study.pool, study.one_time)]
        for k, (label, model) in enumerate(labelled.items()):
            found, at_one = (
                reconstruction(model, pool, study.integer("reconstructions", name, k, which))
                for which, pool in enumerate(pools)
            )
            found |= {f"one_time_{key}": at_one[key] for key in ("mean_error", "std_error")}
            rows.append({"case": name, "model": label, **found})
    return pd.DataFrame(rows)


def total_variance(model: Any, pool: np.ndarray, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Var ρ, Var E[ρ|z] and E Var[ρ|z] in each cell, z drawn from the encoder: three (cells,)."""
    codes = model.draw(pool, seed=seed)
    explained = model.decode(codes).astype(np.float64).var(axis=0)
    variance = np.asarray(model.decoder(codes[:1])[1][0], dtype=np.float64)
    return pool.astype(np.float64).var(axis=0), explained, variance


def variances(study: Study, models: Models) -> dict[str, tuple[np.ndarray, ...]]:
    """`total_variance` of the report's model and of a sharper one, by the title of its panel."""
    return {
        f"{name}, {title}": total_variance(
            models[name][label], pool.density.values, study.integer("total variance", name, k)
        )
        for name, pool in study.pool.items()
        for k, (label, title) in enumerate((("report", "report's recipe"), ("sharp 0", "sharper")))
    }


def variance_gaps(panels: dict[str, tuple[np.ndarray, ...]]) -> dict[str, float]:
    """Relative L2 distance of the sum of a model's two variances from that of the density."""
    return {
        title: float(metrics.relative_error(explained + noise, variance))
        for title, (variance, explained, noise) in panels.items()
    }


def fresh_densities(study: Study) -> dict[str, np.ndarray]:
    """Densities of all times on which no model was trained, (realisations, cells) by case."""
    count = study.profile.sharpening.codes
    return {name: study.fresh("codes", name, count).density.values for name in CASES}


def fit_laws(model: Any, density: np.ndarray, flow_epochs: int, seeds: list[int]) -> dict[str, Any]:
    """Five distributions fitted to the codes of densities; four seeds: of codes and of three."""
    codes = model.draw(density, seed=seeds[0])
    return {
        "normal": latent_laws.StandardNormal().fit(codes),
        "gaussian": latent_laws.Gaussian().fit(codes),
        "mixture": latent_laws.Mixture(seed=seeds[1]).fit(codes),
        "parzen": latent_laws.ManifoldParzen(seed=seeds[2]).fit(codes),
        "flow": flow.Flow(flow_epochs, seed=seeds[3]).fit(codes),
    }


def fit_all_laws(study: Study, models: Models) -> dict[tuple[str, str], dict[str, Any]]:
    """`fit_laws` of the report's model and each sharper one: by case and label.

    All models of a case encode the same fresh densities.
    """
    fresh, epochs = fresh_densities(study), study.profile.sharpening.flow_epochs
    laws = {}
    for name, labelled in models.items():
        for k, (label, model) in enumerate(labelled.items()):
            if label == "report" or label.startswith("sharp"):
                seeds = [study.integer("latent laws", name, k, which) for which in range(4)]
                laws[name, label] = fit_laws(model, fresh[name], epochs, seeds)
    return laws


def codes_and_laws(study: Study, name: str, models: Models, laws: dict) -> dict[str, np.ndarray]:
    """Codes of the training ensemble under a sharper model, and draws of each distribution."""
    model, rng = models[name]["sharp 0"], study.generator("shown codes", name, 0)
    encoded = model.draw(
        study.known[name].density.values, seed=study.integer("shown codes", name, 1)
    )
    drawn = {law: fitted.sample(SHOWN, rng) for law, fitted in laws[name, "sharp 0"].items()}
    return {"encoded, by $T$": encoded, **drawn}


def fit_laws_given_time(study: Study, conditioned: dict[str, Any]) -> dict[str, Any]:
    """The distribution p(z | T) of each conditioned model, fitted where no time is withheld."""
    sizes, laws = study.profile.sharpening, {}
    for name, model in conditioned.items():
        density, times = study.seen("codes given time", name, sizes.codes_given_time)
        seeds = [study.integer("codes given time", name, k) for k in range(2)]
        codes = model.draw(density, seed=seeds[0], given=(times,))
        law = flow.Flow(sizes.flow_epochs // 4, peak=2e-3, seed=seeds[1])
        nearest = int(NEAREST * sizes.codes_given_time)
        laws[name] = flow.NearestConditions(law, nearest).fit(codes, times)
    return laws
