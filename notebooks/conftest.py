"""How nbval compares: warnings on stderr differ between machines and are not compared."""

import shutil

# Where there is a browser, the tests of the page run this notebook, and move its sliders.
if shutil.which("chromium") and shutil.which("chromedriver"):
    collect_ignore = ["explore.ipynb"]


def pytest_collectstart(collector):
    if collector.fspath and collector.fspath.ext == ".ipynb":
        collector.skip_compare += ("stderr", "image/png", "text/html")
