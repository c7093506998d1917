"""README and pages say what holds and run as they stand; the site builds and needs no network."""

import ast
import csv
import re
import runpy
import sys
import warnings
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from sphinx.cmd.build import build_main

import burgers
from burgers.paths import ROOT, figures

sys.path.insert(0, str(ROOT / "docs"))
import captions
import quoted
import readme

README, *DOCS = readme.PAGES
PAGES = pytest.mark.parametrize("path", readme.PAGES, ids=lambda path: path.stem)
# A block of Python, and why it is not run here where a comment before it says so.
PYTHON = re.compile(r"(?:<!-- not run: ([^\n]*) -->\n)?```python\n(.*?)```", flags=re.DOTALL)
SIZE = re.compile(r"\b\d{1,3}(?:_\d{3})+\b")
POINTS = re.compile(r"\bpoints=\d+")


def found(name):
    """What a dotted name of the package stands for; AttributeError names what is not there."""
    thing = burgers
    for number, part in enumerate(name.split(".")[1:], start=2):
        if not hasattr(thing, part):
            try:
                import_module(".".join(name.split(".")[:number]))
            except ModuleNotFoundError:
                raise AttributeError(name) from None
        thing = getattr(thing, part)
    return thing


def blocks(path):
    return PYTHON.findall(path.read_text(encoding="utf-8"))


def test_readme_is_short_enough_to_be_read_to_its_end():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


@PAGES
def test_the_tables_of_a_page_are_those_of_the_results(path):
    text = path.read_text(encoding="utf-8")
    assert readme.filled(text) == text


def test_every_table_stands_on_one_page():
    texts = [path.read_text(encoding="utf-8") for path in readme.PAGES]
    for name in readme.TABLES:
        assert sum(f"<!-- {name} -->" in text for text in texts) == 1, name


def test_readme_counts_the_claims_that_hold():
    made = pd.concat(map(readme.made, ("table_claims", "timing_claims")))
    text = quoted.QUOTED.sub(r"\2", README.read_text(encoding="utf-8"))
    assert f"Of the report's {len(made)} claims {made.holds.sum()} hold" in text


def test_a_quoted_number_is_of_one_row_or_of_what_several_make():
    of = "table_moments; 5000; sinus"
    table = readme.made("table_moments").query("samples == 5000 and case == 'sinus'")
    prior = table.set_index("study").loc["prior"]
    assert quoted.number(f"{of}; prior; mean_error; .4f") == f"{prior.mean_error:.4f}"
    found = quoted.number(f"{of}; prior; std_error / floor_std; .2f")
    assert found == f"{prior.std_error / prior.floor_std:.2f}"
    assert quoted.number(f"{of}; max std_error; .4f") == f"{table.std_error.max():.4f}"
    # A column may be named like what makes one number of several.
    medians = readme.made("table_reduced").set_index(["case", "model"])["median"]
    found = quoted.number("table_reduced; sinus; reduced; median; .5f")
    assert found == f"{medians['sinus', 'reduced']:.5f}"
    for wanted, rows in ((f"{of}; mean_error; .4f", 3), (f"{of}; posterior; mean_error; .4f", 0)):
        with pytest.raises(ValueError, match=f"is of {rows} rows; accepted: one"):
            quoted.number(wanted)


@PAGES
def test_quoted_numbers_are_whole_and_within_a_line(path):
    text = path.read_text(encoding="utf-8")
    assert len(quoted.QUOTED.findall(text)) == text.count("<!--= ") == text.count("<!--/-->")
    # In Markdown a line that begins with one would end its paragraph.
    assert not re.search(r"^\s*<!--=", text, flags=re.MULTILINE)


@PAGES
def test_every_name_of_the_package_on_a_page_exists(path):
    text = path.read_text(encoding="utf-8")
    for name in set(re.findall(r"\bburgers(?:\.[A-Za-z_]\w*)+", text)):
        found(name)
    for _, code in blocks(path):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "burgers":
                for alias in node.names:
                    found(f"{node.module}.{alias.name}")


