"""Posterior densities by the generative models of the other notebooks, given an observation.

Three ways to densities (draws, cells) that agree with what the sensors read:

- inputs: an amortised posterior of the inputs, at which the equation is solved exactly;
- neighbours: draws of the σ-VAE given T, resampled by the likelihood of the readings;
- encoded: codes of the reduced model and log Re, learned given the readings; from there the model
  goes on in time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from burgers import exact, metrics, streams
from burgers.models import evaluation, flow, latent_laws
from burgers.models.parallel import run_in_parallel
from burgers.paths import stored
from burgers.problems import CASES, CELLS, number
from burgers.profiles import Inference
from burgers.studies.inference import (
    OWN,
    PLACES,
    Amortised,
    Setting,
    inputs_at,
    repeated,
    settings,
)
from burgers.studies.inference_scores import Comparison
from burgers.studies.inference_solutions import LATER, Known, at_inputs, known, readings

BAND = (0.05, 0.95)
# Where the exact posterior is narrower, in units of the noise, the truth is known anyway.
LEAST_STD = 0.1

Floats = NDArray[np.float64]
# The settings in which they are judged, and what of them is shown, by so many draws.
JUDGED_IN = ("base", "noise 0.1")
SHOWN, DRAWN = ("neighbours of the sigma-VAE", "encoded, reduced model"), 2000

# From readings (sensors,), a number of draws and a generator to densities by time, now and later.
Draw = Callable[[Floats, int, np.random.Generator], dict[float, Floats]]


class Densities(NamedTuple):
    """How near each way is to the exact posterior density, and one observation of each setting.

    table : the rows of `judged` with the columns case and setting.
    panels : from case and setting to the panels of `shown`.
    """

    table: pd.DataFrame
    panels: dict[tuple[str, str], dict[str, Any]]


def candidates(model: Any, setting: Setting, of: Known, count: int, seed: int) -> Floats:
    """Draw densities (count, cells) from the σ-VAE given T, at the time of the observation.

    The codes of the known solutions at that time give the distribution of codes, by manifold Parzen
    windows.
    """
    stream = [streams.integer(seed, "neighbours given sensors", number(setting.case), k)
              for k in range(3)]  # fmt: skip

    def at(n):
        return (np.full((n, 1), setting.time),)

    codes = model.draw(of.densities, seed=stream[0], given=at(len(of.densities)))
    law = latent_laws.ManifoldParzen(seed=stream[1]).fit(codes)
    drawn = law.sample(count, np.random.default_rng(stream[2]))
    return model.decode(drawn, given=at(count)).astype(np.float64)


class Neighbours:
    """Densities of the σ-VAE given T that are near to what the sensors read.

    ρ ~ Σ_i w_i δ(ρ_i),   w_i ∝ p(d | ρ_i),   ρ_i the candidates
    """

    def __init__(self, candidates: Floats, setting: Setting) -> None:
        self.candidates, self.setting = candidates, setting
        self.observation = setting.observation()
        self.read = readings(self.observation, candidates)

    def __call__(self, data: Floats, n: int, rng: np.random.Generator) -> dict[float, Floats]:
        """Draw n densities given readings (sensors,), at the time of the observation."""
        logs = self.observation.log_density(data, self.read)
        weights = np.exp(logs - logs.max())
        picked = rng.choice(len(weights), n, p=weights / weights.sum())
        return {self.setting.time: self.candidates[picked]}


class Encoded:
    """The reduced model from an encoded observation: codes and log Re given the readings.

    (z, log Re) ~ q(· | d),   dz/dt = F(z, log Re),   ρ = D(z)
    """

    def __init__(self, model: Any, setting: Setting) -> None:
        self.model, self.setting, self.observation = model, setting, setting.observation()

    def fit(self, of: Known, sizes: Inference, seed: int) -> Self:
        """Learn q from known solutions, each read several times with new noise."""
        rng = streams.generator(seed, "codes given sensors", number(self.setting.case))
        codes = self.model.encode(of.densities)[0].astype(np.float64)
        numbers = np.column_stack([codes, np.log(of.inputs["reynolds"])])
        read = readings(self.observation, of.densities)
        # Codes on a thin manifold are learned better slowly, at a low rate.
        self.law = flow.Flow(2 * sizes.epochs, seed=int(rng.integers(2**30))).fit(
            *repeated(numbers, read, self.observation.noise, max(1, sizes.repeats // 4), rng)
        )
        return self

    def __call__(self, data: Floats, n: int, rng: np.random.Generator) -> dict[float, Floats]:
        """Draw n densities given readings (sensors,), when observed and later."""
        drawn = self.law.sample(n, rng, np.tile(data, (n, 1)))
        codes, reynolds = drawn[:, :-1], np.exp(drawn[:, -1])
        times = np.array([self.setting.time, LATER[self.setting.case]])
        found = self.model.decode(self.model.advance(codes, times - times[0], reynolds))
        return {time: found[:, k].astype(np.float64) for k, time in enumerate(times)}


@dataclass(frozen=True)
class OfInputs:
    """Exact densities at inputs drawn from an amortised posterior, or from the prior."""

    learned: Amortised | None
    setting: Setting

    def __call__(self, data: Floats, n: int, rng: np.random.Generator) -> dict[float, Floats]:
        """Draw n densities given readings (sensors,), when observed and later."""
        problem = self.setting.observation().problem
        scores = rng.standard_normal((n, len(problem.inputs)))
        if self.learned is not None:
            scores = self.learned.sample(data, n, rng)[0]
        return at_inputs(self.setting, inputs_at(problem, scores))


class Learned(NamedTuple):
    """What the settings of a case that differ in their noise have in common.

    known : the solutions from which the models learn.
    candidates : densities of the σ-VAE given T, (candidates, cells).
    reduced : the reduced model.
    """

    known: Known
    candidates: Floats
    reduced: Any


def in_common(setting: Setting, folder: Path, sizes: Inference, seed: int) -> Learned:
    """What all settings have in common that read when and where this one does.

    Raises
    ------
    ValueError
        Naming the file of a model that is missing or cannot be read.
    """
    of = known(setting, sizes, seed)
    sigma, reduced = (
        evaluation.load(stored(folder, kind, setting.case)) for kind in ("given time", "reduced")
    )
    return Learned(of, candidates(sigma, setting, of, sizes.candidates, seed), reduced)


def models(
    setting: Setting, inputs: Amortised, of: Learned, sizes: Inference, seed: int
) -> dict[str, Draw]:
    """The ways to posterior densities by name; the prior is what no reading would leave.

    inputs : the amortised posterior of the setting.
    """
    return {
        "learned inputs": OfInputs(inputs, setting),
        "neighbours of the sigma-VAE": Neighbours(of.candidates, setting),
        "encoded, reduced model": Encoded(of.reduced, setting).fit(of.known, sizes, seed),
        "prior": OfInputs(None, setting),
    }


def judged(ways: dict[str, Draw], setting: Setting, sizes: Inference, seed: int) -> pd.DataFrame:
    """How near the densities of each way are to exact ones, medians over new observations.

    Returns
    -------
    A table with a row for each time and way, and for other exact draws, of `mean_error` and
    `std_error`, differences of mean and std from the exact ones, relative to the exact std in the
    L2 norm over x; `c2st` of what the sensors of other settings would read with the same noise,
    drawn against exact; and `coverage`, of the places where the exact std is above a tenth of the
    noise, the share at which the true density is in the 90 % band.
    """
    observation = setting.observation()
    rng = streams.generator(seed, "density judges", number(setting.case))
    inputs: dict[str, Any] = dict(observation.problem.sample(sizes.observations, rng))
    truths = at_inputs(setting, inputs)
    rows = []
    for k, data in enumerate(observation.observe(inputs, rng)):
        posterior = exact.posterior(observation, data)
        best, others = (
            at_inputs(setting, dict(posterior.sample(sizes.samples, rng)[0])) for _ in range(2)
        )
        found = {name: way(data, sizes.samples, rng) for name, way in ways.items()}
        for name, densities in {"exact": others, **found}.items():
            for time, drawn in densities.items():
                truth = truths[time][k]
                rows.append([name, time, *_measures(drawn, best[time], truth, observation, rng)])
    measures = ["mean_error", "std_error", "c2st", "coverage"]
    each = pd.DataFrame(rows, columns=["way", "time", *measures]).groupby(
        ["time", "way"], sort=False
    )
    # A share is averaged: one observation has few places that are independent.
    return each[measures].median().assign(coverage=each.coverage.mean()).reset_index()


def _measures(drawn, best, truth, observation, rng):
    mean, std = best.mean(axis=0), best.std(axis=0)
    scale = np.linalg.norm(std)
    mean_error = np.linalg.norm(drawn.mean(axis=0) - mean) / scale
    std_error = np.linalg.norm(drawn.std(axis=0) - std) / scale
    others = np.setdiff1d(PLACES, observation.positions)
    cells = (others * CELLS).astype(int)
    noise = observation.noise[0]
    pair = (part[:, cells] + noise * rng.standard_normal((len(part), cells.size))
            for part in (drawn, best))  # fmt: skip
    told = std > LEAST_STD * noise
    low, high = np.quantile(drawn[:, told], BAND, axis=0)
    inside = (low <= truth[told]) & (truth[told] <= high)
    return mean_error, std_error, metrics.c2st(*pair), inside.mean() if told.any() else np.nan


def compare(
    found: Comparison, folder: Path, sizes: Inference, seed: int, workers: int = 0
) -> Densities:
    """Judge the models of 06 and 07 in both cases, with little and with much noise.

    Parameters
    ----------
    found : of `inference_scores.compare`, whose learned posteriors of the inputs are used.
    folder : of the trained models.
    sizes, seed : of the run.
    workers : number of cases judged at the same time, each in its own process; 0 for this one.
    """
    tasks = [
        (in_case, {"case": case, "learned": {name: found.learned[case, name, OWN]
                                             for name in JUDGED_IN},
                   "folder": folder, "sizes": sizes, "seed": seed})
        for case in CASES
    ]  # fmt: skip
    made = run_in_parallel(tasks, workers)
    order = ["case", "setting", "time", "way", "mean_error", "std_error", "c2st", "coverage"]
    table = pd.concat(table for table, _ in made)[order]
    return Densities(
        table, {key: panels for _, shown_in in made for key, panels in shown_in.items()}
    )


def in_case(
    case: str, learned: dict[str, Amortised], folder: Path, sizes: Inference, seed: int
) -> tuple[pd.DataFrame, dict[tuple[str, str], dict[str, Any]]]:
    """The table of one case, and the panels of its settings by case and setting."""
    tables, panels = [], {}
    of = in_common(settings(case)["base"], folder, sizes, seed)
    for name, inputs in learned.items():
        setting = settings(case)[name]
        ways = models(setting, inputs, of, sizes, seed)
        tables.append(judged(ways, setting, sizes, seed).assign(case=case, setting=name))
        panels[case, name] = shown(ways, setting, seed)
    return pd.concat(tables), panels


def shown(ways: dict[str, Draw], setting: Setting, seed: int) -> dict[str, Any]:
    """One observation: bands of exact densities and of those of the models, now and later.

    A dict from a title to the parts of a panel of `plots.inference.bands`.
    """
    observation = setting.observation()
    rng = streams.generator(seed, "shown truth", number(setting.case))
    inputs: dict[str, Any] = dict(observation.problem.sample(1, rng))
    data = observation.observe(inputs, rng)[0]
    posterior, truths, panels = exact.posterior(observation, data), at_inputs(setting, inputs), {}
    for name in SHOWN:
        for time, drawn in ways[name](data, DRAWN, rng).items():
            panels[f"{name}, T = {time:g}"] = {
                "true": truths[time][0],
                "exact": posterior.quantiles(BAND, time, CELLS),
                "learned": np.quantile(drawn, BAND, axis=0),
            }
            if time == setting.time:
                panels[f"{name}, T = {time:g}"] |= {
                    "places": observation.positions, "read": data, "noise": setting.noise
                }  # fmt: skip
    return panels
