"""How many inputs Hypothesis thinks of: few in `make test`, thousands in `make torture`."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import configuration, settings

# It would keep what it learned of the code in the repository.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis-of-burgers")

# A deadline far above a case's milliseconds: it finds a hang, not a busy machine.
settings.register_profile(
    "test", derandomize=True, database=None, max_examples=80, deadline=timedelta(seconds=30)
)
settings.register_profile(
    "torture", settings.get_profile("test"), derandomize=False, max_examples=2500
)
settings.load_profile("test")
