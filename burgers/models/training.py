"""Training that resumes after an interruption with the same result."""

import errno
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from burgers import _checks as checks
from burgers import _files as files
from burgers._files import written_whole
from burgers.models._keras import keras, own
from burgers.models.checkpoints import Checkpoint
from burgers.models.parallel import run_in_parallel
from burgers.streams import generator

__all__ = [
    "adam", "alone", "asked", "fit", "flag", "one_or_list", "replicas", "run_in_parallel", "save",
    "seconds", "steps",
]  # fmt: skip

# Seconds: another training goes on for longer, and a lock that is being removed is not one.
PATIENCE = 0.1
# Networks take numbers next to the double of a seed as 32 bits.
MOST_SEED = 2**31 - 2
# What a training writes beside its model: the stem of its path and one of these.
CHECKPOINT, HISTORY, TIMING = ".checkpoint.npz", "_history.csv", "_timing.csv"


@contextmanager
def alone(path: Path | str, *stages: str) -> Iterator[Path]:
    """Lock the path of a model while it is trained; yields it as a `Path`.

    Parameters
    ----------
    path : of the `.keras` file, str or `Path`; its folder is made where there is none.
    stages : what the stem of the path has behind it where there are trainings before the last.

    Raises
    ------
    ValueError
        Naming the path, if it can be no model's, or if something is there that is no file.
    OSError
        Naming the path, if another process or thread trains it, or if nothing can be written there.
    """
    path = files.local(path, ".keras")
    with ExitStack() as held:
        for part in (path, *(path.with_stem(path.stem + stage) for stage in stages)):
            for written in (part, *(_beside(part, end) for end in (CHECKPOINT, HISTORY, TIMING))):
                files.target(written)
            held.enter_context(_lock(part))
        yield path


