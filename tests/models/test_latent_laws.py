"""Laws on the latent space: what is drawn follows what was fitted, and the densities integrate."""

import pickle
import warnings

import numpy as np
import pytest
from scipy import stats

from burgers.models import flow, latent_laws


def bent(count, seed):
    """A bent, sharp-edged distribution of two codes, as an encoder makes of two uniform inputs."""
    u = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    return np.stack([2 * u[:, 0], u[:, 0] ** 2 + 0.2 * u[:, 1]], axis=1)


@pytest.fixture(scope="module")
def codes():
    return bent(2000, seed=0)


@pytest.fixture(scope="module")
def laws(codes):
    return {
        "normal": latent_laws.StandardNormal().fit(codes),
        "gaussian": latent_laws.Gaussian().fit(codes),
        "mixture": latent_laws.Mixture(components=(1, 10)).fit(codes),
        "parzen": latent_laws.ManifoldParzen().fit(codes),
        "flow": flow.Flow(epochs=12, batch_size=100).fit(codes),
    }


def integral(law, axis):
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    return np.exp(law.log_prob(grid)).sum() * (axis[1] - axis[0]) ** 2


@pytest.mark.parametrize("name", ["normal", "gaussian", "mixture", "flow"])
def test_density_integrates_to_one(laws, name):
    assert integral(laws[name], np.linspace(-5, 5, 161)) == pytest.approx(1.0, abs=0.02)


def test_density_of_parzen_windows_integrates_to_one(codes):
    # Windows on more codes are too narrow for the grid.
    law = latent_laws.ManifoldParzen().fit(codes[:300])
    assert integral(law, np.linspace(-3, 3, 97)) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("name", ["gaussian", "mixture", "parzen", "flow"])
def test_draws_have_the_moments_of_the_codes(laws, codes, name):
    drawn = laws[name].sample(20_000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), codes.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(drawn.std(axis=0), codes.std(axis=0), rtol=0.05)


def test_draws_of_the_prior_are_standard_normal(laws):
    drawn = laws["normal"].sample(20_000, np.random.default_rng(1))
    np.testing.assert_allclose(np.cov(drawn.T), np.eye(2), atol=0.05)


def test_richer_distributions_find_fresh_codes_likelier(laws):
    fresh = bent(1000, seed=5)
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


@pytest.fixture
def uncompiled(monkeypatch):
    """A few batches are done before they are compiled."""
    eager = property(lambda _: True, lambda *_: None)
    monkeypatch.setattr(flow.Conditionals, "run_eagerly", eager)


@pytest.fixture(scope="module")
def conditioned():
    """Laws of a number that follows a condition."""
    rng = np.random.default_rng(0)
    given = rng.uniform(0, 1, (2000, 1))
    codes = np.sin(3 * given) + (0.1 + given) * rng.uniform(-1, 1, (2000, 1))
    return {
        "flow": flow.Flow(epochs=12, batch_size=100).fit(codes, given),
        "carried": flow.NearestConditions(flow.Flow(epochs=3, batch_size=300), 200).fit(
            codes, given
        ),
    }


@pytest.mark.parametrize("name", ["flow", "carried"])
def test_a_conditional_distribution_follows_its_condition(conditioned, name):
    for t in (0.2, 0.8):
        drawn = conditioned[name].sample(5000, np.random.default_rng(1), np.full((5000, 1), t))
        assert drawn.mean() == pytest.approx(np.sin(3 * t), abs=0.1)
        assert drawn.std() == pytest.approx((0.1 + t) / np.sqrt(3), rel=0.15)


def test_the_ranks_of_a_flow_are_uniform_and_lead_back(laws, codes):
    ranks = laws["flow"].to_uniform(codes)
    assert stats.kstest(ranks.ravel(), "uniform").statistic < 0.05
    np.testing.assert_allclose(laws["flow"].from_uniform(ranks), codes, atol=1e-6)


@pytest.mark.parametrize("name", ["flow", "carried"])
def test_a_distribution_is_the_same_in_another_process(conditioned, name):
    given = np.linspace(0, 1, 50)[:, None]
    sent = pickle.loads(pickle.dumps(conditioned[name]))
    drawn = [
        law.sample(50, np.random.default_rng(1), given) for law in (conditioned[name], sent)
    ]  # fmt: skip
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("name", ["flow", "carried"])
def test_a_conditional_distribution_stays_finite_far_from_any_condition_seen(conditioned, name):
    far = np.array([[-1e4], [1e4]]).repeat(200, axis=0)
    assert np.isfinite(conditioned[name].sample(400, np.random.default_rng(0), far)).all()


ONE, TWO = np.zeros((3, 1)), np.zeros((3, 2))


