"""The schemes by which public data sets of the Burgers equation were made, written anew.

Each works in the units of its publication and at the resolution that it is given, so that its error
against the exact solution can be measured. None is recommended for new data. Those in Fourier modes
are here, those by finite differences and volumes in `documented_upwind`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from burgers import _checks as checks
from burgers.studies._documented import accepted, evolved, positive, step_counts

# Nodes on the upper half of the unit circle: chebfun's 64, and the pairs of exponax's 16.
CHEBFUN_NODES, EXPONAX_NODES = 64, 8


def etdrk4(
    initial: ArrayLike,
    viscosity: float,
    times: ArrayLike,
    *,
    step: float,
    length: float = 1.0,
    convection: float = 1.0,
) -> NDArray[np.float64]:
    """Fourier modes in space and exponential Runge-Kutta steps of order four, as in chebfun's spin.

        uₜ + c (u²/2)ₓ = ν uₓₓ   on [0, length), periodic

    The coefficients are means over 64 nodes of a half circle about each eigenvalue. Nothing is
    dealiased, which is spin's default. FNO's script takes 1024 points and step 0.005, DiffusionPDE
    128 and 1/127, PI-DeepONet 4096 and 1e-4.

    Parameters
    ----------
    initial : (realisations, points) values at x = k length/points.
    viscosity, step, length : ν, Δt and the period, each > 0.
    times : (times,) multiples of `step` that do not decrease.
    convection : c.

    Returns
    -------
    (realisations, times, points) float64.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: S. M. Cox, P. C. Matthews (2002), eq. 26-29; A.-K. Kassam, L. N. Trefethen (2005);
    neuraloperator `data_generation/burgers/burgers1.m`.
    """
    rows, counts = accepted(initial, times), step_counts(times, step)
    linear, flux = _modes(rows.shape[1], viscosity, length, step, convection)
    z = _contour(linear, CHEBFUN_NODES)
    grown = np.exp(z)
    whole, half = np.exp(linear), np.exp(linear / 2)
    middle, first, inner, last = (
        step * weight.real.mean(axis=1)
        for weight in (
            np.expm1(z / 2) / z,
            (grown * (4 - 3 * z + z**2) - 4 - z) / z**3,
            (grown * (z - 2) + 2 + z) * 2 / z**3,
            (grown * (4 - z) - 4 - 3 * z - z**2) / z**3,
        )
    )

    def slope(modes: NDArray) -> NDArray:
        return flux * fft.rfft(fft.irfft(modes, rows.shape[1]) ** 2)

    def advance(modes: NDArray) -> NDArray:
        start = slope(modes)
        a = half * modes + middle * start
        at_a = slope(a)
        at_b = slope(half * modes + middle * at_a)
        at_c = slope(half * a + middle * (2 * at_b - start))
        return whole * modes + first * start + inner * (at_a + at_b) + last * at_c

    modes = evolved(fft.rfft(rows), counts, advance)
    return np.stack([fft.irfft(found, rows.shape[1]) for found in modes], axis=1)


def etdrk2(
    initial: ArrayLike,
    viscosity: float,
    times: ArrayLike,
    *,
    step: float,
    length: float = 1.0,
    convection: float = 1.0,
) -> NDArray[np.float64]:
    """Fourier modes in space and exponential Runge-Kutta steps of order two, as in exponax.

        uₜ + c (u²/2)ₓ = ν uₓₓ   on [0, length), periodic

    The convection is dealiased: before and after squaring, modes above 2/3 of the highest less one
    are removed; the density itself keeps them. APEBench's `phy_burgers` has 160 points, step 0.1,
    c = 0.125 and ν = 3e-4. Arguments, result and errors are those of `etdrk4`.

    Source: S. M. Cox, P. C. Matthews (2002), eq. 22; exponax 0.2.0 `etdrk/_etdrk_2.py` and
    `nonlin_fun/_base.py`; apebench 0.1.1 `scenarios/physical/_convection.py`.
    """
    rows, counts = accepted(initial, times), step_counts(times, step)
    points = rows.shape[1]
    linear, flux = _modes(points, viscosity, length, step, convection)
    z = _contour(linear, EXPONAX_NODES)
    whole = np.exp(linear)
    first = step * (np.expm1(z) / z).real.mean(axis=1)
    second = step * ((np.expm1(z) - z) / z**2).real.mean(axis=1)
    kept = np.arange(linear.size) <= 2 / 3 * (points // 2) - 1

    def slope(modes: NDArray) -> NDArray:
        return kept * flux * fft.rfft(fft.irfft(kept * modes, points) ** 2)

    def advance(modes: NDArray) -> NDArray:
        start = slope(modes)
        guess = whole * modes + first * start
        return guess + second * (slope(guess) - start)

    modes = evolved(fft.rfft(rows), counts, advance)
    return np.stack([fft.irfft(found, points) for found in modes], axis=1)


def _modes(points, viscosity, length, step, convection):
    """-Δt ν k², and what turns the modes of u² into those of -c (u²/2)ₓ."""
    length, viscosity = positive("length", length), positive("viscosity", viscosity)
    k = 2 * np.pi * np.arange(points // 2 + 1) / length
    flux = -0.5j * checks.number("convection", convection) * k
    if points % 2 == 0:
        # The derivative of the highest mode vanishes at the nodes.
        flux[-1] = 0.0
    return -step * viscosity * k**2, flux


def _contour(linear, nodes):
    """Circles of radius one about real eigenvalues, of which the upper halves are enough."""
    return linear[:, None] + np.exp(1j * np.pi * (np.arange(nodes) + 0.5) / nodes)
