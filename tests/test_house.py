"""The rooms of the package: who may import whom, and how large anything may be."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from graphlib import TopologicalSorter
from importlib import import_module

import nbformat
import numpy as np
import pytest

import burgers
from burgers import _faces, metrics, problems, profiles
from burgers._faces import FACES, FORMER
from burgers.paths import ROOT
from burgers.studies import cost, forecast_errors, forecasting

PACKAGE = ROOT / "burgers"
# Each floor imports from those before it.
FLOORS = (
    {"_version", "_checks", "_compiled", "_files", "_source", "profiles", "problems", "streams"},
    {"solver", "exact", "metrics", "models", "plots", "paths"},
    {"ensembles"},
    {"studies", "explore"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Rooms of one floor of which the first may import the second.
NEXT_DOOR = {("plots", "metrics"), ("models", "paths"), ("explore", "studies")}
# Above all floors: the front of the package, its command line, and former names.
FRONT = {"", "__main__", "_faces"}
# Who may import what is slow to load, or opens windows.
HEAVY = {
    "keras": {"models"},
    "tensorflow": {"models"},
    "matplotlib": {"plots", "explore"},
    "ipywidgets": {"explore"},
    "dask": {"ensembles"},
    "bayesflow": {"models"},
    "chaospy": {"models"},
}
LINES, FUNCTION_LINES, WORDS = 300, 45, 6


def name_of(path):
    """The dotted name below the package: "solver.kernels", of an `__init__` the package's own."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {name_of(path): ast.parse(path.read_text(encoding="utf-8"))
         for path in sorted(PACKAGE.rglob("*.py"))}  # fmt: skip


def imported(tree):
    """Every dotted name that a module imports, inside of functions too, or names in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who is imported"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}".removeprefix("burgers.")
                yield f"burgers.{inner}" if inner in TREES else node.module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # What is imported by its name in a string is imported all the same.
            found = re.fullmatch(r"burgers(\.\w+)+", node.value)
            if found and node.value.removeprefix("burgers.") in TREES:
                yield node.value


def arrows():
    """From each module to the modules of this package that it imports."""
    found = defaultdict(set)
    for name, tree in TREES.items():
        found[name] |= {
            other.removeprefix("burgers").lstrip(".")
            for other in imported(tree)
            if other.split(".")[0] == "burgers"
        } - {name}
    return found


def room(name):
    return name.split(".")[0]


def test_every_module_is_in_a_room_of_a_floor():
    assert len(FLOORS) <= 4
    assert {room(name) for name in TREES} - FRONT <= FLOOR.keys()


def test_no_arrow_points_upwards_and_neighbours_are_met_at_their_door():
    for name, others in arrows().items():
        for other in others if room(name) not in FRONT else ():
            pair, arrow = (room(name), room(other)), f"{name} -> {other}"
            assert other, f"{name} imports the whole package"
            assert FLOOR[pair[1]] <= FLOOR[pair[0]], f"{arrow} points upwards"
            if FLOOR[pair[0]] == FLOOR[pair[1]] > 0 and pair[0] != pair[1]:
                assert pair in NEXT_DOOR, arrow


def test_no_module_imports_itself_by_way_of_others():
    # The door of a room is on the way to whatever is in it, but a room may look at its own parts.
    graph = {name: {other for other in others if other} for name, others in arrows().items()}
    tuple(TopologicalSorter(graph).static_order())


def test_nothing_is_imported_under_a_name_that_is_computed():
    for name, tree in TREES.items():
        functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        called = {node.id for node in functions if isinstance(node, ast.Name)}
        called |= {node.attr for node in functions if isinstance(node, ast.Attribute)}
        dynamic = {"import_module", "__import__"} & called
        assert not dynamic or name == "_faces", f"{name} calls {dynamic}"


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_is_imported_in_its_room_alone(library):
    users = {room(name) for name, tree in TREES.items() for other in imported(tree)
             if other.split(".")[0] == library}  # fmt: skip
    assert users <= HEAVY[library]


SIDE_EFFECTS = """
import os, warnings
# What these set is theirs.
import matplotlib, numba, numpy, pandas, scipy.special, scipy.stats, sklearn, tqdm, xarray, zarr
import sklearn.neighbors, sklearn.neural_network
def state():
    return dict(matplotlib.rcParams), numpy.geterr(), list(warnings.filters), dict(os.environ)
