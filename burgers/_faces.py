"""Former names of modules, which stay importable, and modules that are imported at first use."""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# Attributes of the package that nobody need import: TensorFlow and matplotlib take their time.
AT_FIRST_USE = ("ensembles", "explore", "models", "plots", "studies", "vae")

FACES = {
    "cases": "problems",
    "checkpoints": "models.checkpoints",
    "checks": "_checks",
    "chunked": "ensembles.distributed",
    "claims": "studies.claims",
    "cole_hopf": "exact.cole_hopf",
    "compiled": "_compiled",
    "cost": "studies.cost",
    "dataset": "ensembles.dataset",
    "environment": "models._keras",
    "evaluation": "models.evaluation",
    "examples": "models.pairs",
    "flow": "models.flow",
    "fronts": "models.front_decoder",
    "judges": "metrics",
    "jump": "exact.jump",
    "kernels": "solver.kernels",
    "lanes": "solver.simd",
    "latent": "models.latent_laws",
    "law_plots": "plots.laws",
    "models.told": "models.fitting",
    "moments": "metrics",
    "propagation": "studies.forecasting",
    "quadrature": "exact.quadrature",
    "reduced": "models.latent_ode",
    "sharpening": "studies.generative",
    "sigma_vae": "models.sigma_vae",
    "sketches": "plots.diagrams",
    "stored": "models.streaming",
    "stiff": "solver.stiff",
    "store": "ensembles.store",
    "surrogates": "models.baselines",
    "time_judges": "studies.forecast_errors",
    "time_plots": "plots.forecasts",
    "training": "models.training",
    "trajectories": "ensembles.trajectories",
    "vae": "models.vae",
    "verification": "studies.verification",
}

# Former names of functions and classes: where the module of the former name has none of that name.
FORMER = {
    "chunked.to_zarr": "ensembles.store.to_zarr",
    "claims.judge": "studies.claims.verdicts",
    "cost.payback": "studies.cost.break_even",
    "dataset.seed_label": "ensembles.solving.seed_label",
    "evaluation.batched": "models.evaluation.evaluate",
    "evaluation.checked": "models.evaluation.checked_density",
    "evaluation.compiled": "models.evaluation.evaluate_compiled",
    "flow.Carried": "models.flow.NearestConditions",
    "judges.blocks": "metrics._pool.blocks",
    "judges.checked": "metrics.checked_densities",
    "judges.column_moments": "metrics._pool.column_moments",
    "judges.nearest": "metrics._pool.nearest",
    "latent.Law": "models.latent_laws.Distribution",
    "latent.Parzen": "models.latent_laws.ManifoldParzen",
    "latent.checked": "models.latent_laws.checked_codes",
    "paths.Held": "_files.Held",
    "paths.beside": "_files.part_of",
    "paths.local": "_files.local",
    "paths.locked": "_files.locked",
    "paths.moved": "_files.put_in_place",
    "paths.old": "_files.old_of",
    "paths.read_whole": "_files.read_whole",
    "paths.remove": "_files.remove",
    "paths.target": "_files.target",
    "paths.told": "_files.explained",
    "paths.written_whole": "_files.written_whole",
    "profiles.Recipe": "profiles.CaseSizes",
    "propagation.law_of_reynolds": "studies.forecasting.reynolds_given_code",
    "quadrature.gauss": "exact.quadrature.gauss_legendre",
    "quadrature.halving": "exact.quadrature.halved_towards",
    "reduced.rk4": "models.latent_field.rk4",
    "sharpening.floors": "studies.generative_scores.floors",
    "sharpening.given_time": "studies.generative_scores.given_time",
    "sharpening.is_held_out": "studies.generative_data.is_held_out",
    "sharpening.neighbours": "studies.generative_neighbours.neighbours",
    "sharpening.score": "studies.generative_scores.score",
    "sharpening.summarise": "studies.generative_scores.summarise",
    "sharpening.verdicts": "studies.generative_scores.verdicts",
    "sigma_vae.Maker": "models.layers.SeededLayers",
    "sigma_vae.joined": "models.layers.concatenated",
    "time_judges.Truth": "studies.forecast_errors.Reference",
    "time_judges.from_later": "studies.later_start.errors",
    "time_judges.hidden": "studies.forecast_errors.distance_to_largest_reynolds",
    "time_judges.in_and_out": "studies.forecast_errors.extrapolation_errors",
    "time_judges.judge": "studies.forecast_errors.over_time",
    "time_judges.middles": "studies.forecast_errors.midpoints",
    "time_judges.truth": "studies.forecast_errors.reference",
    "time_plots.trap": "plots.forecasts.dependence_on_reynolds",
    "training.bare": "models.training.one_or_list",
    "training.side_by_side": "models.parallel.run_in_parallel",
    "trajectories.Pairs": "models.pairs.Pairs",
    "trajectories.pairs": "models.pairs.drawn_pairs",
    "trajectories.spread": "models.pairs.spread",
    "vae.batched": "models.evaluation.evaluate",
    "vae.checked": "models.evaluation.checked_density",
    "vae.compiled": "models.evaluation.evaluate_compiled",
}


def of_module(face: str) -> Callable[[str], Any]:
    """A module's `__getattr__` that finds what had another name, or was elsewhere, in `face`."""
    # A module with several former names has one `__getattr__` for all of them.
    faces = [other for other in FACES if FACES[other] == FACES.get(face)] or [face]

    def find(name: str) -> Any:
        found = [FORMER[f"{other}.{name}"] for other in faces if f"{other}.{name}" in FORMER]
        if not found:
            raise AttributeError(f"module 'burgers.{face}' has no attribute {name!r}")
        place, _, present = found[0].rpartition(".")
        return getattr(import_module(f"burgers.{place}"), present)

    return find


class Faces(MetaPathFinder, Loader):
    """Import a module under its former name, as the same object as under its present one."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The specification of a former name; None for any other."""
        package, _, face = name.partition(".")
        return ModuleSpec(name, self) if package == "burgers" and face in FACES else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of the present name in place of `module`."""
        # An import returns what `sys.modules` holds after this call.
        face = module.__name__.partition(".")[2]
        present = sys.modules[module.__name__] = import_module(f"burgers.{FACES[face]}")
        present.__getattr__ = of_module(face)  # type: ignore[method-assign]


def at_first_use(name: str) -> ModuleType:
    """A module of the package, imported now; the package's `__getattr__`."""
    if name not in AT_FIRST_USE:
        raise AttributeError(f"module 'burgers' has no attribute {name!r}")
    return import_module(f"burgers.{name}")


def install() -> None:
    """Make the former names importable; a second call does nothing."""
    for kept in ("paths", "profiles"):
        sys.modules[f"burgers.{kept}"].__getattr__ = of_module(kept)  # type: ignore[method-assign]
    if not any(type(finder).__name__ == Faces.__name__ for finder in sys.meta_path):
        sys.meta_path.append(Faces())
