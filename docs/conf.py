"""The site: README, gallery, claims, tables, executed notebooks and API; no network, no server."""

import re
from functools import cache

from latex2mathml.converter import convert

project = "burgers"
html_title = "Distributions of a random Burgers equation"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = False
# The one renderer that needs neither a network nor a script: the browser's own.
html_math_renderer = "mathml"
# Widgets need a kernel, which a page on disk has not; their scripts would come from a network.
nb_ipywidgets_js = {}
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False
napoleon_use_ivar = True
default_role = "code"
exclude_patterns = ["**/.ipynb_checkpoints"]
# A notebook may go from its title to a subsection.
suppress_warnings = ["myst.header"]


def _inline(writer, node):
    writer.body.append(convert(node.astext()))
    raise _skip()


def _block(writer, node):
    equation = convert(node.astext(), display="block")
    writer.body.append(f'<div class="equation">{equation}</div>')
    raise _skip()


def _numpydoc(app, what, name, obj, options, lines):
    """Write a docstring's `name : description` as numpydoc reads it: on a line each."""
    section, written = "", []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if set(after) == {"-"}:
            section = line
            written.append("")
        entry = re.fullmatch(r"([\w, *]+) : (.*)", line)
        if section in ("Parameters", "Attributes") and entry:
            names = entry[1] if section == "Parameters" else entry[1].replace(", ", ",")
            written += [names, f"    {entry[2]}"]
        elif section == "Returns":
            if line and line != section and set(line) != {"-"}:
                # What numpydoc would take for a type. Two blank lines end the section before.
                begun = written[-1].startswith((":returns: ", "    "))
                written += [f"    {line}"] if begun else ["", "", f":returns: {line}"]
        else:
            written += ["", "", line] if line.startswith("Source: ") else [line]
    lines[:] = written


# The contents beside pages of sources, by the number of folders that they lie in.
_beside_sources = {}


def _contents(app, page, template, context, doctree):
    """Put together the contents beside pages of sources once: that takes longer than the page."""
    if page.startswith("_modules/"):
        kept = _beside_sources.setdefault(page.count("/"), cache(context["toctree"]))
        context["toctree"] = kept


def _skip():
    from docutils.nodes import SkipNode

    return SkipNode


def setup(app):
    # Before Napoleon, which has the default priority of 500.
    app.connect("autodoc-process-docstring", _numpydoc, priority=400)
    # Before the theme, which asks for the contents.
    app.connect("html-page-context", _contents, priority=400)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
