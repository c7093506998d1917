"""Random Burgers problems: random inputs, initial density, boundary condition and viscosity."""

from burgers.problems.grid import BOUNDARIES, CELLS, Boundary, centres, edges, point_values
from burgers.problems.names import get, names
from burgers.problems.problem import Distribution, Problem, checked
from burgers.problems.report import (
    CASES,
    CRENEAU,
    LOG_REYNOLDS,
    SINUS,
    STEP,
    ExpUniform,
    Uniform,
    number,
)
from burgers.problems.units import Units

# The former name of `Problem`.
Case = Problem

__all__ = [
    "BOUNDARIES",
    "CASES",
    "CELLS",
    "CRENEAU",
    "LOG_REYNOLDS",
    "SINUS",
    "STEP",
    "Boundary",
    "Case",
    "Distribution",
    "ExpUniform",
    "Problem",
    "Uniform",
    "Units",
    "centres",
    "checked",
    "edges",
    "get",
    "names",
    "number",
    "point_values",
]
