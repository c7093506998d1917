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


@contextmanager
def written_whole(path):
    """Yield a name beside `path` to write to; move it into place only if the block succeeds.

    The target, a file or a folder, is thus either the old one or the complete new one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(beside, path)
    finally:
        if beside.is_dir():
            shutil.rmtree(beside, ignore_errors=True)
        else:
            beside.unlink(missing_ok=True)
