"""Evaluation of trained networks: checks of their inputs, and evaluation in batches.

Densities are (realisations, cells) and codes (realisations, latents), in single precision.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers import _files as files
from burgers import paths
from burgers.models import streaming
from burgers.models._keras import keras, ops, own
from burgers.models.training import one_or_list

# What a network is conditioned on: a tuple of no array, or of one (realisations, numbers).
Conditions = Sequence[ArrayLike]


@own()
def load(path: Path | str) -> keras.Model:
    """Load a model of any kind that `train` has written, or one that comes with the package.

    path: of a `.keras` file, or the name of a model of the report's sizes: kind and case, such as
    "report/sinus" or "sharp/creneau"; kinds are "report", "sharp", "given_time" and "reduced".
    ValueError names a file that cannot be read, and what remakes it. Files with code of their own
    (Lambda layers) are refused.
    """
    path = paths.shipped(path) or _local(path)
    # Initialisers saved without a seed draw one from Python's generator, whose state is the user's.
    state = random.getstate()
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except MemoryError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ValueError(f"{path} cannot be read ({reason}); {files.remedy(path)}") from error
    finally:
        random.setstate(state)


def _local(path):
    try:
        return files.local(path, ".keras")
    except ValueError as error:
        raise ValueError(f"{error}, or one of {', '.join(paths.SHIPPED_NAMES)}") from None


def checked_density(density: Any, cells: int | None = None) -> Any:
    """Densities as a finite float32 array (realisations, cells); a `Stored` is returned as it is.

    ValueError otherwise, and if the number of cells is given and is another.
    """
    kept = isinstance(density, streaming.Stored)
    density = density if kept else checks.finite("density", density, np.float32)
    if len(density.shape) != 2 or density.shape[1] != (cells or density.shape[1]):
        wanted = cells or "cells"
        raise ValueError(f"density has shape {density.shape}; accepted: (realisations, {wanted})")
    return density


def training_set(density: ArrayLike) -> Any:
    """`checked_density` of at least one realisation, on any number of cells; or ValueError."""
    density = checked_density(density)
    if not len(density):
        raise ValueError(f"density has shape {density.shape}; accepted: at least one realisation")
    return density


def in_memory(density: ArrayLike, cells: int) -> NDArray[np.float32]:
    """`checked_density` as an array; a `Stored` is read whole."""
    density = checked_density(density, cells)
    return density[:] if isinstance(density, streaming.Stored) else density


def rows(name: str, value: Any, numbers: int) -> NDArray[np.float32]:
    """The value as a finite float32 array (realisations, numbers), or ValueError."""
    array = checks.finite(name, value, np.float32)
    if array.ndim != 2 or array.shape[1] != numbers:
        raise ValueError(f"{name} has shape {array.shape}; accepted: (realisations, {numbers})")
    return array


def inputs(network: keras.Model, first: NDArray[Any], given: Conditions = ()) -> list[NDArray[Any]]:
    """The inputs of a network as a list: densities or codes first, then its conditions.

    ValueError naming `given` unless it has one array for each further input of the network, of
    shape (realisations, numbers) with as many realisations as the first.
    """
    wanted = [part.shape[1] for part in network.inputs[1:]]
    accepted = " and ".join(f"({len(first)}, {numbers})" for numbers in wanted)
    if not isinstance(given, list | tuple) or len(given) != len(wanted):
        accepted = f"a tuple of one array {accepted}" if wanted else "none: an empty tuple"
        raise ValueError(f"given is {checks.shown(given)}; accepted: {accepted}")
    rest = [checks.finite("given", part, np.float32) for part in given]
    for part, numbers in zip(rest, wanted, strict=True):
        if part.shape != (len(first), numbers):
            raise ValueError(f"given has shape {part.shape}; accepted: {accepted}")
    return [first, *rest]


def conditions(given: Conditions, count: int) -> tuple[NDArray[np.float32], ...]:
    """The conditions to train on: a tuple of no or one array (count, numbers); or ValueError."""
    accepted = f"a tuple of none or one array ({count}, numbers)"
    if not isinstance(given, list | tuple) or len(given) > 1:
        raise ValueError(f"given is {checks.shown(given)}; accepted: {accepted}")
    parts = tuple(checks.finite("given", part, np.float32) for part in given)
    for part in parts:
        if part.ndim != 2 or len(part) != count or not part.shape[1]:
            raise ValueError(f"given has shape {part.shape}; accepted: {accepted}")
    return parts


@own()
def evaluate(
    model: keras.Model, inputs: Sequence[NDArray[Any]], size: int = 1000
) -> list[NDArray[Any]]:
    """The outputs of a model as NumPy arrays, evaluated `size` realisations at a time."""
    count, inputs = len(inputs[0]), _some(inputs)
    firsts = range(0, len(inputs[0]), size)
    found = [model(one_or_list([part[i : i + size] for part in inputs])) for i in firsts]
    parts = zip(*(f if isinstance(f, list | tuple) else [f] for f in found), strict=True)
    outputs = [np.concatenate([ops.convert_to_numpy(part) for part in output]) for output in parts]
    return [output[:count] for output in outputs]


@own()
def evaluate_compiled(
    model: keras.Model, inputs: Sequence[NDArray[Any]], size: int = 1000
) -> list[NDArray[Any]]:
    """`evaluate` by a compiled function: faster for very many realisations.

    Keras compiles once per shape, so the last batch is padded to the size of the others.
    """
    count, inputs = len(inputs[0]), _some(inputs)
    filled = [np.pad(part, ((0, -len(part) % size), (0, 0)), mode="edge") for part in inputs]
    found = model.predict(one_or_list(filled), batch_size=size, verbose=0)
    return [part[:count] for part in (found if isinstance(found, list | tuple) else [found])]


def _some(inputs):
    """The inputs; if they have no realisation, one of zeros, which gives the outputs' shapes."""
    if len(inputs[0]):
        return inputs
    return [np.zeros((1, part.shape[1]), dtype=np.float32) for part in inputs]
