"""The progress of a scorecard, in roughly equal units of time."""

import os
import sys
from collections.abc import Hashable
from typing import Any, Self

from tqdm import tqdm

from burgers.metrics import _splits
from burgers.metrics._pool import Pool


class Progress:
    """A progress bar over parts of the work on some pools; none where CI is set.

    Parameters
    ----------
    label : of the bar.
    parts : pools and what is computed for them, a function of `_splits` or a classifier's name.
    shown : whether there is a bar.
    """

    def __init__(self, label: str, parts: list[tuple[Pool, Hashable]], shown: bool) -> None:
        self.work = {(id(pool), part): _work(pool, part) for pool, part in parts}
        self.label, self.shown, self.done = label, shown and "CI" not in os.environ, 0

    def __enter__(self) -> Self:
        self.bar = tqdm(
            total=sum(self.work.values()), desc=self.label, file=sys.stderr, mininterval=1,
            disable=not self.shown, bar_format="{l_bar}{bar}| {elapsed}<{remaining}",
        )  # fmt: skip
        return self

    def begin(self, pool: Pool, part: Hashable) -> None:
        """Finish what came before, and count the fractions of this part that are done."""
        self.bar.update(self.done - self.bar.n)
        work = self.work[id(pool), part]
        self.done += work
        pool.tick = lambda share: self.bar.update(min(round(share * work), self.done - self.bar.n))

    def __exit__(self, *_: object) -> None:
        self.bar.update(self.done - self.bar.n)
        self.bar.close()


def _work(pool: Pool, part: Any) -> int:
    """Estimated work of a family of measures or of a classifier, in a unit of its own."""
    (count, cells), split = pool.shape, len(pool.groups)
    numbers, learned = count * split, 2.0 * pool.sizes[0].min() * cells
    known = 0 if pool.training is None else len(pool.training)
    work = {
        _splits.moments: numbers * cells / 15,
        _splits.columns: (numbers + count * 40) * cells,
        _splits.directions: (numbers + count * (40 + cells / 4)) * _splits.DIRECTIONS,
        _splits.shapes: numbers * 15 + count * cells * 20,
        _splits.pairs: min(count, _splits.PAIRED) ** 2 * (cells + 2 * split) / 190,
        _splits.novelty: count * known * cells / 190,
        "resolution": learned * 400,
    }
    # Sums of fractions would depend on their order, and the bar would pass its end by rounding.
    return round(work.get(part, learned * 65))
