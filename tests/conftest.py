"""How many inputs Hypothesis thinks of, and which tests share a process."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import configuration, settings

# It would keep what it learned of the code in the repository.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis-of-burgers")

# Few in `make test`, thousands in `make torture`. A deadline far above a case's milliseconds finds
# a hang, not a busy machine.
settings.register_profile(
    "test", derandomize=True, database=None, max_examples=50, deadline=timedelta(seconds=30)
)
settings.register_profile(
    "torture", settings.get_profile("test"), derandomize=False, max_examples=2500
)
settings.load_profile("test")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Side by side are files, which share fixtures, and the notebooks, which share their data."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "notebooks" if file.endswith(".ipynb") else file

    return Files(config, log)
