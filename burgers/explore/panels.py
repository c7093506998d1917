"""The page: four panels, and the choices that three of them share."""

import ipywidgets as widgets

from burgers import profiles
from burgers.explore.density import DensityPanel
from burgers.explore.ensemble import EnsemblePanel
from burgers.explore.latent import LatentPanel
from burgers.explore.models import KINDS, encoded_ensemble, prepared
from burgers.explore.named import ProblemPanel
from burgers.problems import CASES


class Explorer:
    """The panels of the page, with the choice of case and auto-encoder that three of them share.

    Parameters
    ----------
    profile, seed : of the models that are trained if those of the report profile are missing.

    Attributes
    ----------
    case, kind : dropdowns.
    density, latents, ensemble, named : the panels, each the last line of a cell.

    Raises
    ------
    ValueError
        As `prepared`, or if a model cannot be read.
    """

    def __init__(self, profile: str = "quick", seed: int = 0) -> None:
        self.scheme = profiles.get(profile).scheme
        self.files = prepared(profile, seed)
        self.case = widgets.Dropdown(options=list(CASES), description="case")
        self.kind = widgets.Dropdown(options=list(KINDS), description="model")
        choice = [self.case, self.kind]
        self.latents = LatentPanel()
        self.density = DensityPanel(choice, self.latents.follow)
        self.ensemble = EnsemblePanel(self.case, self.files, seed, self.scheme)
        self.named = ProblemPanel()
        self.kind.observe(lambda _: self._turn(), "value")
        self.case.observe(lambda _: self._turn_all(), "value")
        self._turn_all()

    def _turn(self):
        case = CASES[self.case.value]
        encoded = encoded_ensemble(case, self.files[case.name, self.kind.value], self.scheme)
        self.latents.show(case, encoded)
        self.density.show(case, encoded)

    def _turn_all(self):
        self._turn()
        self.ensemble.show(CASES[self.case.value])
