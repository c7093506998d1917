"""A random Burgers problem as one object: inputs, initial density, boundary and viscosity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers.problems.grid import BOUNDARIES, Boundary
from burgers.problems.units import Units

Inputs = Mapping[str, NDArray[np.float64]]
# Names of coordinates and arguments that stand beside the inputs.
RESERVED = ("density", "x", "time", "final_time", "realisation", "cells", "problem", "refinement")


@runtime_checkable
class Distribution(Protocol):
    """What an input is drawn from: a frozen distribution of scipy.stats, or a class of your own.

    With `ppf(q)` as well, the inverse of the distribution function applied to each component of q,
    it can be integrated over by quadrature and by quasi-Monte Carlo.
    """

    def rvs(self, size: Any, random_state: Any) -> Any:
        """Independent draws, (size,) numbers or (size, components) vectors."""


@dataclass(frozen=True)
class Problem:
    """A Burgers equation with random inputs.

        ρₜ + (ρ²/2)ₓ = ν ρₓₓ  on [0, 1],   ρ(0, x) = initial(x, inputs)

    Attributes
    ----------
    name : of the problem, recorded with its ensembles.
    inputs : from the name of each random input to its distribution, an object with
        `rvs(size, random_state)`; numbers or vectors. They are drawn in this order.
    initial : function of the number of cells and, by name, of the inputs, each (realisations,) or
        (realisations, components). It returns the cell averages of the initial density,
        (realisations, cells); or (cells,), the same for all.
    boundary : "periodic", or "outflow" (zero gradient; for the exact solution the whole line, on
        which the values at the two ends are continued).
    times : the first and the last of the final times.
    viscosity : ν: "reynolds" for the reciprocal of an input of that name; a number >= 0; or a
        function of the inputs, by name, that returns (realisations,).
    fixed_time : the single time at which the density is studied; the last one if None.
    units : of the publication that poses it, see `Units`.
    description : the equation as it is published, and the source.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """

    name: str
    inputs: Mapping[str, Distribution]
    initial: Callable[..., NDArray[np.float64]]
    boundary: Boundary
    times: tuple[float, float]
    viscosity: str | float | Callable[..., ArrayLike] = "reynolds"
    fixed_time: float = None  # type: ignore[assignment]  # always a number afterwards
    units: Units = field(default_factory=Units)
    description: str = ""

    def __post_init__(self) -> None:
        _check_parts(self.name, self.initial, self.units)
        checks.choice("boundary", self.boundary, BOUNDARIES)
        object.__setattr__(self, "inputs", _inputs(self.inputs))
        object.__setattr__(self, "times", _times(self.times))
        object.__setattr__(self, "fixed_time", _fixed_time(self.fixed_time, self.times))
        _check_viscosity(self.viscosity, self.inputs)

    def __hash__(self) -> int:
        # A dict of inputs has none; equal problems have equal names.
        return hash(self.name)

    @property
    def first_time(self) -> float:
        """The first of the final times."""
        return self.times[0]

    @property
    def last_time(self) -> float:
        """The last of the final times."""
        return self.times[1]

    @property
    def random_step(self) -> bool:
        """Whether there is an input `step`, as for the creneau."""
        return "step" in self.inputs

    def sample(self, count: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Draw independent random inputs.

        Returns
        -------
        A dict of (count,) or, for vectors, (count, components) arrays.

        Raises
        ------
        ValueError
            If `count` is not a positive integer, or an input's `rvs` returns something else.
        """
        count = checks.count("count", count)
        return {
            name: _one_each(name, _drawn(law, count, rng), count)
            for name, law in self.inputs.items()
        }

    def final_times(self, count: int) -> NDArray[np.float64]:
        """Final times evenly spaced over their range, (count,), in increasing order.

        Raises
        ------
        ValueError
            If `count` is not a positive integer.
        """
        return np.linspace(*self.times, checks.count("count", count))

    def checked_inputs(self, inputs: Mapping[str, ArrayLike], count: int) -> Inputs:
        """Given inputs of `count` realisations as a dict of float64 arrays.

        Raises
        ------
        ValueError
            If there are others than those of the problem, or of another length.
        """
        return _given(inputs, list(self.inputs), count)

    def averages(self, cells: int, inputs: Inputs) -> NDArray[np.float64]:
        """Cell averages of the initial density, checked, (realisations, cells) or (cells,).

        Raises
        ------
        ValueError
            If `initial` fails, or returns another shape, or values that are not finite or not real.
        """
        cells, name = checks.count("cells", cells), f"initial of {self.name}"
        density = checks.finite(name, _called(name, self.initial, cells, **inputs))
        counts = {len(values) for values in inputs.values()}
        accepted = [(cells,), *((count, cells) for count in counts)]
        if density.shape not in accepted:
            raise ValueError(
                f"{name} returns shape {density.shape}; accepted: "
                + " or ".join(map(str, reversed(accepted)))
            )
        return density

    def reynolds(self, inputs: Inputs, count: int) -> NDArray[np.float64]:
        """Re = 1/ν of each realisation, (count,), infinite where the viscosity is zero.

        Raises
        ------
        ValueError
            If `viscosity` fails, or a viscosity is negative or not finite.
        """
        if isinstance(self.viscosity, str):
            return inputs[self.viscosity]
        name, found = f"viscosity of {self.name}", self.viscosity
        found = _called(name, found, **inputs) if callable(found) else found
        viscosity = checks.non_negative(name, found)
        if viscosity.shape not in ((), (count,)):
            raise ValueError(f"{name} has shape {viscosity.shape}; accepted: ({count},)")
        with np.errstate(divide="ignore"):
            return np.broadcast_to(1.0 / viscosity, (count,))


