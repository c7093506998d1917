"""How long a run will take is told from how long the recorded one took, and from this machine."""

import json
import os
import sys
import time

import pytest

from burgers.paths import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import expected
import provenance


@pytest.mark.parametrize(
    ("seconds", "before", "jobs", "ends"),
    [({}, {}, 2, 0),
     ({"a": 3.0}, {"a": set()}, 1, 3),
     ({"a": 3.0, "b": 2.0}, {"a": set(), "b": set()}, 1, 5),
     ({"a": 3.0, "b": 2.0}, {"a": set(), "b": set()}, 2, 3),
     ({"a": 3.0, "b": 2.0}, {"a": set(), "b": {"a"}}, 2, 5),
     # What is not to be run has been run.
     ({"b": 2.0}, {"b": {"a"}}, 2, 2),
     ({"a": 1.0, "b": 4.0, "c": 2.0, "d": 0.0},
      {"a": set(), "b": {"a"}, "c": {"a"}, "d": {"b", "c"}}, 2, 5),
     ({"a": 1.0, "b": 1.0, "c": 1.0}, {name: set() for name in "abc"}, 2, 2)],
)  # fmt: skip
def test_notebooks_run_side_by_side_and_wait_for_those_before(seconds, before, jobs, ends):
    assert expected.length(seconds, before, jobs) == ends


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A run of which two notebooks were recorded, on a machine twice as fast as this one."""
    monkeypatch.setattr(expected, "ROOT", tmp_path)
    monkeypatch.setattr(expected, "figures", lambda profile: tmp_path)
    monkeypatch.setattr(
        expected, "waiting", lambda profile, goal: ["01_generate", "02_train_sinus"]
    )
    monkeypatch.setattr(provenance, "matrix_product", lambda: 0.5)
    here = {"matrix_product": 0.25, "processor": "one"}
    entries = {
        "01_generate": {"seconds": 60, **here},
        # Timed beside another notebook.
        "02_train_sinus": {"seconds": 600, **here, "matrix_product": 0.3},
        "07_reduced_model": {"seconds": 1, "matrix_product": 0.1, "processor": "another"},
    }
    (tmp_path / provenance.NAME).write_text(json.dumps(entries), encoding="utf-8")
    return tmp_path


def test_a_slower_machine_is_told_more_minutes(recorded, capsys):
    assert expected.main(["begin", "report", "2", "notebooks"]) == 0
    assert capsys.readouterr().out == "report: 2 notebooks, about 22 minutes on this machine\n"


def test_what_has_run_for_a_while_has_less_left(recorded, capsys, monkeypatch):
    expected.main(["begin", "report", "2", "notebooks"])
    expected.main(["left", "report", "2", "01_generate", "notebooks"])
    said = capsys.readouterr().out.splitlines()[1]
    assert said == "report: 01_generate, about 2 minutes; about 22 minutes left"
    monkeypatch.setattr(expected, "waiting", lambda profile, goal: ["02_train_sinus"])
    stamp = recorded / "build" / "report" / ".02_train_sinus"
    stamp.touch()
    os.utime(stamp, (time.time() - 900,) * 2)
    assert expected.remaining("report", "notebooks", 0.5) == {
        "02_train_sinus": pytest.approx(300, abs=5)
    }
    # Stamps of a run that was stopped tell nothing about the next one.
    expected.main(["begin", "report", "2", "notebooks"])
    assert not stamp.exists()


def test_without_a_record_only_the_name_is_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(expected, "ROOT", tmp_path)
    monkeypatch.setattr(expected, "figures", lambda profile: tmp_path)
    expected.main(["begin", "quick", "2", "notebooks"])
    expected.main(["left", "quick", "2", "01_generate", "notebooks"])
    assert capsys.readouterr().out == "quick: 01_generate\n"


def test_no_time_is_told_while_a_notebook_has_no_record(recorded, capsys, monkeypatch):
    monkeypatch.setattr(expected, "waiting", lambda profile, goal: ["01_generate", "03_new"])
    expected.main(["begin", "report", "2", "notebooks"])
    expected.main(["left", "report", "2", "01_generate", "notebooks"])
    assert capsys.readouterr().out == "report: 01_generate\n"


def test_make_tells_which_notebooks_are_waiting():
    assert set(expected.waiting("nowhere", "notebooks")) == {
        path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")
    }
    first = expected.waiting("nowhere", "build/nowhere/04_compare_moments.ipynb")
    assert [name[:2] for name in first] == ["01", "03", "02", "04"]


def test_what_is_no_command_is_explained(capsys):
    assert expected.main(["guess"]) == 2
    assert "begin PROFILE JOBS GOAL" in capsys.readouterr().err
