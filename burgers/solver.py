"""Finite volumes for the viscous Burgers equation on [0, 1], many realisations at once.

    ρₜ + (ρ²/2)ₓ = ρₓₓ / Re

The transport is explicit (Rusanov flux), the diffusion implicit (one tridiagonal solve a step).
Realisations are advanced in blocks of `LANES`, the realisation being the innermost array index, so
that the processor's vector units work across realisations rather than along the recurrences in x.
"""

import numpy as np
from numba import get_num_threads, njit, prange

BOUNDARIES = ("periodic", "outflow")
SCHEMES = ("rusanov",)

LANES = 32

# Rows of a block's lane-wise numbers. One array holds them all: with more arrays the compiler gives
# up proving that they do not overlap, and with it vector instructions.
WEIGHT, COURANT, DIFFUSION, HERE, FLUX, SWEPT = range(6)


def solve(initial, reynolds, final_time, *, boundary, scheme="rusanov", cfl=0.9):
    """Density at the final time of each realisation.

    Solves ρₜ + (ρ²/2)ₓ = ρₓₓ / Re on [0, 1] with dt = T / ceil(T max|ρ₀| / (cfl dx)). A
    realisation's result does not depend on the others in the call nor on the number of threads.

    Parameters
    ----------
    initial : (cells,) or (realisations, cells) cell averages of the density at t = 0.
    reynolds : scalar or (realisations,), Re > 0.
    final_time : scalar or (realisations,), T >= 0.
    boundary : "periodic" or "outflow" (zero gradient).
    scheme : "rusanov", first order in space and time.
    cfl : Courant number in (0, 1]. Good values are 0.5 to 0.9; larger is faster and sharper.

    Returns
    -------
    (cells,) or (realisations, cells) float64 cell averages: the broadcast shape of the input.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: report, section 3.3; V. V. Rusanov, 1961.
    """
    density, reynolds, final_time = _checked(initial, reynolds, final_time, boundary, scheme, cfl)
    single = density.ndim == 1 and reynolds.ndim == 0 and final_time.ndim == 0
    density, reynolds, final_time = _broadcast(density, reynolds, final_time)
    speed = np.abs(density).max(axis=1)
    result = _advance(density, reynolds, final_time, speed, boundary == "periodic", cfl)
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
        density = _advance(density, reynolds, durations, speed, boundary == "periodic", cfl)
        result[:, k] = density
    return result[0] if single else result


def _checked(initial, reynolds, time, boundary, scheme, cfl, time_name="final_time"):
    if boundary not in BOUNDARIES:
        raise ValueError(f"boundary is {boundary!r}; accepted: {', '.join(BOUNDARIES)}")
    if scheme not in SCHEMES:
        raise ValueError(f"scheme is {scheme!r}; accepted: {', '.join(SCHEMES)}")
    if not 0 < cfl <= 1:
        raise ValueError(f"cfl is {cfl!r}; accepted: 0 < cfl <= 1")
    density = _finite("initial", initial)
    if density.ndim not in (1, 2) or density.shape[-1] < 3:
        raise ValueError(
            f"initial has shape {density.shape}; accepted: (cells,) or (realisations, cells), "
            "at least 3 cells"
        )
    reynolds = _finite("reynolds", reynolds)
    if np.any(reynolds <= 0):
        raise ValueError(f"reynolds has minimum {reynolds.min()}; accepted: reynolds > 0")
    time = _finite(time_name, time)
    if np.any(time < 0):
        raise ValueError(f"{time_name} has minimum {time.min()}; accepted: {time_name} >= 0")
    return density, reynolds, time


def _finite(name, value):
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {value!r}; accepted: real numbers") from error
    bad = array[~np.isfinite(array)]
    if bad.size:
        raise ValueError(f"{name} contains {bad[0]} ({bad.size} values); accepted: finite numbers")
    return array


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


def _advance(density, reynolds, duration, speed, periodic, cfl):
    """Advance (realisations, cells) densities, each by its own duration."""
    count, cells = density.shape
    steps = np.ceil(duration * speed * cells / cfl)
    steps = np.maximum(steps, duration > 0).astype(np.int64)
    dt = duration / np.maximum(steps, 1)
    # Neighbours in a block take about the same number of steps, so few lanes wait for others.
    order = np.argsort(steps, kind="stable")
    result = np.empty((count, cells))
    _advance_blocks(
        np.ascontiguousarray(density), dt, steps, dt * cells**2 / reynolds, order, periodic,
        get_num_threads(), result,
    )  # fmt: skip
    return result


