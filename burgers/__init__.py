"""The law of the density in a random Burgers equation.

The numerics are here; `burgers.vae` must be imported by name, as it loads TensorFlow.
"""

from burgers import cases, dataset, exact, moments, paths, profiles
from burgers._version import __version__
from burgers.cases import CASES, CRENEAU, SINUS
from burgers.dataset import generate
from burgers.solver import solve, trajectory

__all__ = [
    "CASES",
    "CRENEAU",
    "SINUS",
    "__version__",
    "cases",
    "dataset",
    "exact",
    "generate",
    "moments",
    "paths",
    "profiles",
    "solve",
    "trajectory",
]
