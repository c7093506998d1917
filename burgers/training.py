"""Training that survives a kill, and several trainings side by side."""

import hashlib
import io
import json
import multiprocessing
import os
import re
import sys
import warnings
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from tqdm import tqdm

from burgers import checks
from burgers.paths import written_whole


def fit(model, inputs, path, *, epochs, batch_size, seed, progress=None):
    """Train a compiled model that is to be saved as `path`, or take up where a stop left off.

    The order of the batches and the noise are functions of the seed and the epoch, so that a run
    resumed after a stop ends with the weights of a run that was never stopped.

    Parameters
    ----------
    model : a compiled keras.Model with a `recipe()` (whatever its result depends on, for JSON) and
        a `reseed(*entropy)`.
    inputs : a tuple of arrays, realisations first, or of one `stored.Stored`.
    path : the state after each epoch is kept beside it as `<stem>.checkpoint.npz`, and what the
        epochs took as `<stem>_timing.csv`.
    epochs, batch_size, seed : integers.
    progress : label of the progress bar; None shows none.

    Returns
    -------
    pandas.DataFrame of epoch, loss and the model's other metrics (means over batches).
    """
    checks.count("epochs", epochs, least=0)
    checks.count("batch_size", batch_size)
    checks.count("seed", seed, least=0)
    model(bare([part[:1] for part in inputs]))
    model.optimizer.build(model.trainable_variables)
    recipe = [*model.recipe(), model.optimizer.get_config(), batch_size, seed]
    checkpoint = _Checkpoint(Path(path).with_suffix(".checkpoint.npz"), model, inputs, recipe)
    history = checkpoint.restore(epochs)
    timing = _Timing(path, len(history))
    names = ["loss", *(m.name for m in model.metrics if m.name != "loss")]
    bar = tqdm(
        range(len(history), epochs), initial=len(history), total=epochs, desc=progress,
        disable=progress is None or "CI" in os.environ, mininterval=10, file=sys.stderr,
    )  # fmt: skip
    for epoch in bar:
        began = perf_counter()
        model.reseed(seed, epoch)
        shuffled = _shuffled(inputs, batch_size, np.random.default_rng([seed, epoch]))
        log = model.fit(**shuffled, shuffle=False, verbose=0).history
        history.append([epoch + 1, *(log[name][0] for name in names)])
        bar.set_postfix(loss=f"{log['loss'][0]:.3f}", refresh=False)
        checkpoint.save(history)
        timing.add(epoch + 1, perf_counter() - began)
    history = pd.DataFrame(history, columns=["epoch", *names])
    history["epoch"] = history["epoch"].astype(int)
    return history


def steps(realisations, epochs, batch_size):
    """How many batches a training takes; ValueError names `epochs` or `batch_size`."""
    batches = -(-realisations // checks.count("batch_size", batch_size))
    return checks.count("epochs", epochs, least=0) * batches


def seconds(path):
    """How long the training of the model at `path` took: a mean epoch, times their number."""
    timed = _Timing(path).rows
    return timed.seconds.mean() * timed.epoch.max()


def save(model, history, path):
    """Write a model to `path` and its history beside it as `<stem>_history.csv`."""
    path = Path(path)
    with written_whole(path.with_name(f"{path.stem}_history.csv")) as beside:
        history.to_csv(beside, index=False)
    with written_whole(path) as beside:
        model.save(beside)
        _without_accidents(beside)


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


def side_by_side(tasks, workers=2):
    """Call `train(**options)` for each (train, options), `workers` at a time, one thread each.

    Two trainings of one thread each use two cores better than one training of two threads.
    Returns the results in the order of the tasks.
    """
    # Read by the processes as they start, and inherited from this one.
    threads = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    kept = {name: os.environ.get(name) for name in threads}
    os.environ.update(threads)
    try:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=spawn) as pool:
            return [
                future.result()
                for future in [pool.submit(train, **options) for train, options in tasks]
            ]
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _shuffled(inputs, batch_size, rng):
    """The realisations in random order, as `keras.Model.fit` takes them."""
    if hasattr(inputs[0], "shuffled"):
        return {"x": inputs[0].shuffled(batch_size, rng)}
    order = rng.permutation(len(inputs[0]))
    return {"x": bare([part[order] for part in inputs]), "batch_size": batch_size}


def bare(inputs):
    """The only entry of a list, or the list: a network of one input takes it bare."""
    return inputs[0] if len(inputs) == 1 else inputs


class _Timing:
    """What each epoch took, in seconds; one that ended as its process was killed is not known."""

    def __init__(self, path, epochs=None):
        self.path = Path(path).with_name(f"{Path(path).stem}_timing.csv")
        known = self.path.exists() and epochs != 0
        self.rows = pd.read_csv(self.path) if known else pd.DataFrame(columns=["epoch", "seconds"])
        if epochs:
            self.rows = self.rows[self.rows.epoch <= epochs]

    def add(self, epoch, seconds):
        self.rows = pd.DataFrame([*self.rows.itertuples(index=False), (epoch, seconds)],
                                 columns=["epoch", "seconds"])  # fmt: skip
        with written_whole(self.path) as beside:
            self.rows.to_csv(beside, index=False, float_format="%.4g")


class _Checkpoint:
    """The whole state of a training after an epoch, in one file replaced at each epoch."""

    def __init__(self, path, model, inputs, recipe):
        self.path = path
        self.variables = [*model.trainable_variables, *model.optimizer.variables]
        # A state of other data or of another recipe must not be taken up.
        digest = hashlib.sha256()
        for part in inputs:
            for rows in getattr(part, "blocks", [slice(None)]):
                digest.update(np.ascontiguousarray(part[rows]))
        digest.update(json.dumps(recipe, sort_keys=True, default=str).encode())
        self.recipe = digest.hexdigest()

    def save(self, history):
        values = {str(i): v.numpy() for i, v in enumerate(self.variables)}
        with written_whole(self.path) as beside, beside.open("wb") as stream:
            np.savez(stream, recipe=self.recipe, history=np.array(history), **values)

    def restore(self, epochs):
        """Take up the last whole epoch of the same recipe, at most `epochs`; its history."""
        if not self.path.exists():
            return []
        content = io.BytesIO(self.path.read_bytes())
        try:
            with np.load(content, allow_pickle=False) as state:
                if state["recipe"] != self.recipe or len(state["history"]) > epochs:
                    return []
                values = [state[str(i)] for i in range(len(self.variables))]
                history = state["history"].tolist()
        except Exception as error:
            warnings.warn(
                f"{self.path} cannot be read ({error}): the training starts anew", stacklevel=2
            )
            return []
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        return history
