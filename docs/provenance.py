"""Which run made each figure and table, and whether that run was of the present code.

    python docs/provenance.py state PROFILE NOTEBOOK
    python docs/provenance.py record PROFILE NOTEBOOK SECONDS [STATE]
    python docs/provenance.py verify

`state` is called by make before a notebook runs, and prints the digest of what it depends on.
`record` is called with it when the notebook has run, and writes provenance.json beside the figures
of the profile: of each notebook this digest, the commit, versions, processor, seconds and those of
a matrix product and an epoch to compare them with, and the digests of what it made. Where an
interrupted run was taken up again, the seconds of the trainings that it found finished stand beside
those of the notebook. Of the report profile it first copies the models that come with the package
to models/report, without their optimisers, and with the digest of what the run depended on.
`verify` names what is not of the present code in figures/report and models/report, with the command
that makes it again, and exits with 1 if there is any.
"""

import ast
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, time

import assemble
import nbformat
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from burgers import _files as files
from burgers.paths import KINDS, MODELS, ROOT, SHIPPED, data, figures, stored
from burgers.problems import CASES

LIBRARIES = ("numpy", "numba", "scipy", "tensorflow", "keras", "xarray", "matplotlib")
NAME = "provenance.json"
SUFFIXES = (".png", ".gif", ".csv")
# Beginnings of the names of profiles in `burgers.profiles`.
QUICK, REPORT = "QUICK", "REPORT"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def digest(*parts: str | bytes) -> str:
    """The first half of the SHA-256 of texts or bytes, in hexadecimal."""
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return found.hexdigest()[:32]


def meaning(source: str, without: tuple[str, ...] = ()) -> str:
    """What a Python module does, as text: without comments, docstrings and layout.

    without: beginnings of the names whose assignments at the top of the module are left out.
    """
    tree = ast.parse(source)
    tree.body = [
        node for node in tree.body
        if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith(without))
    ]  # fmt: skip
    return _plain(tree)


