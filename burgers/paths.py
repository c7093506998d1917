"""Where the data, figures and trained models of a profile live, and how a file gets there whole."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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
    killed process left is removed by the next that writes the same path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = beside(path)
    try:
        remove(part)
        yield part
        moved(part, path)
    finally:
        remove(part)


def moved(part, path):
    """Move a file or folder to `path`, in the place of what is there."""
    if path.is_dir():
        shutil.rmtree(path)
    os.replace(part, path)


def remove(path):
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
