"""Checks of the arguments of public functions: numbers, counts, names and seeds.

Each returns the argument, converted where needed, or raises a ValueError that names the argument,
its value and what is accepted.
"""

import warnings
from collections.abc import Callable, Collection
from decimal import Decimal
from functools import wraps
from numbers import Real
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

P = ParamSpec("P")
T = TypeVar("T")
Seed = TypeVar("Seed", bound=int | np.integer | np.random.SeedSequence)


def finite(name: str, value: ArrayLike, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """The value as an array of finite numbers of a floating-point type."""
    array = _real(name, value, dtype)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        found = array[tuple(bad[0])]
        raise ValueError(
            f"{name} contains {found}{_row(bad[0])} ({len(bad)} values); accepted: finite numbers"
        )
    return array


def positive(name: str, value: ArrayLike, finite: bool = True) -> NDArray[np.float64]:
    """The value as an array of numbers > 0, which may be inf with `finite=False`."""
    return _least(name, value, finite, lambda array: array <= 0, f"{name} > 0")


def non_negative(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """The value as an array of finite numbers >= 0."""
    return _least(name, value, True, lambda array: array < 0, f"{name} >= 0")


def number(name: str, value: ArrayLike) -> float:
    """The value as a float, if it is a single finite number and not a boolean."""
    array = _real(name, value, np.float64)
    if array.ndim or not np.isfinite(array) or np.asarray(value).dtype == bool:
        raise ValueError(f"{name} is {shown(value)}; accepted: one finite number")
    return float(array)


def within(
    name: str, array: NDArray[Any], least: float, most: float, infinite: bool = False
) -> None:
    """Check that all numbers of an array lie between `least` and `most`, both included.

    infinite : whether inf is accepted as well.
    """
    # The extremes alone are looked at first, which takes no memory.
    if least <= array.min(initial=most) and array.max(initial=least) <= most:
        return
    good = (array >= least) & ((array <= most) | (infinite & np.isposinf(array)))
    accepted = f"from {least:g} to {most:g}" + (", or inf" if infinite else "")
    refuse(name, array, ~good, accepted)


def refuse(name: str, array: NDArray[Any], bad: Any, accepted: str) -> None:
    """Refuse the first number of an array for which `bad`, of its shape, is true."""
    rows = np.argwhere(bad)
    if len(rows):
        found = f"{array[tuple(rows[0])]}{_row(rows[0])}"
        raise ValueError(f"{name} reaches {found}; accepted: {accepted}")


def count(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """The value as an int, if it is an integer between `least` and `most`, both included."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    # NumPy's durations are a subclass of its integers.
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64)
    if not whole or value < least or (most is not None and value > most):
        accepted = "a positive integer" if least == 1 else f"an integer of at least {least}"
        accepted += "" if most is None else f" and at most {most}"
        raise ValueError(f"{name} is {shown(value)}; accepted: {accepted}")
    return int(value)


def choice(name: str, value: Any, accepted: Collection[str]) -> str:
    """The value itself, if it is one of the accepted names."""
    if not isinstance(value, str) or value not in accepted:
        raise ValueError(f"{name} is {shown(value)}; accepted: {', '.join(accepted)}")
    return value


def seed(name: str, value: Seed) -> Seed:
    """The value itself, if it is an integer >= 0 or a `numpy.random.SeedSequence`."""
    if not isinstance(value, np.random.SeedSequence):
        count(name, value, least=0)
    return value


def shown(value: Any) -> str:
    """The repr of a value for a message, shortened; its type if the repr fails."""
    try:
        text = repr(value)
    except Exception:
        return f"a {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}..."


def formerly(**names: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Accept keyword arguments of a function under their former names, {former: present}."""

    def accepting(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def called(*args: P.args, **options: P.kwargs) -> T:
            given = {names.get(name, name): value for name, value in options.items()}
            return function(*args, **given)  # type: ignore[arg-type]

        return called

    return accepting


def _least(name, value, finite_only, is_bad, accepted):
    array = finite(name, value) if finite_only else _real(name, value, np.float64)
    # Comparisons with NaN are false, and NaN is never accepted.
    bad = np.argwhere(is_bad(array) | np.isnan(array))
    if len(bad):
        worst = bad[np.argmin(array[tuple(bad.T)])]
        found = array[tuple(worst)]
        what = f"contains {found}" if np.isnan(found) else f"has minimum {found}"
        raise ValueError(f"{name} {what}{_row(worst)}; accepted: {accepted}")
    return array


def _row(index):
    return f" in row {index[0]}" if len(index) else ""


def _real(name, value, dtype):
    """The value as an array of real numbers, none of them masked."""
    try:
        array = _unmasked(name, value)
        # NumPy would convert digits, dates and the real parts of complex numbers.
        if array.dtype.kind not in "biufO":
            raise TypeError(f"{name} is of type {array.dtype}")
        if array.dtype.kind == "O" and not all(map(_is_real, array.flat)):
            raise TypeError(f"{name} contains objects that are not real numbers")
        with np.errstate(over="ignore"):
            return array.astype(dtype, copy=False)
    except _Masked as error:
        raise ValueError(str(error)) from None
    except MemoryError:
        raise
    # A tensor that cannot be converted raises whatever its library chose.
    except Exception as error:
        raise ValueError(f"{name} is {shown(value)}; accepted: real numbers") from error


class _Masked(Exception):
    """Raised where values are masked, and thus undefined."""


def _unmasked(name, value):
    """The value as an array, unless any of it is masked."""
    with warnings.catch_warnings():
        # NumPy converts the masked constant to NaN, and in some versions ragged lists to objects.
        warnings.simplefilter("ignore")
        several = isinstance(value, list | tuple)
        parts = enumerate(value if several else [value])
        masks = {k: np.ma.getmaskarray(part) for k, part in parts if np.ma.isMaskedArray(part)}
        count = sum(int(mask.sum()) for mask in masks.values())
        if count:
            row = next(k for k, mask in masks.items() if mask.any())
            first = _row([row] if several else np.argwhere(masks[row])[0])
            raise _Masked(
                f"{name} has {count} masked values{first and f', the first{first}'}; accepted: "
                "real numbers, none of them masked"
            )
        if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
            return np.from_dlpack(value)
        return np.asarray(value)


def _is_real(value):
    return isinstance(value, Real | Decimal) and not isinstance(value, np.timedelta64)
