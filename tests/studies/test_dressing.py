"""Dressed ensembles: the errors of codes are found, and bands cover as much as they should."""

import numpy as np
import pytest

from burgers.studies import dressing

# Errors of codes at four times, small beside the std of the codes, which is one.
SIZES = 0.001 * np.array([1.0, 2.0, 0.5, 0.0])[:, None]


class Linear:
    """A model whose decoder is a matrix."""

    def __init__(self, scales=(1.0, 1.0, 1.0)):
        self.matrix = np.random.default_rng(0).normal(size=(3, 40)) * np.array(scales)[:, None]

    def decode(self, codes):
        return codes @ self.matrix


@pytest.fixture
def held():
    rng = np.random.default_rng(1)
    codes = rng.normal(size=(300, 4, 3))
    errors = SIZES * rng.normal(size=codes.shape)
    return codes, errors, Linear().decode(codes + errors), rng.uniform(4, 13, size=300)


def test_the_errors_of_codes_are_those_that_were_made(held):
    codes, errors, density, _ = held
    assert dressing.errors_of_codes(Linear(), codes, density) == pytest.approx(errors, abs=1e-4)


def test_a_code_on_which_the_density_hardly_depends_is_not_changed_far(held, monkeypatch):
    codes, model, rng = held[0], Linear((1.0, 1.0, 0.05)), np.random.default_rng(5)
    # What no change of codes can mend.
    density = model.decode(codes) + 0.05 * rng.normal(size=(*codes.shape[:2], 40))

    def largest_change():
        return np.abs(dressing.errors_of_codes(model, codes, density)[..., 2]).max()

    assert largest_change() < 0.1 * dressing.SMALL
    # Without a cost of far changes.
    monkeypatch.setattr(dressing, "SMALL", 1e6)
    assert largest_change() > 0.3


def test_members_are_given_the_errors_of_trajectories_of_similar_re(held):
    codes, errors, density, log_reynolds = held
    fitted = dressing.fit(Linear(), codes, density, log_reynolds, lambda by: 0.2 * by.scale)
    assert (np.diff(fitted.log_reynolds) > 0).all()
    drawn = fitted.drawn(np.full(5000, 4.0), np.random.default_rng(2))
    # To either side, and along the error of one of the sixty nearest.
    assert np.mean(drawn[:, 0, 0] > 0) == pytest.approx(0.5, abs=0.03)
    found = np.unique((drawn[:, 0, 0] / drawn[:, 1, 0]).round(6))
    nearest = errors[np.argsort(log_reynolds)[:60]]
    assert np.sort(nearest[:, 0, 0] / nearest[:, 1, 0]) == pytest.approx(found, rel=0.05)


def test_the_scale_is_the_smallest_of_sufficient_coverage(held):
    codes, _, density, log_reynolds = held

    def coverage(by):
        # Enough at once, at a scale of 1.5, nowhere, and where nothing varies.
        return np.array([0.95, 0.6 * by.scale[1], 0.1, np.nan])

    fitted = dressing.fit(Linear(), codes, density, log_reynolds, coverage)
    assert fitted.scale == pytest.approx([0.0, 1.5, dressing.LARGEST, 0.0], abs=0.05)
    dressed = fitted.dressed(codes, log_reynolds, np.random.default_rng(3))
    assert (dressed[:, [0, 3]] == codes[:, [0, 3]]).all()
    assert (dressed[:, 1] != codes[:, 1]).all()


def test_dressed_ensembles_cover_the_truth_as_often_as_they_say(held):
    """Members at the forecast, the truth off by an error of known size: bands cover nothing."""
    codes, _, density, log_reynolds = held
    rng, members = np.random.default_rng(4), 200

    def coverage_of(truth, forecast):
        def coverage(by):
            repeated = np.repeat(forecast, members, axis=0)
            drawn = by.dressed(repeated, np.repeat(log_reynolds, members), rng)
            found = Linear().decode(drawn).reshape(len(truth), members, *truth.shape[1:])
            low, high = np.quantile(found, (0.05, 0.95), axis=1)
            return ((truth >= low) & (truth <= high)).mean(axis=(0, 2))

        return coverage

    fitted = dressing.fit(Linear(), codes, density, log_reynolds, coverage_of(density, codes))
    other = rng.normal(size=codes.shape)
    truth = Linear().decode(other + SIZES * rng.normal(size=codes.shape))
    covered = coverage_of(truth, other)
    assert covered(fitted)[:3] == pytest.approx(0.9, abs=0.03)
