"""A random problem in the tools of others: they find what the exact solution says."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.stats
import xarray as xr

import burgers
from burgers import exact, problems
from burgers.plots.shares import variance_shares
from burgers.studies import doors

CELLS = 100
X = problems.centres(CELLS)


@pytest.fixture(scope="module")
def creneau():
    return doors.quantity(burgers.CRENEAU, cells=CELLS, scheme="exact")


@pytest.fixture(scope="module")
def law():
    return exact.moments(burgers.CRENEAU, cells=CELLS)


@pytest.fixture(scope="module")
def indices(creneau):
    return scipy.stats.sobol_indices(
        func=creneau.columns, n=1024, dists=list(creneau.laws.values()), rng=1
    )


def vectors(law):
    """A problem whose initial density has two random modes, beside a random Reynolds number."""
    return burgers.Problem(
        name="modes",
        inputs={"reynolds": scipy.stats.loguniform(10, 100), "sizes": law},
        initial=lambda cells, reynolds, sizes: sizes @ np.sin(
            2 * np.pi * np.outer([1, 2], problems.centres(cells))
        ),
        boundary="periodic",
        times=(0.0, 0.5),
    )  # fmt: skip


class Pair:
    """Two independent numbers, uniform on [0, 1] and on [2, 4]."""

    def rvs(self, size, random_state):
        return self.ppf(random_state.uniform(size=(size, 2)))

    def ppf(self, q):
        return np.array([0.0, 2.0]) + np.array([1.0, 2.0]) * q


@pytest.mark.parametrize("scheme", doors.SCHEMES)
def test_a_quantity_is_the_density_at_its_inputs(scheme):
    f = doors.quantity(burgers.CRENEAU, cells=40, scheme=scheme)
    assert f.names == ("reynolds", "step", "time")
    found = f.rows([[200.0, 0.2, 0.3], [1e4, 0.1, 0.1]])
    if scheme == "exact":
        wanted = exact.density(
            burgers.CRENEAU, [0.3, 0.1], reynolds=[200.0, 1e4], step=[0.2, 0.1], cells=40
        )
    else:
        initial = burgers.CRENEAU.initial(40, step=np.array([0.2, 0.1]))
        wanted = burgers.solve(
            initial, [200.0, 1e4], [0.3, 0.1], boundary="outflow", scheme=scheme
        )  # fmt: skip
    np.testing.assert_array_equal(found, wanted)


def test_rows_and_columns_are_each_others_transposes_and_one_realisation_is_a_vector(creneau):
    inputs = creneau.inputs_at(np.random.default_rng(0).uniform(size=(5, 3)))
    np.testing.assert_array_equal(creneau.columns(inputs.T), creneau.rows(inputs).T)
    np.testing.assert_array_equal(creneau.rows(inputs[2]), creneau.rows(inputs)[2])
    np.testing.assert_array_equal(creneau.columns(inputs[2]), creneau.rows(inputs)[2])


def test_a_given_time_is_no_input():
    f = doors.quantity(burgers.SINUS, time=0.4, cells=20)
    assert f.names == ("reynolds",)
    with_time = doors.quantity(burgers.SINUS, cells=20)
    np.testing.assert_array_equal(f.rows([[50.0]]), with_time.rows([[50.0, 0.4]]))


def test_without_random_inputs_the_time_is_left():
    f = doors.quantity(problems.get("pinn"), cells=20)
    assert f.names == ("time",)
    assert doors.quantity(problems.get("pinn"), time=0.3, cells=20).rows(
        np.empty((2, 0))
    ).shape == (2, 20)  # fmt: skip


@pytest.mark.parametrize("name", problems.names())
def test_the_laws_are_those_of_the_problem(name):
    problem = problems.get(name)
    f = doors.quantity(problem, cells=8)
    assert tuple(f.laws) == f.names
    inputs, times = exact.sobol(problem, 8, seed=3)
    columns = [rows.reshape(8, -1) for rows in inputs.values()]
    random_time = [times[:, None]] if f.names[-1:] == ("time",) else []
    wanted = np.concatenate([*columns, *random_time], axis=1)
    quantiles = scipy.stats.qmc.Sobol(len(f.names), rng=np.random.default_rng(3)).random(8)
    np.testing.assert_allclose(f.inputs_at(quantiles), wanted, rtol=1e-12, atol=1e-12)


def test_components_of_a_vector_are_inputs_with_laws_of_their_own():
    f = doors.quantity(vectors(Pair()), time=0.1, cells=16)
    assert f.names == ("reynolds", "sizes_0", "sizes_1")
    np.testing.assert_allclose(f.inputs_at([[0.5, 0.5, 0.5]]), [[np.sqrt(1e3), 0.5, 3.0]])
    draws = f.laws["sizes_1"].rvs(1000, random_state=1)
    assert 2.0 <= draws.min() < 2.1 < 3.9 < draws.max() <= 4.0
    turned = f.rows([[20.0, 0.3, 2.5]]), f.rows([[20.0, 2.5, 0.3]])
    assert np.abs(turned[0] - turned[1]).max() > 0.5


def test_dependent_components_can_be_evaluated_but_have_no_laws():
    f = doors.quantity(vectors(scipy.stats.multivariate_normal(cov=[[1, 0.5], [0.5, 1]])), time=0.1)
    assert f.rows([[20.0, 0.3, 0.1]]).shape == (1, 400)
    with pytest.raises(ValueError, match=r"inputs\['sizes'\] is .*without ppf; accepted"):
        f.laws  # noqa: B018


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": -1.0}, "time has minimum -1.0"),
        ({"time": [0.1, 0.2]}, "time is .*; accepted: one finite number"),
        ({"cells": 2}, "cells is 2; accepted"),
        ({"scheme": "upwind"}, "scheme is 'upwind'; accepted: muscl, rusanov, exact"),
    ],
)
def test_what_is_no_quantity_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        doors.quantity(burgers.SINUS, **options)
    with pytest.raises(ValueError, match="problem is 'sinus'; accepted"):
        doors.quantity("sinus")


def test_bad_inputs_are_refused_by_name(creneau):
    with pytest.raises(ValueError, match=r"inputs has shape \(3, 2\); accepted: \(n, 3\) or"):
        creneau.rows(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"inputs has shape \(2, 3\); accepted: \(3, n\) or"):
        creneau.columns(np.ones((2, 3)))
    with pytest.raises(ValueError, match="inputs contains nan in row 0"):
        creneau.rows([[np.nan, 0.2, 0.1]])
    with pytest.raises(ValueError, match="reynolds has minimum -1"):
        creneau.rows([[-1.0, 0.2, 0.1]])
    with pytest.raises(ValueError, match=r"quantiles reaches 1.5 in row 0; accepted: from 0 to 1"):
        creneau.inputs_at([[0.5, 0.5, 1.5]])


def test_the_variance_of_a_creneau_is_due_to_the_step_ahead_of_all_fronts(indices, creneau):
    of = dict(zip(creneau.names, indices.first_order[-1], strict=True))
    assert of["step"] > 0.98
    assert abs(of["reynolds"]) + abs(of["time"]) < 0.02
    # Behind the fronts it is the time at which they pass that matters.
    assert indices.first_order[60, creneau.names.index("time")] > 0.9


def test_salib_finds_the_same_shares_within_their_scatter(indices, creneau, law):
    sampling = pytest.importorskip("SALib.sample.sobol")
    from SALib.analyze import sobol

    asked = {"num_vars": 3, "names": list(creneau.names), "bounds": [[0, 1]] * 3}
    quantiles = sampling.sample(asked, 1024, calc_second_order=False, seed=2)
    values = creneau.rows(creneau.inputs_at(quantiles))
    for cell in np.flatnonzero(law.std > 0.1 * law.std.max())[::6]:
        found = sobol.analyze(
            asked, values[:, cell], calc_second_order=False, num_resamples=50, seed=3
        )
        # The 95 % intervals, of two estimates; low-discrepancy points do better than they say.
        for ours, theirs, scatter in (
            (indices.first_order, "S1", "S1_conf"), (indices.total_order, "ST", "ST_conf"),
        ):  # fmt: skip
            assert np.all(np.abs(ours[cell] - found[theirs]) < np.sqrt(2) * found[scatter] + 0.01)


def test_shares_are_drawn_and_cells_without_variance_are_blank(indices, creneau, law, tmp_path):
    figure = variance_shares(
        X, indices.first_order, indices.total_order, creneau.names, "creneau", std=law.std
    )
    left, right = figure.axes
    drawn = right.lines[2].get_ydata()
    assert np.isnan(drawn[:40]).all()
    assert np.isfinite(drawn[law.std > 0.011 * law.std.max()]).all()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [*creneau.names, "together"]
    assert len(left.collections) == 4
    burgers.plots.save_figure(figure, tmp_path / "shares.png")
    assert (tmp_path / "shares.png").stat().st_size > 10_000


def test_shares_of_another_shape_are_refused(indices, creneau):
    first, total = indices.first_order, indices.total_order
    with pytest.raises(ValueError, match=r"total has shape \(3, 100\); accepted: \(100, 3\)"):
        variance_shares(X, first, total.T, creneau.names)
    with pytest.raises(ValueError, match=r"std has shape \(3,\); accepted: \(100,\)"):
        variance_shares(X, first, total, creneau.names, std=np.ones(3))


def test_openturns_estimates_the_exact_mean(creneau, law):
    ot = pytest.importorskip("openturns")
    laws = [ot.Distribution(ot.SciPyDistribution(part)) for part in creneau.laws.values()]
    joint = ot.JointDistribution(laws)
    function = ot.PythonFunction(3, CELLS, func_sample=creneau.rows)
    points = ot.LowDiscrepancyExperiment(ot.SobolSequence(3), joint, 1024).generate()
    mean = np.array(function(points).computeMean())
    assert burgers.metrics.relative_error(mean, law.mean) < 1e-3
    np.testing.assert_array_equal(np.array(function(points[7])), creneau.rows(points[7]))


def test_chaospy_expands_in_the_quantiles_with_the_exact_mean(creneau, law):
    chaospy = pytest.importorskip("chaospy")
    joint = chaospy.Iid(chaospy.Uniform(0, 1), 3)
    nodes = joint.sample(512, rule="sobol")  # (numbers, n)
    expansion = chaospy.generate_expansion(5, joint)
    fit = chaospy.fit_regression(expansion, nodes, creneau.rows(creneau.inputs_at(nodes.T)))
    assert burgers.metrics.relative_error(chaospy.E(fit, joint), law.mean) < 2e-3


def test_chaospy_takes_columns_as_they_are():
    chaospy = pytest.importorskip("chaospy")
    f = doors.quantity(burgers.SINUS, cells=50, scheme="exact")
    law = chaospy.J(chaospy.LogUniform(4, 13), chaospy.Uniform(*burgers.SINUS.times))
    assert f.columns(law.sample(8, rule="sobol")).shape == (50, 8)


def test_xarray_applies_the_solver_chunk_by_chunk():
    pytest.importorskip("dask")
    step = xr.DataArray(np.linspace(0.1, 0.3, 12), dims="realisation").chunk(realisation=5)
    initial = xr.apply_ufunc(
        lambda a: burgers.CRENEAU.initial(40, step=a), step, output_core_dims=[["x"]],
        dask="parallelized", output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"x": 40}},
    )  # fmt: skip
    reynolds = xr.DataArray(np.geomspace(50, 1e4, 12), dims="realisation").chunk(realisation=5)
    found = xr.apply_ufunc(
        burgers.solve, initial, reynolds, 0.2, input_core_dims=[["x"], [], []],
        output_core_dims=[["x"]], kwargs={"boundary": "outflow", "scheme": "muscl"},
        dask="parallelized", output_dtypes=[float],
    )  # fmt: skip
    assert found.chunks is not None
    wanted = burgers.solve(
        burgers.CRENEAU.initial(40, step=step.values), reynolds.values, 0.2,
        boundary="outflow", scheme="muscl",
    )  # fmt: skip
    np.testing.assert_array_equal(found.values, wanted)


@pytest.mark.parametrize("library", ["torch", "jax.numpy"])
def test_arrays_of_other_libraries_come_in(library, creneau):
    array = pytest.importorskip(library).asarray
    initial = burgers.SINUS.initial(20).astype(np.float32)
    options = {"boundary": "periodic", "scheme": "muscl"}
    found = burgers.solve(array(initial), array(np.float32([50.0])), 0.3, **options)
    np.testing.assert_array_equal(found, burgers.solve(initial, [50.0], 0.3, **options))
    rows = np.float32([[50.0, 0.25, 0.5]])
    np.testing.assert_array_equal(creneau.rows(array(rows)), creneau.rows(rows))


def test_a_tensor_that_carries_derivatives_is_refused_by_name():
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match=r"initial is tensor.*; accepted: real numbers"):
        burgers.solve(torch.zeros(20, requires_grad=True), 50.0, 0.3, boundary="periodic")


class Exchanged:
    """An array that can be had by DLPack alone, on the processor or on an accelerator."""

    def __init__(self, array, on_processor=True):
        self.array, self.on_processor = array, on_processor

    def __dlpack__(self, **options):
        if not self.on_processor:
            raise BufferError("not in the memory of the processor")
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__() if self.on_processor else (2, 0)


class OnAccelerator:
    """An array that refuses to be copied unasked, as CuPy's."""

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")


