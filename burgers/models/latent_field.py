"""The vector field of a latent differential equation: its network, integrator and training."""

from collections.abc import Callable
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
    state = ops.convert_to_tensor(state)
    shares = ops.convert_to_tensor(np.diff(graded(steps, grading)), dtype=state.dtype)
    # Unrolled, the loop takes several times longer to compile than the whole training. XLA
    # differentiates a loop only if its length is known.
    return ops.while_loop(
        lambda number, _: number < steps,
        lambda number, state: (number + 1, _step(rate, state, shares[number] * duration)),
        (0, state),
        maximum_iterations=steps,
    )[1]


def graded(steps: int, grading: int) -> NDArray[np.float64]:
    """The ends of steps as fractions of a duration, (steps + 1,), from 0 to 1."""
    return np.linspace(0.0, 1.0, steps + 1) ** grading


def _step(rate, state, h):
    """One step of length h, (batch, 1) or a scalar, of `rk4`."""
    a = rate(state)
    b = rate(state + 0.5 * h * a)
    c = rate(state + 0.5 * h * b)
    d = rate(state + h * c)
    return state + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)


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
        self._compiled_steps = tf.function(self._steps, reduce_retracing=True)

    def call(self, inputs: Any) -> Any:
        code, duration, parameters = inputs[:3]
        return rk4(self._rate(parameters), code, duration, STEPS, GRADING)

    def _rate(self, parameters):
        return lambda state: self.field(ops.concatenate([state, parameters], axis=1))

    @own()
    def path(
        self, codes: NDArray[Any], durations: NDArray[Any], parameters: NDArray[Any]
    ) -> NDArray[np.float32]:
        """Codes after several durations, by one integration through all of them.

        The steps are those to the longest duration, divided at the others.

        Parameters
        ----------
        codes : (realisations, latents).
        durations : (durations,) >= 0, in any order.
        parameters : (realisations, parameters).

        Returns
        -------
        (realisations, durations, latents) float32.
        """
        ends = np.union1d(graded(STEPS, GRADING) * durations.max(initial=0.0), durations)
        states = codes[None].astype(np.float32)
        if len(ends) > 1:
            arguments = (part.astype(np.float32) for part in (codes, np.diff(ends), parameters))
            after = self._compiled_steps(*map(ops.convert_to_tensor, arguments))
            states = np.concatenate([states, np.asarray(after)])
        return states[np.searchsorted(ends, durations)].transpose(1, 0, 2)

    def _steps(self, codes, lengths, parameters):
        rate = self._rate(parameters)

        def step(state, length):
            after = _step(rate, state, length)
            return after, after

        return ops.scan(step, codes, lengths)[1]

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