@pytest.mark.parametrize(
    ("name", "given", "named"),
    [
        ("flow", None, r"given is None; accepted: \(3, 1\)"),
        ("flow", TWO, r"given has shape \(3, 2\); accepted: \(3, 1\)"),
        ("flow", ONE[:2], r"given has shape \(2, 1\); accepted: \(3, 1\)"),
        ("flow", ONE + np.nan, "given contains nan"),
        ("carried", None, r"given is None; accepted: \(3, 1\)"),
        ("carried", TWO, r"given has shape \(3, 2\); accepted: \(3, 1\)"),
        ("carried", ONE[:2], r"given has shape \(2, 1\)"),
        ("plain", ONE, r"(?s)given is array.*accepted: None"),
    ],
)
def test_a_condition_that_is_missing_or_unexpected_is_refused(
    laws, conditioned, name, given, named
):
    law = laws["flow"] if name == "plain" else conditioned[name]
    values = np.full((3, law.latents), 0.5)
    asked = [lambda: law.sample(3, np.random.default_rng(0), given)]
    if name != "carried":
        asked += [
            lambda f=f: f(values, given) for f in (law.to_uniform, law.from_uniform, law.log_prob)
        ]
    for ask in asked:
        with pytest.raises(ValueError, match=named):
            ask()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (None, "given is None"),
        (TWO, r"given has shape \(3, 2\); accepted: \(3, 1\)"),
        (ONE[:2], r"given has shape \(2, 1\)"),
        (np.ma.masked_all((3, 1)), "given has 3 masked values"),
    ],
)
def test_nearest_conditions_are_fitted_to_one_condition(given, named):
    law = flow.NearestConditions(flow.Flow(), 2)
    with pytest.raises(ValueError, match=named):
        law.fit(TWO + np.arange(3)[:, None], given)
    with pytest.raises(ValueError, match="NearestConditions is not fitted"):
        law.sample(3, np.random.default_rng(0), ONE)


def test_a_law_whose_place_and_width_move_is_carried_across_a_gap(uncompiled):
    rng = np.random.default_rng(3)
    given = rng.uniform(0, 1, 4000)
    given = given[np.abs(given - 0.5) > 0.05, None]
    centre, width = lambda t: np.exp(2 * t), lambda t: 0.01 + t**2
    codes = centre(given) + width(given) * rng.uniform(-1, 1, given.shape)
    law = flow.NearestConditions(flow.Flow(epochs=2), 400).fit(codes, given)
    for time in (0.2, 0.5, 0.9):
        support = law.support(time)
        assert support.shape == (400, 1)
        assert abs(support.mean() - centre(time)) < 0.15 * width(time)
        assert support.std() == pytest.approx(width(time) / np.sqrt(3), rel=0.2)
        # A sample is drawn from the support; in single precision, codes of up to 8.
        drawn = law.sample(50, rng, np.full((50, 1), time))
        assert np.abs(drawn - support.T).min(axis=1).max() < 1e-6


def test_a_frame_of_conditions_that_repeat_has_as_many_points_as_there_are():
    rng = np.random.default_rng(4)
    given = np.sort(rng.integers(3, size=500)) / 2
    codes = np.column_stack([given + (1 + given) * rng.standard_normal(500), np.ones(500)])
    frame = flow.MovingFrame().fit(codes, given)
    inside = frame.inside(codes, given)
    np.testing.assert_allclose(frame.outside(inside, given), codes, atol=1e-12)
    np.testing.assert_allclose(inside[:, 1], 0.0, atol=1e-12)


LAWS = {
    "normal": latent_laws.StandardNormal, "gaussian": latent_laws.Gaussian,
    "mixture": latent_laws.Mixture,
    "parzen": latent_laws.ManifoldParzen, "flow": lambda: flow.Flow(epochs=1),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_use_before_fit_is_refused(name):
    law = LAWS[name]()
    for ask in (lambda: law.sample(3, np.random.default_rng(0)), lambda: law.log_prob(TWO)):
        with pytest.raises(ValueError, match="is not fitted; accepted: one whose `fit` was"):
            ask()


BAD_CODES = [
    (np.zeros(5), r"codes has shape \(5,\)"),
    (np.zeros((1, 2)), r"codes has shape \(1, 2\)"),
    (np.full((5, 2), np.inf), "codes contains inf in row 0"),
    (np.ma.masked_all((5, 2)), "codes has 10 masked values"),
    ([["a", "b"]] * 5, "codes is"),
]


@pytest.mark.parametrize(("bad", "named"), BAD_CODES)
@pytest.mark.parametrize("name", LAWS)
def test_bad_codes_are_refused_by_name(name, bad, named):
    with pytest.raises(ValueError, match=named):
        LAWS[name]().fit(bad)


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda law: law.sample(0, np.random.default_rng(0)), "n is 0"),
        (lambda law: law.sample(2, 0), "rng is 0; accepted: a numpy.random.Generator"),
        (lambda law: law.sample(2, np.random.RandomState(0)), "rng is RandomState"),
        (lambda law: law.log_prob(np.zeros((2, 3))), r"codes has shape \(2, 3\); .*, 2\)"),
        (lambda law: law.log_prob(np.zeros((0, 2))), r"codes has shape \(0, 2\)"),
        (lambda law: law.log_prob([[np.nan, 0.0]]), "codes contains nan"),
    ],
)
def test_bad_counts_generators_and_codes_are_refused_by_name(laws, ask, named):
    for law in laws.values():
        with pytest.raises(ValueError, match=named):
            ask(law)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda _: flow.Flow(epochs=0), "epochs is 0"),
        (lambda _: flow.Flow(batch_size=1.5), "batch_size is 1.5"),
        (lambda _: flow.Flow(peak=-1), "peak"),
        (lambda _: flow.Flow(seed="a"), "seed is 'a'"),
        (lambda _: flow.NearestConditions("law", 3), "law is 'law'"),
        (lambda _: flow.NearestConditions(flow.Flow(), 0), "nearest is 0"),
        (lambda _: latent_laws.Mixture(components=(1, 0)), "components is 0"),
        (lambda _: latent_laws.Mixture(most=1), "most is 1"),
        (lambda _: latent_laws.Mixture(seed=-1), "seed is -1"),
        (lambda _: latent_laws.ManifoldParzen(seed=0.5), "seed is 0.5"),
        (
            lambda codes: latent_laws.Mixture((100,)).fit(codes[:50]),
            r"components is \[100\]; .* 40",
        ),
        (lambda codes: latent_laws.Mixture(()).fit(codes), r"components is \[\]"),
    ],
)
def test_arguments_of_a_distribution_are_checked(codes, make, named):
    with pytest.raises(ValueError, match=named):
        make(codes)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_ranks_are_between_zero_and_one(laws, bad):
    with pytest.raises(ValueError, match="ranks"):
        laws["flow"].from_uniform(np.full((2, 2), bad))


