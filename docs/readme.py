"""Fill the tables of README and docs/*.md from figures/report and benchmarks: `make readme`.

A table stands between `<!-- name -->` and `<!-- /name -->`: that of the function of its name.
Numbers in sentences are those of `quoted`.
"""

import re

import captions
import expected
import pandas as pd
import provenance
import quoted

from burgers import problems
from burgers._files import written_whole
from burgers.paths import ROOT, figures
from burgers.studies import ranking

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", flags=re.DOTALL)
SAMPLES = 5000
FLOORS = {"mean_error": "floor_mean", "std_error": "floor_std", "wasserstein": "floor_wasserstein"}
STUDIES = {
    "reconstruction": "all times, reconstructed",
    "prior": "all times, from normal latents",
    "fixed time": "one time, reconstructed",
}
# Parts of goals whose names in the tables are short for their notebook.
PLAIN = {
    "coverage less 90 %": "distance of the coverage to 90 %",
    "seconds over the solver's": "seconds, as a multiple of the solver's at equal accuracy",
}


def filled(text):
    """The text of a page with every table and every quoted number made anew."""
    tables = BLOCK.sub(
        lambda found: f"<!-- {found[1]} -->\n{TABLES[found[1]]()}\n<!-- /{found[1]} -->", text
    )
    return quoted.filled(tables)


def moments():
    """Distances of the report's model to Monte Carlo and to the exact law."""
    table = made("table_moments").query(f"samples == {SAMPLES}").set_index(["case", "study"])
    rows = []
    for case in ("sinus", "creneau"):
        for study, words in STUDIES.items():
            row = table.loc[case, study]
            pairs = (f"{row[name]:.4f} ({row[floor]:.4f})" for name, floor in FLOORS.items())
            exact = f"{row.exact_mean_error:.4f}, {row.exact_std_error:.4f}"
            rows.append((case, words, *pairs, exact))
    heads = (f"{name} (floor)" for name in FLOORS)
    return markdown(("case", "densities", *heads, "mean, std against the exact ones"), rows)


def schemes():
    """The same distances where the densities are those of the second-order scheme."""
    table = measured("schemes").query(f"samples == {SAMPLES}")
    table = table.set_index(["scheme", "case", "study"])
    rows = []
    for case in ("sinus", "creneau"):
        for study, words in STUDIES.items():
            first, second = (table.loc[scheme, case, study] for scheme in ("rusanov", "muscl"))
            columns = ("mean_error", "std_error", "exact_mean_error", "exact_std_error")
            rows.append(
                (case, words, *(f"{first[name]:.4f}, {second[name]:.4f}" for name in columns))
            )
    heads = ("case", "densities", "mean_error", "std_error", "mean against the exact one",
             "std against the exact one")  # fmt: skip
    return markdown(heads, rows)


def recipes():
    """The report's training and the others."""
    heads = ("case", "model", "median error", "worst", "mean, std, all times",
             "mean, std, one time", "latents in use")  # fmt: skip
    return markdown(heads, [
        (row.case, row.model, percent(row.median_error, 2), percent(row.worst_error, 1),
         f"{row.mean_error:.4f}, {row.std_error:.4f}",
         f"{row.one_time_mean_error:.4f}, {row.one_time_std_error:.4f}", row.active_latents)
        for row in made("table_recipes").itertuples()
    ])  # fmt: skip


def goals():
    """Goals of the sharper models."""
    return aims(made("table_goals"))


def reduced():
    """Forecasting models and their baselines."""
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
    """Goals of the forecasting model."""
    return aims(pd.concat([made("table_reduced_goals"), made("timing_goals")]))


def payback():
    """The forecasting model's cost beside that of other methods of equal accuracy."""
    heads = ("case", "method of equal accuracy", "model [s]", "method [s]", "ratio",
             "training paid after")  # fmt: skip
    rows = []
    for row in made("timing_payback").itertuples():
        if pd.isna(row.equal):
            rows.append((row.case, f"{row.method}: no size tried is as accurate",
                         f"{row.model:.3g}", "", "", ""))  # fmt: skip
            continue
        size = f"{row.equal:,.0f} {'cells' if row.method == 'solver' else 'points'}"
        paid = "never" if row.ensembles == float("inf") else f"{row.ensembles:,.0f} ensembles"
        rows.append((row.case, f"{row.method}, {size}", f"{row.model:.3g}",
                     f"{row.competitor:.2g}", f"{row.over_competitor:.3g}", paid))  # fmt: skip
    return markdown(heads, rows)


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
    """How long until a model is as accurate as the report's."""
    heads = ("case", "error reached", "report's recipe [s]", "sharper [s] (epochs)",
             "ratio")  # fmt: skip
    return markdown(heads, [
        (row.case, percent(row.report_error, 2), f"{row.report_s:,.0f}",
         f"{row.sharp_s:.0f} ({row.sharp_epochs})", f"{row.times_shorter:.0f}")
        for row in measured("training").itertuples()
    ])  # fmt: skip


