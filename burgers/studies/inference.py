"""Learned posterior distributions of the random inputs, given an observation.

    q(y | d) ≈ p(y | d) for every d,   learned from pairs of inputs y and readings d of sensors

The inputs are learned as normal scores: Φ⁻¹ of their quantiles, whose prior is normal
with covariance I. Arrays of scores are (realisations, inputs).
"""

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from burgers import _checks as checks
from burgers import streams
from burgers.exact import Observation
from burgers.exact.points import at_quantiles, halton
from burgers.models import bayesflow_laws, flow
from burgers.problems import CASES, Problem, number
from burgers.profiles import Inference

# The first n of these places are those of n sensors.
PLACES = (0.55, 0.15, 0.35, 0.6, 0.7, 0.05, 0.25, 0.45, 0.8, 0.9)
TIMES = {"sinus": 0.4, "creneau": 0.2}
# Before the shock of the sinus, which forms at T = 1/(2π); when the front of the creneau is thick.
EARLY = {"sinus": 0.1, "creneau": 0.02}
SENSORS, NOISE = 5, 0.01
SETTINGS = (
    "base", "1 sensor", "3 sensors", "10 sensors", "noise 0.003", "noise 0.1", "early",
)  # fmt: skip
MOST_SCORE = 6.0
# Of flow matching: with twice as many, draws move by 0.3 % of their std, and c2st by 0.001.
STEPS = 4
OWN = "autoregressive flow"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """What is observed: a case, the number of sensors, the std of their noise, and when."""

    case: str
    sensors: int
    noise: float
    time: float

    def observation(self) -> Observation:
        """The sensors of this setting."""
        return Observation(CASES[self.case], PLACES[: self.sensors], self.time, self.noise)


def settings(case: str) -> dict[str, Setting]:
    """The settings of a case by name: the one that all methods are tried on, and its variants."""
    base = Setting(case, SENSORS, NOISE, TIMES[case])
    changed: list[dict[str, Any]] = [
        {}, {"sensors": 1}, {"sensors": 3}, {"sensors": 10}, {"noise": 0.003},
        {"noise": 0.1}, {"time": EARLY[case]},
    ]  # fmt: skip
    return {name: replace(base, **part) for name, part in zip(SETTINGS, changed, strict=True)}


def quantiles(problem: Problem, inputs: Any) -> Floats:
    """The quantile of each input in its distribution, which has `cdf`: (realisations, inputs)."""
    laws: dict[str, Any] = dict(problem.inputs)
    return np.stack([law.cdf(inputs[name]) for name, law in laws.items()], axis=1)


def normal_scores(problem: Problem, inputs: Any) -> Floats:
    """Φ⁻¹ of the quantile of each input, (realisations, inputs), at most 6 in absolute value.

    inputs : of the problem, (realisations,) each, all of whose distributions have `cdf`.
    """
    found = ndtri(quantiles(problem, inputs))
    return np.clip(found, -MOST_SCORE, MOST_SCORE)


def inputs_at(problem: Problem, scores: ArrayLike) -> dict[str, Any]:
    """The inputs of normal scores: the inverse of `normal_scores`."""
    return dict(at_quantiles(problem, 0.0, ndtr(checks.finite("scores", scores)))[0])


def simulations(
    observation: Observation, count: int, repeats: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Pairs to learn from: normal scores (repeats * count, inputs), readings (same, sensors).

    The equation is solved `count` times, at inputs that are spread over the prior.
    """
    problem = observation.problem
    inputs = halton(problem, count, rng)
    return repeated(
        normal_scores(problem, inputs), observation.values(inputs), observation.noise, repeats, rng
    )


def repeated(
    numbers: Floats, values: Floats, noise: Floats, repeats: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Each row of numbers several times, beside what is read of its values with new noise."""
    noisy = [values + noise * rng.standard_normal(values.shape) for _ in range(repeats)]
    return np.tile(numbers, (repeats, 1)), np.concatenate(noisy)


def fewer(epochs: int) -> int:
    """Three eighths of so many epochs: for networks whose steps take longer."""
    return max(1, 3 * epochs // 8)


def own(epochs: int, seed: int) -> flow.Flow:
    """Our own flow, at a rate that so many pairs allow: few epochs are then enough."""
    return flow.Flow(epochs, peak=1e-2, seed=seed)


# From the name of a method to what makes it, of a number of epochs and a seed.
METHODS: dict[str, Any] = {
    OWN: own,
    "BayesFlow: coupling flow": lambda epochs, seed: bayesflow_laws.CouplingFlow(
        fewer(epochs), batch_size=500, transform="spline", depth=4, seed=seed
    ),
    "BayesFlow: flow matching": lambda epochs, seed: bayesflow_laws.FlowMatching(
        fewer(epochs), batch_size=500, width=128, depth=3, steps=STEPS, seed=seed
    ),
}


@dataclass(frozen=True)
class Amortised:
    """A learned posterior, which answers for any readings without new training.

    Attributes
    ----------
    setting : what is observed.
    law : with `sample(n, rng, given)`.
    seconds : of its training, simulations included.
    """

    setting: Setting
    law: Any
    seconds: float

    def sample(self, data: ArrayLike, n: int, rng: np.random.Generator) -> Floats:
        """Draw n normal scores for each row of data, (observations, n, inputs)."""
        rows = np.atleast_2d(checks.finite("data", data))
        found = self.law.sample(n * len(rows), rng, np.repeat(rows, n, axis=0))
        return found.reshape(len(rows), n, -1)


def learn(setting: Setting, method: str, sizes: Inference, seed: int) -> Amortised:
    """Learn the posterior of a setting from simulations, by one of `METHODS`."""
    make = METHODS[checks.choice("method", method, METHODS)]
    began = perf_counter()
    scores, data = simulations(
        setting.observation(), sizes.simulations, sizes.repeats,
        streams.generator(seed, "simulations", number(setting.case)),
    )  # fmt: skip
    law = make(sizes.epochs, streams.integer(seed, "posterior training", number(setting.case)))
    return Amortised(setting, law.fit(scores, data), perf_counter() - began)
