"""The uniform grid of cells on [0, 1], and what may happen at its ends."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks

Boundary = Literal["periodic", "outflow"]
BOUNDARIES = ("periodic", "outflow")
# The report's grid, and the default wherever a number of cells is an argument.
CELLS = 400
# Cells added at each end for splines.
MARGIN = 32


def edges(cells: int) -> NDArray[np.float64]:
    """Edges of the cells, xⱼ = j / cells for j = 0, ..., cells.

    Parameters
    ----------
    cells : number of cells, at least 1.

    Returns
    -------
    (cells + 1,) float64, from 0 to 1.

    Raises
    ------
    ValueError
        If `cells` is not a positive integer.
    """
    return np.linspace(0.0, 1.0, checks.count("cells", cells) + 1)


def point_values(averages: ArrayLike, x: ArrayLike, boundary: Boundary) -> NDArray[np.float64]:
    """Values at points of a smooth density, from its cell averages, to fifth order.

    The derivative of the spline of degree five through the integral of the density. Near a jump it
    oscillates over a few cells.

    Parameters
    ----------
    averages : (realisations, cells), at least 32 cells.
    x : (points,) in [0, 1].
    boundary : "periodic", or "outflow": continued by the values at the ends.

    Returns
    -------
    (realisations, points) float64.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    # Loads as much as the rest of the package, for what few need.
    from scipy.interpolate import make_interp_spline

    rows = checks.finite("averages", averages)
    if rows.ndim != 2 or rows.shape[1] < MARGIN:
        raise ValueError(
            f"averages has shape {rows.shape}; accepted: (realisations, cells), at least "
            f"{MARGIN} cells"
        )
    points = checks.finite("x", x)
    checks.within("x", points, 0.0, 1.0)
    checks.choice("boundary", boundary, BOUNDARIES)
    cells = rows.shape[1]
    mode = "wrap" if boundary == "periodic" else "edge"
    padded = np.pad(rows, ((0, 0), (MARGIN, MARGIN)), mode=mode)  # type: ignore[call-overload]
    ends = np.arange(-MARGIN, cells + MARGIN + 1) / cells
    # About its mean, the integral stays small, and its differences exact.
    mean = rows.mean(axis=1, keepdims=True)
    integral = np.cumsum(padded - mean, axis=1) / cells
    spline = make_interp_spline(ends, np.pad(integral, ((0, 0), (1, 0))), k=5, axis=1)
    return mean + spline.derivative()(points)


def centres(cells: int) -> NDArray[np.float64]:
    """Centres of the cells, xⱼ = (j + 1/2) / cells for j = 0, ..., cells - 1.

    Parameters
    ----------
    cells : number of cells, at least 1.

    Returns
    -------
    (cells,) float64.

    Raises
    ------
    ValueError
        If `cells` is not a positive integer.
    """
    cells = checks.count("cells", cells)
    return (np.arange(cells) + 0.5) / cells
