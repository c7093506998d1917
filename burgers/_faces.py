"""Former names of modules, which stay importable for existing scripts."""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

FACES = {
    "cases": "problems",
    "chunked": "ensembles.distributed",
    "claims": "studies.claims",
    "cost": "studies.cost",
    "dataset": "ensembles.dataset",
    "flow": "models.flow",
    "fronts": "models.front_decoder",
    "judges": "metrics",
    "latent": "models.latent_laws",
    "law_plots": "plots.laws",
    "moments": "metrics",
    "propagation": "studies.forecasting",
    "quadrature": "exact.quadrature",
    "reduced": "models.latent_ode",
    "sharpening": "studies.generative",
    "sigma_vae": "models.sigma_vae",
    "sketches": "plots.diagrams",
    "stored": "models.streaming",
    "surrogates": "models.baselines",
    "time_judges": "studies.forecast_errors",
    "time_plots": "plots.forecasts",
    "training": "models.training",
    "trajectories": "ensembles.trajectories",
    "vae": "models.vae",
    "verification": "studies.verification",
}


class Faces(MetaPathFinder, Loader):
    """Import a module under its former name, as the same object as under its present one."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The specification of a former name; None for any other."""
        package, _, face = name.rpartition(".")
        return ModuleSpec(name, self) if package == "burgers" and face in FACES else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of the present name in place of `module`."""
        # An import returns what `sys.modules` holds after this call.
        place = FACES[module.__name__.rpartition(".")[2]]
        sys.modules[module.__name__] = import_module(f"burgers.{place}")


def install() -> None:
    """Make the former names importable; a second call does nothing."""
    if not any(type(finder).__name__ == Faces.__name__ for finder in sys.meta_path):
        sys.meta_path.append(Faces())
