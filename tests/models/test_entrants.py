"""Every entrant learns the distribution of a random density by the same two methods."""

import logging
import random
import re
import sys

import numpy as np
import pytest

import burgers
from burgers.models import _bayesflow, bayesflow_laws, entrants, flow, latent_laws, surrogates, told

CELLS = 40
# Laws of a few epochs, by name: what they need besides the package.
QUICK = {"epochs": 2, "batch_size": 50}
NETWORK = {**QUICK, "width": 16, "depth": 2}


def with_pod(law, **options):
    return entrants.Coded(entrants.PodCodes(most=8, **options), law)


def untold(name, seed):
    """An entrant that is told nothing."""
    return {
        "training set": entrants.TrainingSet,
        "prior": lambda: with_pod(latent_laws.StandardNormal(), whitened=True),
        "gaussian": lambda: with_pod(latent_laws.Gaussian()),
        "mixture": lambda: with_pod(latent_laws.Mixture((1, 3), seed=seed)),
        "parzen": lambda: with_pod(latent_laws.ManifoldParzen(seed=seed)),
        "flow": lambda: with_pod(flow.Flow(2, seed=seed)),
        "sigma": lambda: entrants.Coded(
            entrants.VaeCodes("sigma", 3, seed=seed, **QUICK), latent_laws.Gaussian()
        ),
        "report": lambda: entrants.Coded(
            entrants.VaeCodes("report", seed=seed, **QUICK), latent_laws.Gaussian()
        ),
        "coupling": lambda: with_pod(bayesflow_laws.CouplingFlow(seed=seed, **NETWORK)),
        "matching": lambda: with_pod(bayesflow_laws.FlowMatching(seed=seed, steps=2, **NETWORK)),
        "diffusion": lambda: with_pod(bayesflow_laws.Diffusion(seed=seed, steps=2, **NETWORK)),
    }[name]()


BAYESFLOW = ("coupling", "matching", "diffusion")
# Those whose constructor's seed decides what they become.
SEEDED = ("parzen", "flow", "sigma", *BAYESFLOW)
# Those that are quick enough to be fitted a third time, with another seed.
OTHERS = ("parzen", "coupling")
UNSEEDED = ("training set", "prior", "gaussian", "mixture", "report")


def surrogate(name):
    """An entrant that is told the inputs."""
    return {
        "polynomials": lambda: surrogates.PolynomialChaos(most=12),
        "processes": lambda: surrogates.GaussianProcess(most=3, points=60),
        "front": lambda: surrogates.OneShotDecoder(epochs=20, batch_size=20),
        "convolution": lambda: surrogates.OneShotDecoder("convolution", epochs=5, batch_size=20),
    }[name]()


SURROGATES = ("polynomials", "processes", "front", "convolution")


def needs(name):
    """Skip where the library that an entrant is made of is not installed."""
    if name in BAYESFLOW:
        pytest.importorskip("bayesflow")
    if name == "polynomials":
        pytest.importorskip("chaospy")


@pytest.fixture(scope="module")
def solved():
    """Exact densities of the creneau, (200, 40), and the inputs that made them, (200, 3)."""
    return _solved(1)


@pytest.fixture(scope="module")
def unseen():
    return _solved(2)


def _solved(seed):
    ensemble = burgers.generate(burgers.CRENEAU, 200, cells=CELLS, scheme="exact", seed=seed)
    names = ("final_time", "reynolds", "step")
    given = np.stack([ensemble[name].values for name in names], axis=1)
    return ensemble.density.values.astype(np.float64), given


def drawn(entrant, n=30, seed=0, given=None):
    return entrant.sample(n, np.random.default_rng(seed), given)


@pytest.mark.parametrize("name", [*SEEDED, *UNSEEDED])
def test_an_entrant_is_a_function_of_its_seeds(name, solved):
    needs(name)
    before = random.getstate()
    entrant = untold(name, 0).fit(solved[0])
    found = drawn(entrant)
    assert isinstance(entrant, entrants.Entrant)
    assert found.shape == (30, CELLS)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert not np.array_equal(found, drawn(entrant, seed=1))
    assert random.getstate() == before
    if name in SEEDED:
        np.testing.assert_array_equal(found, drawn(untold(name, 0).fit(solved[0])))
    if name in OTHERS:
        assert not np.array_equal(found, drawn(untold(name, 1).fit(solved[0])))


