"""Exact solutions of both cases, and the exact mean and std of their laws.

Everything rests on the Cole-Hopf transformation (see `cole_hopf`, `jump`). For the creneau the
solution is that of the whole line, which is the one on [0, 1] until the front meets x = 1.
"""

import numpy as np
from scipy.special import expit, log_ndtr

from burgers import cases, checks, cole_hopf, jump
from burgers.cases import CRENEAU, LOG_REYNOLDS, STEP
from burgers.compiled import in_shares
from burgers.quadrature import gauss, graded, halving

# The Reynolds numbers that are accepted; infinity is, too.
REYNOLDS = (1e-2, 1e20)
# Nodes of Gauss and Legendre's rule over log Re, and on each panel of the other variables.
REYNOLDS_NODES = 48
PANEL_NODES = 12


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
    time, reynolds, step = _checked(case, time, reynolds, step)
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
    time, reynolds, step = _checked(CRENEAU, time, reynolds, step)
    largest = np.minimum(reynolds, REYNOLDS[1])
    width = np.sqrt(2.0 * np.maximum(time, cole_hopf.STILL) / largest)
    log_odds = 0.5 * largest * (1.0 - step) * (0.5 - 0.5 * (1.0 + step) * time)
    log_odds += log_ndtr((0.5 - step * time) / width) - log_ndtr((time - 0.5) / width)
    return np.where(np.isinf(reynolds), 0.0, expit(-log_odds))[()]


def mean_and_std(
    case, time=None, *, cells=400, panel_nodes=PANEL_NODES, reynolds_nodes=REYNOLDS_NODES
):
    """Mean and standard deviation of the exact law of the cell averages.

    E[ρ] and √E[(ρ - E[ρ])²] over log Re ~ U[4, 13], for the creneau over a ~ U[0.1, 0.3], and for
    `time=None` over T ~ U on the report's range, by Gauss and Legendre's rule. In log Re the
    density is smooth. In the rest it is not: a cell's average has a kink of width ν each time that
    the front enters or leaves the cell, and the sine's shock is born at T = 1/2π within a time √ν.
    The panels end there and shrink towards it.

    Parameters
    ----------
    case : `SINUS` or `CRENEAU`.
    time : None, or one T >= 0; for the creneau 1.3 T < 1.
    cells : number of cells, at least 2.
    panel_nodes, reynolds_nodes : orders of the rule; the defaults converge to 1e-8.

    Returns
    -------
    mean, std : (cells,) float64.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    cells = checks.count("cells", cells, least=2)
    cases.checked(case)
    checks.count("panel_nodes", panel_nodes)
    checks.count("reynolds_nodes", reynolds_nodes)
    if time is not None:
        if np.ndim(time) != 0:
            raise ValueError(f"time is {checks.shown(time)}; accepted: None or one number")
        time = float(_checked(case, time, 1.0, STEP[1] if case.random_step else None)[0])
    moments = _creneau_moments if case.random_step else _sinus_moments
    return moments(case, time, cells, panel_nodes, reynolds_nodes)


def _sinus_moments(case, time, cells, panel_nodes, reynolds_nodes):
    densities, weights = [], []
    for viscosity, share in _viscosities(reynolds_nodes):
        if time is None:
            birth = 1.0 / (2.0 * np.pi)
            ends = (case.first_time, case.last_time)
            panels = [halving(birth, end, 0.5 * np.sqrt(viscosity)) for end in ends]
            times, weight = gauss(np.concatenate(panels), panel_nodes)
        else:
            times, weight = np.array([time]), np.ones(1)
        viscosities = np.full(times.size, viscosity)
        density = np.empty((times.size, cells))
        in_shares(cole_hopf.sine_density, times.size, times, viscosities, density)
        densities.append(density)
        weights.append(share * weight / weight.sum())
    densities, weights = np.concatenate(densities), np.concatenate(weights)
    mean = weights @ densities
    return mean, np.sqrt(weights @ (densities - mean) ** 2)


def _creneau_moments(case, time, cells, panel_nodes, reynolds_nodes):
    first, second = np.zeros(cells), np.zeros(cells)
    for viscosity, share in _viscosities(reynolds_nodes):
        if time is None:
            step, times, weight = _nodes_over_time(case, cells, viscosity, panel_nodes)
        else:
            step, times, weight = _nodes_at_time(time, cells, viscosity, panel_nodes)
        weight = share * weight / weight.sum()
        sums = np.zeros((2, jump.PARTS, cells))
        in_shares(jump.front_moments, jump.PARTS, step, times, weight, viscosity, sums)
        first += sums[0].sum(axis=0)
        second += sums[1].sum(axis=0)
    # Both are about 1, the density that is certain behind the front.
    return 1.0 + first, np.sqrt(np.maximum(second - first**2, 0.0))


def _viscosities(order):
    """Viscosities at the nodes over log Re, with weights of sum one."""
    nodes, weights = gauss([LOG_REYNOLDS], order)
    return zip(np.exp(-nodes), weights / weights.sum(), strict=True)


def _nodes_at_time(time, cells, viscosity, order):
    """Nodes and weights over the step, by way of the front's displacement s = (1 + a) T / 2."""
    if time < cole_hopf.STILL:
        step, weight = gauss([STEP], order)
    else:
        start, end = (1.0 + np.array(STEP)) * time / 2.0
        displacement, weight = gauss(_front_panels(start, end, cells, viscosity), order)
        step = 2.0 * displacement / time - 1.0
    return step, np.full(step.size, time), weight


def _nodes_over_time(case, cells, viscosity, order):
    """Nodes and weights over step and time, by way of displacement and step.

    At one displacement s the front stays where it is, and the density is smooth in the step.
    """
    first, last = case.first_time, case.last_time
    corners = [(1.0 + step) * time / 2.0 for time in (first, last) for step in STEP]
    panels = _front_panels(corners[0], corners[-1], cells, viscosity, corners)
    displacement, weight = (values[:, None] for values in gauss(panels, order))
    lowest = np.maximum(STEP[0], 2.0 * displacement / last - 1.0)
    highest = np.minimum(STEP[1], 2.0 * displacement / first - 1.0)
    fraction, fraction_weight = gauss([(0.0, 1.0)], order)
    step = lowest + (highest - lowest) * fraction
    # dT = 2 ds / (1 + a)
    weight = weight * fraction_weight * (highest - lowest) * 2.0 / (1.0 + step)
    return step.ravel(), (2.0 * displacement / (1.0 + step)).ravel(), weight.ravel()


def _front_panels(start, end, cells, viscosity, corners=()):
    """Panels of the front's displacement, graded towards the cell edges that it passes."""
    finest = 8.0 * viscosity
    stops = np.arange(0.0, end, 1.0 / cells if finest < 1.0 / cells else finest)
    # A young front has the width √(νT).
    young = start * 2.0 ** np.arange(np.log2(end / start))
    breaks = np.unique([start, end, *corners, *young, *stops[stops > start]])
    return graded(breaks, finest)


def _checked(case, time, reynolds, step):
    """The inputs as arrays of one shape."""
    cases.checked(case)
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
