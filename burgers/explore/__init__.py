"""The law under your sliders: panels of widgets and pictures, for `notebooks/explore.ipynb`.

A panel keeps its figures and moves only what changes in them. Nothing here asks for a browser, so
that a panel can be driven from Python too: `Explorer().density.time.value = 0.3`.
"""

from burgers.explore.density import DensityPanel
from burgers.explore.ensemble import EnsemblePanel
from burgers.explore.latent import LatentPanel
from burgers.explore.models import KINDS, SOLVED, Atlas, atlas, averages, drawn, prepared
from burgers.explore.panels import Explorer

__all__ = [
    "KINDS", "SOLVED", "Atlas", "DensityPanel", "EnsemblePanel", "Explorer", "LatentPanel", "atlas",
    "averages", "drawn", "prepared",
]  # fmt: skip
