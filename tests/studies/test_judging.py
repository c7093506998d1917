"""The judge takes arrays, files, ensembles and problems, and its table of results loses no row."""

import re
import subprocess
import sys
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import burgers
from burgers import __main__ as command
from burgers import metrics
from burgers.studies import judging, results

CELLS, N = 20, 120
# Without classifiers, which take most of the time.
FAST = ("mean_error", "wasserstein", "front_position", "energy")
OPTIONS = {"repeats": 19, "measures": FAST}


@pytest.fixture(scope="module")
def ensemble():
    return burgers.generate(burgers.CRENEAU, N, seed=3, cells=CELLS, scheme="exact")


@pytest.fixture(scope="module")
def others():
    return burgers.generate(burgers.CRENEAU, 4 * N, seed=4, cells=CELLS, scheme="exact")


def test_a_problem_is_a_reference_at_all_times(ensemble):
    card = burgers.judge(ensemble.density.values, burgers.CRENEAU, **OPTIONS)
    assert list(card.index) == list(FAST)
    assert (card.p > 0.05).all()
    late = ensemble.density.values[ensemble.final_time.values > 0.3]
    assert burgers.judge(late, burgers.CRENEAU, **OPTIONS).p["front_position"] == 0.05


def test_a_problem_is_a_reference_at_one_time():
    found = burgers.generate(
        burgers.CRENEAU, N, final_time=0.2, seed=3, cells=CELLS, scheme="exact"
    )
    for time in (0.2, np.array(0.2), np.full(N, 0.2)):
        card = burgers.judge(found.density.values, burgers.CRENEAU, final_time=time, **OPTIONS)
        assert (card.p > 0.05).all()
        assert card.index.names == ["measure"]
    pd.testing.assert_frame_equal(burgers.judge(found, burgers.CRENEAU, **OPTIONS), card)
    wrong = burgers.judge(found.density.values, burgers.CRENEAU, final_time=0.4, **OPTIONS)
    assert wrong.p["front_position"] == 0.05


def test_densities_of_many_times_are_judged_in_intervals_of_time_too(ensemble):
    density, times = ensemble.density.values, ensemble.final_time.values
    card = burgers.judge(density, burgers.CRENEAU, final_time=times, **OPTIONS)
    assert card.index.names == ["time", "measure"]
    labels = list(card.index.unique("time"))
    assert labels[0] == "all"
    assert len(labels) == 1 + judging.INTERVALS
    ends = [tuple(map(float, label.split(" to "))) for label in labels[1:]]
    assert ends == sorted(ends)
    assert all(low < high <= after for (low, high), (after, _) in pairwise(ends))
    for label in labels:
        assert list(card.loc[label].index) == list(FAST)
    assert (card.loc["all"].p > 0.05).all()
    pd.testing.assert_frame_equal(burgers.judge(ensemble, burgers.CRENEAU, **OPTIONS), card)


def test_a_fault_at_late_times_alone_is_found_there(ensemble, others):
    late = ensemble.final_time.values > 0.48
    changed = ensemble.copy(deep=True)
    changed.density[late] = np.roll(changed.density.values[late], 4, axis=1)
    card = burgers.judge(changed, others, **OPTIONS)
    p = card.p.xs("front_position", level="measure")
    assert p.iloc[-1] == 0.05
    assert (p.iloc[1:4] > 0.05).all()


def test_slow_measures_are_given_for_all_times_alone(ensemble, others):
    card = burgers.judge(ensemble, others, repeats=3, measures=("energy", "c2st"))
    assert list(card.loc["all"].index) == ["energy", "c2st"]
    assert list(card.loc[card.index.unique("time")[1]].index) == ["energy"]
    alone = burgers.judge(ensemble, others, repeats=3, measures=("c2st",))
    assert set(alone.index.get_level_values("measure")) == {"c2st"}


def test_datasets_are_judged_as_their_densities(ensemble, others):
    found = burgers.judge(ensemble, others, others.isel(realisation=slice(40)), **OPTIONS)
    plain = burgers.judge(
        ensemble.density.values, others.density.values, others.density.values[:40], **OPTIONS
    )
    pd.testing.assert_frame_equal(found.loc["all"], plain)


def test_the_same_seed_gives_the_same_card(ensemble):
    cards = [burgers.judge(ensemble.density, burgers.CRENEAU, seed=s, **OPTIONS) for s in (1, 1, 2)]
    pd.testing.assert_frame_equal(cards[0], cards[1])
    assert not cards[0].equals(cards[2])


