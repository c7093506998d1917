"""The figures: drawn from arrays and tables, in one style, and saved whole."""

from burgers.plots import (
    diagrams,
    figures,
    forecasts,
    inference,
    laws,
    leaderboard,
    networks,
    published,
)
from burgers.plots.figures import (
    GENERATED,
    INPUT,
    MONTE_CARLO,
    band,
    band_and_four,
    boundary,
    budget,
    convergence,
    effective_reynolds,
    four,
    overlay,
    overlays,
    quadrature,
    save_figure,
    single,
)
from burgers.plots.networks import active_latents, layers, loss
from burgers.plots.scorecard import noise_curves, scorecard
from burgers.plots.shares import variance_shares

__all__ = [
    "GENERATED", "INPUT", "MONTE_CARLO", "active_latents", "band", "band_and_four", "boundary",
    "budget", "convergence", "diagrams", "effective_reynolds", "figures", "forecasts", "four",
    "inference", "laws", "layers", "leaderboard", "loss", "networks", "noise_curves", "overlay",
    "overlays", "published", "quadrature", "save_figure", "scorecard", "single", "variance_shares",
]  # fmt: skip
