"""Compiled loops: kept from one process to the next where they can be, and shared by threads.

The threads are Python's, which work after a fork and when several threads call at once; numba's own
hang or end the process then, depending on which of its threading layers is there.
"""

import os
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps

from numba import get_num_threads, njit
from threadpoolctl import threadpool_limits

OPTIONS = {"nogil": True, "error_model": "numpy"}
# Any other process that has this module as it is was forked from this one.
PROCESS = os.getpid()


def compiled(function):
    """Compile a loop over arrays; divisions by zero give inf or NaN, as NumPy's."""
    try:
        found = njit(cache=True, **OPTIONS)(function)
        os.makedirs(found.stats.cache_path, exist_ok=True)
        tempfile.TemporaryFile(dir=found.stats.cache_path).close()
        return found
    # Neither beside the package nor in the user's home can a file be written.
    except (RuntimeError, OSError):
        _announce()
        return njit(**OPTIONS)(function)


def inlined(function):
    """Compile a part of compiled loops into each of them.

    With a copy of its own, which products and sums are joined would depend on whether the loop is
    compiled anew or was kept: the same inputs would not give the same bits.
    """
    return njit(forceinline=True, **OPTIONS)(function)


@cache
def _announce():
    warnings.warn(
        "compiled code cannot be kept, and is compiled anew by each process: the environment "
        "variable NUMBA_CACHE_DIR may name a folder for it",
        stacklevel=3,
    )


def in_shares(function, count, *arguments):
    """Call `function(*arguments, share, shares)` for each share of `count` tasks, side by side.

    There are as many shares as numba has threads (`numba.set_num_threads`), or as tasks.
    """
    shares = max(1, min(count, get_num_threads()))
    if shares == 1:
        return function(*arguments, 0, 1)
    with ThreadPoolExecutor(shares) as pool:
        for done in [pool.submit(function, *arguments, k, shares) for k in range(shares)]:
            done.result()


def forkable(function):
    """Let a function that calls libraries with OpenMP's threads work in a forked process.

    A fork does not take these threads along, and the first loop would wait for them for ever.
    """

    @wraps(function)
    def call(*arguments, **options):
        if os.getpid() == PROCESS:
            return function(*arguments, **options)
        with threadpool_limits(1, user_api="openmp"):
            return function(*arguments, **options)

    return call
