"""What make does again when something changes: enough, and no more."""

import os
import re
import shutil
import subprocess

import pytest

from burgers.paths import ROOT, remedy

NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
GENERATE, SINUS, CRENEAU, COMPARE, VERIFY, SHARPEN, REDUCE, PUBLISHED, BOARD, INFER = NAMES


@pytest.fixture
def built(tmp_path):
    """A copy of the tree in which every notebook has just been run."""
    for folder in ("burgers", "notebooks", "benchmarks", "leaderboard"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "Makefile", tmp_path)
    build = tmp_path / "build" / "quick"
    build.mkdir(parents=True)
    for path in tmp_path.rglob("*.*"):
        os.utime(path, (1000, 1000))
    for age, name in enumerate(NAMES):
        (build / f"{name}.ipynb").touch()
        os.utime(build / f"{name}.ipynb", (2000 + age, 2000 + age))
    return tmp_path


def planned(tree, touched=None, goal="make notebooks PROFILE=quick"):
    """The notebooks that make would run after `touched` changed."""
    if touched:
        os.utime(tree / touched, (3000, 3000))
    command = [*goal.split(), "--dry-run", "PYTHON=python3"]
    plan = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    return sorted(set(re.findall(r'echo "quick: (\w+)"', plan)))


def test_the_reports_part_is_what_leads_to_its_figures(built):
    shutil.rmtree(built / "build")
    goal = "make build/quick/04_compare_moments.ipynb PROFILE=quick"
    assert planned(built, goal=goal) == [GENERATE, SINUS, CRENEAU, COMPARE]
    said = subprocess.run(
        ["make", "-n", "report", "PYTHON=python3"], cwd=built, capture_output=True, text=True
    )
    assert "build/report/04_compare_moments.ipynb PROFILE=report" in said.stdout


def test_a_second_call_runs_nothing(built):
    assert planned(built) == []


@pytest.mark.parametrize(
    "module", ["plots/figures.py", "plots/style.mplstyle", "metrics/moments.py"]
)
def test_a_change_of_figures_or_measures_does_not_retrain(built, module):
    assert planned(built, f"burgers/{module}") == [
        COMPARE, VERIFY, SHARPEN, REDUCE, PUBLISHED, BOARD, INFER
    ]  # fmt: skip


def test_a_change_of_the_exact_law_leaves_the_reports_models(built):
    assert planned(built, "burgers/exact/cole_hopf.py") == [
        COMPARE, VERIFY, SHARPEN, REDUCE, PUBLISHED, BOARD, INFER
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("study", "again"),
    [("claims", [COMPARE, VERIFY]), ("verification", [VERIFY]),
     ("generative", [COMPARE, VERIFY, SHARPEN, INFER]),
     ("generative_data", [SHARPEN, INFER]), ("generative_scores", [SHARPEN, INFER]),
     ("generative_neighbours", [SHARPEN, INFER]),
     ("forecasting", [REDUCE, INFER]), ("forecast_errors", [REDUCE, INFER]),
     ("dressing", [REDUCE, INFER]), ("later_start", [REDUCE, INFER]),
     ("cost", [REDUCE, INFER]), ("levels", [REDUCE, INFER]),
     ("multilevel", [REDUCE, INFER]),
     ("published", [PUBLISHED]), ("documented_schemes", [PUBLISHED]),
     ("judging", [BOARD]), ("board_entrants", [BOARD]), ("ranking", [BOARD]),
     ("inference", [INFER]), ("inference_scores", [INFER]), ("inference_densities", [INFER]),
     ("inference_solutions", [INFER])],
)  # fmt: skip
def test_a_change_of_a_study_runs_its_notebook_and_those_that_use_its_models(built, study, again):
    assert planned(built, f"burgers/studies/{study}.py") == again


@pytest.mark.parametrize("module", ["vae.py", "_keras.py", "checkpoints.py", "latent_ode.py"])
def test_a_change_of_the_models_retrains_but_does_not_solve_again(built, module):
    assert planned(built, f"burgers/models/{module}") == [
        name for name in NAMES[1:] if name != PUBLISHED
    ]


@pytest.mark.parametrize(
    "module",
    ["solver/kernels.py", "problems/report.py", "ensembles/dataset.py", "profiles.py", "_files.py"],
)
def test_a_change_of_the_data_runs_everything(built, module):
    # What is published is solved on the spot, not read from ensembles.
    skipped = {"ensembles": (PUBLISHED,)}.get(module.split("/")[0], ())
    expected = [name for name in NAMES if name not in skipped]
    assert planned(built, f"burgers/{module}") == expected


def test_a_change_of_one_training_leaves_the_other(built):
    assert planned(built, f"notebooks/{SINUS}.ipynb") == [SINUS, COMPARE, VERIFY, SHARPEN, INFER]


@pytest.mark.parametrize(
    ("name", "notebook"),
    [("final_sinus.zarr", GENERATE), ("0.2_final_creneau.npy", GENERATE),
     ("vae_sinus.keras", SINUS), ("vae_creneau.keras", CRENEAU), ("sharp_sinus.keras", SHARPEN),
     ("given_time_creneau.keras", SHARPEN), ("codes_sinus.keras", REDUCE),
     ("inner_codes_sinus.keras", REDUCE)],
)  # fmt: skip
def test_the_command_that_a_damaged_file_names_runs_what_makes_it(built, name, notebook):
    command = re.search("`(.*)`", remedy(built / "data" / "quick" / name))[1]
    # What uses the models of 06 and 07 runs again as well.
    after = [INFER] if notebook in (SHARPEN, REDUCE) else []
    assert planned(built, goal=command) == [notebook, *after]
