"""How many inputs Hypothesis thinks of, which tests share a process, and a browser."""

import shutil
import subprocess
import sys
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


def pytest_configure(config):
    """Compile the loops once, before several processes would each do so."""
    if not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None):
        subprocess.run([sys.executable, "-c", COMPILED], check=True)


COMPILED = """
import burgers
for case in burgers.CASES.values():
    initial, boundary = case.initial(16, step=0.2 if case.random_step else None), case.boundary
    for scheme in burgers.solver.SCHEMES:
        burgers.solve(initial, 50.0, 0.1, boundary=boundary, scheme=scheme)
    burgers.exact.mean_and_std(case, 0.1, cells=4, panel_nodes=2, reynolds_nodes=2)
burgers.exact.density(burgers.CRENEAU, 0.1, reynolds=50.0, step=0.2, cells=4)
"""


# Longest first: begun last, they would keep one process busy while the others have ended.
LONG = (
    "notebooks/", "tests/test_docs.py", "tests/explore/", "tests/test_torture.py",
    "tests/test_processes.py", "tests/models/test_latent_ode.py", "tests/models/test_entrants.py",
    "tests/studies/test_leaderboard.py", "tests/models/test_training.py", "tests/test_damage.py",
    "tests/metrics/test_scorecard.py", "tests/exact/test_posterior.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """Files and notebooks in the order of their time, where they run side by side."""

    def place(item):
        return next((k for k, begin in enumerate(LONG) if item.nodeid.startswith(begin)), len(LONG))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Side by side are files, which share fixtures, and the notebooks, which share their data."""
    from xdist.scheduler import LoadScopeScheduling

    # In the order of `pytest_collection_modifyitems`, not by the number of tests.
    config.option.loadscopereorder = False

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "notebooks" if file.endswith(".ipynb") else file

    return Files(config, log)


@pytest.fixture
def browser(tmp_path):
    """A headless Chromium; skips where there is none."""
    from selenium import webdriver

    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        pytest.skip("no chromium or no chromedriver: make browser, as root")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
        "disable-background-networking", "disable-component-update", "disable-sync",
        "window-size=1400,1000", f"user-data-dir={tmp_path / 'user'}",
    ):  # fmt: skip
        options.add_argument(f"--{option}")
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield browser
    browser.quit()


def as_repository(folder):
    """Make a folder look like the repository: `make` there is a remedy."""
    (folder / "notebooks").mkdir(parents=True)
    for name in ("Makefile", "notebooks/01_generate.ipynb"):
        (folder / name).touch()
    return folder


def contents(folder, parts=True):
    """Every file of a folder and its bytes; with `parts=False` without what is being written."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and (parts or not str(path.relative_to(folder)).startswith(".part-"))
    }


@pytest.fixture(params=[".", "burgers"], ids=["checkout", "installation"])
def installed(request, tmp_path, monkeypatch):
    """What pip is told to install the package from: where it runs, a checkout or not."""
    place = tmp_path / "source"
    place.mkdir() if request.param == "burgers" else as_repository(place)
    monkeypatch.setattr("burgers._source.SOURCE", place)
    return request.param


@pytest.fixture
def repository(tmp_path):
    """A folder in which messages name make's targets."""
    return as_repository(tmp_path)
