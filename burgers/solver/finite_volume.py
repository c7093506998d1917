"""Finite volumes for the viscous Burgers equation on [0, 1], many realisations at once.

    ρₜ + (ρ²/2)ₓ = ρₓₓ / Re

Two schemes, both with explicit transport and implicit diffusion: the report's first-order scheme
and a second-order one. The compiled loops are in `kernels`; where diffusion is too fast to be
resolved by an implicit step, it is solved exactly in time by `stiff`.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers._compiled import in_shares
from burgers.problems import BOUNDARIES, Boundary
from burgers.solver import kernels, stiff

Scheme = Literal["rusanov", "muscl"]
Floats = NDArray[np.float64]

# The largest Courant number of each scheme: beyond it the total variation can grow.
SCHEMES = {"rusanov": 1.0, "muscl": 0.9}

# More steps take hours for a single realisation, and rounding errors accumulate.
MOST_STEPS = 10**8

# Accepted magnitudes of densities and Reynolds numbers, and the largest time: their squares and
# products neither overflow nor underflow.
SMALLEST, LARGEST = 1e-50, 1e50


def solve(
    initial: ArrayLike,
    reynolds: ArrayLike,
    final_time: ArrayLike,
    *,
    boundary: Boundary,
    scheme: Scheme = "rusanov",
    cfl: float = 0.9,
) -> NDArray[np.float64]:
    """Solve the viscous Burgers equation up to the final time of each realisation.

        ρₜ + (ρ²/2)ₓ = ρₓₓ / Re  on [0, 1]

    The result for one realisation depends, to the last bit, neither on the other realisations of
    the call nor on the number of threads.

    Parameters
    ----------
    initial : (cells,) or (realisations, cells) cell averages of the density at t = 0, at least
        3 cells; max|ρ₀| of each realisation is 0 or between 1e-50 and 1e50.
    reynolds : scalar or (realisations,), Re between 1e-50 and 1e50, or inf for no diffusion.
    final_time : scalar or (realisations,), T between 0 and 1e50 and reached in at most 1e8 steps.
    boundary : "periodic" or "outflow" (zero gradient).
    scheme : "rusanov", first order in space and time: Rusanov flux and backward Euler diffusion,
        dt = T / ceil(T max|ρ₀| / (cfl dx)). "muscl", second order in both: limited linear
        reconstruction, Hancock's predictor, Godunov flux and Crank-Nicolson diffusion, combined by
        Strang splitting; dt is as above, subdivided further where it exceeds Re dx². Where dt
        exceeds 64 Re dx², or a tenth of the periodic diffusive decay time Re / 4π², both schemes
        solve the diffusion exactly in time instead.
    cfl : Courant number in (0, 1], for "muscl" in (0, 0.9]. Good values are 0.5 to 0.9; larger
        values are faster and give sharper fronts.

    Returns
    -------
    (cells,) or (realisations, cells) float64 cell averages at the final times: the broadcast shape
    of the input.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: report, section 3.3; V. V. Rusanov (1961); B. van Leer (1984) for Hancock's predictor.
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


