"""The entrants of the leaderboard: how each generative model is made for a problem."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import ensembles
from burgers.ensembles.solving import Scheme
from burgers.models import bayesflow_laws, flow, latent_laws, surrogates
from burgers.models.entrants import Coded, Codes, PodCodes, TrainingSet, VaeCodes
from burgers.problems import CELLS, Problem

# Moments by a quasi-Monte Carlo rule instead of a model: the cost that a model has to beat.
SOBOL = "Sobol points"
# Latents of the σ-VAE: one more than a problem has random numbers, where these are few.
LATENTS, FEW = 16, 6
# Epochs on 10,000 densities; on fewer as many steps, up to so many epochs.
EPOCHS = {"sigma": 20, "report": 15, "network": 30}
MOST_EPOCHS = 150


@dataclass(frozen=True)
class Setting:
    """What an entrant is made for.

    Attributes
    ----------
    problem, time : the distribution to be learned; at all times if None.
    densities : how many it is trained on.
    numbers : random numbers that determine a density, the time included where it is random.
    seed : of what it draws, from 0 to 2³⁰ - 1.
    """

    problem: Problem
    time: float | None
    densities: int
    numbers: int
    seed: int

    def epochs(self, kind: str) -> int:
        """Epochs of a training of a kind, more on fewer densities."""
        return min(MOST_EPOCHS, max(EPOCHS[kind], EPOCHS[kind] * 10_000 // self.densities))


@dataclass(frozen=True)
class Entry:
    """One entrant: what makes it, and what it needs.

    Attributes
    ----------
    make : of a setting and the codes that its group shares, a model with `fit` and `sample`.
    group : entrants whose codes are trained once, for all of them.
    told : whether the model is given the random inputs, and so knows more than the others.
    seconds : of training on 10,000 densities and of judging, about, to plan by.
    """

    make: Callable[[Setting, Codes | None], Any]
    group: str
    told: bool = False
    seconds: float = 15.0


class DirectMonteCarlo:
    """New realisations computed by a finite-volume scheme: what a wrong scheme costs."""

    def __init__(self, setting: Setting, scheme: Scheme, cells: int = CELLS) -> None:
        self.setting, self.scheme, self.cells = setting, scheme, cells

    def fit(self, densities: ArrayLike, given: ArrayLike | None = None) -> Self:
        """Take the number of cells; nothing is learned."""
        self.cells = np.shape(densities)[1]
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Solve n realisations, (n, cells)."""
        return ensembles.generate(
            self.setting.problem, n, final_time=self.setting.time, cells=self.cells,
            scheme=self.scheme, seed=int(rng.integers(2**30)),
        ).density.values  # fmt: skip


def codes(group: str, setting: Setting) -> Codes | None:
    """The codes that the entrants of a group share; None where each has its own."""
    if group == "sigma-VAE":
        latents = setting.numbers + 1 if setting.numbers <= FEW else LATENTS
        return VaeCodes("sigma", latents, epochs=setting.epochs("sigma"), seed=setting.seed)
    if group == "report's VAE":
        return VaeCodes("report", epochs=setting.epochs("report"), seed=setting.seed)
    return None


def _on_pod(law, whitened, setting, shared):
    return Coded(PodCodes(whitened=whitened), law(setting))


def _on_shared(law, setting, shared):
    return Coded(shared, law(setting))


def _network(law, setting):
    return law(epochs=setting.epochs("network"), seed=setting.seed)


def _surrogate(model, setting, shared):
    return model(setting)


LAWS: dict[str, tuple[Callable[[Setting], Any], float]] = {
    "normal": (lambda setting: latent_laws.StandardNormal(), 15.0),
    "mixture": (lambda setting: latent_laws.Mixture(seed=setting.seed), 20.0),
    "Parzen windows": (lambda setting: latent_laws.ManifoldParzen(seed=setting.seed), 20.0),
    "autoregressive flow": (partial(_network, flow.Flow), 45.0),
    "coupling flow": (partial(_network, bayesflow_laws.CouplingFlow), 45.0),
    "flow matching": (partial(_network, bayesflow_laws.FlowMatching), 45.0),
    "diffusion": (partial(_network, bayesflow_laws.Diffusion), 50.0),
}
ENTRANTS: dict[str, Entry] = {
    "training set": Entry(lambda setting, shared: TrainingSet(), "direct"),
    "rusanov": Entry(lambda setting, shared: DirectMonteCarlo(setting, "rusanov"), "direct"),
    "muscl": Entry(lambda setting, shared: DirectMonteCarlo(setting, "muscl"), "direct"),
    "POD, Gaussian": Entry(
        partial(_on_pod, lambda setting: latent_laws.Gaussian(), False), "direct"
    ),
    "POD, mixture": Entry(partial(_on_pod, LAWS["mixture"][0], False), "mixture", seconds=40.0),
    "POD, Parzen windows": Entry(
        partial(_on_pod, LAWS["Parzen windows"][0], False), "Parzen windows", seconds=60.0
    ),
    **{
        f"POD, {law}": Entry(partial(_on_pod, LAWS[law][0], True), law, seconds=LAWS[law][1])
        for law in ("coupling flow", "flow matching", "diffusion")
    },
    **{
        f"report's VAE, {law}": Entry(
            partial(_on_shared, LAWS[law][0]), "report's VAE", seconds=seconds
        )
        for law, seconds in (("normal", 70.0), ("mixture", 25.0))
    },
    **{
        f"sigma-VAE, {law}": Entry(partial(_on_shared, make), "sigma-VAE",
                                   seconds=seconds + 60.0 * (law == "normal"))
        for law, (make, seconds) in LAWS.items()
    },
    "polynomial chaos": Entry(
        partial(_surrogate, lambda setting: surrogates.PolynomialChaos()), "told", told=True
    ),
    "Gaussian process": Entry(
        partial(_surrogate, lambda setting: surrogates.GaussianProcess(seed=setting.seed)),
        "told", told=True, seconds=25.0,
    ),
    SOBOL: Entry(lambda setting, shared: None, SOBOL, seconds=60.0),
    "one-shot decoder": Entry(
        partial(_surrogate, lambda setting: surrogates.OneShotDecoder(
            epochs=setting.epochs("sigma"), seed=setting.seed)),
        "told", told=True, seconds=50.0,
    ),
}  # fmt: skip


def groups() -> dict[str, list[str]]:
    """The names of the entrants by group."""
    found: dict[str, list[str]] = {}
    for name, entry in ENTRANTS.items():
        found.setdefault(entry.group, []).append(name)
    return found
