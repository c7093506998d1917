"""How long a slider of `notebooks/explore.ipynb` takes to answer: callback, drawing and image.

Uses the models that the page would use (and trains them where there are none). Each slider is
moved MOVES times after WARM_UP more: with the others at the page's defaults, and with the others
anywhere. Writes explore.csv beside this file.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd

import burgers
from burgers import _files as files
from burgers import explore

MOVES, WARM_UP = 60, 10
HERE = Path(__file__).parent


def places(control, rng):
    """Values spread over a slider, each other than the one before."""
    if hasattr(control, "options"):
        count = len(control.options)
        return [control.options[k % count] for k in range(WARM_UP + MOVES)]
    values = np.linspace(control.min, control.max, WARM_UP + MOVES)
    return rng.permutation(values).astype(type(control.value))


def seconds(panel, control, others=()):
    """The times of the moves of a control, (MOVES,); before each, the others are put anywhere."""
    rng, spent = np.random.default_rng(0), []
    elsewhere = [places(other, rng) for other in others]
    for value in places(control, rng):
        with panel.held():
            for other, values in zip(others, elsewhere, strict=True):
                other.value = rng.choice(values)
        before = time.perf_counter()
        control.value = value
        spent.append(time.perf_counter() - before)
    return np.array(spent[WARM_UP:])


def sliders(page):
    """Panel and control of the sliders of the page that are shown, by name."""
    panel = page.density
    found = {"log Re": panel.log_reynolds, "T": panel.time, "a": panel.step, "cells": panel.cells}
    found = {name: (panel, control) for name, control in found.items()}
    found["scheme"] = panel, panel.scheme
    for k, control in enumerate(page.latents.latents):
        found[f"latent {k + 1}"] = page.latents, control
    found["members"] = page.ensemble, page.ensemble.members
    return {name: pair for name, pair in found.items() if pair[1].layout.display != "none"}


def rows(page, case):
    """For each slider the median, the 95th percentile and the longest of its moves."""
    page.case.value = case
    shown = sliders(page)
    for name, (panel, control) in shown.items():
        others = [other for owner, other in shown.values() if owner is panel]
        others.remove(control)
        for where, moved in {"defaults": [], "anywhere": others}.items():
            if moved or where == "defaults":
                spent = 1000 * left_as_it_was(panel, control, moved)
                median, high = np.quantile(spent, (0.5, 0.95))
                yield {
                    "case": case, "slider": name, "others": where, "median_ms": median,
                    "p95_ms": high, "longest_ms": spent.max(),
                }  # fmt: skip


def left_as_it_was(panel, control, others):
    """As `seconds`; every control ends where it was."""
    start = {each: each.value for each in (control, *others)}
    spent = seconds(panel, control, others)
    with panel.held():
        for each, value in start.items():
            each.value = value
    return spent


def main():
    page = explore.Explorer()
    table = pd.DataFrame([row for case in burgers.CASES for row in rows(page, case)])
    print(table.to_string(index=False))
    with files.written_whole(HERE / "explore.csv") as part:
        table.to_csv(part, index=False, float_format="%.3g")


if __name__ == "__main__":
    main()
