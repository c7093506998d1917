"""A small dense auto-encoder whose decoder represents fronts explicitly.

    ρ_i = mean over cell i of Σ_k A_k tanh((x - c_k) / w_k)  +  Σ_m b_m φ_m,i

A network predicts the heights A, places c and widths w of a few fronts, and the amplitudes b of
smooth learned functions φ. A front can then move by a fraction of a cell exactly, whereas a dense
or convolutional decoder has to learn every displacement cell by cell.
"""

from collections.abc import Callable
from functools import partial

from burgers import _checks as checks
from burgers.models._keras import keras, layers, own
from burgers.models.layers import CellVariance, Fronts, Left, Sampling, SeededLayers, concatenated
from burgers.models.training import one_or_list
from burgers.problems import CELLS, Problem

FRONTS = 6
SMOOTH = 32


@own()
def build_encoder(
    latents: int, conditions: int = 0, seed: int = 0, cells: int = CELLS
) -> keras.Model:
    """Encoder of two dense layers.

    (batch, cells), and if conditioned (batch, conditions) -> mean, log-variance and sample, each
    (batch, latents). Any number of cells >= 1; ValueError otherwise.
    """
    make = SeededLayers(seed)
    density = layers.Input((checks.count("cells", cells),), name="density")
    given = [layers.Input((conditions,), name="given")] if conditions else []
    x = concatenated(density, given)
    for units in (128, 64):
        x = make(layers.Dense, units)(x)
    mean = make(layers.Dense, latents, activation=None, name="z_mean")(x)
    log_variance = make(layers.Dense, latents, activation=None, name="z_log_var")(x)
    sample = Sampling(seed=seed, name="sampling_encod")([mean, log_variance])
    return keras.Model(one_or_list([density, *given]), [mean, log_variance, sample], name="encoder")


@own()
def build_decoder(
    latents: int, conditions: int = 0, seed: int = 1, cells: int = CELLS, smooth: int = SMOOTH
) -> keras.Model:
    """Decoder of three dense layers, six fronts and smooth functions.

    (batch, latents), and if conditioned (batch, conditions) -> mean, variance and sample, each
    (batch, cells). Any number of cells >= 1; ValueError otherwise. With `smooth` 0 there is a
    learned number ρ_left instead of the smooth functions, and away from all fronts the density is
    constant, left of them the same for every latent:

        ρ_i = ρ_left + mean over cell i of Σ_k A_k (1 + tanh((x - c_k) / w_k))
    """
    make = SeededLayers(seed)
    latent = layers.Input((latents,), name="latent")
    given = [layers.Input((conditions,), name="given")] if conditions else []
    x = concatenated(latent, given)
    for _ in range(3):
        x = make(layers.Dense, 128)(x)
    height, place, log_width = (
        make(layers.Dense, FRONTS, activation=None, name=name)(x)
        for name in ("height", "place", "log_width")
    )
    fronts = Fronts(cells, name="fronts")([height, place, log_width])
    if checks.count("smooth", smooth, least=0):
        amplitude = make(layers.Dense, smooth, activation=None, name="amplitude")(x)
        rest = make(layers.Dense, cells, activation=None, name="smooth")(amplitude)
        mean = layers.Add(name="x_mean")([fronts, rest])
    else:
        mean = Left(name="x_mean")([fronts, height])
    variance = CellVariance(name="x_variance")(mean)
    sample = Sampling(log=False, seed=seed, name="sampling_decod")([mean, variance])
    return keras.Model(one_or_list([latent, *given]), [mean, variance, sample], name="decoder")


# The networks of densities that are constant far from their fronts, and of others.
PLATEAUS = (build_encoder, partial(build_decoder, smooth=0))
SMOOTH_BETWEEN = (build_encoder, build_decoder)


def networks(problem: Problem) -> tuple[Callable[..., keras.Model], Callable[..., keras.Model]]:
    """Two functions that build encoder and decoder for the densities of a problem.

    Where the boundary is an outflow the initial density is constant at both ends, and stays so;
    in a periodic domain the density varies between its fronts.
    """
    return PLATEAUS if problem.boundary == "outflow" else SMOOTH_BETWEEN
