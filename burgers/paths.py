"""Paths of the data, figures and trained models of a profile, and the commands that make them."""

import os
from pathlib import Path

import pandas as pd

from burgers import _files as files
from burgers._source import SOURCE, is_checkout
from burgers.problems import CASES
from burgers.profiles import PROFILES

# For each kind of file in data/<profile>: its name, and the make target and notebook that make it.
KINDS: dict[str, tuple[str, str, str | dict[str, str]]] = {
    "ensemble": ("final_{case}.zarr", "data", "01_generate"),
    "pool": ("pool_{case}.zarr", "data", "01_generate"),
    "pool at one time": ("{time}_final_{case}.zarr", "data", "01_generate"),
    "report": (
        "vae_{case}.keras",
        "train",
        {"sinus": "02_train_sinus", "creneau": "03_train_creneau"},
    ),
    "sharp": ("sharp_{case}.keras", "notebooks", "06_sharpen_law"),
    "given time": ("given_time_{case}.keras", "notebooks", "06_sharpen_law"),
    "scheduled": ("scheduled_{case}.keras", "notebooks", "06_sharpen_law"),
    "weighted": ("weighted_{case}.keras", "notebooks", "06_sharpen_law"),
    "codes": ("codes_{case}.keras", "notebooks", "07_reduced_model"),
    "autonomous": ("autonomous_{case}.keras", "notebooks", "07_reduced_model"),
    "reduced": ("reduced_{case}.keras", "notebooks", "07_reduced_model"),
    "pod": ("pod_{case}.keras", "notebooks", "07_reduced_model"),
    "one shot": ("one_shot_{case}.keras", "notebooks", "07_reduced_model"),
    "inner codes": ("inner_codes_{case}.keras", "notebooks", "07_reduced_model"),
    "inner": ("inner_{case}.keras", "notebooks", "07_reduced_model"),
}


# Kinds of models that come with the package, as trained at the sizes of the report profile.
SHIPPED = ("report", "sharp", "given time", "reduced")
# By the name that they are loaded by: kind and case.
SHIPPED_NAMES = {
    f"{kind.replace(' ', '_')}/{case}": (kind, case) for kind in SHIPPED for case in CASES
}

# The working directory for an installed package, beside which nothing is written.
ROOT = SOURCE if is_checkout(SOURCE) else Path()
# The models that come with the package: an installation has them inside it.
MODELS = SOURCE / ("models/report" if is_checkout(SOURCE) else "burgers/shipped")


def data(profile: str) -> Path:
    """The folder of a profile's ensembles, models and training histories."""
    return ROOT / "data" / profile


def stored(folder: str | os.PathLike[str], kind: str, case: str, **which: object) -> Path:
    """The path of a data file of a profile.

    Parameters
    ----------
    folder : the profile's data folder, see `data`.
    kind : one of `KINDS`.
    case : name of the case, "sinus" or "creneau".
    which : `time` for a pool at one time.
    """
    name, _, _ = KINDS[kind]
    return Path(folder) / name.format(case=case, **which)


def shipped(name: object) -> Path | None:
    """The file of a model that comes with the package, of a name such as "report/sinus".

    None for anything but one of `SHIPPED_NAMES`.
    """
    if not isinstance(name, str) or name not in SHIPPED_NAMES:
        return None
    return stored(MODELS, *SHIPPED_NAMES[name])


def figures(profile: str) -> Path:
    """The folder of a profile's figures and tables."""
    return ROOT / "figures" / profile


def save_table(table: pd.DataFrame, path: str | os.PathLike[str], digits: int = 4) -> None:
    """Write a table as CSV, without its index, completely or not at all.

    digits : significant digits of its numbers.

    Raises
    ------
    OSError
        Naming the file and how to make it again, if it cannot be written.
    """
    with files.written_whole(path) as part:
        table.to_csv(part, index=False, float_format=f"%.{digits}g")


@files.remedy_found_by
def remedy(path: str | os.PathLike[str]) -> str | None:
    """The command that makes a file of a profile again, as text; None for any other file.

    The command runs a single notebook even if nothing that it depends on has changed; an
    interrupted training is resumed from its checkpoint.
    """
    place = Path(path).absolute()
    folder, profile = place.parts[-3:-1] if len(place.parts) > 3 else ("", "")
    known = folder in ("data", "figures", "models") and profile in PROFILES
    if not (known and is_checkout(place.parents[2])):
        return None
    target, notebook = _made_by(place.name)
    again = f" -W notebooks/{notebook}.ipynb" if notebook else ""
    return f"make it again with `make {target} PROFILE={profile}{again}`"


def _made_by(name: str) -> tuple[str, str | None]:
    """The make target and the notebook that make a file of a profile, by the start of its name."""
    if name.endswith((".zarr", ".npy")):
        return "data", "01_generate"
    for pattern, target, notebook in KINDS.values():
        start, _, _ = pattern.partition("{case}")
        if start and name.startswith(start):
            if not isinstance(notebook, dict):
                return target, notebook
            case = name.removeprefix(start).partition(".")[0].partition("_")[0]
            return target, notebook.get(case)
    return "notebooks", None
