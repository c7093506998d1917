"""Named random streams of a run; no stream is used twice.

Each name is a child of the run's seed, `numpy.random.SeedSequence(seed, spawn_key=(number,
*index))`, and so independent of all others.
"""

import numpy as np

from burgers import _checks as checks

# The position of a name is its number: new names come at the end.
NAMES = (
    # Ensembles of 01, by the index of the problem.
    "training ensemble", "pool", "pool at one time",
    # Trainings of the report's networks, by the index of the problem.
    "report training",
    # Comparisons of 04: selected densities, draws from the prior, noise floors by sample size.
    "picked", "prior", "noise floor", "timed densities",
    # Reynolds numbers of 05.
    "verification",
    # Trainings of 06, by the index of the problem and of the seed.
    "sharp training", "given time training", "schedule training",
    # Densities of 06: encoded ones, with and without T given, and test data at single times.
    "codes", "codes given time", "judged time", "latent laws", "scores",
    # Trajectories and trainings of 07.
    "trajectories", "dynamics training", "posterior draws", "codes at a time", "budget",
    "later trajectories", "members", "Sobol", "reynolds given code",
    # Within one training: order of the realisations, noise, pairs of times, by epoch.
    "order", "noise", "field pairs", "tuning pairs",
    # The page of sliders.
    "map densities", "map times", "shown members",
    # Encoder noise in 04's reconstructions, by problem, sample size and pool.
    "encoded draws",
    # More of 06, by problem: densities to condition on, encoder noise, and the figures.
    "given time densities", "reconstructions", "total variance", "shown codes", "bands",
    "neighbours",
    # Realisations of 08, by the index of the problem among all names.
    "published",
    # The leaderboard, by the indices of problem, time and seed: densities to train on and to judge
    # by, trainings, and what is drawn from the models.
    "board training", "board reference", "board model", "board samples",
    # Inference in 10, by the index of the problem: pairs to learn from, trainings, observations to
    # judge by, draws of the models, and the true inputs of the figures.
    "simulations", "posterior training", "held observations", "posterior samples",
    "informed truths", "shown truth",
    # Realisations of the multilevel estimates of 07, by the indices of problem and cells.
    "multilevel",
    # More of 10: draws and codes of the models of 06 and 07, and observations to judge them by.
    "neighbours given sensors", "codes given sensors", "density judges",
    # More of 07, by the index of the problem: errors that members are given, and trajectories at
    # equally spaced times.
    "dressing", "linear trajectories",
    # More of 06, by problem and use: exact densities, as many as the stored ensembles have.
    "exact densities",
)  # fmt: skip
NUMBER = {name: number for number, name in enumerate(NAMES)}
# Keras' seeds are 32-bit integers, and networks use 2 * seed and its neighbours.
MOST = 2**30


def stream(seed: int, name: str, *index: int) -> np.random.SeedSequence:
    """The random stream of a name, and of an index where a name has several.

    Parameters
    ----------
    seed : of the run, an integer >= 0.
    name : one of `NAMES`.
    index : of the problem, model or repeat, as noted in `NAMES`.

    Raises
    ------
    ValueError
        If the seed is not an integer >= 0, or the name is unknown.
    """
    seed = checks.count("seed", seed, least=0)
    if name not in NUMBER:
        raise ValueError(f"name is {name!r}; accepted: one of burgers.streams.NAMES")
    return np.random.SeedSequence(seed, spawn_key=(NUMBER[name], *index))


def generator(seed: int, name: str, *index: int) -> np.random.Generator:
    """A generator on the random stream of a name; arguments and errors as in `stream`."""
    return np.random.default_rng(stream(seed, name, *index))


def integer(seed: int, name: str, *index: int) -> int:
    """An integer in [0, 2³⁰) from the random stream of a name, for libraries that need one."""
    return int(stream(seed, name, *index).generate_state(1)[0]) % MOST
