"""The solver beside its peers, in one run on the same realisations: `make bench`.

Sinus, T = 0.4, 64 draws of log Re ~ U[4, 13] (seed 0). Ours are timed on the draws
repeated 100 times, as 64 take a few milliseconds.
"""

import argparse
import time
from pathlib import Path

import numba
import numpy as np
import pandas as pd
from peers import PEERS, steps_of

import burgers
from burgers import _files as files

TIME, CELLS, TARGET = 0.4, 400, 1e-3
FINER = 640
GRIDS = 25 * 2 ** np.arange(8)


def ours(scheme, threads):
    def solve(reynolds, time, cells):
        numba.set_num_threads(threads)
        initial = burgers.SINUS.initial(cells)
        return burgers.solve(initial, reynolds, time, boundary="periodic", scheme=scheme)

    return solve


def seconds_each(solve, reynolds, cells):
    """Least of three times per realisation, after a first call that compiles."""
    solve(reynolds, TIME, cells)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        solve(reynolds, TIME, cells)
        times.append(time.perf_counter() - started)
    return min(times) / len(reynolds)


def l1(solve, reynolds, cells):
    exact = burgers.exact.density(burgers.SINUS, TIME, reynolds=reynolds, cells=cells)
    return np.abs(solve(reynolds, TIME, cells) - exact).mean()


def row(name, solve, reynolds, repeats, cells=CELLS):
    """One contender: its cost and error, and the cheapest grid on which it reaches the target."""
    many = np.tile(reynolds, repeats)
    each = seconds_each(solve, many, cells)
    found = {
        "solver": name,
        "cells": cells,
        "ms_per_realisation": 1e3 * each,
        "million_cell_steps_per_s": cells * steps_of(TIME, cells) / each / 1e6,
        "l1_error": l1(solve, reynolds, cells),
    }
    enough = next((int(grid) for grid in GRIDS if l1(solve, reynolds, grid) <= TARGET), None)
    if enough:
        found["cells_to_1e-3"] = enough
        found["ms_to_1e-3"] = 1e3 * seconds_each(solve, many, enough)
    return found


def compare(draws):
    reynolds = burgers.SINUS.sample(draws, np.random.default_rng(0))["reynolds"]
    contenders = [
        (f"ours, {scheme}, {threads} thread{'s' * (threads > 1)}", ours(scheme, threads), 100)
        for scheme in ("rusanov", "muscl")
        for threads in sorted({1, numba.config.NUMBA_NUM_THREADS})
    ]
    # On this finer grid its error is that of Clawpack on 400 cells.
    contenders.append((*contenders[-1], FINER))
    for name, make in PEERS.items():
        try:
            contenders.append((name, make(), 1))
        except ImportError as error:
            print(f"{name}: skipped, {error} (pip install '.[bench]')")
    rows = []
    for contender in contenders:
        name, solve, repeats, *cells = contender
        rows.append(row(name, solve, reynolds, repeats, *cells))
        print(pd.DataFrame(rows[-1:]).to_string(index=False, float_format="%.4g"), flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=64, help="realisations that all solve")
    options = parser.parse_args()
    folder = Path(__file__).parent
    table = compare(options.draws)
    with files.written_whole(folder / "solver.csv") as part:
        table.to_csv(part, index=False, float_format="%.4g")
