"""Densities by which generative models are compared: the report's, and exact ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import qmc

from burgers import exact, paths, streams
from burgers.ensembles import dataset
from burgers.exact.points import at_quantiles
from burgers.problems import CASES, Problem, number
from burgers.profiles import Profile

# Times withheld from the training of the conditioned models.
HELD_OUT = {"sinus": (0.6, 0.7), "creneau": (0.35, 0.41)}
# Quasi-random times are the range times uniform numbers to this power: more of them are early,
# above all where a front has yet to form.
EARLY = {"sinus": 2.5, "creneau": 1.35}
# So many of them lie around 1/(2 pi), when the front of the sinus forms: densities change fastest.
FORMING = {"sinus": (0.1, 0.25)}
FORMING_SHARE = 0.3
# The models that learn from exact densities, and are judged by them.
LEARN_EXACT = ("sharp", "given T")


@dataclass(frozen=True)
class Ensembles:
    """Densities of one kind by case: to learn from, and to judge by at all times and at one."""

    known: dict[str, xr.Dataset]
    pool: dict[str, xr.Dataset]
    one_time: dict[str, xr.Dataset]


@dataclass(frozen=True)
class Study:
    """What the comparison is made on: sizes, the seed, and ensembles by their kind.

    `ensembles` has "scheme", those stored, on which the report's models were trained, and "exact",
    as many exact densities.
    """

    profile: Profile
    seed: int
    folder: Path
    ensembles: dict[str, Ensembles]

    def of(self, label: str) -> Ensembles:
        """The ensembles of the kind that a model learns from and is judged by."""
        return self.ensembles[kind(label)]

    def generator(self, name: str, case: str, *index: int) -> np.random.Generator:
        """A generator on a stream of a case."""
        return streams.generator(self.seed, name, number(case), *index)

    def integer(self, name: str, case: str, *index: int) -> int:
        """An integer seed from a stream of a case."""
        return streams.integer(self.seed, name, number(case), *index)

    def fresh(self, label: str, name: str, case: str, count: int, *index: int) -> np.ndarray:
        """Fresh densities of the kind of a model, (count, cells), drawn from a stream of a case."""
        stream = streams.stream(self.seed, name, number(case), *index)
        scheme = "exact" if kind(label) == "exact" else self.profile.scheme
        return dataset.generate(CASES[case], count, seed=stream, scheme=scheme).density.values

    def quasi_random(
        self, name: str, case: str, count: int, *index: int, time: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Exact densities of quasi-random inputs, (realisations, cells), and their times, (., 1).

        At one time; or else at times which are denser towards zero, none of them withheld.
        """
        problem = CASES[case]
        points = qmc.Halton(latents(problem), rng=self.generator(name, case, *index)).random(count)
        inputs: dict[str, Any] = at_quantiles(problem, 0.0, points)[0]
        times = graded_times(problem, points[:, -1]) if time is None else np.full(count, time)
        kept = ~is_held_out(case, times) if time is None else slice(None)
        inputs = {key: values[kept] for key, values in inputs.items()}
        density = exact.density(problem, times[kept], **inputs)
        return density.astype(np.float32), times[kept, None]


def graded_times(problem: Problem, uniform: np.ndarray) -> np.ndarray:
    """Times by numbers that are uniform on [0, 1]: denser towards zero and where fronts form."""
    start, end = problem.times
    share = np.linspace(0.0, 1.0, 4001)
    distribution = share ** (1 / EARLY[problem.name])
    if problem.name in FORMING:
        low, high = FORMING[problem.name]
        distribution += FORMING_SHARE * (np.interp(share, [low, high], [0, 1]) - distribution)
    return start + (end - start) * np.interp(uniform, distribution, share)


def open_study(profile: Profile, seed: int) -> Study:
    """Open the stored ensembles of a profile, and generate as many exact densities."""
    folder = paths.data(profile.name)
    stored, like_stored = [], []
    for k, kind_of_file in enumerate(("ensemble", "pool", "pool at one time")):
        found = {
            name: dataset.open(paths.stored(folder, kind_of_file, name, time=case.fixed_time))
            for name, case in CASES.items()
        }
        stored.append(found)
        like_stored.append({name: exactly(like, seed, name, k) for name, like in found.items()})
    return Study(
        profile, seed, folder, {"scheme": Ensembles(*stored), "exact": Ensembles(*like_stored)}
    )


def exactly(like: xr.Dataset, seed: int, name: str, k: int = 0) -> xr.Dataset:
    """As many exact densities as an ensemble of a case has, at its times.

    k : 0 of those to learn from, 1 and 2 of the pools.
    """
    stream = streams.stream(seed, "exact densities", number(name), k)
    times = like.final_time.values
    return dataset.generate(CASES[name], len(times), final_time=times, seed=stream, scheme="exact")


def kind(label: str) -> str:
    """Whether a model learns from "exact" densities or from those of the report's "scheme"."""
    return "exact" if label in LEARN_EXACT else "scheme"


def latents(case: Problem) -> int:
    """As many latents as a density depends on random numbers: the inputs of the case, and T."""
    return len(case.sample(1, np.random.default_rng(0))) + 1


def is_held_out(name: str, times: np.ndarray) -> np.ndarray:
    """Whether each time lies in the interval withheld from the conditioned model of a case."""
    low, high = HELD_OUT[name]
    return (times > low) & (times < high)
