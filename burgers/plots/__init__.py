"""The figures: drawn from arrays and tables, in one style, and saved whole."""

from burgers.plots import diagrams, figures, forecasts, laws
from burgers.plots.figures import (
    GENERATED,
    INPUT,
    MONTE_CARLO,
    active_latents,
    band,
    band_and_four,
    boundary,
    budget,
    convergence,
    effective_reynolds,
    four,
    layers,
    loss,
    overlay,
    overlays,
    quadrature,
    save_figure,
    single,
)

__all__ = [
    "GENERATED", "INPUT", "MONTE_CARLO", "active_latents", "band", "band_and_four", "boundary",
    "budget", "convergence", "diagrams", "effective_reynolds", "figures", "forecasts", "four",
    "laws", "layers", "loss", "overlay", "overlays", "quadrature", "save_figure", "single",
]  # fmt: skip
