"""The solver against exact solutions, conservation laws and an independent implementation."""

import numba
import numpy as np
import pytest
from scipy.linalg import solve_banded

import burgers
from burgers.solver import stiff

BOUNDARIES = ("periodic", "outflow")
SCHEMES = ("rusanov", "muscl")


def random_densities(count, cells, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, cells))


def plain_diffusion(cells, mu, boundary):
    """The map r -> (I - μ δ²)⁻¹ r, by a banded solver."""
    bands = np.zeros((3, cells))
    bands[0, 1:] = bands[2, :-1] = -mu
    bands[1] = 1 + 2 * mu
    ring = np.zeros(cells)
    if boundary == "periodic":
        ring[[0, -1]] = 1, -1
    bands[1, [0, -1]] = 1 + mu
    correction = solve_banded((1, 1), bands, ring)

    def solve(density):
        density = solve_banded((1, 1), bands, density)
        share = mu * (ring @ density) / (1 + mu * (ring @ correction))
        return density - share * correction

    return solve


def padded(density, width, boundary):
    return np.pad(density, width, mode="wrap" if boundary == "periodic" else "edge")


def plain_rusanov(density, reynolds, time, boundary, cfl):
    """The report's scheme for one realisation, with NumPy and a banded solver."""
    cells = density.size
    steps = int(np.ceil(time * np.abs(density).max() * cells / cfl))
    courant = time / steps * cells
    diffuse = plain_diffusion(cells, time / steps * cells**2 / reynolds, boundary)
    for _ in range(steps):
        around = padded(density, 1, boundary)
        left, right = around[:-1], around[1:]
        speed = np.maximum(np.abs(left), np.abs(right))
        flux = (left**2 + right**2) / 4 + speed / 2 * (left - right)
        density = diffuse(density - courant * np.diff(flux))
    return density


def plain_muscl(density, reynolds, time, boundary, cfl):
    """The second-order scheme for one realisation, as it is defined."""
    cells = density.size
    steps = int(np.ceil(time * np.abs(density).max() * cells / cfl))
    steps *= max(1, int(np.ceil(time / steps * cells**2 / reynolds)))
    courant, mu = time / steps * cells, time / steps * cells**2 / reynolds
    whole, half = (plain_diffusion(cells, share * mu / 2, boundary) for share in (1, 0.5))
    density = 2 * half(density) - density
    for step in range(steps):
        around = padded(density, 2, boundary)
        before, after = np.diff(around)[:-1], np.diff(around)[1:]
        sizes = np.minimum(1.5 * np.minimum(abs(before), abs(after)), abs(before + after) / 2)
        slope = np.where(before * after > 0, np.sign(before) * sizes, 0)
        middle = around[1:-1] * (1 - courant * slope / 2)
        left, right = (middle + slope / 2)[:-1], (middle - slope / 2)[1:]
        flux = np.maximum(np.maximum(left, 0) ** 2, np.minimum(right, 0) ** 2) / 2
        density = density - courant * np.diff(flux)
        diffuse = whole if step < steps - 1 else half
        density = 2 * diffuse(density) - density
    return density


def l1_errors(case, time, cells, scheme, reynolds, step=None):
    """Mean L1 distance to the exact cell averages for each number of cells."""
    errors = []
    for count in cells:
        initial = case.initial(count, step=step)
        computed = burgers.solve(initial, reynolds, time, boundary=case.boundary, scheme=scheme)
        exact = burgers.exact.density(case, time, reynolds=reynolds, step=step, cells=count)
        errors.append(np.abs(computed - exact).mean())
    return np.array(errors)


@pytest.mark.parametrize("reynolds", [60.0, 150.0])
def test_sine_converges_to_cole_hopf_at_first_order(reynolds):
    errors = l1_errors(burgers.SINUS, 0.1, (200, 400, 800), "rusanov", reynolds)
    orders = np.log2(errors[:-1] / errors[1:])
    assert errors[-1] < 2e-3
    assert np.all((orders > 0.85) & (orders < 1.2)), orders


def test_front_converges_to_cole_hopf_at_first_order():
    errors = l1_errors(burgers.CRENEAU, 0.2, (400, 800, 1600), "rusanov", 100.0, step=0.2)
    orders = np.log2(errors[:-1] / errors[1:])
    assert np.all((orders > 0.8) & (orders < 1.2)), orders


