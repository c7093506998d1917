"""Multilevel Monte Carlo: expectations from many solutions on coarse grids and few on fine ones.

    E[P_L] = E[P₀] + Σ E[P_l - P_{l-1}],   l = 1 ... L

P_l is a quantity of the density solved on c 2ˡ cells. Both solutions of a difference have the same
random inputs, so that its variance, and with it the number of samples, falls with the level.

Source: M. B. Giles (2008), (2015); S. Mishra, C. Schwab and J. Šukys (2012) for finite volumes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks
from burgers import exact, problems, solver
from burgers.problems import Problem
from burgers.problems.problem import Inputs
from burgers.solver import finite_volume

# Of the schemes, at which the bias falls where the density is smooth.
ORDERS = {"rusanov": 1, "muscl": 2}
GRIDS = ("coarsest", "own")
# More levels would have more cells than any solver takes.
MOST_LEVEL = 20
# Numbers held at once, about.
CHUNK = 2**22

Floats = NDArray[np.float64]
Quantity = Callable[[Floats], ArrayLike]


def energy(density: Floats) -> Floats:
    """The kinetic energy ½ ∫ ρ² dx of cell averages (..., cells), of shape (...)."""
    return 0.5 * np.square(density).mean(axis=-1)


def moments(density: Floats) -> Floats:
    """Cell averages (n, ..., cells) and their squares side by side, (n, 2, ..., cells)."""
    return np.stack([density, np.square(density)], axis=1)


def mean_and_std(value: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation (..., cells) from the expectation (2, ..., cells) of `moments`.

    A variance that sampling errors make negative counts as zero.
    """
    mean, square = value
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def level(
    problem: Problem,
    time: ArrayLike | None = None,
    *,
    quantity: int | Quantity = energy,
    scheme: solver.Scheme = "muscl",
    coarsest: int = 25,
    grid: Literal["coarsest", "own"] = "coarsest",
    seed: int | np.random.SeedSequence = 0,
) -> "Level":
    """The level function of a random problem, for `estimate` and for the drivers of Giles.

        (sums, cost) = level(problem, time)(l, n)

    Parameters
    ----------
    problem : a `Problem`.
    time : the final time, > 0; or (times,), increasing; or None for a random one, uniform over the
        problem's range.
    quantity : function of cell averages (n, cells), or (n, times, cells) at several times, that
        returns (n,) or (n, ...) outputs: `energy`, `moments` or your own. An integer stands for the
        average over that cell of the coarsest grid, numbered from 0.
    scheme : "muscl" or "rusanov".
    coarsest : number c of cells on level 0, at least 3; there are c 2ˡ on level l.
    grid : where the quantity is evaluated: "coarsest", on averages over the c cells, whose exact
        law is the same for every level; "own", on the cells of each level, where the coarser
        quantity of a difference is continued as constant. Its last axis must then be the cells, as
        that of `moments` is.
    seed : int >= 0 or numpy.random.SeedSequence. Every call draws new realisations.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Source: M. B. Giles (2015), section 2; S. Mishra, C. Schwab and J. Šukys (2012) for "own".
    """
    problems.checked(problem)
    checks.choice("scheme", scheme, solver.SCHEMES)
    coarsest = checks.count("coarsest", coarsest, least=3)
    checks.choice("grid", grid, GRIDS)
    if not callable(quantity):
        if grid == "own":
            accepted = "a function of cell averages, with grid='own'"
            raise ValueError(f"quantity is {checks.shown(quantity)}; accepted: {accepted}")
        quantity = checks.count("quantity", quantity, least=0, most=coarsest - 1)
    rng = np.random.default_rng(checks.seed("seed", seed))
    return Level(problem, _times(time), quantity, scheme, coarsest, grid, rng)