@PAGES
def test_the_python_of_a_page_runs(path, tmp_path, monkeypatch):
    run = [code for reason, code in blocks(path) if not reason]
    if not run:
        reasons = [reason for reason, _ in blocks(path)]
        pytest.skip("; ".join(reasons) or "no Python on this page")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for code in run:
        # Sizes such as 20_000 are those of a study: a hundredth shows that the lines run.
        small = SIZE.sub(lambda size: str(max(40, int(size[0]) // 100)), code)
        small = POINTS.sub("points=64", small)
        exec(compile(small, f"{path.name}: {code[:40]!r}", "exec"), names)


def test_every_measure_of_the_scorecard_is_explained():
    rng = np.random.default_rng(0)
    card = burgers.judge(*(rng.normal(size=(n, 8)) for n in (20, 40, 30)), repeats=1)
    text = (ROOT / "docs" / "generative-models.md").read_text(encoding="utf-8")
    first_column = "".join(re.findall(r"\n\| (.*?) \|", text.partition("| measure |")[2]))
    assert set(card.index) == set(re.findall(r"`(\w+)`", first_column))


@PAGES
def test_every_file_that_a_page_names_is_there(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        address = urlsplit(target)
        if not (address.scheme or address.netloc) and address.path:
            assert (path.parent / unquote(address.path)).exists(), target
    for name in re.findall(r"`((?:benchmarks|burgers|docs|notebooks|tests)/[\w./]*)`", text):
        assert (ROOT / name).exists(), name


def test_every_committed_figure_and_table_has_a_caption_and_a_place_among_the_figures():
    made = {path.stem for path in figures("report").iterdir() if path.suffix != ".json"}
    assert made == {*captions.FIGURES, *captions.TABLES}
    text = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    assert all(f"/{stem}." in text for stem in captions.FIGURES)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built."""
    folder = tmp_path_factory.mktemp("site")
    source, html = folder / "source", folder / "html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["assemble.py", str(source)])
        runpy.run_path(str(ROOT / "docs" / "assemble.py"), run_name="__main__")
    with warnings.catch_warnings():
        # Of what Sphinx's extensions will have to change.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        assert build_main(["-W", "--keep-going", "-q", "-b", "html", str(source), str(html)]) == 0
    return html


@cache
def page(site, name):
    """The page of that name at the top of the site."""
    return BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


class Links(HTMLParser):
    """What a page loads, where its article leads and shows, and the places on it."""

    def __init__(self, path):
        super().__init__()
        self.loaded, self.led, self.places, self.inside = [], [], set(), False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.inside |= tag == "article"
        if "id" in found:
            self.places.add(found["id"])
        if tag in ("script", "link", "img"):
            self.loaded.append(found.get("href" if tag == "link" else "src") or "")
        if self.inside and tag in ("a", "img"):
            self.led.append(found.get("href" if tag == "a" else "src"))

    def handle_endtag(self, tag):
        self.inside &= tag != "article"


@pytest.fixture(scope="module")
def links(site):
    return {path: Links(path) for path in sorted(site.rglob("*.html"))}


def test_nothing_is_asked_of_a_network(links):
    for path, found in links.items():
        assert found.loaded, path.name
        for address in found.loaded:
            assert not urlsplit(address).netloc, (path.name, address)


def test_every_local_link_leads_to_a_page_and_a_place_on_it(links):
    checked = 0
    for path, found in links.items():
        for link in filter(None, found.led):
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.exists(), (path.name, link)
            if address.fragment and target in links:
                assert unquote(address.fragment) in links[target].places, (path.name, link)
            checked += 1
    assert checked > 500


def test_from_a_claim_one_comes_to_its_figure_and_to_the_cell_that_made_it(site):
    claims = page(site, "claims")
    gallery = page(site, "gallery")
    rows = claims.select("tbody tr")
    made = pd.concat(
        pd.read_csv(figures("report") / f"{name}_claims.csv") for name in ("table", "timing")
    )
    assert len(rows) == len(made)
    verdicts = [row.find_all("td")[-1].get_text() for row in rows]
    assert verdicts == ["holds" if holds else "does not hold" for holds in made.holds]
    links = [row.find("a")["href"] for row in rows if row.find("a")]
    assert len(links) == (made.figure != "conclusion").sum() > 0
    for link in links:
        figure = gallery.find(id=link.partition("#")[2])
        figure = figure if figure.name == "figure" else figure.find_parent("figure")
        cell = figure.select_one("figcaption a")["href"]
        assert cell.startswith("notebooks/04_compare_moments.html#cell-figure-")


def test_every_figure_and_table_has_its_cell(site):
    for name, kinds in (("gallery", (".png", ".gif")), ("tables", (".csv",))):
        soup = page(site, name)
        made = [path for path in figures("report").iterdir() if path.suffix in kinds]
        cells = {a["href"] for a in soup.select("article a[href^=notebooks]")}
        assert len(cells) == len(made)


def test_headings_of_the_gallery_are_captions_and_the_reports_figures_come_first(site):
    headings = [tag.get_text().rstrip("#¶") for tag in page(site, "gallery").select("article h3")]
    assert not {path.stem for path in figures("report").iterdir()} & set(headings)
    report = [heading.startswith("Figure ") for heading in headings]
    assert report == sorted(report, reverse=True)
    assert sum(report) >= 20


def test_a_table_is_shown_as_it_stands_in_its_file(site):
    soup = page(site, "tables")
    shown = [
        [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        for table in soup.select("article table")
    ]
    paths = captions.ordered(figures("report").glob("*.csv"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    assert shown == [list(csv.reader(text.splitlines())) for text in texts]


def test_parameters_are_told_from_what_is_said_of_them(site):
    names = page(site, "api").select_one("[id='burgers.solver.finite_volume.solve'] + dd strong")
    assert names.get_text() == "initial"
    assert names.find_parent("li").get_text().startswith("initial – (cells,) or (realisations")


WIDER = """
const width = document.documentElement.clientWidth, found = [];
for (const part of document.querySelectorAll("article *")) {
  if (part.getBoundingClientRect().right <= width + 2) continue;
  let around = part.parentElement;
  while (around.tagName != "ARTICLE" && getComputedStyle(around).overflowX == "visible")
    around = around.parentElement;
  if (around.tagName == "ARTICLE") found.push(part.tagName);
}
return found;
"""


def test_no_page_is_wider_than_a_phone_or_a_desk(site, browser):
    pages = sorted(site.rglob("*.html"), key=lambda path: path.stat().st_size)
    # Pages of sources are all made alike: the longest of them stand for the others.
    sources = [path for path in pages if "_modules" in path.parts]
    for path in [path for path in pages if path not in sources] + sources[-3:]:
        # Opened once: that takes longer than both layouts.
        browser.get(path.as_uri())
        for width in (390, 1400):
            screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
            assert browser.execute_script("return window.innerWidth") == width, path.name
            # What is wide may scroll by itself.
            assert browser.execute_script(WIDER) == [], path.name
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            broken = "return [...document.images].filter(image => !image.naturalWidth).length"
            assert browser.execute_script(broken) == 0, path.name


def test_equations_are_drawn_by_the_browser(site):
    index = page(site, "index")
    assert index.find("math", display="block")
    assert not index.find_all(string=lambda text: "\\mathrm" in text)
