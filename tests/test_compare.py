"""The tables of two runs, side by side: what is apart is told, and what is not is not."""

import shutil
import sys

import numpy as np
import pandas as pd
import pytest

from burgers.paths import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import compare


@pytest.fixture
def runs(tmp_path):
    """Two folders with the same tables of goals and of numbers."""
    folders = tmp_path / "here", tmp_path / "there"
    folders[0].mkdir()
    goals = pd.DataFrame(
        {"case": ["sinus", "creneau"], "goal": ["c2st"] * 2, "measured": [0.5, 0.7],
         "at_most": [0.55] * 2, "holds": [True, False]}
    )  # fmt: skip
    goals.to_csv(folders[0] / "table_goals.csv", index=False)
    numbers = pd.DataFrame(
        {"case": ["sinus"] * 3, "time": [0.1, 0.2, np.inf], "error": [1, 2, 4.0]}
    )
    numbers.to_csv(folders[0] / "table_numbers.csv", index=False)
    shutil.copytree(*folders)
    return folders


def changed(folder, name, **columns):
    path = folder / f"table_{name}.csv"
    pd.read_csv(path).assign(**columns).to_csv(path, index=False)


def test_equal_tables_agree(runs, capsys):
    assert compare.report(*runs)
    said = capsys.readouterr().out
    assert "table_goals.csv: 2 of 2 verdicts are the same" in said
    rows = [line.split() for line in said.splitlines() if line.split()[:1] == ["table_numbers.csv"]]
    assert rows == [["table_numbers.csv", "3", "0", "0", "0"]]


def test_a_reversed_verdict_is_shown_with_both_numbers(runs, capsys):
    changed(runs[1], "goals", measured=[0.5, 0.53], holds=[True, True])
    assert not compare.report(*runs)
    said = capsys.readouterr().out
    assert "table_goals.csv: 1 of 2 verdicts are the same" in said
    assert "0.7" in said
    assert "0.53" in said


def test_a_goal_is_the_same_by_whatever_distribution_or_method_it_is_met(runs, capsys):
    changed(runs[0], "goals", goal=["c2st, mixture", "T = 0.2, generated"], method=["a", "b"])
    changed(runs[1], "goals", goal=["c2st, flow", "T = 0.2, generated"], method=["b", "b"])
    assert compare.report(*runs)
    assert "table_goals.csv: 2 of 2 verdicts are the same" in capsys.readouterr().out


def test_numbers_apart_are_measured_and_do_not_reverse_anything(runs):
    changed(runs[1], "numbers", error=[1.0, 2.0, 5.0])
    assert compare.report(*runs)
    found = compare.distances(*(pd.read_csv(folder / "table_numbers.csv") for folder in runs))
    assert found == {"rows": 3, "alone": 0, "median": 0.0, "largest": pytest.approx(0.2)}


def test_an_infinite_number_on_one_side_is_infinitely_far(runs):
    changed(runs[1], "numbers", time=[0.1, 0.2, 0.3])
    found = compare.distances(*(pd.read_csv(folder / "table_numbers.csv") for folder in runs))
    assert found["largest"] == np.inf


def test_a_row_or_a_table_that_one_lacks_is_told(runs, capsys):
    path = runs[1] / "table_numbers.csv"
    pd.read_csv(path).iloc[:2].to_csv(path, index=False)
    assert not compare.report(*runs)
    path.unlink()
    capsys.readouterr()
    assert not compare.report(*runs)
    assert f"table_numbers.csv is only in {runs[0]}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["no such folder"]])
def test_what_is_no_folder_is_refused(arguments, capsys):
    assert compare.main(arguments) == 2
    assert "accepted" in capsys.readouterr().err


def test_a_table_of_other_columns_is_told_and_not_compared(runs, capsys):
    here, there = runs
    table = pd.read_csv(here / "table_numbers.csv")
    table.rename(columns={"time": "t"}).to_csv(there / "table_numbers.csv", index=False)
    assert not compare.report(here, there)
    assert (
        "table_numbers.csv has columns case, time, error here and case, t, error there"
        in capsys.readouterr().out
    )


def test_the_committed_tables_agree_with_themselves():
    assert compare.main([str(ROOT / "figures" / "report")]) == 0
