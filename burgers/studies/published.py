"""How far the data sets of the field are from the exact solutions of their problems.

Each set's scheme is run at its documented resolution on random realisations of its problem, and so
are the two schemes of this project. What was measured on published files is read from a table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from burgers import exact, metrics, paths, problems, solver
from burgers.problems import Problem
from burgers.problems.published import pdebench
from burgers.streams import generator
from burgers.studies import audit
from burgers.studies import documented_schemes as documented
from burgers.studies import documented_upwind as upwind

Floats = NDArray[np.float64]

# The grid of this project's schemes.
OWN_CELLS = problems.CELLS
# Cells in each part of a set's grid from which its initial values are taken.
FINE = 32
# Times as many for an inviscid problem whose values are sought at points.
WIDER = 8
FILES = paths.ROOT / "benchmarks" / "published_files.csv"


@dataclass(frozen=True)
class DataSet:
    """A public data set: its problem, its scheme and its grid.

    Attributes
    ----------
    label : of the set, and of its scheme and resolution.
    problem : the random problem that it is of.
    parts : the domain's number of equal parts of which every point is an end.
    points : the points, as numbers of these ends.
    times : at which it is compared, in the units of the set.
    solve : from values at the points (realisations, points), inputs and times to densities
        (realisations, times, points), all in the units of the set.
    averages : whether densities are cell averages about the points, instead of values there.
    smooth : whether the densities are smooth, so that the exact solution may be extrapolated.
    share : the realisations are divided by this, where the scheme is slow.
    """

    label: str
    scheme: str
    problem: Problem
    parts: int
    points: NDArray[np.integer]
    times: tuple[float, ...]
    solve: Callable[[Floats, dict[str, Any], Floats], Floats]
    averages: bool = False
    smooth: bool = True
    share: int = 1


def _spectral(viscosity, step):
    def solve(values, inputs, times):
        return documented.etdrk4(values, viscosity, times, step=step)

    return solve


def _apebench(values, inputs, times):
    return documented.etdrk2(values, 3e-4, times, step=0.1, convection=0.125)


def _pcfm(values, inputs, times):
    return upwind.godunov(values, inputs["inflow"], times, step=0.01)


def _gplasdi(values, inputs, times):
    return upwind.backward_euler_upwind(values, times)


def _pdebench(viscosity):
    def solve(values, inputs, times):
        return upwind.muscl_roe(values, viscosity, times)

    return solve


SETS = (
    DataSet("FNO, its script", "ETDRK4, 1024 points, dt 0.005", problems.get("fno_script"), 1024,
            np.arange(1024), (1.0,), _spectral(1e-3, 0.005)),
    DataSet("like FNO R10", "ETDRK4, 1024 points, dt 0.005", problems.get("fno_r10"), 1024,
            np.arange(1024), (1.0,), _spectral(0.1, 0.005)),
    DataSet("DiffusionPDE", "ETDRK4, 128 points, dt 1/127", problems.get("diffusion_pde"), 128,
            np.arange(128), (1.0,), _spectral(0.01, 1 / 127)),
    DataSet("PI-DeepONet", "ETDRK4, 4096 points, dt 1e-4", problems.get("pi_deeponet"), 4096,
            np.arange(4096), (1.0,), _spectral(0.01, 1e-4), share=4),
    DataSet("APEBench", "ETDRK2, 160 points, dt 0.1", problems.get("apebench"), 160,
            np.arange(160), (0.1, 0.5, 1.0, 5.0, 20.0), _apebench),
    DataSet("PDEBench, eps 1e-3", "MUSCL and Roe, 1024 cells, float32", pdebench(1e-3), 2048,
            np.arange(1, 2048, 2), (0.1, 2.0), _pdebench(1e-3 / np.pi), True, False),
    DataSet("PDEBench, eps 1e-2", "MUSCL and Roe, 1024 cells, float32", pdebench(1e-2), 2048,
            np.arange(1, 2048, 2), (0.1, 2.0), _pdebench(1e-2 / np.pi), True, False, 4),
    DataSet("PCFM", "Godunov, 101 nodes, dt 0.01", problems.get("pcfm"), 250,
            np.arange(50, 251, 2), (0.5, 1.0), _pcfm, True, False),
    DataSet("GPLaSDI", "upwind, backward Euler, 1001 points, dt 1e-3", problems.get("gplasdi"),
            1000, np.arange(1001), (0.25, 0.5, 1.0), _gplasdi, False, False),
)  # fmt: skip


def table(realisations: int, seed: int) -> pd.DataFrame:
    """Errors of every set, and of this project's schemes on 400 cells, against the exact solution.

    Returns
    -------
    A row for each set and time: problem, set, scheme, time (in the set's units), `median` and
    `largest` relative L2 error over the realisations; `pointwise`, the largest difference, in the
    set's units; `reference`, an estimate of the exact solution's own relative error; `rusanov` and
    `muscl`, the median relative L2 errors of cell averages on 400 cells; and `measured`, on "the
    published file", by "the documented scheme", or by "our schemes" alone where there is no set.
    """
    rows = pd.read_csv(FILES).to_dict("records")
    for row in rows:
        problem = problems.get(row["problem"])
        # Its errors are those of all times together.
        own = own_errors(problem, [problem.last_time], realisations, seed)
        row |= {name: float(values[0]) for name, values in own.items()}
    for data_set in SETS:
        rows += _measured(data_set, max(1, realisations // data_set.share), seed)
    rows.append(_without_a_set(problems.get("riemann"), realisations, seed))
    return pd.DataFrame(rows)


def drawn(problem: Problem, count: int, seed: int) -> dict[str, Any]:
    """Inputs of a few realisations of a problem."""
    return problem.sample(count, generator(seed, "published", problems.names().index(problem.name)))


def own_errors(problem: Problem, times: ArrayLike, count: int, seed: int) -> dict[str, Floats]:
    """Median relative L2 errors of both schemes on 400 cells at times in the problem's units."""
    inputs = drawn(problem, count, seed)
    found: dict[str, Floats] = {}
    initial, reynolds = problem.averages(OWN_CELLS, inputs), problem.reynolds(inputs, count)
    schemes: tuple[solver.Scheme, ...] = ("rusanov", "muscl")
    for scheme in schemes:
        errors = []
        for time in problem.units.time(times):
            known = exact.density(problem, np.full(count, time), cells=OWN_CELLS, **inputs)
            computed = solver.solve(
                initial, reynolds, time, boundary=problem.boundary, scheme=scheme
            )
            errors.append(np.median(metrics.relative_error(computed, known)))
        found[scheme] = np.array(errors)
    return found


def _measured(data_set, count, seed):
    """The rows of a set in the table."""
    problem = data_set.problem
    inputs = drawn(problem, count, seed)
    units, times = problem.units, np.array(data_set.times)
    x = data_set.points / data_set.parts
    initial = problem.averages(data_set.parts * FINE, inputs)
    values = units.original_density(problems.point_values(initial, x, problem.boundary))
    computed = units.density(data_set.solve(values, inputs, times))
    own = own_errors(problem, times, count, seed)
    rows = []
    for k, time in enumerate(times):
        known, reference = _exact(data_set, inputs, units.time(time))
        errors = metrics.relative_error(computed[:, k], known)
        rows.append({
            "problem": problem.name, "set": data_set.label, "scheme": data_set.scheme,
            "time": f"{time:g}", "median": np.median(errors), "largest": errors.max(),
            "pointwise": units.original_density(abs(computed[:, k] - known).max()),
            "reference": reference, "rusanov": own["rusanov"][k], "muscl": own["muscl"][k],
            "measured": "the documented scheme",
        })  # fmt: skip
    return rows


def _without_a_set(problem, count, seed):
    """The row of a problem on which there is no data set."""
    own = own_errors(problem, [problem.last_time], count, seed)
    return {
        "problem": problem.name, "set": f"{problem.name}, no data set", "scheme": "none",
        "time": f"{problem.last_time:g}", "measured": "our schemes",
        **{name: float(values[0]) for name, values in own.items()},
    }  # fmt: skip


def _exact(data_set, inputs, time):
    """Exact densities at or about the points of a set, and how exact they are."""
    problem, parts = data_set.problem, data_set.parts
    count = len(next(iter(inputs.values())))
    x, reynolds = data_set.points / parts, problem.reynolds(inputs, count)

    def solved(cells: int) -> Floats:
        initial, boundary = problem.averages(cells, inputs), problem.boundary
        if data_set.averages:
            averages = exact.solve(initial, reynolds, time, boundary=boundary, cells=parts)
            return _about_ends(averages, boundary)[:, data_set.points]
        if np.isinf(reynolds).any():
            # Piecewise constant data stay so; averages over far wider cells do not show it.
            initial = problem.averages(WIDER * cells, inputs)
            wide = exact.solve(initial, reynolds, time, boundary=boundary, cells=parts // 4)
            return problems.point_values(wide, x, boundary)
        return exact.at(x, initial, reynolds, time, boundary=boundary)

    cells = parts * -(-audit.CELLS // parts)
    if data_set.smooth:
        known, errors = audit.extrapolated(solved, cells)
        return known, float(np.median(errors))
    coarse, fine = solved(2 * cells), solved(4 * cells)
    return fine, float(np.median(metrics.relative_error(coarse, fine)))


def _about_ends(averages, boundary):
    """Means of the two cells beside every end of a cell: (realisations, cells + 1)."""
    around = np.pad(averages, ((0, 0), (1, 1)), mode="wrap" if boundary == "periodic" else "edge")
    return 0.5 * (around[:, 1:] + around[:, :-1])


def samples(count: int, seed: int, cells: int = OWN_CELLS) -> dict[str, tuple[Problem, Floats]]:
    """Exact densities of a few realisations of every named problem at first, and at its last time.

    Returns
    -------
    By name, the problem and (2, realisations, cells).
    """
    found = {}
    for name in problems.names():
        problem = problems.get(name)
        inputs = drawn(problem, count, seed)
        ends = [
            np.broadcast_to(
                exact.density(problem, np.full(count, time), cells=cells, **inputs), (count, cells)
            )
            for time in (0.0, problem.last_time)
        ]
        found[name] = problem, np.stack(ends)
    return found
