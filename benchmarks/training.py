"""Time to the error at which the report's training ends: its recipe, and the sharper one.

Needs the report profile's data and models. Errors are those of fresh densities of the kind that a
model learns from: the report's scheme's, or exact ones. The report's time is that of one epoch,
measured here, times its number of epochs; the sharper model is trained on ever longer schedules
until one ends below the error. Writes training.csv beside this file.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import burgers
from burgers import _files as files
from burgers import metrics, paths
from burgers.models import sigma_vae, vae
from burgers.studies import generative, generative_data

LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
HERE = Path(__file__).parent


def median_error(model, pool):
    """Median relative L2 error of one draw for each density."""
    return float(np.median(metrics.relative_error(model.reconstruct(pool), pool)))


def seconds(train, *arguments, **options):
    """Wall time of a training."""
    start = time.perf_counter()
    train(*arguments, **options)
    return time.perf_counter() - start


def compare(case, study, folder):
    """One row of the table."""
    (known, pool), (exact, exact_pool) = (
        (of.known[case.name].density.values, of.pool[case.name].density.values)
        for of in map(study.of, ("report", "sharp"))
    )
    target = median_error(vae.load(paths.stored(study.folder, "report", case.name)), pool)
    # The first epoch contains the compilation; the difference of two lengths does not.
    spent = [seconds(vae.train, known, folder / f"{n}.keras", epochs=n) for n in (1, 4)]
    report = (spent[1] - spent[0]) / 3 * study.profile.of_case(case.name).epochs
    for epochs in LENGTHS:
        path = folder / f"sharp_{epochs}.keras"
        recipe = generative.recipe(study.profile, case) | {"epochs": epochs}
        taken = seconds(sigma_vae.train, exact, path, **recipe)
        reached = median_error(vae.load(path), exact_pool)
        if reached <= target:
            break
    return {
        "case": case.name, "report_error": target, "report_s": report, "sharp_epochs": epochs,
        "sharp_error": reached, "sharp_s": taken, "times_shorter": report / taken,
    }  # fmt: skip


def main():
    study = generative_data.open_study(burgers.profiles.get("report"), seed=0)
    rows = []
    for case in burgers.CASES.values():
        with tempfile.TemporaryDirectory() as folder:
            rows.append(compare(case, study, Path(folder)))
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    with files.written_whole(HERE / "training.csv") as part:
        table.to_csv(part, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
