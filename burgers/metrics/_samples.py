"""Samples of densities for the measures: checked, centred, and processed in blocks."""

from collections.abc import Callable
from functools import cached_property
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks

# Numbers between these, their squares and sums of those neither overflow nor underflow.
LEAST, LARGEST = 1e-100, 1e50
# Numbers processed at a time, and realisations in each of two sets compared at a time.
BLOCK, ROWS = 2**21, 1024

Tick: TypeAlias = Callable[[int], Any]


class Part:
    """Selected realisations of a checked sample, caching what several measures need.

    Attributes
    ----------
    sample : (realisations, cells), all realisations.
    rows : indices of the selected ones.
    centre : (cells,), the density from which `cells` holds the deviations.
    name : the sample's name in messages.
    tick : called with the number of distances after each block of them.
    nearest : distances of the selected realisations to the training sample, or None.
    """

    def __init__(
        self,
        sample: NDArray[np.floating],
        rows: NDArray[np.intp],
        centre: NDArray[np.float64] | float,
        name: str = "reference",
        tick: Tick | None = None,
        nearest: NDArray[np.float64] | None = None,
    ) -> None:
        self.sample, self.rows, self.centre = sample, rows, centre
        self.name, self.tick, self.nearest = name, tick or (lambda distances: None), nearest

    @cached_property
    def cells(self) -> NDArray[np.float64]:
        """Deviations of the selected realisations from the centre, (realisations, cells)."""
        found = np.empty((len(self.rows), self.sample.shape[1]))
        for block in blocks(*found.shape):
            np.subtract(self.sample[self.rows[block]], self.centre, out=found[block])
        return found

    @cached_property
    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of the deviations, (cells,) each."""
        return column_moments(self.cells)

    @cached_property
    def within(self) -> float:
        """Mean distance over all pairs of realisations, pairs of equal ones included."""
        return mean_distance(self.cells, self.cells, self.tick)

    def spread(self) -> NDArray[np.float64]:
        """Standard deviation in each cell, (cells,); ValueError if it is zero in all of them."""
        std = self.moments[1]
        if std.max() <= LEAST:
            raise ValueError(
                f"{self.name} does not vary (std up to {std.max():g}); accepted: above {LEAST:g}"
            )
        return std

    def undefined(self, measure: str, why: str, accepted: str) -> ValueError:
        """The error to raise where this sample leaves a measure undefined."""
        return ValueError(f"{self.name} leaves {measure} undefined: {why}; accepted: {accepted}")


# The measures accept parts as well, so that `judge` computes what they share once.
Sample: TypeAlias = ArrayLike | Part


def parts(
    generated: Sample, reference: Sample, least: int = 1, cells: int = 1
) -> tuple[Part, Part]:
    """Check two samples and return them as parts with a common centre; parts are returned as is.

    least, cells : the smallest accepted numbers of realisations and of cells.
    """
    if isinstance(generated, Part) and isinstance(reference, Part):
        return generated, reference
    generated = checked("generated", generated, least, cells)
    reference = checked("reference", reference, least, cells)
    if generated.shape != reference.shape:
        raise ValueError(
            f"generated has shape {generated.shape} and reference {reference.shape}; accepted: "
            "the same shape (realisations, cells)"
        )
    rows, (centre, _) = np.arange(len(reference)), column_moments(reference)
    return Part(generated, rows, centre), Part(reference, rows, centre)


def checked(
    name: str,
    value: Any,
    least: int = 1,
    cells: int = 1,
    like: NDArray[np.floating] | None = None,
) -> NDArray[np.floating]:
    """The value as a sample of at least `least` realisations and `cells` cells, as many as `like`.

    Single precision is kept; everything else is converted to double precision.
    """
    single = isinstance(value, np.ndarray | xr.DataArray) and value.dtype == np.float32
    found = checks.finite(name, value, np.float32 if single else np.float64)
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(f"{name} has shape {found.shape}; accepted: (realisations, cells)")
    if len(found) < least or found.shape[1] < cells:
        raise ValueError(
            f"{name} has {len(found)} realisations of {found.shape[1]} cells; accepted: at "
            f"least {least} of at least {cells}"
        )
    if like is not None and like.shape[1] != found.shape[1]:
        raise ValueError(
            f"generated has {like.shape[1]} cells and {name} {found.shape[1]}; accepted: the same"
        )
    if not single:
        checks.within(name, found, -LARGEST, LARGEST)
    return found


def blocks(count: int, each: int = BLOCK // ROWS) -> list[slice]:
    """Slices of `count` items of `each` numbers, with at most `BLOCK` numbers in a slice."""
    size = max(BLOCK // each, 1)
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def column_moments(
    cells: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each column; exact where a column is constant."""
    mean, std = np.empty((2, cells.shape[1]))
    for block in blocks(*cells.T.shape):
        off = np.subtract(cells[:, block], cells[0, block], dtype=np.float64)
        mean[block], std[block] = cells[0, block] + off.mean(axis=0), off.std(axis=0)
    return mean, std


def mean_distance(a: NDArray[np.float64], b: NDArray[np.float64], tick: Tick) -> float:
    """Mean Euclidean distance over all pairs of a row of `a` and a row of `b`."""
    total, itself = 0.0, a is b
    for rows, others in product(blocks(len(a)), blocks(len(b))):
        if itself and others.start < rows.start:
            continue
        found = squares(a[rows], b[others])
        if itself and others == rows:
            np.fill_diagonal(found, 0.0)
        np.maximum(found, 0.0, out=found)
        # Within a sample each distance between two blocks occurs twice.
        total += (2.0 if itself and others != rows else 1.0) * np.sqrt(found, found).sum()
        tick(found.size)
    return total / (len(a) * len(b))


def squares(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances ‖a‖² - 2 a·b + ‖b‖² between rows, (rows of a, rows of b).

    Rounding errors may make them negative.
    """
    found = (-2.0 * a) @ b.T
    found += np.einsum("ij,ij->i", a, a)[:, None]
    found += np.einsum("ij,ij->i", b, b)
    return found


def nearest(
    sample: NDArray[np.floating],
    training: NDArray[np.floating],
    tick: Tick = lambda distances: None,
) -> NDArray[np.float64]:
    """Distance of each realisation of a checked sample to its nearest neighbour in another.

    sample (realisations, cells); training (others, cells). The result is (realisations,).
    """
    found, (centre, _) = np.empty(len(sample)), column_moments(training)
    for block in blocks(len(sample)):
        ours = sample[block].astype(np.float64)
        least, index = np.full(len(ours), np.inf), np.zeros(len(ours), dtype=int)
        for others in blocks(len(training)):
            distance = squares(ours - centre, training[others] - centre)
            best = distance.argmin(axis=1)
            here = distance[np.arange(len(ours)), best]
            index[here < least] = others.start + best[here < least]
            np.minimum(least, here, out=least)
            tick(distance.size)
        # Anew, as the root of `least` is accurate to 1e-8 of the deviations only.
        found[block] = np.linalg.norm(ours - training[index], axis=1)
    return found
