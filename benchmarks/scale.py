"""The cost of ensembles from 1e3 to 1e6, in one call and by Dask workers: `make bench`.

Creneau, the report's scheme, 400 cells. One call returns the ensemble in memory, on all threads; by
workers of one thread each it is written as Zarr, chunk by chunk. All in one run; the peak of memory
is that of the process, or of the largest worker.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

import burgers
from burgers import _files as files
from burgers import plots
from burgers.ensembles import dataset

CHUNKS = 10_000
ONE_CALL = "one call"


def peak_memory():
    """GiB, of the process that asks. A process starts with the peak of the one that started it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def in_one_call(counts):
    """Rows of `generate` alone; ascending counts, as a peak of memory never falls."""
    burgers.generate(burgers.CRENEAU, 1000)
    for count in counts:
        started = time.perf_counter()
        ensemble = burgers.generate(burgers.CRENEAU, count, seed=1)
        seconds = time.perf_counter() - started
        yield row(ONE_CALL, count, seconds, ensemble, peak_memory())
        del ensemble


def by_workers(counts, workers):
    """Rows of `generate` and `save` on a cluster of this machine, 2 GiB a worker."""
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, memory_limit="2GiB", dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        warm = burgers.generate(burgers.CRENEAU, 4 * workers, chunks=1)
        dataset.save(warm, Path(folder) / "warm.zarr")
        for count in counts:
            ensemble = burgers.generate(burgers.CRENEAU, count, seed=1, chunks=CHUNKS)
            started = time.perf_counter()
            dataset.save(ensemble, Path(folder) / f"{count}.zarr")
            seconds = time.perf_counter() - started
            label = f"{workers} worker{'s' * (workers > 1)}"
            yield row(label, count, seconds, ensemble, max(client.run(peak_memory).values()))


def row(way, count, seconds, ensemble, peak):
    found = {
        "way": way,
        "realisations": count,
        "ms_per_realisation": 1e3 * seconds / count,
        "result_gib": ensemble.density.nbytes / 2**30,
        "peak_memory_gib": peak,
    }
    print(" ".join(f"{name}={value}" for name, value in found.items()), flush=True)
    return found


def figure(table):
    """Cost over size, and the efficiency of two workers against one."""
    drawn, (left, right) = plt.subplots(1, 2)
    for way, part in table.groupby("way", sort=False):
        left.loglog(part.realisations, part.ms_per_realisation, "o-", label=way)
    left.set(xlabel="realisations", ylabel="ms per realisation", title="cost")
    left.legend()
    each = table.pivot(index="realisations", columns="way", values="ms_per_realisation")
    efficiency = each["1 worker"] / (2 * each["2 workers"])
    right.semilogx(efficiency.index, 100 * efficiency, "o-")
    right.axhline(100, color="0.5", linestyle=":")
    right.set(xlabel="realisations", ylabel="%", ylim=(0, 110), title="efficiency of two workers")
    return drawn


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=float, default=1e6, help="largest ensemble")
    counts = [10**k for k in range(3, int(np.log10(parser.parse_args().largest)) + 1)]
    table = pd.DataFrame([
        *by_workers(counts, 1), *by_workers(counts, 2), *in_one_call(counts)
    ])  # fmt: skip
    folder = Path(__file__).parent
    with files.written_whole(folder / "scale.csv") as part:
        table.to_csv(part, index=False, float_format="%.4g")
    plots.save_figure(figure(table), folder / "scale.png")
