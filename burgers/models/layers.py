"""The layers that the networks here are made of, beside those of Keras."""

from typing import Any

import numpy as np

from burgers import _checks as checks
from burgers.models._keras import CELLS, Layer, keras, layers, ops

# Of a front, in units of the interval: from less than half a cell to a straight line.
LOG_WIDTHS = (-7.0, 1.0)


@keras.saving.register_keras_serializable("burgers")
class Sampling(Layer):
    """Draw μ + √variance ε with ε ~ N(0, I): the reparametrisation trick.

    The second input is the log-variance, or with `log=False` the variance itself.
    """

    def __init__(self, log=True, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.log = log
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any) -> Any:
        mean, variance = inputs
        deviation = ops.exp(0.5 * variance) if self.log else ops.sqrt(variance)
        noise = keras.random.normal(
            ops.shape(mean), seed=self.generator, dtype=self.compute_dtype
        )  # fmt: skip
        return mean + deviation * noise

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "log": self.log, "seed": self.seed}


@keras.saving.register_keras_serializable("burgers")
class Constant(Layer):
    """The same value at every entry of the input: the decoder's fixed variance."""

    def __init__(self, value, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def call(self, inputs: Any) -> Any:
        return self.value * ops.ones_like(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value": self.value}


@keras.saving.register_keras_serializable("burgers")
class CellVariance(Layer):
    """The same variance for each realisation, one for each cell: set by `SigmaVAE.calibrate`."""

    def build(self, shape: Any) -> None:
        self.variance = self.add_weight(
            shape=shape[1:], initializer="ones", trainable=False, name="variance"
        )

    def call(self, inputs: Any) -> Any:
        return ops.broadcast_to(self.variance, ops.shape(inputs))


@keras.saving.register_keras_serializable("burgers")
class Fronts(Layer):
    """Cell averages (batch, cells) of a sum of fronts: heights, places, log-widths (batch, fronts).

    The average of tanh is the difference of w log cosh(x / w) between the ends of the cell. With
    all inputs zero the fronts are spread over the interval, each about a twentieth of it wide.
    """

    def __init__(self, cells=CELLS, **kwargs):
        super().__init__(**kwargs)
        self.cells = checks.count("cells", cells)

    def call(self, inputs: Any) -> Any:
        height, place, log_width = inputs
        single = {"dtype": self.compute_dtype}
        place = 0.3 * place + ops.linspace(0.1, 0.9, place.shape[1], **single)
        width = ops.exp(ops.clip(log_width - 3.0, *LOG_WIDTHS))[:, :, None]
        edges = ops.linspace(0.0, 1.0, self.cells + 1, **single)[None, None]
        distance = ops.abs(edges - place[:, :, None]) / width
        # log cosh(d) = d + log(1 + exp(-2d)) - log 2 does not overflow.
        integral = width * (distance + ops.log1p(ops.exp(-2.0 * distance)))
        total = ops.sum(height[:, :, None] * integral, axis=1)
        return self.cells * (total[:, 1:] - total[:, :-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": self.cells}


class SeededLayers:
    """Makes layers with SiLU, a seed of their own, and a name of their own.

    Keras' automatic names count what the process built before: a training would not be known
    again by another process.
    """

    def __init__(self, seed):
        self.seeds = np.random.SeedSequence(seed)

    def __call__(self, layer, *sizes, activation="silu", name=None, **options):
        (child,) = self.seeds.spawn(1)
        start = keras.initializers.GlorotUniform(seed=int(child.generate_state(1)[0]))
        name = name or f"{layer.__name__.lower()}_{child.spawn_key[-1]}"
        return layer(*sizes, activation=activation, kernel_initializer=start, name=name, **options)


def concatenated(first: Any, rest: Any) -> Any:
    """The inputs of a network as one: the first, with the others after it where there are any."""
    return layers.Concatenate(name="joined")([first, *rest]) if rest else first
