"""Generative models of a random density behind the same two methods, to be judged side by side.

    fit(densities, given=None)        densities (realisations, cells), given (realisations, numbers)
    sample(n, rng, given=None)        n densities, (n, cells) float64

`given` are the random inputs that the model is told. Each result is a function of what is fitted,
of the seeds of the constructors and of `rng`. A ValueError names an argument that is refused, its
value and what is accepted; or what is used before its `fit`.
"""

import hashlib
import inspect
import tempfile
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.models import evaluation, fitting, sigma_vae, vae
from burgers.models.baselines import Pod
from burgers.models.latent_laws import fitted, generator
from burgers.models.training import MOST_SEED

KINDS = ("sigma", "report")


@runtime_checkable
class Entrant(Protocol):
    """A generative model of a random density."""

    def fit(self, densities: ArrayLike, given: ArrayLike | None = None) -> Self:
        """Fit to densities (realisations, cells), told inputs (realisations, numbers) or none."""

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Draw n densities, (n, cells) float64, at inputs (n, numbers) or at random ones."""


class Codes(Protocol):
    """An encoder and a decoder of densities; `fit` keeps the fit to the same densities."""

    def fit(self, densities: ArrayLike) -> Self:
        """Fit to densities (realisations, cells)."""

    def encode(self, densities: ArrayLike) -> NDArray[np.float64]:
        """Codes (realisations, latents) of densities (realisations, cells)."""

    def decode(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Densities (realisations, cells) of codes (realisations, latents)."""


class TrainingSet:
    """Densities drawn from those it was fitted to: what a model that memorises would score.

    Without replacement up to their number. Of more, each comes equally often, and the remainder is
    drawn without replacement. No inputs are accepted.
    """

    known: Any = None

    def fit(self, densities: ArrayLike, given: ArrayLike | None = None) -> Self:
        """Keep densities (realisations, cells); returns itself."""
        _untold(given)
        self.known = fitting.densities(densities)
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Draw n of the densities in random order, (n, cells)."""
        fitted(self, "known")
        n, rng = checks.count("n", n), generator(rng)
        _untold(given)
        count = len(self.known)
        whole = np.tile(np.arange(count), n // count)
        rest = rng.choice(count, n % count, replace=False)
        return self.known[rng.permutation(np.concatenate([whole, rest]))]


class PodCodes:
    """Linear codes: as many principal components as reach a share of the variance.

        ρ ≈ m + Σ_k c_k φ_k,   Σ_k Var c_k >= share · Var ρ

    Parameters
    ----------
    share : of the variance, summed over the cells, above 0 and at most 1.
    most : at most so many modes, even if they reach less.
    whitened : whether each c_k is divided by its std, as a standard normal law needs. Otherwise
        distances between codes are those between densities, which suits neighbours and kernels.

    Attributes
    ----------
    modes : the number of modes.
    """

    pod: Any = None

    def __init__(self, share: float = 0.9999, most: int = 40, *, whitened: bool = False) -> None:
        self.share = checks.number("share", checks.positive("share", share))
        checks.within("share", np.array(self.share), 0.0, 1.0)
        self.most = checks.count("most", most)
        if not isinstance(whitened, bool | np.bool_):
            raise ValueError(f"whitened is {checks.shown(whitened)}; accepted: True or False")
        self.whitened = bool(whitened)

    def fit(self, densities: ArrayLike) -> Self:
        """Fit to densities (realisations, cells); returns itself."""
        densities = fitting.densities(densities)
        most = Pod(min(self.most, *densities.shape)).fit(densities)
        variances = most.encode(densities).var(axis=0)
        reached = np.cumsum(variances) >= self.share * densities.var(axis=0).sum()
        self.modes = int(np.argmax(reached)) + 1 if reached.any() else most.modes
        self.pod = Pod(self.modes).fit(densities)
        std = np.sqrt(variances[: self.modes])
        self.scale = np.where(std > 0, std, 1.0) if self.whitened else np.ones(self.modes)
        return self

    def encode(self, densities: ArrayLike) -> NDArray[np.float64]:
        """Codes (realisations, modes) of densities (realisations, cells)."""
        fitted(self, "pod")
        return self.pod.encode(densities) / self.scale

    def decode(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Densities (realisations, cells) of codes (realisations, modes)."""
        fitted(self, "pod")
        return self.pod.decode(checks.finite("codes", codes) * self.scale)