@pytest.mark.parametrize(("reynolds", "time"), [(60.0, 0.4), (150.0, 0.4), (1e4, 0.1)])
def test_muscl_converges_at_second_order(reynolds, time):
    cells = (800, 1600) if reynolds < 100 else (1600, 3200)
    errors = l1_errors(burgers.SINUS, time, cells, "muscl", reynolds)
    assert np.log2(errors[0] / errors[1]) > 1.9, errors


@pytest.mark.parametrize(("scheme", "least"), [("rusanov", 0.9), ("muscl", 1.9)])
def test_a_smooth_front_converges_through_free_ends(scheme, least):
    errors = []
    for cells in (1600, 3200):
        early, late = (
            burgers.exact.density(burgers.CRENEAU, time, reynolds=100.0, step=0.2, cells=cells)
            for time in (0.1, 0.2)
        )
        computed = burgers.solve(early, 100.0, 0.1, boundary="outflow", scheme=scheme)
        errors.append(np.abs(computed - late).mean())
    assert np.log2(errors[0] / errors[1]) > least, errors


def test_muscl_is_as_close_to_the_exact_law_as_promised():
    reynolds = burgers.SINUS.sample(64, np.random.default_rng(0))["reynolds"]
    initial = burgers.SINUS.initial()
    exact = burgers.exact.density(burgers.SINUS, 0.4, reynolds=reynolds)
    computed = burgers.solve(initial, reynolds, 0.4, boundary="periodic", scheme="muscl")
    assert np.abs(computed - exact).mean() < 1.2e-4


@pytest.mark.parametrize("scheme", SCHEMES)
def test_periodic_mass_is_conserved(scheme):
    initial = random_densities(20, 64)
    computed = burgers.solve(
        initial, np.geomspace(50, 1e6, 20), 0.7, boundary="periodic", scheme=scheme
    )
    np.testing.assert_allclose(computed.mean(axis=1), initial.mean(axis=1), atol=1e-14)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(
    ("scheme", "cfl"), [("rusanov", 0.3), ("rusanov", 1.0), ("muscl", 0.3), ("muscl", 0.9)]
)
def test_neither_extrema_nor_total_variation_grow(boundary, scheme, cfl):
    density = random_densities(300, 64)
    density[100:200] = np.sign(density[100:200])
    reynolds = np.geomspace(1e-3, 1e7, 300)
    around = {"mode": "wrap" if boundary == "periodic" else "edge"}
    for _ in range(20):
        # Slightly less than three steps, so that the Courant number is the requested one.
        speed = np.maximum(np.abs(density).max(axis=1), 0.01)
        times = 2.999999 * cfl / (64 * speed)
        later = burgers.solve(density, reynolds, times, boundary=boundary, scheme=scheme, cfl=cfl)
        assert np.all(later.max(axis=1) <= density.max(axis=1) + 1e-12)
        assert np.all(later.min(axis=1) >= density.min(axis=1) - 1e-12)
        variation = [
            np.abs(np.diff(np.pad(d, ((0, 0), (0, 1)), **around), axis=1)).sum(axis=1)
            for d in (density, later)
        ]
        assert np.all(variation[1] <= variation[0] + 1e-11)
        density = later


def sine_of_amplitude(amplitude, reynolds, time, cells):
    """Exact cell averages from amplitude * sin(2πx), by scaling time and density."""
    unit = burgers.exact.density(
        burgers.SINUS, amplitude * time, reynolds=max(amplitude * reynolds, 1e-2), cells=cells
    )
    return amplitude * unit


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weak_waves_decay_as_the_heat_equation_says_whatever_the_grid(scheme):
    cells = np.array([50, 100, 400, 1600])
    exact = 1e-3 * np.exp(-4 * np.pi**2 * 0.1)
    for count in cells:
        initial = 1e-3 * burgers.SINUS.initial(count)
        found = burgers.solve(initial, 1.0, 0.1, boundary="periodic", scheme=scheme)
        assert found.max() == pytest.approx(exact, rel=40 / count**2 + 1e-4), count


