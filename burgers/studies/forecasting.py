"""Which models push an ensemble through time, and how they are trained.

Forecasts are arrays (realisations, times, cells).
"""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from burgers.ensembles import trajectories
from burgers.models import baselines, flow, latent_ode, training, vae
from burgers.paths import stored
from burgers.problems import CASES, number
from burgers.profiles import Profile
from burgers.streams import generator, integer, stream

# Trajectories are solved on twice as many cells as are kept: on 400 the scheme's own error of the
# creneau's std given a is up to 8 %.
SOLVER: dict[str, Any] = {"scheme": "muscl", "refinement": 2}
TIMES = 51
LAST = {"sinus": 1.0, "creneau": 0.58}
# Index of the later time from which an ensemble is also started.
LATER = 10
# What the model of the extrapolation has seen: this share of the times, and these log Re.
INNER_TIME = 0.8
INNER_LOG_REYNOLDS = (5.0, 12.0)


def times(name: str) -> NDArray[np.float64]:
    """The times of the trajectories of a case, (51,), from 0 to the end of the judgement."""
    return np.linspace(0.0, LAST[name], TIMES)


def latents(name: str) -> int:
    """One code more than a snapshot has random numbers (T is one): their manifold is curved."""
    return len(CASES[name].sample(1, np.random.default_rng(0))) + 2


def training_set(name: str, profile: Profile, seed: int) -> Any:
    """The trajectories to learn from."""
    count = profile.propagation.trajectories[name]
    return trajectories.generate(
        CASES[name], count, times(name), seed=stream(seed, "trajectories", number(name)), **SOLVER
    )


def inner(ensemble: xr.Dataset) -> xr.Dataset:
    """The trajectories of inner log Re, without the last times."""
    log_reynolds, time = np.log(ensemble.reynolds.values), ensemble.time.values
    low, high = INNER_LOG_REYNOLDS
    return ensemble.isel(
        realisation=(log_reynolds > low) & (log_reynolds < high),
        time=time <= INNER_TIME * time[-1] + 1e-9,
    )


def train_all(ensembles: dict[str, xr.Dataset], folder: Path, profile: Profile, seed: int) -> None:
    """Train every model of both cases, side by side; those finished before cost nothing.

    `codes_<case>`: σ-VAE of snapshots. `autonomous_<case>`: F on its codes, not told Re.
    `reduced_<case>`: told Re, and trained as one. `pod_<case>`: the same F on linear codes.
    `one_shot_<case>`: without dynamics. `inner_…`: trained on less of time and Re.
    """
    common = {"folder": folder, "profile": profile, "seed": seed}
    tasks = [(train_case, {"name": name, "ensemble": ensembles[name], **common})
             for name in reversed(CASES)]  # fmt: skip
    training.run_in_parallel(tasks, profile.workers)


def train_case(name: str, ensemble: xr.Dataset, folder: Path, profile: Profile, seed: int) -> None:
    """Train the models of one case, one after the other: see `train_all`."""
    profile, seed = profile.propagation, integer(seed, "dynamics training", number(name))
    fields = {"field_epochs": profile.field_epochs, "seed": seed}

    def networks(kind, of, share=1.0):
        path = stored(folder, kind, name)
        latent_ode.train_codes(
            of, path, latents=latents(name), epochs=round(profile.codes_epochs * share), seed=seed,
            progress=path.stem,
        )  # fmt: skip
        model = vae.load(path)
        return model.encoder, model.decoder

    def train_reduced(kind, of, parts, **options):
        path = stored(folder, kind, name)
        latent_ode.train(of, parts, path, progress=path.stem, **fields, **options)

    of_snapshots = networks("codes", ensemble)
    train_reduced("autonomous", ensemble, of_snapshots, parameters=False)
    train_reduced("reduced", ensemble, of_snapshots, epochs=profile.epochs)
    linear = baselines.Pod(latents(name)).fit(ensemble.density.values).networks()
    train_reduced("pod", ensemble, linear)
    path = stored(folder, "one shot", name)
    baselines.train_one_shot(
        ensemble, path, epochs=profile.one_shot_epochs, seed=seed, progress=path.stem
    )
    within = inner(ensemble)
    of_inner = networks("inner codes", within, profile.inner_share)
    epochs = round(profile.epochs * profile.inner_share)
    train_reduced("inner", within, of_inner, epochs=epochs)