class VaeCodes:
    """Codes of a variational auto-encoder, one draw from the encoder for each density.

        z_i ~ N(μ(ρ_i), diag c(ρ_i))

    A distribution fitted to these codes is one of the aggregated posterior; densities are decoder
    means. A second `fit` to equal densities returns at once, so that several laws can share one
    training.

    Parameters
    ----------
    kind : "sigma" for a `sigma_vae`, "report" for the report's `vae`, of ten latents.
    latents : number of latents; the report's has ten.
    epochs, batch_size, seed : of the training, integers.
    progress : label of the progress bar; None shows none.
    """

    model: Any = None
    known: str | None = None

    def __init__(
        self,
        kind: str = "sigma",
        latents: int = vae.LATENT,
        *,
        epochs: int = 60,
        batch_size: int = 50,
        seed: int = 0,
        progress: str | None = None,
    ) -> None:
        self.kind = checks.choice("kind", kind, KINDS)
        least, most = (1, None) if kind == "sigma" else (vae.LATENT, vae.LATENT)
        self.latents = checks.count("latents", latents, least=least, most=most)
        self.epochs = checks.count("epochs", epochs)
        self.batch_size = checks.count("batch_size", batch_size)
        self.seed = checks.count("seed", seed, least=0, most=MOST_SEED)
        self.progress = progress

    def fit(self, densities: ArrayLike) -> Self:
        """Train on densities (realisations, cells), unless it was; returns itself."""
        densities = fitting.densities(densities)
        asked = hashlib.sha256(densities.tobytes()).hexdigest()
        if asked != self.known:
            self.known = None
            self.model = self._trained(densities)
            self.known = asked
        return self

    def encode(self, densities: ArrayLike) -> NDArray[np.float64]:
        """One draw for each of densities (realisations, cells), (realisations, latents)."""
        fitted(self, "known")
        return self.model.draw(densities, seed=self.seed).astype(np.float64)

    def decode(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Decoder means (realisations, cells) of codes (realisations, latents)."""
        fitted(self, "known")
        codes = evaluation.rows("codes", codes, self.latents)
        # Compiled, because the report's decoder is slow otherwise.
        return evaluation.evaluate_compiled(self.model.decoder, [codes])[0].astype(np.float64)

    def _trained(self, densities):
        options = {"epochs": self.epochs, "batch_size": self.batch_size, "seed": self.seed}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{self.kind}.keras"
            if self.kind == "sigma":
                options["latents"] = self.latents
            train = sigma_vae.train if self.kind == "sigma" else vae.train
            train(densities, path, progress=self.progress, **options)
            return evaluation.load(path)


class Coded:
    """An encoder and a decoder, and a distribution fitted to the codes.

        ρ = decode(z),   z ~ law fitted to encode(ρ_1), ..., encode(ρ_n)

    Parameters
    ----------
    codes : such as `PodCodes` or `VaeCodes`; may be shared with other entrants.
    law : with `fit(codes)` and `sample(n, rng)`, such as those of `latent_laws`. To be told inputs,
        both need a further argument `given`, as those of `flow` and `bayesflow_laws` have; the law
        is told the ranks of the inputs, see `fitting.Ranks`.
    """

    cells: int | None = None

    def __init__(self, codes: Codes, law: Any) -> None:
        for name, value, needed in (
            ("codes", codes, ("fit", "encode", "decode")), ("law", law, ("fit", "sample")),
        ):  # fmt: skip
            if not all(callable(getattr(value, method, None)) for method in needed):
                accepted = "an object with the methods " + ", ".join(needed)
                raise ValueError(f"{name} is {checks.shown(value)}; accepted: {accepted}")
        self.codes, self.law = codes, law

    def fit(self, densities: ArrayLike, given: ArrayLike | None = None) -> Self:
        """Fit codes and law to densities (realisations, cells), told inputs or not."""
        densities, self.cells, self.ranks = fitting.densities(densities), None, None
        if given is not None:
            if "given" not in inspect.signature(self.law.fit).parameters:
                accepted = f"None, as a {type(self.law).__name__} takes no inputs"
                raise ValueError(f"given is {checks.shown(given)}; accepted: {accepted}")
            self.ranks = fitting.Ranks().fit(given, len(densities))
        codes = self.codes.fit(densities).encode(densities)
        self.law.fit(codes, *self._told(given, len(densities)))
        self.cells = densities.shape[1]
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Draw n densities, (n, cells); at inputs (n, numbers) if it was told inputs."""
        fitted(self, "cells")
        n, rng = checks.count("n", n), generator(rng)
        return self.codes.decode(self.law.sample(n, rng, *self._told(given, n)))

    def _told(self, given, count):
        """The further arguments of the law: its inputs, if it is told any."""
        if self.ranks is None:
            _untold(given)
            return ()
        return (self.ranks(given, count),)


def _untold(given):
    if given is not None:
        raise ValueError(f"given is {checks.shown(given)}; accepted: None")
