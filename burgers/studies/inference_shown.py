"""What figures of inference show: bands, draws of the inputs, and the information of sensors."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from burgers import exact, streams
from burgers.models.parallel import run_in_parallel
from burgers.problems import CASES, CELLS, number
from burgers.profiles import Inference
from burgers.studies.inference import SENSORS, Amortised, Setting, inputs_at
from burgers.studies.inference_scores import held

# Densities of a learned band, and its quantiles.
SHOWN, BAND = 2000, (0.05, 0.95)
# Classes of log Re in its information.
CLASSES = 40
# When it is asked for.
FIRST, LAST = 0.02, {"sinus": 1.0, "creneau": 0.58}

Floats = NDArray[np.float64]


def shown(learned: Amortised, later: float, seed: int, cells: int = CELLS) -> dict[str, Any]:
    """One observation: bands of the exact and of the learned posterior density, now and later.

    A dict from a title to the parts of a panel of `plots.inference.bands`.
    """
    setting, observation = learned.setting, learned.setting.observation()
    problem, rng = observation.problem, streams.generator(seed, "shown truth", number(setting.case))
    truth: dict[str, Any] = dict(problem.sample(1, rng))
    data = observation.observe(truth, rng)[0]
    posterior = exact.posterior(observation, data)
    inputs: dict[str, Any] = inputs_at(problem, learned.sample(data, SHOWN, rng)[0])
    panels = {}
    for time in (setting.time, later):
        drawn = exact.density(problem, time, cells=cells, **inputs)
        panels[f"T = {time:g}"] = {
            "true": exact.density(problem, time, cells=cells, **truth)[0],
            "exact": posterior.quantiles(BAND, time, cells),
            "learned": np.quantile(drawn, BAND, axis=0),
        }
    panels[f"T = {setting.time:g}"] |= {
        "places": observation.positions, "read": data, "noise": setting.noise
    }  # fmt: skip
    return panels


def drawn_inputs(
    learned: Amortised, count: int, sizes: Inference, seed: int
) -> dict[str, tuple[Floats, ...]]:
    """Draws of log Re and a, exact and learned, and the true ones, for some observations."""
    setting = learned.setting
    problem, known = CASES[setting.case], held(setting, sizes, seed)
    rng = streams.generator(seed, "posterior samples", number(setting.case), 1)
    found = learned.sample(known.data[:count], sizes.samples, rng)

    def values(scores):
        inputs: dict[str, Any] = inputs_at(problem, scores)
        return np.stack([np.log(inputs["reynolds"]), inputs["step"]], axis=1)

    return {
        f"observation {k + 1}": (values(known.exact[k]), values(found[k]),
                                 values(known.scores[[k]])[0])
        for k in range(count)
    }  # fmt: skip


def reynolds_bits(posterior: exact.Posterior) -> float:
    """What an observation tells about log Re alone, in bits: KL(posterior ‖ prior) over 40 bins."""
    number = list(posterior.inputs).index("reynolds")
    share = posterior.in_classes(number, CLASSES)
    share = share[share > 0]
    return float(share @ np.log2(share * CLASSES))


def information_of_cases(
    noises: ArrayLike, sizes: Inference, seed: int, workers: int = 0
) -> dict[str, pd.DataFrame]:
    """From a case to its table of `information`, from soon after the start to the last time.

    workers : number of cases at the same time, each in its own process; 0 for this one.
    """
    tasks = {
        case: {"case": case, "times": np.linspace(FIRST, last, sizes.times), "noises": noises,
               "sizes": sizes, "seed": seed}
        for case, last in LAST.items()
    }  # fmt: skip
    found = run_in_parallel([(information, options) for options in tasks.values()], workers)
    return dict(zip(tasks, found, strict=True))


def information(
    case: str, times: ArrayLike, noises: ArrayLike, sizes: Inference, seed: int
) -> pd.DataFrame:
    """How much five sensors tell of all inputs and of Re alone, over the time at which they read.

    Returns
    -------
    pandas.DataFrame with a row for each time and noise: `time`, `noise`, `bits` and
    `reynolds_bits`, means over `sizes.truths` true inputs, the same for all times.
    """
    rng = streams.generator(seed, "informed truths", number(case))
    inputs, rows = CASES[case].sample(sizes.truths, rng), []
    xi = rng.standard_normal((sizes.truths, SENSORS))
    for time in np.atleast_1d(times):
        for noise in np.atleast_1d(noises):
            observation = Setting(case, SENSORS, float(noise), float(time)).observation()
            data = observation.values(inputs) + noise * xi
            found = [exact.posterior(observation, row, tolerance=1e-4) for row in data]
            bits = [each.information() for each in found]
            of_reynolds = [reynolds_bits(each) for each in found]
            rows.append([time, noise, np.mean(bits), np.mean(of_reynolds)])
    return pd.DataFrame(rows, columns=["time", "noise", "bits", "reynolds_bits"])
