"""An autoregressive flow on the latent space, with or without conditions.

The density of each latent given those before it is a mixture of normals, whose weights, means and
widths a small network gives (RNADE: Uria, Murray and Larochelle 2013). The conditional distribution
functions map the codes to uniform numbers one by one: a triangular, invertible flow.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from burgers import _checks as checks
from burgers.models import latent_laws
from burgers.models._keras import Model, keras, layers, ops, own
from burgers.models.training import adam

COMPONENTS = 16
WIDTH = 64
# Of standardised codes. Without the upper bound a width overflows at codes far from any seen.
LOG_WIDTHS = (-7.0, 2.0)
BISECTIONS = 45


class Flow(latent_laws.Law):
    """p(z | given) = Π_k p(z_k | z_1, ..., z_{k-1}, given), fitted by maximum likelihood.

    One in ten codes is held out, and the weights of the epoch that it finds likeliest are kept.
    `given` is (realisations, numbers) wherever a flow was fitted to as many numbers,
    and None for any other.
    """

    def __init__(self, epochs=60, batch_size=500, peak=3e-3, seed=0):
        self.epochs = checks.count("epochs", epochs)
        self.batch_size = checks.count("batch_size", batch_size)
        self.peak = checks.number("peak", checks.positive("peak", peak))
        self.seed = checks.count("seed", seed, least=0, most=latent_laws.MOST_SEED)

    def fit(self, codes: ArrayLike, given: Any = None) -> Self:
        """Fit to codes, and where conditioned to `given` (realisations, numbers)."""
        codes = latent_laws.checked(codes)
        self._begin(codes)
        given = self._take(given, len(codes))
        if self.varies.any():
            self._fit(self._varying(codes), given)
        self.latents = codes.shape[1]
        return self

    def sample(self, n: int, rng: np.random.Generator, given: Any = None) -> NDArray[Any]:
        """Draw n codes, (n, latents); `given` (n, numbers) where conditioned."""
        latent_laws.fitted(self, "latents")
        n, rng = checks.count("n", n), latent_laws.generator(rng)
        return self.from_uniform(rng.random((n, self.latents)), given)

    def to_uniform(self, codes: ArrayLike, given: Any = None) -> NDArray[np.float64]:
        """What the conditional distribution functions map the codes to, each in [0, 1].

        The rank of a latent that is the same in all codes says nothing: ½.
        """
        codes = self._asked("codes", codes)
        given = self._given(given, len(codes))
        ranks = np.full(codes.shape, 0.5)
        if self.varies.any():
            ranks[:, self.varies] = self._to_uniform(self._varying(codes), given)
        return ranks

    def from_uniform(self, ranks: ArrayLike, given: Any = None) -> NDArray[np.float64]:
        """The codes of these ranks, by bisection: the inverse of `ranks`."""
        ranks = self._asked("ranks", ranks)
        checks.within("ranks", ranks, 0.0, 1.0)
        given, varies = self._given(given, len(ranks)), self.varies.any()
        return self._whole(
            len(ranks), self._from_uniform(self._varying(ranks), given) if varies else None
        )

    def log_prob(self, codes: ArrayLike, given: Any = None) -> NDArray[np.float64]:
        """Log-density of each code, (realisations,), in nats."""
        codes = self._asked("codes", codes)
        given, found = self._given(given, len(codes)), np.zeros(len(codes))
        if self.varies.any():
            found = self._log_prob(self._varying(codes), given)
        return self._where_possible(codes, found)

    @own()
    def _fit(self, codes, given):
        self.centre, self.scale = codes.mean(axis=0), codes.std(axis=0)
        order = np.random.default_rng(self.seed).permutation(len(codes))
        inputs = [part[order].astype(np.float32) for part in (self._standard(codes), given)]
        held = max(len(codes) // 10, 1)
        self.network = Conditionals(codes.shape[1], given.shape[1], self.seed)
        steps = self.epochs * -(-(len(codes) - held) // self.batch_size)
        self.network.compile(optimizer=adam(self.peak, steps))
        # What is made within a step would have it traced twice.
        self.network([part[:1] for part in inputs])
        self.network.optimizer.build(self.network.trainable_variables)
        self.history = self.network.fit(
            [part[held:] for part in inputs],
            validation_data=([part[:held] for part in inputs],),
            epochs=self.epochs, batch_size=self.batch_size, shuffle=False, verbose=0,
            callbacks=[keras.callbacks.EarlyStopping(
                patience=self.epochs, restore_best_weights=True, start_from_epoch=1)],
        ).history  # fmt: skip

    def _to_uniform(self, codes, given):
        codes = self._standard(codes)
        ranks = np.empty_like(codes)
        for k in range(codes.shape[1]):
            ranks[:, k] = _below(codes[:, k], *self.network.conditional(k, codes, given))
        return ranks

    def _from_uniform(self, ranks, given):
        codes = np.zeros_like(ranks)
        for k in range(ranks.shape[1]):
            weight, mean, width = self.network.conditional(k, codes, given)
            low, high = (mean - 9 * width).min(axis=1), (mean + 9 * width).max(axis=1)
            for _ in range(BISECTIONS):
                middle = 0.5 * (low + high)
                small = _below(middle, weight, mean, width) < ranks[:, k]
                low, high = np.where(small, middle, low), np.where(small, high, middle)
            codes[:, k] = 0.5 * (low + high)
        return self.centre + self.scale * codes

    @own()
    def _log_prob(self, codes, given):
        inputs = [part.astype(np.float32) for part in (self._standard(codes), given)]
        return np.asarray(self.network(inputs)) - np.log(self.scale).sum()

    def _standard(self, codes):
        return (codes - self.centre) / self.scale

    def _take(self, given, count):
        """Note what a fit is conditioned on; it in units of its std, (count, numbers)."""
        self.numbers = None
        if given is not None:
            given = _checked(given, count)
            self.numbers = given.shape[1]
            self.given_centre, std = given.mean(axis=0), given.std(axis=0)
            # A condition that is the same for all may vary in its last bits.
            varies = std > 1e-6 * np.abs(self.given_centre)
            self.given_scale = np.where(varies, std, 1.0)
        return self._given(given, count)

    def _given(self, given, count):
        """The conditions in units of their std; without any, one number that says nothing."""
        if (given is None) != (self.numbers is None):
            accepted = "None" if self.numbers is None else f"({count}, {self.numbers})"
            raise ValueError(f"given is {checks.shown(given)}; accepted: {accepted}")
        if given is None:
            return np.zeros((count, 1))
        return (_checked(given, count, self.numbers) - self.given_centre) / self.given_scale


class NearestConditions:
    """p(z | t) by the codes of the nearest conditions, carried to t by a flow.

        z = F⁻¹(F(z_i | t_i) | t),   i uniform among the nearest of t_1, ..., t_n

    F are the distribution functions of the flow. What they get wrong at t_i they get wrong alike
    at t near by, so that it cancels; a flow that need not be exact is soon fitted.
    """

    latents = None

    def __init__(self, law, nearest):
        if not isinstance(law, Flow):
            raise ValueError(f"law is {checks.shown(law)}; accepted: a Flow")
        self.law, self.nearest = law, checks.count("nearest", nearest)

    def fit(self, codes: ArrayLike, given: Any) -> Self:
        """Fit the flow to codes and to `given` (realisations, 1), and keep the ranks of all."""
        codes, self.latents = latent_laws.checked(codes), None
        given = _checked(given, len(codes), 1)
        order = np.argsort(given[:, 0])
        self.law.fit(codes[order], given[order])
        self.given, self.uniform = (
            given[order, 0],
            self.law.to_uniform(codes[order], given[order]),
        )
        self.latents = codes.shape[1]
        return self

    def sample(self, n: int, rng: np.random.Generator, given: Any = None) -> NDArray[Any]:
        """Draw n codes, (n, latents), at `given` (n, 1)."""
        latent_laws.fitted(self, "latents")
        n, rng = checks.count("n", n), latent_laws.generator(rng)
        given = _checked(given, n, 1)
        nearest = min(self.nearest, len(self.given))
        first = np.searchsorted(self.given, given[:, 0]) - nearest // 2
        picked = first.clip(0, len(self.given) - nearest) + rng.integers(nearest, size=n)
        return self.law.from_uniform(self.uniform[picked], given)


class Conditionals(Model):
    """The log-density of standardised codes: one small network for each latent, side by side."""

    def __init__(self, latents, conditions, seed):
        super().__init__()
        self.earlier = np.tril(np.ones((latents, latents), dtype=np.float32), k=-1)
        self.network = _networks(latents, latents + conditions, seed)

    def call(self, inputs: Any) -> Any:
        codes, given = inputs
        logits, mean, log_width = self.conditionals(codes, given)
        error = (codes[:, :, None] - mean) / ops.exp(log_width)
        each = ops.log_softmax(logits) - 0.5 * ops.square(error) - log_width
        return ops.sum(ops.logsumexp(each, axis=2) - 0.5 * np.log(2 * np.pi), axis=1)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        return -ops.mean(y_pred)

    def conditionals(self, codes: Any, given: Any) -> Any:
        """Logits, means and log-widths, three (realisations, latents, components)."""
        latents = len(self.earlier)
        before = codes[:, None, :] * self.earlier
        given = ops.repeat(given[:, None, :], latents, axis=1)
        return self.network(ops.concatenate([before, given], axis=2))

    @own()
    def conditional(self, k: int, codes: Any, given: Any) -> Any:
        """Weights, means and widths of the k-th latent's law, three (realisations, components)."""
        inputs = (part.astype(np.float32) for part in (codes, given))
        logits, mean, log_width = (part[:, k] for part in self.conditionals(*inputs))
        found = ops.softmax(logits), mean, ops.exp(log_width)
        return [np.asarray(value, dtype=np.float64) for value in found]


