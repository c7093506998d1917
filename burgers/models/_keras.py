"""Keras as this package uses it: loaded silently, and independent of global settings."""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def _loading():
    """Load Keras silently on TensorFlow, whatever KERAS_BACKEND or keras.json ask for.

    TensorFlow's C++ code logs before its log level can take effect, so everything written to file
    descriptor 2 meanwhile is discarded.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    backend = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if sys.stderr is not None:
        sys.stderr.flush()
    kept = None
    # A process without a console may have closed the descriptor.
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

    # Keras has no public way to read these settings without changing them.
    from keras.src.backend.common import global_state

# A process that uses many models compiles many functions; TensorFlow would warn of retracing.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

__all__ = ["SINGLE", "Layer", "Model", "keras", "layers", "ops", "own", "tf"]

# A single object, because a saved model records which layers share their policy.
SINGLE = keras.DTypePolicy("float32")


class _Settings:
    """Global settings that take the package's values while any caller is inside, then the user's.

    each : for each setting, how to read it, how to write it, and the package's value.
    """

    def __init__(self, *each: tuple[Callable[[], Any], Callable[[Any], Any], Any]) -> None:
        self.each, self.inside = each, 0
        self.before: list[Any] = []

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
                # A value that another thread has set meanwhile is kept.
                if read() == own:
                    write(before)


def _attribute(name, own):
    """A setting that Keras keeps per thread; None if the user has not set it."""
    return (
        lambda: global_state.get_global_attribute(name),
        lambda value: global_state.set_global_attribute(name, value),
        own,
    )


class _OfThread(threading.local):
    def __init__(self):
        # `enable_unsafe_deserialization` would override the `safe_mode` that `load` asks for.
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
    # Older versions of Keras lack some of them.
    if hasattr(room, read)
))  # fmt: skip


@contextlib.contextmanager
def own() -> Iterator[None]:
    """Build, train, load and evaluate models in single precision and compiled.

    A context manager, or as `@own()` a decorator. Inside, the global settings of Keras and
    TensorFlow are the package's; on exit, also by an exception, they are the user's again. If
    several threads are inside, the last one to leave restores them.
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
    """A layer in single precision, whatever Keras' global policy."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"dtype": SINGLE, **options})

    def get_config(self) -> dict[str, Any]:
        # Keras' default would read the arguments off the signature of `__init__`, which has none.
        return super().get_config()


class Model(keras.Model):
    """A model in single precision, trained under the settings of `own`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"dtype": SINGLE, **options})

    @own()
    def fit(self, *arguments: Any, **options: Any) -> Any:
        return super().fit(*arguments, **options)

    @own()
    def predict(self, *arguments: Any, **options: Any) -> Any:
        return super().predict(*arguments, **options)
