"""The vector field of a latent differential equation: its network, integrator and training."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers.models._keras import Model, keras, layers, ops, own, tf
from burgers.models.layers import SeededLayers

WIDTH = 64
# Runge-Kutta steps between two times, however far apart. A jump widens with the square root of
# time, so the steps are graded: short at first.
STEPS = 8
GRADING = 2
# Codes integrated at once.
BATCH = 1000


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
        return number + 1, state + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)

    # Unrolled, the loop takes several times longer to compile than the whole training. XLA
    # differentiates a loop only if its length is known.
    return ops.while_loop(
        lambda number, _: number < steps, step, (0, state), maximum_iterations=steps
    )[1]


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
        self._compiled = tf.function(self.call, jit_compile=True)

    def call(self, inputs: Any) -> Any:
        code, duration, parameters = inputs[:3]
        return rk4(
            lambda state: self.field(ops.concatenate([state, parameters], axis=1)),
            code, duration, STEPS, GRADING,
        )  # fmt: skip

    @own()
    def evaluated(self, inputs: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """Codes z(t) of many codes, durations and parameters as in `call`, (count, latents).

        Compiled by XLA, for batches of one size: in less than half the time that Keras takes.
        """
        count = len(inputs[0])
        filled = [np.pad(part, ((0, -count % BATCH), (0, 0)), mode="edge") for part in inputs]
        parts = [
            self._compiled([ops.convert_to_tensor(part[i : i + BATCH]) for part in filled])
            for i in range(0, count, BATCH)
        ]
        return np.concatenate(parts)[:count]

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
