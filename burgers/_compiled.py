"""Compiled loops: cached on disk where possible, and run in parallel by threads.

The threads are Python's, which work after a fork and when several threads call at once. numba's own
threads then hang or abort the process, depending on the threading layer that is available.
"""

import os
import tempfile
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from numba import get_num_threads, njit
from threadpoolctl import threadpool_limits

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
# A process with another number in which this module is loaded already was forked from this one.
PROCESS = os.getpid()

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop over arrays, and cache it; division by zero gives inf or NaN, as in NumPy."""
    try:
        found = njit(cache=True, **OPTIONS)(function)
        os.makedirs(found.stats.cache_path, exist_ok=True)
        tempfile.TemporaryFile(dir=found.stats.cache_path).close()
        return found
    # No file can be written, neither beside the package nor in the user's home.
    except (RuntimeError, OSError):
        _announce()
        return njit(**OPTIONS)(function)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that is called by compiled loops, and inline it in each of them.

    If it were compiled separately, the choice of fused products and sums would depend on whether
    the loop was compiled anew or loaded from the cache: the same inputs would not give the same
    bits.
    """
    return njit(forceinline=True, **OPTIONS)(function)


@cache
def _announce():
    warnings.warn(
        "compiled code cannot be kept, and every process compiles it again: set the environment "
        "variable NUMBA_CACHE_DIR to a writable folder",
        stacklevel=3,
    )


def in_shares(function: Callable[..., Any], count: int, *arguments: Any) -> None:
    """Call `function(*arguments, share, shares)` for each share of `count` tasks, in parallel.

    The number of shares is that of numba's threads (see `numba.set_num_threads`) or that of the
    tasks, whichever is smaller.
    """
    shares = max(1, min(count, get_num_threads()))
    if shares == 1:
        function(*arguments, 0, 1)
        return
    with ThreadPoolExecutor(shares) as pool:
        for done in [pool.submit(function, *arguments, k, shares) for k in range(shares)]:
            done.result()


def forkable(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a function that calls libraries with OpenMP threads safe in a forked process.

    A forked process does not inherit these threads, and its first parallel loop would wait for them
    for ever; there, the function runs in one thread.
    """

    @wraps(function)
    def call(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        if os.getpid() == PROCESS:
            return function(*arguments, **options)
        with threadpool_limits(1, user_api="openmp"):
            return function(*arguments, **options)

    return call
