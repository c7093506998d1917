"""BayesFlow, loaded without side effects, and its random numbers from a seed."""

import contextlib
import logging
import os
import random
from collections.abc import Iterator
from typing import Any

from burgers.models import fitting
from burgers.models._keras import global_state

GENERATOR = "global_seed_generator"


def diagnostics() -> Any:
    """BayesFlow's diagnostics of posterior draws.

    Raises
    ------
    ImportError
        If BayesFlow is not installed.
    """
    return loaded().diagnostics


def loaded() -> Any:
    """BayesFlow, loaded on TensorFlow and without its messages."""
    root, logger = logging.getLogger(), logging.getLogger("bayesflow")
    silent, backend = logging.NullHandler(), os.environ.get("KERAS_BACKEND")
    # It gives the root logger a handler unless there is one, and looks for backends unless told.
    root.addHandler(silent)
    level, logger.disabled = root.level, True
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        import bayesflow
    except ImportError as error:
        raise fitting.missing("bayesflow") from error
    finally:
        root.removeHandler(silent)
        root.setLevel(level)
        logger.disabled = False
        os.environ.pop("KERAS_BACKEND")
        if backend is not None:
            os.environ["KERAS_BACKEND"] = backend
    return bayesflow


@contextlib.contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Draw what BayesFlow leaves unseeded from a seed, and restore the user's generators.

    Keras draws missing seeds from Python's generator, or from one that it keeps for each thread.
    """
    state, kept = random.getstate(), global_state.get_global_attribute(GENERATOR)
    random.seed(seed)
    global_state.set_global_attribute(GENERATOR, None)
    try:
        yield
    finally:
        random.setstate(state)
        global_state.set_global_attribute(GENERATOR, kept)
