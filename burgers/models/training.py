"""Training that resumes after an interruption, and ends with the same bits."""

import errno
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
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
from burgers.models._keras import keras, own, tf
from burgers.models.checkpoints import Checkpoint
from burgers.models.parallel import run_in_parallel
from burgers.streams import generator

__all__ = [
    "adam", "alone", "asked", "fit", "flag", "jit", "one_or_list", "replicas", "run_in_parallel",
    "save", "seconds", "steps",
]  # fmt: skip

# Seconds to wait for a lock: one that is just being removed is gone by then, one held is not.
PATIENCE = 0.1
# Keras' seeds have 32 bits, and networks use seeds of up to 2 seed + 1.
MOST_SEED = 2**31 - 2
# Steps of a training that take longer than compiling them by XLA.
WORTH_COMPILING = 2000
# Files that a training writes beside its model, named by the stem of the model and these suffixes.
CHECKPOINT, HISTORY, TIMING = ".checkpoint.npz", "_history.csv", "_timing.csv"


@contextmanager
def alone(path: Path | str, *stages: str) -> Iterator[Path]:
    """Lock the path of a model while it is trained; yields it as a `Path`.

    Parameters
    ----------
    path : of the `.keras` file; its folder is created if need be.
    stages : suffixes to the stem of the path, one for each training that precedes the last.

    Raises
    ------
    ValueError
        Naming the path, if it does not end in .keras, or if something other than a file is there.
    OSError
        Naming the path, if another process or thread is training it, or if it cannot be written.
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
    model: keras.Model,
    inputs: Sequence[Any],
    path: Path | str,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train a compiled model that will be saved as `path`, or resume an interrupted training.

    The order of the batches and the noise are functions of the seed and the epoch, so a resumed run
    ends with the weights of an uninterrupted one. If an existing state is of other data, settings,
    code or libraries, it is not used, and a UserWarning says why.

    Parameters
    ----------
    model : a compiled keras.Model with two more methods: `fingerprint()`, whatever a training
        depends on besides data and optimiser, for JSON; and `reseed(seed, *index)`.
    inputs : a tuple of arrays, realisations first, or of one `streaming.Stored`.
    path : the state after each epoch is kept beside it as `<stem>.checkpoint.npz`, and the seconds
        of the epochs as `<stem>_timing.csv`.
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
    """Number of batches of a training; ValueError names an argument that is refused."""
    batches = -(-realisations // checks.count("batch_size", batch_size))
    checks.count("seed", seed, least=0, most=MOST_SEED)
    if not isinstance(progress, str | None):
        raise ValueError(f"progress is {checks.shown(progress)}; accepted: a label or None")
    return checks.count("epochs", epochs, least=0) * batches


def steps(realisations: int, epochs: int, batch_size: int) -> int:
    """Number of batches of a training; ValueError names `epochs` or `batch_size`."""
    return asked(realisations, epochs, batch_size, seed=0)


def flag(name: str, value: Any) -> int:
    """1 for True and 0 for False; ValueError for anything else."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} is {checks.shown(value)}; accepted: True or False")
    return int(value)


def replicas(strategy: tf.distribute.Strategy | None, realisations: int, batch_size: int) -> int:
    """Number of replicas that share each batch; ValueError if one would have no realisation."""
    count = strategy.num_replicas_in_sync if strategy else 1
    last = realisations % batch_size
    # A batch is split into parts of equal size; the last parts of the last batch may be empty.
    idle = last and -(-last // count) * (count - 1) >= last
    if batch_size % count or idle:
        raise ValueError(
            f"batch_size is {batch_size}, which leaves a last batch of {last}; accepted: a "
            f"multiple of the {count} replicas that leaves none of them without a realisation"
        )
    return count


@own()
def adam(peak: float, steps: int | None = None) -> keras.optimizers.Optimizer:
    """Adam at a constant learning rate, or on a cosine from `peak` to zero over `steps`."""
    peak = checks.number("peak", checks.positive("peak", peak))
    rate = keras.optimizers.schedules.CosineDecay(peak, steps) if steps else peak
    # An automatic name would count the optimisers of the process, and is part of a checkpoint.
    return keras.optimizers.Adam(rate, name="adam")


def jit(model: keras.Model, steps: int) -> bool:
    """Whether a training of so many steps is worth compiling by XLA.

    On a CPU it halves the time of a step of dense layers, fronts and a latent equation, but a step
    of convolutions takes half as long again; compiling takes some seconds more.
    """
    kinds = {type(layer).__name__ for layer in model._flatten_layers()}
    return steps >= WORTH_COMPILING and not any(kind.startswith("Conv") for kind in kinds)


def seconds(path: Path | str) -> float:
    """Duration of the training of the model at `path`: the mean epoch, times the number of epochs.

    NaN if it was not recorded; ValueError names a damaged file.
    """
    timed = _Timing(path).rows
    return timed.seconds.mean() * timed.epoch.max()


@own()
def save(model: keras.Model, history: pd.DataFrame, path: Path | str) -> None:
    """Write a model to `path` and its history beside it as `<stem>_history.csv`."""
    path = files.local(path, ".keras")
    with written_whole(_beside(path, HISTORY)) as part:
        history.to_csv(part, index=False)
    with written_whole(path) as part:
        model.save(part)
        _without_accidents(part)


@own()
def ship(path: Path | str, target: Path | str, run: str) -> None:
    """Write a trained model to `target` without its optimiser, and with a note of its run."""
    model = keras.saving.load_model(files.local(path, ".keras"), compile=False)
    with written_whole(files.local(target, ".keras")) as part:
        model.save(part)
        _without_accidents(part, run=run)


def _beside(path, end):
    return path.with_name(path.stem + end)


def _shown(first, epochs, progress):
    """The epochs from the first on, with a progress bar if one is wanted."""
    return tqdm(
        range(first, epochs), initial=first, total=epochs, desc=progress,
        disable=progress is None or "CI" in os.environ, mininterval=10, file=sys.stderr,
    )  # fmt: skip


def _without_accidents(path, **notes):
    """Rewrite a `.keras` archive without dates and addresses: equal models, equal bytes."""
    with zipfile.ZipFile(path) as archive:
        parts: dict[str, Any] = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(parts["metadata.json"])
    del metadata["date_saved"]
    parts["metadata.json"] = json.dumps(metadata | notes)
    # Keras identifies shared objects by their address in memory; here they are numbered.
    numbers: dict[str, int] = {}
    parts["config.json"] = re.sub(
        r'(?<="shared_object_id": )\d+',
        lambda found: str(numbers.setdefault(found[0], len(numbers))),
        parts["config.json"].decode(),
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def _shuffled(inputs, batch_size, rng):
    """The realisations in random order, as arguments of `keras.Model.fit`."""
    if hasattr(inputs[0], "shuffled"):
        return {"x": inputs[0].shuffled(batch_size, rng)}
    order = rng.permutation(len(inputs[0]))
    return {"x": one_or_list([part[order] for part in inputs]), "batch_size": batch_size}


def one_or_list(inputs: Sequence[Any]) -> Any:
    """The entry of a list of one, or else the list: a network of one input takes it bare."""
    return inputs[0] if len(inputs) == 1 else inputs


class _Timing:
    """Seconds of each epoch; those of an epoch whose process was killed may be missing."""

    COLUMNS = ("epoch", "seconds")

    def __init__(self, path: Path | str, epochs: int | None = None) -> None:
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
            # The errors of pandas' parser are ValueErrors.
            raise ValueError(
                f"{self.path} cannot be read ({error}); remove it, or train the model again"
            ) from error
