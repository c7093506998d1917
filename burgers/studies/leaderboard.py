"""The leaderboard: entrants trained on exact densities and judged against other exact densities.

An entrant is trained and judged for each setting: a problem, at one time or at all, and a number of
densities to train on. Results go into one table (see `results`), an entry at a time: what is there
already is not computed again, so that an interrupted run is completed by the next.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from burgers import _checks as checks
from burgers import exact, metrics, solver
from burgers.models import entrants
from burgers.models.parallel import one_thread
from burgers.studies import board_data, board_entrants, results
from burgers.studies.board import DISTRIBUTIONS, PROBLEMS, SMALL, Board, Task, missing
from burgers.studies.board_entrants import ENTRANTS, SOBOL, Setting

# A sample that is timed.
TIMED = 1000
# Of each entrant, so many generated densities are kept.
SHOWN = 4
# Sobol points behind the moments that others are compared with.
TRUTH = 4096


def fill(
    board: Board | None = None,
    file: str | os.PathLike[str] | None = None,
    *,
    workers: int = 2,
    seconds: float = np.inf,
) -> pd.DataFrame:
    """Compute the entries that a table of results lacks; returns the whole table.

    First come all entrants with one seed, then further seeds; of these the longest tasks first. An
    entrant that fails is recorded as such and stops nothing.

    Parameters
    ----------
    board : sizes and entrants; the full leaderboard if None.
    file : of the results; `leaderboard/results.csv` if None.
    workers : processes of one thread each; 0 computes in this process.
    seconds : no task is started after so many.
    """
    board = board or Board(folder=results.path().parent.parent / "build" / "leaderboard")
    place = Path(results.path() if file is None else file)
    tasks = missing(board, results.results(place) if place.exists() else None)
    with _bar(tasks) as bar:
        if workers:
            _in_processes(board, tasks, place, workers, seconds, bar)
        else:
            for task in tasks:
                found = run(board, task)
                results.append(found.rows, place, found.shown)
                bar.update(round(task.seconds))
    return results.results(place)


@dataclass(frozen=True)
class Outcome:
    """What a task found: rows of results, and by entrant a few generated densities to be shown."""

    rows: pd.DataFrame
    shown: dict[str, NDArray[np.float32]]


def run(board: Board, task: Task) -> Outcome:
    """Train, sample and judge every entrant of a task."""
    if task.entrants == (SOBOL,):
        return Outcome(_by_sobol_points(board, task), {})
    (training, told), scatter = _prepared(board, task)
    setting = Setting(PROBLEMS[task.problem], task.time, task.densities, told.shape[1],
                      board_data.integer(task, "board model"))  # fmt: skip
    begun, shared = process_time(), board_entrants.codes(ENTRANTS[task.entrants[0]].group, setting)
    if shared is not None:
        # What is trained once counts for each entrant that needs it; so does its failure.
        with suppress(Exception):
            shared.fit(training)
    codes_seconds, rows, shown = process_time() - begun, [], {}
    for name in task.entrants:
        entry = ENTRANTS[name]
        inputs = (told, board_data.asked(board, task)) if entry.told else (None, None)
        made = partial(entry.make, setting, shared)
        rng = board_data.generator(task, name)
        found, drawn = _entered(made, name, task, training, inputs, scatter, rng)
        trained = found.measure == "training_seconds"
        found.loc[trained, "value"] += codes_seconds if shared is not None else 0.0
        rows.append(found)
        if drawn is not None:
            shown[title(task, name)] = drawn
    return Outcome(pd.concat(rows), shown)


def enter(
    model: Any,
    name: str,
    problem: str,
    time: float | None = None,
    densities: int = 1000,
    *,
    board: Board | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Train, sample and judge a model of your own as the leaderboard does.

    Parameters
    ----------
    model : with `fit(densities)` and `sample(n, rng)`, see `models.entrants.Entrant`.
    name : of the model in the table.
    problem, time : one of `board.DISTRIBUTIONS`; `time` None for all times.
    densities : number of exact densities to train on.
    board : sizes; those of the full leaderboard if None.
    seed : of the densities to train on, and of what the model draws.

    Returns
    -------
    pandas.DataFrame of results, which `results.append` adds to a table. A model that fails, or
    returns what is not finite, has the measure `failed`.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    if not isinstance(model, entrants.Entrant):
        raise ValueError(f"model is {checks.shown(model)}; accepted: one with fit and sample")
    if (problem, time) not in DISTRIBUTIONS:
        accepted = ", ".join(map(str, DISTRIBUTIONS))
        raise ValueError(f"problem and time are {(problem, time)}; accepted: {accepted}")
    densities = checks.count("densities", densities, least=2)
    board, task = board or Board(), Task(problem, time, densities, seed, (name,))
    (training, _), scatter = _prepared(board, task)
    rng = board_data.generator(task, None)
    return _entered(lambda: model, name, task, training, (None, None), scatter, rng)[0]


def _prepared(board, task):
    """Densities to train on with what may be told of them, and the judge."""
    known = board_data.exact_densities(board, task, "board training", task.densities, task.seed)
    count = board.sample + board.reference
    reference, _ = board_data.exact_densities(board, task, "board reference", count, 0)
    return known, metrics.Scatter(
        reference, board.sample, known[0], repeats=board.repeats, progress=False
    )


def _entered(made, name, task, training, inputs, scatter, rng):
    """The rows of an entrant, and some of its densities unless it failed."""
    start, shown = perf_counter(), None
    try:
        drawn, costs = _drawn(made(), training, inputs, scatter.size, rng)
        card = pd.concat([scatter.judge(drawn), costs])
        shown = np.asarray(drawn[:SHOWN], np.float32)
    # Whatever a model raises is its failure, not that of the board.
    except Exception as error:
        traceback.print_exc()
        card = failure(f"{name} on {task.problem}: {type(error).__name__}: {error}")
    entry = {**task.entry(name), "time": task.time}
    return results.rows(card, **entry, seconds=perf_counter() - start), shown


def failure(why: str) -> pd.DataFrame:
    """The scorecard of an entrant that returned no densities."""
    print(f"failed: {why}", file=sys.stderr)
    row = dict.fromkeys(("value", "floor", "low", "high", "p"), np.nan)
    return pd.DataFrame([row], pd.Index([results.FAILED], name="measure"))


def _drawn(model, training, inputs, count, rng):
    """Densities drawn from a trained model, and a card of its costs in seconds of processor."""
    told, asked = inputs

    def sample(n):
        return model.sample(n, rng) if asked is None else model.sample(n, rng, asked[:n])

    begun = process_time()
    model.fit(training) if told is None else model.fit(training, told)
    trained = process_time()
    # The first call of a network compiles it.
    sample(min(TIMED, count))
    warm = process_time()
    sample(min(TIMED, count))
    thousand = (process_time() - warm) * TIMED / min(TIMED, count)
    return sample(count), _costs(trained - begun, thousand)


def _costs(training, sampling):
    names = pd.Index(["training_seconds", "sampling_seconds"], name="measure")
    return pd.DataFrame({"value": [training, sampling]}, names)


def _by_sobol_points(board, task):
    """Errors of the moments by the second-order scheme at Sobol points, and the seconds of each."""
    problem, found = PROBLEMS[task.problem], []
    mean, std, *_ = exact.moments(problem, task.time, cells=board.cells, points=TRUTH)
    for count in board.points:
        start, begun = perf_counter(), process_time()
        inputs, times = exact.sobol(
            problem, count, task.time, seed=board_data.integer(task, "board samples")
        )
        density = solver.solve(
            problem.averages(board.cells, inputs), problem.reynolds(inputs, count), times,
            boundary=problem.boundary, scheme="muscl",
        )  # fmt: skip
        errors = metrics.moment_errors(density, mean, std)
        card = pd.DataFrame({"value": errors}).rename_axis("measure")
        seconds = process_time() - begun
        found.append(results.rows(
            pd.concat([card, _costs(0.0, seconds * TIMED / count)]), problem=task.problem,
            time=task.time, entrant=SOBOL, densities=count, seconds=perf_counter() - start,
        ))  # fmt: skip
    return pd.concat(found)


def title(task: Task, entrant: str) -> str:
    """The title under which the densities of an entrant are kept."""
    return " | ".join(str(part) for part in task.entry(entrant).values())


def _in_processes(board, tasks, file, workers, seconds, bar):
    """The tasks in processes of one thread each, so many at a time."""
    start, waiting = perf_counter(), list(tasks)
    with one_thread(), ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(_alone, board, waiting.pop(0)) for _ in range(workers) if waiting}
        while running:
            done = next(as_completed(running))
            running.remove(done)
            task, found = done.result()
            results.append(found.rows, file, found.shown)
            bar.update(round(task.seconds))
            if waiting and perf_counter() - start < seconds:
                running.add(pool.submit(_alone, board, waiting.pop(0)))


def _alone(board: Board, task: Task) -> tuple[Task, Outcome]:
    """What a task found in a process of its own, which gives its memory back, and may be killed."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        try:
            return task, process.submit(_with_one_thread, board, task).result()
        except BrokenProcessPool:
            return task, _killed(task)


def _with_one_thread(board, task):
    with threadpool_limits(1):
        return run(board, task)


def _killed(task):
    rows = [
        results.rows(
            failure(f"{name} on {task.problem}: its process was killed"),
            **{**task.entry(name), "time": task.time},
        )
        for name in task.entrants
    ]
    return Outcome(pd.concat(rows), {})


def _bar(tasks: Sequence[Task]) -> tqdm:
    """Progress in whole seconds as they are planned, with the time left."""
    return tqdm(
        total=sum(round(task.seconds) for task in tasks), desc="leaderboard", file=sys.stderr,
        mininterval=1, disable="CI" in os.environ,
        bar_format="{l_bar}{bar}| {elapsed}<{remaining}",
    )  # fmt: skip


@cache
def small() -> pd.DataFrame:
    """Results of the small board, computed in this process and kept in no file."""
    return pd.concat([run(SMALL, task).rows for task in missing(SMALL)], ignore_index=True)
