"""The report's sentences, each with the number that decides whether it holds.

The report's adjectives are read once and for all: *identical* or *superposed* is a relative
distance of at most 1 %, *very close* 5 %, *close* or *alike* 10 %. Densities are of *different*
final times when any two of four lie at least 5 % apart.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from burgers import metrics

IDENTICAL = 0.01
VERY_CLOSE = 0.05
CLOSE = 0.10
DIFFERENT = 0.05
CORRELATED = 0.95


@dataclass(frozen=True)
class Claim:
    """A sentence of the report: it holds when measured `relation` threshold."""

    figure: str
    claim: str
    measurement: str
    relation: str
    threshold: float


def _reconstruction_claims(case, band):
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
    Claim("conclusion", "compressing and decompressing reproduces the laws (worst std error)",
          "both/reconstruction/std_error", "<=", VERY_CLOSE),
    Claim("conclusion", "densities of many times in, the law of many times out (worst distance)",
          "both/reconstruction/wasserstein", "<=", VERY_CLOSE),
    Claim("conclusion", "densities of one time in, the law of that time out (worst std error)",
          "both/fixed time/std_error", "<=", VERY_CLOSE),
    Claim("conclusion", "decoding normal latents recovers the law (worst distance, in floors)",
          "both/prior/wasserstein_in_floors", "<=", 1.5),
    Claim("conclusion", "so the auto-encoder represents the law (worst std error of the prior)",
          "both/prior/std_error", "<=", CLOSE),
    Claim("conclusion", "the creneau is harder (ratio of the prior's std errors)",
          "both/prior/std_error_ratio", ">=", 1.0),
]  # fmt: skip

# What measures the machine too, and differs from run to run.
TIMED = [
    Claim("conclusion", "it generates data quickly (generated in the time of one solved)",
          "both/prior/speed_ratio", ">=", 1.0),
]  # fmt: skip


def measure(generated, reference, picked, paired):
    """What the claims need to know of a generated sample against its reference.

    generated, reference (realisations, cells); picked: the four indices drawn in the figure;
    paired: whether generated[i] is the reconstruction of reference[i].
    """
    x = (np.arange(reference.shape[1]) + 0.5) / reference.shape[1]
    mean, std = metrics.mean_and_std(generated)
    reference_mean, reference_std = metrics.mean_and_std(reference)
    front, ends = (x > 0.5) & (x < 0.9), (x < 0.4) | (x > 0.8)
    calm = np.abs(x - 0.6) > 0.1
    gaps = _pairwise(generated[picked])
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


def compare_cases(found):
    """Measurements over both cases: the worst of the two, or creneau over sinus.

    found maps "case/study/measure" to numbers and is not changed.
    """
    both = {}
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


def judge(found, claims=CLAIMS):
    """The table of claims: figure, claim, measured, threshold, holds."""
    rows = []
    for claim in claims:
        measured = found[claim.measurement]
        holds = (
            measured <= claim.threshold if claim.relation == "<=" else measured >= claim.threshold
        )
        threshold = f"{claim.relation} {claim.threshold:g}"
        rows.append((claim.figure, claim.claim, measured, threshold, holds))
    return pd.DataFrame(rows, columns=["figure", "claim", "measured", "threshold", "holds"])


def _pairwise(densities):
    pairs = np.triu_indices(len(densities), k=1)
    return metrics.relative_error(densities[pairs[0]], densities[pairs[1]])
