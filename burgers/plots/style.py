"""The style of the figures, applied only while one is made: the user's settings stay unchanged."""

from collections.abc import Callable
from functools import cache, wraps
from importlib import resources
from typing import ParamSpec, TypeVar

import matplotlib as mpl

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@cache
def _settings():
    # In a zipped package the style is not a file of its own.
    with resources.as_file(resources.files(__package__) / "style.mplstyle") as path:
        return mpl.rc_params_from_file(path, use_default_template=False)


def styled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorate a function that draws or saves a figure to use the style of `style.mplstyle`."""

    @wraps(function)
    def call(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        # matplotlib's own context would also reset what a notebook sets at its first figure.
        settings = _settings()
        before = {name: mpl.rcParams[name] for name in settings}
        mpl.rcParams.update(settings)
        try:
            return function(*arguments, **options)
        finally:
            mpl.rcParams.update(before)

    return call
