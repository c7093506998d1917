"""Exact densities of both problems at given random inputs.

Everything rests on the Cole-Hopf transformation (see `cole_hopf`, `jump`). For the creneau the
solution is that of the whole line, which is the one on [0, 1] until the front meets x = 1.
"""

import numpy as np
from scipy.special import expit, log_ndtr

from burgers import _checks as checks
from burgers import problems
from burgers._compiled import in_shares
from burgers.exact import cole_hopf, jump
from burgers.problems import CRENEAU

# The Reynolds numbers that are accepted; infinity is, too.
REYNOLDS = (1e-2, 1e20)


def density(case, time, *, reynolds, step=None, cells=400):
    """Exact cell averages of the density.

    Solves ρₜ + (ρ²/2)ₓ = ρₓₓ / Re from the case's initial density, for the creneau on the whole
    line: how far its front reaches past x = 1 is told by `tail`.

    Parameters
    ----------
    case : `SINUS` or `CRENEAU`.
    time : scalar or (realisations,), T >= 0; for the creneau (1 + step) T < 1, so that the middle
        of the front has not left the interval.
    reynolds : scalar or (realisations,), Re from 1e-2 to 1e20, or inf: the limit without viscosity.
    step : scalar or (realisations,), density right of the jump, in [0, 1); creneau only.
    cells : number of cells, at least 2.

    Returns
    -------
    (cells,) or (realisations, cells) float64. Rounding errors are left, which grow with the cells:
    1e-12 with 400 and 1e-11 with 4000 at most.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: E. Hopf, 1950; J. D. Cole, 1951.
    """
    cells = checks.count("cells", cells, least=2)
    time, reynolds, step = asked(case, time, reynolds, step)
    # Copies, as the loop is compiled anew for arrays that are for reading only.
    inputs = [np.array(value).ravel() for value in (time, 1.0 / reynolds, step)]
    average = np.empty((time.size, cells))
    if case.random_step:
        in_shares(jump.front_density, time.size, *inputs, average)
    else:
        in_shares(cole_hopf.sine_density, time.size, *inputs[:2], average)
    return average.reshape(*time.shape, cells)


def tail(time, *, reynolds, step):
    """How much of the creneau's front lies past x = 1: (ρ(T, 1) - a) / (1 - a) on the whole line.

    A free outflow at x = 1 instead of the line changes the density near it by about as much.
    Arguments and errors as in `density`; the result has their broadcast shape.
    """
    time, reynolds, step = asked(CRENEAU, time, reynolds, step)
    largest = np.minimum(reynolds, REYNOLDS[1])
    width = np.sqrt(2.0 * np.maximum(time, cole_hopf.STILL) / largest)
    log_odds = 0.5 * largest * (1.0 - step) * (0.5 - 0.5 * (1.0 + step) * time)
    log_odds += log_ndtr((0.5 - step * time) / width) - log_ndtr((time - 0.5) / width)
    return np.where(np.isinf(reynolds), 0.0, expit(-log_odds))[()]


def asked(case, time, reynolds, step):
    """The inputs as arrays of one shape."""
    problems.checked(case)
    time, reynolds = checks.non_negative("time", time), _checked_reynolds(reynolds)
    if case.random_step != (step is not None):
        accepted = "the density right of the jump" if case.random_step else "None"
        raise ValueError(f"step is {checks.shown(step)}; accepted: {accepted} ({case.name})")
    step = checks.finite("step", 0.0 if step is None else step)
    try:
        time, reynolds, step = np.broadcast_arrays(time, reynolds, step)
    except ValueError as error:
        raise ValueError(
            f"time has shape {time.shape}, reynolds {reynolds.shape} and step {step.shape}; "
            "accepted: scalars or arrays of one length"
        ) from error
    if case.random_step and np.any((step < 0) | (step >= 1)):
        raise ValueError(f"step lies in [{step.min()}, {step.max()}]; accepted: 0 <= step < 1")
    # At T = 1 the front has left whatever the step, and a product with more could overflow.
    if case.random_step and np.any((1.0 + step) * np.minimum(time, 1.0) >= 1.0):
        raise ValueError(
            f"time has maximum {time.max()}; accepted: (1 + step) time < 1, as later the middle of "
            "the front has left the interval"
        )
    return time, reynolds, step


def _checked_reynolds(reynolds):
    reynolds = checks.positive("reynolds", reynolds, finite=False)
    least, most = REYNOLDS
    outside = reynolds[(reynolds < least) | ((reynolds > most) & np.isfinite(reynolds))]
    if outside.size:
        raise ValueError(
            f"reynolds reaches {outside[0]}; accepted: from {least:g} to {most:g}, or inf"
        )
    return reynolds
