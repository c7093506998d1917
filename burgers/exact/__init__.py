"""Exact densities, and exact moments of their laws, by the transformation of Cole and Hopf."""

from burgers.exact.densities import REYNOLDS, density, tail
from burgers.exact.law import PANEL_NODES, REYNOLDS_NODES, mean_and_std

__all__ = ["PANEL_NODES", "REYNOLDS", "REYNOLDS_NODES", "density", "mean_and_std", "tail"]
