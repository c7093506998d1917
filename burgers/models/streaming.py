"""Training data larger than memory: densities of a Zarr store, read as they are needed."""

from functools import lru_cache
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from burgers import _files as files
from burgers.models._keras import keras

# Blocks that are mixed at a time; twice as many are held.
MIXED = 4


class Stored:
    """The densities of a Zarr store, (realisations, cells), read a block at a time.

    Attributes
    ----------
    shape : (realisations, cells).
    blocks : slices of the realisations of each of the store's chunks.

    Raises
    ------
    ValueError
        Naming the path, if it can be no store's; naming the store, if it cannot be read, or was
        replaced by another while it was read, now or when a block is.
    """

    def __init__(self, path):
        self.path = files.local(path)
        try:
            self._held = files.Held(self.path)
            self._array = zarr.open_array(self.path / "density", mode="r")
            if self._array.dtype.kind != "f" or not self._array.ndim:
                raise ValueError(f"its density is of type {self._array.dtype}")
        except Exception as error:
            raise ValueError(f"{path} cannot be read ({error}); {files.remedy(path)}") from error
        self.shape, self.size = self._array.shape, self._array.chunks[0]
        self.blocks = [slice(a, a + self.size) for a in range(0, len(self), self.size)]
        self._block = lru_cache(2 * MIXED)(lambda number: self[self.blocks[number]])

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """The densities of a slice of the realisations, in single precision."""
        try:
            found = self._array[rows]
        except Exception as error:
            self._refuse_another()
            raise ValueError(
                f"{self.path} cannot be read ({error}); {files.remedy(self.path)}"
            ) from error
        self._refuse_another()
        # Zarr reads an absent chunk as fill values.
        if not np.isfinite(found).all():
            raise ValueError(
                f"{self.path} is damaged: its density is not finite; {files.remedy(self.path)}"
            )
        return found.astype(np.float32, copy=False)

    def take(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """The densities of the given realisations, in their order."""
        found = np.empty((len(rows), self.shape[1]), np.float32)
        numbers = rows // self.size
        for number in np.unique(numbers):
            here = numbers == number
            found[here] = self._block(int(number))[rows[here] - number * self.size]
        return found

    def shuffled(self, batch_size: int, rng: np.random.Generator) -> Any:
        """Every density once, in batches: blocks in random order, mixed a few at a time."""
        blocks = [np.arange(block.start, min(block.stop, len(self))) for block in self.blocks]
        numbers = rng.permutation(len(blocks))
        mixed = [
            rng.permutation(np.concatenate([blocks[k] for k in numbers[first : first + MIXED]]))
            for first in range(0, len(blocks), MIXED)
        ]
        return _Batches(self, np.concatenate(mixed), batch_size)

    def _refuse_another(self):
        """ValueError if what is at the path now is not what this was opened on."""
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