@dataclass(frozen=True)
class Level:
    """A level function; made by `level`, whose arguments are its attributes.

    Attributes
    ----------
    rng : of all realisations.
    """

    problem: Problem
    time: Floats | None
    quantity: int | Quantity
    scheme: solver.Scheme
    coarsest: int
    grid: str
    rng: np.random.Generator

    @property
    def order(self) -> int:
        """The order of the scheme, which the rate of the bias does not exceed for long."""
        return ORDERS[self.scheme]

    @property
    def times(self) -> int:
        """The number of times of the quantity; 0 if there is a single one, or a random one."""
        return 0 if self.time is None or not self.time.ndim else len(self.time)

    def __call__(self, number: int, n: int) -> tuple[Floats, float]:
        """Sums over n new realisations on one level, and what they cost.

        Parameters
        ----------
        number : l, of the level, from 0 to 20.
        n : number of realisations.

        Returns
        -------
        sums : (6,) or (6, ...), of Y, Y², Y³, Y⁴, P and P², where P is the quantity on level l, and
            Y = P on level 0, on the others P less the quantity on the next coarser level.
        cost : cell updates, the sum of time steps times cells over all solutions.

        Raises
        ------
        ValueError
            Naming the argument, its value and what is accepted.
        """
        number = checks.count("number", number, least=0, most=MOST_LEVEL)
        sums, cost = np.zeros(()), 0.0
        for inputs, times in self._draws(number, n):
            fine, updates = self.solved(number, inputs, times)
            difference, cost = fine, cost + updates
            if number:
                coarse, updates = self.solved(number - 1, inputs, times)
                if self.grid == "own":
                    coarse = np.repeat(coarse, 2, axis=-1)
                difference, cost = fine - coarse, cost + updates
            # Powers by multiplication: NumPy's cube takes thirty times as long.
            square = difference * difference
            parts = (difference, square, square * difference, square * square, fine, fine * fine)
            sums = sums + np.stack([part.sum(axis=0) for part in parts])
        return sums, cost

    def error(self, number: int, n: int) -> tuple[Any, Any]:
        """The mean of P - P_l over n new realisations, with P exact, and its standard error.

        It is the true bias of level l. Arguments, shapes and errors as in a call. For
        grid "coarsest" alone, and a single or a random time.

        Raises
        ------
        ValueError
            As a call, or if the level function has another grid or several times.
        """
        if self.grid != "coarsest" or self.times:
            raise ValueError(
                f"grid is {self.grid!r} and time {checks.shown(self.time)}; accepted: 'coarsest', "
                "and a single time or None"
            )
        number = checks.count("number", number, least=0, most=MOST_LEVEL)
        found = []
        for inputs, times in self._draws(number, n):
            given: dict[str, Any] = dict(inputs)
            known = exact.density(self.problem, times, cells=self.coarsest, **given)
            found.append(self._of(known) - self.solved(number, inputs, times)[0])
        errors = np.concatenate(found)
        return errors.mean(axis=0), errors.std(axis=0) / np.sqrt(len(errors))

    def solved(self, number: int, inputs: Inputs, times: Floats) -> tuple[Floats, float]:
        """The quantity (n,) or (n, ...) of realisations solved on one level, and cell updates.

        Parameters
        ----------
        number : of the level.
        inputs : of n realisations, as returned by `problem.sample`.
        times : (n,) final times; or (times,) where the level function has several.
        """
        cells, many = self.coarsest * 2**number, self.times > 0
        count = len(next(iter(inputs.values()), times))
        initial = self.problem.averages(cells, inputs)
        reynolds = self.problem.reynolds(inputs, count)
        solve = solver.trajectory if many else solver.solve
        density = solve(
            initial, reynolds, times, boundary=self.problem.boundary, scheme=self.scheme
        )
        if self.grid == "coarsest":
            density = density.reshape(*density.shape[:-1], self.coarsest, -1).mean(axis=-1)
        initial = np.broadcast_to(initial, (count, cells))
        durations = np.diff(times, prepend=0.0) if many else [times]
        steps = (
            finite_volume._steps(np.asarray(each), initial, reynolds, self.scheme, 0.9).sum()
            for each in durations
        )
        return self._of(density), float(cells * sum(steps))

    def _draws(self, number: int, n: int) -> Iterator[tuple[Inputs, Floats]]:
        """Inputs and times of n new realisations, some at a time."""
        n = checks.count("n", n)
        size = max(1, CHUNK // (self.coarsest * 2**number * max(1, self.times)))
        for first in range(0, n, size):
            count = min(size, n - first)
            inputs = self.problem.sample(count, self.rng)
            if self.time is None:
                times = self.rng.uniform(*self.problem.times, count)
            else:
                times = self.time if self.time.ndim else np.full(count, self.time)
            yield inputs, times

    def _of(self, density):
        """The quantity of densities, checked."""
        if not callable(self.quantity):
            return density[..., self.quantity]
        found = checks.finite("quantity(density)", self.quantity(density))
        if found.ndim == 0 or len(found) != len(density):
            raise ValueError(
                f"quantity(density) has shape {found.shape} for density of shape {density.shape}; "
                f"accepted: ({len(density)},) or ({len(density)}, ...)"
            )
        return found


def _times(time):
    """The time or times, checked, as an array; None for a random time."""
    if time is None:
        return None
    times = checks.positive("time", time)
    if times.ndim > 1 or not times.size or np.any(np.diff(np.atleast_1d(times)) <= 0):
        raise ValueError(
            f"time is {checks.shown(time)}; accepted: a number, increasing times or None"
        )
    return times
