"""Quadrature rules over the random inputs, with which the models are compared."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from burgers.exact.quadrature import gauss_legendre
from burgers.problems import CASES, LOG_REYNOLDS, STEP, number
from burgers.streams import generator

# Inputs of each point, arrays (points,), and the weights (points,).
Rule = tuple[dict[str, NDArray[Any]], NDArray[np.float64]]


def gauss_points(name: str, points: int) -> Rule:
    """Inputs and weights of the Gauss-Legendre rule in log Re and a, `points` in each of them."""
    nodes, weight = gauss_legendre([LOG_REYNOLDS], points)
    inputs = {"reynolds": np.exp(nodes)}
    if "step" in CASES[name].inputs:
        steps, other = gauss_legendre([STEP], points)
        inputs = {"reynolds": np.repeat(np.exp(nodes), points), "step": np.tile(steps, points)}
        weight = np.outer(weight, other).ravel()
    return inputs, weight / weight.sum()


def sobol_points(name: str, points: int, seed: int) -> Rule:
    """Inputs and weights of so many Sobol points in log Re and a."""
    ranges = [LOG_REYNOLDS, STEP] if "step" in CASES[name].inputs else [LOG_REYNOLDS]
    unit = qmc.Sobol(len(ranges), seed=generator(seed, "Sobol", number(name))).random(points)
    low, high = np.transpose(ranges)
    scaled = qmc.scale(unit, low, high)
    inputs = {"reynolds": np.exp(scaled[:, 0])}
    if len(ranges) > 1:
        inputs["step"] = scaled[:, 1]
    return inputs, np.full(points, 1.0 / points)