class Forecasters:
    """Every model of a case as a function of the truth's inputs to densities, one at a time."""

    def __init__(self, name, ensemble, folder, profile, seed):
        self.name, self.rng = name, generator(seed, "posterior draws", number(name))
        self.codes, self.autonomous, self.reduced, self.pod, self.one_shot, self.inner = (
            vae.load(stored(folder, kind, name))
            for kind in ("codes", "autonomous", "reduced", "pod", "one shot", "inner")
        )
        self.modes = baselines.Pod(profile.propagation.modes).fit(ensemble.density.values)
        codes = self.modes.encode(ensemble.density.values)
        self.linear = baselines.LinearPropagator().fit(codes)
        process = baselines.Regression(profile.propagation.gp_points, seed)
        self.process = process.fit(baselines.numbers(ensemble), codes.reshape(-1, codes.shape[2]))

    def all(self) -> dict[str, Any]:
        """Names and functions of an ensemble's truth, in the order of the tables."""
        return {
            "reduced": self.by_reduced,
            "autonomous": self.by_autonomous,
            "one shot": self.by_one_shot,
            "POD, same F": self.by_pod,
            "POD, Gaussian process": self.by_process,
            "POD, linear (DMD)": self.by_linear,
        }

    def by_reduced(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """The calibrated model: codes of X(0), and each trajectory's log Re."""
        return self.reduced.forecast(start, ensemble.time.values, ensemble.reynolds.values)

    def by_autonomous(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """Codes drawn from the encoder's posterior at X(0), and pushed through Y' = F(Y)."""
        codes = drawn(self.codes, start, self.rng)
        return self.autonomous.decode(self.autonomous.advance(codes, ensemble.time.values))

    def by_one_shot(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """The decoder of (t, log Re, a)."""
        density = self.one_shot.decode(baselines.numbers(ensemble))
        return density.reshape(len(start), -1, density.shape[1])

    def by_pod(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """As many linear coordinates, and the same F."""
        return self.pod.forecast(start, ensemble.time.values, ensemble.reynolds.values)

    def by_process(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """Linear coordinates as a Gaussian process of (t, log Re, a)."""
        codes = self.process.predict(baselines.numbers(ensemble))
        return self.modes.decode(codes.reshape(len(start), -1, codes.shape[1])).astype(np.float32)

    def by_linear(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """Linear coordinates and a linear propagator, which cannot know Re."""
        codes = self.linear.forecast(self.modes.encode(start), len(ensemble.time) - 1)
        return self.modes.decode(codes).astype(np.float32)


def drawn(model: Any, density: Any, rng: np.random.Generator) -> NDArray[Any]:
    """One code from the posterior of each density, (realisations, latents)."""
    mean, log_variance = model.encode(density)
    return mean + np.exp(0.5 * log_variance) * rng.standard_normal(mean.shape)


def reynolds_given_code(model: Any, name: str, index: int, profile: Profile, seed: int) -> Any:
    """p(log Re | z(t0)) of a reduced model, fitted to the codes of fresh densities at one time.

    index: of that time among `times(name)`. A `flow.Flow`: its `at(ranks, codes)` draws.
    """
    fresh = trajectories.generate(
        CASES[name], profile.propagation.law_samples, times(name)[[index]],
        seed=stream(seed, "codes at a time", number(name), index), **SOLVER,
    )  # fmt: skip
    of_flow = integer(seed, "reynolds given code", number(name), index)
    codes = model.encode(fresh.density.values[:, 0])[0]
    log_reynolds = np.log(fresh.reynolds.values)[:, None]
    return flow.Flow(profile.propagation.law_epochs, seed=of_flow).fit(log_reynolds, codes)
