"""Run `make quick` again, and as other processors would, and say how far apart the results are.

    python tests/reproducibility.py

Each run is in a copy of what git tracks. What measures the machine has `timing` in its name, and is
not compared. Writes benchmarks/reproducibility.csv; exits with 1 if the same run again gives other
bytes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torture

from burgers import vae

GOAL = ("-j2", "notebooks", "PROFILE=quick")
# As make takes them; the last are those of a processor of 2008, with vectors of 128 bits.
SETTINGS = {
    "again": (),
    "one thread": ("NUMBA_NUM_THREADS=1",),
    "without oneDNN": ("TF_ENABLE_ONEDNN_OPTS=0",),
    "without AVX": (
        "NUMBA_CPU_NAME=nehalem",
        "NUMBA_CPU_FEATURES=+sse4.2",
        "NPY_DISABLE_CPU_FEATURES=X86_V3",
        "OPENBLAS_CORETYPE=Nehalem",
        "ONEDNN_MAX_CPU_ISA=SSE41",
        "XLA_FLAGS=--xla_cpu_max_isa=SSE4_2",
    ),
}
KINDS = {".npy": "ensembles", ".keras": "models", ".csv": "tables", ".png": "pictures",
         ".gif": "pictures"}  # fmt: skip


def made(tree, settings=()):
    """Run the pipeline in a copy of the repository; digests of what it made."""
    tree.mkdir()
    torture.copy_tracked(tree)
    _, log = torture.complete(tree, (*GOAL, *settings))
    if log:
        raise RuntimeError(f"make {' '.join((*GOAL, *settings))} failed:\n{log}")
    return torture.digests(tree)


def compare(first, second, digests, others):
    """Rows of kind, files, how many have the same bytes, and how far apart the others are."""
    for kind in dict.fromkeys(KINDS.values()):
        names = [name for name in digests if kind_of(name) == kind]
        differ = [name for name in names if digests[name] != others.get(name)]
        yield {
            "kind": kind,
            "files": len(names),
            "same": len(names) - len(differ),
            "apart": max((apart(first / name, second / name) for name in differ), default=0.0),
        }


def kind_of(name):
    """Which kind of result a file is, or belongs to; None for what is not compared."""
    return "ensembles" if ".zarr/" in name else KINDS.get(Path(name).suffix)


def apart(path, other):
    """The largest difference of two results, each part relative to its largest number."""
    largest = np.nan
    for a, b in zip(numbers(path), numbers(other), strict=True):
        seen = np.isfinite(a) & np.isfinite(b)
        if seen.any():
            scale = np.abs(a[seen]).max() or 1.0
            largest = np.fmax(largest, np.abs(a - b)[seen].max() / scale)
    return largest


def numbers(path):
    """The numbers of a result, an array for each of its parts; none of a picture."""
    if path.suffix == ".keras":
        return vae.load(path).get_weights()
    if path.suffix == ".csv":
        return pd.read_csv(path).select_dtypes("number").to_numpy(float).T
    return [np.load(path)] if path.suffix == ".npy" else []


def main(folder, asked):
    first = made(folder / "first")
    rows = []
    for setting in asked:
        tree = folder / setting.replace(" ", "_")
        others = made(tree, SETTINGS[setting])
        rows += [{"setting": setting, **row}
                 for row in compare(folder / "first", tree, first, others)]  # fmt: skip
        print(pd.DataFrame(rows[-4:]).to_string(index=False), flush=True)
    table = pd.DataFrame(rows)
    table.to_csv(
        torture.ROOT / "benchmarks" / "reproducibility.csv", index=False, float_format="%.2g"
    )
    again = table[table.setting == "again"]
    return int((again.same < again.files).any())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", nargs="*", default=[*SETTINGS], help=", ".join(SETTINGS))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(Path(folder), parser.parse_args().settings))
