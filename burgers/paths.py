"""Where the data, figures and trained models of a profile live, and how a file gets there whole."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from burgers.profiles import PROFILES

ROOT = Path(__file__).resolve().parent.parent

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


def data(profile):
    """Folder of a profile's ensembles, models and training histories."""
    return ROOT / "data" / profile


def figures(profile):
    """Folder of a profile's figures and tables."""
    return ROOT / "figures" / profile


def beside(path):
    """The name beside `path` under which it is written until it is whole."""
    return path.with_name(f".part-{path.name}")


@contextmanager
def written_whole(path):
    """Yield a name beside `path` to write to; move it into place only if the block succeeds.

    The target, a file or a folder, is thus either the old one or the complete new one. What a
    killed process left is removed by the next that writes the same path. An OSError is that of
    `told`.
    """
    path = Path(path)
    part = beside(path)
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            remove(part)
            yield part
            moved(part, path)
        finally:
            remove(part)


@contextmanager
def told(path, again=None):
    """Give an OSError raised while `path` is written its name, and what makes the file again.

    A full disk or an unwritable folder; what was at `path` before is as it was. again : instead of
    `remedy`.
    """
    try:
        yield
    except OSError as error:
        message = f"{path} was not written, and is as it was ({error}); {again or remedy(path)}"
        raise OSError(error.errno or errno.EIO, message) from error


def remedy(path):
    """How a file is made again, in words: the command where it is a profile's, else the function.

    The command runs one notebook although nothing that it uses has changed; a training goes on
    from its checkpoint.
    """
    path = Path(path)
    folder, profile = path.parts[-3:-1] if len(path.parts) > 2 else ("", "")
    stored = path.suffix in (".zarr", ".npy")
    if folder not in ("data", "figures") or profile not in PROFILES:
        # Chunks that are there are not computed again.
        anew = "remove what is left of it, and generate and save it again"
        return anew if stored else "make it again"
    made_by = (made for start, made in MADE_BY.items() if path.name.startswith(start))
    target, notebook = ("data", "01_generate") if stored else next(made_by, ("notebooks", None))
    again = f" -W notebooks/{notebook}.ipynb" if notebook else ""
    return f"make it again with `make {target} PROFILE={profile}{again}`"


def moved(part, path):
    """Move a file or folder to `path`, in the place of what is there."""
    # A folder that is removed in its place is half there when it stops.
    old = path.with_name(f".old-{path.name}")
    remove(old)
    if path.is_dir():
        os.replace(path, old)
    try:
        os.replace(part, path)
    except BaseException:
        if old.is_dir():
            os.replace(old, path)
        raise
    remove(old)


def remove(path):
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
