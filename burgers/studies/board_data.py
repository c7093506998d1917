"""The densities of the leaderboard: exact ones to learn from and to be judged by."""

from collections.abc import Callable
from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from burgers import _files as files
from burgers import ensembles, streams
from burgers.ensembles.solving import packed
from burgers.models.entrants import PodCodes
from burgers.problems import CELLS
from burgers.studies.board import DISTRIBUTIONS, PROBLEMS, Board, Task
from burgers.studies.board_entrants import ENTRANTS

# Inputs that a model is told one by one; of more, the components of the initial density.
TOLD = 20
# Initial densities behind these components.
INITIAL = 1000
Floats = NDArray[np.floating]


def exact_densities(
    board: Board, task: Task, stream: str, count: int, seed: int
) -> tuple[Floats, Floats]:
    """Exact densities (count, cells) of a stream, and what may be told of them (count, numbers)."""
    problem, key = PROBLEMS[task.problem], (*index(task), seed)
    made = _kept(
        board, f"{task.problem}_{task.time}_{stream.split()[-1]}_{seed}", count,
        lambda n: ensembles.generate(
            problem, n, final_time=task.time, cells=board.cells, scheme="exact",
            seed=streams.integer(0, stream, *key),
        ),
    )  # fmt: skip
    inputs = {name: made[name].values for name in problem.inputs}
    told = _told(task, made.final_time.values, inputs)
    return made.density.values[:count], told[:count]


def asked(board: Board, task: Task) -> Floats:
    """Inputs of new realisations (realisations, numbers), for models that are told them."""
    problem, rng = PROBLEMS[task.problem], generator(task, None)
    inputs = problem.sample(board.sample, rng)
    ends = problem.times if task.time is None else (task.time, task.time)
    return _told(task, rng.uniform(*ends, board.sample), inputs)


def index(task: Task) -> tuple[int, int]:
    """The numbers of a task's problem and time, by which streams are told apart."""
    times = [time for name, time in DISTRIBUTIONS if name == task.problem]
    return list(PROBLEMS).index(task.problem), times.index(task.time)


def integer(task: Task, stream: str) -> int:
    """An integer from a stream, of a task."""
    return streams.integer(0, stream, *index(task), task.densities, task.seed)


def generator(task: Task, entrant: str | None) -> np.random.Generator:
    """The generator from which an entrant draws; of inputs that are told, if None."""
    number = len(ENTRANTS) if entrant is None else list(ENTRANTS).index(entrant)
    key = (*index(task), task.densities, task.seed, number)
    return streams.generator(0, "board samples", *key)


def _kept(board: Board, name: str, count: int, make: Callable[[int], xr.Dataset]) -> xr.Dataset:
    """An ensemble of at least so many, read from the board's folder or made and kept there."""
    if board.folder is None:
        return make(count)
    count = max(count, *board.densities) if "training" in name else count
    path = board.folder / f"{name}_{count}.zarr"
    board.folder.mkdir(parents=True, exist_ok=True)
    with files.locked(board.folder / f"{name}_{count}.made", wait=np.inf):
        if not path.exists():
            ensembles.dataset.save(make(count), path)
    return ensembles.dataset.open(path)


def _told(task, times, inputs):
    """What a surrogate is told of each realisation, (realisations, numbers)."""
    columns = packed(times, inputs)
    if columns.shape[1] > TOLD + 1:
        initial = PROBLEMS[task.problem].averages(CELLS, inputs)
        known = _initial_codes(task.problem).encode(initial)
        columns = np.concatenate([columns[:, :1], known], axis=1)
    return columns if task.time is None else columns[:, 1:]


@cache
def _initial_codes(name):
    """Principal components of the initial density of a problem."""
    problem = PROBLEMS[name]
    inputs = problem.sample(
        INITIAL, streams.generator(0, "board samples", list(PROBLEMS).index(name))
    )
    return PodCodes(most=TOLD).fit(problem.averages(CELLS, inputs))
