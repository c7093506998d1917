"""The solver against exact solutions, conservation laws and an independent implementation."""

import numba
import numpy as np
import pytest
from scipy.linalg import solve_banded
from scipy.special import erfc, ive

import burgers

BOUNDARIES = ("periodic", "outflow")


def edges(cells):
    return np.linspace(0, 1, cells + 1)


def cole_hopf_sine(cells, reynolds, time):
    """Cell averages of the periodic solution from sin(2πx), by its Fourier-Bessel series.

    ρ = -2ν φₓ/φ, so a cell average is -2ν/dx times the difference of log φ over the cell, with
    φ = I₀(k) + 2 Σ (±1)ᵐ Iₘ(k) exp(-4π²m²νt) cos 2πmx and k = 1 / (4πν). It loses digits
    as exp(2k) and serves up to Re of about 200.
    """
    nu = 1 / reynolds
    k = 1 / (4 * np.pi * nu)
    m = np.arange(1, 400)
    decay = ive(m, k) * np.exp(-4 * np.pi**2 * m**2 * nu * time)
    phi = ive(0, k) + 2 * np.cos(2 * np.pi * np.outer(edges(cells), m)) @ decay
    return -2 * nu * cells * np.diff(np.log(phi))


def travelling_front(cells, reynolds, time, right):
    """Point values of the exact solution from a jump 1 -> right at x = 1/2 on the whole line."""
    x = (np.arange(cells) + 0.5) / cells - 0.5
    scale = np.sqrt(4 * time / reynolds)
    ahead = erfc((right * time - x) / scale)
    behind = erfc((x - time) / scale)
    weight = np.exp(
        np.clip(0.5 * reynolds * (1 - right) * (x - 0.5 * (1 + right) * time), -700, 700)
    )
    return right + (1 - right) * behind / (behind + weight * ahead)


def random_densities(count, cells, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, cells))


def plain_solve(density, reynolds, time, boundary, cfl):
    """The report's scheme for one realisation: NumPy and a banded solve."""
    cells = density.size
    steps = int(np.ceil(time * np.abs(density).max() * cells / cfl))
    mu = time / steps * cells**2 / reynolds
    bands = np.zeros((3, cells))
    bands[0, 1:] = bands[2, :-1] = -mu
    bands[1] = 1 + 2 * mu
    ring = np.zeros(cells)
    if boundary == "periodic":
        ring[[0, -1]] = 1, -1
    bands[1, [0, -1]] = 1 + mu
    correction = solve_banded((1, 1), bands, ring)
    for _ in range(steps):
        padded = np.pad(density, 1, mode="wrap" if boundary == "periodic" else "edge")
        left, right = padded[:-1], padded[1:]
        speed = np.maximum(np.abs(left), np.abs(right))
        flux = (left**2 + right**2) / 4 + speed / 2 * (left - right)
        density = solve_banded((1, 1), bands, density - time / steps * cells * np.diff(flux))
        share = mu * (ring @ density) / (1 + mu * (ring @ correction))
        density = density - share * correction
    return density


@pytest.mark.parametrize("reynolds", [60.0, 150.0])
def test_sine_converges_to_cole_hopf_at_first_order(reynolds):
    errors = []
    for cells in (200, 400, 800):
        computed = burgers.solve(burgers.SINUS.initial(cells), reynolds, 0.1, boundary="periodic")
        errors.append(np.abs(computed - cole_hopf_sine(cells, reynolds, 0.1)).mean())
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert errors[-1] < 2e-3
    assert np.all((orders > 0.85) & (orders < 1.2)), orders


def test_front_converges_to_cole_hopf_at_first_order():
    errors = []
    for cells in (400, 800, 1600):
        initial = burgers.CRENEAU.initial(cells, step=0.2)
        computed = burgers.solve(initial, 100.0, 0.2, boundary="outflow")
        errors.append(np.abs(computed - travelling_front(cells, 100.0, 0.2, 0.2)).mean())
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert np.all((orders > 0.8) & (orders < 1.2)), orders


def test_periodic_mass_is_conserved():
    initial = random_densities(20, 64)
    computed = burgers.solve(initial, np.geomspace(50, 1e6, 20), 0.7, boundary="periodic")
    np.testing.assert_allclose(computed.mean(axis=1), initial.mean(axis=1), atol=1e-14)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("cfl", [0.3, 1.0])
def test_no_new_extrema(boundary, cfl):
    initial = random_densities(50, 64)
    computed = burgers.solve(initial, np.geomspace(1, 1e6, 50), 0.3, boundary=boundary, cfl=cfl)
    assert np.all(computed.max(axis=1) <= initial.max(axis=1) + 1e-12)
    assert np.all(computed.min(axis=1) >= initial.min(axis=1) - 1e-12)


def test_total_variation_does_not_grow():
    initial = random_densities(20, 64)
    computed = burgers.solve(initial, 1e5, 0.1, boundary="outflow")
    variation = [np.abs(np.diff(density, axis=1)).sum(axis=1) for density in (initial, computed)]
    assert np.all(variation[1] <= variation[0] + 1e-12)


