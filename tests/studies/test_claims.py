"""The report's claims: what is drawn for them, and what decides them."""

from dataclasses import replace

import numpy as np
import pytest

import burgers
from burgers.studies import claims

PROFILE = replace(burgers.profiles.get("quick"), pool=500, sample_sizes=(50, 200))


class NearlyPerfect:
    """A model that returns what it is given but for 1e-6, and given nothing solves the equation."""

    def __init__(self, case):
        self.case = case

    def reconstruct(self, density, seed):
        assert seed >= 0
        return density * (1 + 1e-6)

    def generate(self, n, seed):
        return burgers.generate(self.case, n, seed=seed).density.values


@pytest.fixture(scope="module")
def pools():
    return {
        (name, when): burgers.generate(
            case, PROFILE.pool, final_time=None if when == "all times" else case.fixed_time, seed=k
        )
        for name, case in burgers.CASES.items()
        for k, when in enumerate(claims.POOLS)
    }


@pytest.fixture(scope="module")
def samples(pools):
    models = {name: NearlyPerfect(case) for name, case in burgers.CASES.items()}
    return claims.draw(models, pools, PROFILE, seed=0)


@pytest.fixture(scope="module")
def floors(pools):
    return claims.noise_floors(pools, PROFILE, seed=0)


def test_there_is_a_sample_of_each_case_study_and_size(samples):
    assert len(samples) == 2 * 3 * 2
    for (_, _, n), (generated, reference) in samples.items():
        assert generated.shape == reference.shape == (n, 400)


def test_samples_of_two_sizes_or_cases_share_no_draw(samples):
    small, large = (samples["sinus", "reconstruction", n][1] for n in (50, 200))
    assert not np.array_equal(small, large[:50])


def test_a_nearly_perfect_model_is_at_the_floor_in_the_table_of_moments(samples, floors):
    table = claims.moments_table(samples, floors, PROFILE)
    paired = table[table.study != "prior"]
    assert (paired[["mean_error", "std_error", "wasserstein"]] < 1e-4).all().all()
    prior = table[table.study == "prior"]
    assert (prior.wasserstein < 3 * prior.floor_wasserstein).all()
    # The scheme's error is left.
    assert (table.exact_std_error > 0).all()


def test_all_that_the_claims_ask_for_is_measured(samples, floors):
    sizes = {50: 200, 200: 1000}
    renamed = {(name, study, sizes[n]): pair for (name, study, n), pair in samples.items()}
    renamed_floors = {(name, when, sizes[n]): floor for (name, when, n), floor in floors.items()}
    found = claims.measure_all(renamed, renamed_floors)
    asked = {claim.measurement for claim in claims.CLAIMS}
    assert asked <= found.keys()
    assert np.isfinite([found[name] for name in asked]).all()


def test_a_claim_on_the_threshold_holds():
    claim = claims.Claim("9", "equal", "a", "<=", 0.01)
    above = claims.Claim("9", "at least", "a", ">=", 0.01)
    assert claims.verdicts({"a": 0.01}, [claim, above]).holds.all()
    assert not claims.verdicts({"a": 0.011}, [claim]).holds.any()
