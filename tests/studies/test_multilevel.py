"""Multilevel Monte Carlo finds the exact expectations, and says how far it may be from them."""

import numpy as np
import pytest

import burgers
from burgers import exact
from burgers.studies import multilevel

TIMES = {"sinus": 0.4, "creneau": 0.2}
CASES = pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)


def law(case):
    """The exact mean and std of the density on 25 cells."""
    return exact.mean_and_std(case, TIMES[case.name], cells=25)


def energy(case):
    """The exact mean of the kinetic energy on 25 cells."""
    mean, std = law(case)
    return 0.5 * (mean**2 + std**2).mean()


@pytest.fixture(scope="module")
def estimates():
    """Of the average over a cell: of the sinus where it is smooth, of the creneau at the front."""
    found = {}
    for case, cell, tolerance in ((burgers.SINUS, 6, 1e-4), (burgers.CRENEAU, 14, 6e-4)):
        level = multilevel.level(case, TIMES[case.name], quantity=cell, seed=1)
        exactly = law(case)[0][cell]
        found[case.name] = multilevel.estimate(level, tolerance), exactly, tolerance, level
    return found


@CASES
@pytest.mark.parametrize("grid", ["coarsest", "own"])
def test_the_sum_over_the_levels_is_the_mean_on_the_finest_for_the_same_draws(case, grid):
    def sums(number):
        # A level function of its own for each level: the same seed, hence the same draws.
        level = multilevel.level(
            case, TIMES[case.name], quantity=multilevel.moments, grid=grid, seed=3
        )  # fmt: skip
        return level(number, 40)[0]

    finest = sums(3)
    telescoped = sum(
        np.repeat(found[0], finest.shape[-1] // found.shape[-1], axis=-1)
        for found in map(sums, range(4))
    )
    np.testing.assert_allclose(telescoped, finest[4], rtol=1e-12, atol=1e-12)


@CASES
def test_the_estimate_is_the_exact_mean_within_its_error(case, estimates):
    found, exactly, tolerance, _ = estimates[case.name]
    assert abs(found.value - exactly) < 2 * tolerance
    assert found.sampling_error < tolerance
    assert found.checks == {"consistency": True, "kurtosis": True, "bias": True}
    assert found.cost == pytest.approx((found.levels.samples * found.levels.cost).sum())


@CASES
def test_the_energy_is_the_exact_one_within_its_error(case):
    found = multilevel.estimate(multilevel.level(case, TIMES[case.name], seed=1), 5e-5)
    assert abs(found.value - energy(case)) < 1e-4
    assert isinstance(found.value, float)


@CASES
def test_the_rates_are_those_of_a_second_order_scheme(case, estimates):
    rates = estimates[case.name][0].rates
    assert 1.2 < rates.alpha < 4
    # Differences fall faster than their costs grow: most of the work is on the coarsest grid.
    assert rates.beta > rates.gamma
    assert rates.gamma == pytest.approx(2, abs=0.3)


@CASES
def test_the_extrapolated_bias_is_the_true_one_within_a_factor_of_four(case, estimates):
    found, _, tolerance, level = estimates[case.name]
    bias, error = level.error(len(found.levels) - 1, 1000)
    assert 5 * error < abs(bias) < 0.5 * tolerance
    assert 1 / 4 < found.bias / bias < 4


@CASES
def test_the_same_error_costs_much_less_than_on_the_finest_grid_alone(case, estimates):
    found = estimates[case.name][0]
    assert found.plain_cost > 5 * found.cost


@CASES
def test_mean_and_std_of_every_cell_are_the_exact_ones(case):
    level = multilevel.level(case, TIMES[case.name], quantity=multilevel.moments, seed=2)
    found = multilevel.estimate(level, 5e-4)
    mean, std = multilevel.mean_and_std(found.value)
    known = law(case)
    assert burgers.metrics.relative_error(mean, known[0]) < 0.01
    assert burgers.metrics.relative_error(std, known[1]) < 0.05
    assert found.checks["consistency"]


def test_the_average_over_one_cell_at_a_random_time_is_the_exact_one():
    cell = 14
    found = multilevel.estimate(multilevel.level(burgers.CRENEAU, quantity=cell, seed=4), 5e-3)
    mean, _ = exact.mean_and_std(burgers.CRENEAU, cells=25, panel_nodes=4, reynolds_nodes=16)
    assert abs(found.value - mean[cell]) < 0.01


def test_moments_on_fine_cells_are_those_of_the_coarse_ones_continued():
    times = [0.1, 0.2]
    level = multilevel.level(
        burgers.CRENEAU, times, quantity=multilevel.moments, grid="own", seed=5
    )  # fmt: skip
    found = multilevel.estimate(level, 0.02, fewest=3, most=3)
    mean, _ = multilevel.mean_and_std(found.value)
    assert found.value.shape == (2, 2, 100)
    for row, time in zip(mean, times, strict=True):
        known, _ = exact.mean_and_std(burgers.CRENEAU, time, cells=100)
        assert burgers.metrics.relative_error(row, known) < 0.04


def test_first_order_has_twice_the_bias_of_half_the_cells():
    level = multilevel.level(burgers.CRENEAU, 0.2, scheme="rusanov", quantity=14, seed=6)
    coarse, fine = (level.error(number, 300)[0] for number in (3, 4))
    assert level.order == 1
    assert 1.6 < coarse / fine < 3


def test_the_same_seed_gives_the_same_bits_and_every_call_new_draws():
    first, second = (multilevel.level(burgers.SINUS, 0.3, seed=7) for _ in range(2))
    sums, cost = first(1, 50)
    np.testing.assert_array_equal(sums, second(1, 50)[0])
    assert sums.shape == (6,)
    assert cost > 0
    assert sums[4] != first(1, 50)[0][4]


def test_samples_attain_the_variance_and_follow_the_optimum():
    variances, costs = np.array([1.0, 0.1, 0.01]), np.array([1.0, 4.0, 16.0])
    found = multilevel.samples(variances, costs, 1e-4)
    assert (variances / found).sum() == pytest.approx(1e-4, rel=1e-2)
    np.testing.assert_allclose(found / found[0], np.sqrt(variances / costs), rtol=1e-2)


def geometric(number, n):
    """A level function with known rates: α = 1, β = 2, γ = 1, and the expectation 2."""
    rng = np.random.default_rng(number)
    fine = 2.0 - 2.0**-number + rng.normal(size=n) * 2.0**-number
    difference = 2.0**-number * (1.0 + rng.normal(size=n))
    parts = *(difference**power for power in (1, 2, 3, 4)), fine, fine**2
    return np.array([part.sum() for part in parts]), n * 2.0**number


def test_any_function_of_a_level_and_a_number_is_estimated():
    found = multilevel.estimate(geometric, 0.02, most=9)
    assert abs(found.value - 2) < 0.06
    np.testing.assert_allclose(found.rates, (1, 2, 1), atol=0.3)
    assert found.bias == pytest.approx(2.0 ** -(len(found.levels) - 1), rel=0.5)


def test_a_bias_that_remains_and_differences_that_do_not_fit_are_told():
    assert not multilevel.estimate(geometric, 1e-2, most=3).checks["bias"]

    def shifted(number, n):
        sums, cost = geometric(number, n)
        return sums + 5 * n * np.arange(6).__eq__(4) * (number % 2), cost

    assert not multilevel.estimate(shifted, 0.02, most=4).checks["consistency"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problem": "sinus"}, "problem is 'sinus'; accepted"),
        ({"time": 0.0}, "time has minimum 0.0; accepted: time > 0"),
        ({"time": [0.2, 0.1]}, r"time is \[0.2, 0.1\]; accepted: a number, increasing times or"),
        ({"scheme": "exact"}, "scheme is 'exact'; accepted: rusanov, muscl"),
        ({"coarsest": 2}, "coarsest is 2; accepted: an integer of at least 3"),
        ({"grid": "fine"}, "grid is 'fine'; accepted: coarsest, own"),
        ({"quantity": 25}, "quantity is 25; accepted: an integer of at least 0 and at most 24"),
        ({"quantity": 3, "grid": "own"}, "quantity is 3; accepted: a function of cell averages"),
        ({"seed": -1}, "seed is -1; accepted"),
    ],
)
def test_what_is_no_level_function_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        multilevel.level(**{"problem": burgers.SINUS, "time": 0.4} | options)


