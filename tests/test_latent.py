"""Laws on the latent space: what is drawn follows what was fitted, and the densities integrate."""

import numpy as np
import pytest
from scipy import stats

from burgers import flow, latent


@pytest.fixture(scope="module")
def codes():
    """A bent, sharp-edged law of two numbers, as an encoder makes of two uniform ones."""
    u = np.random.default_rng(0).uniform(-1, 1, (4000, 2))
    return np.stack([2 * u[:, 0], u[:, 0] ** 2 + 0.2 * u[:, 1]], axis=1)


@pytest.fixture(scope="module")
def laws(codes):
    return {
        "normal": latent.StandardNormal().fit(codes),
        "gaussian": latent.Gaussian().fit(codes),
        "mixture": latent.Mixture(components=(1, 10, 30)).fit(codes),
        "parzen": latent.Parzen().fit(codes),
        "flow": flow.Flow(epochs=25, batch_size=200).fit(codes),
    }


def integral(law):
    axis = np.linspace(-5, 5, 161)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    return np.exp(law.log_prob(grid)).sum() * (axis[1] - axis[0]) ** 2


@pytest.mark.parametrize("name", ["normal", "gaussian", "mixture", "flow"])
def test_density_integrates_to_one(laws, name):
    assert integral(laws[name]) == pytest.approx(1.0, abs=0.02)


def test_density_of_parzen_windows_integrates_to_one(codes):
    # Windows on more codes are too narrow for the grid.
    assert integral(latent.Parzen().fit(codes[:300])) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("name", ["gaussian", "mixture", "parzen", "flow"])
def test_draws_have_the_moments_of_the_codes(laws, codes, name):
    drawn = laws[name].sample(20_000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), codes.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(drawn.std(axis=0), codes.std(axis=0), rtol=0.05)


def test_draws_of_the_prior_are_standard_normal(laws):
    drawn = laws["normal"].sample(20_000, np.random.default_rng(1))
    np.testing.assert_allclose(np.cov(drawn.T), np.eye(2), atol=0.05)


def test_richer_laws_find_fresh_codes_likelier(laws):
    u = np.random.default_rng(5).uniform(-1, 1, (2000, 2))
    fresh = np.stack([2 * u[:, 0], u[:, 0] ** 2 + 0.2 * u[:, 1]], axis=1)
    found = {name: law.log_prob(fresh).mean() for name, law in laws.items()}
    assert found["normal"] < found["gaussian"] < found["mixture"]
    assert found["gaussian"] + 0.3 < min(found["parzen"], found["flow"])


def test_number_of_components_is_that_of_the_best_held_out_likelihood(laws):
    mixture = laws["mixture"]
    assert mixture.mixture.n_components == max(mixture.scores, key=mixture.scores.get) > 1


def test_the_same_seed_gives_the_same_draws(laws):
    for law in laws.values():
        first, again = (law.sample(50, np.random.default_rng(3)) for _ in range(2))
        assert first.tobytes() == again.tobytes()


@pytest.fixture(scope="module")
def conditioned():
    rng = np.random.default_rng(0)
    given = rng.uniform(0, 1, (4000, 1))
    return np.sin(3 * given) + (0.1 + given) * rng.uniform(-1, 1, (4000, 1)), given


@pytest.mark.parametrize(
    "law",
    [flow.Flow(epochs=25, batch_size=200), flow.Carried(flow.Flow(epochs=3), nearest=400)],
    ids=["flow", "carried"],
)
def test_a_conditioned_law_follows_its_condition(conditioned, law):
    law.fit(*conditioned)
    for t in (0.2, 0.8):
        drawn = law.sample(5000, np.random.default_rng(1), np.full((5000, 1), t))
        assert drawn.mean() == pytest.approx(np.sin(3 * t), abs=0.1)
        assert drawn.std() == pytest.approx((0.1 + t) / np.sqrt(3), rel=0.15)


def test_the_ranks_of_a_flow_are_uniform_and_lead_back(laws, codes):
    ranks = laws["flow"].ranks(codes)
    assert stats.kstest(ranks.ravel(), "uniform").statistic < 0.05
    np.testing.assert_allclose(laws["flow"].at(ranks), codes, atol=1e-6)


def test_a_flow_stays_finite_far_from_any_condition_seen(conditioned):
    codes, given = conditioned
    law = flow.Flow(epochs=3).fit(codes, given)
    far = np.array([[-1e4], [1e4]]).repeat(200, axis=0)
    assert np.isfinite(law.sample(400, np.random.default_rng(0), far)).all()


@pytest.mark.parametrize("bad", [np.zeros(5), np.zeros((1, 2)), np.full((5, 2), np.inf)])
def test_bad_codes_are_refused_by_name(bad):
    with pytest.raises(ValueError, match="codes"):
        latent.Mixture().fit(bad)


def test_bad_conditions_and_counts_are_refused_by_name(laws):
    with pytest.raises(ValueError, match="given has shape"):
        laws["flow"].sample(5, np.random.default_rng(0), np.zeros((4, 1)))
    with pytest.raises(ValueError, match="n is 0"):
        laws["mixture"].sample(0, np.random.default_rng(0))
