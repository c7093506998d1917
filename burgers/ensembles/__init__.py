"""Ensembles of realisations of a random problem: generated, stored and read."""

from burgers.ensembles import dataset, distributed, trajectories
from burgers.ensembles.dataset import generate

__all__ = ["dataset", "distributed", "generate", "trajectories"]
