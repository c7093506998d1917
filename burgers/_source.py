"""Where this package runs from: a checkout of its repository, or an installation."""

from pathlib import Path

# The folder that the package is in.
SOURCE = Path(__file__).resolve().parent.parent


def is_checkout(folder: Path) -> bool:
    """Whether a folder is a checkout of this repository, where `make` can make files again."""
    return all((folder / part).is_file() for part in ("Makefile", "notebooks/01_generate.ipynb"))


def install(extra: str) -> str:
    """The command that installs the packages of an extra, such as "cluster", where this one is."""
    # pip takes a name that is installed already from there, and asks its index for the extra alone.
    return f"pip install {'.' if is_checkout(SOURCE) else 'burgers'}[{extra}]"
