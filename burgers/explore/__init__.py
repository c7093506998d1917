"""Interactive panels of widgets and figures, shown by `notebooks/explore.ipynb`.

A panel redraws only the artists that change. No browser is needed: a panel can also be driven from
Python, `Explorer().density.time.value = 0.3`.
"""

from burgers import problems
from burgers.explore.density import DensityPanel
from burgers.explore.ensemble import EnsemblePanel
from burgers.explore.latent import LatentPanel
from burgers.explore.models import (
    KINDS,
    SOLVED,
    EncodedEnsemble,
    averages,
    drawn,
    encoded_ensemble,
    exact_band,
    prepared,
    spread,
)
from burgers.explore.named import ProblemPanel
from burgers.explore.panels import Explorer
from burgers.explore.pictures import Panel, Picture, captioned, slider

# Former names.
Atlas, atlas, centres = EncodedEnsemble, encoded_ensemble, problems.centres

__all__ = [
    "KINDS", "SOLVED", "DensityPanel", "EncodedEnsemble", "EnsemblePanel", "Explorer",
    "LatentPanel", "Panel", "Picture", "ProblemPanel", "averages", "captioned", "drawn",
    "encoded_ensemble", "exact_band", "prepared", "slider", "spread",
]  # fmt: skip