@pytest.mark.parametrize("name", SURROGATES)
def test_a_surrogate_predicts_unseen_densities_better_than_their_mean(name, solved, unseen):
    needs(name)
    fitted = surrogate(name).fit(*solved)
    density, given = unseen
    found = drawn(fitted, 200, given=given)
    assert found.shape == density.shape
    assert found.dtype == np.float64
    of_mean = np.square(density - solved[0].mean(axis=0)).mean()
    assert np.square(found - density).mean() < 0.5 * of_mean
    np.testing.assert_array_equal(found[:3], drawn(fitted, 200, seed=1, given=given)[:3])


def test_a_surrogate_is_a_function_of_its_seed(solved):
    made = [surrogates.OneShotDecoder(epochs=1, seed=seed).fit(*solved) for seed in (0, 0, 1)]
    first, same, other = (drawn(entrant, 5, given=solved[1][:5]) for entrant in made)
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_gaussian_of_principal_components_has_the_mean_and_the_std(solved):
    density = solved[0]
    entrant = entrants.Coded(entrants.PodCodes(share=1.0), latent_laws.Gaussian()).fit(density)
    found = drawn(entrant, 20_000)
    error = density.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - density.mean(axis=0)) <= 5 * error + 1e-6).all()
    np.testing.assert_allclose(found.std(axis=0), density.std(axis=0, ddof=1), rtol=0.04)


def test_as_many_modes_as_reach_a_share_of_the_variance(solved):
    density = solved[0]
    counts = [entrants.PodCodes(share).fit(density).modes for share in (0.5, 0.99, 0.9999)]
    assert counts == sorted(set(counts))
    codes = entrants.PodCodes(0.99).fit(density)
    lost = density - codes.decode(codes.encode(density))
    assert lost.var(axis=0).sum() <= 0.0101 * density.var(axis=0).sum()
    assert entrants.PodCodes(most=2).fit(density).modes == 2
    white = entrants.PodCodes(most=4, whitened=True).fit(density)
    np.testing.assert_allclose(white.encode(density).std(axis=0), 1.0)


def test_a_density_without_variance_has_one_mode():
    codes = entrants.PodCodes(whitened=True).fit(np.ones((5, CELLS)))
    np.testing.assert_array_equal(codes.decode(codes.encode(np.ones((2, CELLS)))), 1.0)


def test_the_training_set_gives_back_its_densities_equally_often(solved):
    entrant = entrants.TrainingSet().fit(solved[0])
    few, many = drawn(entrant, 150), drawn(entrant, 450)
    known = {row.tobytes() for row in solved[0]}
    assert len({row.tobytes() for row in few} & known) == 150
    counts = np.unique(many, axis=0, return_counts=True)[1]
    assert len(counts) == 200
    assert set(counts) == {2, 3}


class Trained:
    """In place of a trained auto-encoder: the first two cells are the code."""

    def draw(self, densities, seed):
        return densities[:, :2]


def test_laws_share_one_training(solved, monkeypatch):
    trained = []
    monkeypatch.setattr(
        entrants.VaeCodes, "_trained", lambda *given: trained.append(given) or Trained()
    )
    codes = entrants.VaeCodes("sigma", 2)
    for law in (latent_laws.Gaussian(), latent_laws.StandardNormal()):
        entrants.Coded(codes, law).fit(solved[0].copy())
    assert len(trained) == 1
    codes.fit(solved[0][:100])
    assert len(trained) == 2


@pytest.mark.parametrize("name", ["flow", "coupling"])
def test_a_law_that_is_told_inputs_needs_them(name, solved):
    needs(name)
    entrant = untold(name, 0).fit(*solved)
    found = drawn(entrant, 5, given=solved[1][:5])
    assert found.shape == (5, CELLS)
    assert not np.array_equal(found, drawn(entrant, 5, given=solved[1][5:10]))
    with pytest.raises(ValueError, match="given is None; accepted: \\(5, 3\\)"):
        drawn(entrant, 5)


