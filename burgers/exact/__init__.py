"""Exact densities, and exact moments of random ones, by the Cole-Hopf transformation."""

from burgers.exact.densities import REYNOLDS, tail
from burgers.exact.evolution import at, solve
from burgers.exact.expectations import Moments, mean_and_std, moments
from burgers.exact.law import PANEL_NODES, REYNOLDS_NODES
from burgers.exact.observation import Observation
from burgers.exact.of_problem import density, values
from burgers.exact.points import sobol
from burgers.exact.posterior import Posterior, posterior
from burgers.exact.sampling import Samples, posterior_samples

__all__ = [
    "PANEL_NODES",
    "REYNOLDS",
    "REYNOLDS_NODES",
    "Moments",
    "Observation",
    "Posterior",
    "Samples",
    "at",
    "density",
    "mean_and_std",
    "moments",
    "posterior",
    "posterior_samples",
    "sobol",
    "solve",
    "tail",
    "values",
]
