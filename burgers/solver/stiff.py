"""Exact solution in time of a diffusion that is stiff for the time step of the transport.

    ρₜ = ν (ρᵢ₋₁ - 2ρᵢ + ρᵢ₊₁) / dx²,   ρ̂ₖ(t) = exp(-4 sin²(θₖ/2) νt/dx²) ρ̂ₖ(0)

in discrete Fourier modes, θₖ = 2πk/n, for the periodic boundary, and in cosine modes, θₖ = πk/n,
for zero gradient. The solution satisfies the maximum principle for every νt/dx².
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from burgers.solver import kernels
from burgers.solver.simd import LANES

# The largest νt/dx², and the largest decay of the slowest mode, that implicit steps resolve.
MOST_DIFFUSION, MOST_DECAY = 64.0, 0.1


def is_stiff(diffusion: NDArray[np.float64], cells: int) -> NDArray[np.bool_]:
    """Whether a step with diffusion number μ = νt/dx² is too long for an implicit scheme.

    diffusion (count,): μ of a step. The result is (count,).
    """
    return (diffusion > MOST_DIFFUSION) | (diffusion * (2.0 * np.pi / cells) ** 2 > MOST_DECAY)


def advance(
    density: NDArray[np.float64],
    dt: NDArray[np.float64],
    steps: NDArray[np.int64],
    diffusion: NDArray[np.float64],
    periodic: bool,
    second_order: bool,
) -> NDArray[np.float64]:
    """Advance densities by their numbers of steps, with exact instead of implicit diffusion.

    The transport is that of `kernels.advance`.

    Parameters
    ----------
    density : (count, cells) cell averages.
    dt, steps, diffusion : (count,) step, number of steps, and μ = dt / (Re dx²) of a step.
    periodic : whether the boundary is periodic; else the gradient at the ends is zero.
    second_order : whether the scheme is "muscl"; else it is "rusanov".

    Returns
    -------
    (count, cells) float64.
    """
    order = np.argsort(steps, kind="stable")
    result = np.empty(density.shape)
    for first in range(0, len(order), LANES):
        members = order[first : first + LANES]
        # Blocks are padded to one size, so that no bit depends on which realisations share one.
        start = np.zeros((LANES, density.shape[1]))
        start[: len(members)] = density[members]
        block = (np.resize(values[members], LANES) for values in (dt, steps, diffusion))
        result[members] = _march(start, block, periodic, second_order)[: len(members)]
    return result


def _march(start, block, periodic, second_order):
    """Advance a block whose realisations end together: those with fewer steps join later.

    block : dt, numbers of steps and diffusion numbers, (count,) each.
    """
    dt, steps, diffusion = block
    state = np.zeros_like(start)
    whole, half = (_decay(share * diffusion, start.shape[1], periodic) for share in (1.0, 0.5))
    for remaining in range(int(steps.max()), 0, -1):
        joins = (steps == remaining)[:, None]
        if second_order:
            # Strang splitting: half a step of diffusion at the beginning and at the end.
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
    """Factor by which each mode decays in a step, (count, modes)."""
    modes = np.arange(cells // 2 + 1 if periodic else cells)
    angle = (np.pi if periodic else 0.5 * np.pi) * modes / cells
    return np.exp(-4.0 * np.sin(angle) ** 2 * diffusion[:, None])


def _diffuse(density, decay, periodic):
    if periodic:
        return fft.irfft(decay * fft.rfft(density), n=density.shape[1])
    return fft.idct(decay * fft.dct(density))
