"""Diffusion that a step of transport is long for, solved exactly in time.

    ρₜ = ν (ρᵢ₋₁ - 2ρᵢ + ρᵢ₊₁) / dx²,   ρ̂ₖ(t) = exp(-4 sin²(θₖ/2) νt/dx²) ρ̂ₖ(0)

on the cells' Fourier modes, θₖ = 2πk/n, where the boundary is periodic, and on their cosine modes,
θₖ = πk/n, where it is free. The solution keeps within the extrema of ρ(0), whatever νt/dx² is.
"""

import numpy as np
from scipy import fft

from burgers.solver import kernels
from burgers.solver.simd import LANES

# Implicit steps resolve what is up to so many νt/dx², and such a share of the slowest decay.
MOST_DIFFUSION, MOST_DECAY = 64.0, 0.1


def is_stiff(diffusion, cells):
    """Whether a step of diffusion μ = νt/dx² is too long for an implicit step."""
    return (diffusion > MOST_DIFFUSION) | (diffusion * (2.0 * np.pi / cells) ** 2 > MOST_DECAY)


def advance(density, dt, steps, diffusion, periodic, second_order):
    """Take (count, cells) densities through their numbers of steps, as `kernels.advance` does.

    The transport is that of `kernels`; diffusion (count,) is μ of a step.
    """
    order = np.argsort(steps, kind="stable")
    result = np.empty(density.shape)
    for first in range(0, len(order), LANES):
        members = order[first : first + LANES]
        # Always as many, so that no bit depends on who shares the block.
        start = np.zeros((LANES, density.shape[1]))
        start[: len(members)] = density[members]
        block = [np.resize(values[members], LANES) for values in (dt, steps, diffusion)]
        result[members] = _march(start, *block, periodic, second_order)[: len(members)]
    return result


def _march(start, dt, steps, diffusion, periodic, second_order):
    """A block of densities that end together; each joins when it is time for it."""
    state = np.zeros_like(start)
    whole, half = (_decay(share * diffusion, start.shape[1], periodic) for share in (1.0, 0.5))
    for remaining in range(int(steps.max()), 0, -1):
        joins = (steps == remaining)[:, None]
        if second_order:
            # Strang's splitting: half a step of diffusion at both ends.
            state = np.where(joins, _diffuse(start, half, periodic), state)
            state = _transport(state, dt, periodic, second_order)
            state = _diffuse(state, whole if remaining > 1 else half, periodic)
        else:
            state = _transport(np.where(joins, start, state), dt, periodic, second_order)
            state = _diffuse(state, whole, periodic)
    return np.where((steps == 0)[:, None], start, state) + 0.0


def _transport(density, dt, periodic, second_order):
    count, result = len(density), np.empty_like(density)
    kernels.advance(
        density, dt, np.ones(count, dtype=np.int64), np.zeros(count), np.arange(count), periodic,
        second_order, result, 0, 1,
    )  # fmt: skip
    return result


def _decay(diffusion, cells, periodic):
    """What is left of each mode, (count, modes)."""
    modes = np.arange(cells // 2 + 1 if periodic else cells)
    angle = (np.pi if periodic else 0.5 * np.pi) * modes / cells
    return np.exp(-4.0 * np.sin(angle) ** 2 * diffusion[:, None])


def _diffuse(density, decay, periodic):
    if periodic:
        return fft.irfft(decay * fft.rfft(density), n=density.shape[1])
    return fft.idct(decay * fft.dct(density))