def trajectory(
    initial: ArrayLike,
    reynolds: ArrayLike,
    times: ArrayLike,
    *,
    boundary: Boundary,
    scheme: Scheme = "rusanov",
    cfl: float = 0.9,
) -> NDArray[np.float64]:
    """Solve the viscous Burgers equation and record the density at each of the given times.

    Parameters
    ----------
    initial, reynolds, boundary, scheme, cfl : as in `solve`.
    times : (times,), non-negative and non-decreasing, shared by all realisations. Every time is
        the end of a step, so that closely spaced times cost additional steps.

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
        raise ValueError(f"times has shape {times.shape}; accepted: (times,), not empty")
    if np.any(np.diff(times) < 0):
        raise ValueError(f"times is {times}; accepted: non-decreasing times")
    single = density.ndim == 1 and reynolds.ndim == 0
    density, reynolds, _ = _broadcast(density, reynolds, np.float64(0))
    durations = np.diff(times, prepend=0.0)
    steps = [_steps(duration, density, reynolds, scheme, cfl) for duration in durations]
    _within_limit("times", times[-1], np.sum(steps, axis=0))
    result = np.empty((density.shape[0], times.size, density.shape[1]))
    for k, duration in enumerate(durations):
        shared = np.broadcast_to(duration, density.shape[:1])
        density = _advance(density, reynolds, shared, steps[k], boundary, scheme)
        result[:, k] = density
    return result[0] if single else result


def _checked(
    initial: ArrayLike,
    reynolds: ArrayLike,
    time: ArrayLike,
    boundary: str,
    scheme: str,
    cfl: float,
    time_name: str = "final_time",
) -> tuple[Floats, Floats, Floats, float]:
    checks.choice("boundary", boundary, BOUNDARIES)
    cfl = courant_number(cfl, checks.choice("scheme", scheme, SCHEMES))
    density = checks.finite("initial", initial)
    if density.ndim not in (1, 2) or density.shape[-1] < 3:
        raise ValueError(
            f"initial has shape {density.shape}; accepted: (cells,) or (realisations, cells), "
            "at least 3 cells"
        )
    largest = np.abs(density).max(axis=-1)
    checks.within("initial", np.where(largest > 0, largest, 1.0), SMALLEST, LARGEST)
    reynolds = checks.positive("reynolds", reynolds, finite=False)
    time = checks.non_negative(time_name, time)
    checks.within("reynolds", reynolds, SMALLEST, LARGEST, infinite=True)
    checks.within(time_name, time, 0, LARGEST)
    return density, reynolds, time, cfl


def courant_number(cfl: float, scheme: str) -> float:
    """The Courant number as a float; ValueError unless it is one of the scheme, or at most 1."""
    most, cfl = SCHEMES.get(scheme, 1.0), checks.number("cfl", cfl)
    if not 0 < cfl <= most:
        raise ValueError(f"cfl is {cfl}; accepted: 0 < cfl <= {most:g} ({scheme})")
    return cfl


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
            f"{counts.replace(' ', ' has ', 1)} realisations; accepted: the same number in "
            "each, or a single value shared by all"
        ) from error
    return (
        np.broadcast_to(density, count + density.shape[1:]),
        np.broadcast_to(reynolds, count),
        np.broadcast_to(final_time, count),
    )


def _steps(duration, initial, reynolds, scheme, cfl):
    """Number of steps of each realisation, (realisations,) float64 holding whole numbers."""
    cells, speed = initial.shape[1], np.abs(initial).max(axis=1)
    # A tiny Courant number may overflow to infinitely many steps, which `_within_limit` refuses.
    with np.errstate(over="ignore"):
        steps = np.maximum(np.ceil(duration * speed * cells / cfl), duration > 0)
    if scheme == "muscl":
        diffusion = duration * cells**2 / reynolds / np.maximum(steps, 1)
        # Crank-Nicolson satisfies a maximum principle only for dt <= Re dx².
        parts = np.maximum(np.ceil(diffusion), 1)
        steps *= np.where(stiff.is_stiff(diffusion, cells), 1, parts)
    return steps


def _within_limit(name, time, steps):
    rows = np.flatnonzero(steps > MOST_STEPS)
    if rows.size:
        time, most = np.broadcast_to(time, steps.shape)[rows[0]], steps[rows[0]]
        where = f" in row {rows[0]}" if len(steps) > 1 else ""
        raise ValueError(
            f"{name} reaches {time}{where}, which takes {most:.3g} steps with the given initial, "
            f"reynolds and cfl; accepted: at most {MOST_STEPS:.3g} steps"
        )


def _advance(density, reynolds, duration, steps, boundary, scheme):
    """Advance (realisations, cells) densities, each over its own duration and number of steps."""
    cells = density.shape[1]
    steps = steps.astype(np.int64)
    dt = duration / np.maximum(steps, 1)
    diffusion = dt * cells**2 / reynolds
    is_stiff = stiff.is_stiff(diffusion, cells)
    periodic, second_order = boundary == "periodic", scheme == "muscl"
    result = np.empty(density.shape)
    if is_stiff.any():
        result[is_stiff] = stiff.advance(
            density[is_stiff], dt[is_stiff], steps[is_stiff], diffusion[is_stiff], periodic,
            second_order,
        )  # fmt: skip
    # Sorted, so that the realisations of a block take nearly the same number of steps and few
    # lanes idle.
    order = np.argsort(steps, kind="stable")
    order = order[~is_stiff[order]]
    blocks = -(-order.size // kernels.LANES)
    # Always contiguous and writable, since the loop would be recompiled for any other array type.
    density = np.require(density, requirements=["C", "W"])
    arrays = density, dt, steps, diffusion, order
    in_shares(kernels.advance, blocks, *arrays, periodic, second_order, result)
    return result
