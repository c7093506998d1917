"""A random problem as a plain function of its inputs, as tools of uncertainty quantification ask.

    ρ = f(y),   y the scalar inputs of a realisation, and its final time where that is random

The tools differ in where they put the realisations: `Quantity.columns` has them last, as
scipy.stats and chaospy, and `Quantity.rows` first, as SALib, OpenTURNS and most others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from burgers import _checks as checks
from burgers import exact, problems, solver
from burgers.ensembles.solving import Scheme
from burgers.problems import CELLS, Problem, fields, report

SCHEMES = ("muscl", "rusanov", "exact")
Floats = NDArray[np.float64]


def quantity(
    problem: Problem, *, time: float | None = None, cells: int = CELLS, scheme: Scheme = "muscl"
) -> "Quantity":
    """The cell averages of a problem's density as a function of its scalar inputs.

    Parameters
    ----------
    problem : a `Problem`.
    time : the final time; None for a random one, which is then the last input, `time`, uniform over
        the problem's range.
    cells : number of cells, at least 3.
    scheme : "muscl" or "rusanov", finite volumes on these cells; or "exact".

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """
    problems.checked(problem)
    cells = checks.count("cells", cells, least=3)
    checks.choice("scheme", scheme, SCHEMES)
    if time is None and problem.first_time == problem.last_time:
        time = problem.last_time
    if time is not None:
        time = float(checks.non_negative("time", checks.number("time", time)))
    return Quantity(problem, time, cells, scheme)


@dataclass(frozen=True)
class Quantity:
    """A function from scalar inputs to cell averages; made by `quantity`.

    Attributes
    ----------
    problem, time, cells, scheme : as in `quantity`.
    """

    problem: Problem
    time: float | None
    cells: int
    scheme: Scheme

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs; of the components of a vector `name_0`, `name_1`, ..."""
        return tuple(self._places())

    @property
    def laws(self) -> dict[str, Any]:
        """From the name of each scalar input, which are independent, to its distribution.

        A frozen distribution of scipy.stats, or, where an input has a class of its own, an object
        with `ppf`.

        Raises
        ------
        ValueError
            If an input has no `ppf`: its components may be dependent.
        """
        found = {}
        for name, (of, shape, place) in self._places().items():
            if of is None:
                start, end = self.problem.times
                found[name] = stats.uniform(start, end - start)
            else:
                found[name] = _frozen(of, self.problem.inputs[of], shape, place)
        return found

    def rows(self, inputs: ArrayLike) -> Floats:
        """Cell averages (n, cells) at inputs (n, numbers), one row a realisation; or of one.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        matrix = self._matrix("inputs", inputs, "(n, {})")
        found = self._solved(np.atleast_2d(matrix))
        return found[0] if matrix.ndim == 1 else found

    def columns(self, inputs: ArrayLike) -> Floats:
        """Cell averages (cells, n) at inputs (numbers, n), one column a realisation; or of one.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        return self.rows(self._matrix("inputs", inputs, "({}, n)").T).T

    def inputs_at(self, quantiles: ArrayLike) -> Floats:
        """Inputs (n, numbers) at quantiles (n, numbers) between 0 and 1.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        matrix = self._matrix("quantiles", quantiles, "(n, {})")
        checks.within("quantiles", matrix, 0.0, 1.0)
        laws = self.laws.values()
        return np.stack([law.ppf(matrix[..., k]) for k, law in enumerate(laws)], axis=-1)

    def _places(self):
        """From the name of each scalar input to that of the problem's, its shape and its place."""
        found = {}
        for name, values in self.problem.sample(1, np.random.default_rng(0)).items():
            shape = values.shape[1:]
            for place in range(values[0].size):
                found[f"{name}_{place}" if shape else name] = (name, shape, place)
        return found if self.time is not None else {**found, "time": (None, (), 0)}

    def _matrix(self, argument, value, accepted):
        """The value as a matrix of inputs, or as a vector, those of a single realisation."""
        array = checks.finite(argument, _from_device(argument, value))
        numbers = len(self.names)
        axis = 0 if accepted.endswith("n)") else -1
        if array.ndim not in (1, 2) or array.shape[axis] != numbers:
            raise ValueError(
                f"{argument} has shape {array.shape}; accepted: {accepted.format(numbers)} or "
                f"({numbers},), of {_listed(self.names)}"
            )
        return array

    def _solved(self, matrix):
        count, problem = len(matrix), self.problem
        inputs: dict[str, Floats] = {}
        first = 0
        for name, values in problem.sample(1, np.random.default_rng(0)).items():
            part = matrix[:, first : first + values[0].size]
            inputs[name] = part.reshape(count, *values.shape[1:]).copy()
            first += values[0].size
        times = matrix[:, -1].copy() if self.time is None else np.full(count, self.time)
        if self.scheme == "exact":
            return exact.density(problem, times, cells=self.cells, **inputs)
        return solver.solve(
            problem.averages(self.cells, inputs), problem.reynolds(inputs, count), times,
            boundary=problem.boundary, scheme=self.scheme,
        )  # fmt: skip


@dataclass(frozen=True)
class Component:
    """The distribution of one component of a random vector whose components are independent."""

    law: Any
    components: int
    place: int

    def ppf(self, q: ArrayLike) -> Floats:
        """The inverse of the distribution function."""
        quantiles = np.asarray(q, dtype=float)
        repeated = np.repeat(quantiles[..., None], self.components, axis=-1)
        return np.asarray(self.law.ppf(repeated))[..., self.place]

    def rvs(self, size: Any = None, random_state: Any = None) -> Floats:
        """Independent draws, of shape `size`."""
        return self.ppf(np.random.default_rng(random_state).uniform(size=size))


def _frozen(name, law, shape, place):
    """The distribution of one scalar input, one of scipy.stats where it is known as such."""
    if isinstance(law, report.Uniform | fields.Uniforms):
        return stats.uniform(law.low, law.high - law.low)
    if isinstance(law, report.ExpUniform):
        return stats.loguniform(np.exp(law.low), np.exp(law.high))
    if isinstance(law, fields.StandardNormals):
        return stats.norm()
    if isinstance(law, fields.Among):
        shares = law.shares or (1.0 / len(law.values),) * len(law.values)
        return stats.rv_discrete(values=(law.values, shares))()
    if not callable(getattr(law, "ppf", None)):
        raise ValueError(
            f"inputs[{name!r}] is {checks.shown(law)}, without ppf; accepted: a distribution that "
            "has one, of independent components"
        )
    return Component(law, int(np.prod(shape)), place) if shape else law


def _from_device(name, value):
    """An array of another library that is known by DLPack alone, as one of NumPy."""
    if hasattr(value, "__array__") or not hasattr(value, "__dlpack__"):
        return value
    try:
        return np.from_dlpack(value)
    except Exception as error:
        accepted = "an array in the memory of the processor"
        raise ValueError(f"{name} is {checks.shown(value)}; accepted: {accepted}") from error


def _listed(names):
    return ", ".join(names if len(names) < 9 else (*names[:3], "...", names[-1])) or "no input"
