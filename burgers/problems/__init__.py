"""Random Burgers problems: what is random, where it starts, and what happens at the boundary."""

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

__all__ = ["CASES", "CRENEAU", "LOG_REYNOLDS", "SINUS", "STEP", "Case", "checked", "number"]
