"""What every entrance of the package asks of numbers."""

import numpy as np


def finite(name, value):
    """The value as a float64 array of finite numbers, or ValueError."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
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


def count(name, value, least=1):
    """The value as an int of at least `least`, or ValueError."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        accepted = "a positive integer" if least == 1 else f"an integer of at least {least}"
        raise ValueError(f"{name} is {value!r}; accepted: {accepted}")
    return int(value)
