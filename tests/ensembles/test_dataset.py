"""Cases and ensembles: distributions of the inputs, reproducibility, reports of damage."""

import contextlib

import numpy as np
import pytest
from scipy import stats

import burgers
from burgers import _files as files
from burgers import problems
from burgers.ensembles import dataset, solving, store

CASES = list(burgers.CASES.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_inputs_follow_their_laws(case):
    inputs = case.sample(100_000, np.random.default_rng(0))
    log_reynolds = np.log(inputs["reynolds"])
    assert log_reynolds.min() >= 4
    assert log_reynolds.max() <= 13
    np.testing.assert_allclose(np.quantile(log_reynolds, [0.25, 0.75]), [6.25, 10.75], atol=0.05)
    if case.random_step:
        np.testing.assert_allclose(
            np.quantile(inputs["step"], [0, 0.5, 1]), [0.1, 0.2, 0.3], atol=2e-3
        )


def test_initial_densities_are_cell_averages():
    fine = burgers.SINUS.initial(4000).reshape(40, 100).mean(axis=1)
    np.testing.assert_allclose(burgers.SINUS.initial(40), fine, atol=1e-14)
    np.testing.assert_allclose(burgers.CRENEAU.initial(5, step=0.2), [1, 1, 0.6, 0.2, 0.2])


@pytest.mark.parametrize("cells", [0, -1, 2.5, None, True])
def test_initial_refuses_an_invalid_number_of_cells(cells):
    with pytest.raises(ValueError, match=rf"cells is {cells}; accepted: a positive integer"):
        burgers.SINUS.initial(cells)


@pytest.mark.parametrize("step", [np.nan, [0.1, np.inf], "0.2", 1j, np.ma.masked])
def test_initial_refuses_a_step_that_is_not_a_number(step):
    with pytest.raises(ValueError, match=r"step .*accepted"):
        burgers.CRENEAU.initial(step=step)


def test_initial_refuses_a_step_where_there_is_none_and_the_reverse():
    with pytest.raises(ValueError, match=r"step is 0\.2"):
        burgers.SINUS.initial(step=0.2)
    with pytest.raises(ValueError, match="step is None"):
        burgers.CRENEAU.initial()


def test_centres_lie_halfway_between_the_edges_of_the_cells():
    edges, centres = problems.edges(400), problems.centres(400)
    assert (edges[0], edges[-1]) == (0.0, 1.0)
    np.testing.assert_allclose(centres, 0.5 * (edges[1:] + edges[:-1]), atol=1e-15)
    for function in (problems.edges, problems.centres):
        with pytest.raises(ValueError, match="cells is 0; accepted: a positive integer"):
            function(0)


def test_final_times_are_the_reports():
    sinus, creneau = burgers.SINUS.final_times(10_000), burgers.CRENEAU.final_times(5825)
    assert (sinus[0], sinus[-1], creneau[0], creneau[-1]) == (0.0001, 0.9999, 0.0001, 0.5824)
    np.testing.assert_allclose(np.diff(sinus), 1e-4, rtol=1e-3)
    np.testing.assert_allclose(np.diff(creneau), 1e-4, rtol=1e-3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_ensembles_describe_themselves_and_are_reproducible(case):
    first = burgers.generate(case, 20, seed=5, cells=100)
    again = burgers.generate(case, 20, seed=5, cells=100)
    other = burgers.generate(case, 20, seed=6, cells=100)
    assert first.density.dims == ("realisation", "x")
    assert first.density.dtype == np.float32
    assert {"x", "reynolds", "final_time"} <= set(first.coords)
    assert ("step" in first.coords) == case.random_step
    assert first.attrs["problem"] == case.name
    assert first.attrs["boundary"] == case.boundary
    assert first.identical(again)
    assert not np.array_equal(first.density, other.density)


def test_fixed_time_is_the_time_of_all():
    ensemble = burgers.generate(burgers.SINUS, 4, final_time=0.4, cells=50)
    assert np.all(ensemble.final_time == 0.4)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_part_of_an_ensemble_is_a_sample_of_the_same_law(case):
    times = burgers.generate(case, 2000, cells=8, seed=3).final_time.values
    np.testing.assert_array_equal(np.sort(times), case.final_times(2000))
    for part in (times[:400], times[-400:], times[::5]):
        assert stats.kstest(part, stats.uniform(times.min(), np.ptp(times)).cdf).pvalue > 1e-3
    again, other = (burgers.generate(case, 2000, cells=8, seed=s).final_time for s in (3, 4))
    assert np.array_equal(again, times)
    assert not np.array_equal(other, times)


def test_a_part_of_an_ensemble_is_judged_as_monte_carlo():
    reference = burgers.generate(burgers.CRENEAU, 1500, cells=50).density.values
    table = burgers.metrics.judge(reference[:300], reference[300:], repeats=1)
    assert table.ratio.drop(["c2st", "c2st_per_cell"]).max() < 4


def test_realisations_are_those_of_the_inputs_drawn_whatever_their_order():
    inputs = burgers.CRENEAU.sample(50, np.random.default_rng(7))
    ensemble = burgers.generate(burgers.CRENEAU, 50, cells=16, seed=7).sortby("final_time")
    for name, values in inputs.items():
        assert np.array_equal(ensemble[name], values)
    given = burgers.CRENEAU.final_times(50)
    in_order = burgers.generate(burgers.CRENEAU, 50, cells=16, seed=7, final_time=given)
    assert np.array_equal(in_order.density, ensemble.density)


@pytest.mark.parametrize("n", [0, -1, 2.5, "3"])
def test_generate_refuses_a_bad_count(n):
    with pytest.raises(ValueError, match="n is"):
        burgers.generate(burgers.SINUS, n)


def test_a_store_whose_problem_has_its_former_name_is_read_and_replaced(tmp_path):
    path, ensemble = tmp_path / "ensemble.zarr", burgers.generate(burgers.SINUS, 3, cells=8)
    dataset.save(ensemble, path)
    former = dataset.open(path)
    former.attrs["case"] = former.attrs.pop("problem")
    store.to_zarr(former, path)
    assert dataset.open(path).attrs["problem"] == "sinus"
    assert "case" not in dataset.open(path).attrs
    dataset.save(ensemble, path)
    assert dataset.open(path).density.identical(ensemble.density)


def test_zarr_round_trip(tmp_path):
    ensemble = burgers.generate(burgers.CRENEAU, 10, cells=50)
    dataset.save(ensemble, tmp_path / "a.zarr")
    dataset.save(ensemble, tmp_path / "a.zarr")
    assert dataset.open(tmp_path / "a.zarr").identical(ensemble)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


def test_missing_damaged_and_foreign_stores_are_named(repository):
    path = repository / "data" / "quick" / "a.zarr"
    with pytest.raises(ValueError, match=r"a\.zarr is missing; .*make data PROFILE=quick"):
        dataset.open(path)
    dataset.save(burgers.generate(burgers.SINUS, 10, cells=50), path)
    chunk = next(p for p in (path / "density" / "c").rglob("*") if p.is_file())
    chunk.write_bytes(chunk.read_bytes()[:20])
    with pytest.raises(ValueError, match=r"a\.zarr cannot be read.*make data PROFILE=quick"):
        dataset.open(path)
    chunk.unlink()
    with pytest.raises(ValueError, match=r"a\.zarr is damaged.*make data PROFILE=quick"):
        dataset.open(path)
    foreign = burgers.generate(burgers.SINUS, 10, cells=50).drop_attrs()
    foreign.to_zarr(path, mode="w", consolidated=False)
    with pytest.raises(ValueError, match=r"a\.zarr is not an ensemble.*make data PROFILE=quick"):
        dataset.open(path)


@pytest.mark.parametrize(
    "wrong", [None, np.ones((2, 3)), burgers.generate(burgers.SINUS, 2).density]
)
def test_what_is_no_ensemble_is_not_saved(wrong, tmp_path):
    with pytest.raises(ValueError, match=r"dataset is a \w+; accepted"):
        dataset.save(wrong, tmp_path / "a.zarr")
    lacking = burgers.generate(burgers.CRENEAU, 2).drop_vars("step").drop_attrs()
    with pytest.raises(ValueError, match=r"dataset lacks boundary, cfl, problem, .*; accepted"):
        dataset.save(lacking, tmp_path / "a.zarr")
    ensemble = burgers.generate(burgers.SINUS, 4, cells=8)
    for wrong in (ensemble.isel(realisation=0), ensemble.transpose(), ensemble.isel(x=0)):
        with pytest.raises(ValueError, match="density has dimensions"):
            dataset.save(wrong, tmp_path / "a.zarr")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("chunks", [None, 5])
@pytest.mark.parametrize(
    ("scheme", "cfl"),
    [("exact", 0.0), ("exact", 1.1), ("exact", np.nan), ("exact", "large"), ("muscl", 1.0),
     ("rusanov", -1.0), ("rusanov", True)],
)  # fmt: skip
def test_a_bad_courant_number_is_refused_before_anything_is_solved(
    scheme, cfl, chunks, monkeypatch
):
    monkeypatch.setattr(solving, "solved", None)
    with pytest.raises(ValueError, match=r"^cfl is .*accepted"):
        burgers.generate(burgers.SINUS, 10, scheme=scheme, cfl=cfl, chunks=chunks)


def test_npy_round_trip_and_damage(repository):
    path = repository / "data" / "report" / "a.npy"
    ensemble = burgers.generate(burgers.SINUS, 10)
    dataset.export_npy(ensemble, path)
    assert np.array_equal(dataset.load_npy(path), ensemble.density)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"a\.npy cannot be read.*make data PROFILE=report"):
        dataset.load_npy(path)
    np.save(path, np.zeros((3, 7)))
    with pytest.raises(ValueError, match=r"holds shape \(3, 7\)"):
        dataset.load_npy(path)


def test_arrays_that_are_no_densities_are_told_as_they_are(tmp_path):
    path = tmp_path / "a.npy"
    with path.open("wb") as stream:
        np.savez(stream, a=np.ones((2, 400)), b=np.ones(3))
    with pytest.raises(ValueError, match=r"a\.npy holds several arrays; accepted: a \.npy file"):
        dataset.load_npy(path)
    for wrong, message in [
        (np.zeros((2, 400), dtype=complex), "real numbers"),
        (np.full((2, 400), "a"), "real numbers"),
        (np.array([[0.0] * 400, [np.nan] * 400]), "contains nan in row 1"),
        (np.zeros(400, dtype="f4,i4"), r"holds shape \(400,\)"),
    ]:
        np.save(path, wrong)
        with pytest.raises(ValueError, match=message):
            dataset.load_npy(path)
    np.save(path, np.zeros((2, 400), dtype="f4,i4"))
    with pytest.raises(ValueError, match="real numbers"):
        dataset.load_npy(path)


def test_a_pickle_is_never_loaded(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([{"not": "a density"}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="cannot be read"):
        dataset.load_npy(path)


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with contextlib.suppress(KeyboardInterrupt), files.written_whole(path) as part:
        part.write_text("half of the new", encoding="utf-8")
        raise KeyboardInterrupt
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_unknown_profile_is_refused_by_name():
    with pytest.raises(ValueError, match="profile is 'huge'; accepted: quick, report, quick_muscl"):
        burgers.profiles.get("huge")


def test_an_ensemble_is_the_same_bytes_however_it_is_chunked(monkeypatch):
    whole = burgers.generate(burgers.CRENEAU, 50, seed=3, cells=64)
    monkeypatch.setattr(solving, "CHUNK", 7)
    chunked = burgers.generate(burgers.CRENEAU, 50, seed=3, cells=64)
    assert whole.identical(chunked)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"problem": "sinus"}, "problem is 'sinus'; accepted: burgers.SINUS, burgers.CRENEAU, "),
        ({"n": 0}, "n is 0; accepted: a positive integer"),
        ({"n": True}, "n is True"),
        ({"cells": 2}, "cells is 2; accepted: an integer of at least 3"),
        ({"final_time": [0.1, 0.2]}, r"final_time has shape \(2,\); accepted: scalar or \(5,\)"),
        ({"final_time": -1.0}, "final_time has minimum -1.0"),
        ({"scheme": "weno"}, "scheme is 'weno'; accepted: rusanov, muscl"),
    ],
)
def test_bad_input_of_an_ensemble_is_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        burgers.generate(**{"problem": burgers.SINUS, "n": 5, **arguments})


@pytest.mark.parametrize("name", ["quick", "report"])
def test_every_profile_has_a_twin_of_second_order(name):
    plain, twin = burgers.profiles.get(name), burgers.profiles.get(f"{name}_muscl")
    assert (plain.scheme, twin.scheme) == ("rusanov", "muscl")
    assert plain.sinus == twin.sinus
    assert plain.sample_sizes == twin.sample_sizes