@pytest.mark.parametrize(
    ("time", "message"),
    [
        (np.ones(7), r"^final_time has shape .(7,.)"),
        (np.ones((N, 1)), r"^final_time has shape \(120, 1\)"),
        ([], r"^final_time has shape \(0,\)"),
        (-0.1, "^final_time has minimum -0.1"),
        (np.nan, "^final_time contains nan"),
        ("0.2", "^final_time is '0.2'"),
        (np.full(N, np.inf), "^final_time"),
    ],
)
def test_bad_times_are_refused_by_name(ensemble, time, message):
    with pytest.raises(ValueError, match=f"{message}.*accepted"):
        burgers.judge(ensemble.density.values, burgers.CRENEAU, final_time=time, **OPTIONS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generated": xr.Dataset()}, "^generated has no variable density"),
        ({"generated": np.ones(5)}, r"^generated has shape \(5,\)"),
        ({"generated": np.ones((0, 5))}, r"^generated has shape \(0, 5\)"),
        ({"generated": np.ones((5, 2))}, "^generated has 5 realisations of 2 cells"),
        ({"generated": np.full((5, 8), np.nan)}, "^generated contains nan"),
        ({"generated": None}, "^generated is None"),
        ({"generated": "file.npy"}, "^generated is 'file.npy'"),
        ({"generated": burgers.CRENEAU}, "^generated is "),
        ({"reference": "creneau"}, "^reference is 'creneau'"),
        ({"reference": xr.Dataset()}, "^reference has no variable density"),
        ({"training": np.ones((3, 9))}, "^generated has 20 cells and training 9"),
        ({"seed": -1}, "^seed is -1"),
        ({"repeats": 0}, "^repeats is 0"),
        ({"measures": ("nonsense",)}, "^measures is 'nonsense'"),
        ({"measures": 3}, "^measures is 3"),
    ],
)
def test_bad_input_is_refused_by_name_before_anything_is_solved(
    ensemble, arguments, message, monkeypatch
):
    monkeypatch.setattr(judging, "exact_sample", lambda *_: pytest.fail("solved"))
    good = {"generated": ensemble.density.values, "reference": burgers.CRENEAU, **OPTIONS}
    with pytest.raises(ValueError, match=f"{message}.*accepted"):
        burgers.judge(**{**good, **arguments})


def test_files_of_one_array_are_read_as_they_are(ensemble, tmp_path):
    density, times = ensemble.density.values, ensemble.final_time.values
    np.save(tmp_path / "one.npy", density)
    np.savez(tmp_path / "one.npz", anything=density)
    for name in ("one.npy", "one.npz"):
        found = judging.read(tmp_path / name)
        np.testing.assert_array_equal(found.density, density)
        assert found.times is None
    np.savez(tmp_path / "several.npz", final_time=times, other=np.ones(3), density=density)
    found = judging.read(str(tmp_path / "several.npz"))
    np.testing.assert_array_equal(found.density, density)
    np.testing.assert_array_equal(found.times, times)


