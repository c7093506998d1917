"""Samples of densities as the measures see them: checked, centred, and worked on in blocks."""

from functools import cached_property
from itertools import product

import numpy as np
import xarray as xr

from burgers import _checks as checks

# Squares of numbers between these, and their sums, stay far from the ends of double precision.
LEAST, LARGEST = 1e-100, 1e50
# Numbers that are worked on at a time, and realisations that are held against as many.
BLOCK, ROWS = 2**21, 1024


class Part:
    """Realisations of a checked sample, of which what serves several measures is computed once.

    rows: indices; centre (cells,): what `cells` are the deviations from; name: for messages; tick:
    is told how many distances were computed; nearest: to the training sample, (realisations,).
    """

    def __init__(self, sample, rows, centre, name="reference", tick=None, nearest=None):
        self.sample, self.rows, self.centre = sample, rows, centre
        self.name, self.tick, self.nearest = name, tick or (lambda distances: None), nearest

    @cached_property
    def cells(self):
        """(realisations, cells) in double precision."""
        found = np.empty((len(self.rows), self.sample.shape[1]))
        for block in blocks(*found.shape):
            np.subtract(self.sample[self.rows[block]], self.centre, out=found[block])
        return found

    @cached_property
    def moments(self):
        """Mean and std of the deviations, (cells,) each."""
        return column_moments(self.cells)

    @cached_property
    def within(self):
        """Mean distance of two of the realisations, or of one and itself."""
        return mean_distance(self.cells, self.cells, self.tick)

    def spread(self):
        """The std in each cell, or ValueError where it is zero in all."""
        std = self.moments[1]
        if std.max() <= LEAST:
            raise ValueError(
                f"{self.name} does not vary (std up to {std.max():g}); accepted: above {LEAST:g}"
            )
        return std

    def undefined(self, measure, why, accepted):
        return ValueError(f"{self.name} leaves {measure} undefined: {why}; accepted: {accepted}")


def parts(generated, reference, least=1, cells=1):
    """Two samples of one shape, checked, as parts with a common centre; such parts as they are."""
    if isinstance(generated, Part):
        return generated, reference
    generated = checked("generated", generated, least, cells)
    reference = checked("reference", reference, least, cells)
    if generated.shape != reference.shape:
        raise ValueError(
            f"generated has shape {generated.shape} and reference {reference.shape}; accepted: "
            "the same (realisations, cells)"
        )
    rows, (centre, _) = np.arange(len(reference)), column_moments(reference)
    return Part(generated, rows, centre), Part(reference, rows, centre)


def checked(name, value, least=1, cells=1, like=None):
    """The value as a sample of enough realisations and cells, of single precision if it is so."""
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


def blocks(count, each=BLOCK // ROWS):
    """Slices of `count` things of so many numbers each, of which one is worked on at a time."""
    size = max(BLOCK // each, 1)
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def column_moments(cells):
    """Mean and std of each column; exact where all its numbers are one."""
    mean, std = np.empty((2, cells.shape[1]))
    for block in blocks(*cells.T.shape):
        off = np.subtract(cells[:, block], cells[0, block], dtype=np.float64)
        mean[block], std[block] = cells[0, block] + off.mean(axis=0), off.std(axis=0)
    return mean, std


def mean_distance(a, b, tick):
    total, itself = 0.0, a is b
    for rows, others in product(blocks(len(a)), blocks(len(b))):
        if itself and others.start < rows.start:
            continue
        found = squares(a[rows], b[others])
        if itself and others == rows:
            np.fill_diagonal(found, 0.0)
        np.maximum(found, 0.0, out=found)
        # Within a sample each distance between two blocks is there twice.
        total += (2.0 if itself and others != rows else 1.0) * np.sqrt(found, found).sum()
        tick(found.size)
    return total / (len(a) * len(b))


def squares(a, b):
    """Squared distances between rows, (of a, of b), by three products; rounded, also below 0."""
    found = (-2.0 * a) @ b.T
    found += np.einsum("ij,ij->i", a, a)[:, None]
    found += np.einsum("ij,ij->i", b, b)
    return found
