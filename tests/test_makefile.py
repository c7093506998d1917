"""What make does again when something changes: enough, and no more."""

import os
import re
import shutil
import subprocess

import pytest

from burgers.paths import ROOT, remedy

NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("0*.ipynb"))
GENERATE, SINUS, CRENEAU, COMPARE, VERIFY, SHARPEN, REDUCE = NAMES


@pytest.fixture
def built(tmp_path):
    """A copy of the tree in which every notebook has just been run."""
    for folder in ("burgers", "notebooks"):
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


def test_a_second_call_runs_nothing(built):
    assert planned(built) == []


@pytest.mark.parametrize("module", ["plots.py", "style.mplstyle", "moments.py", "judges.py"])
def test_a_change_of_figures_or_measures_does_not_retrain(built, module):
    assert planned(built, f"burgers/{module}") == [COMPARE, VERIFY, SHARPEN, REDUCE]


def test_a_change_of_the_claims_leaves_the_sharper_models(built):
    assert planned(built, "burgers/claims.py") == [COMPARE, VERIFY]


@pytest.mark.parametrize("module", ["exact.py", "cole_hopf.py", "jump.py", "quadrature.py"])
def test_a_change_of_the_exact_law_leaves_the_sharper_models(built, module):
    assert planned(built, f"burgers/{module}") == [COMPARE, VERIFY, REDUCE]


@pytest.mark.parametrize("module", ["sharpening.py", "law_plots.py"])
def test_a_change_of_the_sharper_law_runs_it_alone(built, module):
    assert planned(built, f"burgers/{module}") == [SHARPEN]


@pytest.mark.parametrize("module", ["sigma_vae.py", "latent.py", "flow.py"])
def test_a_change_of_the_sharper_models_runs_what_uses_them(built, module):
    assert planned(built, f"burgers/{module}") == [SHARPEN, REDUCE]


@pytest.mark.parametrize(
    "module",
    ["fronts.py", "reduced.py", "examples.py", "surrogates.py", "trajectories.py", "propagation.py",
     "time_judges.py", "cost.py", "time_plots.py"],
)  # fmt: skip
def test_a_change_of_the_reduced_models_runs_them_alone(built, module):
    assert planned(built, f"burgers/{module}") == [REDUCE]


def test_a_change_of_the_verification_runs_it_alone(built):
    assert planned(built, "burgers/verification.py") == [VERIFY]


@pytest.mark.parametrize(
    "module",
    ["vae.py", "environment.py", "evaluation.py", "training.py", "checkpoints.py", "stored.py"],
)
def test_a_change_of_the_model_retrains_but_does_not_solve_again(built, module):
    assert planned(built, f"burgers/{module}") == NAMES[1:]


@pytest.mark.parametrize(
    "module",
    ["solver.py", "kernels.py", "stiff.py", "compiled.py", "cases.py", "dataset.py", "chunked.py",
     "store.py", "profiles.py"],
)  # fmt: skip
def test_a_change_of_the_data_runs_everything(built, module):
    assert planned(built, f"burgers/{module}") == NAMES


def test_a_change_of_one_training_leaves_the_other(built):
    assert planned(built, f"notebooks/{SINUS}.ipynb") == [SINUS, COMPARE, VERIFY, SHARPEN]


@pytest.mark.parametrize(
    ("name", "notebook"),
    [("final_sinus.zarr", GENERATE), ("0.2_final_creneau.npy", GENERATE),
     ("vae_sinus.keras", SINUS), ("vae_creneau.keras", CRENEAU), ("sharp_sinus_0.keras", SHARPEN),
     ("given_time_creneau.keras", SHARPEN), ("codes_sinus.keras", REDUCE),
     ("inner_codes_sinus.keras", REDUCE)],
)  # fmt: skip
def test_the_command_that_a_damaged_file_names_runs_what_makes_it(built, name, notebook):
    command = re.search("`(.*)`", remedy(built / "data" / "quick" / name))[1]
    assert planned(built, goal=command) == [notebook]
