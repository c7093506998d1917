"""Ensembles as Zarr stores: written with checksums, and distinguished from other folders."""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import xarray as xr
import zarr
from zarr.codecs import ZstdCodec

# The attributes and variables that every ensemble has.
ATTRIBUTES = {"problem", "boundary", "scheme", "cfl", "seed", "profile", "version"}
VARIABLES = {"density", "x", "reynolds", "final_time"}
# Former names of attributes.
FORMER = {"case": "problem"}


def to_zarr(dataset: xr.Dataset, folder: Path, **options: Any) -> None:
    """Write a Zarr store with a checksum in each chunk, or with `compute=False` begin one.

    options : passed on to `xarray.Dataset.to_zarr`.
    """
    # Without checksums most flipped bits are decompressed to wrong densities unnoticed.
    codec = {"compressors": (ZstdCodec(level=0, checksum=True),)}
    dataset.drop_encoding().to_zarr(
        folder, mode="w", consolidated=False, zarr_format=3,
        encoding=dict.fromkeys(dataset.variables, codec), **options,
    )  # fmt: skip
    with warnings.catch_warnings():
        # Not part of the standard yet, but what xarray looks for first.
        warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
        zarr.consolidate_metadata(str(folder))


def named(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes under their present names."""
    return {FORMER.get(name, name): value for name, value in attributes.items()}


def is_ours(folder: Path) -> bool:
    """Whether a folder is the store of an ensemble, intact or damaged, and nothing else."""
    try:
        attributes = named(json.loads((folder / "zarr.json").read_bytes())["attributes"]).keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # A damaged store is recognised by its variables.
        attributes = ATTRIBUTES if all((folder / name).is_dir() for name in VARIABLES) else set()
    return attributes >= ATTRIBUTES and all(map(_is_part, _files(folder)))


def _files(folder):
    """The path of every file below a folder, relative to it, as a list of parts."""
    for place, _, names in os.walk(folder):
        inner = os.path.relpath(place, folder)
        yield from ([*([] if inner == "." else inner.split(os.sep)), name] for name in names)


def _is_part(parts):
    """Whether a file belongs to a store of some variables, as metadata or as a chunk."""
    *folders, name = parts
    if name == "zarr.json":
        return len(folders) <= 1
    place = [*folders[1:], name]
    chunk = all(part.isdigit() for part in place[1:]) or name.endswith(".partial")
    return place[0] == "c" and chunk
