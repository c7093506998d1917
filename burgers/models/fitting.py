"""What generative models are fitted to and told: densities, and the random inputs that made them.

Densities are arrays (realisations, cells), inputs (realisations, numbers).
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers import _source as source
from burgers.models.latent_laws import fitted

# A constant input may vary by rounding errors.
FLAT = 1e-6


def densities(value: ArrayLike) -> NDArray[np.float64]:
    """The densities to fit to as a finite float64 array of at least two realisations.

    Raises
    ------
    ValueError
        Naming the argument, its shape or value and what is accepted.
    """
    array = checks.finite("densities", value)
    if array.ndim != 2 or len(array) < 2 or not array.shape[1]:
        accepted = "(realisations, cells), at least 2 realisations"
        raise ValueError(f"densities has shape {array.shape}; accepted: {accepted}")
    return array


def inputs(value: ArrayLike | None, count: int, numbers: int | None = None) -> NDArray[np.float64]:
    """The inputs of `count` realisations as a finite float64 array (count, numbers).

    Raises
    ------
    ValueError
        Naming `given`, its shape or value and what is accepted; None is refused as well.
    """
    accepted = f"({count}, {'numbers' if numbers is None else numbers})"
    if value is None:
        raise ValueError(f"given is None; accepted: {accepted}")
    array = checks.finite("given", value)
    wanted = array.shape[1:] if numbers is None else (numbers,)
    if array.ndim != 2 or array.shape != (count, *wanted) or not array.shape[1]:
        raise ValueError(f"given has shape {array.shape}; accepted: {accepted}")
    return array


def missing(package: str) -> ImportError:
    """The error to raise where an optional package cannot be imported: names it and the remedy."""
    remedy = source.install("entrants")
    return ImportError(f"{package} is not installed; it comes with `{remedy}`")


class Standard:
    """Inputs of mean zero and variance one, as far as they vary; or none at all.

    Raises
    ------
    ValueError
        Naming `given`, its value and what is accepted; or if it is used before `fit`.
    """

    numbers: int | None = None
    centre: Any = None

    def fit(self, given: ArrayLike | None, count: int) -> Self:
        """Fit to the inputs of `count` realisations, (count, numbers) or None; returns itself."""
        array = np.zeros((count, 1)) if given is None else inputs(given, count)
        self.numbers = None if given is None else array.shape[1]
        self.centre, std = array.mean(axis=0), array.std(axis=0)
        self.scale = np.where(std > FLAT * np.abs(self.centre), std, 1.0)
        return self

    def __call__(self, given: ArrayLike | None, count: int) -> NDArray[np.float64] | None:
        """Standardised inputs (count, numbers), or None if it was fitted to none."""
        fitted(self, "centre")
        if self.numbers is None:
            if given is not None:
                raise ValueError(f"given is {checks.shown(given)}; accepted: None")
            return None
        return (inputs(given, count, self.numbers) - self.centre) / self.scale


class Ranks:
    """Each input through its empirical distribution function: uniform on [-1, 1].

        u = 2 F(y) - 1,   F(y) = (number of y_i < y + half the number of y_i = y) / n

    Linear between the inputs it was fitted to, and constant beyond them. An input that is uniform
    after any increasing map, such as Re of uniform logarithm, becomes uniform. A constant input
    becomes zero.

    Raises
    ------
    ValueError
        Naming `given`, its value and what is accepted; or if it is used before `fit`.
    """

    tables: Any = None

    def fit(self, given: ArrayLike | None, count: int) -> Self:
        """Fit to the inputs (count, numbers) of `count` realisations; returns itself."""
        self.tables = [self._table(column) for column in inputs(given, count).T]
        return self

    def __call__(self, given: ArrayLike | None, count: int) -> NDArray[np.float64]:
        """Uniform inputs (count, numbers) of inputs (count, numbers)."""
        fitted(self, "tables")
        columns = inputs(given, count, len(self.tables)).T
        found = [np.interp(y, *table) for y, table in zip(columns, self.tables, strict=True)]
        return np.stack(found, axis=1)

    @staticmethod
    def _table(column):
        values, counts = np.unique(column, return_counts=True)
        return values, (2.0 * np.cumsum(counts) - counts) / len(column) - 1.0
