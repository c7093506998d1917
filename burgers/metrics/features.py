"""Numbers that describe one density: its front, its extremes, its mass and its roughness."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers.metrics._pool import blocks, checked_densities


def front(sample: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position and width of the front of each realisation, in cells.

    The position is where the density decreases most steeply. The width is the range of the density
    divided by the steepest slope, at most the number of cells.

    Parameters
    ----------
    sample : (realisations, cells), at least 4 cells.

    Returns
    -------
    position, width : (realisations,) float64.

    Raises
    ------
    ValueError
        Naming the sample, its value and what is accepted.
    """
    rows = checked_densities("sample", sample, cells=4)
    found = [front_of(rows[block].astype(np.float64)) for block in blocks(*rows.shape)]
    position, width = np.concatenate(found, axis=1)
    return position, width


def front_of(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position and width of the front of checked densities (realisations, cells)."""
    slope, height = -np.diff(rows, axis=1), np.ptp(rows, axis=1)
    every, steepest = np.arange(len(rows)), slope.argmax(axis=1)
    inside = steepest.clip(1, slope.shape[1] - 2)
    before, here, after = (slope[every, inside + k] for k in (-1, 0, 1))
    bend = before - 2.0 * here + after
    # The vertex of the parabola through the three steepest slopes.
    shift = np.divide(0.5 * (before - after), bend, out=np.zeros_like(bend), where=bend < 0)
    place = np.where(steepest == inside, inside + shift.clip(-0.5, 0.5), steepest)
    least = np.maximum(height / rows.shape[1], np.finfo(float).tiny)
    return place, height / np.maximum(slope.max(axis=1), least)


def structure_function(sample: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Second-order structure function of each realisation, at lags 1, 2, 4, ... cells.

        S₂(r) = mean over x of (ρ(x + r) - ρ(x))²

    It is the counterpart of the energy spectrum where the density is not periodic.

    Parameters
    ----------
    sample : (realisations, cells), at least 2 cells.

    Returns
    -------
    lags : (lags,), up to half of the cells, and at least 1.
    values : (realisations, lags) float64.

    Raises
    ------
    ValueError
        Naming the sample, its value and what is accepted.

    Source: U. Frisch, Turbulence (1995), chapter 4.
    """
    rows = checked_densities("sample", sample, cells=2)
    found = [structure_of(rows[block].astype(np.float64)) for block in blocks(*rows.shape)]
    return lags_of(rows.shape[1]), np.concatenate(found)


def lags_of(cells: int) -> NDArray[np.intp]:
    """The lags of the structure function on so many cells: powers of two up to half of them."""
    return 2 ** np.arange(max(1, int(np.log2(cells))))


def structure_of(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The structure function of checked densities (realisations, cells), (realisations, lags)."""
    return np.stack(
        [np.square(rows[:, lag:] - rows[:, :-lag]).mean(axis=1) for lag in lags_of(rows.shape[1])],
        axis=1,
    )
