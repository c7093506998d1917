"""Seconds of decoding by compiled loops, beside those of the network, for a decoder with fronts.

The decoder is that of a freshly built σ-VAE, with fronts of many widths. Both are timed in turn in
one run; the ratio is the median of pairs.
"""

import statistics
import time

import numpy as np

from burgers.models import decoding, evaluation, front_decoder

DENSITIES, PAIRS = 51_000, 7


def decoder():
    """An untrained decoder, whose fronts are from half a cell to a hundred cells wide."""
    model = front_decoder.build_decoder(3, seed=1)
    layer, rng = model.get_layer("log_width"), np.random.default_rng(0)
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias + rng.uniform(-3.6, 1.6, bias.shape)])
    return model


def seconds(call):
    """Of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    model = decoder()
    codes = np.random.default_rng(1).standard_normal((DENSITIES, 3)).astype(np.float32)
    network, loops = (
        lambda: evaluation.evaluate_compiled(model, [codes])[0],
        lambda: decoding.means(model, [codes]),
    )
    apart = np.abs(network() - loops()).max()
    pairs = [(seconds(network), seconds(loops)) for _ in range(PAIRS)]
    each = [1e6 * statistics.median(part) / DENSITIES for part in zip(*pairs, strict=True)]
    ratio = statistics.median(slow / fast for slow, fast in pairs)
    print(f"network {each[0]:.1f} us a density, loops {each[1]:.1f} us: {ratio:.1f} times as fast")
    print(f"largest difference: {apart:.1e}")


if __name__ == "__main__":
    main()
