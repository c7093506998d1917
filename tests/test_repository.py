"""What must agree with what: the lock, the conda environment, the notebooks, the imports."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch

import pytest
import yaml
from packaging.requirements import Requirement

from burgers._version import __version__
from burgers.paths import KINDS, ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
BENCH_LOCK = (ROOT / "benchmarks" / "requirements.txt").read_text(encoding="utf-8")


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(lock=LOCK):
    """The locked versions of each package: several where they depend on the Python version."""
    versions = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", lock, flags=re.MULTILINE):
        versions.setdefault(name, []).append(version)
    return versions


def test_every_dependency_is_locked_at_an_accepted_version():
    lines = {LOCK: project()["dependencies"], BENCH_LOCK: []}
    for extra, wanted in project()["optional-dependencies"].items():
        lines[BENCH_LOCK if extra == "bench" else LOCK] += wanted
    for lock, wanted in lines.items():
        for requirement in map(Requirement, wanted):
            versions = locked(lock).get(requirement.name)
            assert versions, f"{requirement} is not locked"
            assert all(version in requirement.specifier for version in versions), requirement


def test_make_lock_resolves_every_extra():
    extras = re.findall(r"--extra (\w+)", MAKEFILE)
    assert sorted(extras) == sorted(project()["optional-dependencies"])


def test_what_installs_the_lock_is_taken_from_the_lock():
    # As the Makefile has it: from the line of uv to the comment below its hashes.
    (block,) = re.findall(r"^uv==.*?# via", LOCK, flags=re.MULTILINE | re.DOTALL)
    first, *hashes, comment = (line.strip(" \\") for line in block.splitlines())
    assert re.fullmatch(r"uv==[\d.]+", first)
    assert comment == "# via"
    assert hashes
    assert all(line.startswith("--hash=sha256:") for line in hashes)
    assert "sed -n '/^uv==/,/# via/p' requirements.txt" in MAKEFILE


def test_packages_of_both_locks_have_the_same_versions():
    main, other = locked(), locked(BENCH_LOCK)
    common = main.keys() & other.keys()
    assert "numpy" in common
    assert {name: main[name] for name in common} == {name: other[name] for name in common}


def test_the_lock_pins_hashes_and_names_no_registry():
    assert "://" not in LOCK + BENCH_LOCK
    blocks = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


def test_conda_environment_installs_the_lock_on_an_accepted_python():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == project()["name"]
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    python = next(entry for entry in conda if entry.startswith("python="))
    version = python.removeprefix("python=")
    assert version in Requirement(f"python{project()['requires-python']}").specifier
    assert "-r requirements.txt" in pip


def test_citation_has_the_version_and_credits_the_report():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert "Untz" in json.dumps(citation["references"], ensure_ascii=False)
    assert citation["license"] == project()["license"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in project()["authors"]
    ]


def phony():
    """Every target of make that is no file."""
    text = MAKEFILE.replace("\\\n", " ")
    return set(re.search(r"^\.PHONY: (.*)", text, flags=re.MULTILINE)[1].split())


def test_make_help_tells_of_every_target():
    command = ["make", "--no-print-directory", "help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    entries = re.findall(r"^  ([a-z]+) +\S", told.stdout, flags=re.MULTILINE)
    assert sorted(entries) == sorted(phony())
    assert max(map(len, told.stdout.splitlines())) <= 100


def test_make_clean_leaves_what_is_not_made(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    kept = ["data/README.md", "figures/report/table_moments.csv", "data/mine/densities.npy"]
    made = ["data/quick/final_sinus.npy", "data/report/vae_sinus.keras", "build/quick/01.ipynb"]
    for name in kept + made:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, check=True)
    assert all((tmp_path / name).is_file() for name in kept)
    assert not any((tmp_path / name).exists() for name in made)


def test_the_page_of_data_is_kept_and_data_are_not():
    # Outside of a checkout there is nothing to ignore.
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a checkout of git")
    names = ["data/README.md", "data/quick/final_sinus.npy"]
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", *names], cwd=ROOT, capture_output=True, text=True
    )
    assert asked.stdout.split() == names[1:]


def test_the_page_of_data_tells_of_every_kind_of_file():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    rows = [re.findall(r"`([\w.*]+)`", line) for line in text.splitlines() if line[:1] == "|"]
    for template, _, notebooks in KINDS.values():
        name = template.format(case="sinus", time="0.4", k=0)
        made_by = notebooks["sinus"] if isinstance(notebooks, dict) else notebooks
        told = [row for row in rows if any(fnmatch(name, pattern) for pattern in row)]
        assert any(made_by in row for row in told), name


def workflows():
    folder = ROOT / ".github" / "workflows"
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.yml"))
    }


def test_workflows_call_make_on_accepted_pythons():
    accepted = Requirement(f"python{project()['requires-python']}").specifier
    assert {"tests", "site", "nbval"} <= workflows().keys()
    for name, workflow in workflows().items():
        for job in workflow["jobs"].values():
            assert "timeout-minutes" in job or job["permissions"], name
            pythons = job.get("strategy", {}).get("matrix", {}).get("python", [])
            for step in job["steps"]:
                version = step.get("with", {}).get("python-version", "")
                pythons += [version] if version[:1].isdigit() else []
                command = step.get("run", "make help").split()
                assert command[0] == "make", name
                assert command[1] in phony(), name
            assert all(f"{version}.0" in accepted for version in pythons), name


def test_hooks_run_the_ruff_of_the_lock():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = [hook["entry"] for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]
    assert len(entries) == 2
    assert all(entry.startswith(".venv/bin/python -m ruff") for entry in entries)


def test_classifiers_are_of_the_accepted_pythons():
    accepted = Requirement(f"python{project()['requires-python']}").specifier
    told = re.findall(r"Python :: (3\.\d+)", " ".join(project()["classifiers"]))
    assert told == [f"3.{n}" for n in range(30) if f"3.{n}.0" in accepted]


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "data/README.md"])
def test_commands_and_files_that_a_page_names_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"\bmake ([a-z]+)\b(?=[ `\n])", text)) <= phony()
    for path in re.findall(r"`((?:burgers|tests|notebooks|figures|docs)/[\w./]*)`", text):
        # Tests of a room that has none yet.
        assert (ROOT / path).exists() or path.startswith("tests/"), path


def test_importing_burgers_stays_light():
    check = "import sys, burgers; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "matplotlib.pyplot"} & set(done.stdout.split())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_told_and_stored_as_they_should_be(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in code]
    assert cells[0]["cell_type"] == "markdown"
    assert "parameters" in code[0]["metadata"]["tags"]
    assert sources[0] == 'profile = "quick"\nseed = 0'
    assert not any(re.search(r"^\s*(def|class) ", source, flags=re.MULTILINE) for source in sources)
    assert all(cell["execution_count"] for cell in code)
    errors = [o for cell in code for o in cell["outputs"] if o["output_type"] == "error"]
    assert not errors


def test_text_is_read_and_written_as_utf_8_wherever_it_runs():
    # README and docstrings have Greek letters, which not every locale knows.
    plain = re.compile(r"\.(read_text\(\)|write_text\((?!.*encoding)|open\(\"w\"\))")
    folders = [ROOT / name for name in ("burgers", "docs", "benchmarks", "tests")]
    for path in [path for folder in folders for path in folder.rglob("*.py")]:
        found = plain.findall(path.read_text(encoding="utf-8"))
        assert not [text for text in found if path.name != "test_repository.py"], path
