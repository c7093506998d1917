"""The measures of errors, on errors that are known."""

import numpy as np
import pandas as pd
import pytest

import burgers
from burgers import exact, metrics
from burgers.studies import verification

CASES = list(burgers.CASES.values())


def test_a_resolved_density_has_the_reynolds_number_it_was_asked_for():
    reynolds = np.exp([4.0, 5.0, 6.0])
    found = verification.effective_reynolds(burgers.SINUS, 0.4, reynolds=reynolds, scheme="muscl")
    np.testing.assert_allclose(np.log(found), np.log(reynolds), atol=0.05)


def test_the_first_order_scheme_hides_high_reynolds_numbers():
    found = verification.effective_reynolds(
        burgers.SINUS, 0.4, reynolds=np.exp([11.0, 13.0]), scheme="rusanov"
    )
    assert np.all(np.log(found) < 8)
    assert abs(np.diff(np.log(found))[0]) < 0.1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exact_sample_has_the_inputs_of_the_ensemble(case):
    ensemble = burgers.generate(case, 50, seed=2, cells=100, scheme="muscl")
    distance = np.abs(verification.exact_sample(ensemble) - ensemble.density.values)
    assert distance.mean() < 2e-3


def test_moments_of_a_scheme_are_free_of_sampling_error():
    rng = np.random.default_rng(0)
    law = rng.normal(1.0, 0.5, (200, 30))
    mean, std = verification.moments_of_scheme(
        0.1 + law, law, mean=np.full(30, 1.0), std=np.full(30, 0.5)
    )
    np.testing.assert_allclose(mean, 1.1, rtol=1e-12)
    np.testing.assert_allclose(std, 0.5, rtol=1e-12)


def test_monte_carlo_errors_are_those_of_repeated_samples():
    mean, std = exact.mean_and_std(burgers.SINUS, 0.4, cells=50)
    rng = np.random.default_rng(0)
    reynolds = burgers.SINUS.sample(100 * 200, rng)["reynolds"]
    pool = exact.density(burgers.SINUS, 0.4, reynolds=reynolds, cells=50)
    expected = verification.monte_carlo_errors(pool, mean, std, 200)
    found = [metrics.moment_errors(sample, mean, std) for sample in np.split(pool, 100)]
    for name, value in expected.items():
        observed = np.sqrt(np.mean([errors[name] ** 2 for errors in found]))
        assert observed == pytest.approx(value, rel=0.25)


def test_one_rule_and_graded_panels_agree_where_the_density_is_smooth():
    plain = verification.plain_moments(burgers.CRENEAU, 0.2, order=64, cells=4)
    graded = exact.mean_and_std(burgers.CRENEAU, 0.2, cells=4)
    np.testing.assert_allclose(plain, graded, atol=1e-5)


def test_the_boundary_matters_only_when_the_front_is_near():
    inputs = {"reynolds": np.exp(8), "step": 0.2}
    near = verification.without_boundary(burgers.CRENEAU, 0.2, **inputs)
    ended = burgers.solve(
        burgers.CRENEAU.initial(step=0.2), np.exp(8), 0.2, boundary="outflow", scheme="muscl"
    )
    np.testing.assert_allclose(near, ended, atol=1e-12)


def test_the_observed_order_of_halving_errors_is_one():
    errors = {"rusanov": {"Re = e^5": [4.0, 2.0, 1.0], "Re = e^8": [9.0, 4.0, 1.0]}}
    np.testing.assert_allclose(verification.finest_orders(errors)["rusanov"], [1.0, 2.0])


def test_densities_solved_again_are_those_of_the_ensemble():
    ensemble = burgers.generate(burgers.CRENEAU, 20, seed=3, cells=100)
    again = verification.solved_again(ensemble, "rusanov")
    np.testing.assert_allclose(again, ensemble.density.values, atol=1e-6)


def test_the_worst_density_departs_from_the_exact_one_at_the_end_alone():
    x, densities = verification.near_the_end()
    whole, ended, free = densities.values()
    assert np.abs(free - whole).max() < 1e-3 < np.abs(ended - whole).max()
    assert np.abs(ended - whole)[x < 0.9].max() < 1e-3


def test_the_budget_names_every_source_of_each_ensemble(tmp_path):
    quick = burgers.profiles.get("quick")
    for (case, time), (kind, n) in zip(
        verification.ENSEMBLES.values(), 2 * [("pool", 60), ("pool at one time", 40)], strict=True
    ):
        pool = burgers.generate(case, n, final_time=time, seed=n, cells=400)
        burgers.dataset.save(pool, burgers.paths.stored(tmp_path, kind, case.name, time=time))
    modelled = pd.DataFrame(
        [{"case": name, "study": study, "samples": n, "exact_mean_error": 1 / n,
          "exact_std_error": 2 / n}
         for name in burgers.CASES for n in (10, 20)
         for study in ("reconstruction", "prior", "fixed time")]
    )  # fmt: skip
    burgers.paths.save_table(modelled, tmp_path / "table_moments.csv")
    table = verification.budget(tmp_path, tmp_path, quick)
    assert list(dict.fromkeys(table.ensemble)) == list(verification.ENSEMBLES)
    assert (table.groupby("ensemble").size() >= 5).all()
    # Of the models the largest sample counts.
    models = table[table.source.str.startswith("auto-encoder")]
    assert (models.mean_error == 1 / 20).all()
    errors = table.pivot(index="ensemble", columns="source", values="std_error")
    assert (errors["scheme, muscl"] < errors["scheme, rusanov"]).all()
    assert (errors["Monte Carlo, 10,000 draws"] < errors["Monte Carlo, 200 draws"]).all()
