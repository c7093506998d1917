"""Layers of the networks of this package that Keras does not have."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from burgers import _checks as checks
from burgers.models._keras import CELLS, Layer, keras, layers, ops

# Bounds on the log-width of a front, the interval being [0, 1]: from less than half a cell of the
# report's grid to a straight line.
LOG_WIDTHS = (-7.0, 1.0)


@keras.saving.register_keras_serializable("burgers")
class Sampling(Layer):
    """Reparametrised sample of a diagonal Gaussian.

        z = μ + √v ε,   ε ~ N(0, I)

    Inputs: μ and log v, or with `log=False` v itself, of one shape (batch, numbers).
    """

    def __init__(self, log: bool = True, seed: int = 0, **kwargs: Any) -> None:
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
    """One value in place of every entry of the input: the fixed variance of the decoder."""

    def __init__(self, value: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value = value

    def call(self, inputs: Any) -> Any:
        return self.value * ops.ones_like(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value": self.value}


@keras.saving.register_keras_serializable("burgers")
class CellVariance(Layer):
    """A variance for each cell, the same for all realisations; `SigmaVAE.calibrate` sets it."""

    def build(self, shape: Any) -> None:
        self.variance = self.add_weight(
            shape=shape[1:], initializer="ones", trainable=False, name="variance"
        )

    def call(self, inputs: Any) -> Any:
        return ops.broadcast_to(self.variance, ops.shape(inputs))


@keras.saving.register_keras_serializable("burgers")
class Fronts(Layer):
    """Cell averages of a sum of tanh fronts on a uniform grid of [0, 1].

        ρ_i = mean over cell i of Σ_k A_k tanh((x - c_k) / w_k)

    Inputs: heights, places and log-widths, each (batch, fronts); output (batch, cells). The average
    of tanh over a cell is the difference of w log cosh((x - c) / w) between its edges, times the
    number of cells. All inputs zero place the fronts evenly, with w = exp(-3), about a twentieth of
    the interval.

    Raises
    ------
    ValueError
        If `cells` is not a positive integer.
    """

    # A file without `cells` was written when every grid had 400: the default stays the report's.
    def __init__(self, cells: int = CELLS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells = checks.count("cells", cells)

    def call(self, inputs: Any) -> Any:
        height, place, log_width = inputs
        place, width = self.places_and_widths(place, log_width, ops)
        edges = ops.linspace(0.0, 1.0, self.cells + 1, dtype=self.compute_dtype)[None, None]
        width = width[:, :, None]
        distance = ops.abs(edges - place[:, :, None]) / width
        # log cosh(d) = d + log(1 + exp(-2d)) - log 2 does not overflow.
        integral = width * (distance + ops.log1p(ops.exp(-2.0 * distance)))
        total = ops.sum(height[:, :, None] * integral, axis=1)
        return self.cells * (total[:, 1:] - total[:, :-1])

    @staticmethod
    def places_and_widths(place: Any, log_width: Any, library: Any) -> tuple[Any, Any]:
        """c and w of inputs (batch, fronts), by the operations of Keras or of NumPy."""
        even = library.linspace(0.1, 0.9, place.shape[1], dtype="float32")
        return 0.3 * place + even, library.exp(library.clip(log_width - 3.0, *LOG_WIDTHS))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": self.cells}


class SeededLayers:
    """Maker of layers with SiLU activation, each with its own seed and its own name.

    Keras' automatic names count the layers that the process has built so far, so the checkpoint of
    a training would not be recognised by another process.
    """

    def __init__(self, seed: int) -> None:
        self.seeds = np.random.SeedSequence(seed)

    def __call__(
        self,
        layer: Callable[..., Any],
        *sizes: int,
        activation: str | None = "silu",
        name: str | None = None,
        **options: Any,
    ) -> Any:
        (child,) = self.seeds.spawn(1)
        start = keras.initializers.GlorotUniform(seed=int(child.generate_state(1)[0]))
        name = name or f"{layer.__name__.lower()}_{child.spawn_key[-1]}"
        return layer(*sizes, activation=activation, kernel_initializer=start, name=name, **options)


def concatenated(first: Any, rest: Sequence[Any]) -> Any:
    """Concatenate the first input of a network with the others; without others, the first."""
    return layers.Concatenate(name="joined")([first, *rest]) if rest else first
