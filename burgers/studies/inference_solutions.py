"""Exact solutions that posterior densities are learned from and compared with.

Densities are arrays (realisations, cells).
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline

from burgers import exact, streams
from burgers.exact import Observation
from burgers.exact.points import at_quantiles, halton
from burgers.problems import CASES, CELLS, Problem, number
from burgers.profiles import Inference
from burgers.studies.inference import Setting, quantiles

# When the density is asked for that was observed earlier.
LATER = {"sinus": 0.8, "creneau": 0.4}
# Quantiles of an only input between which densities are interpolated, by polynomials of degree 5:
# those of the sinus are off by less than 1e-9.
NODES, DEGREE = 500, 5

Floats = NDArray[np.float64]


class Known(NamedTuple):
    """Exact solutions to learn from: inputs, and densities (realisations, cells) when observed."""

    inputs: dict[str, Any]
    densities: Floats


def known(setting: Setting, sizes: Inference, seed: int) -> Known:
    """The solutions from which every model of a case learns, whatever the noise of the sensors."""
    problem = CASES[setting.case]
    rng = streams.generator(seed, "simulations", number(setting.case))
    inputs = halton(problem, sizes.simulations, rng)
    return Known(inputs, solved(problem, setting.time, inputs))


def readings(observation: Observation, densities: Floats) -> Floats:
    """What the sensors would read of densities (realisations, cells), without noise."""
    cells = observation.cells or CELLS
    wide = densities.reshape(len(densities), cells, -1).mean(axis=2)
    return wide[:, observation.columns(cells)]


def at_inputs(setting: Setting, inputs: dict[str, Any]) -> dict[float, Floats]:
    """Exact densities at inputs, when observed and later."""
    problem = CASES[setting.case]
    return {time: solved(problem, time, inputs) for time in (setting.time, LATER[setting.case])}


def solved(problem: Problem, time: float, inputs: dict[str, Any]) -> Floats:
    """Exact densities at inputs of a case; of an only input they are interpolated."""
    if len(problem.inputs) > 1:
        return exact.density(problem, time, cells=CELLS, **inputs)
    return _interpolant(problem.name, time)(quantiles(problem, inputs)[:, 0])


@lru_cache
def _interpolant(case: str, time: float) -> BSpline:
    places = np.linspace(0.0, 1.0, NODES)
    inputs: dict[str, Any] = at_quantiles(CASES[case], 0.0, places[:, None])[0]
    densities = exact.density(CASES[case], time, cells=CELLS, **inputs)
    return make_interp_spline(places, densities, k=DEGREE)
