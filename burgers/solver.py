"""Finite volumes for the viscous Burgers equation on [0, 1], many realisations at once.

    ρₜ + (ρ²/2)ₓ = ρₓₓ / Re

Two schemes, both with explicit transport and implicit diffusion: the report's, of first order, and
one of second order. The compiled loops are in `kernels`.
"""

import numpy as np
from numba import get_num_threads

from burgers import checks, kernels

BOUNDARIES = ("periodic", "outflow")
# The largest Courant number of each scheme: beyond it total variation can grow.
SCHEMES = {"rusanov": 1.0, "muscl": 0.9}

# Crank and Nicolson's diffusion keeps within the extrema while dt <= Re dx². To that end a step is
# divided into at most so many; beyond, `kernels` makes the diffusion more implicit instead.
MOST_PARTS = 64


def solve(initial, reynolds, final_time, *, boundary, scheme="rusanov", cfl=0.9):
    """Density at the final time of each realisation.

    Solves ρₜ + (ρ²/2)ₓ = ρₓₓ / Re on [0, 1]. A realisation's result does not depend on the others
    in the call nor on the number of threads.

    Parameters
    ----------
    initial : (cells,) or (realisations, cells) cell averages of the density at t = 0.
    reynolds : scalar or (realisations,), Re > 0.
    final_time : scalar or (realisations,), T >= 0.
    boundary : "periodic" or "outflow" (zero gradient).
    scheme : "rusanov", first order in space and time: Rusanov's flux, backward Euler's diffusion,
        dt = T / ceil(T max|ρ₀| / (cfl dx)). "muscl", second order in both: limited linear
        reconstruction with Hancock's predictor and Godunov's flux, Crank and Nicolson's diffusion,
        joined by Strang's splitting; dt is that above, divided further where it exceeds Re dx².
    cfl : Courant number in (0, 1], for "muscl" (0, 0.9]. Good values are 0.5 to 0.9; larger is
        faster and sharper.

    Returns
    -------
    (cells,) or (realisations, cells) float64 cell averages: the broadcast shape of the input.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: report, section 3.3; V. V. Rusanov, 1961; B. van Leer, 1984 (Hancock's predictor).
    """
    density, reynolds, final_time = _checked(initial, reynolds, final_time, boundary, scheme, cfl)
    single = density.ndim == 1 and reynolds.ndim == 0 and final_time.ndim == 0
    density, reynolds, final_time = _broadcast(density, reynolds, final_time)
    speed = np.abs(density).max(axis=1)
    result = _advance(density, reynolds, final_time, speed, boundary, scheme, cfl)
    return result[0] if single else result


def trajectory(initial, reynolds, times, *, boundary, scheme="rusanov", cfl=0.9):
    """Density of each realisation at every one of the given times.

    Parameters
    ----------
    initial, reynolds, boundary, scheme, cfl : as in `solve`.
    times : (times,), non-negative and non-decreasing, shared by all realisations.

    Returns
    -------
    (times, cells) or (realisations, times, cells) float64 cell averages.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    times = np.asarray(times, dtype=np.float64)
    if times.ndim != 1 or times.size == 0:
        raise ValueError(f"times has shape {times.shape}; accepted: one dimension, not empty")
    density, reynolds, times = _checked(initial, reynolds, times, boundary, scheme, cfl, "times")
    if np.any(np.diff(times) < 0):
        raise ValueError(f"times is {times}; accepted: non-decreasing times")
    single = density.ndim == 1 and reynolds.ndim == 0
    density, reynolds, _ = _broadcast(density, reynolds, np.float64(0))
    speed = np.abs(density).max(axis=1)
    result = np.empty((density.shape[0], times.size, density.shape[1]))
    for k, duration in enumerate(np.diff(times, prepend=0.0)):
        durations = np.full(density.shape[0], duration)
        density = _advance(density, reynolds, durations, speed, boundary, scheme, cfl)
        result[:, k] = density
    return result[0] if single else result


def _checked(initial, reynolds, time, boundary, scheme, cfl, time_name="final_time"):
    if boundary not in BOUNDARIES:
        raise ValueError(f"boundary is {boundary!r}; accepted: {', '.join(BOUNDARIES)}")
    if scheme not in SCHEMES:
        raise ValueError(f"scheme is {scheme!r}; accepted: {', '.join(SCHEMES)}")
    if not 0 < cfl <= SCHEMES[scheme]:
        raise ValueError(f"cfl is {cfl!r}; accepted: 0 < cfl <= {SCHEMES[scheme]:g} ({scheme})")
    density = checks.finite("initial", initial)
    if density.ndim not in (1, 2) or density.shape[-1] < 3:
        raise ValueError(
            f"initial has shape {density.shape}; accepted: (cells,) or (realisations, cells), "
            "at least 3 cells"
        )
    return density, checks.positive("reynolds", reynolds), checks.non_negative(time_name, time)


def _broadcast(density, reynolds, final_time):
    for name, value in (("reynolds", reynolds), ("final_time", final_time)):
        if value.ndim > 1:
            raise ValueError(f"{name} has shape {value.shape}; accepted: scalar or (realisations,)")
    density = np.atleast_2d(density)
    try:
        count = np.broadcast_shapes(density.shape[:1], reynolds.shape, final_time.shape)
    except ValueError as error:
        raise ValueError(
            f"reynolds has shape {reynolds.shape} and final_time {final_time.shape}; accepted: "
            f"scalar or one value for each of the {density.shape[0]} realisations of initial"
        ) from error
    return (
        np.broadcast_to(density, count + density.shape[1:]),
        np.broadcast_to(reynolds, count),
        np.broadcast_to(final_time, count),
    )


def _advance(density, reynolds, duration, speed, boundary, scheme, cfl):
    """Advance (realisations, cells) densities, each by its own duration."""
    count, cells = density.shape
    steps = np.maximum(np.ceil(duration * speed * cells / cfl), duration > 0)
    if scheme == "muscl":
        diffusion = duration * cells**2 / reynolds / np.maximum(steps, 1)
        steps *= np.clip(np.ceil(diffusion), 1, MOST_PARTS)
    steps = steps.astype(np.int64)
    dt = duration / np.maximum(steps, 1)
    # Neighbours in a block take about the same number of steps, so few lanes wait for others.
    order = np.argsort(steps, kind="stable")
    result = np.empty((count, cells))
    kernels.advance(
        np.ascontiguousarray(density), dt, steps, dt * cells**2 / reynolds, order,
        boundary == "periodic", scheme == "muscl", get_num_threads(), result,
    )  # fmt: skip
    return result
