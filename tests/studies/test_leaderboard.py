"""The leaderboard: filled once, resumed, and not stopped by an entrant that fails."""

import os
import signal

import numpy as np
import pandas as pd
import pytest

import burgers
from burgers import plots
from burgers.problems import Problem
from burgers.studies import board_entrants, leaderboard, ranking, results
from burgers.studies.board import DISTRIBUTIONS, PROBLEMS, SMALL, Board, Task, missing
from burgers.studies.board_entrants import ENTRANTS, SOBOL, Entry, Setting

TINY = Board(
    distributions=(("creneau", 0.2),), densities=(40,), entrants=("training set", SOBOL),
    sample=20, reference=40, repeats=19, points=(4, 16), seeds=1, cells=40,
)  # fmt: skip


class Broken:
    """A model that returns what it is told to."""

    def __init__(self, value):
        self.value = value

    def fit(self, densities, given=None):
        return self

    def sample(self, n, rng, given=None):
        if isinstance(self.value, Exception):
            raise self.value
        return np.full((n, 40), self.value)


def killed(board, task):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def small():
    return leaderboard.small()


def test_the_small_board_is_what_it_says(small):
    assert set(small.problem) == {"creneau", "riemann"}
    assert set(small.entrant) == set(SMALL.entrants)
    assert tuple(small.columns) == results.COLUMNS
    assert not (small.measure == results.FAILED).any()
    found = ranking.summary(small).set_index(["entrant", "problem"])
    # A true sample is about as far as true samples are; a Gaussian has the moments alone.
    assert (found.worst["training set"] < 1.6).all()
    assert (found.worst["POD, Gaussian"] > found.worst["training set"]).all()
    assert (found.resolution["training set"] == 0.0).all()
    novelty = small[small.measure == "nearest_neighbour_ratio"].set_index("entrant").value
    assert (novelty["training set"] == 0.0).all()
    assert (novelty["muscl"] > 0.3).all()


def test_a_board_is_filled_once_and_resumed(tmp_path, monkeypatch):
    file = tmp_path / "board" / "results.csv"
    table = leaderboard.fill(TINY, file, workers=0)
    assert missing(TINY, table) == []
    sobol = table[table.entrant == SOBOL]
    assert set(sobol.densities) == {4, 16}
    errors = sobol[sobol.measure == "std_error"].set_index("densities").value
    assert errors[16] < errors[4]
    assert list(results.densities(file)) == ["creneau | 0.2 | training set | 40 | 0"]
    # What is there is not computed again, and what is lost is.
    table[table.entrant == SOBOL].to_csv(file, index=False)
    asked = []
    run = leaderboard.run
    monkeypatch.setattr(
        leaderboard, "run", lambda board, task: asked.append(task) or run(board, task)
    )
    again = leaderboard.fill(TINY, file, workers=0)
    assert asked == [Task("creneau", 0.2, 40, 0, ("training set",))]
    same = again[again.entrant == "training set"].set_index("measure").value
    first = table[table.entrant == "training set"].set_index("measure").value
    costs = ["training_seconds", "sampling_seconds"]
    pd.testing.assert_series_equal(same.drop(costs), first.drop(costs))


def test_two_processes_fill_what_one_does(tmp_path):
    board = Board(**{**vars(TINY), "densities": (40, 30), "entrants": ("training set",)})
    alone = leaderboard.fill(board, tmp_path / "one.csv", workers=0)
    two = leaderboard.fill(board, tmp_path / "two.csv", workers=2)
    keys = [*results.ENTRY, "measure"]
    costs = ["training_seconds", "sampling_seconds"]
    first, second = (
        table[~table.measure.isin(costs)].set_index(keys).value.sort_index()
        for table in (alone, two)
    )  # fmt: skip
    pd.testing.assert_series_equal(first, second)