@pytest.fixture
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


FEW = {
    "one latent": bent(40, 0)[:, :1],
    "two codes": bent(2, 0),
    "three codes": bent(3, 0),
    "fifty codes": bent(50, 0),
    "two places": np.repeat(bent(2, 0), 30, axis=0),
    "all but one alike": np.repeat(bent(2, 0), (59, 1), axis=0),
    "on a line": bent(60, 0)[:, :1] * [1.0, -2.0],
    "a constant": np.column_stack([bent(60, 0)[:, 0], np.full(60, 0.1)]),
    "all the same": np.full((60, 2), 0.1),
}


@pytest.mark.parametrize("codes", FEW.values(), ids=FEW)
@pytest.mark.parametrize("name", ["normal", "gaussian", "mixture", "parzen"])
def test_few_or_equal_codes_have_a_distribution(no_warnings, name, codes):
    law = LAWS[name]().fit(codes)
    drawn = law.sample(300, np.random.default_rng(0))
    assert drawn.shape == (300, codes.shape[1])
    assert np.isfinite(law.log_prob(drawn)).all()
    if name != "normal":
        assert (drawn[:, np.ptp(codes, axis=0) == 0] == 0.1).all()
        reach = 8 * codes.std(axis=0) + 1e-2
        assert (np.abs(drawn - codes.mean(axis=0)) < reach).all()


@pytest.mark.parametrize("name", ["three codes", "a constant", "all the same"])
def test_few_or_equal_codes_have_a_flow(no_warnings, uncompiled, name):
    codes = FEW[name]
    law = flow.Flow(epochs=1).fit(codes)
    drawn = law.sample(100, np.random.default_rng(0))
    assert np.isfinite(law.log_prob(drawn)).all()
    same = np.ptp(codes, axis=0) == 0
    assert (drawn[:, same] == 0.1).all()
    assert (law.to_uniform(codes)[:, same] == 0.5).all()
    np.testing.assert_allclose(law.from_uniform(law.to_uniform(codes)), codes, atol=1e-6)


def test_what_cannot_be_sampled_has_no_density():
    constant = latent_laws.Gaussian().fit(FEW["a constant"])
    other = FEW["a constant"] + [0.0, 1e-3]
    assert (constant.log_prob(other) == -np.inf).all()
    alone = latent_laws.Gaussian().fit(FEW["a constant"][:, :1])
    assert (constant.log_prob(FEW["a constant"]) == alone.log_prob(other[:, :1])).all()
    line = latent_laws.Gaussian().fit(FEW["on a line"])
    assert np.isfinite(line.log_prob(FEW["on a line"])).all()
    assert (line.log_prob(FEW["on a line"] + [0.0, 1e-3]) == -np.inf).all()
    slopes = line.sample(50, np.random.default_rng(0))
    np.testing.assert_allclose(slopes[:, 1], -2 * slopes[:, 0], rtol=1e-9, atol=1e-12)


def test_no_more_components_are_tried_than_codes_are_different():
    tried = {
        name: latent_laws.Mixture().fit(FEW[name]).scores for name in ("fifty codes", "two places")
    }
    assert {name: list(scores) for name, scores in tried.items()} == {
        "fifty codes": [1, 3, 10, 30], "two places": [1]
    }  # fmt: skip
