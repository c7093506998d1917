"""How far the tables of another run are from those of figures/report: make compare OTHER=FOLDER.

    python docs/compare.py FOLDER

FOLDER holds the tables of a run on another machine, or at another commit. First the claims and
goals, verdict by verdict; then, table by table, the median and the largest relative difference of
the numbers. Exits with 1 if a verdict differs, or a table or a row is missing from either.
"""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from burgers.paths import ROOT, figures

# A run meets a goal by the nearest of several distributions or methods, and names which.
DISTRIBUTION = re.compile(r", (?:normal|gaussian|mixture|parzen|flow)$")


def asked(table: pd.DataFrame) -> pd.DataFrame:
    """A table of goals without what its run chose to meet them by; any other as it is."""
    if "goal" not in table:
        return table
    goals = table.goal.str.replace(DISTRIBUTION, "", regex=True)
    return table.drop(columns="method", errors="ignore").assign(goal=goals)


def paired(here: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """The rows of both tables side by side, columns `x here` and `x there`; NaN where one is alone.

    Rows belong together by their texts, and among rows of the same texts by their order.
    """
    texts = [name for name in here if here[name].dtype.kind not in "biuf"]
    here, there = (
        table.assign(order=table.groupby(texts, dropna=False).cumcount() if texts else table.index)
        for table in (here, there)
    )
    return here.merge(
        there, how="outer", on=[*texts, "order"], suffixes=(" here", " there"), indicator="in"
    )


def verdicts(here: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """The rows of two tables of claims or goals whose verdict differs, or that one lacks."""
    both = paired(here, there)
    same = (both["in"] == "both") & (both["holds here"] == both["holds there"])
    return both[~same].drop(columns=["order", "in"])


def distances(here: pd.DataFrame, there: pd.DataFrame) -> dict[str, float]:
    """Rows, rows that one lacks, and the median and largest difference relative to the larger."""
    both = paired(here, there)
    alone = both["in"] != "both"
    names = [name for name in here.select_dtypes("number") if f"{name} there" in both]
    first, second = (
        both.loc[~alone, [f"{name} {which}" for name in names]].to_numpy(float)
        for which in ("here", "there")
    )
    # Equal numbers, infinities among them, are no distance apart.
    differ = ~((first == second) | (np.isnan(first) & np.isnan(second)))
    scale = np.maximum(np.abs(first), np.abs(second))[differ]
    far = np.zeros(first.shape)
    with np.errstate(invalid="ignore"):
        far[differ] = np.nan_to_num(np.abs(first - second)[differ] / scale, nan=np.inf)
    return {
        "rows": len(both),
        "alone": int(alone.sum()),
        "median": float(np.median(far)) if far.size else 0.0,
        "largest": float(far.max(initial=0.0)),
    }


def report(here: Path, there: Path) -> bool:
    """Print how far the tables of two folders are apart; whether nothing is missing or reversed."""
    names = sorted({path.name for folder in (here, there) for path in folder.glob("*.csv")})
    missing = [name for name in names if not ((here / name).exists() and (there / name).exists())]
    rows, agree = [], not missing
    for name in names:
        if name in missing:
            print(f"{name} is only in {here if (here / name).exists() else there}")
            continue
        tables = [asked(pd.read_csv(folder / name)) for folder in (here, there)]
        if list(tables[0]) != list(tables[1]):
            print(
                f"{name} has columns {', '.join(tables[0])} here and {', '.join(tables[1])} there"
            )
            agree = False
            continue
        rows.append({"table": name, **distances(*tables)})
        agree &= rows[-1]["alone"] == 0
        if "holds" in tables[0]:
            other = verdicts(*tables)
            agree &= other.empty
            print(
                f"{name}: {len(tables[0]) - len(other)} of {len(tables[0])} verdicts are the same"
            )
            if len(other):
                print(other.to_string(index=False))
    print("\nnumbers apart, relative to the larger:")
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.2g}".format))
    return agree


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (folder := Path(arguments[0])).is_dir():
        print(f"{' '.join(arguments) or 'nothing'} is no folder; accepted: the tables of a run, as "
              "figures/report", file=sys.stderr)  # fmt: skip
        return 2
    print(f"here: {figures('report').relative_to(ROOT)}, there: {folder}")
    return 0 if report(figures("report"), folder) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
