"""The same realisations by other people's means: each returns (realisations, cells) averages.

All take `reynolds` (realisations,), one final time and a number of cells, for the sinus case. A
peer that is not installed raises ImportError when its function is made.
"""

from functools import lru_cache

import numpy as np
from scipy.linalg import solve_banded

import burgers


def steps_of(time, cells, cfl=0.9):
    return int(np.ceil(time * cells / cfl))


def periodic_diffusion(cells, mu):
    """A function r -> (I - μ δ²)⁻¹ r on a ring, by SciPy's banded solve (Sherman and Morrison)."""
    bands = np.zeros((3, cells))
    bands[0, 1:] = bands[2, :-1] = -mu
    bands[1] = 1 + 2 * mu
    bands[1, [0, -1]] = 1 + mu
    ring = np.zeros(cells)
    ring[[0, -1]] = 1, -1
    correction = solve_banded((1, 1), bands, ring)
    gain = mu / (1 + mu * (correction[0] - correction[-1]))

    def solve(right):
        solved = solve_banded((1, 1), bands, right)
        return solved - gain * (solved[0] - solved[-1]) * correction

    return solve


def plain_numpy():
    """The report's scheme, one realisation at a time: NumPy and SciPy's banded solve."""

    def solve(reynolds, time, cells):
        return np.stack([_plain(burgers.SINUS.initial(cells), re, time) for re in reynolds])

    return solve


def _plain(density, reynolds, time):
    cells, steps = density.size, steps_of(time, density.size)
    courant = time / steps * cells
    diffuse = periodic_diffusion(cells, time / steps * cells**2 / reynolds)
    for _ in range(steps):
        left, right = np.roll(density, 1), density
        speed = np.maximum(np.abs(left), np.abs(right))
        flux = (left**2 + right**2) / 4 + speed / 2 * (left - right)
        density = diffuse(density - courant * (np.roll(flux, -1) - flux))
    return density


def jax_rusanov():
    """The report's scheme in JAX: jit over a loop of steps, vmap over realisations, float64."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def one(initial, reynolds, time, steps):
        cells = initial.size
        courant, mu = time / steps * cells, time / steps * cells**2 / reynolds
        ones = jnp.ones(cells)
        below = (-mu * ones).at[0].set(0.0)
        above = (-mu * ones).at[-1].set(0.0)
        diagonal = ((1 + 2 * mu) * ones).at[jnp.array([0, -1])].set(1 + mu)
        ring = jnp.zeros(cells).at[0].set(1.0).at[-1].set(-1.0)

        def invert(right):
            return jax.lax.linalg.tridiagonal_solve(below, diagonal, above, right[:, None])[:, 0]

        correction = invert(ring)
        gain = mu / (1 + mu * (correction[0] - correction[-1]))

        def step(_, density):
            left, right = jnp.roll(density, 1), density
            speed = jnp.maximum(jnp.abs(left), jnp.abs(right))
            flux = (left**2 + right**2) / 4 + speed / 2 * (left - right)
            solved = invert(density - courant * (jnp.roll(flux, -1) - flux))
            return solved - gain * (solved[0] - solved[-1]) * correction

        return jax.lax.fori_loop(0, steps, step, initial)

    many = jax.jit(jax.vmap(one, in_axes=(None, 0, None, None)), static_argnums=3)

    def solve(reynolds, time, cells):
        initial = jnp.asarray(burgers.SINUS.initial(cells))
        return np.asarray(many(initial, jnp.asarray(reynolds), time, steps_of(time, cells)))

    return solve


def clawpack():
    """Clawpack's classic solver: wave propagation, MC limiter, Strang-split diffusion."""
    import logging

    from clawpack import pyclaw, riemann

    logging.disable(logging.INFO)

    def one(reynolds, time, cells):
        factors = lru_cache(maxsize=1)(lambda mu: periodic_diffusion(cells, mu))

        def diffuse(solver, state, dt):
            half = factors(0.5 * dt * cells**2 / reynolds)
            state.q[0] = 2 * half(state.q[0]) - state.q[0]

        solver = pyclaw.ClawSolver1D(riemann.burgers_1D)
        solver.limiters = pyclaw.limiters.tvd.MC
        solver.bc_lower[0] = solver.bc_upper[0] = pyclaw.BC.periodic
        solver.step_source, solver.source_split = diffuse, 2
        solver.cfl_desired, solver.cfl_max, solver.max_steps = 0.9, 1.0, 10**6
        domain = pyclaw.Domain(pyclaw.Dimension(0.0, 1.0, cells, name="x"))
        state = pyclaw.State(domain, 1)
        state.problem_data["efix"] = True
        state.q[0] = burgers.SINUS.initial(cells)
        solution = pyclaw.Solution(state, domain)
        solver.dt_initial = 0.9 / cells
        solver.setup(solution)
        solver.evolve_to_time(solution, time)
        return solution.q[0].copy()

    def solve(reynolds, time, cells):
        return np.stack([one(re, time, cells) for re in reynolds])

    return solve


def exponax():
    """Exponax's pseudo-spectral Burgers stepper (exponential time differencing), float64."""
    import equinox
    import exponax as ex
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)

    @equinox.filter_jit
    def one(initial, reynolds, time, steps):
        stepper = ex.stepper.Burgers(
            1, 1.0, initial.size, time / steps, diffusivity=1.0 / reynolds
        )  # fmt: skip
        return ex.repeat(stepper, steps)(initial[None])[0]

    def solve(reynolds, time, cells):
        points = jnp.sin(2 * jnp.pi * (jnp.arange(cells) + 0.5) / cells)
        # With cfl = 0.9 it diverges at the highest Reynolds numbers.
        steps = steps_of(time, cells, cfl=0.25)
        values = np.stack([np.asarray(one(points, re, time, steps)) for re in reynolds])
        # Averages over cells of the trigonometric interpolant.
        modes = np.fft.rfft(values, axis=1) * np.sinc(np.arange(cells // 2 + 1) / cells)
        return np.fft.irfft(modes, cells, axis=1)

    return solve


PEERS = {
    "NumPy + banded solve": plain_numpy,
    "JAX, jit + vmap": jax_rusanov,
    "Clawpack, MC limiter": clawpack,
    "Exponax, spectral": exponax,
}