def _plain(node):
    if isinstance(node, list):
        return "[" + ",".join(map(_plain, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if ast.get_docstring(node, clean=False) if isinstance(node, DOCUMENTED) else None:
        fields["body"] = fields["body"][1:]
    # Empty fields differ between versions of Python.
    held = {name: value for name, value in fields.items() if value not in (None, [])}
    return f"{type(node).__name__}({','.join(f'{k}={_plain(v)}' for k, v in held.items())})"


@cache
def _of_file(path, profile):
    data = path.read_bytes()
    if path.suffix == ".py":
        # The sizes of the other profiles change nothing of this one's results.
        others = (QUICK if profile.startswith("report") else REPORT,)
        without = others if path.name == "profiles.py" else ()
        return digest(meaning(data.decode("utf-8"), without))
    if path.suffix == ".ipynb":
        cells = nbformat.reads(data.decode("utf-8"), 4).cells
        return digest(*(cell.source for cell in cells if cell.cell_type == "code"))
    return digest(data)


def needs(
    tree: Path = ROOT, profile: str = "report", also_waits: bool = False
) -> dict[str, list[str]]:
    """Of each notebook what it depends on, as make knows it: paths in the tree, and notebooks.

    also_waits: adds what only has to be there before it begins.
    """
    command = ["make", "-pnq", "notebooks", f"PROFILE={profile}", "PYTHON=python3"]
    said = subprocess.run(command, cwd=tree, capture_output=True, text=True).stdout
    lines = re.findall(
        rf"^build/{profile}/(\d\w+)\.ipynb: (?!\w+ :=)(.*)", said, flags=re.MULTILINE
    )
    # Nothing depends on what follows a bar.
    known = {
        name: (parts.replace("|", "") if also_waits else parts.partition("|")[0]).split()
        for name, parts in lines
    }
    # Of notebooks after the first that is out of date make does not say what its pattern adds.
    return {
        name: [*(part for part in parts if part != f"notebooks/{name}.ipynb"),
               f"notebooks/{name}.ipynb"]
        for name, parts in known.items()
    }  # fmt: skip


def state(
    name: str, known: dict[str, list[str]], tree: Path = ROOT, profile: str = "report"
) -> str:
    """The digest of all that a notebook depends on: its code, the package's, and notebooks before.

    known: of `needs`. Prose, comments, docstrings, stored outputs and the sizes of other profiles
    do not count.
    """
    found = []
    for part in sorted(known[name]):
        before = re.fullmatch(r"build/\w+/(\w+)\.ipynb", part)
        found.append(
            state(before[1], known, tree, profile) if before else _of_file(tree / part, profile)
        )
    return digest(*found)


def record(profile: str, name: str, seconds: float, depends_on: str | None = None) -> None:
    """Write what a notebook has just made, and from what, to the provenance of its profile.

    depends_on: `state` when it began; None for the present one.
    """
    folder = figures(profile)
    folder.mkdir(parents=True, exist_ok=True)
    depends_on = depends_on or state(name, needs(profile=profile), profile=profile)
    if profile == "report":
        ship(name, depends_on)
    made = {path.name: digest(path.read_bytes()) for path in results(folder).get(name, [])}
    entry = {
        "depends_on": depends_on, "commit": _commit(), "seconds": round(seconds),
        "matrix_product": matrix_product(), **_epoch(profile, name),
        "processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES}, "made": made,
    }  # fmt: skip
    if before := trained_before(profile, name, time() - seconds):
        entry["trained_before"] = round(before)
    # Not the lock of the file, which is held while it is written.
    with files.locked(folder / "entries"):
        entries = recorded(folder) | {name: entry}
        with files.written_whole(folder / NAME) as part:
            part.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def recorded(folder: Path) -> dict[str, dict]:
    """The entries of a provenance, by notebook; none where there is no file."""
    path = folder / NAME
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def matrix_product(size: int = 3000) -> float:
    """Seconds of a product of two matrices in single precision, on one core: the best of three."""
    matrix, taken = np.ones((size, size), dtype=np.float32), []
    with threadpool_limits(1):
        for _ in range(3):
            began = perf_counter()
            matrix @ matrix
            taken.append(perf_counter() - began)
    return round(min(taken), 4)


def least_product(entries: dict[str, dict], name: str) -> float:
    """The least seconds of `matrix_product` on the processor that ran a notebook.

    A product that was timed beside other work took longer.
    """
    return min(
        entry["matrix_product"] for entry in entries.values()
        if entry["processor"] == entries[name]["processor"]
    )  # fmt: skip


def trained_before(profile: str, name: str, began: float) -> float:
    """Seconds of the epochs that a notebook found trained when it began, and took up.

    The two cases are trained side by side, so these are the seconds of the longer one.
    """
    found = [0.0]
    for case in CASES:
        stems = [Path(file.format(case=case)).stem for _, file in _kinds_of(name, case)]
        timed = [path for stem in stems for path in data(profile).glob(f"{stem}*_timing.csv")]
        found.append(sum(_before(path, began) for path in timed))
    return max(found)


def _before(path, began):
    """Seconds of the epochs of a training that had ended at a time."""
    seconds = pd.read_csv(path).seconds
    # The file was written when the last epoch had ended.
    ended = path.stat().st_mtime - (seconds.sum() - seconds.cumsum())
    return float(seconds[ended < began].sum())


def whole(entry: dict) -> float:
    """Seconds of a recorded notebook with all of its trainings."""
    return entry["seconds"] + entry.get("trained_before", 0)


def _kinds_of(name, case):
    """Of each kind of model of a case that a notebook trains, the name and the pattern of files."""
    for kind, (file, _, maker) in KINDS.items():
        if file.endswith(".keras") and name == (maker[case] if isinstance(maker, dict) else maker):
            yield kind, file


def _epoch(profile, name):
    """Seconds of an epoch of the report's sinus training, of the notebook that makes it."""
    if name != KINDS["report"][2]["sinus"]:
        return {}
    model = stored(data(profile), "report", "sinus")
    timed = pd.read_csv(model.with_name(f"{model.stem}_timing.csv"))
    return {"epoch": round(float(timed.seconds.median()), 3)}


def shipped_by(name: str) -> dict[str, tuple[str, str]]:
    """The models of a notebook that come with the package: kind and case, by the file's name."""
    return {
        stored(MODELS, kind, case).name: (kind, case)
        for case in CASES for kind, _ in _kinds_of(name, case) if kind in SHIPPED
    }  # fmt: skip


def ship(name: str, run: str) -> None:
    """Copy the models of a notebook that come with the package to models/report."""
    for file, (kind, case) in shipped_by(name).items():
        # Not at the top: it loads TensorFlow, which is not needed to verify.
        from burgers.models import training

        training.ship(stored(data("report"), kind, case), MODELS / file, run)


def results(folder: Path) -> dict[str, list[Path]]:
    """The figures and tables in a folder, and of figures/report the models, by their notebook."""
    paths = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    books = {path.stem: nbformat.read(path, 4) for path in paths}
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in SUFFIXES and (maker := assemble.maker(path, books)):
            found.setdefault(maker[0], []).append(path)
    for name in books if folder == figures("report") else ():
        models = [path for file in shipped_by(name) if (path := MODELS / file).exists()]
        if models:
            found.setdefault(name, []).extend(models)
    return found


def stale(folder: Path, states: dict[str, str]) -> dict[str, list[str]]:
    """The results in a folder that are not those of the present code, by notebook.

    states: of each notebook the digest of what it depends on now. A result is of the present code
    if the run that made it depended on the same, and the file is what that run wrote.
    """
    entries, found = recorded(folder), {}
    for name, paths in results(folder).items():
        entry = entries.get(name, {"depends_on": None, "made": {}})
        same = entry["depends_on"] == states[name]
        found[name] = [
            path.name for path in paths
            if not same or entry["made"].get(path.name) != digest(path.read_bytes())
        ]  # fmt: skip
        found[name] += sorted(entry["made"].keys() - {path.name for path in paths})
    return {name: names for name, names in found.items() if names}


def verify() -> int:
    """Print which results of the report profile are not of the present code; 1 if any, else 0."""
    folder, known = figures("report"), needs()
    found = stale(folder, {name: state(name, known) for name in known})
    for name, names in found.items():
        print(f"not of the present code, `make build/report/{name}.ipynb` makes them again: "
              f"{', '.join(names)}")  # fmt: skip
    if not found:
        commits = sorted({entry["commit"] for entry in recorded(folder).values()})
        print(f"all results are of the present code, run at commits {', '.join(commits)}")
    return int(bool(found))


def _commit():
    """The commit of the working tree, and whether anything but results differs from it."""
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--", ".", ":!figures", ":!models")
    except (OSError, subprocess.CalledProcessError):
        return "not in git"
    return f"{found}-dirty" if changed else found


def _git(*command):
    found = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def _processor():
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*:\s*(.*)", text, flags=re.MULTILINE)
    return found[1] if found else platform.processor()


def main(arguments: list[str]) -> int:
    match arguments:
        case ["verify"]:
            return verify()
        case ["state", profile, name]:
            print(state(name, needs(profile=profile), profile=profile))
            return 0
        case ["record", profile, name, seconds, *known] if len(known) <= 1:
            record(profile, name, float(seconds), *known)
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
