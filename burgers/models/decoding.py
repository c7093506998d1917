"""Mean densities of decoders; of decoders with fronts by compiled loops.

The average of tanh over a cell of width h, of a front of place c and width w, is

    1 + w/h log((1 + q u) / (1 + u)),   u = exp(-2(x - c)/w) at its left edge, q = exp(-2h/w),

or for a wide front t - (h/w)² t (1 - t²) / 12, with t = (1 - u) / (1 + u) in its middle, up to
terms of fourth order in h/w. From one cell to the next u is multiplied by q. Only the cells near a
front are evaluated: elsewhere tanh is 1 or -1.
"""

import math
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from burgers._compiled import compiled, in_shares, inlined
from burgers.models import evaluation
from burgers.models._keras import keras, ops, own, tf
from burgers.models.training import one_or_list

# Outside of so many widths tanh is 1 or -1 in single precision.
FAR = 9.0
# Fronts of at least this many cells are wide: what is left out is below 1e-6 then.
WIDE = 8.0
# Fronts of less than one cell over this number are thin.
THIN = 100.0
# Evaluated at once by the network: its outputs are few numbers.
BATCH = 4000
HEADS = ("height", "place", "log_width")

# From a decoder with fronts to the same network without its last layers, compiled.
_heads: "WeakKeyDictionary[keras.Model, Any]" = WeakKeyDictionary()


def means(decoder: keras.Model, inputs: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """The mean densities (realisations, cells) of a decoder, its first output.

    Of a decoder as `front_decoder` builds it they differ from those of the network by rounding.
    """
    names = {layer.name for layer in decoder.layers}
    if not {"fronts", "x_mean", *HEADS} <= names or not len(inputs[0]):
        return evaluation.evaluate_compiled(decoder, inputs)[0]
    height, place, log_width, *amplitude = _head_outputs(decoder, inputs)
    density = _between(decoder, height, *amplitude)
    place, width = decoder.get_layer("fronts").places_and_widths(place, log_width, np)
    arguments = (part.astype(np.float64) for part in (height, place, width))
    in_shares(_add_fronts, len(density), *arguments, density)
    return density


def _between(decoder, height, amplitude=None):
    """The density without its fronts."""
    if amplitude is None:
        left = np.float64(decoder.get_layer("x_mean").value)
        left = (left + height.sum(axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)
        return np.repeat(left, decoder.get_layer("fronts").cells, axis=1)
    smooth = decoder.get_layer("smooth")
    density = amplitude @ np.asarray(smooth.kernel)
    density += np.asarray(smooth.bias)
    return density


@own()
def _head_outputs(decoder, inputs):
    if decoder not in _heads:
        present = {layer.name for layer in decoder.layers}
        outputs = [decoder.get_layer(name).output
                   for name in (*HEADS, *({"amplitude"} & present))]  # fmt: skip
        network = keras.Model(decoder.inputs, outputs)
        # Half the time of Keras' own loop over batches.
        _heads[decoder] = tf.function(network, reduce_retracing=True)
    found = [
        _heads[decoder](
            one_or_list([ops.convert_to_tensor(part[i : i + BATCH]) for part in inputs])
        )
        for i in range(0, len(inputs[0]), BATCH)
    ]
    return [np.concatenate(output) for output in zip(*found, strict=True)]


@compiled
def _add_fronts(height, place, width, density, share, shares):
    """Add cell averages of fronts (count, fronts) to a share of the rows of density."""
    cells = density.shape[1]
    powers = np.empty(cells, dtype=np.float32)
    for i in range(share, density.shape[0], shares):
        for k in range(height.shape[1]):
            left, ratio = -place[i, k] / width[i, k], 1.0 / (cells * width[i, k])
            first = min(max(math.floor((-FAR - left) / ratio), 0), cells)
            last = min(max(math.ceil((FAR - left) / ratio), first), cells)
            for j in range(first):
                density[i, j] -= height[i, k]
            near = density[i, first:last]
            if ratio * WIDE <= 1.0:
                _add_wide(height[i, k], left + first * ratio, ratio, powers, near)
            else:
                _add_narrow(height[i, k], left + first * ratio, ratio, near)
            for j in range(last, cells):
                density[i, j] += height[i, k]


@inlined
def _add_wide(height, left, ratio, powers, density):
    """Add the averages of tanh over cells from `left`, in widths, on."""
    if density.size:
        powers[0] = math.exp(-2.0 * (left + 0.5 * ratio))
    # From the first m powers, the next m: loops that are vectorised.
    m = 1
    while m < density.size:
        factor = np.float32(math.exp(-2.0 * ratio * m))
        for j in range(min(m, density.size - m)):
            powers[m + j] = powers[j] * factor
        m *= 2
    one, bend, height = np.float32(1.0), np.float32(ratio * ratio / 12.0), np.float32(height)
    for j in range(density.size):
        t = (one - powers[j]) / (one + powers[j])
        density[j] += height * t * (one - bend * (one - t * t))


@inlined
def _softplus(a):
    """log(1 + exp(a))."""
    return max(a, 0.0) + math.log1p(math.exp(-abs(a)))


@inlined
def _add_narrow(height, left, ratio, density):
    """The same by the logarithm."""
    if ratio > THIN:
        # u would overflow.
        for j in range(density.size):
            a = -2.0 * (left + j * ratio)
            density[j] += height * (1.0 + (_softplus(a - 2.0 * ratio) - _softplus(a)) / ratio)
        return
    u, q = math.exp(-2.0 * left), math.exp(-2.0 * ratio)
    for j in range(density.size):
        density[j] += height * (1.0 + math.log((1.0 + u * q) / (1.0 + u)) / ratio)
        u *= q
