"""The realisations of a problem solved, by finite volumes or exactly, and how they are labelled."""

import inspect
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers import exact, solver
from burgers.problems import CASES, Problem
from burgers.problems.problem import Inputs

Scheme = Literal["rusanov", "muscl", "exact"]
SCHEMES = get_args(Scheme)
# Realisations solved at once: enough to fill blocks with similar numbers of steps.
CHUNK = 16_384


def options(scheme: Scheme, cfl: float) -> dict[str, Any]:
    """The scheme and the Courant number, by name; ValueError unless both are accepted.

    The exact solution has no Courant number, but an ensemble records one.
    """
    checks.choice("scheme", scheme, SCHEMES)
    return {"scheme": scheme, "cfl": solver.courant_number(cfl, scheme)}


def packed(times: NDArray[np.float64], inputs: Inputs) -> NDArray[np.float64]:
    """Final times and inputs side by side, (realisations, numbers) float64."""
    return np.concatenate([part.reshape(len(times), -1) for part in (times, *inputs.values())], 1)


def solved(
    columns: NDArray[np.float64],
    *,
    problem: Problem,
    widths: Mapping[str, tuple[int, ...]],
    cells: int,
    scheme: Scheme,
    cfl: float,
) -> NDArray[np.float32]:
    """Densities at the final times, (realisations, cells) float32.

    columns : as returned by `packed`; widths : the shape of each input for one realisation.
    """
    density = np.empty((len(columns), cells), dtype=np.float32)
    for first in range(0, len(columns), CHUNK):
        part = slice(first, first + CHUNK)
        times, inputs = _unpacked(columns[part], widths)
        if scheme == "exact":
            density[part] = exact.density(problem, times, cells=cells, **inputs)
            continue
        initial, reynolds = problem.averages(cells, inputs), problem.reynolds(inputs, len(times))
        density[part] = solver.solve(
            initial, reynolds, times, boundary=problem.boundary, scheme=scheme, cfl=cfl
        )
    return density


def _unpacked(columns, widths):
    """Final times (realisations,) and inputs of their own shapes."""
    columns = np.ascontiguousarray(columns)
    inputs, first = {}, 1
    for name, shape in widths.items():
        count = int(np.prod(shape, dtype=int))
        inputs[name] = columns[:, first : first + count].reshape(-1, *shape)
        first += count
    return columns[:, 0].copy(), inputs


def coordinates(problem: Problem, inputs: Inputs, count: int) -> dict[str, Any]:
    """The inputs, and the Reynolds number, as coordinates of an ensemble."""
    all_inputs = {"reynolds": problem.reynolds(inputs, count), **inputs}
    return {
        name: (("realisation", f"{name}_component")[: values.ndim], values)
        for name, values in all_inputs.items()
    }


def attributes(
    problem: Problem, scheme: str, cfl: float, seed: int | np.random.SeedSequence
) -> dict[str, Any]:
    """What an ensemble says of the problem and of how it was solved."""
    labels = {
        "problem": problem.name,
        "boundary": problem.boundary,
        "scheme": scheme,
        "cfl": cfl,
        "seed": seed_label(seed),
    }
    # Those of the report's are known by its name.
    ours = problem == CASES.get(problem.name)
    return labels if ours else {**labels, "inputs": list(problem.inputs)}


def seed_label(seed: int | np.random.SeedSequence) -> str:
    """The seed as recorded in the attributes: its number, or its entropy and spawn key."""
    if isinstance(seed, np.random.SeedSequence):
        return f"{seed.entropy}/{'/'.join(map(str, seed.spawn_key))}"
    return str(seed)


def code(problem: Problem) -> str:
    """The source of a problem's functions, where it can be read: pickles hold their names only."""
    own = [part for part in (problem.initial, problem.viscosity) if callable(part)]
    found = []
    for part in own:
        try:
            found.append(inspect.getsource(part if inspect.isroutine(part) else type(part)))
        except (OSError, TypeError):
            continue
    return "".join(found)
