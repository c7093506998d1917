"""What must agree with what: the lock, the conda environment, the notebooks, the imports."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from burgers._version import __version__
from burgers.paths import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
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


def test_packages_of_both_locks_have_the_same_versions():
    main, bench = locked(), locked(BENCH_LOCK)
    common = main.keys() & bench.keys()
    assert "numpy" in common
    assert {name: main[name] for name in common} == {name: bench[name] for name in common}


def test_the_lock_pins_hashes_and_names_no_registry():
    assert "://" not in LOCK + BENCH_LOCK
    blocks = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


def test_conda_environment_installs_the_lock_on_an_accepted_python():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
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


def test_readme_gallery_shows_every_committed_figure():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    figures = sorted((ROOT / "figures" / "report").glob("*.png"))
    assert len(figures) >= 20
    missing = [path.name for path in figures if f"figures/report/{path.name}" not in readme]
    assert not missing


def test_text_is_read_and_written_as_utf_8_wherever_it_runs():
    # README and docstrings have Greek letters, which not every locale knows.
    plain = re.compile(r"\.(read_text\(\)|write_text\((?!.*encoding)|open\(\"w\"\))")
    folders = [ROOT / name for name in ("burgers", "docs", "benchmarks", "tests")]
    for path in [path for folder in folders for path in folder.glob("*.py")]:
        found = plain.findall(path.read_text(encoding="utf-8"))
        assert not [text for text in found if path.name != "test_repository.py"], path
