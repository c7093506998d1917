"""The state of a training after each epoch, and its origin: data, settings, code, libraries."""

import ast
import hashlib
import io
import json
import sys
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from burgers._files import written_whole
from burgers._version import __version__
from burgers.models._keras import keras, tf


class Checkpoint:
    """The whole state of a training after an epoch, in one file that every epoch replaces.

    Parameters
    ----------
    path : of the file.
    model : a compiled and built keras.Model with a `fingerprint()`, for JSON.
    inputs : a tuple of arrays, realisations first, or of one `streaming.Stored`.
    loop : name of the module that runs the epochs.
    settings : for JSON, whatever else the result depends on.
    """

    def __init__(
        self, path: Path, model: keras.Model, inputs: Sequence[Any], loop: str, **settings: Any
    ) -> None:
        self.path = path
        self.variables = [*model.trainable_variables, *model.optimizer.variables]
        settings |= {"model": model.fingerprint(), "optimizer": model.optimizer.get_config()}
        self.origin = {
            "data": {"data": of_data(inputs)},
            "settings": {name: of_settings(value) for name, value in settings.items()},
            "code": of_code(model, inputs, loop),
            "libraries": libraries(),
        }

    def save(self, history: pd.DataFrame) -> None:
        """Write the state after the last epoch of a history."""
        values = {str(i): v.numpy() for i, v in enumerate(self.variables)}
        recipe = json.dumps(self.origin, sort_keys=True)
        with written_whole(self.path) as part, part.open("wb") as stream:
            np.savez(stream, recipe=recipe, history=np.array(history), **values)

    def restore(self, epochs: int) -> list[Any]:
        """Restore the last complete epoch, if it is of the same origin; returns its history.

        A state of another origin, or of more than `epochs` epochs, is not used, and a UserWarning
        says why; the history is then empty.
        """
        if not self.path.exists():
            return []
        content = io.BytesIO(self.path.read_bytes())
        try:
            with np.load(content, allow_pickle=False) as state:
                reason = self._refused(str(state["recipe"]), len(state["history"]), epochs)
                values = [] if reason else [state[str(i)] for i in range(len(self.variables))]
                history = state["history"].tolist()
        except Exception as error:
            reason = f"cannot be read ({error})"
        if reason:
            warnings.warn(f"{self.path} {reason}: the training starts anew", stacklevel=2)
            return []
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        return history

    def _refused(self, written, known, epochs):
        """The reason not to use a state, in words; empty if there is none."""
        if not written.startswith("{"):
            return "is of an older version of this package"
        if reason := difference(json.loads(written), self.origin):
            return f"is of {reason}"
        return f"goes to epoch {known}, beyond the {epochs} wanted" if known > epochs else ""


def difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """How two origins differ, in words; empty if they do not."""
    found = []
    for kind in now:
        old, new = before.get(kind, {}), now[kind]
        names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        if kind == "libraries":
            names = [f"{name} {old.get(name)}, now {new.get(name)}" for name in names]
        if names:
            which = "" if kind == "data" else f" ({', '.join(names)})"
            found.append(f"other {kind}{which}")
    return " and of ".join(found)


def of_data(inputs: Sequence[Any]) -> str:
    """A digest of training data: a tuple of arrays, or of one `streaming.Stored`."""
    digest = hashlib.sha256()
    for part in inputs:
        # Stored densities are shuffled otherwise, so their type is part of the origin.
        digest.update(f"{type(part).__name__} {part.shape}".encode())
        for rows in getattr(part, "blocks", [slice(None)]):
            digest.update(np.ascontiguousarray(part[rows]).data)
    return digest.hexdigest()


def of_settings(value: Any) -> str:
    """A digest of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def of_code(model: keras.Model, inputs: Sequence[Any], loop: str) -> dict[str, str]:
    """Digests of the modules of this package that define a model and its training, by file name."""
    kinds = {kind for part in (*_parts(model), *inputs) for kind in type(part).__mro__}
    modules = {kind.__module__ for kind in kinds} | {loop}
    ours = sorted(name for name in modules if name.split(".")[0] == "burgers")
    return {f"{name.rpartition('.')[2]}.py": _of_source(source(name)) for name in ours}


def source(name: str) -> str | None:
    """The source of a loaded module, wherever it came from; None if there is none."""
    try:
        loader: Any = sys.modules[name].__spec__.loader  # type: ignore[union-attr]
        return loader.get_source(name)
    except (AttributeError, ImportError, KeyError, OSError):
        return None


def normalised(text: str) -> str:
    """Python source without what cannot change a result: comments, docstrings and format."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def libraries() -> dict[str, str]:
    """Versions of the libraries that a result depends on, by name."""
    return {
        "keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__,
        "backend": keras.backend.backend(), "burgers": __version__,
    }  # fmt: skip


@lru_cache(64)
def _of_source(text):
    what = f"version {__version__}" if text is None else normalised(text)
    return hashlib.sha256(what.encode()).hexdigest()


def _parts(model):
    """A model, and all networks and layers that it contains."""
    yield model
    for part in getattr(model, "layers", ()):
        yield from _parts(part)
