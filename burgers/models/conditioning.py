"""Networks that are told a positive number, such as the time, in features of it.

    t -> 3t/T - 3/2,  tanh(2/h log(2^a t/T)),  tanh(2/h log(2^(a + h) t/T)),  ...,   T the largest

A front changes as much from T/16 to T/8 as from T/2 to T. Dense networks that are told t alone
learn what happens early much later than what happens late.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from burgers import _checks as checks
from burgers.models._keras import Layer, keras, layers, ops, own
from burgers.problems import CELLS

HALVINGS = (1.0, 2.0, 3.0, 4.0, 5.0)

Build = Callable[..., keras.Model]


@keras.saving.register_keras_serializable("burgers")
class LogSteps(Layer):
    """The features of numbers (batch, 1) up to `largest`: (batch, 1 + halvings).

    halvings : a, a + h, a + 2h, ..., two or more, increasing: where the features change, in
        halvings of the largest number. ValueError otherwise.
    """

    def __init__(self, largest: float, halvings: Sequence[float] = HALVINGS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.largest = checks.number("largest", checks.positive("largest", largest))
        self.halvings = _even(halvings)

    def call(self, inputs: Any) -> Any:
        share = inputs / self.largest
        # tanh(2/h log r) without the logarithm, which zero does not have.
        exponent = 4.0 / (self.halvings[1] - self.halvings[0])
        powers = [(share * 2.0**halving) ** exponent for halving in self.halvings]
        smooth = [1.0 - 2.0 / (power + 1.0) for power in powers]
        return ops.concatenate([3.0 * share - 1.5, *smooth], axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "largest": self.largest, "halvings": self.halvings}


def _even(halvings):
    found = [checks.number("halvings", halving) for halving in halvings]
    steps = np.diff(found)
    if len(found) < 2 or steps[0] <= 0 or not np.allclose(steps, steps[0]):
        raise ValueError(
            f"halvings is {checks.shown(halvings)}; accepted: two or more, increasing evenly"
        )
    return found


def in_steps(
    networks: tuple[Build, Build], largest: float, halvings: Sequence[float] = HALVINGS
) -> tuple[Build, Build]:
    """The functions that build encoder and decoder, of networks that see `LogSteps` of a condition.

    networks : two functions of (latents, conditions, seed, cells), such as those of
        `front_decoder.networks`; largest, halvings : of `LogSteps`.
    """
    encoder, decoder = (partial(_told, build, largest, tuple(halvings)) for build in networks)
    return encoder, decoder


@own()
def _told(build, largest, halvings, latents, conditions=1, seed=0, cells=CELLS):
    if conditions != 1:
        raise ValueError(f"conditions is {checks.shown(conditions)}; accepted: 1")
    network = build(latents, 1 + len(halvings), seed, cells)
    first = layers.Input(network.inputs[0].shape[1:], name=network.inputs[0].name)
    told = layers.Input((1,), name="told")
    outputs = network([first, LogSteps(largest, halvings, name="log_steps")(told)])
    return keras.Model([first, told], outputs, name=network.name)
