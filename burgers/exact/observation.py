"""Noisy sensors of a random density."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers import problems
from burgers.exact.of_problem import density, values
from burgers.problems import Problem

Floats = NDArray[np.float64]


class Observation:
    """A density seen by sensors at places and times, with independent normal noise.

        y_k = (average of ρ(t_k, ·) over the cell of width 1/cells that contains x_k) + σ ξ_k
        y_k = ρ(t_k, x_k) + σ ξ_k,   without cells

    Parameters
    ----------
    problem : whose density is observed.
    positions : (sensors,) in [0, 1].
    time : of all sensors, a number >= 0; or (sensors,); or None for one final time that is unknown,
        uniform over those of the problem.
    noise : σ > 0, a number or (sensors,).
    cells : number of cells of the interval, whose width is that of a sensor; None for sensors that
        read the density at points, as `exact.values` gives it.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """

    def __init__(
        self,
        problem: Problem,
        positions: ArrayLike,
        time: ArrayLike | None,
        noise: ArrayLike,
        cells: int | None = 100,
    ) -> None:
        self.problem = problems.checked(problem)
        self.cells = None if cells is None else checks.count("cells", cells, least=2)
        self.positions = checks.finite("positions", positions)
        if self.positions.ndim != 1 or not self.positions.size:
            raise ValueError(f"positions has shape {self.positions.shape}; accepted: (sensors,)")
        checks.within("positions", self.positions, 0.0, 1.0)
        self.noise = self._each("noise", checks.positive("noise", noise))
        self.times: Floats | None = None
        if time is not None:
            self.times = self._each("time", checks.non_negative("time", time))

    @property
    def time_is_unknown(self) -> bool:
        """Whether the final time is to be inferred as well."""
        return self.times is None

    def values(
        self, inputs: Mapping[str, ArrayLike], final_time: ArrayLike | None = None
    ) -> Floats:
        """What the sensors would read without noise, (realisations, sensors).

        Parameters
        ----------
        inputs : of the problem, (realisations,) each or (realisations, components).
        final_time : (realisations,), where the time is unknown; None otherwise.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        if (final_time is not None) != self.time_is_unknown:
            accepted = "(realisations,)" if self.time_is_unknown else "None"
            raise ValueError(f"final_time is {checks.shown(final_time)}; accepted: {accepted}")
        given: dict[str, Any] = {name: _rows(name, value) for name, value in inputs.items()}
        if self.times is None:
            assert final_time is not None
            return self._read(np.atleast_1d(checks.non_negative("final_time", final_time)), given)
        found = None
        for time in np.unique(self.times):
            read = np.atleast_2d(self._read(time, given))
            found = read if found is None else np.where(self.times == time, read, found)
        assert found is not None
        return found

    def observe(
        self,
        inputs: Mapping[str, ArrayLike],
        rng: np.random.Generator,
        final_time: ArrayLike | None = None,
    ) -> Floats:
        """What the sensors read, (realisations, sensors); arguments as of `values`."""
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng is {checks.shown(rng)}; accepted: a numpy.random.Generator")
        exact = self.values(inputs, final_time)
        return exact + self.noise * rng.standard_normal(exact.shape)

    def log_likelihood(
        self, data: ArrayLike, inputs: Mapping[str, ArrayLike], final_time: ArrayLike | None = None
    ) -> Floats:
        """Log-density of data (sensors,) for each realisation of the inputs, (realisations,)."""
        return self.log_density(self.checked(data), self.values(inputs, final_time))

    def log_density(self, data: Floats, values: Floats) -> Floats:
        """Log-density of data (sensors,) around noise-free values (realisations, sensors)."""
        off = (data - values) / self.noise
        return -0.5 * np.square(off).sum(axis=1) - np.log(np.sqrt(2 * np.pi) * self.noise).sum()

    def checked(self, data: ArrayLike) -> Floats:
        """The data as a finite array (sensors,), or ValueError."""
        found = checks.finite("data", data)
        if found.shape != self.positions.shape:
            raise ValueError(
                f"data has shape {found.shape}; accepted: {self.positions.shape}, one a sensor"
            )
        return found

    def columns(self, cells: int) -> NDArray[np.int64]:
        """Which of so many cells contains each sensor, (sensors,)."""
        return np.minimum((self.positions * cells).astype(int), cells - 1)

    def _read(self, time, given):
        if self.cells is None:
            return values(self.problem, self.positions, time, **given)
        columns = self.columns(self.cells)
        return density(self.problem, time, cells=self.cells, columns=columns, **given)

    def _each(self, name, value):
        if value.shape not in ((), self.positions.shape):
            accepted = f"a number or {self.positions.shape}, one a sensor"
            raise ValueError(f"{name} has shape {value.shape}; accepted: {accepted}")
        return np.broadcast_to(value, self.positions.shape)


def _rows(name, value):
    """An input, a row a realisation; a Reynolds number may be infinite."""
    if name == "reynolds":
        return np.atleast_1d(checks.positive(name, value, finite=False))
    return np.atleast_1d(checks.finite(name, value))
