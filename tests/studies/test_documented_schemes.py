"""Documented schemes of public data sets: their orders, and errors against the exact solution."""

import numpy as np
import pytest

from burgers import exact
from burgers.studies import documented_schemes as schemes
from burgers.studies import documented_upwind as upwind

# The errors of FNO's data spread over two decades: eight draws leave the median uncertain.
REALISATIONS, MANY = 8, 24


def named(name):
    """The scheme of a name, in whichever module it is."""
    return getattr(schemes if name.startswith("etdrk") else upwind, name)


def series(cosines, sines, x, width=0.0):
    """Fourier series on [0, 1] at x, or their averages over cells of a width about x."""
    k = np.arange(1, cosines.shape[1] + 1)
    seen, phases = np.sinc(k * width), 2 * np.pi * k[:, None] * x
    return (cosines * seen) @ np.cos(phases) + (sines * seen) @ np.sin(phases)


def exact_values(cosines, sines, x, viscosity, time, cells=2048):
    """Exact values from Fourier series, extrapolated from two numbers of cells."""
    coarse, fine = (
        exact.at(x, series(cosines, sines, (np.arange(n) + 0.5) / n, 1 / n), 1 / viscosity, time,
                 boundary="periodic")
        for n in (cells, 2 * cells)
    )  # fmt: skip
    return fine + (fine - coarse) / 3


def random_series(seed, decay, shift, scale, modes=200):
    """Coefficients of the Gaussian fields of FNO, DiffusionPDE and PI-DeepONet (GRF1.m)."""
    k = 2 * np.pi * np.arange(1, modes + 1)
    amplitude = np.sqrt(2) * scale * (k**2 + shift**2) ** (-decay / 2)
    return np.random.default_rng(seed).standard_normal((2, MANY, modes)) * amplitude


def pdebench_values(seed, x):
    """PDEBench's initial data: two of four waves, some of them folded, some in a window."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(REALISATIONS):
        chosen = np.bincount(rng.integers(0, 4, 2), minlength=4)
        k = 2 * np.pi * np.arange(1, 5) * chosen * 1024 / 1023
        waves = rng.uniform(size=(4, 1)) * np.sin(k[:, None] * x + rng.uniform(0, 7, (4, 1)))
        row = waves.sum(axis=0) * rng.choice([-1, 1])
        left, right = rng.uniform(0.1, 0.45), rng.uniform(0.55, 0.9)
        folded, seen = rng.uniform(size=2) < 0.1
        row = np.abs(row) if folded else row
        window = (np.tanh((x - left) / 0.01) - np.tanh((x - right) / 0.01)) / 2
        found.append(row * window if seen else row)
    return np.array(found)


def relative(found, known):
    return np.linalg.norm(found - known, axis=-1) / np.linalg.norm(known, axis=-1)


def agrees(errors, median, factor=3.0):
    """The median of errors is that of the measurement on the publication's own terms."""
    return median / factor < np.median(errors) < median * factor


@pytest.mark.parametrize(("scheme", "order"), [("etdrk2", 2), ("etdrk4", 4)])
def test_exponential_schemes_have_their_order_in_time(scheme, order):
    x = np.arange(64) / 64
    wave, zero = np.array([[1.0, 0.3]]), np.zeros((1, 2))
    known = exact_values(zero, wave, x, 0.03, 0.2, cells=8192)
    errors = [
        relative(named(scheme)(series(zero, wave, x), 0.03, [0.2], step=step)[:, 0],
                 known)[0]
        for step in (0.02, 0.01)
    ]  # fmt: skip
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.25)


def upwind_error(scheme, cells):
    """Mean error of one scheme on a smooth density, steps being in proportion to cells."""
    if scheme == "godunov":
        x, fine = (np.linspace(0, 1, cells + 1), -1 + 3 * (np.arange(12_288) + 0.5) / 12_288)
        front, wide = (1 / (1 + np.exp((places - 0.4) / 0.1)) for places in (x, fine))
        found = upwind.godunov([front], front[0], [0.2], step=0.4 / cells)[0, 0, 1:-1]
        initial = np.where(fine < 0, front[0], wide)
        halves = exact.solve(initial, np.inf, 0.2 / 3, boundary="outflow", cells=6 * cells)
        inside = halves[2 * cells + 1 : 4 * cells - 1]
        return np.abs(found - inside.reshape(-1, 2).mean(axis=1)).mean()
    hump = 0.6 + 0.4 * np.sin(2 * np.pi * (np.arange(8192) + 0.5) / 8192)
    if scheme == "backward_euler_upwind":
        x = np.arange(cells + 1) / cells
        initial = 0.6 + 0.4 * np.sin(2 * np.pi * x)
        found = upwind.backward_euler_upwind([initial], [0.2], length=1.0, step=0.2 / cells)
        known = exact.at(x, hump, 1e9, 0.2, boundary="periodic")
        return np.abs(found[0, 0] - known).mean()
    initial = hump.reshape(cells, -1).mean(axis=1)
    found = upwind.muscl_roe([initial], 0.02, [0.2], single=False)
    return np.abs(
        found[0, 0] - exact.solve(hump, 50.0, 0.2, boundary="periodic", cells=cells)
    ).mean()


