"""The vector field of a latent differential equation: its network, integrator and training."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers.models._keras import Model, keras, layers, ops, own, tf
from burgers.models.layers import SeededLayers

WIDTH = 64
# Runge-Kutta steps between two times, however far apart. A jump widens with the square root of
# time, so the steps are graded: short at first.
STEPS = 10
GRADING = 2
# Steps of a trajectory that is not trained on, and at least one between two durations.
FINE = 16
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
        return number + 1, _rk4_step(rate, state, shares[number] * duration)

    # Unrolled, the loop takes several times longer to compile than the whole training. XLA
    # differentiates a loop only if its length is known.
    return ops.while_loop(
        lambda number, _: number < steps, step, (0, state), maximum_iterations=steps
    )[1]


def _rk4_step(rate, state, h):
    a = rate(state)
    b = rate(state + 0.5 * h * a)
    c = rate(state + 0.5 * h * b)
    d = rate(state + h * c)
    return state + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)


def _nodes(durations):
    """Times from 0 on between which a step is taken, and the place of each duration among them.

    The root of time is divided evenly between two durations.
    """
    ends, place = np.unique(durations, return_inverse=True)
    roots = np.concatenate([[0.0], (ends / max(ends[-1], np.finfo(float).tiny)) ** (1.0 / GRADING)])
    counts = np.maximum(1, np.ceil(FINE * np.diff(roots))).astype(int)
    between = zip(pairwise(roots), counts, strict=True)
    parts = [np.linspace(*pair, count + 1)[1:] for pair, count in between]
    return ends[-1] * np.concatenate([[0.0], *parts]) ** GRADING, np.cumsum(counts)[place]


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
        self._compiled = tf.function(self._steps, jit_compile=True)

    def call(self, inputs: Any) -> Any:
        code, duration, parameters = inputs[:3]
        return rk4(self._rate(parameters), code, duration, STEPS, GRADING)

    def _steps(self, code, parameters, lengths):
        rate = self._rate(parameters)
        states = ops.scan(lambda z, h: (_rk4_step(rate, z, h),) * 2, code, lengths)[1]
        return ops.concatenate([code[None], states])

    def _rate(self, parameters):
        return lambda state: self.field(ops.concatenate([state, parameters], axis=1))

    @own()
    def trajectories(
        self, codes: NDArray[Any], durations: NDArray[Any], parameters: NDArray[Any]
    ) -> NDArray[np.float32]:
        """Codes after several durations, (count, durations, latents), each integrated once.

        Parameters
        ----------
        codes : (count, latents), at least one.
        durations : (durations,) >= 0 in any order, at least one.
        parameters : (count, parameters).
        """
        nodes, places = _nodes(durations)
        lengths, missing = np.diff(nodes).astype(np.float32), -len(codes) % BATCH
        codes, parameters = (
            np.pad(part, ((0, missing), (0, 0)), mode="edge").astype(np.float32)
            for part in (codes, parameters)
        )
        parts = []
        for i in range(0, len(codes), BATCH):
            batch = codes[i : i + BATCH], parameters[i : i + BATCH], lengths
            states = self._compiled(*map(ops.convert_to_tensor, batch))
            parts.append(np.asarray(states)[places])
        return np.concatenate(parts, axis=1).swapaxes(0, 1)[: len(codes) - missing]

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
