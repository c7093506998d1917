"""Random Burgers problems: random inputs, initial density, boundary condition and grid."""

from burgers.problems.grid import Boundary, centres, edges
from burgers.problems.report import (
    CASES,
    CRENEAU,
    LOG_REYNOLDS,
    SINUS,
    STEP,
    Case,
    checked,
    number,
)

__all__ = [
    "CASES",
    "CRENEAU",
    "LOG_REYNOLDS",
    "SINUS",
    "STEP",
    "Boundary",
    "Case",
    "centres",
    "checked",
    "edges",
    "number",
]
