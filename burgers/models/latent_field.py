"""The field of a latent differential equation, and how it is integrated and learned on its own."""

from typing import Any

import numpy as np

from burgers.models._keras import Model, keras, layers, ops, own
from burgers.models.layers import SeededLayers

WIDTH = 64
# Of Runge and Kutta's method between two times, however far apart they are. A jump widens with
# the square root of time: it takes small steps at first.
STEPS = 8
GRADING = 2


def rk4(rate: Any, state: Any, duration: Any, steps: int, grading: int = 1) -> Any:
    """Integrate dz/dt = rate(z) over a duration by Runge and Kutta's method.

    The steps end at the shares (k / steps)^grading of the duration. state (batch, numbers),
    duration (batch, 1) or scalar -> (batch, numbers). Differentiable.
    """
    ends = np.linspace(0.0, 1.0, steps + 1) ** grading
    state = ops.convert_to_tensor(state)
    shares = ops.convert_to_tensor(np.diff(ends), dtype=state.dtype)

    def step(number, state):
        h = shares[number] * duration
        a = rate(state)
        b = rate(state + 0.5 * h * a)
        c = rate(state + 0.5 * h * b)
        d = rate(state + h * c)
        return state + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)

    # A loop that is written out takes several times as long to compile as to train in.
    return ops.fori_loop(0, steps, step, state)


@own()
def build_field(latents: int, parameters: bool, seed: int = 0) -> keras.Model:
    """F of two hidden layers: (batch, latents + parameters) -> (batch, latents)."""
    make = SeededLayers(seed)
    x = inputs = layers.Input((latents + parameters,), name="state")
    for _ in range(2):
        x = make(layers.Dense, WIDTH)(x)
    return keras.Model(inputs, make(layers.Dense, latents, activation=None)(x), name="field")


class Dynamics(Model):
    """The map z(t0) -> z(t) of dz/dt = F(z, θ), learned from pairs of codes of one trajectory.

    Inputs: code (batch, latents), duration (batch, 1), parameters (batch, parameters) and in
    training the code to arrive at. The loss is the mean square error of that, in units of `scale`
    (latents,).
    """

    def __init__(self, field, scale=1.0, **kwargs):
        super().__init__(**{"name": "dynamics", **kwargs})
        self.field, self.scale = field, np.asarray(scale, dtype=np.float32)

    def call(self, inputs: Any) -> Any:
        code, duration, parameters = inputs[:3]
        return rk4(
            lambda state: self.field(ops.concatenate([state, parameters], axis=1)),
            code, duration, STEPS, GRADING,
        )  # fmt: skip

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        return ops.mean(ops.square((x[3] - y_pred) / self.scale))

    def fingerprint(self) -> list[Any]:
        """What the result of a training depends on, besides the data and the optimiser."""
        return [self.field.get_config(), STEPS, GRADING, self.scale.tolist()]

    def reseed(self, *entropy: int) -> None:
        """Nothing here is random."""
