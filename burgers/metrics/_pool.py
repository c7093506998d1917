"""Samples in one pool, and ways to split it into two groups to be compared.

Either there is one split, a generated sample against a reference; or there are many, and both
groups are of the reference, to show how far apart two true samples are. A measure is computed for
all splits at once, and in blocks, so that memory does not grow with the square of a sample.
"""

from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks

# Numbers between these, their squares and sums of those neither overflow nor underflow.
LEAST, LARGEST = 1e-100, 1e50
# Numbers processed at a time, and realisations in each of two sets compared at a time.
BLOCK, ROWS = 2**21, 1024

Tick: TypeAlias = Callable[[float], Any]
Floats: TypeAlias = NDArray[np.float64]


class Pool:
    """A generated sample and a reference, and how they are split into groups.

    Attributes
    ----------
    samples : generated and reference, each (realisations, cells), the first possibly empty.
    groups : (splits, realisations) int8 over both: 1 and 2 for the groups, 0 for neither.
    sizes : (splits, 2), numbers of realisations in the groups.
    name : of the second group of the first split, in messages.
    seed : of what a measure draws.
    tick : called with the fraction of a measure that was done since the last call.
    """

    def __init__(
        self,
        generated: NDArray[np.floating],
        reference: NDArray[np.floating],
        groups: NDArray[np.int8],
        name: str = "reference",
        seed: int = 0,
        training: NDArray[np.floating] | None = None,
    ) -> None:
        self.samples, self.groups, self.name = (generated, reference), groups, name
        self.seed, self.training = seed, training
        self.sizes = np.stack([(groups == group).sum(axis=1) for group in (1, 2)], axis=1)
        self.tick: Tick = lambda share: None
        used = reference[groups[0, len(generated) :] == 2]
        # Squares are taken of deviations from here: small differences drown in large numbers.
        self.centre, self.std = column_moments(used)
        if self.std.max() <= LEAST:
            raise ValueError(
                f"{name} does not vary (std up to {self.std.max():g}); accepted: above {LEAST:g}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Realisations of both samples, and cells."""
        return self.groups.shape[1], len(self.centre)

    def blocks(self, share: float = 1.0) -> Iterator[tuple[slice, Floats]]:
        """The pool by blocks of rows: where, and deviations from the centre, (rows, cells).

        share : of the measure's work, for `tick`.
        """
        start = 0
        for sample in self.samples:
            for block in blocks(*sample.shape):
                rows = sample[block] - self.centre
                yield slice(start + block.start, start + block.stop), rows
                self.tick(share * len(rows) / self.shape[0])
            start += len(sample)

    def rows(self, picked: NDArray[np.intp]) -> Floats:
        """Deviations from the centre of the picked realisations, (picked, cells)."""
        count = len(self.samples[0])
        found = np.empty((len(picked), len(self.centre)))
        for sample, mine, at in (
            (self.samples[0], picked < count, picked),
            (self.samples[1], picked >= count, picked - count),
        ):
            found[mine] = sample[at[mine]] - self.centre
        return found

    def columns(self) -> Iterator[tuple[slice, Floats]]:
        """The pool by blocks of cells: which, and deviations, (cells, realisations)."""
        for block in blocks(*self.shape[::-1]):
            parts = [sample[:, block] - self.centre[block] for sample in self.samples]
            yield block, np.concatenate(parts).T
            self.tick((block.stop - block.start) / len(self.centre))

    def of_group(self, split: int, group: int) -> NDArray[np.intp]:
        """Places in the pool of a group's realisations."""
        return np.flatnonzero(self.groups[split] == group)

    def members(self, where: slice = slice(None)) -> tuple[Floats, Floats]:
        """Of either group, (splits, realisations) with 1 for its members and 0 for others."""
        first, second = ((self.groups[:, where] == group).astype(float) for group in (1, 2))
        return first, second

    @cached_property
    def moments(self) -> tuple[Floats, Floats]:
        """Mean and std of the deviations of each group, two (splits, 2, cells)."""
        sums, squared = np.zeros((2, len(self.groups), 2, len(self.centre)))
        for where, rows in self.blocks():
            square = np.square(rows)
            for k, members in enumerate(self.members(where)):
                sums[:, k] += members @ rows
                squared[:, k] += members @ square
        count = self.sizes[:, :, None]
        mean = sums / count
        return mean, np.sqrt(np.maximum(squared / count - np.square(mean), 0.0))

    def undefined(self, measure: str, why: str, accepted: str) -> ValueError:
        """The error to raise where the reference leaves a measure undefined."""
        return ValueError(f"{self.name} leaves {measure} undefined: {why}; accepted: {accepted}")


def paired(
    generated: ArrayLike, reference: ArrayLike, least: int = 1, cells: int = 1, seed: Any = 0
) -> Pool:
    """Two checked samples as a pool with one split, all of the first against all of the second.

    least, cells : the smallest accepted numbers of realisations and of cells.
    """
    ours = checked_densities("generated", generated, least, cells)
    theirs = checked_densities("reference", reference, least, cells, like=ours)
    groups = np.repeat(np.array([1, 2], np.int8), (len(ours), len(theirs)))
    return Pool(ours, theirs, groups[None], seed=seed)


def within(size: int, count: int, repeats: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Random splits of `count` realisations into `size` and the others, (repeats, count)."""
    groups = np.full((repeats, count), 2, np.int8)
    for split in groups:
        split[rng.permutation(count)[:size]] = 1
    return groups


def checked_densities(
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
    # Sums depend on the order in memory, in their last bits.
    return np.ascontiguousarray(found)


def names_of(argument: str, value: Any, accepted: Collection[str]) -> list[str]:
    """The value as a list of accepted names, at least one."""
    if isinstance(value, str) or not isinstance(value, Collection) or not len(value):
        raise ValueError(
            f"{argument} is {checks.shown(value)}; accepted: a list of {', '.join(accepted)}"
        )
    return [checks.choice(argument, name, accepted) for name in value]


def blocks(count: int, each: int = BLOCK // ROWS) -> list[slice]:
    """Slices of `count` items of `each` numbers, with at most `BLOCK` numbers in a slice."""
    size = max(BLOCK // each, 1)
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def column_moments(cells: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column; exact where a column is constant."""
    mean, std = np.empty((2, cells.shape[1]))
    for block in blocks(*cells.T.shape):
        off = np.subtract(cells[:, block], cells[0, block], dtype=np.float64)
        mean[block], std[block] = cells[0, block] + off.mean(axis=0), off.std(axis=0)
    return mean, std


def squares(a: Floats, b: Floats) -> Floats:
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
    tick: Tick = lambda share: None,
) -> Floats:
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
        # Anew, as the root of `least` is accurate to 1e-8 of the deviations only.
        found[block] = np.linalg.norm(ours - training[index], axis=1)
        tick(len(ours) / len(sample))
    return found
