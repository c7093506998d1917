"""An autoregressive flow on the latent space, with or without conditions.

Each latent's law given those before it is a mixture of normals whose weights, means and widths a
small network gives (RNADE: Uria, Murray and Larochelle 2013). The distribution functions of these
conditional laws map the codes to uniform numbers one by one: a triangular, invertible flow.
"""

import numpy as np
from scipy.special import ndtr

from burgers import checks, latent
from burgers.vae import adam, keras, layers, ops

COMPONENTS = 16
WIDTH = 64
# Of standardised codes. Without the upper bound a width overflows at codes far from any seen.
LOG_WIDTHS = (-7.0, 2.0)
BISECTIONS = 45


class Flow:
    """p(z | given) = Π_k p(z_k | z_1, ..., z_{k-1}, given), fitted by maximum likelihood.

    One in ten codes is held out, and the weights of the epoch that it finds likeliest are kept.
    """

    def __init__(self, epochs=60, batch_size=500, peak=3e-3, seed=0):
        self.epochs, self.batch_size, self.peak, self.seed = epochs, batch_size, peak, seed

    def fit(self, codes, given=None):
        """Fit to codes, and where conditioned to `given` (realisations, numbers)."""
        codes, given = latent.checked(codes), _given(given, len(codes))
        self.centre, self.scale = codes.mean(axis=0), codes.std(axis=0)
        self.given_centre = given.mean(axis=0)
        # A condition that is the same for all may vary in its last bits.
        varies = given.std(axis=0) > 1e-6 * np.abs(self.given_centre)
        self.given_scale = np.where(varies, given.std(axis=0), 1.0)
        order = np.random.default_rng(self.seed).permutation(len(codes))
        inputs = [part[order].astype(np.float32) for part in self._standard(codes, given)]
        held = len(codes) // 10
        self.network = Conditionals(codes.shape[1], given.shape[1], self.seed)
        steps = self.epochs * -(-(len(codes) - held) // self.batch_size)
        self.network.compile(optimizer=adam(self.peak, steps))
        self.history = self.network.fit(
            [part[held:] for part in inputs],
            validation_data=([part[:held] for part in inputs],),
            epochs=self.epochs, batch_size=self.batch_size, shuffle=False, verbose=0,
            callbacks=[keras.callbacks.EarlyStopping(
                patience=self.epochs, restore_best_weights=True, start_from_epoch=1)],
        ).history  # fmt: skip
        return self

    def sample(self, n, rng, given=None):
        """Draw n codes, (n, latents); `given` (n, numbers) where conditioned."""
        return self.at(rng.random((checks.count("n", n), len(self.centre))), given)

    def ranks(self, codes, given=None):
        """What the conditional distribution functions map the codes to, each in [0, 1]."""
        codes = latent.checked(codes)
        codes, given = self._standard(codes, _given(given, len(codes)))
        ranks = np.empty_like(codes)
        for k in range(codes.shape[1]):
            ranks[:, k] = _below(codes[:, k], *self.network.conditional(k, codes, given))
        return ranks

    def at(self, ranks, given=None):
        """The codes of these ranks, by bisection: the inverse of `ranks`."""
        _, given = self._standard(self.centre, _given(given, len(ranks)))
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

    def log_prob(self, codes, given=None):
        """Log-density of each code, (realisations,), in nats."""
        codes = latent.checked(codes)
        inputs = self._standard(codes, _given(given, len(codes)))
        inputs = [part.astype(np.float32) for part in inputs]
        return np.asarray(self.network(inputs)) - np.log(self.scale).sum()

    def _standard(self, codes, given):
        return (codes - self.centre) / self.scale, (given - self.given_centre) / self.given_scale


class Carried:
    """p(z | t) by the codes of the nearest conditions, carried to t by a flow.

        z = F⁻¹(F(z_i | t_i) | t),   i uniform among the nearest of t_1, ..., t_n

    F are the distribution functions of the flow. What they get wrong at t_i they get wrong alike
    at t near by, so that it cancels; a flow that need not be exact is soon fitted.
    """

    def __init__(self, law, nearest):
        self.law, self.nearest = law, nearest

    def fit(self, codes, given):
        """Fit the flow to codes and to `given` (realisations, 1), and keep the ranks of all."""
        order = np.argsort(_given(given, len(codes))[:, 0])
        self.law.fit(codes[order], given[order])
        self.given, self.ranks = given[order, 0], self.law.ranks(codes[order], given[order])
        return self

    def sample(self, n, rng, given):
        """Draw n codes, (n, latents), at `given` (n, 1)."""
        given = _given(given, checks.count("n", n))
        nearest = min(self.nearest, len(self.given))
        first = np.searchsorted(self.given, given[:, 0]) - nearest // 2
        picked = first.clip(0, len(self.given) - nearest) + rng.integers(nearest, size=n)
        return self.law.at(self.ranks[picked], given)


class Conditionals(keras.Model):
    """The log-density of standardised codes: one small network for each latent, side by side."""

    def __init__(self, latents, conditions, seed):
        super().__init__()
        self.earlier = np.tril(np.ones((latents, latents), dtype=np.float32), k=-1)
        self.network = _networks(latents, latents + conditions, seed)

    def call(self, inputs):
        codes, given = inputs
        logits, mean, log_width = self.conditionals(codes, given)
        error = (codes[:, :, None] - mean) / ops.exp(log_width)
        each = ops.log_softmax(logits) - 0.5 * ops.square(error) - log_width
        return ops.sum(ops.logsumexp(each, axis=2) - 0.5 * np.log(2 * np.pi), axis=1)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return -ops.mean(y_pred)

    def conditionals(self, codes, given):
        """Logits, means and log-widths, three (realisations, latents, components)."""
        latents = len(self.earlier)
        before = codes[:, None, :] * self.earlier
        given = ops.repeat(given[:, None, :], latents, axis=1)
        return self.network(ops.concatenate([before, given], axis=2))

    def conditional(self, k, codes, given):
        """Weights, means and widths of the k-th latent's law, three (realisations, components)."""
        inputs = (part.astype(np.float32) for part in (codes, given))
        logits, mean, log_width = (part[:, k] for part in self.conditionals(*inputs))
        found = ops.softmax(logits), mean, ops.exp(log_width)
        return [np.asarray(value, dtype=np.float64) for value in found]


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


def _given(given, count):
    """The conditions as (count, numbers); without any, one number that says nothing."""
    if given is None:
        return np.zeros((count, 1))
    given = checks.finite("given", given)
    if given.ndim != 2 or len(given) != count:
        raise ValueError(f"given has shape {given.shape}; accepted: ({count}, numbers)")
    return given
