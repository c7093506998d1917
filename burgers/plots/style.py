"""The look of the figures, in force only while one is made: the user's own settings stay."""

from collections.abc import Callable
from functools import cache, wraps
from importlib import resources
from typing import ParamSpec, TypeVar

import matplotlib as mpl

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@cache
def _settings():
    # In a zipped package the style is no file.
    with resources.as_file(resources.files(__package__) / "style.mplstyle") as path:
        return mpl.rc_params_from_file(path, use_default_template=False)


def styled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Have a function that draws or saves a figure do so in the style of the report's figures."""

    @wraps(function)
    def call(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        # A context of matplotlib's would take back what a notebook sets at its first figure.
        settings = _settings()
        before = {name: mpl.rcParams[name] for name in settings}
        mpl.rcParams.update(settings)
        try:
            return function(*arguments, **options)
        finally:
            mpl.rcParams.update(before)

    return call