@own()
def _networks(latents, numbers, seed):
    """(batch, latents, numbers) -> logits, means and log-widths, (batch, latents, components)."""
    seeds = iter(np.random.SeedSequence(seed).generate_state(5).tolist())
    x = first = layers.Input((latents, numbers))
    for _ in range(2):
        x = _dense_each(latents, WIDTH, seeds, activation="silu")(x)
    logits, mean, log_width = (_dense_each(latents, COMPONENTS, seeds)(x) for _ in range(3))
    # The components start apart, over the range of standardised codes.
    mean = mean + ops.reshape(ops.linspace(-2.0, 2.0, COMPONENTS), (1, 1, COMPONENTS))
    log_width = ops.clip(log_width - 1.0, *LOG_WIDTHS)
    return keras.Model(first, [logits, mean, log_width])


def _dense_each(latents, units, seeds, activation=None):
    """A dense layer of its own for each latent."""
    # Keras counts the latents as inputs of each, and would start too small without the scale.
    start = keras.initializers.VarianceScaling(latents, "fan_avg", "uniform", seed=next(seeds))
    return layers.EinsumDense(
        "bki,kio->bko", (latents, units), activation=activation, bias_axes="ko",
        kernel_initializer=start,
    )  # fmt: skip


def _below(values, weight, mean, width):
    """Share of each mixture of normals below a value, (realisations,)."""
    return (weight * ndtr((values[:, None] - mean) / width)).sum(axis=1)


def _checked(given, count, numbers=None):
    """The conditions as a finite array (count, numbers), of at least one number, or ValueError."""
    accepted = f"({count}, {'numbers' if numbers is None else numbers})"
    if given is None:
        raise ValueError(f"given is None; accepted: {accepted}")
    given = checks.finite("given", given)
    wanted = given.shape[1:] if numbers is None else (numbers,)
    if given.ndim != 2 or given.shape != (count, *wanted) or not given.shape[1]:
        raise ValueError(f"given has shape {given.shape}; accepted: {accepted}")
    return given


# The former name.
Carried = NearestConditions
