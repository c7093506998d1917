"""All sizes and numbers of epochs, collected in profiles."""

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class CaseSizes:
    """Size of the training ensemble of a case, and epochs of its auto-encoder.

    Attributes
    ----------
    realisations : in the training ensemble.
    epochs : of the training.
    """

    realisations: int
    epochs: int


@dataclass(frozen=True)
class Sharpening:
    """Sizes for the sharper auto-encoders and the distributions fitted to their codes.

    Attributes
    ----------
    epochs : of the sharper auto-encoders, by case.
    epochs_given_time : of those conditioned on T, which are trained on `given_time` densities.
    given_time : quasi-random densities, some of which are withheld.
    ablation_epochs : of the report's network with a learning-rate schedule.
    flow_epochs : of a flow on the codes.
    codes, codes_given_time : new densities to whose codes a distribution is fitted.
    samples : realisations in each sample that is evaluated.
    times : times at which the distribution given T is evaluated, in addition to an unseen one and
        the report's.
    """

    epochs: dict[str, int]
    epochs_given_time: dict[str, int]
    given_time: int
    ablation_epochs: int
    flow_epochs: int
    codes: int
    codes_given_time: int
    samples: int
    times: int


@dataclass(frozen=True)
class Propagation:
    """Sizes for the reduced models dz/dt = F(z) and their evaluation.

    Attributes
    ----------
    trajectories : for training, by case, with 51 times each.
    codes_epochs : of the auto-encoder of snapshots.
    field_epochs : of F alone, on the codes of the snapshots.
    epochs : of the joint training of encoder, F and decoder.
    one_shot_epochs : of the decoder without dynamics.
    inner_share : fraction of `codes_epochs` and `epochs` for the models trained on a smaller range
        of times and Re.
    grid : numbers of values of a and of log Re for the held-out trajectories, by case.
    modes, gp_points : modes of the linear codes without networks, and training points of the
        Gaussian process on them.
    law_samples, law_epochs : codes to which p(log Re | z) is fitted, and epochs of its flow.
    later, later_members : trajectories started at a later time, and ensemble members for each.
    draws : members of the ensemble whose sampling error is reported.
    members : of the ensemble whose cost is measured.
    every : the animation shows one of this many times.
    cells : numbers of cells of the solver, which the models are compared with.
    gauss_legendre, sobol : numbers of points of the quadrature rules that they are compared with.
    """

    trajectories: dict[str, int]
    codes_epochs: int
    field_epochs: int
    epochs: int
    one_shot_epochs: int
    inner_share: float
    grid: dict[str, tuple[int, int]]
    modes: int
    gp_points: int
    law_samples: int
    law_epochs: int
    later: int
    later_members: int
    draws: int
    members: int
    every: int
    cells: tuple[int, ...]
    gauss_legendre: tuple[int, ...]
    sobol: tuple[int, ...]


@dataclass(frozen=True)
class Judging:
    """Sizes of the examples of judging.

    Attributes
    ----------
    training, samples : densities that a model learns from, and that it generates.
    noises : number of noise levels at which classifiers are tried.
    """

    training: int
    samples: int
    noises: int


@dataclass(frozen=True)
class Inference:
    """Sizes of learned posterior distributions and of their comparison with the exact ones.

    Attributes
    ----------
    simulations : solutions that a posterior is learned from.
    repeats : readings of each solution, with different noise.
    epochs : of the trainings of our own flow; those of the others are three eighths as many.
    observations, samples : exact posteriors compared with, and draws from each.
    ranked : observations for the calibration.
    times, truths : of the figure of information: times, and observations at each.
    all_settings : whether every method and every setting is tried, or some.
    candidates : densities drawn from the model of 06, of which those near to the readings remain.
    """

    simulations: int
    repeats: int
    epochs: int
    observations: int
    samples: int
    ranked: int
    times: int
    truths: int
    all_settings: bool
    candidates: int


