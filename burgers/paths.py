"""Where the data, figures and trained models of a profile lie, and what makes them again."""

from pathlib import Path

from burgers import _files as files
from burgers.profiles import PROFILES

# The target and the notebook that make a file of data/<profile>, by how its name begins.
MADE_BY = {
    "vae_sinus": ("train", "02_train_sinus"),
    "vae_creneau": ("train", "03_train_creneau"),
    **dict.fromkeys(
        ("sharp_", "given_time_", "scheduled_", "weighted_"), ("notebooks", "06_sharpen_law")
    ),
    **dict.fromkeys(
        ("codes_", "autonomous_", "reduced_", "pod_", "one_shot_", "inner_"),
        ("notebooks", "07_reduced_model"),
    ),
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
    made_by = (made for start, made in MADE_BY.items() if path.name.startswith(start))
    solved = path.suffix in (".zarr", ".npy")
    target, notebook = ("data", "01_generate") if solved else next(made_by, ("notebooks", None))
    again = f" -W notebooks/{notebook}.ipynb" if notebook else ""
    return f"make it again with `make {target} PROFILE={profile}{again}`"
