"""Run `make quick` again, and as other processors would, and say how far apart the results are.

    python tests/reproducibility.py

Each run is in a copy of what git tracks, kept in build/reproducible: a call that was stopped goes
on with what is missing. What measures the machine has `timing` in its name, and is not compared.
Writes benchmarks/reproducibility.csv; exits with 1 unless the same run again gives the same bytes.
"""

import sys
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
import torture
from PIL import Image, ImageSequence

from burgers import _files as files
from burgers.ensembles import dataset
from burgers.models import vae

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
KINDS = {
    ".zarr": "ensembles",
    ".npy": "ensembles",
    ".keras": "models",
    ".npz": "checkpoints",
    ".csv": "tables",
    ".png": "pictures",
    ".gif": "pictures",
}


def made(tree, settings=()):
    """Run the pipeline in a copy of the repository; digests of what it made."""
    tree.mkdir(parents=True, exist_ok=True)
    torture.copy_tracked(tree)
    _, log = torture.complete(tree, (*GOAL, *settings))
    if log:
        raise RuntimeError(f"make {' '.join((*GOAL, *settings))} failed:\n{log}")
    return torture.digests(tree)


def compare(first, second, digests, others):
    """Rows of kind, files, how many have the same bytes, and how far apart the others are.

    `median` and `largest` over the results that are not the same, zero where all are.
    """
    found = digests.keys() | others.keys()
    for kind in dict.fromkeys(KINDS.values()):
        names = [name for name in found if KINDS.get(result(name).suffix) == kind]
        differ = [name for name in names if digests.get(name) != others.get(name)]
        results = sorted({result(name) for name in differ})
        distances = [apart(first / name, second / name) for name in results] or [0.0]
        yield {
            "kind": kind,
            "files": len(names),
            "same": len(names) - len(differ),
            "median": np.median(distances),
            "largest": np.max(distances),
        }


def result(name):
    """The file itself, or the store that it is a part of."""
    return Path(name.partition(".zarr/")[0] + ".zarr" if ".zarr/" in name else name)


def apart(path, other):
    """The largest difference of two results, each part relative to its largest number.

    Infinite where one has what the other has not.
    """
    if not (path.exists() and other.exists()):
        return np.inf
    pairs = zip_longest(parts(path), parts(other), fillvalue=np.array([]))
    return np.max([0.0, *(difference(*pair) for pair in pairs)])


def difference(a, b):
    """The largest difference of two arrays, relative to the largest number of the first."""
    if a.shape != b.shape or (np.isfinite(a) != np.isfinite(b)).any():
        return np.inf
    seen = np.isfinite(a)
    scale = np.abs(a[seen]).max(initial=0.0) or 1.0
    return np.abs(a[seen] - b[seen]).max(initial=0.0) / scale


def parts(path):
    """The arrays of a result; a verdict is 0 or 1, a picture its colours."""
    if path.suffix == ".keras":
        return vae.load(path).get_weights()
    if path.suffix == ".zarr":
        # In no order that can be relied on.
        return [part.values for _, part in sorted(dataset.open(path).variables.items())]
    if path.suffix == ".csv":
        return list(pd.read_csv(path).select_dtypes(["number", "bool"]).to_numpy(float).T)
    if path.suffix == ".npz":
        with np.load(path) as state:
            return [state[name] for name in state.files if state[name].dtype.kind == "f"]
    if path.suffix == ".npy":
        return [np.load(path)]
    with Image.open(path) as picture:
        return [
            np.asarray(frame.convert("RGB"), float) for frame in ImageSequence.Iterator(picture)
        ]


def main(folder):
    first, rows = made(folder / "first"), []
    for setting, options in SETTINGS.items():
        tree = folder / setting.replace(" ", "_")
        others = made(tree, options)
        rows += [{"setting": setting, **row}
                 for row in compare(folder / "first", tree, first, others)]  # fmt: skip
        print(pd.DataFrame(rows[-5:]).to_string(index=False), flush=True)
    table = pd.DataFrame(rows)
    with files.written_whole(torture.ROOT / "benchmarks" / "reproducibility.csv") as part:
        table.to_csv(part, index=False, float_format="%.2g")
    again = table[table.setting == "again"]
    return int((again.same < again.files).any())


if __name__ == "__main__":
    sys.exit(main(torture.ROOT / "build" / "reproducible"))
