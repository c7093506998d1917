"""Results of the leaderboard as one tidy table: a row for each measure of each entry."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers import _files as files
from burgers._version import __version__
from burgers.paths import ROOT

COLUMNS = (
    "problem", "time", "entrant", "densities", "seed", "measure", "value", "floor", "low", "high",
    "p", "seconds", "version",
)  # fmt: skip
# What tells one entry from another.
ENTRY = ["problem", "time", "entrant", "densities", "seed"]
ALL_TIMES = "all"
DIGITS = 6
# The table that comes with an installation; in a checkout it is that of `path`.
INSTALLED = Path(__file__).resolve().parent.parent / "leaderboard" / "results.csv"
# Measure of an entry that returned no densities; its value is NaN.
FAILED = "failed"


def path() -> Path:
    """Where the leaderboard's results are, and where more are added."""
    return ROOT / "leaderboard" / "results.csv"


def results(file: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """The leaderboard: every measure of every entry, one row each.

    Parameters
    ----------
    file : of results as `append` writes them; the leaderboard's own if None.

    Returns
    -------
    pandas.DataFrame with columns `problem`, `time` ("all", or a number as text), `entrant`,
    `densities` (in the training set), `seed`, `measure`, `value`, `floor`, `low`, `high`, `p` (see
    `judge`), `seconds` and `version`. The measures `training_seconds` and `sampling_seconds` are
    costs, without a floor; an entry that failed has the measure `failed` alone.

    Raises
    ------
    ValueError
        Naming the file, if it is missing, cannot be read or has other columns.
    """
    known = path() if path().exists() else INSTALLED
    place = files.local(known if file is None else file)
    try:
        table = pd.read_csv(place, dtype={"time": str, "entrant": str, "version": str})
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{place} cannot be read ({error}); accepted: a table of results"
        ) from error
    if tuple(table.columns) != COLUMNS:
        raise ValueError(
            f"{place} has columns {', '.join(table.columns)}; accepted: {', '.join(COLUMNS)}"
        )
    return table


def rows(
    card: pd.DataFrame,
    *,
    problem: str,
    time: float | str | None = None,
    entrant: str = "mine",
    densities: int = 0,
    seed: int = 0,
    seconds: float = float("nan"),
) -> pd.DataFrame:
    """The rows of results for a scorecard; of one with intervals of time, those of all times."""
    if "time" in card.index.names:
        card = card.xs(ALL_TIMES, level="time")
    entry = {
        "problem": problem, "time": ALL_TIMES if time is None else str(time),
        "entrant": entrant, "densities": checks.count("densities", densities, least=0),
        "seed": seed, "seconds": seconds, "version": __version__,
    }  # fmt: skip
    return card.reset_index().assign(**entry).reindex(columns=COLUMNS)


def append(
    found: pd.DataFrame,
    file: str | os.PathLike[str] | None = None,
    shown: Mapping[str, NDArray[np.floating]] | None = None,
) -> None:
    """Add rows to a table of results, all or none; an entry that is there already is replaced.

    Parameters
    ----------
    found : with the columns of `results`.
    file : of the table, which is created where it does not exist; the leaderboard's own if None.
    shown : generated densities to be kept beside the table, by title, see `densities`.

    Raises
    ------
    ValueError
        As in `results`, if the file exists but is no table of results: it stays as it is.
    OSError
        Naming the file, if it cannot be written.
    """
    place = files.local(path() if file is None else file)
    place.parent.mkdir(parents=True, exist_ok=True)
    # Read and written by one process at a time; `written_whole` locks the same name once more.
    with files.locked(place.with_name(f"{place.name}.rows")):
        if place.exists():
            old = results(place)
            entries = pd.MultiIndex.from_frame(found[ENTRY].astype(str))
            kept = ~pd.MultiIndex.from_frame(old[ENTRY].astype(str)).isin(entries)
            found = pd.concat([old[kept], found]) if kept.any() else found
        if shown:
            _keep(place, shown)
        with files.written_whole(place) as part:
            found.to_csv(part, index=False, float_format=f"%.{DIGITS}g")


def densities(file: str | os.PathLike[str] | None = None) -> dict[str, NDArray[np.floating]]:
    """Some generated densities of each entry of a table of results, (realisations, cells) by title.

    Raises
    ------
    ValueError
        Naming the file beside the table in which they are, if it cannot be read.
    """
    beside = _beside(files.local(path() if file is None else file))
    try:
        with np.load(beside) as archive:
            return dict(archive)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{beside} cannot be read ({error}); `leaderboard.fill` makes it"
        ) from error


def _keep(place, shown):
    known = densities(place) if _beside(place).exists() else {}
    # Enough for a picture.
    known |= {title: density.astype(np.float16) for title, density in shown.items()}
    with files.written_whole(_beside(place)) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **known)


def _beside(place):
    return place.with_name(f"{place.stem}_densities.npz")
