"""Other domains and amplitudes: how a published Burgers equation is one on [0, 1]."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from burgers import _checks as checks


@dataclass(frozen=True)
class Units:
    """The map of a Burgers equation on [origin, origin + length] to the one on [0, 1].

        uₜ + c u uₓ = ν uₓₓ  becomes  ρₜ + (ρ²/2)ₓ = ρₓₓ / Re  by

        ρ = c u / A,   x → (x - origin) / length,   t → A t / length,   Re = A length / ν

    Attributes
    ----------
    origin, length : of the domain, length > 0.
    amplitude : A > 0, the speed that becomes one.
    convection : c > 0.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.

    Examples
    --------
    On [-1, 1] the density -sin(πx) becomes sin(2πx), and ν = 0.01/π becomes Re = 200π:

    >>> Units(origin=-1.0, length=2.0).reynolds(0.01 / np.pi) / np.pi
    200.0
    """

    origin: float = 0.0
    length: float = 1.0
    amplitude: float = 1.0
    convection: float = 1.0

    def __post_init__(self) -> None:
        checks.number("origin", self.origin)
        for name in ("length", "amplitude", "convection"):
            checks.positive(name, checks.number(name, getattr(self, name)))

    def x(self, x: ArrayLike) -> NDArray[np.float64]:
        """Places on [0, 1]."""
        return (checks.finite("x", x) - self.origin) / self.length

    def time(self, time: ArrayLike) -> NDArray[np.float64]:
        """Times of the equation on [0, 1]."""
        return checks.non_negative("time", time) * (self.amplitude / self.length)

    def density(self, u: ArrayLike) -> NDArray[np.float64]:
        """Densities of the equation on [0, 1]."""
        return checks.finite("u", u) * (self.convection / self.amplitude)

    def reynolds(self, viscosity: ArrayLike) -> NDArray[np.float64]:
        """Reynolds numbers of the equation on [0, 1], infinite for a viscosity of zero."""
        with np.errstate(divide="ignore"):
            return self.amplitude * self.length / checks.non_negative("viscosity", viscosity)

    def viscosity(self, viscosity: float) -> float:
        """The viscosity 1 / Re of the equation on [0, 1], at least zero."""
        checks.non_negative("viscosity", checks.number("viscosity", viscosity))
        return viscosity / (self.amplitude * self.length)

    def original_x(self, x: ArrayLike) -> NDArray[np.float64]:
        """Places on [origin, origin + length], the inverse of `x`."""
        return self.origin + self.length * checks.finite("x", x)

    def original_time(self, time: ArrayLike) -> NDArray[np.float64]:
        """Times of the original equation, the inverse of `time`."""
        return checks.non_negative("time", time) * (self.length / self.amplitude)

    def original_density(self, density: ArrayLike) -> NDArray[np.float64]:
        """Densities of the original equation, the inverse of `density`."""
        return checks.finite("density", density) * (self.amplitude / self.convection)

    def __str__(self) -> str:
        """The map in words."""
        factor = self.convection / self.amplitude
        shift = f"{'-' if self.origin > 0 else '+'} {abs(self.origin):g}"
        place = f"(x {shift})" if self.origin else "x"
        return ", ".join((
            _scaled("rho = ", factor, "u"),
            f"x -> {place}" + (f" / {self.length:g}" if self.length != 1 else ""),
            _scaled("t -> ", self.amplitude / self.length, "t"),
            f"Re = {self.amplitude * self.length:g} / nu",
        ))  # fmt: skip


def _scaled(start, factor, name):
    return start + (name if factor == 1 else f"{factor:g} {name}")
