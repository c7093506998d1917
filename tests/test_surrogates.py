"""Linear codes and dynamics recover what is linear; a Gaussian process what is smooth."""

import numpy as np
import pytest

from burgers.surrogates import LinearPropagator, Pod, Regression


def test_as_many_modes_as_the_data_has_dimensions_reproduce_it():
    rng = np.random.default_rng(0)
    density = 1.0 + rng.standard_normal((50, 3)) @ rng.standard_normal((3, 40))
    pod = Pod(3).fit(density)
    assert pod.decode(pod.encode(density)) == pytest.approx(density, abs=1e-9)
    assert pod.basis.T @ pod.basis == pytest.approx(np.eye(3), abs=1e-12)


def test_fewer_modes_leave_the_error_that_the_singular_values_tell():
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


def test_a_linear_law_of_motion_is_found_and_followed():
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
    found = Regression(200).fit(inputs, codes).predict(inputs)
    assert np.abs(found - codes)[:, :2].max() < 0.1
    # What is noise at the points stays noise, and does not spoil the others.
    assert np.std(found[:, 2]) < 0.5


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: Pod(0), "modes"),
        (lambda: Pod(9).fit(np.zeros((5, 20))), "modes is 9"),
        (lambda: Pod(2).fit(np.full((5, 20), np.nan)), "density"),
        (lambda: LinearPropagator().fit(np.zeros((5, 2))), "codes"),
        (lambda: LinearPropagator().fit(np.zeros((5, 1, 2))), "codes"),
        (lambda: Regression(0), "points"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
