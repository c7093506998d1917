"""The vector field of a latent differential equation: its network, integrator and training."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from burgers.models._keras import Model, keras, layers, ops, own
from burgers.models.layers import SeededLayers

WIDTH = 64
# Runge-Kutta steps between two times, however far apart. A jump widens with the square root of
# time, so the steps are graded: short at first.
STEPS = 8
GRADING = 2


def rk4(rate: Callable[[Any], Any], state: Any, duration: Any, steps: int, grading: int = 1) -> Any:
    """Integrate dz/dt = rate(z) over a duration by the classical fourth-order Runge-Kutta method.

    Step k ends at the fraction (k / steps)^grading of the duration. Differentiable.

    Parameters
    ----------
    rate : function of a state (batch, numbers), of the same shape.
    state : (batch, numbers).
    duration : (batch, 1), or a scalar.
    steps, grading : integers >= 1; grading 1 gives equal steps.

    Returns
    -------
    (batch, numbers).
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

    # Unrolled, the loop takes several times longer to compile than the whole training.
    return ops.fori_loop(0, steps, step, state)


@own()
def build_field(latents: int, parameters: bool, seed: int = 0) -> keras.Model:
    """Field F with two hidden layers of 64: (batch, latents + parameters) -> (batch, latents)."""
    make = SeededLayers(seed)
    x = inputs = layers.Input((latents + parameters,), name="state")
    for _ in range(2):
        x = make(layers.Dense, WIDTH)(x)
    return keras.Model(inputs, make(layers.Dense, latents, activation=None)(x), name="field")


class Dynamics(Model):
    """The flow map z(t0) -> z(t) of dz/dt = F(z, θ), trained on pairs of codes of one trajectory.

        loss = mean of ((z(t) - ẑ(t)) / scale)²

    Inputs: code z(t0) (batch, latents), duration t - t0 (batch, 1), parameters θ (batch,
    parameters), and in training the target z(t) (batch, latents). `scale`: scalar or (latents,).
    """

    def __init__(self, field: keras.Model, scale: ArrayLike = 1.0, **kwargs: Any) -> None:
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
        """What a training depends on besides the data and the optimiser, for JSON."""
        return [self.field.get_config(), STEPS, GRADING, self.scale.tolist()]

    def reseed(self, *entropy: int) -> None:
        """Do nothing: training draws no noise."""
