"""The wheel: it has every file, and imports and solves where the sources are not."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

import burgers
from burgers._version import __version__
from burgers.paths import ROOT

ELSEWHERE = """
import json, burgers, burgers.moments, burgers.vae
density = burgers.solve(burgers.SINUS.initial(40), 100.0, 0.1, boundary="periodic")
print(json.dumps({
    "package": burgers.__file__,
    "vae": burgers.vae.__file__,
    "version": burgers.__version__,
    "mass": density.mean(),
    "largest": density.max(),
    "results": len(burgers.results()),
    "generated": burgers.vae.load("report/sinus").generate(3).shape,
}))
"""


def call(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, as setuptools writes into the tree that it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(
        ROOT / "burgers", folder / "burgers", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("leaderboard", "models"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", folder, cwd=folder)
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """The interpreter of an environment with the wheel, and this one's packages behind it."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    base = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=base))
    python = Path(sysconfig.get_path("scripts", "venv", vars=base)) / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install"]
    call(*pip, "--no-deps", "--no-index", wheel)
    # A folder named in a .pth file comes last on the path, and its own .pth files are not read:
    # the sources, which are installed here by one, stay out of sight.
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "behind.pth").write_text("\n".join(paths), encoding="utf-8")
    keep_compiled(site)
    return python


def keep_compiled(site):
    """Give the installed package the loops as compiled here: anew they take half a minute."""
    burgers.solve(burgers.SINUS.initial(40), 100.0, 0.1, boundary="periodic")
    for path in (ROOT / "burgers").rglob("*.nb[ic]"):
        copy = site / path.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
    # They are known again by the size and the time of their source.
    for path in (site / "burgers").rglob("*.py"):
        source = (ROOT / path.relative_to(site)).stat()
        os.utime(path, ns=(source.st_atime_ns, source.st_mtime_ns))


def test_the_wheel_has_every_module_the_style_and_the_mark_of_types(wheel):
    folder = wheel.parent.parent
    sources = {
        path.relative_to(folder).as_posix()
        for path in (folder / "burgers").rglob("*")
        if path.suffix in (".py", ".mplstyle") or path.name == "py.typed"
    }
    sources |= {f"burgers/shipped/{path.name}" for path in (ROOT / "models/report").glob("*.keras")}
    sources |= {"burgers/leaderboard/results.csv"}
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == sources
    assert {"burgers/py.typed", "burgers/plots/style.mplstyle"} <= packed


def test_the_wheel_imports_and_solves_where_the_sources_are_not(elsewhere, tmp_path):
    # -I: neither the working folder nor PYTHONPATH.
    found = json.loads(call(elsewhere, "-I", "-c", ELSEWHERE, cwd=tmp_path))
    package = Path(found["package"]).parent
    assert package.is_relative_to(elsewhere.parent.parent)
    assert Path(found["vae"]) == package / "models" / "vae.py"
    assert (package / "plots" / "style.mplstyle").is_file()
    assert (package / "py.typed").is_file()
    assert found["version"] == __version__
    assert abs(found["mass"]) < 1e-12
    assert 0.5 < found["largest"] < 1.0
    assert found["results"] == len(burgers.results())
    assert found["generated"] == [3, 400]


# Modules by the requirement that they come with, where its name is another.
COMES_WITH = {"sklearn": "scikit-learn", "PIL": "matplotlib", "llvmlite": "numba",
              "arviz_stats": "arviz-stats", "aiohttp": "umbridge"}  # fmt: skip


def imported(path):
    """Modules of other projects that a file imports: when it is imported itself, and later."""
    tree, found = ast.parse(path.read_text(encoding="utf-8")), [[], []]
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
        found[node not in tree.body] += [name.partition(".")[0] for name in names]
    own = {"burgers", *sys.stdlib_module_names}
    return [{COMES_WITH.get(name, name) for name in names if name not in own} for names in found]


def test_what_is_imported_is_required():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def named(requirements):
        return {re.match(r"[\w-]+", requirement)[0] for requirement in requirements}

    required = named(project["dependencies"])
    extras = {name: named(lines) for name, lines in project["optional-dependencies"].items()}
    found = {path: imported(path) for path in (ROOT / "burgers").rglob("*.py")}
    used = set()
    for path, (at_once, later) in found.items():
        shown = extras["explore"] if "explore" in path.parts else set()
        assert at_once <= required | shown, path
        assert later <= required.union(*extras.values()), path
        used |= at_once | later
    assert required <= used
