"""Kill `make quick` at random moments, call it again, and compare with a run that was not killed.

    python tests/torture.py --kills 20 --seed 0 --profile quick

Everything happens in a copy of what git tracks. Files whose name says `timing` measure the machine
and are not compared. Exits with 1 if a rerun fails, or leaves a file that is different, missing or
too much.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
MADE = ("build", "data", "figures")
# All that make starts inherits it: kernels and their workers are no children of make's group.
MARK = "BURGERS_TORTURE"


@dataclass(frozen=True)
class Kill:
    """What became of a run that was killed and called again.

    second : when it was killed; running : the notebooks it was in; seconds : of the rerun; log :
    its last lines if it failed; differences : files that are not those of the reference.
    """

    second: float
    running: list[str]
    seconds: float
    log: str
    differences: list[str]

    @property
    def same(self):
        """Whether the rerun completed with the bytes of the reference."""
        return not self.log and not self.differences


def copy_tracked(tree):
    """Copy the files that git tracks, as they are in the working tree, and the compiled kernels."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        # What make makes is made anew; of a deleted file git knows until it is committed.
        if not name.startswith("figures/") and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    for cached in (ROOT / "burgers").rglob("__pycache__/*.nb[ci]"):
        place = tree / cached.relative_to(ROOT)
        place.parent.mkdir(exist_ok=True)
        # With its time, by which numba knows that it is of the same source.
        shutil.copy2(cached, place)


def start(tree, goal):
    """Start make on a goal, a tuple of its arguments, in a session of its own."""
    environment = {**os.environ, "PYTHONPATH": str(tree), MARK: str(tree)}
    # Called from make, this script must not pass that one's options on.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    with (tree / "make.log").open("wb") as log:
        return subprocess.Popen(
            ["make", *goal, f"PYTHON={sys.executable}"], cwd=tree, env=environment,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def processes(tree):
    """Every process that was started, directly or not, by make in this tree."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(tree):
                found.append(process)
        except psutil.Error:
            continue
    return found


def kill(tree, make):
    """SIGKILL make and all that it started, wherever it is."""
    while alive := processes(tree):
        for process in alive:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(alive, timeout=5)
    make.wait()


def running(tree):
    """The notebooks in progress."""
    return sorted(path.name.split(".")[0] for path in tree.glob("build/*/*.part.ipynb"))


def complete(tree, goal):
    """Run make to its end: the seconds it took, and its last lines where it failed."""
    begin, make = time.perf_counter(), start(tree, goal)
    try:
        failed = make.wait() != 0
    finally:
        kill(tree, make)
    log = (tree / "make.log").read_text(encoding="utf-8")[-2000:] if failed else ""
    return time.perf_counter() - begin, log


def digests(tree):
    """A digest of every file of data and figures, and for executed notebooks that they are there.

    Executed notebooks hold the times at which their cells ran, and a provenance how long they took.
    """
    found = {}
    for path in sorted(path for folder in MADE for path in (tree / folder).rglob("*")):
        if path.is_file() and "timing" not in path.name and path.name != "provenance.json":
            name = str(path.relative_to(tree))
            content = b"" if name.startswith("build/") else path.read_bytes()
            found[name] = hashlib.sha256(content).hexdigest()
    return found


def clear(tree):
    """Remove all that make has made."""
    for folder in MADE:
        shutil.rmtree(tree / folder, ignore_errors=True)


def torture(tree, goal, kills, seed):
    """Run the goal once to its end, then again and again, killed on the way: yields a `Kill` each.

    The moments are uniform over the time of the first run, and functions of the seed.
    """
    copy_tracked(tree)
    clear(tree)
    whole, log = complete(tree, goal)
    if log:
        raise RuntimeError(f"make {' '.join(goal)} failed without a kill:\n{log}")
    reference = digests(tree)
    for second in whole * np.random.default_rng(seed).random(kills):
        while (within := killed(tree, goal, second)) is None:
            # It had ended: the machine was slower when the time was taken.
            second *= 0.9
        yield called_again(tree, goal, second, within, reference)


def killed(tree, goal, second=0.0, begun=lambda: True):
    """Start anew, kill make after some seconds: the notebooks it was in, None if it had ended.

    The kill waits until what it is meant to interrupt has `begun`. RuntimeError if make had failed
    by itself.
    """
    clear(tree)
    make = start(tree, goal)
    with contextlib.suppress(subprocess.TimeoutExpired):
        make.wait(timeout=second)
    while make.poll() is None and not begun():
        time.sleep(0.05)
    within, ended = running(tree), make.poll()
    kill(tree, make)
    if ended:
        log = (tree / "make.log").read_text(encoding="utf-8")
        raise RuntimeError(f"make failed before it was killed:\n{log}")
    return within if ended is None else None


def called_again(tree, goal, second, inside, reference):
    """Call a killed make again, to the end, and compare with a reference."""
    seconds, log = complete(tree, goal)
    found = digests(tree)
    names = reference.keys() | found.keys()
    different = sorted(name for name in names if reference.get(name) != found.get(name))
    return Kill(second, inside, seconds, log, different)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--folder", type=Path, help="where to work, kept; default: a temporary one")
    options = parser.parse_args()
    goal = ("-j2", "notebooks", f"PROFILE={options.profile}")
    with tempfile.TemporaryDirectory() as temporary:
        tree = (options.folder or Path(temporary)).resolve()
        tree.mkdir(parents=True, exist_ok=True)
        good = 0
        for number, found in enumerate(torture(tree, goal, options.kills, options.seed), 1):
            good += found.same
            print(
                f"kill {number} at {found.second:.1f} s, in {', '.join(found.running) or 'none'}: "
                f"called again, {found.seconds:.0f} s, "
                + ("the same bytes" if found.same else "NOT the same"),
                *found.differences, *found.log.splitlines(), sep="\n    ", flush=True,
            )  # fmt: skip
    print(f"{good} of {options.kills} kills left no trace")
    return good < options.kills


if __name__ == "__main__":
    sys.exit(main())
