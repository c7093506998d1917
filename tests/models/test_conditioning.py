"""Networks that see features of a condition: what they see, and that they read back."""

import numpy as np
import pytest

import burgers
from burgers.models import conditioning, front_decoder, sigma_vae, vae


@pytest.mark.parametrize(("first", "step"), [(1.0, 1.0), (0.5, 0.5), (2.0, 0.25)])
def test_features_change_as_much_early_as_late(first, step):
    halvings = np.arange(first, 6.0, step)
    layer = conditioning.LogSteps(2.0, halvings)
    times = 2.0 * 2.0 ** -halvings[:, None]
    found = np.asarray(layer(times.astype(np.float32)))
    # Each step is half done at one of the halvings.
    np.testing.assert_allclose(np.diag(found[:, 1:]), 0.0, atol=2e-6)
    # Between two of them both are as far from it.
    between = np.asarray(layer((times[:-1] * 2.0 ** (-step / 2)).astype(np.float32)))
    np.testing.assert_allclose(np.diag(between[:, 2:]), -np.diag(between[:, 1:]), atol=2e-6)
    assert (np.abs(found[:, 1:]) <= 1.0).all()
    at_ends = np.asarray(layer(np.array([[0.0], [2.0]], np.float32)))
    np.testing.assert_allclose(at_ends[0], [-1.5, *[-1.0] * len(halvings)], atol=1e-6)
    assert at_ends[1, 0] == pytest.approx(1.5)


def test_a_model_of_features_is_told_the_time_and_reads_back(tmp_path):
    ensemble = burgers.generate(burgers.CRENEAU, 60, seed=1, scheme="exact")
    density, times = ensemble.density.values, ensemble.final_time.values[:, None]
    networks = conditioning.in_steps(front_decoder.networks(burgers.CRENEAU), 0.5824)
    path = tmp_path / "given.keras"
    sigma_vae.train(
        density, path, latents=2, epochs=2, batch_size=20, given=(times,), networks=networks,
        weights=np.ones(60),
    )  # fmt: skip
    model = vae.load(path)
    first, second = (model.reconstruct(density, seed=3, given=(times,)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, model.reconstruct(density, seed=4, given=(times,)))
    assert model.latents == 2


@pytest.mark.parametrize("conditions", [0, 2])
def test_features_are_of_one_number(conditions):
    build, _ = conditioning.in_steps(front_decoder.PLATEAUS, 1.0)
    with pytest.raises(ValueError, match=f"conditions is {conditions}; accepted: 1"):
        build(2, conditions)


@pytest.mark.parametrize("largest", [0.0, -1.0, np.inf])
def test_the_largest_number_is_positive(largest):
    with pytest.raises(ValueError, match="largest"):
        conditioning.LogSteps(largest)


@pytest.mark.parametrize("halvings", [(), (1.0,), (2.0, 1.0), (1.0, 2.0, 4.0), (1.0, np.nan)])
def test_halvings_are_evenly_spaced(halvings):
    with pytest.raises(ValueError, match="halvings"):
        conditioning.LogSteps(1.0, halvings)
