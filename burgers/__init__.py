"""The distribution of the density in a random Burgers equation.

`import burgers` imports the numerics; `burgers.vae`, which loads TensorFlow, at its first use.
"""

from burgers import _faces, exact, metrics, paths, problems, profiles, streams
from burgers._version import __version__
from burgers.ensembles import dataset
from burgers.ensembles.dataset import generate
from burgers.exact import Observation
from burgers.problems import CASES, CRENEAU, SINUS, Problem
from burgers.solver import solve, trajectory
from burgers.studies.judging import judge
from burgers.studies.results import results

_faces.install()
__getattr__ = _faces.at_first_use
# The former names of what is loaded anyway.
cases, moments = problems, metrics

__all__ = [
    "CASES",
    "CRENEAU",
    "SINUS",
    "Observation",
    "Problem",
    "__version__",
    "cases",
    "dataset",
    "exact",
    "generate",
    "judge",
    "metrics",
    "moments",
    "paths",
    "problems",
    "profiles",
    "results",
    "solve",
    "streams",
    "trajectory",
]
