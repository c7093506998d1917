"""Several trainings at once, each in its own process."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from burgers import _checks as checks

# TensorFlow, numba and the libraries of linear algebra read these variables at start-up.
ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip


def run_in_parallel(
    tasks: Sequence[tuple[Callable[..., Any], dict[str, Any]]], workers: int = 2
) -> list[Any]:
    """Call `train(**options)` for each task (train, options), in processes of one thread each.

    Two single-threaded trainings use two cores better than one training with two threads.

    Parameters
    ----------
    tasks : pairs of a function that a spawned process can import, and its keyword arguments.
    workers : number of processes at a time; 0 runs the tasks one after another in this process.

    Returns
    -------
    list of the results, in the order of the tasks. If a task fails, its exception is raised and no
    further task is started.

    Raises
    ------
    ValueError
        If `workers` is not an integer >= 0.
    """
    workers = min(checks.count("workers", workers, least=0), max(len(tasks), 1))
    if not workers:
        return [train(**options) for train, options in tasks]
    spawn = multiprocessing.get_context("spawn")
    with one_thread(), ProcessPoolExecutor(workers, spawn, initializer=_end_with_parent) as pool:
        return _in_turn(pool, tasks, workers)


@contextmanager
def one_thread() -> Iterator[None]:
    """Have the processes that are started meanwhile use one thread each: they inherit it."""
    kept = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _end_with_parent():
    """End this process when the one that started it is killed, say as the kernel of a notebook."""
    parent = multiprocessing.parent_process()

    def wait_for_it():
        parent.join()
        os._exit(1)

    threading.Thread(target=wait_for_it, daemon=True).start()


def _in_turn(pool, tasks, workers):
    """The results of the tasks, at most `workers` running at a time; the first error is raised."""
    futures: list[Future[Any]] = []
    running: set[Future[Any]] = set()
    for train, options in tasks:
        if len(running) == workers:
            # A task already submitted cannot be cancelled reliably, so it waits for a free process.
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
        futures.append(pool.submit(train, **options))
        running.add(futures[-1])
    return [future.result() for future in futures]