def test_a_call_that_makes_no_sense_is_refused():
    level = multilevel.level(burgers.SINUS, 0.4)
    with pytest.raises(ValueError, match="number is -1; accepted: an integer of at least 0"):
        level(-1, 10)
    with pytest.raises(ValueError, match="n is 0; accepted: a positive integer"):
        level(0, 0)
    odd = multilevel.level(burgers.SINUS, 0.4, quantity=lambda density: density[0])
    with pytest.raises(ValueError, match=r"quantity\(density\) has shape \(25,\) for density"):
        odd(0, 10)
    with pytest.raises(ValueError, match=r"grid is 'own' and time .*; accepted: 'coarsest'"):
        multilevel.level(burgers.SINUS, 0.4, quantity=multilevel.moments, grid="own").error(0, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": 0.0}, "tolerance has minimum 0.0; accepted: tolerance > 0"),
        ({"tolerance": [1, 2]}, r"tolerance is \[1, 2\]; accepted: one finite number"),
        ({"pilot": 3}, "pilot is 3; accepted: an integer of at least 32"),
        ({"fewest": 1}, "fewest is 1; accepted: an integer of at least 2"),
        ({"fewest": 5, "most": 4}, "most is 4; accepted: an integer of at least 5"),
        ({"order": 0}, "order has minimum 0.0; accepted: order > 0"),
        ({"level": lambda number, n: (np.ones(2), 1.0)}, r"sums of level\(0, 200\) has shape"),
        ({"level": lambda number, n: (np.ones(6), 0.0)}, r"cost of level\(0, 200\) has minimum"),
        ({"level": lambda number, n: (np.full(6, np.nan), 1.0)}, r"sums of level.* contains nan"),
    ],
)
def test_what_cannot_be_estimated_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        multilevel.estimate(**{"level": geometric, "tolerance": 0.1} | options)


def test_an_allocation_without_costs_is_refused():
    with pytest.raises(ValueError, match=r"costs has shape \(1,\); accepted: \(levels,\)"):
        multilevel.samples([1.0, 0.1], [1.0], 1e-4)
    with pytest.raises(ValueError, match=r"variances has minimum -1.0 in row 0; accepted"):
        multilevel.samples([-1.0], [1.0], 1e-4)
