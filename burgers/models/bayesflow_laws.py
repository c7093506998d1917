"""BayesFlow's networks as distributions of codes: a coupling flow, flow matching, diffusion.

Each maps normal numbers to codes. BayesFlow is loaded when the first of them is fitted: it comes
with `pip install .[entrants]`. Source: S. T. Radev et al., BayesFlow: amortized Bayesian workflows
with neural networks, J. Open Source Softw. 8, 2023.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.models import fitting, latent_laws
from burgers.models._bayesflow import drawing_from, loaded
from burgers.models._keras import Model, ops, own, tf
from burgers.models.training import MOST_SEED, adam

# Codes drawn at a time; the last part is padded, so that the map is compiled once.
SIZE = 1000
# The weights left out at random: BayesFlow's 0.05 would blur codes on a narrow manifold.
DROPOUT = 0.0
METHOD = "tsit5"
# On 30 codes of the creneau, these steps change a code by less than 0.1 % of its std; twice as many
# take twice as long.
FLOW_STEPS, DIFFUSION_STEPS = 8, 16


class _Network(Model):
    """A network of BayesFlow with its own loss; codes and inputs are lists of one or two arrays."""

    def __init__(self, network: Any) -> None:
        super().__init__(name="law")
        self.network = network
        self.compiled_codes = tf.function(self._codes)

    def call(self, inputs: Any, training: bool = False) -> Any:
        codes, *given = inputs
        stage = "training" if training else "validation"
        found = self.network.compute_metrics(codes, conditions=_one(given), stage=stage)
        return ops.mean(found["loss"])

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        return y_pred

    def codes(self, parts: list[NDArray[Any]]) -> NDArray[np.float64]:
        """Codes of normal numbers (n, latents) and inputs, if any."""
        count = len(parts[0])
        filled = [np.pad(part, ((0, -count % SIZE), (0, 0)), mode="edge") for part in parts]
        found = [
            self.compiled_codes([tf.constant(part[first : first + SIZE]) for part in filled])
            for first in range(0, count, SIZE)
        ]
        return np.concatenate(found)[:count].astype(np.float64)

    def _codes(self, parts):
        normal, *given = parts
        return self.network(normal, conditions=_one(given), inverse=True)


class _BayesFlowDistribution(latent_laws.Distribution):
    """What the three have in common; `_build` returns the network.

    The codes are standardised, and so is `given`, which every method needs as an array
    (realisations, numbers) if the law was fitted with it, and refuses otherwise. A code drawn is
    at most three times as far from the middle of the codes fitted, latent by latent, as the last
    of them.

    Raises
    ------
    ImportError
        If BayesFlow is not installed.
    ValueError
        Naming the argument, its value and what is accepted; or if it is used before `fit`.
    """

    # Codes of fewer latents are learned with independent normal numbers beside them.
    least = 1

    def __init__(
        self, epochs: int, batch_size: int, peak: float, seed: int, width: int, depth: int
    ) -> None:
        self.epochs = checks.count("epochs", epochs)
        self.batch_size = checks.count("batch_size", batch_size)
        self.peak = checks.number("peak", checks.positive("peak", peak))
        self.seed = checks.count("seed", seed, least=0, most=MOST_SEED)
        self.width, self.depth = checks.count("width", width), checks.count("depth", depth)

    def fit(self, codes: ArrayLike, given: ArrayLike | None = None) -> Self:
        """Fit to codes (realisations, latents), told inputs (realisations, numbers) or none."""
        codes = latent_laws.checked_codes(codes)
        self._begin(codes)
        self.told = fitting.Standard().fit(given, len(codes))
        if self.varies.any():
            self._learn(self._varying(codes), self.told(given, len(codes)))
        self.latents = codes.shape[1]
        return self

    def sample(
        self, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Draw n codes, (n, latents) float64; at inputs (n, numbers) if it was told inputs."""
        latent_laws.fitted(self, "latents")
        n, rng = checks.count("n", n), latent_laws.generator(rng)
        given = self.told(given, n)
        return self._whole(n, self._drawn(n, rng, given) if self.varies.any() else None)

    def log_prob(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Refused: BayesFlow's log-densities are not offered."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob; flow.Flow has")

    def _build(self, networks: Any) -> Any:
        raise NotImplementedError

    @own()
    def _learn(self, codes, given):
        networks = loaded().networks
        self.varying = codes.shape[1]
        if self.varying < self.least:
            added = np.random.default_rng(self.seed).standard_normal((len(codes), self.least))
            codes = np.column_stack([codes, added])[:, : self.least]
        self.centre, self.scale = codes.mean(axis=0), codes.std(axis=0)
        low, high = codes.min(axis=0), codes.max(axis=0)
        # Where an inverse coupling layer divides by almost zero, codes overflow.
        self.limits = 2 * low - high, 2 * high - low
        parts = _single([(codes - self.centre) / self.scale, given])
        shapes = [(None, part.shape[1]) for part in parts]
        with drawing_from(self.seed):
            network = self._build(networks)
            network.build(*shapes)
            self.model = _Network(network)
            self._train(parts)

    def _train(self, parts):
        size, rng = min(self.batch_size, len(parts[0])), np.random.default_rng(self.seed)
        # A batch of another size would be compiled a second time.
        whole = len(parts[0]) // size * size
        self.model.compile(optimizer=adam(self.peak, self.epochs * whole // size))
        # Variables created within a training step would have it traced twice.
        self.model.optimizer.build(self.model.trainable_variables)
        self.history = []
        for _ in range(self.epochs):
            order = rng.permutation(len(parts[0]))[:whole]
            found = self.model.fit(
                [part[order] for part in parts], batch_size=size, shuffle=False, verbose=0
            )
            self.history.append(found.history["loss"][0])

    @own()
    def _drawn(self, n, rng, given):
        normal = rng.standard_normal((n, len(self.centre)))
        codes = self.centre + self.scale * self.model.codes(_single([normal, given]))
        found = np.clip(np.where(np.isnan(codes), self.centre, codes), *self.limits)
        return found[:, : self.varying]


class CouplingFlow(_BayesFlowDistribution):
    """A normalising flow of coupling layers, fitted by maximum likelihood.

        z = f_1(... f_K(ε)),   ε ~ N(0, I)

    Each layer transforms half of the codes by a spline or an affine map that a network of the other
    half predicts. Source: C. Durkan, A. Bekasov, I. Murray and G. Papamakarios, Neural spline
    flows, NeurIPS 32, 2019.

    Parameters
    ----------
    epochs, batch_size : of the fit, integers >= 1.
    peak : initial learning rate of Adam, which decays to zero on a cosine.
    seed : integer.
    width, depth : of the two hidden layers of each network, and the number of coupling layers.
    transform : "spline" or "affine".
    """

    # A coupling layer needs two halves.
    least = 2

    def __init__(
        self, epochs: int = 60, batch_size: int = 200, peak: float = 1e-3, seed: int = 0,
        width: int = 128, depth: int = 6, transform: str = "affine",
    ) -> None:  # fmt: skip
        super().__init__(epochs, batch_size, peak, seed, width, depth)
        self.transform = checks.choice("transform", transform, ("affine", "spline"))

    def _build(self, networks):
        return networks.CouplingFlow(
            depth=self.depth, transform=self.transform,
            subnet_kwargs={"widths": (self.width, self.width), "dropout": DROPOUT},
        )  # fmt: skip


class FlowMatching(_BayesFlowDistribution):
    """A differential equation that carries normal numbers to codes along almost straight lines.

        dz/dt = v(z, t),   z(0) ~ N(0, I),   z(1) a code

    The velocity v is fitted to z_1 - z_0 at (1 - t) z_0 + t z_1, z_0 normal and z_1 a code.

    Source: Y. Lipman, R. T. Q. Chen, H. Ben-Hamu, M. Nickel and M. Le, Flow matching for generative
    modeling, ICLR 2023.

    Parameters
    ----------
    epochs, batch_size : of the fit, integers >= 1.
    peak : initial learning rate of Adam, which decays to zero on a cosine.
    seed : integer.
    width, depth : of the hidden layers of the network, and their number.
    steps : of the integration, by the fifth-order method of Tsitouras.
    """

    def __init__(
        self, epochs: int = 60, batch_size: int = 200, peak: float = 3e-3, seed: int = 0,
        width: int = 256, depth: int = 4, steps: int = FLOW_STEPS,
    ) -> None:  # fmt: skip
        super().__init__(epochs, batch_size, peak, seed, width, depth)
        self.steps = checks.count("steps", steps)

    def _build(self, networks):
        return networks.FlowMatching(
            subnet_kwargs={"widths": (self.width,) * self.depth, "dropout": DROPOUT},
            integrate_kwargs={"method": METHOD, "steps": self.steps},
        )


class Diffusion(_BayesFlowDistribution):
    """A diffusion model: normal numbers become codes along the probability-flow equation.

        dz/dt = f(z, t) - ½ g(t)² ∇ log p_t(z)

    The score ∇ log p_t is learned by denoising. Source: T. Karras, M. Aittala, T. Aila and
    S. Laine, Elucidating the design space of diffusion-based generative models, NeurIPS 35, 2022.

    Parameters
    ----------
    As of `FlowMatching`.
    """

    def __init__(
        self, epochs: int = 60, batch_size: int = 200, peak: float = 3e-3, seed: int = 0,
        width: int = 256, depth: int = 4, steps: int = DIFFUSION_STEPS,
    ) -> None:  # fmt: skip
        super().__init__(epochs, batch_size, peak, seed, width, depth)
        self.steps = checks.count("steps", steps)

    def _build(self, networks):
        return networks.DiffusionModel(
            subnet_kwargs={"widths": (self.width,) * self.depth, "dropout": DROPOUT},
            integrate_kwargs={"method": METHOD, "steps": self.steps},
        )


def _one(given):
    return given[0] if given else None


def _single(parts):
    return [part.astype(np.float32) for part in parts if part is not None]