def test_an_array_known_by_dlpack_alone_comes_in(creneau):
    inputs = np.array([[50.0, 0.25, 0.5]])
    np.testing.assert_array_equal(creneau.rows(Exchanged(inputs)), creneau.rows(inputs))


def test_an_array_elsewhere_is_refused_by_name(creneau):
    with pytest.raises(ValueError, match=r"inputs is .*; accepted: an array in the memory of"):
        creneau.rows(Exchanged(np.ones((1, 3)), on_processor=False))
    with pytest.raises(ValueError, match=r"inputs is .*OnAccelerator.*; accepted: real numbers"):
        creneau.rows(OnAccelerator())
    with pytest.raises(ValueError, match=r"initial is .*OnAccelerator.*; accepted: real numbers"):
        burgers.solve(OnAccelerator(), 50.0, 0.3, boundary="periodic")


def test_doors_need_no_optional_package():
    check = """
import sys
for name in ("SALib", "openturns", "umbridge", "aiohttp", "chaospy"):
    sys.modules[name] = None
import burgers
from burgers.studies import doors, serving
doors.quantity(burgers.SINUS, cells=8).rows([[50.0, 0.1]])
serving.Forward(burgers.SINUS)([[50.0, 0.1]])
"""
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_arrays_that_are_known_by_dlpack_alone_are_taken_everywhere():
    initial = burgers.SINUS.initial(20)
    expected = burgers.solve(initial, 50.0, 0.3, boundary="periodic")
    found = burgers.solve(Exchanged(initial), 50.0, 0.3, boundary="periodic")
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match=r"initial is .*; accepted: real numbers"):
        burgers.solve(Exchanged(initial, on_processor=False), 50.0, 0.3, boundary="periodic")
