"""How long a slider of `notebooks/explore.ipynb` takes to answer: callback, drawing and image.

Uses the models that the page would use (and trains them where there are none). Each slider is
moved MOVES times after WARM_UP more, at the page's defaults else. Writes explore.csv beside this
file.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd

import burgers
from burgers import explore

MOVES, WARM_UP = 60, 10
HERE = Path(__file__).parent


def places(control):
    """Values spread over a slider, each other than the one before."""
    if hasattr(control, "options"):
        count = len(control.options)
        return [control.options[k % count] for k in range(WARM_UP + MOVES)]
    values = np.linspace(control.min, control.max, WARM_UP + MOVES)
    return np.random.default_rng(0).permutation(values).astype(type(control.value))


def seconds(control):
    """The times of the moves of a control, (MOVES,); left where it was."""
    start, spent = control.value, []
    for value in places(control):
        before = time.perf_counter()
        control.value = value
        spent.append(time.perf_counter() - before)
    control.value = start
    return np.array(spent[WARM_UP:])


def sliders(page):
    """The sliders of the page that are shown, by name."""
    panel = page.density
    found = {"log Re": panel.log_reynolds, "T": panel.time, "a": panel.step, "cells": panel.cells}
    found |= {"scheme": panel.scheme}
    found |= {f"latent {k + 1}": control for k, control in enumerate(page.latents.latents)}
    found |= {"members": page.ensemble.members}
    return {name: control for name, control in found.items() if control.layout.display != "none"}


def main():
    page, rows = explore.Explorer(), []
    for case in burgers.CASES:
        page.case.value = case
        for name, control in sliders(page).items():
            median, high = 1000 * np.quantile(seconds(control), (0.5, 0.95))
            rows.append({"case": case, "slider": name, "median_ms": median, "p95_ms": high})
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    with burgers.paths.written_whole(HERE / "explore.csv") as beside:
        table.to_csv(beside, index=False, float_format="%.3g")


if __name__ == "__main__":
    main()
