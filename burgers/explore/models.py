"""The auto-encoders of the page, and ensembles drawn from them and from the solver."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from burgers import exact, paths, profiles, solver, streams
from burgers.ensembles import dataset
from burgers.models import latent_laws, sigma_vae, vae
from burgers.problems import CASES, Problem, edges, number
from burgers.solver import Scheme
from burgers.studies import generative, generative_data

# Kinds of auto-encoder, and the names of their files in `paths.stored`.
KINDS = {"sharper": "sharp", "the report's": "report"}
# Sources of an ensemble that solve the equation, and their schemes.
SOLVED: dict[str, Any] = {f"solver, {scheme}": scheme for scheme in solver.SCHEMES}
ENCODED = 1500
ACTIVE_NATS = 0.1


def prepared(profile: str = "quick", seed: int = 0) -> dict[tuple[str, str], Path]:
    """Find the file of each auto-encoder, and train those that are missing.

    Models of the report's sizes come first, those that `make all` trained here before those that
    come with the package. Missing ones are trained at the sizes of the profile, on the ensemble of
    `01_generate` if it exists, with a progress bar unless CI is set.

    Returns
    -------
    A dict from (case, kind) to a path; kinds are those of `KINDS`.

    Raises
    ------
    ValueError
        If the profile is unknown, or a stored ensemble is damaged.
    """
    folders = [paths.data(profile.replace("quick", "report")), paths.data(profile)]
    if profile == "quick":
        # Those of other profiles learned from another scheme.
        folders.insert(1, paths.MODELS)
    settings, found = profiles.get(profile), {}
    for name, case in CASES.items():
        for kind in KINDS:
            candidates = [paths.stored(folder, KINDS[kind], name) for folder in folders]
            path = next((path for path in candidates if path.exists()), candidates[-1])
            if not path.exists():
                _train(case, kind, path, settings, seed)
            found[name, kind] = path
    return found


def _train(case, kind, path, settings, seed):
    """Train with the data, sizes and random streams of the notebook that writes the file."""
    stored, which = paths.stored(path.parent, "ensemble", case.name), number(case.name)
    if stored.exists():
        ensemble = dataset.open(stored)
    else:
        count = settings.of_case(case.name).realisations
        stream = streams.stream(seed, "training ensemble", which)
        ensemble = dataset.generate(case, count, seed=stream, scheme=settings.scheme)
    options = {"batch_size": settings.batch_size, "progress": f"{case.name}, {kind}"}
    if kind == "sharper":
        ensemble = generative_data.exactly(ensemble, seed, case.name)
        options |= generative.recipe(settings, case)
        options["seed"] = streams.integer(seed, "sharp training", which, 0)
        train = sigma_vae.train
    else:
        options["seed"] = streams.integer(seed, "report training", which)
        options["epochs"], train = settings.of_case(case.name).epochs, vae.train
    train(ensemble.density.values, path, **options)


@dataclass(frozen=True)
class EncodedEnsemble:
    """An auto-encoder, and the codes of fresh densities over all times.

    Attributes
    ----------
    model : the auto-encoder.
    ensemble : encoded realisations, of `dataset.generate`.
    codes : (realisations, latents) posterior means.
    active : (2,) or (3,) indices of the latents of largest divergence, in decreasing order.
    """

    model: vae.VAE
    ensemble: xr.Dataset
    codes: NDArray[np.float64]
    active: NDArray[np.intp]

    def encode(self, density: NDArray[Any]) -> NDArray[np.float64]:
        """The posterior mean of one density: (400,) -> (latents,)."""
        inputs = density[None].astype(np.float32)
        # Compiled once for this shape; `model.encode` is not compiled, and is ten times slower.
        return self.model.encoder.predict_on_batch(inputs)[0][0].astype(float)

    def decode(self, code: NDArray[Any]) -> NDArray[Any]:
        """The decoder's mean at one code: (latents,) -> (400,)."""
        return self.model.decoder.predict_on_batch(code[None].astype(np.float32))[0][0]

    def nearest(self, code: NDArray[Any]) -> int:
        """Index of the realisation nearest to a code in the active latents, scaled by their std."""
        codes = self.codes[:, self.active]
        distances = (codes - code[self.active]) / codes.std(axis=0)
        return int(np.argmin(np.square(distances).sum(axis=1)))


