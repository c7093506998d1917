"""What was made by other code than the present is found, and what was not is not."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import numpy as np
import pytest

from burgers.models import vae
from burgers.paths import ROOT, stored

sys.path.insert(0, str(ROOT / "docs"))
import provenance

TEXT = (ROOT / "burgers" / "profiles.py").read_text(encoding="utf-8")
SOURCE = """import numpy as np

def mean(x):
    total = np.sum(x)
    return total / len(x)
"""


@pytest.mark.parametrize(
    ("other", "same"),
    [(SOURCE.replace("def mean", "# Of numbers.\\ndef mean"), True),
     (SOURCE.replace("    total", '    """The mean of x."""\\n    total', 1), True),
     ('"""Means."""\\n' + SOURCE, True),
     (SOURCE.replace(" / ", "/"), True),
     (SOURCE.replace("/ len(x)", "/ (len(x) - 1)"), False),
     (SOURCE.replace("np.sum", "np.nansum"), False),
     (SOURCE.replace("import numpy as np", "import numpy as np\\nnp.seterr(all=None)"), False),
     (SOURCE.replace("total = np.sum(x)", "'total'"), False)],
)  # fmt: skip
def test_what_a_module_does_is_without_comments_and_docstrings(other, same):
    other = other.replace("\\n", "\n")
    assert (provenance.meaning(other) == provenance.meaning(SOURCE)) == same


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what notebooks depend on."""
    place = tmp_path_factory.mktemp("tree")
    for folder in ("burgers", "notebooks", "benchmarks", "leaderboard"):
        shutil.copytree(ROOT / folder, place / folder)
    shutil.copy(ROOT / "Makefile", place)
    return place


def states(tree):
    provenance._of_file.cache_clear()
    known = provenance.needs(tree)
    return {name: provenance.state(name, known, tree) for name in known}


def test_make_knows_what_a_notebook_depends_on(tree):
    known = provenance.needs(tree)
    assert len(known) == 10
    for part in ("notebooks/06_sharpen_law.ipynb", "burgers/studies/generative_data.py",
                 "build/report/02_train_sinus.ipynb", "burgers/exact/cole_hopf.py"):  # fmt: skip
        assert part in known["06_sharpen_law"]
    # It waits for the sixth, and needs nothing of it.
    assert "build/report/06_sharpen_law.ipynb" not in known["07_reduced_model"]


def test_what_is_up_to_date_changes_nothing_of_what_is_depended_on(tree):
    nothing_built, build = states(tree), tree / "build" / "report"
    build.mkdir(parents=True)
    for name in nothing_built:
        (build / f"{name}.ipynb").touch()
    (tree / "burgers" / "studies" / "published.py").touch()
    assert states(tree) == nothing_built
    shutil.rmtree(tree / "build")


@pytest.fixture(scope="module")
def changed(tree):
    """The notebooks whose state is another after an edit of a file, which is then undone."""
    before, known, cached = states(tree), provenance.needs(tree), provenance._of_file

    def found(path, edit):
        text = (tree / path).read_text(encoding="utf-8")
        (tree / path).write_text(edit(text), encoding="utf-8")

        def of_file(other, profile):
            return (cached.__wrapped__ if other == tree / path else cached)(other, profile)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(provenance, "_of_file", of_file)
            after = {name: provenance.state(name, known, tree) for name in known}
        (tree / path).write_text(text, encoding="utf-8")
        return sorted(name[:2] for name in before if before[name] != after[name])

    return found


@pytest.mark.parametrize(
    ("path", "notebooks"),
    [("burgers/studies/inference.py", ["10"]),
     ("burgers/studies/generative_data.py", ["06", "10"]),
     ("burgers/models/vae.py", ["02", "03", "04", "05", "06", "07", "09", "10"]),
     ("leaderboard/results.csv", ["09"])],
)  # fmt: skip
def test_a_change_of_code_is_one_of_all_that_use_it(changed, path, notebooks):
    assert changed(path, lambda text: text + "\nCHANGED = 1\n") == notebooks


def test_prose_and_stored_outputs_are_no_change(changed):
    def edited(text):
        book = nbformat.reads(text, 4)
        for cell in book.cells:
            if cell.cell_type == "markdown":
                cell.source += " And more."
            else:
                cell.outputs = []
        return nbformat.writes(book)

    assert changed("notebooks/02_train_sinus.ipynb", edited) == []
    assert changed("burgers/streams.py", lambda text: text + "# Said.\n") == []


def test_sizes_count_for_their_own_profile_alone(changed):
    def grown(size, other):
        return lambda text: text.replace(f"realisations={size},", f"realisations={other},", 1)

    assert changed("burgers/profiles.py", grown("10_000", 10)) == [f"{k:02}" for k in range(1, 11)]
    quick = next(re.finditer(r"QUICK = .*?realisations=(\w+),", TEXT, flags=re.DOTALL))[1]
    assert changed("burgers/profiles.py", grown(quick, 7)) == []


