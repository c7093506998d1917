"""What the sharper models generate near a given density."""

from typing import Any

import numpy as np
import pandas as pd

from burgers import metrics
from burgers.studies.generative import Models
from burgers.studies.generative_data import Study

# Neighbours of a density lie within this relative L2 distance of it.
RADIUS = 0.1


def neighbours(
    model: Any,
    law: Any,
    density: np.ndarray,
    pool: np.ndarray,
    radius: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Densities within a relative L2 distance of a given one, and the encoder's own draws.

    Three arrays (realisations, cells): of a Monte Carlo pool, of as many generated densities, and
    1,000 decoded draws from the encoder's distribution given the density.
    """
    drawn = model.decode(law.sample(len(pool), rng))
    near, generated = (
        sample[metrics.relative_error(sample, density) <= radius] for sample in (pool, drawn)
    )
    mean, log_variance = model.encode(density[None])
    noise = rng.standard_normal((1000, mean.shape[1]))
    return near, generated, model.decode(mean + np.exp(0.5 * log_variance) * noise)


def all_neighbours(study: Study, models: Models, laws: dict) -> dict[str, tuple[np.ndarray, ...]]:
    """A density a third of the way through the times, and its `neighbours`, by title."""
    panels: dict[str, tuple[np.ndarray, ...]] = {}
    for name, ensemble in study.of("sharp").pool.items():
        pool, order = ensemble.density.values, np.argsort(ensemble.final_time.values)
        density = pool[order[len(order) // 3]]
        near = neighbours(
            models[name]["sharp"], laws[name, "sharp"]["parzen"], density, pool, RADIUS,
            study.generator("neighbours", name),
        )  # fmt: skip
        panels[f"{name}, within {RADIUS:.0%}"] = density, *near
    return panels


def neighbour_distances(panels: dict[str, tuple[np.ndarray, ...]]) -> pd.DataFrame:
    """Median relative L2 distance from the given density, a row for each of `all_neighbours`."""
    return pd.DataFrame(
        [[np.median(metrics.relative_error(sample, density)) for sample in near]
         for density, *near in panels.values()],
        index=panels.keys(), columns=["Monte Carlo", "generated", "posterior"],
    )  # fmt: skip
