"""Exact densities, and exact moments of random ones, by the Cole-Hopf transformation."""

from burgers.exact.densities import REYNOLDS, density, tail
from burgers.exact.evolution import at, solve
from burgers.exact.law import PANEL_NODES, REYNOLDS_NODES, mean_and_std

__all__ = [
    "PANEL_NODES",
    "REYNOLDS",
    "REYNOLDS_NODES",
    "at",
    "density",
    "mean_and_std",
    "solve",
    "tail",
]
