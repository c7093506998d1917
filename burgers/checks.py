"""What every entrance of the package asks of numbers."""

import numpy as np


def finite(name, value):
    """The value as a float64 array of finite numbers, or ValueError."""
    try:
        array = np.asarray(value)
        # NumPy would read digits, dates and the real part of a complex number.
        if array.dtype.kind not in "biufO":
            raise TypeError(f"{name} is of type {array.dtype}")
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} is {value!r}; accepted: real numbers") from error
    bad = array[~np.isfinite(array)]
    if bad.size:
        raise ValueError(f"{name} contains {bad[0]} ({bad.size} values); accepted: finite numbers")
    return array


def positive(name, value):
    """The value as an array of finite numbers > 0, or ValueError."""
    array = finite(name, value)
    if np.any(array <= 0):
        raise ValueError(f"{name} has minimum {array.min()}; accepted: {name} > 0")
    return array


def non_negative(name, value):
    """The value as an array of finite numbers >= 0, or ValueError."""
    array = finite(name, value)
    if np.any(array < 0):
        raise ValueError(f"{name} has minimum {array.min()}; accepted: {name} >= 0")
    return array


def within(name, array, least, most):
    """ValueError unless the numbers of an array are from `least` to `most`."""
    for extreme in (array.min(initial=most), array.max(initial=least)):
        if not least <= extreme <= most:
            raise ValueError(f"{name} reaches {extreme}; accepted: from {least:g} to {most:g}")


def count(name, value, least=1, most=None):
    """The value as an int of at least `least` and at most `most`, or ValueError."""
    # NumPy counts durations among its integers.
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64)
    if not whole or value < least or (most is not None and value > most):
        accepted = "a positive integer" if least == 1 else f"an integer of at least {least}"
        accepted += "" if most is None else f" and at most {most}"
        raise ValueError(f"{name} is {value!r}; accepted: {accepted}")
    return int(value)


def choice(name, value, accepted):
    """The value itself, if it is one of the accepted names; or ValueError."""
    if not isinstance(value, str) or value not in accepted:
        raise ValueError(f"{name} is {value!r}; accepted: {', '.join(accepted)}")
    return value


def seed(name, value):
    """The value itself, if it is what a random generator can be seeded with; or ValueError."""
    if not isinstance(value, np.random.SeedSequence):
        count(name, value, least=0)
    return value
