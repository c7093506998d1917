"""Two-sample measures of a generated distribution beyond its moments.

Samples are arrays (realisations, cells), of any two numbers of realisations. Squares are taken of
deviations from a common density only, since small differences are lost in the squares of large
numbers. Samples are processed in blocks, so that no memory use grows with the square of the number
of realisations.
"""

import numpy as np
from numpy.typing import ArrayLike

from burgers import _checks as checks
from burgers.metrics import _splits
from burgers.metrics._pool import checked_densities, paired
from burgers.metrics.classifiers import c2st
from burgers.metrics.features import front

__all__ = [
    "band_error",
    "c2st",
    "crps",
    "energy_distance",
    "energy_score",
    "front",
    "nearest_neighbour_ratio",
    "sliced_wasserstein",
    "spectrum_error",
]


def band_error(generated: ArrayLike, reference: ArrayLike) -> float:
    """Relative L2 distance over x between the 5 % to 95 % bands of two samples.

    The distance is that of the 5 % and 95 % quantiles in each cell, relative to the reference's.

    Parameters
    ----------
    generated, reference : (realisations, cells).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.
    """
    return float(_splits.columns(paired(generated, reference))["band_error"][0])


def crps(generated: ArrayLike, reference: ArrayLike) -> float:
    """Continuous ranked probability score, averaged over x, divided by the reference's mean std.

        E abs(X - Y) - ½ E abs(X - X'),   X, X' generated and Y of the reference, in a cell

    It is smallest, but not zero, if the two distributions are equal in every cell.

    Parameters
    ----------
    generated, reference : (realisations, cells).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.

    Source: T. Gneiting and A. E. Raftery (2007).
    """
    return float(_splits.columns(paired(generated, reference))["crps"][0])


def sliced_wasserstein(
    generated: ArrayLike, reference: ArrayLike, seed: int | np.random.SeedSequence = 0
) -> float:
    """Sliced Wasserstein distance, divided by the reference's mean std along the directions.

        Σ W₁(θ·X, θ·Y) / Σ std(θ·Y)  over 200 random directions θ

    Parameters
    ----------
    generated, reference : (realisations, cells).
    seed : of the directions.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.

    Source: N. Bonneel, J. Rabin, G. Peyré and H. Pfister (2015).
    """
    pool = paired(generated, reference, seed=checks.seed("seed", seed))
    return float(_splits.directions(pool)["sliced"][0])


def energy_distance(generated: ArrayLike, reference: ArrayLike) -> float:
    """Energy distance of two samples, normalised to [0, 1].

        (1 - (E‖X - X'‖ + E‖Y - Y'‖) / 2E‖X - Y‖)^½

    If the two samples together have more than 25,000 realisations, 25,000 random ones are used.

    Parameters
    ----------
    generated, reference : (realisations, cells).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.

    Source: G. J. Székely and M. L. Rizzo (2013).
    """
    return float(_splits.pairs(paired(generated, reference))["energy"][0])


def energy_score(generated: ArrayLike, reference: ArrayLike) -> float:
    """Energy score, divided by the norm over the cells of the reference's std.

        E‖X - Y‖ - ½ E‖X - X'‖,   X, X' generated and Y of the reference

    It is smallest, but not zero, if the two distributions are equal. Realisations are limited as in
    `energy_distance`.

    Parameters
    ----------
    generated, reference : (realisations, cells).

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.

    Source: T. Gneiting and A. E. Raftery (2007).
    """
    return float(_splits.pairs(paired(generated, reference))["energy_score"][0])


def spectrum_error(generated: ArrayLike, reference: ArrayLike) -> float:
    """Difference of the mean structure functions, rms over lags of 1, 2, 4, ... cells.

        2 (S - R) / (S + R),   S and R the means of `features.structure_function`

    Parameters
    ----------
    generated, reference : (realisations, cells), at least 4 cells.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if the reference does not vary.
    """
    return float(_splits.shapes(paired(generated, reference, cells=4))["spectrum"][0])


def nearest_neighbour_ratio(
    generated: ArrayLike, reference: ArrayLike, training: ArrayLike
) -> float:
    """Median distance to the nearest training realisation, divided by that of the reference.

    The ratio is 1 for a model whose realisations are as new as those of Monte Carlo, and 0 for one
    that returns its training sample.

    Parameters
    ----------
    generated, reference, training : (realisations, cells), with the same number of cells.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted; or if half of the reference is in the
        training sample.
    """
    pool = paired(generated, reference)
    pool.training = checked_densities("training", training, like=pool.samples[0])
    return float(_splits.novelty(pool)["nearest_neighbour_ratio"][0])
