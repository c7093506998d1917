"""The command line: `python -m burgers`."""

import argparse
import re
import sys
import textwrap
from collections.abc import Sequence

import numpy as np

from burgers import _files as files
from burgers import problems


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the status that the process exits with."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ImportError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="python -m burgers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listed = commands.add_parser("problems", help="list the problems by name")
    listed.add_argument("name", nargs="?", help="of one, to describe it")
    listed.set_defaults(run=_problems)
    audit = commands.add_parser("audit", help="compare a file of a solution with the exact one")
    audit.add_argument("file", help=".npz, .npy, .mat, .h5, .dat, .txt or .csv with x, t and u")
    audit.add_argument("--problem", required=True, help="the name of a problem, say pinn")
    audit.add_argument("--viscosity", help="nu of the file, in its units, say 0.01/pi")
    audit.add_argument("--averages", action="store_true", help="u are cell averages, not values")
    audit.add_argument("--order", choices=("tx", "xt"), help="of the axes of u, where both fit")
    audit.add_argument("--realisations", type=int, help="at most so many of the file")
    audit.add_argument("--table", metavar="FILE.csv", help="where to write all errors")
    audit.set_defaults(run=_audit)
    judged = commands.add_parser("judge", help="compare generated densities with the exact ones")
    judged.add_argument("file", help=".npy, .npz or Zarr store, (realisations, cells)")
    judged.add_argument("--problem", required=True, help="the name of a problem, say creneau")
    judged.add_argument("--time", type=float, help="of all densities; without it, all times")
    judged.add_argument("--training", help="file of what the model was trained on")
    judged.add_argument("--repeats", type=int, default=200, help="pairs of true samples (200)")
    judged.add_argument("--seed", type=int, default=0, help="of all random choices (0)")
    judged.add_argument("--figure", metavar="FILE.png", help="where to draw the scorecard")
    judged.add_argument("--append", metavar="FILE.csv", help="table of results to add a row to")
    judged.add_argument("--entrant", default="mine", help="name of the model in that table")
    judged.set_defaults(run=_judge)
    board = commands.add_parser("leaderboard", help="fill the leaderboard: hours, resumable")
    board.add_argument("--workers", type=int, default=2, help="processes of one thread each (2)")
    board.add_argument("--hours", type=float, default=np.inf, help="start nothing after so many")
    board.set_defaults(run=_leaderboard)
    served = commands.add_parser("serve", help="serve a problem over HTTP, as an UM-Bridge model")
    served.add_argument("problem", help="the name of a problem, say creneau")
    served.add_argument("--port", type=int, default=4242, help="to listen on (4242)")
    served.add_argument("--host", default="127.0.0.1", help="address (this machine's own alone)")
    served.set_defaults(run=_serve)
    return parser


def _problems(options):
    if options.name:
        problem = problems.get(options.name)
        print(f"{problem.name}: {problem.description}\nOn [0, 1]: {problem.units}")
        return
    for name in problems.names():
        print(f"{name:15s}{textwrap.shorten(problems.get(name).description, 84)}")


def _audit(options):
    # Loads pandas and the readers of other formats, which listing problems does not need.
    from burgers.studies import audit, solution_files

    problem = problems.get(options.problem)
    _check_targets(options.table)
    solution = solution_files.read(
        options.file, order=options.order, realisations=options.realisations
    )
    viscosity = None if options.viscosity is None else _number(options.viscosity)
    found = audit.audit(solution, problem, viscosity=viscosity, averages=options.averages)
    if options.table:
        found.save(options.table)
    print(f"{options.file} against the exact solution of {problem.name}")
    print(found)


def _judge(options):
    from burgers.studies import judging, results

    problem = problems.get(options.problem)
    _check_targets(options.figure, options.append)
    if options.append and files.local(options.append).exists():
        results.results(options.append)
    generated = judging.read(options.file)
    training = judging.read(options.training).density if options.training else None
    times = generated.times if options.time is None else options.time
    card = judging.judge(
        generated.density, problem, training, final_time=times, repeats=options.repeats,
        seed=options.seed,
    )  # fmt: skip
    # One time, by the option or by the file; or several.
    time = float(np.min(times)) if times is not None and np.ptp(times) == 0 else None
    print(f"{options.file} against exact densities of {problem.name}")
    print(card.to_string(float_format=lambda number: f"{number:.4g}"))
    if options.figure:
        from burgers import plots

        plots.save_figure(plots.scorecard(card, options.entrant), options.figure)
    if options.append:
        found = results.rows(
            card, problem=options.problem, time=time, entrant=options.entrant,
            densities=0 if training is None else len(training), seed=options.seed,
        )  # fmt: skip
        results.append(found, options.append)


def _check_targets(*paths):
    """Refuse, before minutes of work, what its results cannot be written to."""
    for path in filter(None, paths):
        files.check_free(path)


def _leaderboard(options):
    from burgers.studies import leaderboard

    table = leaderboard.fill(workers=options.workers, seconds=3600 * options.hours)
    print(f"{table.entrant.nunique()} entrants, {len(table)} rows")


def _serve(options):
    from burgers.studies import serving

    serving.serve(problems.get(options.problem), host=options.host, port=options.port)


def _number(text):
    """A number, a multiple or a fraction of pi: 0.003, 0.01/pi, 2*pi."""
    match = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(?:([*/])\s*pi)?\s*", text)
    try:
        value = float(match[1])
    except (TypeError, ValueError):
        raise ValueError(f"viscosity is {text!r}; accepted: a number, or say 0.01/pi") from None
    return value if match[2] is None else value * np.pi if match[2] == "*" else value / np.pi


if __name__ == "__main__":
    sys.exit(main())
