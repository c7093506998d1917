"""How long the notebooks will take on this machine, by what the recorded run took.

    python docs/expected.py begin PROFILE JOBS GOAL
    python docs/expected.py left PROFILE JOBS NOTEBOOK GOAL

`begin` is called by make before the first notebook: it times a matrix product, and prints how long
all that has to run for a goal of make is expected to take. `left` is called when a notebook begins,
and prints its name and how long it and the rest will take. Where one of the notebooks was not
recorded, no time is told.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from time import time

import provenance

from burgers.paths import ROOT, figures

SPEED = ".speed"


def waiting(profile: str, goal: str) -> list[str]:
    """The notebooks that make would run now for a goal, those that are running among them."""
    command = ["make", "-n", goal, f"PROFILE={profile}", f"PYTHON={sys.executable}"]
    # The flags of a make that this one is called by would give it that one's jobs.
    free = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    said = subprocess.run(command, cwd=ROOT, env=free, capture_output=True, text=True).stdout
    return re.findall(rf'echo "{profile}: (\w+)"', said)


def length(seconds: dict[str, float], before: dict[str, set[str]], jobs: int) -> float:
    """Seconds until the last of some notebooks has ended, of which `jobs` at a time can run.

    Parameters
    ----------
    seconds : of each notebook, in the order in which make begins them.
    before : of each notebook those that have to end first; others than these are ignored.
    jobs : >= 1.
    """
    now, running, left = 0.0, {}, dict(seconds)
    while left or running:
        held = left.keys() | running.keys()
        ready = [name for name in left if not before[name] & held]
        for name in ready[: jobs - len(running)]:
            running[name] = now + left.pop(name)
        now = min(running.values())
        running = {name: end for name, end in running.items() if end > now}
    return now


def remaining(profile: str, goal: str, speed: float) -> dict[str, float]:
    """Seconds that each notebook that has to run for a goal will still take on this machine.

    speed: seconds of `provenance.matrix_product` here. Empty if one of them was not recorded.
    """
    entries, found = provenance.recorded(figures(profile)), {}
    names = waiting(profile, goal) if entries else []
    if not set(names) <= entries.keys():
        return {}
    for name in names:
        seconds = provenance.whole(entries[name])
        began = _stamp(profile, name)
        passed = time() - began.stat().st_mtime if began.exists() else 0.0
        found[name] = max(seconds * speed / provenance.least_product(entries, name) - passed, 0.0)
    return found


def said(seconds: float) -> str:
    """A duration as text: "about 25 minutes"."""
    minutes = max(round(seconds / 60), 1)
    return f"about {minutes} minute{'s' if minutes > 1 else ''}"


def _folder(profile):
    return ROOT / "build" / profile


def _stamp(profile, name):
    """The file whose date tells when a notebook began."""
    return _folder(profile) / f".{name}"


def together(found: dict[str, float], profile: str, jobs: int) -> float:
    """`length` of notebooks that wait for each other as make knows it."""
    known = provenance.needs(profile=profile, also_waits=True)
    before = {
        name: {Path(part).stem for part in known[name] if part.startswith("build/")}
        for name in found
    }
    return length(found, before, jobs)


def begin(profile: str, jobs: int, goal: str) -> None:
    """Time this machine, and print how long all that has to run for a goal will take."""
    folder = _folder(profile)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(".[0-9]*"):
        old.unlink()
    speed = provenance.matrix_product()
    (folder / SPEED).write_text(f"{speed}\n", encoding="utf-8")
    if found := remaining(profile, goal, speed):
        text = said(together(found, profile, jobs))
        print(f"{profile}: {len(found)} notebooks, {text} on this machine")


def left(profile: str, jobs: int, name: str, goal: str) -> None:
    """Print how long a notebook that begins now and the rest will take."""
    speed, text = _folder(profile) / SPEED, f"{profile}: {name}"
    known = float(speed.read_text(encoding="utf-8")) if speed.exists() else None
    if known and (found := remaining(profile, goal, known)):
        text += f", {said(found[name])}; {said(together(found, profile, jobs))} left"
    print(text, flush=True)
    _stamp(profile, name).touch()


def main(arguments: list[str]) -> int:
    match arguments:
        case ["begin", profile, jobs, goal]:
            begin(profile, int(jobs), goal)
            return 0
        case ["left", profile, jobs, name, goal]:
            left(profile, int(jobs), name, goal)
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