def claims():
    """The report's claims, the number of each figure a link to its pictures."""
    table = pd.concat(map(made, ("table_claims", "timing_claims")), ignore_index=True)
    rows = [
        (linked(row.figure), row.claim.replace("|", r"\|"), f"{row.measured:.3g}", row.threshold,
         verdict(row.holds))
        for row in table.itertuples()
    ]  # fmt: skip
    heads = ("figure", "claim", "measured", "threshold", "verdict")
    return f"{table.holds.sum()} of {len(table)} hold.\n\n{markdown(heads, rows)}"


def linked(number):
    """The number of a figure of the report, with links; its conclusion has no pictures."""
    of = sorted(figures("report").glob(f"figure_{number.zfill(2)}_*.png"))
    names = [number] if len(of) == 1 else [f"{number}{letter}" for letter in "ab"]
    return ", ".join(map(link, of, names)) or number


def pictures():
    """Every figure with its caption and the notebook that makes it."""
    paths = [path for path in figures("report").iterdir() if path.suffix in (".png", ".gif")]
    return markdown(("figure", "notebook"), [
        (link(path, captions.of(path.stem)), f"`{notebook(path.stem)}`")
        for path in captions.ordered(paths)
    ])  # fmt: skip


def link(path, text):
    return f"[{text}](../{path.relative_to(ROOT).as_posix()})"


def notebook(stem):
    """The name of the notebook that makes a figure."""
    number = "04" if stem.startswith("figure") else stem[:2]
    return next((ROOT / "notebooks").glob(f"{number}_*.ipynb")).stem


def reproducibility():
    """How far runs in other settings are apart."""
    table = measured("reproducibility")
    numbers = [(f"{row.median:.2g}", f"{row.largest:.2g}") for row in table.itertuples()]
    return markdown(table.columns, [
        (row.setting, row.kind, row.files, row.same, *pair)
        for row, pair in zip(table.itertuples(), numbers, strict=True)
    ])  # fmt: skip


def named():
    """Every problem by its name."""
    return markdown(("name", "problem"), [
        (f"`{name}`", problems.get(name).description.replace("_", r"\_").replace("|", r"\|"))
        for name in problems.names()
    ])  # fmt: skip


def data_sets():
    """Public data sets against the exact solution."""
    heads = ("set", "scheme", "time", "relative L2 error, median", "largest", "largest difference",
             "rusanov, 400 cells", "muscl, 400 cells", "measured on")  # fmt: skip
    return markdown(heads, [
        (row.set, row.scheme, row.time,
         *("" if pd.isna(value) else f"{value:.1e}"
           for value in (row.median, row.largest, row.pointwise, row.rusanov, row.muscl)),
         row.measured)
        for row in made("table_published").itertuples()
    ])  # fmt: skip


def calibration():
    """How often a true sample gets a small p, by measure."""
    table = measured("judge_calibration")
    return markdown(("measure", "p < 0.05"), [
        (f"`{row[0]}`", f"{row[1]:.3f}") for row in table.itertuples(index=False)
    ])  # fmt: skip


def power():
    """The smallest sample from which each measure finds each fault."""
    table = measured("judge").pivot(index="measure", columns="fault", values="smallest n")
    order = measured("judge")
    table = table.loc[order.measure.unique(), order.fault.unique()]
    return markdown(("measure", *table.columns), [
        (f"`{name}`", *("" if pd.isna(n) else f"{n:,.0f}" for n in row))
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ])  # fmt: skip


