"""Linear codes and dynamics recover what is linear; a Gaussian process what is smooth."""

import warnings

import numpy as np
import pytest

from burgers.models import front_decoder
from burgers.models.baselines import LinearPropagator, OneShot, Pod, Regression


def test_as_many_modes_as_the_data_has_dimensions_reproduce_it():
    rng = np.random.default_rng(0)
    density = 1.0 + rng.standard_normal((50, 3)) @ rng.standard_normal((3, 40))
    pod = Pod(3).fit(density)
    assert pod.decode(pod.encode(density)) == pytest.approx(density, abs=1e-9)
    assert pod.basis.T @ pod.basis == pytest.approx(np.eye(3), abs=1e-12)


def test_fewer_modes_leave_the_error_of_the_other_singular_values():
    rng = np.random.default_rng(1)
    density = rng.standard_normal((200, 30)) * np.linspace(1, 0.1, 30)
    pod = Pod(5).fit(density)
    error = np.square(density - pod.decode(pod.encode(density))).sum()
    values = np.linalg.svd(density - density.mean(axis=0), compute_uv=False)
    assert error == pytest.approx(np.square(values[5:]).sum(), rel=1e-9)


def test_codes_of_trajectories_keep_their_axes():
    density = np.random.default_rng(2).standard_normal((4, 6, 20))
    pod = Pod(2).fit(density)
    assert pod.encode(density).shape == (4, 6, 2)
    assert pod.decode(pod.encode(density)).shape == density.shape


def test_linear_dynamics_are_recovered_and_followed():
    matrix, shift = np.array([[0.9, 0.2], [-0.2, 0.8]]), np.array([0.1, -0.3])
    codes = [np.random.default_rng(3).standard_normal((10, 2))]
    for _ in range(12):
        codes.append(codes[-1] @ matrix + shift)
    codes = np.stack(codes, axis=1)
    forecast = LinearPropagator().fit(codes).forecast(codes[:, 0], 12)
    assert forecast == pytest.approx(codes, abs=1e-9)


def test_a_gaussian_process_follows_smooth_codes_between_its_points():
    rng = np.random.default_rng(4)
    inputs = rng.uniform(-1, 1, (600, 2))
    codes = np.column_stack([np.sin(2 * inputs[:, 0]), inputs[:, 0] * inputs[:, 1]])
    law = Regression(100).fit(inputs, codes)
    assert np.abs(law.predict(inputs, size=250) - codes).max() < 0.05


def test_each_code_has_a_length_scale_of_its_own():
    rng = np.random.default_rng(5)
    inputs = rng.uniform(-1, 1, (600, 2))
    codes = np.column_stack([np.sin(12 * inputs[:, 0]), inputs[:, 1], rng.normal(size=600)])
    found = Regression(100).fit(inputs, codes).predict(inputs)
    assert np.abs(found - codes)[:, :2].max() < 0.1
    # What is noise at the points stays noise, and does not spoil the others.
    assert np.std(found[:, 2]) < 0.5


@pytest.fixture
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    "density",
    [np.full((1, 20), 0.3), np.full((5, 20), 0.3), np.arange(3.0)[:, None], np.eye(3, 20)],
    ids=["one density", "all the same", "one cell", "as many as modes"],
)
def test_densities_of_few_directions_have_modes(no_warnings, density):
    pod = Pod(min(density.shape)).fit(density)
    assert pod.decode(pod.encode(density)) == pytest.approx(density, abs=1e-12)
    assert pod.basis.T @ pod.basis == pytest.approx(np.eye(pod.modes), abs=1e-12)
    for network, values in zip(pod.networks(), (density, pod.encode(density)), strict=True):
        assert np.isfinite(np.asarray(network(values)[0])).all()


@pytest.mark.parametrize("codes", [np.zeros((1, 2, 3)), np.ones((4, 5, 2))], ids=["zero", "one"])
def test_what_stands_still_is_forecast_to(no_warnings, codes):
    forecast = LinearPropagator().fit(codes).forecast(codes[:, 0], 7)
    assert forecast.shape == (len(codes), 8, codes.shape[2])
    assert forecast == pytest.approx(np.repeat(codes[:, :1], 8, axis=1), abs=1e-9)
    assert LinearPropagator().fit(codes).forecast(codes[:0, 0], 0).shape == (0, 1, codes.shape[2])


