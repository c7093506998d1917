"""How often the judge is wrong, and how small a fault it finds: judge_calibration.csv, judge.csv.

    python benchmarks/judge.py [calibration] [features] [power]

Exact densities of the creneau at all times, 400 cells. Calibration: true samples are judged; a
measure should reject 5 % of them, but for what ties and the finite number of pairs take off (of 199
pairs, p < 0.05 has a level of 4.5 % and p <= 0.05 one of 5 %). Features: the same of some measures
that take little time, from more repetitions, in judge_features.csv. Power: from which number of
realisations on a measure finds a known fault, that is p < 0.05 in 80 % of the repetitions. Two
processes of one thread each.
"""

import os
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from copy import copy
from functools import cache
from multiprocessing import get_context

import numpy as np
import pandas as pd
from tqdm import tqdm

import burgers
from burgers import metrics
from burgers.paths import ROOT, save_table

ASKED = ("calibration", "features", "power")
FOLDER = ROOT / "benchmarks"
CALIBRATED = ROOT / "build" / "judge_calibration.csv"
POOL, REPEATS, SEED, PROCESSES = 40_000, 99, 0, 2
TESTED = tuple(name for name in metrics.MEASURES if name != "resolution")
# Of the calibration: repetitions, pairs of true samples, realisations, and of the reference so many
# times as many.
TRUE, PAIRS, SIZE, TIMES = 400, 199, 600, 4
# Measures that are calibrated once more, and repetitions.
FEATURES, OF_FEATURES = ("front_position", "front_width", "spectrum"), 2000
# Of the power: repetitions, the least fraction of them in which a fault is found, and realisations
# generated, of which the reference has three times as many.
REPETITIONS, FOUND, SIZES, MULTIPLE = 20, 0.8, (100, 200, 400, 800, 1600, 3200), 3
LEVEL = 0.05


class TwoModes:
    """A number that is uniform on one of two intervals, either with the same probability."""

    low, high = (0.10, 0.12), (0.28, 0.30)

    def rvs(self, size, random_state):
        """Independent draws, of shape `size`."""
        draws = [random_state.uniform(*ends, size=size) for ends in (self.low, self.high)]
        return np.where(random_state.random(size) < 0.5, *draws)


BIMODAL = burgers.Problem(
    name="two_modes",
    inputs={"reynolds": burgers.CRENEAU.inputs["reynolds"], "step": TwoModes()},
    initial=burgers.CRENEAU.initial,
    boundary="outflow",
    times=burgers.CRENEAU.times,
)


@cache
def pool(problem):
    """Exact densities of a problem, and the densities right of the jump."""
    found = burgers.generate(problem, POOL, seed=SEED, scheme="exact")
    return found.density.values, found.step.values


@cache
def law():
    """Mean, std and covariance of the creneau's densities."""
    density = pool(burgers.CRENEAU)[0].astype(np.float64)
    return density.mean(axis=0), density.std(axis=0), np.cov(density, rowvar=False)


