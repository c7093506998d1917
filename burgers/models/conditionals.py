"""The network of an autoregressive flow: a mixture of normals per latent given those before."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from burgers.models._keras import Model, keras, layers, ops, own

COMPONENTS = 16
WIDTH = 64
# Bounds for standardised codes. Without the upper one, widths overflow far from the codes fitted.
LOG_WIDTHS = (-7.0, 2.0)


class Conditionals(Model):
    """The log-density of standardised codes, by one small network per latent, evaluated at once.

    Inputs: codes (batch, latents) and conditions (batch, conditions); output (batch,), in nats.
    """

    def __init__(self, latents: int, conditions: int, seed: int) -> None:
        super().__init__()
        self.asked = latents, conditions, seed
        self.earlier = np.tril(np.ones((latents, latents), dtype=np.float32), k=-1)
        self.network = _networks(latents, latents + conditions, seed)

    def __reduce__(self) -> tuple[Any, ...]:
        # What a fit leaves, as it is sent to another process: Keras would write all as a file.
        return _of_weights, (self.asked, self.get_weights())

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
        """Logits, means and log-widths of the mixtures, three (batch, latents, components)."""
        latents = len(self.earlier)
        before = codes[:, None, :] * self.earlier
        given = ops.repeat(given[:, None, :], latents, axis=1)
        return self.network(ops.concatenate([before, given], axis=2))

    @own()
    def conditional(
        self, k: int, codes: NDArray[Any], given: NDArray[Any]
    ) -> list[NDArray[np.float64]]:
        """Weights, means and widths of latent k given those before, three (batch, components)."""
        inputs = (part.astype(np.float32) for part in (codes, given))
        logits, mean, log_width = (part[:, k] for part in self.conditionals(*inputs))
        found = ops.softmax(logits), mean, ops.exp(log_width)
        return [np.asarray(value, dtype=np.float64) for value in found]


def _of_weights(asked, weights):
    found = Conditionals(*asked)
    found.set_weights(weights)
    return found


@own()
def _networks(latents, numbers, seed):
    """(batch, latents, numbers) -> logits, means and log-widths, (batch, latents, components)."""
    seeds = iter(np.random.SeedSequence(seed).generate_state(5).tolist())
    x = first = layers.Input((latents, numbers))
    for _ in range(2):
        x = _dense_each(latents, WIDTH, seeds, activation="silu")(x)
    logits, mean, log_width = (_dense_each(latents, COMPONENTS, seeds)(x) for _ in range(3))
    # The components start spread over the range of standardised codes.
    mean = mean + ops.reshape(ops.linspace(-2.0, 2.0, COMPONENTS), (1, 1, COMPONENTS))
    log_width = ops.clip(log_width - 1.0, *LOG_WIDTHS)
    return keras.Model(first, [logits, mean, log_width])


def _dense_each(latents, units, seeds, activation=None):
    """A dense layer with separate weights for each latent."""
    # Keras counts all latents as inputs of each; without the scale the weights would be too small.
    start = keras.initializers.VarianceScaling(latents, "fan_avg", "uniform", seed=next(seeds))
    return layers.EinsumDense(
        "bki,kio->bko", (latents, units), activation=activation, bias_axes="ko",
        kernel_initializer=start,
    )  # fmt: skip