def test_ranks_do_not_depend_on_the_scale_of_an_input():
    values = np.random.default_rng(0).normal(size=(50, 1))
    given = np.hstack([values, np.exp(5 * values), np.full((50, 1), 7.0)])
    found = told.Ranks().fit(given, 50)(given, 50)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    np.testing.assert_allclose(np.sort(found[:, 0]), (np.arange(50) + 0.5) / 25 - 1)
    np.testing.assert_array_equal(found[:, 2], 0.0)


@pytest.mark.parametrize("numbers", [1, 3, 10, 40, 300])
def test_polynomials_have_fewer_terms_than_realisations_where_inputs_allow(numbers):
    chaospy = pytest.importorskip("chaospy")
    order, truncation = surrogates._degree(numbers, 200, surrogates.MOST_ORDER)
    if numbers < 100:
        law = chaospy.Iid(chaospy.Uniform(-1, 1), numbers)
        terms = chaospy.generate_expansion(order, law, cross_truncation=truncation)
        assert numbers < len(terms) <= 66
    else:
        assert order == 1


def test_what_is_refused_is_named(solved):
    density, given = solved
    gaussian = with_pod(latent_laws.Gaussian())
    with pytest.raises(ValueError, match="Coded is not fitted"):
        drawn(gaussian)
    with pytest.raises(ValueError, match="a Gaussian takes no inputs"):
        gaussian.fit(density, given)
    with pytest.raises(ValueError, match=r"densities has shape \(40,\)"):
        gaussian.fit(density[0])
    with pytest.raises(ValueError, match=r"(?s)given is .*; accepted: None"):
        drawn(gaussian.fit(density), 5, given=given[:5])
    with pytest.raises(ValueError, match="n is 0"):
        drawn(gaussian, 0)
    with pytest.raises(ValueError, match="rng is 3"):
        gaussian.sample(3, 3)
    with pytest.raises(ValueError, match=r"given is None; accepted: \(200, numbers\)"):
        surrogate("front").fit(density)
    with pytest.raises(ValueError, match=r"given has shape \(3, 3\)"):
        surrogate("front").fit(density, given[:3])
    with pytest.raises(ValueError, match="GaussianProcess is not fitted"):
        drawn(surrogate("processes"), 3, given=given[:3])


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: entrants.PodCodes(share=1.5), "share reaches 1.5"),
        (lambda: entrants.PodCodes(whitened=1), "whitened is 1"),
        (lambda: entrants.VaeCodes("gan"), "kind is 'gan'; accepted: sigma, report"),
        (lambda: entrants.VaeCodes("report", 4), "latents is 4"),
        (lambda: entrants.Coded(entrants.PodCodes(), 3), "law is 3"),
        (lambda: bayesflow_laws.CouplingFlow(transform="cubic"), "transform is 'cubic'"),
        (lambda: bayesflow_laws.Diffusion(steps=0), "steps is 0"),
        (lambda: surrogates.OneShotDecoder("dense"), "decoder is 'dense'"),
    ],
)
def test_a_constructor_names_what_it_refuses(made, message):
    with pytest.raises(ValueError, match=message):
        made()


@pytest.mark.parametrize(
    ("library", "name"), [("bayesflow", "coupling"), ("chaospy", "polynomials")]
)
def test_what_is_not_installed_is_named_with_the_remedy(
    library, name, solved, monkeypatch, installed
):
    monkeypatch.setitem(sys.modules, library, None)
    entrant = untold(name, 0) if name in BAYESFLOW else surrogate(name)
    remedy = re.escape(f"`pip install {installed}[entrants]`")
    with pytest.raises(ImportError, match=rf"{library} is not installed.*{remedy}"):
        entrant.fit(*solved)


def test_loading_bayesflow_changes_no_logging(monkeypatch, capfd):
    pytest.importorskip("bayesflow")
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    _bayesflow.loaded()
    assert (root.level, list(root.handlers)) == before
    assert capfd.readouterr().err == ""