def leaderboard():
    """The nearest entrant on each distribution, and how near."""
    table = made("table_leaderboard")
    nearest = ranking.best(table[table.densities == table.densities.max()])
    heads = ("problem", "time", "nearest entrant", "worst", "resolution", "goal",
             "seconds over direct Monte Carlo, Sobol")  # fmt: skip

    def goal(row):
        missed = {row.fault: row.worst > 1, "resolution": row.resolution > ranking.RESOLUTION}
        found = ", ".join(f"`{name}`" for name, does in missed.items() if does)
        return f"**not reached**: {found}" if found else "reached"

    return markdown(heads, [
        (row.problem, row.time, row.entrant, f"{row.worst:.2f} (`{row.fault}`)",
         percent(row.resolution, 1), goal(row),
         ", ".join("–" if pd.isna(cost) else f"{cost:,.2g}" if cost < 100 else f"{cost:,.0f}"
                   for cost in (row.over_solver, row.over_sobol)))
        for row in nearest.itertuples()
    ])  # fmt: skip


def aims(table):
    """Goals with what was measured."""
    return markdown(
        ("case", "goal", "measured", "at most", "verdict"),
        [
            (
                row.case,
                plain(row.goal),
                f"{row.measured:.3g}",
                f"{row.at_most:g}",
                verdict(row.holds),
            )
            for row in table.itertuples()
        ],
    )


def plain(goal):
    """The name of a goal on the pages."""
    for short, spelled in PLAIN.items():
        goal = goal.replace(short, spelled)
    return goal


def percent(value, digits):
    return f"{100 * value:.{digits}f}\u00a0%"


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


def inference():
    """Learned posteriors against the exact ones."""
    heads = ("case", "setting", "method", "c2st (worst)", "of exact draws", "coverage gap",
             "seconds: training", "an answer", "exact")  # fmt: skip
    return markdown(heads, [
        (row.case, row.setting, row.method, f"{row.c2st:.3f} ({row.worst_c2st:.3f})",
         f"{row.control:.3f}", percent(row.coverage_gap, 1), f"{row.training_seconds:.0f}",
         f"{row.answer_seconds:.2f}", f"{row.exact_seconds:.2f}")
        for row in made("table_inference").itertuples()
    ])  # fmt: skip


def inference_goals():
    """Goals of the learned posteriors."""
    return aims(made("table_inference_goals"))


def inference_densities():
    """Posterior densities of the generative models against the exact ones."""
    heads = ("case", "setting", "time", "densities by", "mean off by", "std off by", "c2st",
             "true density in the band of 90 %")  # fmt: skip
    return markdown(heads, [
        (row.case, row.setting, f"{row.time:g}", row.way, f"{row.mean_error:.2f}",
         f"{row.std_error:.2f}", f"{row.c2st:.3f}", percent(row.coverage, 0))
        for row in made("table_inference_densities").itertuples()
    ])  # fmt: skip


def runs():
    """How long each notebook took in the recorded run, and in units of that run."""
    recorded, trained = provenance.recorded(figures("report")), "02_train_sinus"
    one, product = recorded[trained], provenance.least_product(recorded, trained)
    entries = {
        name: entry for name, entry in recorded.items() if entry["processor"] == one["processor"]
    }
    epoch = one["epoch"]
    seconds = {name: provenance.whole(entry) for name, entry in sorted(entries.items())}
    rows = [
        (name, f"{taken / 60:.1f}", f"{entries[name].get('trained_before', 0) / 60:.1f}",
         f"{taken / epoch:.0f}", f"{taken / product:,.0f}")
        for name, taken in seconds.items()
    ]  # fmt: skip
    total = expected.together(seconds, "report", 2)
    rows.append(("**these, two at a time**", f"**{total / 60:.0f}**", "", f"{total / epoch:.0f}",
                 f"{total / product:,.0f}"))  # fmt: skip
    heads = ("notebook", "minutes", "of which trained before",
             "in epochs of the report's sinus training",
             "in products of two 3000 × 3000 matrices")  # fmt: skip
    machine = (
        f"{one['processor']}, {one['cores']} cores; Python {one['python']}, TensorFlow "
        f"{one['tensorflow']}; an epoch took {epoch:.2f} s, a product (one core, single precision) "
        f"{product:.2f} s."
    )
    return f"{markdown(heads, rows)}\n\n{machine}"


TABLES = {
    function.__name__: function
    for function in (moments, schemes, recipes, goals, reduced, reduced_goals, payback, solver,
                     training, claims, pictures, reproducibility, named, data_sets, calibration,
                     power, leaderboard, inference, inference_goals, inference_densities, runs)
}  # fmt: skip

if __name__ == "__main__":
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        if (text := filled(before)) != before:
            with written_whole(page) as beside:
                beside.write_text(text, encoding="utf-8")
