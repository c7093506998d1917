"""What every entrance of the package asks of numbers."""

import warnings
from decimal import Decimal
from numbers import Real

import numpy as np


def finite(name, value, dtype=np.float64):
    """The value as an array of finite numbers of a floating type, or ValueError."""
    array = _real(name, value, dtype)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        found = array[tuple(bad[0])]
        raise ValueError(
            f"{name} contains {found}{_row(bad[0])} ({len(bad)} values); accepted: finite numbers"
        )
    return array


def positive(name, value, finite=True):
    """The value as an array of numbers > 0, or ValueError; with `finite=False` they may be inf."""
    return _least(name, value, finite, lambda array: array <= 0, f"{name} > 0")


def non_negative(name, value):
    """The value as an array of finite numbers >= 0, or ValueError."""
    return _least(name, value, True, lambda array: array < 0, f"{name} >= 0")


def number(name, value):
    """The value as a float, or ValueError unless it is one finite number."""
    array = _real(name, value, np.float64)
    if array.ndim or not np.isfinite(array) or np.asarray(value).dtype == bool:
        raise ValueError(f"{name} is {shown(value)}; accepted: one finite number")
    return float(array)


def within(name, array, least, most):
    """ValueError unless the numbers of an array are from `least` to `most`."""
    for extreme in (array.min(initial=most), array.max(initial=least)):
        if not least <= extreme <= most:
            raise ValueError(f"{name} reaches {extreme}; accepted: from {least:g} to {most:g}")


def count(name, value, least=1, most=None):
    """The value as an int of at least `least` and at most `most`, or ValueError."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    # NumPy counts durations among its integers.
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64)
    if not whole or value < least or (most is not None and value > most):
        accepted = "a positive integer" if least == 1 else f"an integer of at least {least}"
        accepted += "" if most is None else f" and at most {most}"
        raise ValueError(f"{name} is {shown(value)}; accepted: {accepted}")
    return int(value)


def choice(name, value, accepted):
    """The value itself, if it is one of the accepted names; or ValueError."""
    if not isinstance(value, str) or value not in accepted:
        raise ValueError(f"{name} is {shown(value)}; accepted: {', '.join(accepted)}")
    return value


def seed(name, value):
    """The value itself, if it is what a random generator can be seeded with; or ValueError."""
    if not isinstance(value, np.random.SeedSequence):
        count(name, value, least=0)
    return value


def shown(value):
    """A value as a message shows it, shortened; its type where it cannot be shown."""
    try:
        text = repr(value)
    except Exception:
        return f"a {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}..."


def _least(name, value, finite_only, is_bad, accepted):
    array = finite(name, value) if finite_only else _real(name, value, np.float64)
    # A comparison with NaN is false, and no NaN is accepted.
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
        # NumPy would read digits, dates and the real part of a complex number.
        if array.dtype.kind not in "biufO":
            raise TypeError(f"{name} is of type {array.dtype}")
        if array.dtype.kind == "O" and not all(map(_is_real, array.flat)):
            raise TypeError(f"{name} holds what is no number")
        with np.errstate(over="ignore"):
            return array.astype(dtype, copy=False)
    except _Masked as error:
        raise ValueError(str(error)) from None
    except MemoryError:
        raise
    # A tensor that refuses to be an array raises whatever its library chose.
    except Exception as error:
        raise ValueError(f"{name} is {shown(value)}; accepted: real numbers") from error


class _Masked(Exception):
    """A masked value, which has no number."""


def _unmasked(name, value):
    """The value as an array, where nothing is masked."""
    with warnings.catch_warnings():
        # NumPy makes NaN of the masked constant, and of ragged lists in some versions objects.
        warnings.simplefilter("ignore")
        parts = value if isinstance(value, list | tuple) else [value]
        mask = [np.ma.getmaskarray(part) for part in parts if np.ma.isMaskedArray(part)]
        count = sum(int(part.sum()) for part in mask)
        if count:
            raise _Masked(
                f"{name} has {count} masked values; accepted: real numbers, none of them masked"
            )
        return np.asarray(value)


def _is_real(value):
    return isinstance(value, Real | Decimal) and not isinstance(value, np.timedelta64)
