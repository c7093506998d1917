"""Published reference files against the exact solution: benchmarks/published_files.csv.

    python benchmarks/published_files.py FOLDER

The folder holds what a reader downloads from the projects:

- Burgers.npz, of lululxvi/deepxde, examples/dataset
- burgers1d.dat, of i207M/PINNacle, ref

What is not there keeps the row of an earlier call.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from burgers import problems
from burgers.paths import ROOT, save_table
from burgers.studies import audit, solution_files

TABLE = ROOT / "benchmarks" / "published_files.csv"
FILES = {
    "Burgers.npz": ("pinn", "DeepXDE, Burgers.npz", "spectral, 256 points"),
    "burgers1d.dat": ("pinn", "PINNacle, burgers1d.dat", "COMSOL, 101 points"),
}


def measured(path, problem, label, scheme):
    """A row of the table."""
    solution = solution_files.read(path)
    found = audit.audit(solution, problems.get(problem))
    return {
        "problem": problem, "set": label, "scheme": scheme, "time": f"0 to {solution.t[-1]:g}",
        "median": np.median(found.relative_l2), "largest": found.relative_l2.max(),
        "pointwise": found.table.largest.max(), "reference": found.table.reference.max(),
        "measured": "the published file",
    }  # fmt: skip


def main(folder):
    known = pd.read_csv(TABLE).set_index("set").to_dict("index") if TABLE.exists() else {}
    rows = []
    for name, (problem, label, scheme) in FILES.items():
        if (folder / name).exists():
            rows.append(measured(folder / name, problem, label, scheme))
        elif label in known:
            rows.append({"set": label, **known[label]})
        else:
            print(f"not measured: {name}")
    table = pd.DataFrame(rows)
    save_table(table[["problem", "set", *table.columns.drop(["problem", "set"])]], TABLE)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
