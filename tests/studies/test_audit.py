"""Solutions of others against the exact one: errors found are the errors made."""

import numpy as np
import pytest

import burgers
from burgers import exact, problems
from burgers.__main__ import main
from burgers.problems.published import pdebench
from burgers.studies import solution_files
from burgers.studies.audit import audit
from burgers.studies.solution_files import Solution

PINN = problems.get("pinn")
TIMES = np.array([0.0, 0.1, 0.5, 1.0])


def pinn_values(x, times=TIMES, cells=20_000):
    """Values of the exact solution on [-1, 1], otherwise than by an audit."""
    initial = burgers.SINUS.initial(cells)
    rows = [exact.at((x + 1) / 2, initial, 200 * np.pi, time / 2, boundary="periodic")
            for time in times]  # fmt: skip
    rows[0] = np.where(times[0] == 0, -np.sin(np.pi * x), rows[0])
    return np.array(rows)


@pytest.fixture(scope="module")
def known():
    x = np.linspace(-1, 1, 65)
    return Solution(x, TIMES, pinn_values(x)[None])


def test_the_exact_solution_is_exact(known):
    found = audit(known, PINN)
    assert found.relative_l2[0] < 1e-8
    assert found.table.reference.max() < 1e-10
    assert len(found.table) == len(TIMES)


def test_an_error_is_found_where_and_as_large_as_it_was_made(known):
    u = known.u.copy()
    u[0, 2, 10] += 0.01
    found = audit(Solution(known.x, known.t, u), PINN)
    worst = found.table.loc[found.table.largest.idxmax()]
    assert worst.largest == pytest.approx(0.01, rel=1e-4)
    assert (worst.x, worst.time) == (known.x[10], 0.5)
    assert found.relative_l2[0] == pytest.approx(0.01 / np.linalg.norm(known.u), rel=1e-3)
    assert "largest difference: 0.01 at x = -0.6875, t = 0.5" in str(found)


@pytest.mark.parametrize("closed", [False, True], ids=["one end", "both ends"])
def test_a_random_density_is_taken_from_the_file(closed):
    problem = problems.get("diffusion_pde")
    inputs = problem.sample(2, np.random.default_rng(3))
    x = np.linspace(0, 1, 257)[: None if closed else -1]
    first = problems.point_values(problem.averages(8192, inputs), x, "periodic")
    later = exact.at(x, problem.averages(8192, inputs), 100.0, 0.5, boundary="periodic")
    solution = Solution(x, np.array([0.0, 0.5]), np.stack([first, later], axis=1))
    found = audit(solution, problem)
    assert found.relative_l2.max() < 1e-6
    assert audit(solution, problem, viscosity=0.012).relative_l2.min() > 1e-3


def test_cell_averages_are_compared_with_cell_averages():
    problem = pdebench(0.1)
    inputs = problem.sample(2, np.random.default_rng(0))
    first = problem.averages(128, inputs)
    later = exact.solve(first, np.pi / 0.1, 0.3, boundary="periodic")
    x, t = problems.centres(128), np.array([0.0, 0.3])
    solution = Solution(x, t, np.stack([first, later], axis=1))
    assert audit(solution, problem, averages=True).relative_l2.max() < 1e-12
    assert audit(solution, problem).relative_l2.max() > 1e-6
    # The one at random has no viscosity of its own.
    given = audit(solution, problems.get("pdebench"), viscosity=0.1 / np.pi, averages=True)
    assert given.relative_l2.max() < 1e-12


def test_an_outflow_problem_is_mapped():
    problem = problems.get("riemann")
    x = np.linspace(0, 1, 201)
    first = np.where(x < 0.5, 0.8, 0.2)
    later = exact.at(x, burgers.CRENEAU.initial(8000, step=0.2 / 0.8) * 0.8, 50.0, 0.2,
                     boundary="outflow")  # fmt: skip
    found = audit(Solution(x, np.array([0.0, 0.2]), np.stack([first, later])[None]),
                  problem, viscosity=0.02)  # fmt: skip
    # The jump lies somewhere between two points.
    assert found.relative_l2[0] < 0.01