@pytest.mark.parametrize("amplitude", [1e-6, 1e-3, 0.1, 1.0])
def test_muscl_resolves_diffusion_to_a_hundredth_at_every_reynolds(amplitude):
    shares = np.array([0.02, 0.2, 0.6, 1.0])
    for reynolds in np.geomspace(1e-2, 1e6, 9):
        # Until the amplitude has decayed by a factor 1e-6, or a shock has crossed the interval.
        times = shares * min(13.8 * reynolds / (4 * np.pi**2), 5 / amplitude)
        initial = amplitude * burgers.SINUS.initial()
        found = burgers.solve(initial, reynolds, times, boundary="periodic", scheme="muscl")
        for time, density in zip(times, found, strict=True):
            if amplitude * reynolds < 1e-2:
                exact = initial * np.exp(-4 * np.pi**2 * time / reynolds)
            else:
                exact = sine_of_amplitude(amplitude, reynolds, time, 400)
            if exact.max() > 1e-6 * amplitude:
                assert density.max() == pytest.approx(exact.max(), rel=0.01), (reynolds, time)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_exact_diffusion_meets_the_implicit_one_where_it_takes_over(boundary, scheme):
    initial = 1e-2 * random_densities(40, 64).cumsum(axis=1)
    # On both sides of the transition between the methods, in one step of transport.
    speed = np.abs(initial).max(axis=1)
    time = 0.5 / (64 * speed)
    decay = np.geomspace(0.02, 0.5, 40)
    reynolds = time * (2 * np.pi) ** 2 / decay
    found = burgers.solve(initial, reynolds, time, boundary=boundary, scheme=scheme)
    fine = burgers.solve(initial, reynolds, time, boundary=boundary, scheme=scheme, cfl=0.02)
    gap = np.abs(found - fine).max(axis=1) / speed
    assert gap.max() < (0.12 if scheme == "rusanov" else 0.06)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_without_viscosity_the_limit_of_a_large_reynolds_is_reached(boundary, scheme):
    initial = random_densities(4, 64)
    options = {"boundary": boundary, "scheme": scheme}
    inviscid = burgers.solve(initial, np.inf, 0.3, **options)
    nearly = burgers.solve(initial, 1e15, 0.3, **options)
    np.testing.assert_allclose(inviscid, nearly, atol=1e-12)
    mixed = burgers.solve(initial, [np.inf, 100.0, np.inf, 1e-3], 0.3, **options)
    assert np.array_equal(mixed[[0, 2]], inviscid[[0, 2]])
    path = burgers.trajectory(initial, np.inf, [0.3], **options)
    assert np.array_equal(path[:, 0], inviscid)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_without_viscosity_it_converges_to_hopfs_solution(scheme):
    exact = burgers.exact.density(burgers.SINUS, 0.4, reynolds=np.inf, cells=400)
    found = burgers.solve(burgers.SINUS.initial(), np.inf, 0.4, boundary="periodic", scheme=scheme)
    assert np.abs(found - exact).mean() < (1e-2 if scheme == "rusanov" else 5e-4)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_however_strong_the_diffusion_the_density_stays_finite(boundary, scheme):
    initial = 1e-34 * random_densities(5, 64)
    computed = burgers.solve(initial, 8.0, 1e31, boundary=boundary, scheme=scheme)
    if boundary == "periodic":
        np.testing.assert_allclose(computed.mean(axis=1), initial.mean(axis=1), rtol=1e-10)
    if scheme == "rusanov":
        flat = np.broadcast_to(computed[:, :1], computed.shape)
        np.testing.assert_allclose(computed, flat, rtol=1e-10)
    assert np.all(computed.max(axis=1) <= initial.max(axis=1) * (1 + 1e-12))
    assert np.all(computed.min(axis=1) >= initial.min(axis=1) * (1 + 1e-12))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("step", [0.1, 0.2, 0.3])
def test_shock_moves_at_the_rankine_hugoniot_speed(step, scheme):
    initial = burgers.CRENEAU.initial(step=step)
    path = burgers.trajectory(initial, np.exp(13), [0.1, 0.5], boundary="outflow", scheme=scheme)
    mass = path.mean(axis=1)
    place = (mass - step) / (1 - step)
    assert np.diff(place) / 0.4 == pytest.approx((1 + step) / 2, rel=1e-10)


