"""Time to the error at which the report's training ends: its recipe, and the sharper one.

Needs the report profile's data and models. The report's time is that of one epoch, measured here,
times its number of epochs; the sharper model is trained on ever longer schedules until one ends
below the error. Writes training.csv beside this file.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import burgers
from burgers import metrics
from burgers.models import sigma_vae, vae
from burgers.studies import generative

LENGTHS = (4, 6, 8, 12, 16, 24)
HERE = Path(__file__).parent


def median_error(model, pool):
    """Median relative L2 error of one draw for each density."""
    return float(np.median(metrics.relative_error(model.reconstruct(pool), pool)))


def seconds(train, *arguments, **options):
    """Wall time of a training."""
    start = time.perf_counter()
    train(*arguments, **options)
    return time.perf_counter() - start


def compare(case, settings, data, folder):
    """One row of the table."""
    density = burgers.dataset.open(data / f"final_{case.name}.zarr").density.values
    pool = burgers.dataset.open(data / f"pool_{case.name}.zarr").density.values
    target = median_error(vae.load(data / f"vae_{case.name}.keras"), pool)
    # The first epoch contains the compilation; the difference of two lengths does not.
    spent = [seconds(vae.train, density, folder / f"{n}.keras", epochs=n) for n in (1, 4)]
    report = (spent[1] - spent[0]) / 3 * settings.of_case(case.name).epochs
    for epochs in LENGTHS:
        path = folder / f"sharp_{epochs}.keras"
        recipe = generative.recipe(settings, case) | {"epochs": epochs}
        taken = seconds(sigma_vae.train, density, path, **recipe)
        reached = median_error(vae.load(path), pool)
        if reached <= target:
            break
    return {
        "case": case.name, "report_error": target, "report_s": report, "sharp_epochs": epochs,
        "sharp_error": reached, "sharp_s": taken, "times_shorter": report / taken,
    }  # fmt: skip


def main():
    settings, data = burgers.profiles.get("report"), burgers.paths.data("report")
    rows = []
    for case in burgers.CASES.values():
        with tempfile.TemporaryDirectory() as folder:
            rows.append(compare(case, settings, data, Path(folder)))
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    with burgers.paths.written_whole(HERE / "training.csv") as part:
        table.to_csv(part, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