def test_a_release_is_no_change(changed):
    assert changed("burgers/_version.py", lambda text: '__version__ = "9.9.9"\n') == []


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The file of a trained model."""
    path = tmp_path_factory.mktemp("trained") / "any.keras"
    vae.train(np.ones((2, 22), dtype=np.float32), path, epochs=1)
    return path


@pytest.fixture
def folder(tmp_path, trained, monkeypatch):
    """Results of two notebooks, one of which was recorded."""
    place = tmp_path / "report"
    place.mkdir()
    for name in ("06_scores.png", "table_distributions.csv", "05_budget.png"):
        (place / name).write_bytes(name.encode())
    monkeypatch.setattr(provenance, "figures", lambda profile: tmp_path / profile)
    monkeypatch.setattr(provenance, "MODELS", tmp_path / "models")
    monkeypatch.setattr(provenance, "data", lambda profile: tmp_path / "data")
    monkeypatch.setattr(provenance, "matrix_product", lambda: 0.5)
    for case in ("sinus", "creneau"):
        for kind in ("sharp", "given time"):
            model = stored(tmp_path / "data", kind, case)
            model.parent.mkdir(exist_ok=True)
            shutil.copy(trained, model)
    provenance.record("report", "06_sharpen_law", 12.3)
    return place


MODELS_OF_06 = {
    f"{kind}_{case}.keras" for kind in ("sharp", "given_time") for case in ("sinus", "creneau")
}


def test_the_models_of_a_run_come_along_with_its_digest(folder):
    entry, models = provenance.recorded(folder)["06_sharpen_law"], folder.parent / "models"
    assert {path.name for path in models.glob("*.keras")} == MODELS_OF_06
    for path in models.glob("*.keras"):
        with zipfile.ZipFile(path) as archive:
            assert json.loads(archive.read("metadata.json"))["run"] == entry["depends_on"]
    (models / "sharp_sinus.keras").unlink()
    (models / "sharp_creneau.keras").write_bytes(b"another")
    assert provenance.stale(folder, present())["06_sharpen_law"] == [
        "sharp_creneau.keras", "sharp_sinus.keras"
    ]  # fmt: skip


def present():
    known = provenance.needs()
    return {name: provenance.state(name, known) for name in known}


def test_what_was_recorded_is_of_the_present_code(folder):
    entry = provenance.recorded(folder)["06_sharpen_law"]
    assert set(entry["made"]) == {"06_scores.png", "table_distributions.csv", *MODELS_OF_06}
    assert entry["seconds"] == 12
    assert entry["commit"]
    assert provenance.stale(folder, present()) == {"05_verify_solver": ["05_budget.png"]}
    provenance.record("report", "05_verify_solver", 1)
    assert provenance.stale(folder, present()) == {}
    assert provenance.verify() == 0


def test_trainings_that_a_stopped_run_had_finished_count_as_the_longer_case(folder):
    began = 1e9
    for stem, seconds, ended in (
        ("sharp_sinus", 5.0, began - 9), ("given_time_sinus", 7.0, began - 1),
        ("sharp_creneau", 11.0, began - 1), ("given_time_creneau", 90.0, began + 1),
        ("codes_sinus", 90.0, began - 1),
    ):  # fmt: skip
        path = folder.parent / "data" / f"{stem}_timing.csv"
        path.write_text(f"epoch,seconds\n1,{seconds}\n2,0.5\n", encoding="utf-8")
        os.utime(path, (ended, ended))
    assert provenance.trained_before("report", "06_sharpen_law", began) == 13.0
    assert provenance.trained_before("report", "05_verify_solver", began) == 0.0
    provenance.record("report", "06_sharpen_law", 12.3)
    entry = provenance.recorded(folder)["06_sharpen_law"]
    assert (entry["seconds"], entry["trained_before"], provenance.whole(entry)) == (12, 102, 114)


def test_of_a_training_that_was_stopped_the_epochs_before_the_stop_count(folder):
    began = 1e9
    path = folder.parent / "data" / "vae_sinus_timing.csv"
    path.write_text("epoch,seconds\n1,3.0\n2,4.0\n3,40.0\n4,50.0\n", encoding="utf-8")
    os.utime(path, (began + 91, began + 91))
    assert provenance.trained_before("report", "02_train_sinus", began) == 3.0
    assert provenance.trained_before("report", "02_train_sinus", began + 2) == 7.0


def test_the_committed_results_are_of_the_present_code(capsys):
    assert provenance.verify() == 0, capsys.readouterr().out


def test_every_notebook_has_a_record_of_its_run_and_of_all_that_it_made():
    folder = ROOT / "figures" / "report"
    entries, made = provenance.recorded(folder), provenance.results(folder)
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
    assert set(entries) == notebooks
    for name, paths in made.items():
        assert {path.name for path in paths} == set(entries[name]["made"])
    assert {path.name for path in folder.iterdir()} - {provenance.NAME} == {
        path.name for paths in made.values() for path in paths if path.parent == folder
    }


def test_the_commit_of_a_run_is_dirty_by_more_than_its_results(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert provenance._commit() == "not in git"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for name in ("figures/report/a.csv", "models/report/a.keras", "burgers/a.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    for name in ("figures/report/a.csv", "models/report/a.keras"):
        (tmp_path / name).write_text("made", encoding="utf-8")
    clean = provenance._commit()
    (tmp_path / "burgers" / "a.py").write_text("changed", encoding="utf-8")
    assert provenance._commit() == f"{clean}-dirty"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance._commit() == "not in git"


def test_an_edited_a_missing_and_an_outdated_result_are_named(folder, capsys):
    (folder / "05_budget.png").unlink()
    (folder / "06_scores.png").write_bytes(b"painted")
    (folder / "table_distributions.csv").unlink()
    assert provenance.verify() == 1
    said = capsys.readouterr().out
    assert "make build/report/06_sharpen_law.ipynb" in said
    assert "06_scores.png, table_distributions.csv" in said
    provenance.record("report", "06_sharpen_law", 1)
    assert provenance.stale(folder, present()) == {}
    other = present() | {"06_sharpen_law": "0"}
    assert set(provenance.stale(folder, other)["06_sharpen_law"]) == {
        "06_scores.png",
        *MODELS_OF_06,
    }


def test_what_is_no_command_is_explained(capsys):
    assert provenance.main(["forget"]) == 2
    assert "verify" in capsys.readouterr().err
