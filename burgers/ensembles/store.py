"""Ensembles as Zarr stores: how one is written, and how it is told from a folder of the user's."""

import json
import os
import warnings

import zarr
from zarr.codecs import ZstdCodec

# What every ensemble has: attributes and variables.
ATTRIBUTES = {"case", "boundary", "scheme", "cfl", "seed", "profile", "version"}
VARIABLES = {"density", "x", "reynolds", "final_time"}


def to_zarr(dataset, folder, **options):
    """Begin or write a Zarr store with a checksum in each of its chunks."""
    # Without it most flipped bits are decompressed to other densities, and nobody sees.
    codec = {"compressors": (ZstdCodec(level=0, checksum=True),)}
    dataset.drop_encoding().to_zarr(
        folder, mode="w", consolidated=False, zarr_format=3,
        encoding=dict.fromkeys(dataset.variables, codec), **options,
    )  # fmt: skip
    with warnings.catch_warnings():
        # No part of the standard yet, and what xarray looks for first.
        warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
        zarr.consolidate_metadata(str(folder))


def is_ours(folder):
    """Whether a folder is the store of an ensemble, whole or damaged, and holds nothing else."""
    try:
        attributes = json.loads((folder / "zarr.json").read_bytes())["attributes"].keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Of a damaged store the variables are left.
        attributes = ATTRIBUTES if all((folder / name).is_dir() for name in VARIABLES) else set()
    return attributes >= ATTRIBUTES and all(map(_is_part, _files(folder)))


def _files(folder):
    """The parts of the path of every file below a folder."""
    for place, _, names in os.walk(folder):
        inner = os.path.relpath(place, folder)
        yield from ([*([] if inner == "." else inner.split(os.sep)), name] for name in names)


def _is_part(parts):
    """Whether a store of a few variables has such a file: metadata, or a chunk."""
    *folders, name = parts
    if name == "zarr.json":
        return len(folders) <= 1
    place = [*folders[1:], name]
    chunk = all(part.isdigit() for part in place[1:]) or name.endswith(".partial")
    return place[0] == "c" and chunk
