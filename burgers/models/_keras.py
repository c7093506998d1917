"""Keras as this package uses it: loaded silently, independent of its global settings."""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def _loading():
    """Load without a greeting, on TensorFlow whatever the user's KERAS_BACKEND or keras.json say.

    TensorFlow greets the user before its log level can take effect: what C++ code writes to file
    descriptor 2 is discarded.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    backend = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if sys.stderr is not None:
        sys.stderr.flush()
    kept = None
    # A process without a console may have closed it.
    with contextlib.suppress(OSError):
        kept = os.dup(2)
        with open(os.devnull, "w") as devnull:
            os.dup2(devnull.fileno(), 2)
    try:
        yield
    finally:
        os.environ.pop("KERAS_BACKEND")
        if backend is not None:
            os.environ["KERAS_BACKEND"] = backend
        if kept is not None:
            os.dup2(kept, 2)
            os.close(kept)


with _loading():
    import keras
    import tensorflow as tf
    from keras import layers, ops

    # Keras offers no other way to read these without setting them.
    from keras.src.backend.common import global_state

# A process that uses many models compiles many functions, which TensorFlow takes for a mistake.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

__all__ = ["SINGLE", "Layer", "Model", "keras", "layers", "ops", "own", "tf"]

# One object: a saved model says which of its layers share theirs.
# The grid of the report: the size of a network unless another is asked for.
CELLS = 400
SINGLE = keras.DTypePolicy("float32")


class _Settings:
    """Global settings that are the package's own while anyone is inside, and then as before.

    each : how one is read, how it is set, and what it is inside.
    """

    def __init__(self, *each):
        self.each, self.inside, self.before = each, 0, []

    def enter(self):
        if not self.inside:
            self.before = [read() for read, _, _ in self.each]
            for _, write, own in self.each:
                write(own)
        self.inside += 1

    def leave(self):
        self.inside -= 1
        if not self.inside:
            for (read, write, own), before in zip(self.each, self.before, strict=True):
                # What another thread has set meanwhile stays.
                if read() == own:
                    write(before)


def _attribute(name, own):
    """A setting that Keras keeps for each thread; None where the user has not set it."""
    return (
        lambda: global_state.get_global_attribute(name),
        lambda value: global_state.set_global_attribute(name, value),
        own,
    )


class _OfThread(threading.local):
    def __init__(self):
        # With `enable_unsafe_deserialization` a file would be believed although it is asked not to.
        self.settings = _Settings(
            _attribute("dtype_policy", SINGLE), _attribute("safe_mode_saving", True)
        )


_of_thread, _lock = _OfThread(), threading.Lock()
_of_process = _Settings(*(
    (getattr(room, read), getattr(room, write), own)
    for room, read, write, own in (
        (keras.config, "floatx", "set_floatx", SINGLE.name),
        (keras.config, "image_data_format", "set_image_data_format", "channels_last"),
        (keras.config, "max_epochs", "set_max_epochs", None),
        (keras.config, "max_steps_per_epoch", "set_max_steps_per_epoch", None),
        (tf.config, "functions_run_eagerly", "run_functions_eagerly", False),
    )
    # Older versions of Keras have fewer.
    if hasattr(room, read)
))  # fmt: skip


@contextlib.contextmanager
def own() -> Iterator[None]:
    """Build, train, load and evaluate in single precision and compiled, as the package does.

    A context, or with `@own()` a decorator. Global settings of Keras and TensorFlow are the
    package's inside, and the user's again afterwards, whatever happens. Of several threads inside
    the last one out restores them.
    """
    with _lock:
        _of_process.enter()
    _of_thread.settings.enter()
    try:
        yield
    finally:
        _of_thread.settings.leave()
        with _lock:
            _of_process.leave()


class Layer(layers.Layer):
    """A layer in single precision, whatever Keras' policy is."""

    def __init__(self, **options):
        super().__init__(**{"dtype": SINGLE, **options})

    def get_config(self) -> dict[str, Any]:
        # Keras' own would be the arguments of a signature, of which this has none.
        return super().get_config()


class Model(keras.Model):
    """A model in single precision, and trained as `own` says, whatever Keras' policy is."""

    def __init__(self, **options):
        super().__init__(**{"dtype": SINGLE, **options})

    @own()
    def fit(self, *arguments: Any, **options: Any) -> Any:
        return super().fit(*arguments, **options)

    @own()
    def predict(self, *arguments: Any, **options: Any) -> Any:
        return super().predict(*arguments, **options)
