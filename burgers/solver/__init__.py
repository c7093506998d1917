"""Finite volumes for the viscous Burgers equation, many realisations at once."""

from burgers.solver.finite_volume import (
    BOUNDARIES,
    SCHEMES,
    Scheme,
    courant_number,
    solve,
    trajectory,
)

__all__ = ["BOUNDARIES", "SCHEMES", "Scheme", "courant_number", "solve", "trajectory"]
