"""Where the data, figures and trained models of a profile lie, and what makes them again."""

from pathlib import Path

from burgers import _files as files
from burgers.profiles import PROFILES

# Of each kind of file in data/<profile>: its name, and the target and the notebook that make it.
KINDS = {
    "ensemble": ("final_{case}.zarr", "data", "01_generate"),
    "pool": ("pool_{case}.zarr", "data", "01_generate"),
    "pool at one time": ("{time}_final_{case}.zarr", "data", "01_generate"),
    "report": (
        "vae_{case}.keras",
        "train",
        {"sinus": "02_train_sinus", "creneau": "03_train_creneau"},
    ),
    "sharp": ("sharp_{case}_{k}.keras", "notebooks", "06_sharpen_law"),
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


def is_checkout(folder):
    """Whether a folder is this repository, in which make makes files again."""
    return all((folder / part).is_file() for part in ("Makefile", "notebooks/01_generate.ipynb"))


_SOURCE = Path(__file__).resolve().parent.parent
# Beside an installed package nothing is written: then it is the working folder.
ROOT = _SOURCE if is_checkout(_SOURCE) else Path()


def data(profile):
    """Folder of a profile's ensembles, models and training histories."""
    return ROOT / "data" / profile


def stored(folder, kind, case, **which):
    """The path of a file in a profile's folder of data, by its kind (see `KINDS`) and its case.

    which : `time` of a pool at one time, `k` of a sharper auto-encoder.
    """
    name, _, _ = KINDS[kind]
    return Path(folder) / name.format(case=case, **which)


def figures(profile):
    """Folder of a profile's figures and tables."""
    return ROOT / "figures" / profile


def save_table(table, path, digits=4):
    """Write a pandas.DataFrame as CSV without its index, complete or not at all."""
    with files.written_whole(path) as part:
        table.to_csv(part, index=False, float_format=f"%.{digits}g")


@files.remedy_found_by
def remedy(path):
    """The command that makes a file of a profile again, in words; None for any other file.

    It runs one notebook although nothing that it uses has changed; a training goes on from its
    checkpoint.
    """
    path = Path(path).absolute()
    folder, profile = path.parts[-3:-1] if len(path.parts) > 3 else ("", "")
    known = folder in ("data", "figures") and profile in PROFILES
    if not (known and is_checkout(path.parents[2])):
        return None
    target, notebook = _made_by(path.name)
    again = f" -W notebooks/{notebook}.ipynb" if notebook else ""
    return f"make it again with `make {target} PROFILE={profile}{again}`"


def _made_by(name):
    """The target and the notebook that make a file of a profile, by how its name begins."""
    if name.endswith((".zarr", ".npy")):
        return "data", "01_generate"
    for pattern, target, notebook in KINDS.values():
        start, _, _ = pattern.partition("{case}")
        if start and name.startswith(start):
            by_case = notebook if isinstance(notebook, dict) else {}
            case = name.removeprefix(start).partition(".")[0].partition("_")[0]
            return target, by_case.get(case, None if by_case else notebook)
    return "notebooks", None
