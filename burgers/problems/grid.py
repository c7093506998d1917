"""The uniform grid of cells on [0, 1], and what may happen at its ends."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from burgers import _checks as checks

Boundary = Literal["periodic", "outflow"]
BOUNDARIES = ("periodic", "outflow")


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
