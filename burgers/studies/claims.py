"""The report's claims: its generated densities drawn again, and the number that decides each claim.

The report's adjectives have one meaning throughout: *identical* or *superposed* is a relative
distance of at most 1 %; *very close*, or *close* said of a single density, 5 %; *close* or *alike*
said of ensembles 10 %. Densities are of *different* final times when any two of four lie at least
5 % apart.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from burgers import exact, metrics, problems
from burgers.ensembles import dataset
from burgers.paths import stored
from burgers.problems import CASES, number
from burgers.profiles import Profile
from burgers.streams import generator, integer, stream

IDENTICAL = 0.01
VERY_CLOSE = 0.05
CLOSE = 0.10
DIFFERENT = 0.05
CORRELATED = 0.95
# Densities in a sample of the report's figures.
DRAWN = 200
# Kinds of stored pools, by the final times that are in them, in the order of the streams.
POOLS = {"all times": "pool", "fixed time": "pool at one time"}

# From (case, study, number of densities) to generated densities and those of Monte Carlo.
Samples = dict[tuple[str, str, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Claim:
    """A claim of the report, which holds when `measurement relation threshold` is true."""

    figure: str
    claim: str
    measurement: str
    relation: str
    threshold: float


def _reconstruction_claims(case: str, band: str) -> list[Claim]:
    return [
        Claim(band, f"{case}: the generated mean is identical to the expected one",
              f"{case}/reconstruction/mean_error", "<=", IDENTICAL),
        Claim(band, f"{case}: the bands of one std are perfectly superposed",
              f"{case}/reconstruction/std_error", "<=", IDENTICAL),
        Claim(band, f"{case}: four generated densities are of different final times",
              f"{case}/reconstruction/least_distance", ">=", DIFFERENT),
    ]  # fmt: skip


CLAIMS = [
    *_reconstruction_claims("sinus", "9"),
    Claim("9", "sinus: the same holds for 1,000 densities (larger of the two errors)",
          "sinus/reconstruction at 1000/largest_error", "<=", IDENTICAL),
    Claim("10", "sinus: generated densities superpose well on their inputs (median)",
          "sinus/reconstruction/paired_error", "<=", IDENTICAL),
    Claim("11", "sinus, prior: the decoder's outputs are not all the same (std over Monte Carlo's)",
          "sinus/prior/spread", ">=", 0.5),
    Claim("11", "sinus, prior: the mean is very close to the expected one",
          "sinus/prior/mean_error", "<=", VERY_CLOSE),
    Claim("11", "sinus, prior: the std is slightly different",
          "sinus/prior/std_error", ">=", IDENTICAL),
    Claim("11", "sinus, prior: yet the std is satisfactory",
          "sinus/prior/std_error", "<=", CLOSE),
    Claim("12", "sinus, prior: generated densities differ, being of different final times",
          "sinus/prior/least_distance", ">=", DIFFERENT),
    Claim("13", "sinus, T = 0.4: generated densities superpose on their inputs (median)",
          "sinus/fixed time/paired_error", "<=", IDENTICAL),
    Claim("14", "sinus, T = 0.4: the std is large in the same places (correlation over x)",
          "sinus/fixed time/std_correlation", ">=", CORRELATED),
    Claim("14", "sinus, T = 0.4: the two means are identical",
          "sinus/fixed time/mean_error", "<=", IDENTICAL),
    Claim("14", "sinus, T = 0.4: the auto-encoder generates well at a fixed time (std)",
          "sinus/fixed time/std_error", "<=", VERY_CLOSE),
    Claim("14", "sinus, T = 0.4: four generated densities are identical, being of one time",
          "sinus/fixed time/largest_distance", "<=", IDENTICAL),
    *_reconstruction_claims("creneau", "15"),
    Claim("16", "creneau: generated densities are close to their inputs (median)",
          "creneau/reconstruction/paired_error", "<=", VERY_CLOSE),
    Claim("16", "creneau: less precise than the sinus (ratio of the paired errors)",
          "both/reconstruction/paired_error_ratio", ">=", 1.0),
    Claim("17", "creneau, prior: the mean superposes badly for x in [0.5, 0.9]",
          "creneau/prior/front_mean_error", ">=", IDENTICAL),
    Claim("17", "creneau, prior: the bands of one std resemble each other (correlation over x)",
          "creneau/prior/std_correlation", ">=", CORRELATED),
    Claim("17", "creneau, prior: the bands of one std do not superpose",
          "creneau/prior/std_error", ">=", IDENTICAL),
    Claim("18", "creneau, prior: generated densities differ, being of different times",
          "creneau/prior/least_distance", ">=", DIFFERENT),
    Claim("19", "creneau, T = 0.2: generated densities are close to their inputs (median)",
          "creneau/fixed time/paired_error", "<=", VERY_CLOSE),
    Claim("19", "creneau, T = 0.2: they do not superpose perfectly (median)",
          "creneau/fixed time/paired_error", ">=", IDENTICAL),
    Claim("20", "creneau, T = 0.2: the means part around x = 0.6 (|x - 0.6| of the largest gap)",
          "creneau/fixed time/gap_from_front", "<=", 0.1),
    Claim("20", "creneau, T = 0.2: elsewhere the mean is very satisfactory",
          "creneau/fixed time/calm_mean_error", "<=", VERY_CLOSE),
    Claim("20", "creneau, T = 0.2: the bands of one std are particularly alike",
          "creneau/fixed time/std_error", "<=", CLOSE),
    Claim("20", "creneau, T = 0.2: the std fluctuates near the ends (gap over largest std)",
          "creneau/fixed time/end_std_gap", ">=", IDENTICAL),
    Claim("20", "creneau, T = 0.2: four generated densities are not identical",
          "creneau/fixed time/largest_distance", ">=", IDENTICAL),
    Claim("conclusion", "compressing and decompressing reproduces distributions (worst std error)",
          "both/reconstruction/std_error", "<=", VERY_CLOSE),
    Claim("conclusion", "densities of many times in, their distribution out (worst distance)",
          "both/reconstruction/wasserstein", "<=", VERY_CLOSE),
    Claim("conclusion", "densities of one time in, their distribution out (worst std error)",
          "both/fixed time/std_error", "<=", VERY_CLOSE),
    Claim("conclusion", "decoding normal latents recovers the density (worst distance, in floors)",
          "both/prior/wasserstein_in_floors", "<=", 1.5),
    Claim("conclusion", "so the auto-encoder represents the density (worst std error of the prior)",
          "both/prior/std_error", "<=", CLOSE),
    Claim("conclusion", "the creneau is harder (ratio of the prior's std errors)",
          "both/prior/std_error_ratio", ">=", 1.0),
]  # fmt: skip

# Depends on the machine too, and differs from run to run.
TIMED = [
    Claim("conclusion", "it generates data quickly (generated in the time of one solved)",
          "both/prior/speed_ratio", ">=", 1.0),
]  # fmt: skip


def open_pools(folder: Path) -> dict[tuple[str, str], xr.Dataset]:
    """The stored pools of a profile, by case and final times ("all times" or "fixed time")."""
    return {
        (name, when): dataset.open(stored(folder, kind, name, time=case.fixed_time))
        for name, case in CASES.items()
        for when, kind in POOLS.items()
    }


def draw(models: dict[str, Any], pools: dict, profile: Profile, seed: int) -> Samples:
    """Densities generated in the report's three ways, each sample beside one of Monte Carlo.

    `reconstruction` and `fixed time` encode and decode the very densities that they are compared
    with, of all times and of one; `prior` decodes standard normal latents.

    models : auto-encoders by case; pools : of `open_pools`, on which no model was trained.
    """
    found: Samples = {}
    for name, model in models.items():
        for n in profile.sample_sizes:
            index = number(name), n
            rows = generator(seed, "picked", *index).choice(profile.pool, n, replace=False)
            many, one = (pools[name, when].density.values[rows] for when in POOLS)
            noise = [integer(seed, "encoded draws", *index, k) for k in range(len(POOLS))]
            latents = stream(seed, "prior", *index)
            found[name, "reconstruction", n] = model.reconstruct(many, seed=noise[0]), many
            found[name, "prior", n] = model.generate(n, seed=latents), many
            found[name, "fixed time", n] = model.reconstruct(one, seed=noise[1]), one
    return found


def noise_floors(pools: dict, profile: Profile, seed: int) -> dict[tuple, dict[str, float]]:
    """Distances between two Monte Carlo samples of n densities: from (case, times, n) to floors."""
    return {
        (name, when, n): metrics.noise_floor(
            pool.density.values, n, repeats=profile.floor_repeats,
            rng=generator(seed, "noise floor", number(name), [*POOLS].index(when), n),
        )
        for (name, when), pool in pools.items()
        for n in profile.sample_sizes
    }  # fmt: skip


def moments_table(samples: Samples, floors: dict, profile: Profile) -> pd.DataFrame:
    """Distances of every generated sample: to Monte Carlo, their floors, and to exact moments."""
    moments = {
        (name, when): exact.mean_and_std(
            case, None if when == "all times" else case.fixed_time, **profile.rule
        )
        for name, case in CASES.items()
        for when in POOLS
    }
    rows = []
    for (name, study, n), (generated, reference) in samples.items():
        floor = floors[name, _times(study), n]
        from_exact = metrics.moment_errors(generated, *moments[name, _times(study)])
        rows.append(
            {"case": name, "study": study, "model": "report", "samples": n}
            | metrics.distances(generated, reference)
            | {f"floor_{key.removesuffix('_error')}": value for key, value in floor.items()}
            | {f"exact_{key}": value for key, value in from_exact.items()}
        )
    return pd.DataFrame(rows).sort_values(["case", "study", "samples"], ignore_index=True)


def measure_all(samples: Samples, floors: dict) -> dict[str, float]:
    """Every number that `CLAIMS` asks for: from "case/study/measure" to a number.

    Reconstructions are measured at the report's sample sizes, the prior at the largest one.
    """
    largest = max(n for _, _, n in samples)
    found: dict[str, float] = {}
    for (name, study, n), pair in samples.items():
        label = f"{study} at {n}" if n != (largest if study == "prior" else DRAWN) else study
        measured = measure(*pair, paired=study != "prior")
        found |= {f"{name}/{label}/{key}": value for key, value in measured.items()}
    for name in CASES:
        floor = floors[name, "all times", largest]["wasserstein"]
        found[f"{name}/prior/wasserstein_in_floors"] = found[f"{name}/prior/wasserstein"] / floor
    return found | compare_cases(found)


def speed(model: Any, profile: Profile, seed: int) -> dict[str, float]:
    """What `TIMED` asks for: densities of the sinus decoded in the time that one is solved in."""
    n = max(profile.sample_sizes)
    latents, inputs = (stream(seed, "timed densities", k) for k in range(2))
    started = time.perf_counter()
    model.generate(n, seed=latents)
    decoded = time.perf_counter()
    dataset.generate(problems.SINUS, n, seed=inputs, scheme=profile.scheme)
    solved = time.perf_counter()
    return {"both/prior/speed_ratio": (solved - decoded) / (decoded - started)}


def measure(
    generated: np.ndarray, reference: np.ndarray, picked: Sequence[int] = range(4), *, paired: bool
) -> dict[str, float]:
    """The measures of a generated sample against its reference that the claims are about.

    generated, reference (realisations, cells); picked: the four indices drawn in the figure;
    paired: whether generated[i] is the reconstruction of reference[i].
    """
    x = problems.centres(reference.shape[1])
    mean, std = metrics.mean_and_std(generated)
    reference_mean, reference_std = metrics.mean_and_std(reference)
    front, ends = (x > 0.5) & (x < 0.9), (x < 0.4) | (x > 0.8)
    calm = np.abs(x - 0.6) > 0.1
    gaps = _pairwise(generated[list(picked)])
    found = metrics.distances(generated, reference)
    found["largest_error"] = max(found["mean_error"], found["std_error"])
    found["spread"] = std.mean() / reference_std.mean()
    found["std_correlation"] = np.corrcoef(std, reference_std)[0, 1]
    found["front_mean_error"] = metrics.relative_error(mean[front], reference_mean[front])
    found["calm_mean_error"] = metrics.relative_error(mean[calm], reference_mean[calm])
    found["gap_from_front"] = abs(x[np.abs(mean - reference_mean).argmax()] - 0.6)
    found["end_std_gap"] = np.abs(std - reference_std)[ends].max() / reference_std.max()
    found["least_distance"], found["largest_distance"] = gaps.min(), gaps.max()
    if paired:
        found["paired_error"] = np.median(metrics.relative_error(generated, reference))
    return {name: float(value) for name, value in found.items()}


def compare_cases(found: dict[str, float]) -> dict[str, float]:
    """Measurements over both cases: the worse of the two, or creneau over sinus."""
    both: dict[str, float] = {}
    for study, measure_name in (
        ("reconstruction", "std_error"),
        ("reconstruction", "wasserstein"),
        ("fixed time", "std_error"),
        ("prior", "wasserstein_in_floors"),
        ("prior", "std_error"),
    ):
        values = [found[f"{case}/{study}/{measure_name}"] for case in ("sinus", "creneau")]
        both[f"both/{study}/{measure_name}"] = max(values)
    for study, measure_name in (("reconstruction", "paired_error"), ("prior", "std_error")):
        sinus, creneau = (found[f"{case}/{study}/{measure_name}"] for case in ("sinus", "creneau"))
        both[f"both/{study}/{measure_name}_ratio"] = creneau / sinus
    return both


def verdicts(found: dict[str, float], claims: Sequence[Claim] = CLAIMS) -> pd.DataFrame:
    """The table of claims, with columns figure, claim, measured, threshold and holds."""
    rows = []
    for claim in claims:
        measured = found[claim.measurement]
        holds = (
            measured <= claim.threshold if claim.relation == "<=" else measured >= claim.threshold
        )
        threshold = f"{claim.relation} {claim.threshold:g}"
        rows.append((claim.figure, claim.claim, measured, threshold, holds))
    return pd.DataFrame(rows, columns=["figure", "claim", "measured", "threshold", "holds"])


def _times(study: str) -> str:
    """The pool that a study draws from."""
    return study if study in POOLS else "all times"


def _pairwise(densities):
    """Relative distances between any two of the densities."""
    pairs = np.triu_indices(len(densities), k=1)
    return metrics.relative_error(densities[pairs[0]], densities[pairs[1]])