X = np.linspace(-1, 1, 17)
ROWS = np.zeros((1, 2, 17))


@pytest.mark.parametrize(
    ("solution", "problem", "options", "named"),
    [
        (Solution(2 * X, TIMES[:2], ROWS), "pinn", {}, "x reaches from -2 to 2; accepted: -1 to 1"),
        (
            Solution(X, TIMES[:2], ROWS),
            "fno_script",
            {},
            "x reaches from -1 to 1",
        ),
        (Solution(np.linspace(0, 0.8, 17), TIMES[:2], ROWS), "fno_script", {}, "period closes"),
        (Solution((X + 1) ** 2 / 4, TIMES[:2], ROWS), "fno_script", {}, "not evenly spaced"),
        (Solution((X + 1) / 2, TIMES[1:3], ROWS), "fno_script", {}, "t begins at 0.1; accepted: 0"),
        (Solution((X + 1) / 2, TIMES[:2], ROWS), "pdebench", {}, "viscosity is None"),
        (Solution(X, TIMES[:2], ROWS), "pinn", {"viscosity": -1.0}, "viscosity has minimum -1"),
    ],
)
def test_what_does_not_fit_is_refused(solution, problem, options, named):
    with pytest.raises(ValueError, match=named):
        audit(solution, problems.get(problem), **options)


def test_the_command_line_audits_a_file(known, tmp_path, capsys):
    path = tmp_path / "mine.npz"
    np.savez(path, x=known.x, t=known.t, usol=known.u[0])
    table = tmp_path / "errors.csv"
    assert main(["audit", str(path), "--problem", "pinn", "--table", str(table)]) == 0
    said = capsys.readouterr().out
    assert "against the exact solution of pinn" in said
    assert "1 realisation at 4 times" in said
    assert len(table.read_text(encoding="utf-8").splitlines()) == 5
    assert main(["audit", str(path), "--problem", "pinn", "--viscosity", "0.02/pi"]) == 0
    error = float(capsys.readouterr().out.split("largest ")[1].split("\n")[0])
    assert error > 0.005


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["audit", "nothing.npz", "--problem", "pinn"], "nothing.npz"),
        (["audit", "nothing.npz", "--problem", "pin"], "problem is 'pin'; accepted: sinus"),
        (["problems", "pin"], "problem is 'pin'"),
    ],
)
def test_the_command_line_says_what_is_wrong(arguments, named, capsys):
    assert main(arguments) == 1
    assert named in capsys.readouterr().err


@pytest.mark.parametrize("target", ["", "mine.npz/table.csv", "mine.npz/deep/table.csv"])
def test_a_table_that_cannot_be_written_is_refused_before_anything_is_read(
    target, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(solution_files, "read", None)
    (tmp_path / "mine.npz").touch()
    call = ["audit", "mine.npz", "--problem", "pinn", "--table", str(tmp_path / target)]
    assert main(call) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("error: ")
    assert str(tmp_path / target) in said


def test_a_viscosity_is_a_number_or_a_part_of_pi(known, tmp_path, capsys):
    path = tmp_path / "mine.npz"
    np.savez(path, x=known.x, t=known.t, usol=known.u[0])
    assert main(["audit", str(path), "--problem", "pinn", "--viscosity", "thick"]) == 1
    assert "viscosity is 'thick'; accepted: a number" in capsys.readouterr().err


def test_problems_are_listed_and_described(capsys):
    assert main(["problems"]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n{name} " in listed for name in problems.names()[1:])
    assert main(["problems", "pinn"]) == 0
    assert "x -> (x + 1) / 2, t -> 0.5 t, Re = 2 / nu" in capsys.readouterr().out
