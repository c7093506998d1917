"""Put together the sources of the site: pages, notebooks with marks at the cells that make things.

Called with the folder to write, new or of an earlier call: `make html`.
"""

import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import captions
import nbformat
import pandas as pd

from burgers._files import written_whole

ROOT = Path(__file__).resolve().parent.parent
MADE = ROOT / "figures" / "report"
# Above a notebook whose pictures and numbers are not those of the gallery and the tables.
QUICK = """```{note}
As it is stored, at the quick profile: samples and models made in minutes. The gallery and the
tables are those of the report's profile; after `make all`, this page is too.
```"""
RESULTS = [
    "exact-law", "generative-models", "leaderboard", "forecasting", "inference", "problems",
    "interoperate", "um-bridge",
]  # fmt: skip
STRINGS = re.compile(r'"([^"\n]+)"')
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "burgers").rglob("*.py")
    if path.stem == "__init__" or not path.stem.startswith("_")
)


def main(folder):
    with written_whole(folder, is_site) as part:
        assemble(part)


def is_site(folder):
    """Whether a folder is what this script wrote before, by its configuration."""
    conf = folder / "conf.py"
    first = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8").partition("\n")[0]
    return conf.is_file() and conf.read_text(encoding="utf-8").partition("\n")[0] == first


def assemble(folder):
    """Write the sources of the site into a folder that is not there."""
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    shutil.copy(ROOT / "docs" / "conf.py", folder)
    shutil.copytree(MADE, folder / "figures" / "report")
    for path in folder.glob("*.md"):
        path.write_text(at_top(path.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "benchmarks").mkdir()
    measured = [path for path in (ROOT / "benchmarks").iterdir() if path.suffix in (".csv", ".png")]
    for path in [ROOT / "LICENSE", ROOT / "CITATION.cff", *measured]:
        shutil.copy(path, folder / path.relative_to(ROOT))
    books = {path.stem: nbformat.read(path, 4) for path in executed()}
    cells = makers(books)
    (folder / "notebooks").mkdir()
    for stem, book in books.items():
        nbformat.write(marked(book, cells, stem), folder / "notebooks" / f"{stem}.ipynb")
    pages = {
        "index": index(books),
        "gallery": gallery(cells),
        "claims": claims((folder / "claims.md").read_text(encoding="utf-8")),
        "tables": tables(cells),
        "api": api(),
    }
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def at_top(text):
    """A page of docs/ with its links as they lead from the top of the site."""
    return text.replace("](../README.md", "](index.md").replace("](../", "](")


def executed():
    """The numbered notebooks: as the report's profile ran them, else as they are stored."""
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        run = ROOT / "build" / "report" / path.name
        yield run if run.exists() else path


def is_quick(book):
    """Whether a notebook was run as it is stored."""
    return not any('profile = "report"' in cell.source for cell in book.cells)


def makers(books):
    """Of each figure and table the notebook and the number of the cell that writes it."""
    results = (path for path in MADE.iterdir() if path.suffix != ".json")
    return {path.stem: maker(path, books) for path in results}


def maker(path, books):
    """The notebook and the number of the cell that writes a figure or a table, or None."""
    written = [
        (literal, stem, number)
        for stem, book in books.items()
        for number, cell in enumerate(book.cells)
        if cell.cell_type == "code"
        for literal in map(len, matching(cell.source, path))
    ]
    # Of several, the one that says more of the name.
    return max(written)[1:] if written else None


def matching(source, path):
    """Parts of a file's name that are literally in a cell, where a string of it gives that name."""
    for text in STRINGS.findall(source):
        parts = re.split(r"\{[^}]*\}", text)
        pattern = ".*".join(map(re.escape, parts))
        if text == path.stem or (text.endswith(path.suffix) and re.fullmatch(pattern, path.name)):
            yield "".join(parts)


def marked(book, cells, stem):
    """The notebook with a line before each cell that makes something: a target, and links on."""
    marks = {}
    for name, maker in cells.items():
        if maker and maker[0] == stem:
            marks.setdefault(maker[1], []).append(name)
    prose = [cell.source for cell in book.cells if cell.cell_type == "markdown"]
    titles = sum(line.startswith("# ") for source in prose for line in source.splitlines())
    out = []
    for number, cell in enumerate(book.cells):
        if number in marks:
            names = sorted(marks[number])
            targets = "\n".join(f"(cell-{name})=" for name in names)
            links = "; ".join(f"{{ref}}`{captions.of(name)} <made-{name}>`" for name in names)
            out.append(nbformat.v4.new_markdown_cell(f"{targets}\n*Makes* {links}."))
        # A page has one title, and what follows it in a notebook is a section of that page.
        if number and titles > 1 and cell.cell_type == "markdown":
            cell.source = re.sub(r"^#", "##", cell.source, flags=re.MULTILINE)
        out.append(cell)
    if is_quick(book):
        out.insert(1, nbformat.v4.new_markdown_cell(QUICK))
    book.cells = out
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return book


def index(books):
    """The README, with the contents of the site after it."""
    results = [*RESULTS, "claims", "gallery", "tables"]
    others = sorted({path.stem for path in (ROOT / "docs").glob("*.md")} - set(results))
    contents = {
        "Results": results,
        "Use": [*others, "api"],
        "Notebooks": [f"notebooks/{stem}" for stem in books],
    }
    trees = [
        "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *entries, "```"])
        for caption, entries in contents.items()
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
    return "\n\n".join([readme, *trees, ""])


def gallery(cells):
    """Every figure with its claims and the cell that made it, the report's first."""
    verdicts, section = judged(), ""
    parts = ["# Gallery\n"]
    paths = [path for path in MADE.iterdir() if path.suffix in (".png", ".gif")]
    for path in captions.ordered(paths):
        before, section = section, captions.SECTIONS.get(path.stem.partition("_")[0], "Others")
        if section != before:
            parts.append(f"## {section}\n")
        of = verdicts[verdicts.figure.map(lambda n, stem=path.stem: of_figure(stem, n))]
        said = "".join(f"\n- {row.claim}: {row.measured:.3g}, **{row.verdict}**"
                       for row in of.itertuples())  # fmt: skip
        parts.append(
            f"### {numbered(path.stem)}\n\n"
            f"```{{figure}} figures/report/{path.name}\n:name: made-{path.stem}\n"
            f":target: _images/{path.name}\n\n"
            f"{made_by(path.stem, cells)}\n```\n{said}\n"
        )
    return "\n".join(parts)


def numbered(stem):
    """The caption of a figure, with its number in the report."""
    number = re.match(r"figure_(\d+)_", stem)
    return f"Figure {int(number[1])}. {captions.of(stem)}" if number else captions.of(stem)


def claims(page):
    """The page of that text up to its table, and each claim with its verdict and its figure."""
    table = judged()
    rows = [page.partition("<!-- claims -->")[0], "All figures are in the [gallery](gallery.md).\n",
            f"{table.holds.sum()} of {len(table)} hold.\n",
            "| figure | claim | measured | threshold | verdict |", 5 * "| --- " + "|"]  # fmt: skip
    stems = sorted(path.stem for path in MADE.glob("figure_*.png"))
    for row in table.itertuples():
        shown = [stem for stem in stems if of_figure(stem, row.figure)]
        link = f"{{ref}}`{row.figure} <made-{shown[0]}>`" if shown else row.figure
        claim = row.claim.replace("|", r"\|")
        rows.append(f"| {link} | {claim} | {row.measured:.3g} | {row.threshold} | {row.verdict} |")
    return "\n".join(rows) + "\n"


def tables(cells):
    """Every table with the cell that made it."""
    parts = ["# Tables\n"]
    for path in captions.ordered(MADE.glob("*.csv")):
        # As it stands in the file: Markdown would make a quotation of `>= 0.01`.
        table = pd.read_csv(path, dtype=str, keep_default_na=False).to_html(
            index=False, border=0, justify="left", classes="docutils"
        )
        parts.append(
            f"(made-{path.stem})=\n## {captions.of(path.stem)}\n\n"
            f"`{path.name}`. {made_by(path.stem, cells)}\n\n"
            f'<div class="table-wrapper docutils container">\n{table}\n</div>\n'
        )
    return "\n".join(parts)


def api():
    """Every module's docstrings; of a package those of its modules, and where its names lead."""
    parts = ["# API\n"]
    for name in MODULES:
        directive = [f".. automodule:: {name}"]
        if is_package(name):
            directive += ["   :no-members:", "", *exported(name)]
        lines = "\n".join(directive)
        parts.append(f"## {name}\n\n```{{eval-rst}}\n{lines}\n```\n")
    return "\n".join(parts)


def is_package(name):
    return (ROOT / name.replace(".", "/")).is_dir()


def exported(name):
    """A line for each name that a package exports, with a link to where it is documented."""
    package = import_module(name)
    for public in sorted(getattr(package, "__all__", ()), key=str.lower):
        thing = getattr(package, public)
        if isinstance(thing, ModuleType):
            role, place = "mod", thing.__name__
        else:
            role, place = "obj", f"{getattr(thing, '__module__', name)}.{public}"
        yield f"- :py:{role}:`{name}.{public} <{place}>`"


def judged():
    """The report's claims as they were measured."""
    parts = [pd.read_csv(MADE / name, dtype={"figure": str})
             for name in ("table_claims.csv", "timing_claims.csv")]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    return table.assign(verdict=table.holds.map({True: "holds", False: "does not hold"}))


def of_figure(stem, number):
    """Whether a picture is the report's figure of that number."""
    return number.isdigit() and stem.startswith(f"figure_{int(number):02d}_")


def made_by(name, cells):
    """The sentence that says which cell made a figure or table."""
    if cells[name] is None:
        return ""
    return f"Made by {{ref}}`this cell of {cells[name][0]} <cell-{name}>`."


if __name__ == "__main__":
    main(Path(sys.argv[1]))