@pytest.mark.parametrize(("scheme", "plain"), [("rusanov", plain_rusanov), ("muscl", plain_muscl)])
@pytest.mark.parametrize("case", burgers.CASES.values(), ids=list(burgers.CASES))
def test_agrees_with_a_plain_banded_solve(case, scheme, plain):
    rng = np.random.default_rng(3)
    inputs, times = case.sample(5, rng), rng.uniform(0.05, 0.5, 5)
    initial = np.broadcast_to(
        case.initial(**{k: inputs[k] for k in inputs if k == "step"}), (5, 400)
    )
    computed = burgers.solve(
        initial, inputs["reynolds"], times, boundary=case.boundary, scheme=scheme
    )
    for i in range(5):
        expected = plain(initial[i], inputs["reynolds"][i], times[i], case.boundary, 0.9)
        np.testing.assert_allclose(computed[i], expected, atol=1e-12)


def is_stiff(initial, reynolds, times):
    """Whether the diffusion of each realisation is stiff for a step of transport."""
    steps = np.ceil(times * np.abs(initial).max(axis=1) * initial.shape[1] / 0.9)
    diffusion = times / np.maximum(steps, 1) * initial.shape[1] ** 2 / reynolds
    return stiff.is_stiff(diffusion, initial.shape[1])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_result_is_the_same_bits_whoever_shares_the_batch(boundary, scheme):
    options = {"boundary": boundary, "scheme": scheme}
    initial = random_densities(37, 48)
    reynolds, times = np.geomspace(0.1, 1e5, 37), np.linspace(0, 0.5, 37)
    together = burgers.solve(initial, reynolds, times, **options)
    assert len({*map(bool, is_stiff(initial, reynolds, times))}) == 2
    for i in (0, 17, 36):
        alone = burgers.solve(initial[i], reynolds[i], times[i], **options)
        assert alone.tobytes() == together[i].tobytes()
    order = np.random.default_rng(1).permutation(37)
    shuffled = burgers.solve(initial[order], reynolds[order], times[order], **options)
    assert shuffled.tobytes() == together[order].tobytes()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_result_is_the_same_bits_on_one_thread(scheme):
    initial = random_densities(50, 48)
    arguments = (initial, np.geomspace(50, 1e5, 50), np.linspace(0, 0.5, 50))
    many = burgers.solve(*arguments, boundary="periodic", scheme=scheme)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = burgers.solve(*arguments, boundary="periodic", scheme=scheme)
    finally:
        numba.set_num_threads(threads)
    assert one.tobytes() == many.tobytes()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_zero_time_returns_the_initial_density(scheme):
    initial = random_densities(3, 32)
    computed = burgers.solve(initial, 100.0, [0.0, 0.1, 0.0], boundary="periodic", scheme=scheme)
    assert np.array_equal(computed[::2], initial[::2])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_zero_density_stays_zero(scheme):
    assert not burgers.solve(np.zeros(32), 100.0, 1.0, boundary="periodic", scheme=scheme).any()


def test_shapes_are_those_of_the_broadcast_input():
    one, many = np.ones(16), np.ones((4, 16))
    assert burgers.solve(one, 10.0, 0.1, boundary="outflow").shape == (16,)
    assert burgers.solve(one, np.ones(4), 0.1, boundary="outflow").shape == (4, 16)
    assert burgers.solve(many, 10.0, np.ones(4), boundary="outflow").shape == (4, 16)
    assert burgers.trajectory(one, 10.0, [0, 1], boundary="outflow").shape == (2, 16)
    assert burgers.trajectory(many, 10.0, [0, 1], boundary="outflow").shape == (4, 2, 16)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_trajectory_of_one_time_is_the_solution(scheme):
    options = {"boundary": "periodic", "scheme": scheme}
    initial = random_densities(5, 32)
    path = burgers.trajectory(initial, 200.0, [0.0, 0.3], **options)
    assert np.array_equal(path[:, 0], initial)
    assert np.array_equal(path[:, 1], burgers.solve(initial, 200.0, 0.3, **options))


