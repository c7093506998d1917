"""The models that forecast an ensemble, and their training.

Two models propagate codes of densities: *reduced*, in which Re is given, and *autonomous*, from
which Re is withheld. The others are baselines. Forecasts are arrays (realisations, times, cells).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers.ensembles import trajectories
from burgers.exact.points import halton
from burgers.models import baselines, flow, front_decoder, latent_ode, pairs, training, vae
from burgers.paths import stored
from burgers.problems import CASES, number
from burgers.profiles import Profile
from burgers.streams import generator, integer, stream

# From densities at t = 0 (realisations, cells) and a Dataset of times and inputs to densities.
Forecast = Callable[[NDArray[Any], xr.Dataset], NDArray[Any]]
# The solver that the models are compared with works on twice as many cells as are kept: on 400
# cells its error in the std of the creneau given a is up to 8 %.
SOLVER: dict[str, Any] = {"scheme": "muscl", "refinement": 2}
TIMES = 51
LAST = {"sinus": 1.0, "creneau": 0.58}
# A front widens like the square root of time, so training times are denser at first: t^(2/3) is
# equally spaced.
GRADING = 1.5
# A network errs most at the end of the times that it learns from, so that end is later than the
# last one judged, by this factor.
BEYOND = 1.1
# Index of the later time, t = 0.2, at which an ensemble is also started.
LATER = {"sinus": 10, "creneau": 17}
# Trajectories that the linear propagator is fitted to.
LINEAR = 100
# The training range of the extrapolated model: a fraction of the times, and an interval of log Re.
INNER_TIME = 0.8
INNER_LOG_REYNOLDS = (5.0, 12.0)


def times(name: str) -> NDArray[np.float64]:
    """Times of the trajectories of a case, (51,), equally spaced from 0 to the last one judged."""
    return np.linspace(0.0, LAST[name], TIMES)


def latents(name: str) -> int:
    """Dimension of the latent space of a case.

    One more than the random numbers that determine a density (Re, T and, for the creneau, a): the
    manifold of densities is curved.
    """
    return len(CASES[name].sample(1, np.random.default_rng(0))) + 2


def training_times(name: str) -> NDArray[np.float64]:
    """Times of the trajectories that models are trained on, (51,), denser at first.

    They end later than those of `times`, by a tenth.
    """
    return BEYOND * LAST[name] * np.linspace(0.0, 1.0, TIMES) ** GRADING


@checks.formerly(sizes="profile")
def training_set(name: str, profile: Profile, seed: int) -> xr.Dataset:
    """The exact trajectories of the training set.

    Parameters
    ----------
    name : of the case.
    profile : sizes, of which the number of trajectories is used.
    seed : of the random inputs.

    Returns
    -------
    xarray.Dataset of `trajectories.generate`: `density` (realisation, time, x), and the inputs.
    """
    count = profile.propagation.trajectories[name]
    rng = generator(seed, "trajectories", number(name))
    return evenly_spread(name, count, training_times(name), rng)


def evenly_spread(name: str, count: int, at: NDArray[Any], rng: np.random.Generator) -> xr.Dataset:
    """Exact trajectories of quasi-random inputs (Halton), whose averages scatter little.

    Parameters
    ----------
    name : of the case.
    count : number of trajectories.
    at : (times,), non-negative and non-decreasing.
    rng : of the scrambling.
    """
    inputs = halton(CASES[name], count, rng)
    return trajectories.generate(CASES[name], count, at, inputs=inputs, scheme="exact")


def inner(ensemble: xr.Dataset) -> xr.Dataset:
    """The part of a training set with 5 < log Re < 12, in the first four fifths of `times`."""
    log_reynolds, time = np.log(ensemble.reynolds.values), ensemble.time.values
    low, high = INNER_LOG_REYNOLDS
    last = INNER_TIME / BEYOND * time[-1]
    return ensemble.isel(
        realisation=(log_reynolds > low) & (log_reynolds < high), time=time <= last + 1e-9
    )


def train_all(ensembles: dict[str, xr.Dataset], folder: Path, profile: Profile, seed: int) -> None:
    """Train every model of both cases in parallel; finished models are not trained again.

    Names of the files, each followed by `_<case>`: `codes`, the σ-VAE of single densities;
    `autonomous`, F on its codes, with Re withheld; `reduced`, encoder, F and decoder trained
    together, with Re given; `pod`, the same F on linear coordinates; `one_shot`, without dynamics;
    `inner_…`, trained on part of the times and of the range of log Re.

    Parameters
    ----------
    ensembles : training set of each case, of `training_set`.
    folder : where the models are stored.
    profile : sizes: numbers of epochs and of processes.
    seed : of all trainings.
    """
    common = {"folder": folder, "profile": profile, "seed": seed}
    tasks = [(train_case, {"name": name, "ensemble": ensembles[name], **common})
             for name in reversed(CASES)]  # fmt: skip
    training.run_in_parallel(tasks, profile.workers)


def train_case(name: str, ensemble: xr.Dataset, folder: Path, profile: Profile, seed: int) -> None:
    """Train the models of one case one after the other; arguments and files as in `train_all`."""
    sizes, seed = profile.propagation, integer(seed, "dynamics training", number(name))
    fields: dict[str, Any] = {"field_epochs": sizes.field_epochs, "seed": seed}

    def networks(kind, of, share=1.0):
        path = stored(folder, kind, name)
        latent_ode.train_codes(
            of, path, latents=latents(name), epochs=round(sizes.codes_epochs * share), seed=seed,
            progress=path.stem, networks=front_decoder.networks(CASES[name]),
        )  # fmt: skip
        model = vae.load(path)
        return model.encoder, model.decoder

    def train_reduced(kind, of, parts, **options):
        path = stored(folder, kind, name)
        latent_ode.train(of, parts, path, progress=path.stem, **fields, **options)

    of_snapshots = networks("codes", ensemble)
    train_reduced("autonomous", ensemble, of_snapshots, parameters=False)
    train_reduced("reduced", ensemble, of_snapshots, epochs=sizes.epochs)
    linear = baselines.Pod(latents(name)).fit(ensemble.density.values).networks()
    train_reduced("pod", ensemble, linear)
    path = stored(folder, "one shot", name)
    baselines.train_one_shot(
        ensemble, path, epochs=sizes.one_shot_epochs, seed=seed, progress=path.stem
    )
    within = inner(ensemble)
    of_inner = networks("inner codes", within, sizes.inner_share)
    epochs = round(sizes.epochs * sizes.inner_share)
    train_reduced("inner", within, of_inner, epochs=epochs)


class Forecasters:
    """The trained models of a case, each as a function from densities at t = 0 to forecasts.

    Every method takes `start`, densities at t = 0 (realisations, cells), and `ensemble`, a Dataset
    with the coordinates `time`, `reynolds` and, for the creneau, `step`; it returns densities
    (realisations, times, cells). Re is an input of all but `by_autonomous` and `by_linear`.

    Parameters
    ----------
    name : of the case.
    ensemble : training set, to which the linear coordinates and the Gaussian process are fitted.
    folder : of the models stored by `train_all`.
    profile : sizes: numbers of linear coordinates and of points of the Gaussian process.
    seed : of the codes drawn from the posterior, and of the Gaussian process.

    Raises
    ------
    ValueError
        If a model cannot be read.
    """

    @checks.formerly(sizes="profile")
    def __init__(
        self, name: str, ensemble: xr.Dataset, folder: Path, profile: Profile, seed: int
    ) -> None:
        self.name, self.rng = name, generator(seed, "posterior draws", number(name))
        self.codes, self.autonomous, self.reduced, self.pod, self.one_shot, self.inner = (
            vae.load(stored(folder, kind, name))
            for kind in ("codes", "autonomous", "reduced", "pod", "one shot", "inner")
        )
        self.modes = baselines.Pod(profile.propagation.modes).fit(ensemble.density.values)
        codes = self.modes.encode(ensemble.density.values)
        self.linear = baselines.LinearPropagator().fit(
            self.modes.encode(_equally_spaced(name, seed))
        )
        process = baselines.Regression(profile.propagation.gp_points, seed)
        self.process = process.fit(pairs.numbers(ensemble), codes.reshape(-1, codes.shape[2]))

    def all(self) -> dict[str, Forecast]:
        """The forecast functions by name, in the order of the tables."""
        return {
            "reduced": self.by_reduced,
            "autonomous": self.by_autonomous,
            "one shot": self.by_one_shot,
            "POD, same F": self.by_pod,
            "POD, Gaussian process": self.by_process,
            "POD, linear (DMD)": self.by_linear,
        }

    def by_reduced(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """The reduced model: z' = F(z, log Re) from the code of X(0), with Re given."""
        return self.reduced.forecast(start, ensemble.time.values, ensemble.reynolds.values)

    def by_autonomous(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """The autonomous model: Y' = F(Y) from a code drawn from the posterior given X(0)."""
        codes = drawn(self.codes, start, self.rng)
        return self.autonomous.decode(self.autonomous.advance(codes, ensemble.time.values))

    # The former name of the method.
    as_written = by_autonomous

    def by_one_shot(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """A decoder of (t, log Re, a), without dynamics."""
        density = self.one_shot.decode(pairs.numbers(ensemble))
        return density.reshape(len(start), -1, density.shape[1])

    def by_pod(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """The same F on as many linear coordinates (POD) as the reduced model has latents."""
        return self.pod.forecast(start, ensemble.time.values, ensemble.reynolds.values)

    def by_process(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """Linear coordinates (POD) as a Gaussian process in (t, log Re, a)."""
        codes = self.process.predict(pairs.numbers(ensemble))
        return self.modes.decode(codes.reshape(len(start), -1, codes.shape[1])).astype(np.float32)

    def by_linear(self, start: NDArray[Any], ensemble: xr.Dataset) -> NDArray[Any]:
        """Linear coordinates (POD) and a linear propagator (DMD), with Re withheld."""
        codes = self.linear.forecast(self.modes.encode(start), len(ensemble.time) - 1)
        return self.modes.decode(codes).astype(np.float32)


def _equally_spaced(name, seed):
    """Exact trajectories at the times of forecasts, which a linear propagator is fitted to."""
    return trajectories.generate(
        CASES[name], LINEAR, times(name), scheme="exact",
        seed=stream(seed, "linear trajectories", number(name)),
    ).density.values  # fmt: skip


def drawn(model: vae.VAE, density: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Draw z = μ + σ ε from the posterior of each density.

    Parameters
    ----------
    model : whose encoder gives mean μ and log-variance log σ².
    density : (realisations, cells).
    rng : of ε, standard normal.

    Returns
    -------
    (realisations, latents) codes.
    """
    mean, log_variance = model.encode(density)
    return mean + np.exp(0.5 * log_variance) * rng.standard_normal(mean.shape)


@checks.formerly(sizes="profile")
def reynolds_given_code(
    model: latent_ode.Reduced, name: str, index: int, profile: Profile, seed: int
) -> flow.Flow:
    """Fit p(log Re | z(t₀)) of a reduced model to the codes of fresh densities at one time.

    Parameters
    ----------
    model : whose encoder gives the codes z.
    name : of the case.
    index : of t₀ among `times(name)`.
    profile : sizes: numbers of densities and of epochs.
    seed : of the densities and of the training.

    Returns
    -------
    A flow whose `from_uniform(ranks, codes)` returns log Re, (realisations, 1), for ranks in (0, 1)
    and codes (realisations, latents).
    """
    fresh = trajectories.generate(
        CASES[name], profile.propagation.law_samples, times(name)[[index]],
        seed=stream(seed, "codes at a time", number(name), index), scheme="exact",
    )  # fmt: skip
    of_flow = integer(seed, "reynolds given code", number(name), index)
    codes = model.encode(fresh.density.values[:, 0])[0]
    log_reynolds = np.log(fresh.reynolds.values)[:, None]
    return flow.Flow(profile.propagation.law_epochs, seed=of_flow).fit(log_reynolds, codes)