before = state()
import burgers
from burgers import ensembles, exact, metrics, paths, plots, problems, profiles, solver, streams
assert state() == before
import burgers.models
# TensorFlow's own settings are TensorFlow's.
assert state()[:2] == before[:2]
"""


def test_importing_changes_nothing_of_the_users_but_silences_tensorflow():
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("TF_CPP")}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SIDE_EFFECTS], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr


def test_former_names_lead_to_modules_and_hide_none():
    assert set(FACES.values()) <= TREES.keys()
    assert not FACES.keys() & TREES.keys()


@pytest.mark.parametrize("former", FORMER)
def test_former_names_of_functions_lead_to_them(former):
    face, _, name = former.rpartition(".")
    place, _, present = FORMER[former].rpartition(".")
    found = getattr(import_module(f"burgers.{face}"), name)
    assert found is getattr(import_module(f"burgers.{place}"), present)


@pytest.mark.parametrize("name", _faces.AT_FIRST_USE)
def test_what_takes_long_to_import_is_imported_at_its_first_use(name, monkeypatch):
    found = import_module(f"burgers.{name}")
    monkeypatch.delattr(burgers, name, raising=False)
    assert getattr(burgers, name) is found
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        burgers.nothing  # noqa: B018


def test_several_former_names_of_one_module_do_not_replace_each_other():
    judges = import_module("burgers.judges")
    assert import_module("burgers.moments") is judges
    assert judges.blocks is import_module("burgers.metrics._pool").blocks


def test_former_names_of_methods_and_panels_lead_to_them():
    quick = profiles.get("quick")
    assert quick.recipe("creneau") is quick.of_case("creneau")
    assert forecasting.Forecasters.as_written is forecasting.Forecasters.by_autonomous
    assert import_module("burgers.explore").centres is problems.centres


def test_cells_are_magnified_by_their_former_keyword():
    a, b = np.random.default_rng(0).standard_normal((2, 40, 8)) * np.geomspace(1e-3, 1.0, 8)
    former = metrics.classifier_accuracy(a, b, magnified=True)
    assert former == metrics.c2st(a, b, per_cell=True) != metrics.c2st(a, b)


@pytest.mark.parametrize(
    "function",
    [forecasting.training_set, forecasting.reynolds_given_code, forecasting.Forecasters,
     forecast_errors.reference, forecast_errors.budget, cost.table],
)  # fmt: skip
def test_a_profile_is_given_by_its_former_keyword(function):
    # Of the arguments that are left out the profile is none.
    with pytest.raises(TypeError, match="missing") as caught:
        function(sizes=None)
    assert "profile" not in str(caught.value)


def test_what_never_was_is_not_found_under_a_former_name():
    with pytest.raises(AttributeError, match="has no attribute 'sideways'"):
        import_module("burgers.training").sideways  # noqa: B018
    with pytest.raises(ImportError):
        from burgers.paths import nothing  # noqa: F401


# Their loops are compiled: numba finds the types.
KERNELS = {"solver.kernels", "solver.simd", "solver.stiff", "exact.piecewise", "exact.cole_hopf",
           "exact.jump", "exact.wells", "metrics._kernels"}  # fmt: skip


def public(body):
    """The functions that others may call, and the methods of classes that they may use."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(node.body)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize("name", sorted(TREES.keys() - KERNELS))
def test_whatever_is_public_carries_type_hints(name):
    for function in public(TREES[name].body):
        named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        bare = [
            part.arg for part in named if not part.annotation and part.arg not in ("self", "cls")
        ]
        assert not bare, f"{function.name}: {bare}"
        assert function.returns, function.name


def test_no_module_and_no_function_is_long():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= LINES, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert _body(node) <= FUNCTION_LINES, f"{path}: {node.name}"


def _body(function):
    """The lines of a function without its docstring."""
    first = function.body[0]
    described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    told = first.end_lineno - first.lineno + 1 if described else 0
    return function.end_lineno - function.lineno + 1 - told


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")), ids=lambda p: p.stem
)
def test_a_notebook_says_more_than_it_computes(path, record_property):
    cells = nbformat.read(path, 4).cells
    words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    code = sum(
        bool(line.strip()) for cell in cells if cell.cell_type == "code"
        for line in cell.source.splitlines()
    )  # fmt: skip
    print(f"{path.stem}: {words / code:.1f} words per line of code")
    assert words >= WORDS * code
