"""Ensembles of realisations of a random problem: solved, stored, and read again."""

from burgers.ensembles import dataset, distributed, trajectories
from burgers.ensembles.dataset import generate

__all__ = ["dataset", "distributed", "generate", "trajectories"]
