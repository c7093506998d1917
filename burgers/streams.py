"""Random streams by name: what the seed of a run is spread over, and nothing draws from twice.

Each name is a child of the seed, `numpy.random.SeedSequence(seed, spawn_key=(number, *index))`, and
so independent of all others.
"""

import numpy as np

from burgers import _checks as checks

# A name keeps its number: new ones come at the end.
NAMES = (
    # Ensembles of 01, by the index of the problem.
    "training ensemble", "pool", "pool at one time",
    # Trainings of the report's networks, by the index of the problem.
    "report training",
    # What 04 compares: picked densities, draws from the prior, noise floors by sample size.
    "picked", "prior", "noise floor", "timed densities",
    # Reynolds numbers of 05.
    "verification",
    # Trainings of 06, by the index of the problem and of the seed.
    "sharp training", "given time training", "schedule training",
    # Densities of 06: those behind the codes, with and without T, and judged at single times.
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
    # More of 06, by problem: densities to condition on, encoder noise, and what figures show.
    "given time densities", "reconstructions", "total variance", "shown codes", "bands",
    "neighbours",
)  # fmt: skip
NUMBER = {name: number for number, name in enumerate(NAMES)}
# Keras' seeds are 32-bit integers, and networks take numbers next to the double of theirs.
MOST = 2**30


def stream(seed: int, name: str, *index: int) -> np.random.SeedSequence:
    """The stream of a name, and where there are several of that name of an index.

    ValueError unless the seed is an integer >= 0, and the name one of `NAMES`.
    """
    seed = checks.count("seed", seed, least=0)
    if name not in NUMBER:
        raise ValueError(f"name is {name!r}; accepted: one of burgers.streams.NAMES")
    return np.random.SeedSequence(seed, spawn_key=(NUMBER[name], *index))


def generator(seed: int, name: str, *index: int) -> np.random.Generator:
    """A generator on the stream of a name."""
    return np.random.default_rng(stream(seed, name, *index))


def integer(seed: int, name: str, *index: int) -> int:
    """An integer seed from the stream of a name, for what takes no other."""
    return int(stream(seed, name, *index).generate_state(1)[0]) % MOST
