"""Every size and every number of epochs, in one place."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How one case is sampled and its auto-encoder trained."""

    realisations: int
    epochs: int


@dataclass(frozen=True)
class Sharpening:
    """How the sharper auto-encoders and the laws on their codes are trained and judged.

    Attributes
    ----------
    epochs : of the sharper auto-encoders, by case.
    epochs_given_time : of those conditioned on T, on `codes` fresh densities.
    seeds : trainings of each.
    ablation_epochs : of the report's network on a schedule.
    flow_epochs : of a flow on the codes.
    codes, codes_given_time : fresh densities whose codes a law is fitted to.
    samples : realisations in a judged sample.
    times : times at which the law given T is judged, besides one unseen and the report's.
    """

    epochs: dict[str, int]
    epochs_given_time: dict[str, int]
    seeds: int
    ablation_epochs: int
    flow_epochs: int
    codes: int
    codes_given_time: int
    samples: int
    times: int


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
    sharpening : what the sharper models and their laws take.
    scheme : the solver's scheme; "rusanov" is the report's.
    """

    name: str
    sinus: Recipe
    creneau: Recipe
    batch_size: int
    pool: int
    sample_sizes: tuple[int, ...]
    floor_repeats: int
    sharpening: Sharpening
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
    sharpening=Sharpening(
        epochs={"sinus": 5, "creneau": 5},
        epochs_given_time={"sinus": 5, "creneau": 5},
        seeds=1,
        ablation_epochs=2,
        flow_epochs=12,
        codes=2000,
        codes_given_time=5000,
        samples=400,
        times=2,
    ),
)
REPORT = Profile(
    name="report",
    sinus=Recipe(realisations=10_000, epochs=300),
    creneau=Recipe(realisations=5_825, epochs=800),
    batch_size=50,
    pool=20_000,
    sample_sizes=(200, 1000, 5000),
    floor_repeats=20,
    sharpening=Sharpening(
        epochs={"sinus": 30, "creneau": 60},
        epochs_given_time={"sinus": 20, "creneau": 12},
        seeds=3,
        ablation_epochs=20,
        flow_epochs=60,
        codes=30_000,
        codes_given_time=150_000,
        samples=5000,
        times=9,
    ),
)
QUICK_MUSCL = replace(QUICK, name="quick_muscl", scheme="muscl")
REPORT_MUSCL = replace(REPORT, name="report_muscl", scheme="muscl")
PROFILES = {profile.name: profile for profile in (QUICK, REPORT, QUICK_MUSCL, REPORT_MUSCL)}


def get(name):
    """The profile of that name; ValueError names the accepted ones."""
    if name not in PROFILES:
        raise ValueError(f"profile is {name!r}; accepted: {', '.join(PROFILES)}")
    return PROFILES[name]