@pytest.mark.parametrize("step", [0.1, 0.2, 0.3])
def test_shock_moves_at_the_rankine_hugoniot_speed(step):
    initial = burgers.CRENEAU.initial(step=step)
    mass = burgers.trajectory(initial, np.exp(13), [0.1, 0.5], boundary="outflow").mean(axis=1)
    place = (mass - step) / (1 - step)
    assert np.diff(place) / 0.4 == pytest.approx((1 + step) / 2, rel=1e-10)


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=list(burgers.CASES))
def test_agrees_with_a_plain_banded_solve(case):
    rng = np.random.default_rng(3)
    inputs, times = case.sample(5, rng), rng.uniform(0.05, 0.5, 5)
    initial = np.broadcast_to(
        case.initial(**{k: inputs[k] for k in inputs if k == "step"}), (5, 400)
    )
    computed = burgers.solve(initial, inputs["reynolds"], times, boundary=case.boundary)
    for i in range(5):
        expected = plain_solve(initial[i], inputs["reynolds"][i], times[i], case.boundary, 0.9)
        np.testing.assert_allclose(computed[i], expected, atol=1e-12)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_result_is_the_same_bits_whoever_shares_the_batch(boundary):
    initial = random_densities(37, 48)
    reynolds, times = np.geomspace(50, 1e5, 37), np.linspace(0, 0.5, 37)
    together = burgers.solve(initial, reynolds, times, boundary=boundary)
    for i in (0, 17, 36):
        alone = burgers.solve(initial[i], reynolds[i], times[i], boundary=boundary)
        assert alone.tobytes() == together[i].tobytes()
    order = np.random.default_rng(1).permutation(37)
    shuffled = burgers.solve(initial[order], reynolds[order], times[order], boundary=boundary)
    assert shuffled.tobytes() == together[order].tobytes()


def test_result_is_the_same_bits_on_one_thread():
    initial = random_densities(50, 48)
    arguments = (initial, np.geomspace(50, 1e5, 50), np.linspace(0, 0.5, 50))
    many = burgers.solve(*arguments, boundary="periodic")
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = burgers.solve(*arguments, boundary="periodic")
    finally:
        numba.set_num_threads(threads)
    assert one.tobytes() == many.tobytes()


def test_zero_time_returns_the_initial_density():
    initial = random_densities(3, 32)
    assert np.array_equal(burgers.solve(initial, 100.0, 0.0, boundary="periodic"), initial)


def test_zero_density_stays_zero():
    assert not burgers.solve(np.zeros(32), 100.0, 1.0, boundary="periodic").any()


def test_shapes_are_those_of_the_broadcast_input():
    one, many = np.ones(16), np.ones((4, 16))
    assert burgers.solve(one, 10.0, 0.1, boundary="outflow").shape == (16,)
    assert burgers.solve(one, np.ones(4), 0.1, boundary="outflow").shape == (4, 16)
    assert burgers.solve(many, 10.0, np.ones(4), boundary="outflow").shape == (4, 16)
    assert burgers.trajectory(one, 10.0, [0, 1], boundary="outflow").shape == (2, 16)
    assert burgers.trajectory(many, 10.0, [0, 1], boundary="outflow").shape == (4, 2, 16)


def test_trajectory_of_one_time_is_the_solution():
    initial = random_densities(5, 32)
    path = burgers.trajectory(initial, 200.0, [0.0, 0.3], boundary="periodic")
    assert np.array_equal(path[:, 0], initial)
    assert np.array_equal(path[:, 1], burgers.solve(initial, 200.0, 0.3, boundary="periodic"))


BAD_INPUT = [
    ({"initial": [1.0, np.nan, 0.0]}, "initial contains nan"),
    ({"initial": [1.0, np.inf, 0.0]}, "initial contains inf"),
    ({"initial": np.ones((2, 3, 4))}, r"initial has shape \(2, 3, 4\)"),
    ({"initial": 1.0}, r"initial has shape \(\)"),
    ({"initial": ["a", "b", "c"]}, "initial is .*real numbers"),
    ({"reynolds": 0.0}, "reynolds has minimum 0.0"),
    ({"reynolds": -5.0}, "reynolds has minimum -5.0"),
    ({"reynolds": np.nan}, "reynolds contains nan"),
    ({"reynolds": np.ones(3)}, "realisations of initial"),
    ({"reynolds": np.ones((2, 2))}, "reynolds has shape"),
    ({"final_time": -0.1}, "final_time has minimum -0.1"),
    ({"final_time": np.inf}, "final_time contains inf"),
    ({"boundary": "wall"}, "boundary is 'wall'; accepted: periodic, outflow"),
    ({"scheme": "upwind"}, "scheme is 'upwind'; accepted: rusanov"),
    ({"cfl": 0.0}, "cfl is 0.0; accepted: 0 < cfl <= 1"),
    ({"cfl": 1.1}, "cfl is 1.1"),
    ({"cfl": np.nan}, "cfl is nan"),
]


@pytest.mark.parametrize(("change", "message"), BAD_INPUT)
def test_bad_input_is_refused_by_name(change, message):
    good = {
        "initial": np.ones((2, 8)), "reynolds": 10.0, "final_time": 0.1, "boundary": "outflow"
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        burgers.solve(**{**good, **change})


@pytest.mark.parametrize("times", [[0.2, 0.1], [-0.1, 0.1], [], [[0.1]], [0.1, np.nan]])
def test_bad_times_are_refused_by_name(times):
    with pytest.raises(ValueError, match="times"):
        burgers.trajectory(np.ones(8), 10.0, times, boundary="outflow")