def test_stores_are_read_ours_and_others(ensemble, tmp_path):
    burgers.dataset.save(ensemble, tmp_path / "ours.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = xr.Dataset({"u": (("n", "x"), ensemble.density.values)})
        plain.to_zarr(tmp_path / "plain.zarr")
    found = judging.read(tmp_path / "ours.zarr")
    np.testing.assert_array_equal(found.density, ensemble.density.values)
    np.testing.assert_array_equal(found.times, ensemble.final_time.values)
    found = judging.read(tmp_path / "plain.zarr")
    np.testing.assert_array_equal(found.density, ensemble.density.values)
    assert found.times is None


def bad_files(folder):
    """Name and contents of files that hold no sample, and what is said of them."""
    np.save(folder / "whole.npy", np.ones((30, 8)))
    whole = (folder / "whole.npy").read_bytes()
    np.save(folder / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    np.savez(folder / "two.npz", a=np.ones((3, 4)), b=np.ones((3, 4)))
    np.savez(folder / "none.npz")
    np.savez(folder / "times.npz", density=np.ones((3, 4)), final_time=np.ones(2))
    np.save(folder / "nan.npy", np.full((3, 4), np.nan))
    np.save(folder / "flat.npy", np.ones(4))
    archive = (folder / "two.npz").read_bytes()
    (folder / "renamed.npy").write_bytes(archive)
    (folder / "short.npy").write_bytes(whole[:-40])
    (folder / "empty.npy").write_bytes(b"")
    (folder / "text.npy").write_bytes(b"1, 2, 3\n4, 5, 6\n")
    (folder / "short.npz").write_bytes(archive[: len(archive) // 2])
    (folder / "array.npz").write_bytes(whole)
    (folder / "data.csv").write_text("1,2\n", encoding="utf-8")
    (folder / "folder.zarr").mkdir()
    (folder / "plain").mkdir()
    store = xr.Dataset({"a": ("x", np.ones(3)), "b": ("x", np.ones(3))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store.to_zarr(folder / "two.zarr")
    return [
        "missing.npy", "missing.npz", "missing.zarr", "objects.npy", "two.npz", "none.npz",
        "renamed.npy", "short.npy", "empty.npy", "text.npy", "short.npz", "array.npz", "data.csv",
        "folder.zarr", "plain", "two.zarr", "times.npz", "nan.npy", "flat.npy",
    ]  # fmt: skip


def test_files_that_hold_no_sample_are_refused_by_name(tmp_path, capsys):
    for name in bad_files(tmp_path):
        place = tmp_path / name
        with pytest.raises(ValueError, match=f"(?s)^{re.escape(str(place))}.*accepted"):
            judging.read(place)
        assert command.main(["judge", str(place), "--problem", "creneau"]) == 1
        shown = capsys.readouterr()
        assert shown.err.startswith("error: ")
        assert "Traceback" not in shown.err
        assert shown.out == ""
    for place in (None, 3, "", "https://example.org/a.npy"):
        with pytest.raises(ValueError, match=r"^path is .*accepted"):
            judging.read(place)


def card_of(value=1.0):
    table = pd.DataFrame(
        {"value": [value, 2 * value], "floor": [0.5, 0.5], "ratio": [2 * value, 4 * value],
         "low": [0.1, 0.1], "high": [0.9, 0.9], "p": [0.3, 0.4]},
        index=["energy", "mass"],
    )  # fmt: skip
    return table.rename_axis("measure")


def rows_of(value=1.0, **options):
    return results.rows(card_of(value), problem="creneau", **options)


def test_entries_are_appended_and_replaced(tmp_path):
    file = tmp_path / "new" / "results.csv"
    results.append(rows_of(1.0), file)
    first = burgers.results(file)
    assert tuple(first.columns) == results.COLUMNS
    assert list(first.measure) == ["energy", "mass"]
    assert set(first.time) == {"all"}
    assert list(first.value) == [1.0, 2.0]
    others = ({"entrant": "b"}, {"time": 0.2}, {"densities": 10}, {"seed": 5})
    for number, change in enumerate(others, start=2):
        results.append(rows_of(float(number), **change), file)
        assert len(burgers.results(file)) == 2 * number
    results.append(rows_of(7.0, time=0.2), file)
    table = burgers.results(file)
    assert len(table) == 10
    assert list(table.value[table.time == "0.2"]) == [7.0, 14.0]
    assert list(table.value[table.entrant == "b"]) == [2.0, 4.0]
    assert [path.name for path in file.parent.iterdir()] == ["results.csv"]


def test_an_entry_alone_in_its_table_is_replaced(tmp_path):
    results.append(rows_of(1.0), tmp_path / "results.csv")
    results.append(rows_of(3.0), tmp_path / "results.csv")
    assert list(burgers.results(tmp_path / "results.csv").value) == [3.0, 6.0]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"", b"\xff\xfe\x00", b"no table"])
def test_what_is_no_table_of_results_is_refused_and_stays_as_it_is(tmp_path, content):
    file = tmp_path / "mine.csv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=rf"^{re.escape(str(file))} .*accepted"):
        results.append(rows_of(), file)
    assert file.read_bytes() == content
    with pytest.raises(ValueError, match=rf"^{re.escape(str(tmp_path))}.*accepted"):
        burgers.results(tmp_path / "missing.csv")


APPENDING = """
import sys
import pandas as pd
from burgers.studies import results
card = pd.DataFrame({name: [1.0] for name in ("value", "floor", "low", "high", "p")},
                    index=pd.Index(["energy"], name="measure"))
for seed in range(25):
    results.append(results.rows(card, problem="creneau", entrant=sys.argv[1], seed=seed),
                   sys.argv[2])
"""


def test_two_processes_that_append_at_once_lose_nothing(tmp_path):
    file = tmp_path / "results.csv"
    running = [
        subprocess.Popen([sys.executable, "-c", APPENDING, name, str(file)]) for name in "ab"
    ]
    assert [process.wait(120) for process in running] == [0, 0]
    table = burgers.results(file)
    assert len(table) == 50
    assert set(zip(table.entrant, table.seed, strict=True)) == {
        (name, seed) for name in "ab" for seed in range(25)
    }


def test_the_command_line_judges_a_file_draws_it_and_adds_it_to_a_table(ensemble, tmp_path, capsys):
    np.savez(tmp_path / "mine.npz", density=ensemble.density, final_time=ensemble.final_time)
    table, figure = tmp_path / "results.csv", tmp_path / "card.png"
    call = ["judge", str(tmp_path / "mine.npz"), "--problem", "creneau", "--repeats", "9"]
    for entrant in ("one", "two", "one"):
        added = ["--append", str(table), "--figure", str(figure), "--entrant", entrant]
        assert command.main([*call, *added]) == 0
    shown = capsys.readouterr().out
    assert "exact densities of creneau" in shown
    assert all(name in shown for name in ("energy", "c2st_trees", "resolution"))
    assert figure.read_bytes().startswith(b"\x89PNG")
    found = burgers.results(table)
    measures = [name for name in metrics.MEASURES if name != "nearest_neighbour_ratio"]
    assert sorted(found.measure) == sorted(2 * measures)
    assert set(found.entrant) == {"one", "two"}
    assert set(found.problem) == {"creneau"}


def test_the_command_line_judges_one_time_and_a_training_sample(tmp_path, capsys):
    found = burgers.generate(burgers.CRENEAU, 60, final_time=0.2, seed=3, cells=CELLS)
    np.save(tmp_path / "mine.npy", found.density.values)
    table, file = tmp_path / "results.csv", str(tmp_path / "mine.npy")
    call = ["judge", file, "--problem", "creneau", "--time", "0.2", "--repeats", "9"]
    assert command.main([*call, "--training", file, "--append", str(table)]) == 0
    rows = burgers.results(table).set_index("measure")
    assert set(rows.time) == {"0.2"}
    assert set(rows.densities) == {60}
    assert rows.value["nearest_neighbour_ratio"] == 0
    assert rows.p["nearest_neighbour_ratio"] == 0.1
    assert "nearest_neighbour_ratio" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        ["--problem", "nonsense"], ["--time", "-1"], ["--time", "nan"], ["--repeats", "0"],
        ["--seed", "-1"], ["--training", "missing.npy"],
    ],
)  # fmt: skip
def test_a_bad_option_ends_the_command_with_one_line(tmp_path, capsys, monkeypatch, change):
    monkeypatch.chdir(tmp_path)
    np.save("mine.npy", np.random.default_rng(0).uniform(size=(8, 6)))
    call = ["judge", "mine.npy", "--problem", "creneau", "--repeats", "3", *change]
    assert command.main(call) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("error: ")
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize("option", ["--append", "--figure"])
@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("folder", "folder, which is a folder"), ("foreign.csv/deep/mine", "mine was not written"),
        ("https://results.csv", "path is 'https://results.csv'; accepted"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path, capsys, monkeypatch, option, target, named
):
    assert_refused_unread(tmp_path, capsys, monkeypatch, [option, target], named)


def test_a_table_of_others_is_refused_before_anything_is_read(tmp_path, capsys, monkeypatch):
    change, named = ["--append", "foreign.csv"], "foreign.csv has columns a, b; accepted"
    assert_refused_unread(tmp_path, capsys, monkeypatch, change, named)


def assert_refused_unread(folder, capsys, monkeypatch, change, named):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(judging, "read", None)
    (folder / "folder").mkdir()
    (folder / "foreign.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert command.main(["judge", "mine.npy", "--problem", "creneau", *change]) == 1
    (shown,) = capsys.readouterr().err.splitlines()
    assert shown.startswith("error: ")
    assert named in shown
    assert (folder / "foreign.csv").read_text(encoding="utf-8") == "a,b\n1,2\n"
    assert {path.name for path in folder.rglob("*")} == {"folder", "foreign.csv"}
