"""Exact mean and std of the report's two problems, by quadrature between the kinks."""

import numpy as np
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers._compiled import in_shares
from burgers.exact import cole_hopf, jump
from burgers.exact.densities import asked
from burgers.exact.quadrature import gauss_legendre, graded, halved_towards
from burgers.problems import CRENEAU, LOG_REYNOLDS, STEP, Problem

# Gauss-Legendre nodes over log Re, and on each panel of the other variables.
REYNOLDS_NODES = 48
PANEL_NODES = 12


def quadrature(
    problem: Problem,
    time: float | None,
    cells: int,
    panel_nodes: int = PANEL_NODES,
    reynolds_nodes: int = REYNOLDS_NODES,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact mean and std of the cell averages of `SINUS` or `CRENEAU`, (cells,) each.

        E[ρ]  and  √E[(ρ - E[ρ])²]  over log Re ~ U[4, 13], and for the creneau over a ~ U[0.1, 0.3]

    By Gauss-Legendre quadrature. The density is smooth in log Re but not in the other variables: a
    cell average has a kink of width ν whenever the front enters or leaves the cell, and the shock
    of the sinus forms around T = 1/2π over a time of order √ν. Panels end at these points and are
    graded towards them. Arguments and errors as in `mean_and_std`.
    """
    checks.count("panel_nodes", panel_nodes)
    checks.count("reynolds_nodes", reynolds_nodes)
    stepped = problem == CRENEAU
    if time is not None:
        time = float(asked(problem, time, 1.0, STEP[1] if stepped else None)[0])
    moments = _creneau_moments if stepped else _sinus_moments
    return moments(problem, time, cells, panel_nodes, reynolds_nodes)


def _sinus_moments(problem, time, cells, panel_nodes, reynolds_nodes):
    parts, shares = [], []
    for viscosity, share in _viscosities(reynolds_nodes):
        if time is None:
            birth = 1.0 / (2.0 * np.pi)
            ends = (problem.first_time, problem.last_time)
            panels = [halved_towards(birth, end, 0.5 * np.sqrt(viscosity)) for end in ends]
            times, weight = gauss_legendre(np.concatenate(panels), panel_nodes)
        else:
            times, weight = np.array([time]), np.ones(1)
        viscosities = np.full(times.size, viscosity)
        density = np.empty((times.size, cells))
        in_shares(
            cole_hopf.sine_density, times.size, times, viscosities, cells, np.arange(cells), density
        )
        parts.append(density)
        shares.append(share * weight / weight.sum())
    densities, weights = np.concatenate(parts), np.concatenate(shares)
    mean = weights @ densities
    return mean, np.sqrt(weights @ (densities - mean) ** 2)


def _creneau_moments(problem, time, cells, panel_nodes, reynolds_nodes):
    first, second = np.zeros(cells), np.zeros(cells)
    for viscosity, share in _viscosities(reynolds_nodes):
        if time is None:
            step, times, weight = _nodes_over_time(problem, cells, viscosity, panel_nodes)
        else:
            step, times, weight = _nodes_at_time(time, cells, viscosity, panel_nodes)
        weight = share * weight / weight.sum()
        sums = np.zeros((2, jump.PARTS, cells))
        in_shares(jump.front_moments, jump.PARTS, step, times, weight, viscosity, sums)
        first += sums[0].sum(axis=0)
        second += sums[1].sum(axis=0)
    # These are moments about 1, the density that is certain behind the front.
    return 1.0 + first, np.sqrt(np.maximum(second - first**2, 0.0))


def _viscosities(order):
    """Viscosities at the quadrature nodes over log Re, with weights of sum one."""
    nodes, weights = gauss_legendre([LOG_REYNOLDS], order)
    return zip(np.exp(-nodes), weights / weights.sum(), strict=True)


def _nodes_at_time(time, cells, viscosity, order):
    """Nodes and weights over the step, in terms of the front's displacement s = (1 + a) T / 2."""
    if time < cole_hopf.STILL:
        step, weight = gauss_legendre([STEP], order)
    else:
        start, end = (1.0 + np.array(STEP)) * time / 2.0
        displacement, weight = gauss_legendre(_front_panels(start, end, cells, viscosity), order)
        step = 2.0 * displacement / time - 1.0
    return step, np.full(step.size, time), weight


def _nodes_over_time(problem, cells, viscosity, order):
    """Nodes and weights over step and time, in terms of the displacement s and the step.

    For a fixed displacement the front does not move, and the density is smooth in the step.
    """
    first, last = problem.first_time, problem.last_time
    corners = [(1.0 + step) * time / 2.0 for time in (first, last) for step in STEP]
    panels = _front_panels(corners[0], corners[-1], cells, viscosity, corners)
    displacement, weight = (values[:, None] for values in gauss_legendre(panels, order))
    lowest = np.maximum(STEP[0], 2.0 * displacement / last - 1.0)
    highest = np.minimum(STEP[1], 2.0 * displacement / first - 1.0)
    fraction, fraction_weight = gauss_legendre([(0.0, 1.0)], order)
    step = lowest + (highest - lowest) * fraction
    # dT = 2 ds / (1 + a)
    weight = weight * fraction_weight * (highest - lowest) * 2.0 / (1.0 + step)
    return step.ravel(), (2.0 * displacement / (1.0 + step)).ravel(), weight.ravel()


def _front_panels(start, end, cells, viscosity, corners=()):
    """Panels over the front's displacement, graded towards the cell edges that it passes."""
    finest = 8.0 * viscosity
    stops = np.arange(0.0, end, 1.0 / cells if finest < 1.0 / cells else finest)
    # The width of a young front is √(νT).
    young = start * 2.0 ** np.arange(np.log2(end / start))
    breaks = np.unique([start, end, *corners, *young, *stops[stops > start]])
    return graded(breaks, finest)
