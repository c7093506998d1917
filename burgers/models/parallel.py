"""Several trainings side by side, each in a process of its own."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from typing import Any

from burgers import _checks as checks


def run_in_parallel(tasks: Sequence[tuple[Any, dict[str, Any]]], workers: int = 2) -> list[Any]:
    """Call `train(**options)` for each (train, options), `workers` at a time, one thread each.

    Two trainings of one thread each use two cores better than one training of two threads. With no
    workers the tasks are done one after the other by this process, which spares starting others.
    Returns the results in the order of the tasks. If one fails, no other is begun.
    """
    workers = min(checks.count("workers", workers, least=0), max(len(tasks), 1))
    if not workers:
        return [train(**options) for train, options in tasks]
    # Read by the processes as they start, and inherited from this one.
    threads = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    kept = {name: os.environ.get(name) for name in threads}
    os.environ.update(threads)
    try:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
            return _in_turn(pool, tasks, workers)
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _in_turn(pool, tasks, workers):
    """The results of the tasks, `workers` of them at a time; of one that fails the error."""
    futures, running = [], set()
    for train, options in tasks:
        if len(running) == workers:
            # A task that was handed over cannot be called back for certain.
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
        futures.append(pool.submit(train, **options))
        running.add(futures[-1])
    return [future.result() for future in futures]
