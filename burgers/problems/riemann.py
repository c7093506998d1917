"""Riemann problems with random states: shocks and rarefactions, some of them transonic."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers.problems.grid import edges
from burgers.problems.problem import Problem
from burgers.problems.report import LOG_REYNOLDS, ExpUniform, Uniform


def two_states(
    cells: int, left: ArrayLike, right: ArrayLike, place: ArrayLike, **_: ArrayLike
) -> NDArray[np.float64]:
    """Exact cell averages of ρ(0, x) = left for x < place, and right beyond.

    left, right, place : (realisations,). The result is (realisations, cells).
    """
    left, right, place = (np.asarray(value)[:, None] for value in (left, right, place))
    share = np.diff(np.minimum(edges(cells), place), axis=1) * cells
    return right + (left - right) * share


RIEMANN = Problem(
    name="riemann",
    inputs={
        "reynolds": ExpUniform(*LOG_REYNOLDS),
        "left": Uniform(-1.0, 1.0),
        "right": Uniform(-1.0, 1.0),
        "place": Uniform(0.3, 0.7),
    },
    initial=two_states,
    boundary="outflow",
    times=(0.0, 0.3),
    description="ρ(0, x) = left for x < place and right beyond, both ~ U[-1, 1], "
    "place ~ U[0.3, 0.7], log Re ~ U[4, 13]: a shock for left > right, else a rarefaction, "
    "transonic where the states have opposite signs. Source: B. Riemann (1860); this project.",
)