def checked(problem: Problem) -> Problem:
    """Return the problem unchanged.

    Raises
    ------
    ValueError
        If it is not a `Problem`.
    """
    if not isinstance(problem, Problem):
        raise ValueError(
            f"problem is {checks.shown(problem)}; accepted: burgers.SINUS, burgers.CRENEAU, "
            "burgers.problems.get(name) or a burgers.Problem"
        )
    return problem


def _check_parts(name, initial, units):
    if not isinstance(name, str) or not name:
        raise ValueError(f"name is {checks.shown(name)}; accepted: a string, not empty")
    if not callable(initial):
        accepted = "a function of cells and inputs"
        raise ValueError(f"initial is {checks.shown(initial)}; accepted: {accepted}")
    if not isinstance(units, Units):
        raise ValueError(f"units is {checks.shown(units)}; accepted: a burgers.problems.Units")


def _times(times):
    array = checks.non_negative("times", times)
    if array.shape != (2,) or array[1] < array[0]:
        raise ValueError(
            f"times is {checks.shown(times)}; accepted: the first and the last final time, which "
            "do not decrease"
        )
    return tuple(map(float, array))


def _fixed_time(time, times):
    if time is None:
        return times[1]
    return float(checks.non_negative("fixed_time", checks.number("fixed_time", time)))


def _inputs(inputs):
    if not isinstance(inputs, Mapping):
        raise ValueError(f"inputs is {checks.shown(inputs)}; accepted: a dict of distributions")
    for name, law in inputs.items():
        if not isinstance(name, str) or not name.isidentifier() or name in RESERVED:
            raise ValueError(
                f"inputs has the name {name!r}; accepted: an identifier that is none of "
                + ", ".join(RESERVED)
            )
        if not callable(getattr(law, "rvs", None)):
            raise ValueError(
                f"inputs[{name!r}] is {checks.shown(law)}; accepted: an object with "
                "rvs(size, random_state), as scipy.stats' frozen distributions"
            )
    return dict(inputs)


def _check_viscosity(viscosity, inputs):
    accepted = "'reynolds', where that is an input, a number >= 0 or a function of the inputs"
    if isinstance(viscosity, str):
        if viscosity != "reynolds" or viscosity not in inputs:
            raise ValueError(f"viscosity is {viscosity!r}; accepted: {accepted}")
    elif "reynolds" in inputs:
        raise ValueError(
            f"viscosity is {checks.shown(viscosity)}, and 'reynolds' is an input; accepted: one of "
            "both"
        )
    elif not callable(viscosity):
        checks.non_negative("viscosity", checks.number("viscosity", viscosity))


def _called(name, function, *cells, **inputs):
    """What a function of a problem returns, or a ValueError that names it."""
    try:
        return function(*cells, **inputs)
    except MemoryError:
        raise
    except Exception as error:
        # A check of this package has named the argument already.
        if isinstance(error, ValueError) and "; accepted: " in str(error):
            raise
        raise ValueError(
            f"{name} raised {type(error).__name__}: {error}; accepted: a function of "
            + (", ".join(["cells"] * len(cells) + [*inputs]) or "nothing")
        ) from error


def _drawn(law, count, rng):
    """Draws, to which scipy.stats' distributions of vectors give no axis if there is only one."""
    draws = law.rvs(size=count, random_state=rng)
    return [draws] if count == 1 and np.shape(draws) != (1,) and np.ndim(draws) < 2 else draws


def _given(inputs, wanted, count):
    if not isinstance(inputs, Mapping) or sorted(inputs) != sorted(wanted):
        raise ValueError(f"inputs is {checks.shown(inputs)}; accepted: a dict of {wanted}")
    return {name: _one_each(name, inputs[name], count) for name in wanted}


def _one_each(name, values, count):
    array = checks.finite(name, values)
    if array.ndim not in (1, 2) or len(array) != count:
        raise ValueError(
            f"{name} has shape {array.shape}; accepted: ({count},) or ({count}, components)"
        )
    return array
