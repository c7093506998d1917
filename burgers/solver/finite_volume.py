"""Finite volumes for the viscous Burgers equation on [0, 1], many realisations at once.

    ρₜ + (ρ²/2)ₓ = ρₓₓ / Re

Two schemes, both with explicit transport and implicit diffusion: the report's, of first order, and
one of second order. The compiled loops are in `kernels`; where the diffusion is too fast for an
implicit step it is solved exactly in time, in `stiff`.
"""

import numpy as np

from burgers import _checks as checks
from burgers._compiled import in_shares
from burgers.solver import kernels, stiff

BOUNDARIES = ("periodic", "outflow")
# The largest Courant number of each scheme: beyond it total variation can grow.
SCHEMES = {"rusanov": 1.0, "muscl": 0.9}

# More take hours for a single realisation, in which rounding adds up.
MOST_STEPS = 10**8

# The magnitudes of densities and Reynolds numbers, and the largest time: squares of the former and
# products with them stay far from the ends of double precision.
SMALLEST, LARGEST = 1e-50, 1e50


def solve(initial, reynolds, final_time, *, boundary, scheme="rusanov", cfl=0.9):
    """Density at the final time of each realisation.

    Solves ρₜ + (ρ²/2)ₓ = ρₓₓ / Re on [0, 1]. A realisation's result does not depend on the others
    in the call nor on the number of threads.

    Parameters
    ----------
    initial : (cells,) or (realisations, cells) cell averages of the density at t = 0; the largest
        magnitude of a realisation is 0 or from 1e-50 to 1e50.
    reynolds : scalar or (realisations,), Re from 1e-50 to 1e50, or inf: without diffusion.
    final_time : scalar or (realisations,), T from 0 to 1e50, within 1e8 steps.
    boundary : "periodic" or "outflow" (zero gradient).
    scheme : "rusanov", first order in space and time: Rusanov's flux, backward Euler's diffusion,
        dt = T / ceil(T max|ρ₀| / (cfl dx)). "muscl", second order in both: limited linear
        reconstruction with Hancock's predictor and Godunov's flux, Crank and Nicolson's diffusion,
        joined by Strang's splitting; dt is that above, divided further where it exceeds Re dx².
        Where dt exceeds 64 Re dx² or a tenth of Re / 4π², the time of the slowest decay, both solve
        the diffusion exactly in time instead.
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
    density, reynolds, final_time, cfl = _checked(
        initial, reynolds, final_time, boundary, scheme, cfl
    )
    single = density.ndim == 1 and reynolds.ndim == 0 and final_time.ndim == 0
    density, reynolds, final_time = _broadcast(density, reynolds, final_time)
    steps = _steps(final_time, density, reynolds, scheme, cfl)
    _within_limit("final_time", final_time, steps)
    result = _advance(density, reynolds, final_time, steps, boundary, scheme)
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
    density, reynolds, times, cfl = _checked(
        initial, reynolds, times, boundary, scheme, cfl, "times"
    )
    if times.ndim != 1 or times.size == 0:
        raise ValueError(f"times has shape {times.shape}; accepted: one dimension, not empty")
    if np.any(np.diff(times) < 0):
        raise ValueError(f"times is {times}; accepted: non-decreasing times")
    single = density.ndim == 1 and reynolds.ndim == 0
    density, reynolds, _ = _broadcast(density, reynolds, np.float64(0))
    durations = np.diff(times, prepend=0.0)
    steps = [_steps(duration, density, reynolds, scheme, cfl) for duration in durations]
    _within_limit("times", times, np.sum(steps, axis=0))
    result = np.empty((density.shape[0], times.size, density.shape[1]))
    for k, duration in enumerate(durations):
        shared = np.broadcast_to(duration, density.shape[:1])
        density = _advance(density, reynolds, shared, steps[k], boundary, scheme)
        result[:, k] = density
    return result[0] if single else result


def _checked(initial, reynolds, time, boundary, scheme, cfl, time_name="final_time"):
    checks.choice("boundary", boundary, BOUNDARIES)
    most = SCHEMES[checks.choice("scheme", scheme, SCHEMES)]
    cfl = checks.number("cfl", cfl)
    if not 0 < cfl <= most:
        raise ValueError(f"cfl is {cfl}; accepted: 0 < cfl <= {most:g} ({scheme})")
    density = checks.finite("initial", initial)
    if density.ndim not in (1, 2) or density.shape[-1] < 3:
        raise ValueError(
            f"initial has shape {density.shape}; accepted: (cells,) or (realisations, cells), "
            "at least 3 cells"
        )
    largest = np.abs(density).max(axis=-1)
    checks.within("initial", largest[largest > 0], SMALLEST, LARGEST)
    reynolds = checks.positive("reynolds", reynolds, finite=False)
    time = checks.non_negative(time_name, time)
    checks.within("reynolds", reynolds[np.isfinite(reynolds)], SMALLEST, LARGEST)
    checks.within(time_name, time, 0, LARGEST)
    return density, reynolds, time, cfl


def _broadcast(density, reynolds, final_time):
    for name, value in (("reynolds", reynolds), ("final_time", final_time)):
        if value.ndim > 1:
            raise ValueError(f"{name} has shape {value.shape}; accepted: scalar or (realisations,)")
    given = {"initial": density.shape[:-1], "reynolds": reynolds.shape}
    given |= {"final_time": final_time.shape}
    density = np.atleast_2d(density)
    try:
        count = np.broadcast_shapes(density.shape[:1], reynolds.shape, final_time.shape)
    except ValueError as error:
        counts = " and ".join(f"{name} {shape[0]}" for name, shape in given.items() if shape)
        raise ValueError(
            f"{counts.replace(' ', ' has ', 1)} realisations; accepted: the same number of each, "
            "or one that all share"
        ) from error
    return (
        np.broadcast_to(density, count + density.shape[1:]),
        np.broadcast_to(reynolds, count),
        np.broadcast_to(final_time, count),
    )


def _steps(duration, initial, reynolds, scheme, cfl):
    """How many steps each realisation takes, (realisations,) float64 whole numbers."""
    cells, speed = initial.shape[1], np.abs(initial).max(axis=1)
    # A tiny Courant number asks for infinitely many, which is refused.
    with np.errstate(over="ignore"):
        steps = np.maximum(np.ceil(duration * speed * cells / cfl), duration > 0)
    if scheme == "muscl":
        diffusion = duration * cells**2 / reynolds / np.maximum(steps, 1)
        # Crank and Nicolson's diffusion keeps within the extrema while dt <= Re dx².
        parts = np.maximum(np.ceil(diffusion), 1)
        steps *= np.where(stiff.is_stiff(diffusion, cells), 1, parts)
    return steps


def _within_limit(name, time, steps):
    most = steps.max(initial=0)
    if most > MOST_STEPS:
        raise ValueError(
            f"{name} has maximum {time.max()}, which takes {most:.3g} steps at these initial, "
            f"reynolds and cfl; accepted: at most {MOST_STEPS:.3g} steps"
        )


def _advance(density, reynolds, duration, steps, boundary, scheme):
    """Advance (realisations, cells) densities, each by its own duration in so many steps."""
    cells = density.shape[1]
    steps = steps.astype(np.int64)
    dt = duration / np.maximum(steps, 1)
    diffusion = dt * cells**2 / reynolds
    is_stiff = stiff.is_stiff(diffusion, cells)
    options = boundary == "periodic", scheme == "muscl"
    result = np.empty(density.shape)
    if is_stiff.any():
        picked = (values[is_stiff] for values in (density, dt, steps, diffusion))
        result[is_stiff] = stiff.advance(*picked, *options)
    # Neighbours in a block take about the same number of steps, so few lanes wait for others.
    order = np.argsort(steps, kind="stable")
    order = order[~is_stiff[order]]
    blocks = -(-order.size // kernels.LANES)
    # Of one kind, as the loop is compiled for each: contiguous, and not for reading only.
    density = np.require(density, requirements=["C", "W"])
    in_shares(kernels.advance, blocks, density, dt, steps, diffusion, order, *options, result)
    return result