@pytest.mark.parametrize("value", [np.nan, np.inf, RuntimeError("no memory")], ids=str)
def test_an_entrant_that_fails_is_recorded_and_stops_nothing(value, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(ENTRANTS, "broken", Entry(lambda setting, shared: Broken(value), "direct"))
    board = Board(**{**vars(TINY), "entrants": ("broken", "training set")})
    table = leaderboard.fill(board, tmp_path / "results.csv", workers=0)
    assert list(table[table.entrant == "broken"].measure) == [results.FAILED]
    assert len(table[table.entrant == "training set"]) > 10
    assert missing(board, table) == []
    assert "broken" in capsys.readouterr().err
    found = ranking.summary(table).set_index("entrant")
    assert np.isnan(found.worst["broken"])
    assert not found.reached["broken"]


def test_a_model_of_ones_own_enters():
    found = leaderboard.enter(Broken(0.5), "half", "creneau", 0.2, 40, board=TINY)
    assert set(found.entrant) == {"half"}
    assert found.set_index("measure").p["wasserstein"] < 0.1
    with pytest.raises(ValueError, match="model is 3; accepted: one with fit and sample"):
        leaderboard.enter(3, "three", "creneau", 0.2, 40, board=TINY)
    with pytest.raises(ValueError, match=r"problem and time are \('creneau', 0.3\)"):
        leaderboard.enter(Broken(0.5), "half", "creneau", 0.3, 40, board=TINY)


def test_further_seeds_are_for_quick_entrants_and_come_last():
    tasks = missing(Board(densities=(1000,)))
    seeds = [task.seed for task in tasks]
    assert seeds == sorted(seeds)
    later = {name for task in tasks if task.seed for name in task.entrants}
    assert "POD, Gaussian" in later
    assert "sigma-VAE, normal" not in later
    assert sum(SOBOL in task.entrants for task in tasks) == len(DISTRIBUTIONS)
    first = [task.seconds for task in tasks if task.seed == 0 and task.densities == 1000]
    assert first == sorted(first, reverse=True)


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_of_the_board_is_drawn_and_solved(name):
    problem = PROBLEMS[name]
    assert isinstance(problem, Problem)
    solved = burgers.generate(problem, 3, cells=32, scheme="exact").density
    assert np.isfinite(solved).all()


def test_every_entrant_can_be_made():
    setting = Setting(PROBLEMS["creneau"], 0.2, 1000, 2, 0)
    for entry in ENTRANTS.values():
        shared = board_entrants.codes(entry.group, setting)
        model = entry.make(setting, shared)
        assert model is None or callable(model.fit)


def test_the_figures_of_the_board_are_drawn(small):
    found = ranking.summary(small)
    for figure in (plots.leaderboard.ranking(found, "small"), plots.leaderboard.frontier(found)):
        assert figure.axes
    true = np.zeros((2, 8))
    assert len(plots.leaderboard.densities({"a": (true, true), "b": (true, true)}).axes) == 2


def test_costs_are_those_of_an_equal_error(small):
    found = ranking.with_costs(ranking.summary(small), small).set_index(["entrant", "problem"])
    # Direct Monte Carlo costs about as much as itself; there are no Sobol points on this board.
    assert (found.over_solver["muscl"].between(0.05, 20.0)).all()
    assert found.over_sobol.isna().all()


def test_sobol_points_integrate_better_than_draws():
    inputs, times = burgers.exact.sobol(burgers.CRENEAU, 256, 0.2)
    step = inputs["step"]
    assert times.min() == times.max() == 0.2
    assert abs(step.mean() - 0.2) < 0.2 * 0.2 / np.sqrt(12 * 256)
    with pytest.raises(ValueError, match="count is 100; accepted: a power of two"):
        burgers.exact.sobol(burgers.CRENEAU, 100)


def test_a_process_that_is_killed_is_the_failure_of_its_entrants_and_stops_nothing(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(leaderboard, "_with_one_thread", killed)
    table = leaderboard.fill(TINY, tmp_path / "results.csv", workers=2)
    assert set(table.entrant) == {"training set", SOBOL}
    assert set(table.measure) == {results.FAILED}
    assert "its process was killed" in capsys.readouterr().err
    assert not missing(TINY, table)
