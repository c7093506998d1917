"""Posterior samples of problems with many random inputs, by elliptical slice sampling.

    p(u | d) ∝ p(d | y(u)) N(u; 0, I),   y(u) = F⁻¹(Φ(u)),   u the normal scores of all inputs

F are the distribution functions of the inputs and Φ that of the standard normal distribution. An
update moves a chain along the ellipse through its state and a draw from the prior, to a point
of higher likelihood than a level drawn below that of the state. There is no step size.

Where data are precise in a few directions, the rest would mix slowly. The directions are split, by
how many standard deviations of the noise a unit of u moves the sensors, and the parts are updated
in turn. They are found during the warm-up and then kept, so that the draws are from the posterior.
Sources: I. Murray, R. P. Adams, D. J. C. MacKay (2010), AISTATS; for the directions T. Cui, K. J.
H. Law, Y. M. Marzouk (2016), J. Comput. Phys. 304.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from burgers import _checks as checks
from burgers import _source as source
from burgers.exact.observation import Observation
from burgers.exact.of_problem import density
from burgers.exact.points import at_quantiles, random_numbers
from burgers.problems import CELLS

CHAINS, DRAWS, WARM_UP = 4, 500, 250
# Parts of the warm-up after which directions are sought, and the random numbers for each of its
# iterations beyond which that would take longer than the warm-up.
SOUGHT, DEAR = (1 / 3, 2 / 3), 10
# Directions that move the sensors by less, in standard deviations of the noise, are left together;
# the others are parted where that grows by a factor. The step of finite differences.
LEAST, FACTOR, STEP = 0.5, 4.0, 1e-4
# An arc so short is the state itself.
SHORTEST = 1e-10
# Quantiles that have finite normal scores.
LEAST_QUANTILE, LARGEST_QUANTILE = np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg
# Beside those of the sensors, cells whose densities are looked at for convergence.
PLACES = 8
# Cells in which the density is looked at where sensors have none.
POINTS = 100
# Quantiles by which the effective sample size of the tails is measured.
TAILS = (0.05, 0.95)

Floats = NDArray[np.float64]
Project = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Samples:
    """Draws from the posterior distribution of inputs and density, of several Markov chains.

    Attributes
    ----------
    observation : that was made.
    inputs : a dict from each input to its values, (chains, draws) or (chains, draws, components).
    final_time : (chains, draws), where it was unknown; else None.
    log_likelihood : (chains, draws), in nats.
    evaluations : of the density, in all.
    """

    observation: Observation
    inputs: dict[str, Floats]
    final_time: Floats | None
    log_likelihood: Floats
    evaluations: int
    _known: dict[Any, Floats] = field(default_factory=dict, repr=False, compare=False)

    def densities(self, time: float | None = None, cells: int = CELLS) -> Floats:
        """Exact cell averages of the density of each draw, (chains, draws, cells).

        time : at which; where the time was unknown, None for that time.
        """
        if time is None and self.final_time is None:
            raise ValueError("time is None; accepted: a time, as that of the observation is known")
        key = (None if time is None else checks.number("time", time), checks.count("cells", cells))
        if key not in self._known:
            at: Any = self.final_time.ravel() if self.final_time is not None else 0.0
            at = at if time is None else key[0]
            flat: Any = {
                name: rows.reshape(-1, *rows.shape[2:]) for name, rows in self.inputs.items()
            }
            found = density(self.observation.problem, at, cells=cells, **flat)
            # Those asked for last alone: the mean is followed by quantiles.
            self._known.clear()
            self._known[key] = found.reshape(*self.log_likelihood.shape, cells)
        return self._known[key]

    def mean_and_std(self, time: float | None = None, cells: int = CELLS) -> tuple[Floats, Floats]:
        """Posterior mean and standard deviation of the density, (cells,) each; see `densities`."""
        values = self.densities(time, cells)
        return values.mean(axis=(0, 1)), values.std(axis=(0, 1))

    def quantiles(self, levels: ArrayLike, time: float | None = None, cells: int = CELLS) -> Floats:
        """Posterior quantiles of the density in each cell, (levels, cells); see `densities`."""
        wanted = np.atleast_1d(checks.finite("levels", levels))
        checks.within("levels", wanted, 0.0, 1.0)
        return np.quantile(self.densities(time, cells), wanted, axis=(0, 1))

    def diagnosis(self) -> pd.DataFrame:
        """Convergence of the chains: rank-normalised split R-hat and effective sample sizes.

        Of the log-likelihood, of inputs that are numbers, of an unknown time, and of the density
        at the time of the last sensor, or the unknown one, in the cells of the sensors and in
        eight others, which no sensor constrains. Good values: R-hat below 1.01 and effective sample
        sizes above 400.

        Returns
        -------
        A table with a row for each, of columns `r_hat`, `ess_bulk` and `ess_tail`, by ArviZ.

        Raises
        ------
        ImportError
            If ArviZ-stats is not installed.

        Source: A. Vehtari et al. (2021), Bayesian Analysis 16.
        """
        looked = {"log_likelihood": self.log_likelihood}
        looked |= {name: rows for name, rows in self.inputs.items() if rows.ndim == 2}
        if self.final_time is not None:
            looked["final_time"] = self.final_time
        seen, cells = self.observation, self.observation.cells or POINTS
        even = ((np.arange(PLACES) + 0.5) / PLACES * cells).astype(int)
        values = self.densities(None if seen.times is None else float(seen.times.max()), cells)
        for cell in np.union1d(seen.columns(cells), even):
            looked[f"density at {(cell + 0.5) / cells:.4g}"] = values[..., cell]
        return _convergence(looked)


def posterior_samples(
    observation: Observation,
    data: ArrayLike,
    *,
    rng: np.random.Generator,
    chains: int = CHAINS,
    draws: int = DRAWS,
    warm_up: int = WARM_UP,
    thin: int = 1,
) -> Samples:
    """Draws from the posterior distribution given what the sensors read, for any number of inputs.

    Markov chains that start from draws of the prior, all advanced at once. An iteration evaluates
    each chain's density three to eight times for each part into which the directions are split.
    The run time is that of the densities at the sensors, for `fno_script` at time 1 and five
    sensors about 1 ms each. Precise data need more draws than the default; see `Samples.diagnosis`.

    Parameters
    ----------
    observation : of a problem all of whose inputs have `ppf`; of vectors the components are
        independent. An unknown time is one number more.
    data : (sensors,).
    rng : of all draws.
    chains : at least 2; four are usual.
    draws : kept of each chain, at least 4.
    warm_up : iterations that are discarded at the beginning. In a warm-up shorter than a tenth of
        the number of random numbers the directions are not split.
    thin : one iteration in this many is kept.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: I. Murray, R. P. Adams, D. J. C. MacKay (2010), Elliptical slice sampling, AISTATS.
    """
    if not isinstance(observation, Observation):
        raise ValueError(f"observation is {checks.shown(observation)}; accepted: an Observation")
    target = _Target(observation, observation.checked(data))
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {checks.shown(rng)}; accepted: a numpy.random.Generator")
    chains, draws = checks.count("chains", chains, least=2), checks.count("draws", draws, least=4)
    warm_up, thin = checks.count("warm_up", warm_up, least=0), checks.count("thin", thin)
    seek = {int(part * warm_up) for part in SOUGHT if target.numbers <= DEAR * warm_up}
    scores = rng.standard_normal((chains, target.numbers))
    logs = target.log_likelihood(scores)
    parts: list[Project] = [_all]
    kept, kept_logs = np.empty((chains, draws, target.numbers)), np.empty((chains, draws))
    for iteration in range(warm_up + draws * thin):
        if iteration in seek:
            parts = _parts(*target.directions(scores))
        for part in parts:
            scores, logs = _updated(target, scores, logs, part, rng)
        place, over = divmod(iteration - warm_up + 1, thin)
        if place > 0 and not over:
            kept[:, place - 1], kept_logs[:, place - 1] = scores, logs
    inputs, times = target.inputs(kept.reshape(-1, target.numbers))
    shape = (chains, draws)
    shaped = {name: rows.reshape(*shape, *rows.shape[1:]) for name, rows in inputs.items()}
    time = None if times is None else times.reshape(shape)
    return Samples(observation, shaped, time, kept_logs, target.evaluations)


class _Target:
    """The likelihood as a function of normal scores (states, numbers)."""

    def __init__(self, observation, data):
        problem = observation.problem
        for name, law in problem.inputs.items():
            if not callable(getattr(law, "ppf", None)):
                raise ValueError(f"inputs[{name!r}] has no ppf; accepted: a distribution that has")
        self.observation, self.data, self.evaluations = observation, data, 0
        self.time = None if observation.time_is_unknown else 0.0
        self.numbers = random_numbers(problem, self.time)
        if not self.numbers:
            raise ValueError(f"{problem.name} has no random number; accepted: at least one")

    def inputs(self, scores):
        """Inputs, and times where these are unknown."""
        quantiles = np.clip(ndtr(scores), LEAST_QUANTILE, LARGEST_QUANTILE)
        found, times = at_quantiles(self.observation.problem, self.time, quantiles)
        return found, times if self.time is None else None

    def log_likelihood(self, scores):
        self.evaluations += len(scores)
        return self.observation.log_likelihood(self.data, *self.inputs(scores))

    def directions(self, scores):
        """Singular values and right singular vectors of what the sensors read, over the noise.

        In the mean square over the states, by finite differences.
        """
        slopes = []
        for state in scores:
            moved = state + STEP * np.vstack([np.zeros(self.numbers), np.eye(self.numbers)])
            read = self.observation.values(*self.inputs(moved)) / self.observation.noise
            self.evaluations += len(moved)
            slopes.append((read[1:] - read[0]).T / STEP)
        _, sizes, vectors = np.linalg.svd(np.concatenate(slopes), full_matrices=False)
        return sizes / np.sqrt(len(scores)), vectors


def _all(scores):
    return scores


def _parts(sizes, vectors):
    """Projections on orthogonal subspaces that together are all: one for each range of sizes."""
    told = sizes >= LEAST
    if not told.any():
        return [_all]
    sizes, vectors = sizes[told], vectors[told]
    ranges = np.floor(np.log(sizes / LEAST) / np.log(FACTOR))
    parts = [_onto(vectors[ranges == number]) for number in np.unique(ranges)]
    onto = _onto(vectors)
    rest = [lambda scores: scores - onto(scores)] if len(vectors) < vectors.shape[1] else []
    return rest + parts


def _onto(vectors):
    return lambda scores: (scores @ vectors.T) @ vectors


def _updated(target, scores, logs, part, rng):
    """One elliptical slice update of each chain within a subspace: states and log-likelihoods."""
    moving, drawn = part(scores), part(rng.standard_normal(scores.shape))
    resting = scores - moving
    level = logs - rng.standard_exponential(len(scores))
    angle = rng.uniform(0.0, 2.0 * np.pi, len(scores))
    low, high = angle - 2.0 * np.pi, angle.copy()
    scores, logs = scores.copy(), logs.copy()
    rest = np.arange(len(scores))
    while rest.size:
        cos, sin = np.cos(angle[rest])[:, None], np.sin(angle[rest])[:, None]
        proposed = resting[rest] + cos * moving[rest] + sin * drawn[rest]
        found = target.log_likelihood(proposed)
        good = found > level[rest]
        scores[rest[good]], logs[rest[good]] = proposed[good], found[good]
        # Rounding errors may hide even the state from its own level.
        rest = rest[~good & (high[rest] - low[rest] > SHORTEST)]
        before = angle[rest] < 0.0
        low[rest] = np.where(before, angle[rest], low[rest])
        high[rest] = np.where(before, high[rest], angle[rest])
        angle[rest] = rng.uniform(low[rest], high[rest])
    return scores, logs


def _convergence(looked):
    """The diagnostics of each (chains, draws) array."""
    try:
        from arviz_stats.base import array_stats
    except ImportError as error:
        raise ImportError(
            f"arviz-stats is not installed; it comes with `{source.install('inference')}`"
        ) from error

    def size(x, method, **options):
        return float(array_stats.ess(x, method=method, **options))

    rows = {
        name: (float(array_stats.rhat(x)), size(x, "bulk"), size(x, "tail", prob=TAILS))
        for name, x in looked.items()
    }
    return pd.DataFrame.from_dict(rows, "index", columns=["r_hat", "ess_bulk", "ess_tail"])
