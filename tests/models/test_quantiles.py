"""Quantiles of mixtures of normals: the inverse, the ends, and gaps between components."""

import numpy as np
import pytest
from scipy import stats

from burgers.models import _quantiles

COUNT, COMPONENTS = 2000, 16


@pytest.fixture(params=[(-7.0, 2.0), (-1.0, 0.0)], ids=["very unequal widths", "alike"])
def mixtures(request):
    rng = np.random.default_rng(0)
    weight = rng.dirichlet(np.full(COMPONENTS, 0.3), COUNT)
    mean = rng.normal(0.0, 2.0, (COUNT, COMPONENTS))
    width = np.exp(rng.uniform(*request.param, (COUNT, COMPONENTS)))
    return weight, mean, width


def test_the_distribution_function_is_that_of_scipy(mixtures):
    weight, mean, width = mixtures
    values = np.random.default_rng(1).normal(0.0, 3.0, COUNT)
    known = (weight * stats.norm.cdf(values[:, None], mean, width)).sum(axis=1)
    np.testing.assert_allclose(_quantiles.below(values, *mixtures), known, atol=1e-14)


def test_quantiles_are_the_inverse(mixtures):
    ranks = np.random.default_rng(2).random(COUNT)
    found = _quantiles.quantiles(ranks, *mixtures)
    # In the narrowest components a rounding error of the value is a thousand times one of the rank.
    np.testing.assert_allclose(_quantiles.below(found, *mixtures), ranks, atol=1e-8)


def test_of_one_component_they_are_those_of_the_normal():
    ranks = np.array([1e-15, 1e-6, 0.3, 0.5, 0.999999])
    ones = np.ones((len(ranks), 1))
    found = _quantiles.quantiles(ranks, ones, 2.0 * ones, 3.0 * ones)
    np.testing.assert_allclose(found, stats.norm.ppf(ranks, 2.0, 3.0), rtol=1e-9)


def test_ranks_of_0_and_1_have_finite_quantiles_at_the_ends(mixtures):
    _, mean, width = mixtures
    first, last = (_quantiles.quantiles(np.full(COUNT, rank), *mixtures) for rank in (0.0, 1.0))
    assert (first >= (mean - 9.001 * width).min(axis=1)).all()
    assert (last <= (mean + 9.001 * width).max(axis=1)).all()
    assert (first < last).all()


def test_where_the_density_vanishes_between_components_a_quantile_is_found():
    weight, mean, width = np.array([[0.5, 0.5]]), np.array([[-1e3, 1e3]]), np.array([[1e-3, 1e-3]])
    for rank in (0.25, 0.75):
        found = _quantiles.quantiles(np.array([rank]), weight, mean, width)
        known = np.sign(rank - 0.5) * 1e3 + 1e-3 * stats.norm.ppf(2 * rank % 1)
        np.testing.assert_allclose(found, known, rtol=1e-12)
