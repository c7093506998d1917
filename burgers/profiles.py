"""Every size and every number of epochs, in one place."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How one case is sampled and its auto-encoder trained."""

    realisations: int
    epochs: int


@dataclass(frozen=True)
class Profile:
    """A consistent set of sizes for a run of all notebooks.

    Attributes
    ----------
    sinus, creneau : the recipe of each case.
    batch_size : realisations in a training step.
    pool : fresh realisations, never trained on, from which test samples are drawn.
    sample_sizes : the sizes N at which laws are compared.
    floor_repeats : pairs of Monte Carlo samples behind each noise floor.
    scheme : the solver's scheme; "rusanov" is the report's.
    """

    name: str
    sinus: Recipe
    creneau: Recipe
    batch_size: int
    pool: int
    sample_sizes: tuple[int, ...]
    floor_repeats: int
    scheme: str = "rusanov"

    def recipe(self, case_name):
        """The recipe of the case of that name."""
        return {"sinus": self.sinus, "creneau": self.creneau}[case_name]


QUICK = Profile(
    name="quick",
    sinus=Recipe(realisations=2000, epochs=12),
    creneau=Recipe(realisations=2000, epochs=12),
    batch_size=50,
    pool=2000,
    sample_sizes=(200, 1000),
    floor_repeats=5,
)
REPORT = Profile(
    name="report",
    sinus=Recipe(realisations=10_000, epochs=300),
    creneau=Recipe(realisations=5_825, epochs=800),
    batch_size=50,
    pool=20_000,
    sample_sizes=(200, 1000, 5000),
    floor_repeats=20,
)
QUICK_MUSCL = replace(QUICK, name="quick_muscl", scheme="muscl")
REPORT_MUSCL = replace(REPORT, name="report_muscl", scheme="muscl")
PROFILES = {profile.name: profile for profile in (QUICK, REPORT, QUICK_MUSCL, REPORT_MUSCL)}


def get(name):
    """The profile of that name; ValueError names the accepted ones."""
    if name not in PROFILES:
        raise ValueError(f"profile is {name!r}; accepted: {', '.join(PROFILES)}")
    return PROFILES[name]
