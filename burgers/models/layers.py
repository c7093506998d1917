"""Layers of the networks of this package that Keras does not have."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from burgers import _checks as checks
from burgers.models._keras import Layer, keras, layers, ops
from burgers.problems import CELLS

# Bounds on the log-width of a front, the interval being [0, 1]: from the thinnest shock, which is
# four hundred times thinner than a cell of the report's grid, to a straight line.
LOG_WIDTHS = (-12.0, 1.0)
# The lower one of files that do not say it: less than half a cell.
FORMER_NARROWEST = -7.0


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
class Left(Layer):
    """Add the sum of the heights (batch, fronts) and a learned number to a density (batch, cells).

    A sum of fronts is minus the sum of their heights left of them all: there the result is that
    number, whatever the heights.
    """

    def build(self, shapes: Any) -> None:
        self.value = self.add_weight(shape=(), initializer="zeros", name="value")

    def call(self, inputs: Any) -> Any:
        density, height = inputs
        return density + self.value + ops.sum(height, axis=1, keepdims=True)


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
    def __init__(self, cells: int = CELLS, narrowest: float = LOG_WIDTHS[0], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells, self.narrowest = checks.count("cells", cells), narrowest

    def call(self, inputs: Any) -> Any:
        height, place, log_width = inputs
        return _front_averages(height, *self.places_and_widths(place, log_width, ops), self.cells)

    def places_and_widths(self, place: Any, log_width: Any, library: Any) -> tuple[Any, Any]:
        """c and w of inputs (batch, fronts), by the operations of Keras or of NumPy."""
        even = library.linspace(0.1, 0.9, place.shape[1], dtype="float32")
        return 0.3 * place + even, library.exp(
            library.clip(log_width - 3.0, self.narrowest, LOG_WIDTHS[1])
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": self.cells, "narrowest": self.narrowest}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**{"narrowest": FORMER_NARROWEST, **config})


def _front_averages(height, place, width, cells):
    """Cell averages (batch, cells) of fronts, each (batch, fronts), and their derivatives.

    The derivatives of w log cosh((e - c) / w) at an edge e are all of tanh and log cosh there; they
    are written down because differentiating the operations takes twice as long.
    """
    edges = ops.linspace(0.0, 1.0, cells + 1, dtype=height.dtype)[None, None]

    @ops.custom_gradient
    def averages(height, place, width):
        signed = (edges - place[:, :, None]) / width[:, :, None]
        distance = ops.abs(signed)
        decay = ops.exp(-2.0 * distance)
        # log cosh(d) = d + log(1 + exp(-2d)) - log 2 does not overflow.
        log_cosh = distance + ops.log1p(decay)
        total = ops.sum(height[:, :, None] * (width[:, :, None] * log_cosh), axis=1)

        def gradient(upstream):
            none = ops.zeros_like(upstream[:, :1])
            at_edges = ops.concatenate([none, upstream], 1) - ops.concatenate([upstream, none], 1)
            tanh = ops.sign(signed) * (1.0 - decay) / (1.0 + decay)
            of_height, of_place, moment = (
                ops.einsum("be,bke->bk", cells * at_edges, part)
                for part in (log_cosh, tanh, tanh * signed)
            )
            return width * of_height, -height * of_place, height * (of_height - moment)

        return cells * (total[:, 1:] - total[:, :-1]), gradient

    return averages(height, place, width)


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