def with_gaussians(sample, rng):
    mean, _, covariance = law()
    changed, count = sample.copy(), max(1, len(sample) // 100)
    changed[:count] = rng.multivariate_normal(mean, covariance, count, method="eigh")
    return changed


def moved(sample, _):
    """By half a cell to the right, values between cells interpolated linearly."""
    return 0.5 * (sample + np.pad(sample[:, :-1], ((0, 0), (1, 0)), "edge"))


# From a true sample, and a generator of random numbers, to one with a fault.
CHANGES = {
    "mean shifted by 0.1 std": lambda sample, _: sample + 0.1 * law()[1],
    "std scaled by 1.05": lambda sample, _: sample + 0.05 * (sample - law()[0]),
    "1 % replaced by Gaussian ones": with_gaussians,
    "fronts moved by half a cell": moved,
}
MEMORISED, MISSING = "training sample memorised", "one of two modes missing"
FAULTS = (*CHANGES, MISSING, MEMORISED)


def parts(count, rng, *sizes):
    """Disjoint random places among `count`."""
    return np.split(rng.permutation(count)[: sum(sizes)], np.cumsum(sizes)[:-1])


def calibrated(task):
    """From each measure to p of one true sample."""
    seed, measures = task
    rng, (density, _) = np.random.default_rng(seed), pool(burgers.CRENEAU)
    ours, theirs, known = (
        density[places] for places in parts(len(density), rng, SIZE, TIMES * SIZE, SIZE)
    )
    table = metrics.judge(
        ours, theirs, known, repeats=PAIRS, seed=int(rng.integers(2**31)), measures=measures
    )
    return table.p.to_dict()


def judged(task):
    """From fault and measure to p, for the measures that have not found the fault yet."""
    size, seed, asked = task
    rng, found = np.random.default_rng((size, *seed)), {}
    for problem in (burgers.CRENEAU, BIMODAL):
        density, step = pool(problem)
        places = parts(len(density), rng, size, MULTIPLE * size, size)
        true, theirs, known = (density[some] for some in places)
        if problem is BIMODAL:
            rest = np.delete(np.arange(len(density)), np.concatenate(places))
            lower = rest[step[rest] < 0.2][:size]
            samples = {MISSING: density[lower]}
        else:
            samples = {fault: change(true, rng) for fault, change in CHANGES.items()}
            samples[MEMORISED] = known
        samples = {fault: sample for fault, sample in samples.items() if asked.get(fault)}
        found |= ps(samples, theirs, known, asked, int(rng.integers(2**31)))
    return found


def ps(samples, reference, training, asked, seed):
    """From fault and measure to p, of samples that are judged by the same scatter."""
    names = {name for fault in samples for name in asked[fault]}
    if not names:
        return {}
    size = len(training)
    scatter = metrics.Scatter(
        reference, size, training, repeats=REPEATS, seed=seed, measures=names
    )  # fmt: skip
    found = {}
    for fault, sample in samples.items():
        # The first call computes the scatter of all measures that any fault asks for.
        one = scatter if scatter.found is None else copy(scatter)
        if scatter.found is not None:
            one.names = [name for name in scatter.names if name in asked[fault]]
        table = one.judge(sample)
        found |= {(fault, name): table.p[name] for name in asked[fault]}
    return found


def calibration(run, seed):
    """How often true samples are rejected, by measure.

    Repetitions that an interrupted run left in build/judge_calibration.csv are not repeated; remove
    that file if the judge has changed since.
    """
    done = pd.read_csv(CALIBRATED) if CALIBRATED.exists() else pd.DataFrame()
    tasks = [((SEED, seed, repetition), TESTED) for repetition in range(len(done), TRUE)]
    for p in progress(run(calibrated, tasks), len(tasks), "calibration"):
        done = pd.concat([done, pd.DataFrame([p])], ignore_index=True)
        save_table(done, CALIBRATED)
    return rejected(done)


def features(run, seed):
    """How often true samples are rejected by `FEATURES`."""
    tasks = [((SEED, seed, TRUE + repetition), FEATURES) for repetition in range(OF_FEATURES)]
    return rejected(pd.DataFrame(progress(run(calibrated, tasks), OF_FEATURES, "features")))


def rejected(p):
    """The table of p of many samples (repetitions, measures)."""
    return pd.DataFrame(
        {"p < 0.05": (p < LEVEL).mean(), "p <= 0.05": (p <= LEVEL).mean(), "median p": p.median()}
    ).rename_axis("measure").reset_index()  # fmt: skip


def power(run, seed):
    """The smallest number of realisations from which a measure finds a fault; NaN for none."""
    least = pd.DataFrame(np.nan, index=list(FAULTS), columns=list(TESTED))
    for size in SIZES:
        asked = {fault: list(row.index[row.isna()]) for fault, row in least.iterrows()}
        tasks = [(size, (SEED, seed, repetition), asked) for repetition in range(REPETITIONS)]
        counts = defaultdict(int)
        for found in progress(run(judged, tasks), REPETITIONS, f"power, {size} realisations"):
            for key, p in found.items():
                counts[key] += p < LEVEL
        for (fault, name), count in counts.items():
            if count >= FOUND * REPETITIONS:
                least.loc[fault, name] = size
    table = least.rename_axis("fault").reset_index().melt("fault", var_name="measure",
                                                          value_name="smallest n")  # fmt: skip
    return table.set_index("fault").loc[list(FAULTS)].reset_index()


def progress(items, count, label):
    return tqdm(items, total=count, desc=label, file=sys.stderr, disable="CI" in os.environ)


def quiet():
    """No progress bars of single scorecards."""
    os.environ["CI"] = "1"


def main(*asked, seed=1):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    asked = asked or ASKED
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), quiet) as processes:
        if "calibration" in asked:
            table = calibration(processes.map, seed)
            save_table(table, FOLDER / "judge_calibration.csv")
            CALIBRATED.unlink()
            print(table.to_string(index=False))
        if "features" in asked:
            table = features(processes.map, seed)
            save_table(table, FOLDER / "judge_features.csv")
            print(table.to_string(index=False))
        if "power" in asked:
            table = power(processes.map, seed)
            save_table(table, FOLDER / "judge.csv")
            print(
                table.pivot(index="measure", columns="fault").to_string(
                    na_rep="", float_format="%.0f"
                )
            )


if __name__ == "__main__":
    if not {*sys.argv[1:]} <= {*ASKED}:
        sys.exit(__doc__)
    main(*sys.argv[1:])
