"""The site: it builds without a warning, needs no network, and its links lead somewhere."""

import csv
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from burgers.paths import ROOT, figures


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    sphinx = ["-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    for command in (
        [ROOT / "docs" / "assemble.py", folder / "source"],
        [*sphinx, folder / "source", folder / "html"],
    ):
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted((folder / "html").rglob("*.html"))
    }


def page(site, name):
    """The page of that name at the top of the site."""
    top = min(site, key=lambda path: len(path.parts)).parent
    return site[top / f"{name}.html"]


def test_nothing_is_asked_of_a_network(site):
    for path, soup in site.items():
        for tag, attribute in (("script", "src"), ("link", "href"), ("img", "src")):
            for found in soup.find_all(tag):
                address = found.get(attribute) or ""
                assert not urlsplit(address).netloc, (path.name, address)


def test_every_local_link_leads_to_a_page_and_a_place_on_it(site):
    places = {path: {tag["id"] for tag in soup.find_all(id=True)} for path, soup in site.items()}
    checked = 0
    for path, soup in site.items():
        for link in soup.select("article a[href], article img[src]"):
            address = urlsplit(link.get("href") or link.get("src"))
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.exists(), (path.name, link)
            if address.fragment and target in places:
                assert unquote(address.fragment) in places[target], (path.name, link)
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


def test_a_table_is_shown_as_it_stands_in_its_file(site):
    soup = page(site, "tables")
    shown = [
        [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        for table in soup.select("article table")
    ]
    paths = sorted(path for path in figures("report").glob("*.csv"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    assert shown == [list(csv.reader(text.splitlines())) for text in texts]


def test_parameters_are_told_from_what_is_said_of_them(site):
    names = page(site, "api").select_one("[id='burgers.solver.solve'] + dd strong")
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


@pytest.mark.parametrize("width", [390, 1400])
def test_no_page_is_wider_than_a_phone_or_a_desk(site, browser, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    for path in site:
        browser.get(path.as_uri())
        # What is wide may scroll by itself.
        assert browser.execute_script(WIDER) == [], path.name
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        broken = "return [...document.images].filter(image => !image.naturalWidth).length"
        assert browser.execute_script(broken) == 0, path.name


def test_equations_are_drawn_by_the_browser(site):
    index = page(site, "index")
    assert index.find("math", display="block")
    assert not index.find_all(string=lambda text: "\\mathrm" in text)


def test_the_readme_says_what_the_tables_say():
    sys.path.insert(0, str(ROOT / "docs"))
    import readme

    text = readme.README.read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->" in text for name in readme.TABLES)
    assert readme.filled(text) == text
