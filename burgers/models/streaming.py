"""Training data larger than memory: densities of a Zarr store, read block by block."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from burgers import _files as files
from burgers.models._keras import keras

# Blocks that are shuffled together; twice as many are kept in memory.
MIXED = 4


class Stored:
    """The densities of a Zarr store as a lazy array (realisations, cells), read block by block.

    Parameters
    ----------
    path : of a store that `dataset.save` or the distributed generation has written.

    Attributes
    ----------
    shape : (realisations, cells).
    blocks : slices of realisations, one for each chunk of the store.

    Raises
    ------
    ValueError
        Naming the path, if it cannot be that of a store; naming the store, if it cannot be read or
        is replaced while it is in use, also when a block is read later.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = files.local(path)
        try:
            self._held = files.Held(self.path)
            self._array: Any = zarr.open_array(self.path / "density", mode="r")
            if self._array.dtype.kind != "f" or not self._array.ndim:
                raise ValueError(f"its density is of type {self._array.dtype}")
        except Exception as error:
            raise ValueError(f"{path} cannot be read ({error}); {files.remedy(path)}") from error
        self.shape, self.size = self._array.shape, self._array.chunks[0]
        self.blocks = [slice(a, a + self.size) for a in range(0, len(self), self.size)]
        self._block = lru_cache(2 * MIXED)(lambda number: self[self.blocks[number]])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        """The densities of a slice of the realisations, in single precision."""
        try:
            found = self._array[rows]
        except Exception as error:
            self._refuse_another()
            raise ValueError(
                f"{self.path} cannot be read ({error}); {files.remedy(self.path)}"
            ) from error
        self._refuse_another()
        # Zarr reads a missing chunk as fill values, which are NaN.
        if not np.isfinite(found).all():
            raise ValueError(
                f"{self.path} is damaged: its density is not finite; {files.remedy(self.path)}"
            )
        return found.astype(np.float32, copy=False)

    def take(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """The densities (len(rows), cells) of realisations given by number, in that order."""
        found = np.empty((len(rows), self.shape[1]), np.float32)
        numbers = rows // self.size
        for number in np.unique(numbers):
            here = numbers == number
            found[here] = self._block(int(number))[rows[here] - number * self.size]
        return found

    def shuffled(self, batch_size: int, rng: np.random.Generator) -> keras.utils.PyDataset:
        """Batches of all densities, each once: blocks in random order, shuffled four together."""
        blocks = [np.arange(block.start, min(block.stop, len(self))) for block in self.blocks]
        numbers = rng.permutation(len(blocks))
        mixed = [
            rng.permutation(np.concatenate([blocks[k] for k in numbers[first : first + MIXED]]))
            for first in range(0, len(blocks), MIXED)
        ]
        return _Batches(self, np.concatenate(mixed), batch_size)

    def _refuse_another(self):
        """ValueError if the store at the path is no longer the one that was opened."""
        if not self._held.is_there():
            raise ValueError(
                f"{self.path} was replaced while it was read; open the new one, and read it whole"
            )


class _Batches(keras.utils.PyDataset):
    """Batches of stored densities in a given order."""

    def __init__(self, stored, order, batch_size):
        super().__init__()
        self.stored, self.order, self.batch_size = stored, order, batch_size

    def __len__(self):
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, number):
        first = number * self.batch_size
        return (self.stored.take(self.order[first : first + self.batch_size]),)
