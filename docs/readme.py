"""Fill the README's tables from figures/report and benchmarks: `make readme`.

A table stands between `<!-- name -->` and `<!-- /name -->`: that of the function of its name.
"""

import re

import pandas as pd

from burgers._files import written_whole
from burgers.paths import ROOT, figures

README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", flags=re.DOTALL)
SAMPLES = 5000
FLOORS = {"mean_error": "floor_mean", "std_error": "floor_std", "wasserstein": "floor_wasserstein"}


def filled(text):
    """The text with every table made anew."""
    return BLOCK.sub(
        lambda found: f"<!-- {found[1]} -->\n{TABLES[found[1]]()}\n<!-- /{found[1]} -->", text
    )


def moments():
    """Distances of the report's model to Monte Carlo and to the exact law."""
    table = made("table_moments").query(f"samples == {SAMPLES}").set_index(["case", "study"])
    rows = []
    for case in ("sinus", "creneau"):
        for study in ("reconstruction", "prior", "fixed time"):
            row = table.loc[case, study]
            pairs = (f"{row[name]:.4f} ({row[floor]:.4f})" for name, floor in FLOORS.items())
            exact = f"{row.exact_mean_error:.4f}, {row.exact_std_error:.4f}"
            rows.append((case, study, *pairs, exact))
    heads = (f"{name} (floor)" for name in FLOORS)
    return markdown(("case", "study", *heads, "mean, std against the exact law"), rows)


def recipes():
    """The report's training and the sharper ones."""
    heads = ("case", "model", "median error", "worst", "mean, std, all times",
             "mean, std, one time", "latents in use")  # fmt: skip
    return markdown(heads, [
        (row.case, row.model, percent(row.median_error, 2), percent(row.worst_error, 1),
         f"{row.mean_error:.4f}, {row.std_error:.4f}",
         f"{row.one_time_mean_error:.4f}, {row.one_time_std_error:.4f}", row.active_latents)
        for row in made("table_recipes").itertuples()
    ])  # fmt: skip


def goals():
    """What was aimed at for the sharper law."""
    return aims(made("table_goals"))


def reduced():
    """Reduced models and their baselines."""
    heads = ("case", "model", "median error", "worst", "mean_error, worst time",
             "std_error, worst time (median)", "coverage", "drift of mass")  # fmt: skip
    return markdown(heads, [
        (row.case, row.model, percent(row.median, 2), percent(row.maximum, 1),
         f"{row.mean_error:.4f}", f"{row.std_error:.3f} ({row.std_error_median:.3f})",
         f"{100 * row.lowest_coverage:.0f} to {percent(row.highest_coverage, 0)}",
         f"{row.mass:.1g}")
        for row in made("table_reduced").itertuples()
    ])  # fmt: skip


def reduced_goals():
    """What was aimed at for the reduced model."""
    return aims(pd.concat([made("table_reduced_goals"), made("timing_goals")]))


def payback():
    """What the reduced model's training is set against."""
    heads = ("case", "as good", "model [s]", "that [s]", "times as long", "paid after")
    return markdown(heads, [
        (row.case, f"{row.method}, {row.equal:,} {'cells' if row.method == 'solver' else 'points'}",
         f"{row.model:.3g}", f"{row.competitor:.2g}", f"{row.over_competitor:.3g}",
         "never" if row.ensembles == float("inf") else f"{row.ensembles:,.0f} ensembles")
        for row in made("timing_payback").itertuples()
    ])  # fmt: skip


def solver():
    """The solver beside its peers."""
    heads = ("solver", "cells", "ms per realisation", "million cell-steps per s", "L1 error",
             "ms to L1 <= 1e-3 (cells)")  # fmt: skip
    return markdown(heads, [
        (name, cells, f"{ms:.3g}", f"{speed:,.0f}", f"{error:.1e}",
         f"{reached:.3g} ({fine:,.0f})" if fine > 0 else "not with 3,200 cells")
        for name, cells, ms, speed, error, fine, reached in measured("solver").values
    ])  # fmt: skip


def training():
    """How long until a model is as good as the report's."""
    heads = ("case", "error reached", "report's recipe [s]", "sharper [s] (epochs)",
             "times shorter")  # fmt: skip
    return markdown(heads, [
        (row.case, percent(row.report_error, 2), f"{row.report_s:,.0f}",
         f"{row.sharp_s:.0f} ({row.sharp_epochs})", f"{row.times_shorter:.0f}")
        for row in measured("training").itertuples()
    ])  # fmt: skip


def claims():
    """The report's claims, each figure's pictures beside its first."""
    table = pd.concat(map(made, ("table_claims", "timing_claims")), ignore_index=True)
    rows, shown = [], ""
    for row in table.itertuples():
        links = "" if row.figure == shown else pictures(row.figure)
        rows.append((row.figure, links, row.claim.replace("|", r"\|"), f"{row.measured:.3g}",
                     row.threshold, verdict(row.holds)))  # fmt: skip
        shown = row.figure
    heads = ("figure", "pictures", "claim", "measured", "asked", "verdict")
    return f"{table.holds.sum()} of {len(table)} hold.\n\n{markdown(heads, rows)}"


def pictures(number):
    """Links to the pictures of a figure of the report; of its conclusion there are none."""
    of = sorted(figures("report").glob(f"figure_{number.zfill(2)}_*.png"))
    return ", ".join(f"[{path.stem}](figures/report/{path.name})" for path in of)


def aims(table):
    """Goals with what was measured."""
    return markdown(("case", "goal", "measured", "at most", "verdict"), [
        (row.case, row.goal, f"{row.measured:.3g}", f"{row.at_most:g}", verdict(row.holds))
        for row in table.itertuples()
    ])  # fmt: skip


def percent(value, digits):
    return f"{100 * value:.{digits}f} %"


def verdict(holds):
    return "holds" if holds else "**does not hold**"


def made(name):
    """A table that the notebooks made."""
    return pd.read_csv(figures("report") / f"{name}.csv", dtype={"figure": str})


def measured(name):
    """A table that a benchmark made."""
    return pd.read_csv(ROOT / "benchmarks" / f"{name}.csv")


def markdown(heads, rows):
    """A table in Markdown."""
    lines = [list(heads), ["---"] * len(list(rows[0])), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


TABLES = {
    function.__name__: function
    for function in (moments, recipes, goals, reduced, reduced_goals, payback, solver, training,
                     claims)
}  # fmt: skip

if __name__ == "__main__":
    text = filled(README.read_text(encoding="utf-8"))
    with written_whole(README) as beside:
        beside.write_text(text, encoding="utf-8")