@dataclass(frozen=True)
class Profile:
    """A consistent set of sizes for a run of all notebooks.

    Attributes
    ----------
    name : of the profile, and of its folders.
    sinus, creneau : the sizes of each case.
    batch_size : realisations in a training step.
    pool : realisations never used for training, from which test samples are drawn.
    sample_sizes : the sizes N of the samples by which distributions are compared.
    floor_repeats : pairs of Monte Carlo samples for each noise floor.
    rule : options of `exact.mean_and_std` for the exact moments.
    coarse_cells : cells of the grid on which the convergence of that rule is shown.
    workers : number of trainings in parallel, each in its own process; 0 to train in this process.
    sharpening : sizes for the sharper models.
    propagation : sizes for the reduced models.
    published : realisations of each published problem.
    judging : sizes of the examples of judging.
    inference : sizes of learned posterior distributions.
    scheme : the solver's scheme; "rusanov" is the report's.
    """

    name: str
    sinus: CaseSizes
    creneau: CaseSizes
    batch_size: int
    pool: int
    sample_sizes: tuple[int, ...]
    floor_repeats: int
    rule: dict[str, int]
    coarse_cells: int
    workers: int
    sharpening: Sharpening
    propagation: Propagation
    published: int
    judging: Judging
    inference: Inference
    scheme: Literal["rusanov", "muscl"] = "rusanov"

    def of_case(self, case_name: str) -> CaseSizes:
        """The sizes of a case, by its name."""
        return {"sinus": self.sinus, "creneau": self.creneau}[case_name]

    # The former name of the method.
    recipe = of_case


QUICK = Profile(
    name="quick",
    sinus=CaseSizes(realisations=2000, epochs=8),
    creneau=CaseSizes(realisations=2000, epochs=8),
    batch_size=50,
    pool=2000,
    sample_sizes=(200, 1000),
    floor_repeats=5,
    # Accurate to 1e-6, in a ninth of the time of the default.
    rule={"panel_nodes": 4, "reynolds_nodes": 16},
    coarse_cells=40,
    # Starting a process takes as long as these trainings.
    workers=0,
    sharpening=Sharpening(
        epochs={"sinus": 5, "creneau": 5},
        epochs_given_time={"sinus": 15, "creneau": 15},
        given_time=1000,
        ablation_epochs=2,
        flow_epochs=12,
        codes=1000,
        codes_given_time=1000,
        samples=120,
        times=2,
    ),
    propagation=Propagation(
        trajectories={"sinus": 60, "creneau": 80},
        codes_epochs=8,
        field_epochs=12,
        epochs=10,
        one_shot_epochs=3,
        inner_share=0.4,
        grid={"sinus": (1, 60), "creneau": (4, 30)},
        modes=8,
        gp_points=60,
        law_samples=2000,
        law_epochs=3,
        later=6,
        later_members=10,
        draws=200,
        members=100,
        every=10,
        cells=(50, 100),
        gauss_legendre=(4, 8),
        sobol=(16, 64),
    ),
    published=1,
    judging=Judging(training=500, samples=300, noises=4),
    inference=Inference(1000, 4, 6, 3, 300, 100, 3, 2, all_settings=False, candidates=1000),
)
REPORT = Profile(
    name="report",
    sinus=CaseSizes(realisations=10_000, epochs=300),
    creneau=CaseSizes(realisations=5_825, epochs=800),
    batch_size=50,
    pool=20_000,
    sample_sizes=(200, 1000, 5000),
    floor_repeats=20,
    rule={},
    coarse_cells=100,
    workers=2,
    sharpening=Sharpening(
        epochs={"sinus": 150, "creneau": 300},
        epochs_given_time={"sinus": 100, "creneau": 80},
        given_time=20_000,
        ablation_epochs=20,
        flow_epochs=60,
        codes=30_000,
        codes_given_time=150_000,
        samples=5000,
        times=12,
    ),
    propagation=Propagation(
        trajectories={"sinus": 2000, "creneau": 2000},
        codes_epochs=36,
        field_epochs=8,
        epochs=40,
        one_shot_epochs=16,
        inner_share=0.15,
        grid={"sinus": (1, 400), "creneau": (20, 100)},
        modes=20,
        gp_points=400,
        law_samples=10_000,
        law_epochs=40,
        later=200,
        later_members=60,
        draws=2000,
        members=10_000,
        every=1,
        cells=(25, 50, 100, 200, 400, 800),
        gauss_legendre=(2, 4, 8, 16, 32),
        sobol=(16, 64, 256, 1024),
    ),
    published=16,
    judging=Judging(training=5000, samples=5000, noises=17),
    inference=Inference(
        10_000, 32, 8, 10, 1500, 10_000, 12, 16, all_settings=True, candidates=100_000
    ),
)
QUICK_MUSCL = replace(QUICK, name="quick_muscl", scheme="muscl")
REPORT_MUSCL = replace(REPORT, name="report_muscl", scheme="muscl")
PROFILES = {profile.name: profile for profile in (QUICK, REPORT, QUICK_MUSCL, REPORT_MUSCL)}


def get(name: str) -> Profile:
    """The profile of that name.

    Raises
    ------
    ValueError
        Naming the accepted names.
    """
    if name not in PROFILES:
        raise ValueError(f"profile is {name!r}; accepted: {', '.join(PROFILES)}")
    return PROFILES[name]