@cache
def encoded_ensemble(
    case: Problem, path: Path | str, scheme: Scheme = "rusanov", seed: int = 0
) -> EncodedEnsemble:
    """Load an auto-encoder from a file, and encode fresh densities of its case.

    Parameters
    ----------
    case : of the densities.
    path : of the model.
    scheme, seed : by which the densities are solved, and of their random inputs.

    Raises
    ------
    ValueError
        If the model cannot be read.
    """
    model = vae.load(path)
    ensemble = spread(case, ENCODED, scheme, seed)
    mean, log_variance = model.encode(ensemble.density.values)
    divergence = np.mean(vae.kl_divergence(mean, log_variance), axis=0)
    count = int(np.clip(np.sum(divergence > ACTIVE_NATS), 2, 3))
    return EncodedEnsemble(
        model, ensemble, mean.astype(float), np.argsort(divergence)[::-1][:count]
    )


@cache
def exact_band(case: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact mean and std over the report's range of times: two (400,) arrays, accurate to 1e-6."""
    return exact.mean_and_std(case, panel_nodes=4, reynolds_nodes=16)


def spread(case: Problem, count: int, scheme: Scheme, seed: int) -> xr.Dataset:
    """Solve an ensemble at independent random times, of which the first members cover the range.

    Parameters
    ----------
    count : number of realisations.
    scheme : of the solver.
    seed : of the times and of the random inputs.

    Returns
    -------
    xarray.Dataset of `dataset.generate`: `density` (realisation, x), times and inputs.
    """
    index = number(case.name)
    times = streams.generator(seed, "map times", index)
    times = times.uniform(case.first_time, case.last_time, count)
    stream = streams.stream(seed, "map densities", index)
    return dataset.generate(case, count, final_time=times, seed=stream, scheme=scheme)


def drawn(
    case: Problem,
    source: str,
    count: int,
    files: dict[tuple[str, str], Path],
    seed: int,
    scheme: Scheme = "rusanov",
) -> NDArray[Any]:
    """Draw densities over the report's range of times from the solver or from an auto-encoder.

    The sharper auto-encoder draws its latents from Parzen windows on its codes of densities solved
    by `scheme`, the report's from the standard normal prior.

    Parameters
    ----------
    source : one of `SOLVED` or `KINDS`.
    count : number of densities.
    files : files of the auto-encoders, of `prepared`.
    seed : of the densities.
    scheme : by which the densities were solved that the sharper auto-encoder encodes.

    Returns
    -------
    (count, 400) densities.

    Raises
    ------
    ValueError
        If the source is neither in `SOLVED` nor a kind of auto-encoder.
    """
    if source in SOLVED:
        return spread(case, count, SOLVED[source], seed).density.values
    if source not in KINDS:
        raise ValueError(f"source is {source!r}; accepted: {', '.join([*SOLVED, *KINDS])}")
    encoded = encoded_ensemble(case, files[case.name, source], scheme)
    if source != "sharper":
        return encoded.model.generate(count, seed)
    codes = encoded.model.draw(encoded.ensemble.density.values)
    windows = latent_laws.ManifoldParzen(seed=0).fit(codes)
    return encoded.model.decode(windows.sample(count, streams.generator(seed, "shown members")))


def averages(density: NDArray[Any], cells: int) -> NDArray[Any]:
    """Cell averages on another number of cells, (given cells,) -> (cells,), with the same mass.

    Exact if each new cell is a union of old ones; else by a monotone cubic interpolant of the
    integral of the density.
    """
    given = density.size
    if given % cells == 0:
        return density.reshape(cells, -1).mean(axis=1)
    integral = np.concatenate([[0.0], np.cumsum(density) / given])
    spline = PchipInterpolator(edges(given), integral)
    return np.diff(spline(edges(cells))) * cells