@njit(cache=True, parallel=True, error_model="numpy")
def _advance_blocks(density, dt, steps, diffusion, order, periodic, workers, result):
    count, cells = density.shape
    blocks = (count + LANES - 1) // LANES
    # Strided shares balance the load: consecutive blocks cost nearly the same.
    for worker in prange(workers):
        state = np.empty((cells + 1, LANES))
        swept = np.empty((cells, LANES))
        pivot = np.empty((cells, LANES))
        closure = np.empty((cells + 1, LANES))
        gain = np.empty(LANES)
        lane = np.empty((6, LANES))
        lane_steps = np.empty(LANES, dtype=np.int64)
        for block in range(worker, blocks, workers):
            for k in range(LANES):
                # A short last block repeats its last realisation.
                i = order[min(block * LANES + k, count - 1)]
                lane[WEIGHT, k] = 0.0
                lane[COURANT, k] = dt[i] * cells
                lane[DIFFUSION, k] = diffusion[i]
                lane_steps[k] = steps[i]
                for j in range(cells):
                    state[j, k] = density[i, j]
            _factorise(lane[DIFFUSION], periodic, pivot, closure, gain)
            for step in range(lane_steps.max() + 1):
                for k in range(LANES):
                    # Every lane keeps stepping; its density is taken out when it is due.
                    if step == lane_steps[k] and block * LANES + k < count:
                        i = order[block * LANES + k]
                        for j in range(cells):
                            result[i, j] = state[j, k] - lane[WEIGHT, k] * closure[j, k]
                if step < lane_steps.max():
                    _step(state, swept, lane, pivot, closure, gain, periodic)


@njit(cache=True, error_model="numpy")
def _factorise(diffusion, periodic, pivot, closure, gain):
    """Factors of I - dt/Re ∂ₓₓ, shared by all steps.

    With zero-gradient ends the matrix A is tridiagonal: `pivot` holds its inverse pivots. The
    periodic matrix is A + μ w wᵀ with w = e₀ - eₙ₋₁, so by Sherman and Morrison its solution is
    that of A less a multiple of `closure` = A⁻¹ w; `gain` is that multiple for w·(A⁻¹ r) = 1.
    """
    cells = pivot.shape[0]
    gain[:] = 0.0
    closure[:] = 0.0
    for k in range(LANES):
        mu = diffusion[k]
        pivot[0, k] = 1.0 / (1.0 + mu)
        for j in range(1, cells - 1):
            pivot[j, k] = 1.0 / (1.0 + 2.0 * mu - mu * mu * pivot[j - 1, k])
        pivot[cells - 1, k] = 1.0 / (1.0 + mu - mu * mu * pivot[cells - 2, k])
        if periodic:
            closure[0, k] = pivot[0, k]
            for j in range(1, cells):
                closure[j, k] = mu * closure[j - 1, k] * pivot[j, k]
            closure[cells - 1, k] -= pivot[cells - 1, k]
            for j in range(cells - 2, -1, -1):
                closure[j, k] += mu * pivot[j, k] * closure[j + 1, k]
            gain[k] = mu / (1.0 + mu * (closure[0, k] - closure[cells - 1, k]))


@njit(cache=True, error_model="numpy", inline="always")
def _rusanov(left, right):
    speed = max(abs(left), abs(right))
    return 0.25 * (left * left + right * right) + 0.5 * speed * (left - right)


@njit(cache=True, error_model="numpy")
def _step(state, swept, lane, pivot, closure, gain, periodic):
    """One time step of a block of densities `state - lane[WEIGHT] * closure`, in place.

    The transport and the forward elimination share one sweep to the right, from `state` to
    `swept`; the substitution is a sweep to the left, from `swept` to `state`. The periodic
    correction waits in lane[WEIGHT] for the next step to apply it.
    """
    cells, lanes = pivot.shape
    for k in range(lanes):
        first = state[0, k] - lane[WEIGHT, k] * closure[0, k]
        last = state[cells - 1, k] - lane[WEIGHT, k] * closure[cells - 1, k]
        lane[HERE, k] = first
        lane[FLUX, k] = _rusanov(last if periodic else first, first)
        lane[SWEPT, k] = 0.0
        # The ghost cell, stored so that the sweep's inner loop has no branch.
        state[cells, k] = first if periodic else last
    for j in range(cells):
        for k in range(lanes):
            here = lane[HERE, k]
            right = state[j + 1, k] - lane[WEIGHT, k] * closure[j + 1, k]
            flux = _rusanov(here, right)
            transported = here - lane[COURANT, k] * (flux - lane[FLUX, k])
            eliminated = (transported + lane[DIFFUSION, k] * lane[SWEPT, k]) * pivot[j, k]
            swept[j, k] = eliminated
            lane[SWEPT, k] = eliminated
            lane[HERE, k] = right
            lane[FLUX, k] = flux
    for k in range(lanes):
        lane[SWEPT, k] = 0.0
    for j in range(cells - 1, -1, -1):
        for k in range(lanes):
            solved = swept[j, k] + lane[DIFFUSION, k] * pivot[j, k] * lane[SWEPT, k]
            state[j, k] = solved
            lane[SWEPT, k] = solved
    for k in range(lanes):
        lane[WEIGHT, k] = gain[k] * (state[0, k] - state[cells - 1, k])