@contextmanager
def _lock(path):
    with ExitStack() as held:
        try:
            with files.explained(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                lock = path.with_name(f"{path.stem}.training")
                held.enter_context(files.locked(lock, wait=PATIENCE))
        except BlockingIOError as error:
            again = "wait until that has ended, or train at another path"
            message = f"{path} is being trained by another process or thread; {again}"
            raise OSError(errno.EAGAIN, message) from error
        yield


@own()
def fit(
    model: Any,
    inputs: Any,
    path: Path | str,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train a compiled model that will be saved as `path`, or resume an interrupted training.

    The order of the batches and the noise are functions of the seed and the epoch: a resumed run
    ends with the weights of an uninterrupted one. A UserWarning says why an existing state is
    not used: it belongs to other data, settings, code or libraries.

    Parameters
    ----------
    model : a compiled keras.Model with a `fingerprint()`, whatever its result depends on, for JSON,
        and a `reseed(seed, *index)`.
    inputs : a tuple of arrays, realisations first, or of one `stored.Stored`.
    path : the state after each epoch is kept beside it as `<stem>.checkpoint.npz`, and what the
        epochs took as `<stem>_timing.csv`.
    epochs, batch_size, seed : integers.
    progress : label of the progress bar; None shows none.

    Returns
    -------
    pandas.DataFrame of epoch, loss and the model's other metrics (means over batches).
    """
    asked(len(inputs[0]), epochs, batch_size, seed, progress)
    path = files.local(path, ".keras")
    model(one_or_list([part[:1] for part in inputs]))
    model.optimizer.build(model.trainable_variables)
    state = Checkpoint(
        _beside(path, CHECKPOINT), model, inputs, __name__, batch_size=batch_size, seed=seed
    )
    history = state.restore(epochs)
    timing = _Timing(path, len(history))
    names = ["loss", *(m.name for m in model.metrics if m.name != "loss")]
    for epoch in _shown(len(history), epochs, progress):
        began = perf_counter()
        model.reseed(seed, epoch)
        shuffled = _shuffled(inputs, batch_size, generator(seed, "order", epoch))
        log = model.fit(**shuffled, shuffle=False, verbose=0).history
        history.append([epoch + 1, *(log[name][0] for name in names)])
        state.save(history)
        timing.add(epoch + 1, perf_counter() - began)
    history = pd.DataFrame(history, columns=["epoch", *names])
    history["epoch"] = history["epoch"].astype(int)
    return history


def asked(
    realisations: int, epochs: int, batch_size: int, seed: int, progress: str | None = None
) -> int:
    """Number of batches of a training; ValueError names the argument that is refused."""
    batches = -(-realisations // checks.count("batch_size", batch_size))
    checks.count("seed", seed, least=0, most=MOST_SEED)
    if not isinstance(progress, str | None):
        raise ValueError(f"progress is {checks.shown(progress)}; accepted: a label or None")
    return checks.count("epochs", epochs, least=0) * batches


def steps(realisations: int, epochs: int, batch_size: int) -> int:
    """Number of batches of a training; ValueError names `epochs` or `batch_size`."""
    return asked(realisations, epochs, batch_size, seed=0)


def flag(name: str, value: Any) -> int:
    """1 or 0 for what is true or false; or ValueError."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} is {checks.shown(value)}; accepted: True or False")
    return int(value)


def replicas(strategy: Any, realisations: int, batch_size: int) -> int:
    """How many replicas share each batch; ValueError if some would have no realisation."""
    count = strategy.num_replicas_in_sync if strategy else 1
    last = realisations % batch_size
    # A batch is shared by parts of equal size, as long as it lasts.
    idle = last and -(-last // count) * (count - 1) >= last
    if batch_size % count or idle:
        raise ValueError(
            f"batch_size is {batch_size}, which leaves a last batch of {last}; accepted: a "
            f"multiple of the {count} replicas that leaves none of them without a realisation"
        )
    return count


@own()
def adam(peak: float, steps: int | None = None) -> Any:
    """Adam at a constant learning rate, or on a cosine from `peak` to zero over `steps`."""
    peak = checks.number("peak", checks.positive("peak", peak))
    rate = keras.optimizers.schedules.CosineDecay(peak, steps) if steps else peak
    # An automatic name counts the optimisers of the process, and is part of a fingerprint.
    return keras.optimizers.Adam(rate, name="adam")


def seconds(path: Path | str) -> float:
    """How long the training of the model at `path` took: a mean epoch, times their number.

    NaN where that is not known; ValueError names the file if it is damaged.
    """
    timed = _Timing(path).rows
    return timed.seconds.mean() * timed.epoch.max()


@own()
def save(model: Any, history: pd.DataFrame, path: Path | str) -> None:
    """Write a model to `path` and its history beside it as `<stem>_history.csv`."""
    path = files.local(path, ".keras")
    with written_whole(_beside(path, HISTORY)) as part:
        history.to_csv(part, index=False)
    with written_whole(path) as part:
        model.save(part)
        _without_accidents(part)


def _beside(path, end):
    return path.with_name(path.stem + end)


def _shown(first, epochs, progress):
    """The epochs from the first on, with a progress bar where one is wanted."""
    return tqdm(
        range(first, epochs), initial=first, total=epochs, desc=progress,
        disable=progress is None or "CI" in os.environ, mininterval=10, file=sys.stderr,
    )  # fmt: skip


def _without_accidents(path):
    """Write a `.keras` archive anew without dates and addresses: one training, the same bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    metadata, numbers = json.loads(parts["metadata.json"]), {}
    del metadata["date_saved"]
    parts["metadata.json"] = json.dumps(metadata)
    # Objects that share a configuration are told by an address; any number does.
    parts["config.json"] = re.sub(
        r'(?<="shared_object_id": )\d+',
        lambda found: str(numbers.setdefault(found[0], len(numbers))),
        parts["config.json"].decode(),
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def _shuffled(inputs, batch_size, rng):
    """The realisations in random order, as `keras.Model.fit` takes them."""
    if hasattr(inputs[0], "shuffled"):
        return {"x": inputs[0].shuffled(batch_size, rng)}
    order = rng.permutation(len(inputs[0]))
    return {"x": one_or_list([part[order] for part in inputs]), "batch_size": batch_size}


def one_or_list(inputs: Any) -> Any:
    """The only entry of a list, or the list: a network of one input takes it bare."""
    return inputs[0] if len(inputs) == 1 else inputs


class _Timing:
    """What each epoch took, in seconds; one that ended as its process was killed is not known."""

    COLUMNS = ("epoch", "seconds")

    def __init__(self, path, epochs=None):
        self.path = _beside(files.local(path, ".keras"), TIMING)
        self.rows = pd.DataFrame(columns=self.COLUMNS)
        if self.path.exists() and epochs != 0:
            self.rows = self._read()
        if epochs:
            self.rows = self.rows[self.rows.epoch <= epochs]

    def add(self, epoch, seconds):
        rows = [*self.rows.itertuples(index=False), (epoch, seconds)]
        self.rows = pd.DataFrame(rows, columns=self.COLUMNS)
        with written_whole(self.path) as part:
            self.rows.to_csv(part, index=False, float_format="%.4g")

    def _read(self):
        try:
            rows = pd.read_csv(self.path)
            return rows[[*self.COLUMNS]].astype({"epoch": int, "seconds": float})
        except (ValueError, KeyError) as error:
            # Of pandas: what cannot be parsed is a ValueError.
            raise ValueError(
                f"{self.path} cannot be read ({error}); remove it, or train the model again"
            ) from error