@pytest.mark.parametrize(
    ("scheme", "order"), [("godunov", 1), ("backward_euler_upwind", 1), ("muscl_roe", 2)]
)
def test_upwind_schemes_have_their_order(scheme, order):
    coarse, fine = (upwind_error(scheme, cells) for cells in (128, 256))
    assert np.log2(coarse / fine) == pytest.approx(order, abs=0.25)


@pytest.mark.parametrize(
    ("points", "step", "viscosity", "field", "time", "median"),
    [
        (1024, 0.005, 1e-3, (2.5, 7.0, 49.0), 1.0, 4.5e-7),
        (1024, 0.005, 0.1, (2.0, 5.0, 25.0), 1.0, 9.6e-8),
        (128, 1 / 127, 0.01, (2.5, 7.0, 49.0), 1.0, 3.9e-9),
    ],
    ids=["FNO's script", "like FNO's R10", "DiffusionPDE"],
)
def test_etdrk4_is_as_far_off_as_measured(points, step, viscosity, field, time, median):
    cosines, sines = random_series(1, *field, modes=min(200, points // 2 - 1))
    x = np.arange(points) / points
    found = schemes.etdrk4(series(cosines, sines, x), viscosity, [time], step=step)[:, 0]
    some = slice(None, None, points // 64)
    known = exact_values(cosines, sines, x[some], viscosity, time, cells=4096)
    assert agrees(relative(found[:, some], known), median)


def test_pi_deeponet_is_exact_to_rounding():
    cosines, sines = random_series(2, 4.0, 5.0, 625.0)
    x = np.arange(4096) / 4096
    found = schemes.etdrk4(series(cosines, sines, x)[:2], 0.01, [0.01], step=1e-4)[:, 0, ::64]
    known = exact_values(cosines[:2], sines[:2], x[::64], 0.01, 0.01, cells=8192)
    assert relative(found, known).max() < 1e-12


def test_etdrk2_is_as_far_off_as_apebench():
    modes = np.fft.rfft(np.random.default_rng(3).standard_normal((REALISATIONS, 160)))[:, 1:6]
    x = np.arange(160) / 160
    largest = np.abs(series(modes.real, -modes.imag, x)).max(axis=1, keepdims=True)
    cosines, sines = modes.real / largest, -modes.imag / largest
    times, medians = np.array([0.1, 0.5, 1.0, 5.0, 20.0]), (3.0e-3, 1.8e-2, 1.8e-2, 2.2e-3, 7.7e-4)
    asked = {"step": 0.1, "convection": 0.125}
    found = schemes.etdrk2(series(cosines, sines, x), 3e-4, times, **asked)
    for k, median in enumerate(medians):
        known = exact_values(cosines / 8, sines / 8, x, 3e-4, times[k]) * 8
        assert agrees(relative(found[:, k], known), median, factor=2.5)


def test_godunov_is_as_far_off_as_pcfm():
    rng, fine = np.random.default_rng(4), -1 + 3 * (np.arange(9000) + 0.5) / 9000
    place, inflow = rng.uniform(0.2, 0.8, (REALISATIONS, 1)), rng.uniform(size=(REALISATIONS, 1))
    initial, nodes = (1 / (1 + np.exp((x - place) / 0.02)) for x in (fine, np.linspace(0, 1, 101)))
    initial = np.where(fine < 0, inflow, initial)
    found = upwind.godunov(nodes, inflow[:, 0], [0.5, 1.0], step=0.01)
    for k, median in enumerate((1.9e-2, 1.7e-2)):
        halves = exact.solve(initial, np.inf, (k + 1) / 6, boundary="outflow", cells=600)
        known = halves[:, 199:401].reshape(REALISATIONS, 101, 2).mean(axis=-1)
        assert agrees(relative(found[:, k], known), median)


def test_backward_euler_is_as_far_off_as_gplasdi():
    rng, width = np.random.default_rng(5), 6 / 1000
    height, spread = rng.uniform(0.7, 0.9, (REALISATIONS, 1)), rng.uniform(0.9, 1.1, (8, 1))
    places = -3 - width / 2 + 6 * (np.arange(16_000) + 0.5) / 16_000
    fine, nodes = (
        height * np.exp(-((x / spread) ** 2) / 2)
        for x in (np.where(places < -3, places + 6, places), np.linspace(-3, 3, 1001))
    )
    times = np.array([0.25, 0.5, 1.0])
    found = upwind.backward_euler_upwind(nodes, times)
    assert (found[..., -1] == found[..., 0]).all()
    for k, median in enumerate((4.6e-4, 9.5e-4, 2.2e-3)):
        known = exact.solve(fine, np.inf, times[k] / 6, boundary="periodic", cells=1000)
        assert agrees(relative(found[:, k, :-1], known), median, factor=2)


@pytest.mark.parametrize(
    ("eps", "times", "medians"),
    [(1e-3, (0.1, 2.0), (2.1e-3, 4.9e-4)), (2e-3, (0.1, 1.0), (6.8e-4, 6.8e-4))],
)
def test_muscl_is_as_far_off_as_pdebench(eps, times, medians):
    fine = pdebench_values(6, (np.arange(8192) + 0.5) / 8192)
    centres = pdebench_values(6, (np.arange(1024) + 0.5) / 1024)
    found = upwind.muscl_roe(centres, eps / np.pi, times)
    for k, median in enumerate(medians):
        known = exact.solve(fine, np.pi / eps, times[k], boundary="periodic", cells=1024)
        assert agrees(relative(found[:, k], known), median)


def test_only_the_single_precision_clock_drifts():
    # The steps are those of PDEBench at eps = 0.01, by a quarter of its cells.
    x, viscosity = (np.arange(256) + 0.5) / 256, 0.16 / np.pi
    initial, times = np.array([np.sin(2 * np.pi * x)]), [1.99, 2.0]
    before, double = upwind.muscl_roe(initial, viscosity, times, single=False)[0]
    single = upwind.muscl_roe(initial, viscosity, times)[0, 1]
    change = (double - before) / 0.01
    drift = (single - double) @ change / (change @ change)
    # The clock alone gives 6.9e-4; the density's own rounding takes a quarter of it back.
    assert drift == pytest.approx(5.1e-4, rel=0.2)
    known = exact_values(np.zeros((1, 1)), np.ones((1, 1)), x, viscosity, 2.0)[0]
    ahead = (double - known) @ change / (change @ change)
    assert abs(ahead) < 1e-4


CALLS = {
    "etdrk4": {"viscosity": 0.1, "step": 0.01},
    "etdrk2": {"viscosity": 0.1, "step": 0.01},
    "godunov": {"inflow": 0.5, "step": 0.01},
    "backward_euler_upwind": {"step": 0.01},
    "muscl_roe": {"viscosity": 0.1},
}


@pytest.mark.parametrize("name", CALLS)
def test_a_realisation_sees_no_other_and_time_may_stand_still(name):
    rows = np.random.default_rng(7).uniform(0.2, 0.8, (3, 17))
    rows[:, -1] = rows[:, 0]
    solved, times = named(name), [0.0, 0.02, 0.02, 0.05]
    together = solved(rows, times=times, **CALLS[name])
    assert together.shape == (3, 4, 17)
    assert together.dtype == np.float64
    np.testing.assert_allclose(together[:, 0], rows, atol=1e-7)
    assert (together[:, 1] == together[:, 2]).all()
    alone = [solved(rows[k : k + 1], times=times, **CALLS[name])[0] for k in range(3)]
    np.testing.assert_allclose(together, alone, rtol=1e-14)


def test_where_newton_fails_there_is_no_number():
    rows = np.array([[0.0, -1e3, 1e3, -1e3, 0.0]])
    assert np.isnan(upwind.backward_euler_upwind(rows, [0.0, 1.0], step=0.5)[0, 1]).all()


EVERY = tuple(CALLS)
SPECTRAL = ("etdrk4", "etdrk2")
VISCOUS, STEPPED = (*SPECTRAL, "muscl_roe"), EVERY[:-1]
REFUSED = [
    (EVERY, {"initial": np.ones(8)}, "initial has shape"),
    (EVERY, {"initial": np.ones((2, 3))}, "initial has shape"),
    (EVERY, {"initial": [[np.nan] * 8]}, "initial contains"),
    (EVERY, {"times": 0.1}, "times has shape"),
    (EVERY, {"times": []}, "times has shape"),
    (EVERY, {"times": [0.2, 0.1]}, "times is"),
    (EVERY, {"times": [-0.1]}, "times has minimum"),
    (STEPPED, {"times": [0.015]}, "times is"),
    (STEPPED, {"step": 0.0}, "step has minimum"),
    (EVERY, {"length": -1.0}, "length has minimum"),
    (VISCOUS, {"viscosity": 0.0}, "viscosity has minimum"),
    (VISCOUS, {"viscosity": [0.1, 0.2]}, "viscosity is"),
    (("godunov",), {"inflow": [0.1, 0.2, 0.3]}, "inflow has shape"),
    (("godunov",), {"inflow": np.inf}, "inflow contains"),
    (SPECTRAL, {"convection": np.nan}, "convection is"),
]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [(name, change, message) for names, change, message in REFUSED for name in names],
)
def test_bad_input_is_refused_by_name(name, change, message):
    options = {"initial": np.ones((2, 8)), "times": [0.1], **CALLS[name]} | change
    with pytest.raises(ValueError, match=f"{message}.*accepted"):
        named(name)(**options)


def test_steps_that_the_clock_cannot_add_are_refused():
    with pytest.raises(ValueError, match=r"viscosity is 1000.0.*accepted: steps >"):
        upwind.muscl_roe(np.ones((1, 1024)), 1e3, [2.0])
