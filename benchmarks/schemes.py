"""The report's tables by its own scheme and by the second-order one: `make schemes`.

Needs the tables of notebook 04 at the profile report_muscl; those of the report's scheme are
committed. Writes schemes.csv, the distances of its moments, and schemes_claims.csv, the verdicts
on its claims, beside this file.
"""

from pathlib import Path

import pandas as pd

from burgers.paths import figures

HERE = Path(__file__).parent
# By the name of the scheme: the profile that trains and compares on its densities.
PROFILES = {"rusanov": "report", "muscl": "report_muscl"}


def tables(name):
    """A table of notebook 04 by each scheme, in one, with a column of its name."""
    read = {
        scheme: pd.read_csv(figures(profile) / f"table_{name}.csv")
        for scheme, profile in PROFILES.items()
    }
    return pd.concat(read, names=["scheme", "row"]).reset_index("scheme")


def main():
    tables("moments").to_csv(HERE / "schemes.csv", index=False)
    tables("claims").to_csv(HERE / "schemes_claims.csv", index=False)


if __name__ == "__main__":
    main()