BAD_INPUT = [
    ({"initial": [1.0, np.nan, 0.0]}, "initial contains nan"),
    ({"initial": [1.0, np.inf, 0.0]}, "initial contains inf"),
    ({"initial": np.ones((2, 3, 4))}, r"initial has shape \(2, 3, 4\)"),
    ({"initial": 1.0}, r"initial has shape \(\)"),
    ({"initial": ["a", "b", "c"]}, "initial is .*real numbers"),
    ({"reynolds": 0.0}, "reynolds has minimum 0.0"),
    ({"reynolds": -5.0}, "reynolds has minimum -5.0"),
    ({"reynolds": np.nan}, "reynolds contains nan"),
    ({"reynolds": np.ones(3)}, "initial has 2 and reynolds 3 realisations; accepted: the same"),
    ({"reynolds": np.ones((2, 2))}, "reynolds has shape"),
    ({"final_time": -0.1}, "final_time has minimum -0.1"),
    ({"final_time": np.inf}, "final_time contains inf"),
    ({"boundary": "wall"}, "boundary is 'wall'; accepted: periodic, outflow"),
    ({"scheme": "upwind"}, "scheme is 'upwind'; accepted: rusanov, muscl"),
    ({"cfl": 0.0}, "cfl is 0.0; accepted: 0 < cfl <= 1"),
    ({"cfl": 1.1}, "cfl is 1.1"),
    ({"scheme": "muscl", "cfl": 1.0}, r"cfl is 1.0; accepted: 0 < cfl <= 0.9 \(muscl\)"),
    ({"cfl": np.nan}, "cfl is nan"),
    ({"cfl": [0.5, 0.6]}, r"cfl is \[0.5, 0.6\]"),
    ({"cfl": True}, "cfl is True"),
    ({"initial": np.ma.masked_less(np.eye(3), 0.5)}, "initial has 6 masked values"),
    ({"reynolds": np.ma.masked_array([1.0, 2.0], [False, True])}, "reynolds has 1 masked"),
    ({"final_time": [0.1, np.ma.masked]}, "final_time has 1 masked"),
    ({"initial": np.array(["1", "2", "3"], dtype=object)}, "initial is .*real numbers"),
    ({"initial": [[1, 0, 2], [1, np.nan, 2]]}, r"initial contains nan in row 1 \(1 values\)"),
    ({"reynolds": [5.0, -1.0]}, "reynolds has minimum -1.0 in row 1"),
    ({"reynolds": [np.inf, 1e60]}, "reynolds reaches 1e.60 in row 1; accepted: .*, or inf"),
    ({"initial": [[0, 0, 0], [0, 0, 1e-60]]}, "initial reaches 1e-60 in row 1; accepted"),
    ({"final_time": [0.1, 1e60]}, "final_time reaches 1e.60 in row 1; accepted"),
    ({"final_time": [0.1, 1e40]}, "final_time reaches 1e.40 in row 1, which takes 8.89e.40 steps"),
    ({"final_time": np.ma.masked_array([1.0, 2.0], [False, True])}, "1 masked .* in row 1; acc"),
    ({"final_time": [0.1, np.ma.masked]}, "1 masked values, the first in row 1; accepted"),
    ({"initial": np.ma.masked_less(np.tri(3), 0.5)[::-1]}, "3 masked values, the first in row 1"),
    ({"initial": [np.zeros(3), np.ma.masked_all(3)]}, "3 masked values, the first in row 1"),
]


@pytest.mark.parametrize(("change", "message"), BAD_INPUT)
def test_bad_input_is_refused_by_name(change, message):
    good = {
        "initial": np.ones((2, 8)), "reynolds": 10.0, "final_time": 0.1, "boundary": "outflow"
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        burgers.solve(**{**good, **change})


@pytest.mark.parametrize("cfl", [np.int64(1), np.array(1.0), np.float32(1), 1])
def test_a_courant_number_of_any_kind_of_number_is_taken(cfl):
    initial = random_densities(2, 16)
    found, expected = (
        burgers.solve(initial, 10.0, 0.1, boundary="outflow", cfl=value) for value in (cfl, 1.0)
    )
    assert np.array_equal(found, expected)


def test_lengths_that_do_not_agree_are_told_by_what_has_them():
    counts = "reynolds has 3 and final_time 4 realisations; accepted: the same number"
    with pytest.raises(ValueError, match=counts):
        burgers.solve(np.ones(8), np.ones(3), np.ones(4), boundary="outflow")
    with pytest.raises(ValueError, match="initial has 2 and reynolds 3 realisations"):
        burgers.trajectory(np.ones((2, 8)), np.ones(3), [0.1], boundary="outflow")


@pytest.mark.parametrize("times", [[0.2, 0.1], [-0.1, 0.1], [], [[0.1]], [0.1, np.nan]])
def test_bad_times_are_refused_by_name(times):
    with pytest.raises(ValueError, match="times"):
        burgers.trajectory(np.ones(8), 10.0, times, boundary="outflow")
