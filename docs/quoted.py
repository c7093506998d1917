"""Numbers in the sentences of README and docs/*.md, from the tables that they are of.

    <!--= table; values of the row; column; format -->11<!--/-->

The row is the one that has all of these values, in whichever columns; `*` stands for any
characters. The column may be an expression of several. Of several rows, `max`, `min`, `median` or
`sum` before it makes one number. Tables are those of figures/report, or of benchmarks; `a + b` is
both.
"""

import re
from fnmatch import fnmatchcase
from functools import cache

import pandas as pd

from burgers.paths import ROOT, figures

QUOTED = re.compile(r"<!--= (.+?) -->(.*?)<!--/-->")
OF_SEVERAL = ("max", "min", "median", "sum")


def filled(text):
    """The text of a page with every quoted number made anew."""
    return QUOTED.sub(lambda found: f"<!--= {found[1]} -->{number(found[1])}<!--/-->", text)


def number(wanted):
    """The number that is asked for, as it is printed.

    Raises
    ------
    ValueError
        If the table has no such row, or several.
    """
    name, *values, column, form = re.split(r";\s*", wanted)
    table = pd.concat(map(read, name.split(" + ")))
    for value in values:
        table = table[table.map(matches, value=value).any(axis=1)]
    how, _, expression = column.partition(" ")
    several = how in OF_SEVERAL and expression
    found = table.eval(expression if several else column)
    if not len(found) or (len(found) > 1 and not several):
        raise ValueError(f"{wanted!r} is of {len(found)} rows; accepted: one")
    return format(getattr(found, how)() if several else found.item(), form)


def matches(cell, value):
    return fnmatchcase(str(cell), value)


@cache
def read(name):
    """A table by its name."""
    made = figures("report") / f"{name}.csv"
    return pd.read_csv(made if made.exists() else ROOT / "benchmarks" / f"{name}.csv")