@pytest.mark.parametrize("count", [1, 2, 30])
@pytest.mark.parametrize("constant", ["inputs", "codes", "both"])
def test_a_process_of_one_point_or_of_constants_is_finite(no_warnings, count, constant):
    numbers = np.linspace(-1, 1, count)[:, None]
    same = np.full((count, 1), 0.1)
    inputs = np.hstack([same if constant != "codes" else numbers, same])
    codes = same if constant != "inputs" else numbers
    found = Regression(20).fit(inputs, codes).predict(inputs)
    assert np.isfinite(found).all()
    if constant != "inputs":
        assert found == pytest.approx(codes, abs=1e-3)


POD, PAIR = Pod(2).fit(np.eye(5, 20)), np.zeros((4, 2))
LINEAR, PROCESS = LinearPropagator().fit(np.zeros((2, 3, 2))), Regression(3).fit(PAIR, PAIR)
SHOT = OneShot(front_decoder.build_decoder(2))
MASKED = np.ma.masked_all((5, 20))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: Pod(0), "modes"),
        (lambda: Pod(9).fit(np.zeros((5, 20))), "modes is 9"),
        (lambda: Pod(2).fit(np.full((5, 20), np.nan)), "density contains nan"),
        (lambda: Pod(2).fit(MASKED), "density has 100 masked values"),
        (lambda: Pod(2).fit(np.zeros((0, 20))), r"density has shape \(0, 20\)"),
        (lambda: Pod(2).fit(1.0), r"density has shape \(\)"),
        (lambda: Pod(2).encode(np.zeros((5, 20))), "Pod is not fitted"),
        (lambda: Pod(2).decode(PAIR), "Pod is not fitted"),
        (lambda: Pod(2).networks(), "Pod is not fitted"),
        (lambda: POD.encode(np.zeros((5, 19))), r"density has shape \(5, 19\)"),
        (lambda: POD.encode(MASKED), "density has 100 masked values"),
        (lambda: POD.decode(np.zeros((5, 3))), r"codes has shape \(5, 3\)"),
        (lambda: POD.decode(np.full(2, np.nan)), "codes contains nan"),
        (lambda: LinearPropagator().fit(np.zeros((5, 2))), "codes"),
        (lambda: LinearPropagator().fit(np.zeros((5, 1, 2))), "codes"),
        (lambda: LinearPropagator().fit(np.zeros((0, 3, 2))), "codes"),
        (lambda: LinearPropagator().fit(np.full((2, 3, 2), np.inf)), "codes contains inf"),
        (lambda: LinearPropagator().forecast(PAIR, 1), "LinearPropagator is not fitted"),
        (lambda: LINEAR.forecast(np.zeros((4, 3)), 1), r"code has shape \(4, 3\)"),
        (lambda: LINEAR.forecast(PAIR, -1), "steps is -1"),
        (lambda: Regression(0), "points"),
        (lambda: Regression(2, seed=-1), "seed is -1"),
        (lambda: Regression(2).fit(np.zeros(3), PAIR), r"inputs has shape \(3,\)"),
        (lambda: Regression(2).fit(np.zeros((3, 2)), PAIR), r"codes has shape \(4, 2\)"),
        (lambda: Regression(2).fit(PAIR[:0], PAIR[:0]), r"codes has shape \(0, 2\)"),
        (lambda: Regression(2).fit(PAIR, PAIR + np.nan), "codes contains nan"),
        (lambda: Regression(2).predict(PAIR), "Regression is not fitted"),
        (lambda: PROCESS.predict(np.zeros((4, 3))), r"inputs has shape \(4, 3\)"),
        (lambda: PROCESS.predict(PAIR, size=0), "size is 0"),
        (lambda: SHOT.decode(np.zeros((4, 3))), r"numbers has shape \(4, 3\)"),
        (lambda: SHOT.decode(PAIR + np.nan), "numbers contains nan"),
        (lambda: SHOT.decode(np.ma.masked_all((4, 2))), "numbers has 8 masked values"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()


def test_nothing_has_no_codes_and_no_densities():
    assert PROCESS.predict(PAIR[:0]).shape == (0, 2)
    assert POD.decode(POD.encode(np.zeros((0, 20)))).shape == (0, 20)
    assert SHOT.decode(PAIR[:0]).shape == (0, 400)
