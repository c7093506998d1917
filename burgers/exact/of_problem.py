"""Exact densities of a random problem for given inputs."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers import problems
from burgers.exact import densities, evolution
from burgers.problems import CELLS, CRENEAU, SINUS, Problem
from burgers.problems.problem import Inputs

# Cells of the initial density: in each cell of the result, and in all at least. The error of the
# representation of a smooth one is of second order in their width.
REFINEMENT, LEAST_CELLS = 4, 1600
# Initial densities held at once.
CHUNK = 1024
# Draws from it are looked at for their shapes alone.
_ANY = np.random.default_rng(0)


@checks.formerly(case="problem")
def density(
    problem: Problem,
    time: ArrayLike,
    *,
    reynolds: ArrayLike | None = None,
    cells: int = CELLS,
    refinement: int | None = None,
    columns: ArrayLike | None = None,
    **inputs: ArrayLike,
) -> NDArray[np.float64]:
    """Exact cell averages of the density.

        ρₜ + (ρ²/2)ₓ = ρₓₓ / Re,   ρ(0, x) the initial density of the problem

    `SINUS` and `CRENEAU` have closed forms, exact up to rounding errors, which grow with the number
    of cells: at most 1e-12 for 400 cells and 1e-11 for 4000. For the creneau, as for every problem
    with an outflow boundary, the equation is solved on the whole line; `tail` gives the part of its
    front that lies beyond x = 1. The initial density of any other problem is represented by its
    averages on `refinement` times as many cells, from which the evolution is exact, see `solve`.

    Parameters
    ----------
    problem : a `Problem`.
    time : scalar or (realisations,), T >= 0, at most 1e3; for the creneau (1 + a) T < 1, so that
        the middle of the front is still in [0, 1].
    reynolds : scalar or (realisations,), Re between 1e-2 and 1e20, or inf for the inviscid limit.
        If it is not an input of the problem, None for the problem's own.
    cells : number of cells, at least 2.
    refinement : cells of the initial density in each of these, where there is no closed form; 4 if
        None, or as many as make 1600 in all.
    columns : the cells that are wanted, numbers below `cells`; all if None.
    **inputs : the other inputs by name, each for one realisation or for all; for the creneau
        `step`, the density a right of the jump, in [0, 1).

    Returns
    -------
    (cells,) or (realisations, cells) float64, or as many as there are columns.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: E. Hopf (1950); J. D. Cole (1951).
    """
    problems.checked(problem)
    cells = checks.count("cells", cells, least=2)
    if has_closed_form(problem):
        known, given = _of_report(problem, reynolds, inputs)
        return densities.closed_form(known, time, cells=cells, columns=columns, **given)
    fine = cells * refined(cells, refinement)

    def evolved(initial, numbers, times):
        return evolution.solve(
            initial, numbers, times, boundary=problem.boundary, cells=cells, columns=columns
        )

    width = cells if columns is None else np.size(columns)
    return _in_chunks(problem, time, reynolds, inputs, fine, evolved, width)


def values(
    problem: Problem,
    x: ArrayLike,
    time: ArrayLike,
    *,
    reynolds: ArrayLike | None = None,
    refinement: int | None = None,
    **inputs: ArrayLike,
) -> NDArray[np.float64]:
    """Exact values of the density at points.

    For the report's problems they have a closed form. The initial density of any other is
    represented by its averages on `refinement` cells, 1600 if None. The error of this is of second
    order in their width where √(2T/Re) is larger, and of first order otherwise. At a jump the value
    is that of either side.

    Parameters
    ----------
    x : (points,) in [0, 1].
    time, reynolds, inputs : as in `density`.
    refinement : cells of the initial density, where there is no closed form.

    Returns
    -------
    (points,) or (realisations, points) float64.

    Raises
    ------
    ValueError
        As in `density`.
    """
    problems.checked(problem)
    points = checks.finite("x", x)
    if points.ndim != 1:
        raise ValueError(f"x has shape {points.shape}; accepted: (points,)")
    checks.within("x", points, 0.0, 1.0)
    if has_closed_form(problem):
        known, given = _of_report(problem, reynolds, inputs)
        return densities.closed_form_values(known, points.copy(), time, **given)

    def evolved(initial, numbers, times):
        return evolution.at(points, initial, numbers, times, boundary=problem.boundary)

    fine = refined(1, refinement)
    return _in_chunks(problem, time, reynolds, inputs, fine, evolved, points.size)


def _in_chunks(problem, time, reynolds, inputs, cells, evolved, width):
    """What evolves from initial averages on so many cells, (realisations, width)."""
    times, numbers, given, single = one_each(problem, time, reynolds, inputs)
    found = np.empty((len(times), width))
    for first in range(0, len(times), CHUNK):
        part = slice(first, first + CHUNK)
        initial = problem.averages(cells, {name: rows[part] for name, rows in given.items()})
        found[part] = evolved(initial, numbers[part], times[part])
    return found[0] if single else found


def refined(cells: int, refinement: int | None) -> int:
    """The refinement, checked, or its default for that number of cells."""
    if refinement is None:
        return max(REFINEMENT, -(-LEAST_CELLS // cells))
    return checks.count("refinement", refinement)


def has_closed_form(problem: Problem) -> bool:
    """Whether the problem is `SINUS` or `CRENEAU` but for the distributions of its inputs."""
    return not callable(problem.viscosity) and any(
        (problem.initial, problem.boundary) == (known.initial, known.boundary)
        and problem.inputs.keys() <= known.inputs.keys()
        for known in (SINUS, CRENEAU)
    )


def _of_report(problem, reynolds, inputs):
    """`SINUS` or `CRENEAU`, and the inputs of its closed form."""
    known = CRENEAU if problem.initial == CRENEAU.initial else SINUS
    if other := inputs.keys() - {"step"}:
        raise ValueError(f"{sorted(other)[0]} is no input of {problem.name}; accepted: step")
    if reynolds is None and "reynolds" in problem.inputs:
        raise ValueError("reynolds is None; accepted: Reynolds numbers")
    if reynolds is None:
        reynolds = problem.reynolds({}, 1)[0]
    return known, {"reynolds": reynolds, **inputs}


def one_each(
    problem: Problem, time: ArrayLike, reynolds: ArrayLike | None, inputs: dict[str, ArrayLike]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Inputs, bool]:
    """Times, Reynolds numbers and inputs, one row a realisation, and whether it is a single one."""
    given: dict[str, Any] = dict(inputs)
    if "reynolds" in problem.inputs:
        given["reynolds"] = reynolds
    _check_names(problem, given)
    shapes = {name: rows.shape[1:] for name, rows in problem.sample(1, _ANY).items()}
    values = {"time": checks.non_negative("time", time), **given}
    if reynolds is not None:
        values["reynolds"] = checks.positive("reynolds", reynolds, finite=False)
    rows, single = {}, True
    for name, value in values.items():
        # Reynolds numbers may be infinite, and are checked.
        array = np.asarray(value) if name in ("time", "reynolds") else checks.finite(name, value)
        shape = shapes.get(name, ())
        alone = array.ndim == len(shape)
        rows[name] = array[None] if alone else array
        single &= alone
        if rows[name].shape[1:] != shape:
            accepted = ", ".join(map(str, ("realisations", *shape)))
            raise ValueError(
                f"{name} has shape {array.shape}; accepted: {shape or 'a number'} or ({accepted})"
            )
    counts = {len(array) for array in rows.values()} - {1}
    if len(counts) > 1:
        found = ", ".join(f"{name} {len(array)}" for name, array in rows.items())
        raise ValueError(f"numbers of realisations are {found}; accepted: the same, or one")
    (count,) = counts or {1}
    rows = {
        name: np.broadcast_to(array, (count, *array.shape[1:])).copy()
        for name, array in rows.items()
    }
    known = {name: rows[name] for name in problem.inputs}
    numbers = rows["reynolds"] if reynolds is not None else problem.reynolds(known, count)
    return rows["time"], np.asarray(numbers), known, single


def _check_names(problem, given):
    lacking = [name for name in problem.inputs if given.get(name) is None]
    other = sorted(given.keys() - problem.inputs.keys())
    if lacking or other:
        what = f"{lacking[0]} is missing" if lacking else f"{other[0]} is not one"
        raise ValueError(
            f"inputs of {problem.name}: {what}; accepted: {', '.join(problem.inputs) or 'none'}"
        )
