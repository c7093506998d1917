"""Random Burgers problems on which others publish, mapped to [0, 1].

Parameters are those of the files named in each description. `Problem.units` maps densities, places,
times and viscosities of the publication.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf
from scipy.stats import loguniform

from burgers import _checks as checks
from burgers.problems.fields import Among, GaussianField, StandardNormals, Uniforms, fourier
from burgers.problems.grid import edges
from burgers.problems.problem import Problem
from burgers.problems.report import Uniform, sine
from burgers.problems.units import Units

Floats = NDArray[np.float64]

# PDEBench's published values of ε.
EPSILONS = (0.001, 0.002, 0.004, 0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 1.0, 2.0, 4.0)
# Gauss-Legendre nodes in a cell: exact to rounding for its waves and windows, not at a kink.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True)
class _Field:
    """A Gaussian field as an initial density."""

    field: GaussianField

    def __call__(self, cells: int, normals: ArrayLike) -> Floats:
        return self.field(cells, normals)


def _gaussian(name, scale, shift, decay, modes, viscosity, description):
    return Problem(
        name=name,
        inputs={"normals": StandardNormals(2 * modes)},
        initial=_Field(GaussianField(scale, shift, decay, modes)),
        boundary="periodic",
        times=(0.0, 1.0),
        viscosity=viscosity,
        description=description,
    )


PINN = Problem(
    name="pinn",
    inputs={},
    initial=sine,
    boundary="periodic",
    times=(0.0, 0.5),
    viscosity=Units(-1.0, 2.0).viscosity(0.01 / np.pi),
    units=Units(-1.0, 2.0),
    description="u_t + u u_x = (0.01/π) u_xx on [-1, 1], u(0, x) = -sin πx, t to 1. No random "
    "input. Source: M. Raissi et al. (2019); DeepXDE, examples/dataset/Burgers.npz.",
)
FNO_SCRIPT = _gaussian(
    "fno_script", 49.0, 7.0, 2.5, 511, 1e-3,
    "u_t + u u_x = u_xx / 1000 on [0, 1], u(0, x) ~ N(0, 49² (-Δ + 49)^-2.5), periodic, t to 1. "
    "Source: Z. Li et al. (2021), neuraloperator data_generation/burgers/gen_burgers1.m.",
)  # fmt: skip
FNO_R10 = _gaussian(
    "fno_r10", 25.0, 5.0, 2.0, 511, 0.1,
    "u_t + u u_x = u_xx / 10 on [0, 1], u(0, x) ~ N(0, 625 (-Δ + 25)^-2), periodic, t to 1. "
    "Source: Z. Li et al. (2021), section 5.1, as the file burgers_data_R10.mat is described.",
)  # fmt: skip
PI_DEEPONET = _gaussian(
    "pi_deeponet", 625.0, 5.0, 4.0, 128, 0.01,
    "u_t + u u_x = u_xx / 100 on [0, 1], u(0, x) ~ N(0, 625² (-Δ + 25)^-4), periodic, t to 1. "
    "Source: S. Wang et al. (2021), Physics-informed-DeepONets Burger/Data/gen_Burgers.m.",
)  # fmt: skip
DIFFUSION_PDE = _gaussian(
    "diffusion_pde", 49.0, 7.0, 2.5, 63, 0.01,
    "u_t + u u_x = u_xx / 100 on [0, 1], u(0, x) ~ N(0, 49² (-Δ + 49)^-2.5), periodic, t to 1. "
    "Source: J. Huang et al. (2024), DiffusionPDE dataset_generation/burgers/gen_burgers1.m.",
)  # fmt: skip


def waves(
    cells: int, modes: ArrayLike, amplitude: ArrayLike, phase: ArrayLike, sign: ArrayLike,
    folded: ArrayLike, window: ArrayLike, **_: ArrayLike,
) -> Floats:  # fmt: skip
    """Cell averages of PDEBench's initial density, two of four waves.

        u = ± w abs(Σₙ Aₙ sin(2πn cₙ x 1024/1023 + φₙ)),
        w = (tanh((x - l)/0.01) - tanh((x - r)/0.01)) / 2 if U < 0.1, else 1,
        l = 0.1 + 0.35 U,   r = 0.55 + 0.35 U

    cₙ is how often mode n was chosen, so that a mode that was not adds a constant; the absolute
    value is taken where `folded`. U is `window`: the generator draws whether there is a window, and
    both its ends, by one key, so that every window is 0.45 wide and begins before 0.135. The
    period of the waves is that between the first and the last centre of 1024 cells, so that the
    density jumps at the ends. Averages are by eight Gauss points a cell.
    """
    x = (np.arange(cells)[:, None] + 0.5 * (1.0 + NODES)).ravel() / cells
    chosen = (np.asarray(modes)[:, :, None] == np.arange(1, 5)).sum(axis=1)
    wavenumber = 2 * np.pi * np.arange(1, 5) * chosen * 1024 / 1023
    density = np.zeros((len(chosen), x.size))
    for k in range(4):
        argument = wavenumber[:, k, None] * x + np.asarray(phase)[:, k, None]
        density += np.asarray(amplitude)[:, k, None] * np.sin(argument)
    sign, folded, u = (np.asarray(value)[:, None] for value in (sign, folded, window))
    density = sign * np.where(folded > 0, np.abs(density), density)
    left, right = 0.1 + 0.35 * u, 0.55 + 0.35 * u
    mask = 0.5 * (np.tanh((x - left) / 0.01) - np.tanh((x - right) / 0.01))
    density *= np.where(u < 0.1, mask, 1.0)
    return density.reshape(-1, cells, NODES.size) @ (0.5 * WEIGHTS)


def _epsilon_over_pi(eps: ArrayLike, **_: ArrayLike) -> Floats:
    return np.asarray(eps) / np.pi


def pdebench(eps: float | None = None) -> Problem:
    """PDEBench's Burgers problem.

    eps : ε of one of its files, > 0; None for one of the twelve at random.

    Raises
    ------
    ValueError
        If `eps` is not positive.
    """
    given = EPSILONS if eps is None else (float(checks.positive("eps", eps)),)
    return Problem(
        name="pdebench",
        inputs={
            "modes": Among((1.0, 2.0, 3.0, 4.0), components=2),
            "amplitude": Uniforms(4),
            "phase": Uniforms(4, 0.0, 2 * np.pi),
            "sign": Among((-1.0, 1.0)),
            "folded": Among((0.0, 1.0), (0.9, 0.1)),
            "window": Uniform(0.0, 1.0),
            **({"eps": Among(EPSILONS)} if eps is None else {}),
        },
        initial=waves,
        boundary="periodic",
        times=(0.0, 2.0),
        viscosity=_epsilon_over_pi if eps is None else given[0] / np.pi,
        description="u_t + u u_x = (ε/π) u_xx on [0, 1], periodic, two random waves of modes 1 to "
        f"4, sometimes folded or in a window, ε {'random' if eps is None else f'= {given[0]:g}'}, "
        "t to 2. Source: M. Takamoto et al. (2022), PDEBench data_gen_NLE/utils.py.",
    )


def normalised(cells: int, normals: ArrayLike) -> Floats:
    """Cell averages of five random modes, scaled so that the largest of 160 values is one."""
    coefficients = np.asarray(normals)
    angle = 2 * np.pi * np.outer(np.arange(1, 6), np.arange(160) / 160)
    values = coefficients @ np.concatenate([np.cos(angle), np.sin(angle)])
    return fourier(cells, coefficients / np.abs(values).max(axis=1, keepdims=True))


APEBENCH = Problem(
    name="apebench",
    inputs={"normals": StandardNormals(10)},
    initial=normalised,
    boundary="periodic",
    times=(0.0, 2.5),
    viscosity=Units(amplitude=0.125, convection=0.125).viscosity(3e-4),
    units=Units(amplitude=0.125, convection=0.125),
    description="u_t + 0.125 u u_x = 0.0003 u_xx on [0, 1], periodic, modes 1 to 5 with largest "
    "value 1, t to 20 (200 steps of 0.1). Source: F. Koehler et al. (2024), APEBench phy_burgers.",
)


def front(cells: int, place: ArrayLike, inflow: ArrayLike) -> Floats:
    """Cell averages of b for x < 0 and 1 / (1 + exp((x - p) / 0.02)) for x > 0, on [-0.25, 1].

    place, inflow : p and b, (realisations,). The result is (realisations, cells).
    """
    x, width = -0.25 + 1.25 * edges(cells), 0.02
    p, b = np.asarray(place)[:, None], np.asarray(inflow)[:, None]
    inside = np.maximum(x, 0.0)
    logistic = inside - width * np.logaddexp(0.0, (inside - p) / width)
    return np.diff(b * np.minimum(x, 0.0) + logistic, axis=1) * cells / 1.25


PCFM = Problem(
    name="pcfm",
    inputs={"place": Uniform(0.2, 0.8), "inflow": Uniform(0.0, 1.0)},
    initial=front,
    boundary="outflow",
    times=(0.0, 0.8),
    viscosity=0.0,
    units=Units(-0.25, 1.25),
    description="u_t + u u_x = 0 on [0, 1], u(0, x) = 1 / (1 + exp((x - p) / 0.02)), p ~ U[0.2, "
    "0.8], inflow u(t, 0) = b ~ U[0, 1], t to 1. An inflow cannot be posed exactly; instead b "
    "continues to x < 0, which gives the same density for x > 0, as all waves move to the right. "
    "Source: U. Utkarsh et al. (2025), PCFM datasets/generate_burgers1d_data.py.",
)


def hump(cells: int, height: ArrayLike, width: ArrayLike) -> Floats:
    """Cell averages of a exp(-x² / 2w²) on [-3, 3].

    height, width : a and w, (realisations,). The result is (realisations, cells).
    """
    x, w = -3.0 + 6.0 * edges(cells), np.asarray(width)[:, None]
    area = np.diff(erf(x / (np.sqrt(2.0) * w)), axis=1) * np.sqrt(np.pi / 2.0) * w
    return np.asarray(height)[:, None] * area * cells / 6.0


GPLASDI = Problem(
    name="gplasdi",
    inputs={"height": Uniform(0.7, 0.9), "width": Uniform(0.9, 1.1)},
    initial=hump,
    boundary="periodic",
    times=(0.0, 1.0 / 6.0),
    viscosity=0.0,
    units=Units(-3.0, 6.0),
    description="u_t + u u_x = 0 on [-3, 3], periodic, u(0, x) = a exp(-x² / 2w²), a ~ U[0.7, "
    "0.9], w ~ U[0.9, 1.1], t to 1. Source: C. Bonneville et al. (2024), GPLaSDI BurgersEqn1D.",
)
# The problem of one realisation with a random viscosity, and one of twelve files.
PINN_RANDOM_RE = replace(
    PINN,
    name="pinn_random_re",
    inputs={"reynolds": loguniform(20 * np.pi, 2000 * np.pi)},
    viscosity="reynolds",
    description="As pinn, with ν in its units log-uniform from 0.001/π to 0.1/π.",
)
PDEBENCH_001 = replace(pdebench(0.01), name="pdebench_0.01")
PUBLISHED = {
    problem.name: problem
    for problem in (
        PINN, FNO_SCRIPT, FNO_R10, PI_DEEPONET, DIFFUSION_PDE, pdebench(), APEBENCH, PCFM, GPLASDI,
    )
}  # fmt: skip
