"""Documented schemes by finite differences and volumes (see `documented_schemes`)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers._compiled import compiled, in_shares, inlined
from burgers.studies._documented import accepted, evolved, positive, step_counts

# Newton's iterations a time step, and the residual relative to the density at which they end.
ITERATIONS, RESIDUAL = 10, 1e-8
# PDEBench's Courant number, and the number that keeps it from dividing by zero: steps that are
# shorter do not change the density.
COURANT, TINY = 0.25, 1e-8


def godunov(
    initial: ArrayLike, inflow: ArrayLike, times: ArrayLike, *, length: float = 1.0, step: float
) -> NDArray[np.float64]:
    """Explicit Godunov steps with an inflow at the left, as in PCFM's inviscid data.

        uₜ + (u²/2)ₓ = 0   on [0, length],   u(t > 0, 0) = inflow

    Nodes act as centres of cells. From the first step on the first node has the inflow, and the
    last one what its neighbour has. PCFM takes 101 nodes and step 0.01: at u = 1 the Courant number
    is one, the largest that is stable.

    initial (realisations, points) values at x = k length/(points - 1); inflow scalar or
    (realisations,); times and the result as for `etdrk4`; length and step > 0.
    ValueError names a bad argument, its value and what is accepted.

    Source: PCFM `datasets/generate_burgers1d_data.py`.
    """
    rows, counts = accepted(initial, times), step_counts(times, step)
    entering = checks.finite("inflow", inflow)
    if entering.shape not in {(), (len(rows),)}:
        raise ValueError(f"inflow has shape {entering.shape}; accepted: () or ({len(rows)},)")
    ratio = step * (rows.shape[1] - 1) / positive("length", length)

    def advance(state: NDArray) -> NDArray:
        # Between both states the flux is least for a rarefaction and greatest for a shock.
        left, right = np.maximum(state[:, :-1], 0.0), np.minimum(state[:, 1:], 0.0)
        flux = np.maximum(left**2, right**2) / 2
        found = np.empty_like(state)
        found[:, 1:-1] = state[:, 1:-1] - ratio * np.diff(flux, axis=1)
        found[:, 0], found[:, -1] = entering, found[:, -2]
        return found

    return np.stack(list(evolved(rows, counts, advance)), axis=1)


def backward_euler_upwind(
    initial: ArrayLike, times: ArrayLike, *, length: float = 6.0, step: float = 1e-3
) -> NDArray[np.float64]:
    """Backward Euler steps with non-conservative upwind differences, as in GPLaSDI.

        (v_k - u_k) / Δt + v_k (v_k - v_{k-1}) / Δx = 0,   periodic, for u >= 0

    Newton's iterations start from u and end when the residual is below 1e-8 times the norm of u, at
    most ten a step; where that is not enough the result is NaN from there on. GPLaSDI takes 1001
    points on [-3, 3], of which the last repeats the first and is not read, and step 1e-3.

    initial (realisations, points); times and the result as for `etdrk4`; length and step > 0.
    ValueError names a bad argument, its value and what is accepted.

    Source: GPLaSDI `BurgersEqn1D/utils.py` and `train_model1.py`.
    """
    rows, counts = accepted(initial, times), step_counts(times, step)
    ratio = step * (rows.shape[1] - 1) / positive("length", length)

    def advance(state: NDArray) -> NDArray:
        found = np.empty_like(state)
        in_shares(_implicit_step, len(state), state, ratio, found)
        return found

    periodic = np.stack(list(evolved(rows[:, :-1].copy(), counts, advance)), axis=1)
    return np.concatenate([periodic, periodic[..., :1]], axis=-1)


def muscl_roe(
    initial: ArrayLike,
    viscosity: float,
    times: ArrayLike,
    *,
    length: float = 1.0,
    single: bool = True,
) -> NDArray[np.float64]:
    """MUSCL slopes, Roe's flux and a predictor of half a step, as in PDEBench.

        uₜ + (u²/2)ₓ = ν uₓₓ   on [0, length), periodic

    Slopes are central, limited to twice either one-sided difference; Roe's flux has no entropy fix.
    Steps are a quarter of the shorter of Δx/max|u| and Δx²/2ν. In single precision the clock adds
    steps that it cannot resolve: at t = 2 it is 7e-4 behind the sum of the steps for ν = 0.01/π,
    and 0.012 for 0.1/π. The density, rounded too, is ahead by 3e-4 and 0.010 from sin(2πx).
    PDEBench takes 1024 cells and ν = eps/π.

    initial (realisations, cells) values at the centres; viscosity and length > 0; times as for
    `etdrk4`, not bound to a step; single: float32 where true, float64 otherwise.
    Result and errors are those of `etdrk4`.

    Source: PDEBench `data_gen_NLE/BurgersEq/burgers_multi_solution_Hydra.py` and `utils.py`.
    """
    rows, dtype = accepted(initial, times), np.float32 if single else np.float64
    clock = checks.finite("times", times).astype(dtype)
    width = positive("length", length) / rows.shape[1]
    diffusive = COURANT * width**2 / 2 / (positive("viscosity", viscosity) + TINY)
    shortest = min(diffusive, COURANT * width / (np.abs(rows).max(initial=0.0) + TINY))
    least = max(TINY, float(np.spacing(clock[-1])))
    if shortest <= least:
        raise ValueError(
            f"viscosity is {viscosity}, with steps of {shortest}; accepted: steps > {least}"
        )
    numbers = width, diffusive, viscosity / width, COURANT, TINY, 0.0, 0.5, 2.0
    constants = tuple(dtype(number) for number in numbers)
    found = np.empty((len(rows), clock.size, rows.shape[1]))
    in_shares(_muscl_steps, len(rows), rows.astype(dtype), clock, constants, found)
    return found


@compiled
def _implicit_step(state, ratio, found, share, shares):
    """One step of `backward_euler_upwind`; the periodic system is solved by eliminating v_{n-1}."""
    n = state.shape[1]
    plain, coupled = np.empty(n), np.empty(n)
    for row in range(share, state.shape[0], shares):
        u, v = state[row], state[row].copy()
        norm, squares = np.sqrt((u**2).sum()), np.inf
        for sweep in range(ITERATIONS + 1):
            squares, p, q = 0.0, 0.0, 1.0
            for i in range(n):
                residual = v[i] - u[i] + ratio * v[i] * (v[i] - v[i - 1])
                pivot = 1.0 + ratio * (2.0 * v[i] - v[i - 1])
                p, q = (ratio * v[i] * p - residual) / pivot, ratio * v[i] * q / pivot
                plain[i], coupled[i] = p, q
                squares += residual**2
            # The published loop makes one correction at least.
            if (sweep and np.sqrt(squares) < RESIDUAL * norm) or sweep == ITERATIONS:
                break
            v += plain + coupled * (p / (1.0 - q))
        found[row] = v
        if not np.sqrt(squares) <= RESIDUAL * norm:
            found[row] = np.nan


@compiled
def _muscl_steps(initial, times, constants, found, share, shares):
    """The densities of `muscl_roe` at all times; the constants have the precision of the arrays."""
    width, diffusive, diffusion, courant, tiny, zero, half, two = constants
    n = initial.shape[1]
    padded, slope = np.empty(n + 4, initial.dtype), np.empty(n + 4, initial.dtype)
    flux = np.empty(n + 1, initial.dtype)
    for row in range(share, initial.shape[0], shares):
        state, clock = initial[row].copy(), zero
        for k in range(times.size):
            while clock < times[k]:
                fastest = zero
                for i in range(n):
                    fastest = max(fastest, abs(state[i]))
                step = min(courant * (width / (fastest + tiny)), diffusive, times[k] - clock)
                if step > tiny:
                    guess = state
                    for stride in (half * step, step):
                        _fluxes(guess, padded, slope, flux, diffusion, zero, half, two)
                        guess = state - stride / width * (flux[1:] - flux[:-1])
                    state = guess
                clock += step
            found[row, k] = state


@inlined
def _fluxes(state, padded, slope, flux, diffusion, zero, half, two):
    """Roe's flux less the viscous one on all faces, with limited slopes on both sides."""
    n = state.size
    padded[2 : n + 2] = state
    padded[:2], padded[n + 2 :] = state[n - 2 :], state[:2]
    for i in range(1, n + 3):
        left, right = padded[i] - padded[i - 1], padded[i + 1] - padded[i]
        middle = half * (left + right)
        size = min(two * min(abs(left), abs(right)), abs(middle))
        limited = size if middle > zero else -size
        slope[i] = limited if left * right > zero else zero
    for i in range(n + 1):
        behind, ahead = padded[i + 1] + half * slope[i + 1], padded[i + 2] - half * slope[i + 2]
        upwinding = half * abs(ahead + behind) * (ahead - behind)
        convected = half * (half * behind * behind + half * ahead * ahead - upwinding)
        flux[i] = convected - diffusion * (padded[i + 2] - padded[i + 1])
