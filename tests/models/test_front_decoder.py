"""The decoder of fronts: its cell averages are exact, and it places fronts between cells."""

import numpy as np
import pytest
from scipy.integrate import quad

import burgers
from burgers._compiled import in_shares
from burgers.models import decoding, evaluation, front_decoder, sigma_vae, vae
from burgers.models._keras import ops, tf
from burgers.models.layers import Fronts


def drawn(height, place, log_width):
    """The layer's cell averages for one front given in its own units."""
    inputs = [np.array([[value]], dtype=np.float32) for value in (height, place, log_width)]
    return np.asarray(front_decoder.Fronts()(inputs))[0]


@pytest.mark.parametrize("log_width", [-3.0, -1.0, 1.0])
def test_cell_averages_are_those_of_the_hyperbolic_tangent(log_width):
    # One front of one starts in the middle of its range.
    place, width = 0.1 + 0.3 * 0.8, np.exp(log_width - 3.0)
    found = drawn(-0.7, 0.8, log_width)
    edges = np.linspace(0, 1, 401)
    for cell in (0, 120, 135, 136, 137, 150, 399):
        ends = edges[cell], edges[cell + 1]
        value, _ = quad(lambda x: -0.7 * np.tanh((x - place) / width), *ends, epsabs=1e-12)
        # Single precision, divided by the width of a cell.
        assert found[cell] == pytest.approx(400 * value, abs=3e-4)


def test_a_front_that_moves_by_a_fraction_of_a_cell_moves_the_mass_by_as_much():
    shift = 0.3 / 400
    before, after = drawn(-0.5, 1.0, -2.0), drawn(-0.5, 1.0 + shift / 0.3, -2.0)
    assert (after - before).mean() == pytest.approx(2 * 0.5 * shift, rel=2e-2)


def test_the_narrowest_front_is_finite_and_within_its_heights():
    for log_width in (-50.0, 50.0):
        density = drawn(-0.5, 1.0, log_width)
        assert np.isfinite(density).all()
        assert np.abs(density).max() <= 0.5 + 1e-4


def test_networks_have_the_shapes_of_the_convolutional_ones():
    for build in ("build_encoder", "build_decoder"):
        for conditions in (0, 2):
            ours, theirs = (
                getattr(room, build)(3, conditions) for room in (front_decoder, sigma_vae)
            )
            assert ours.input_shape == theirs.input_shape
            assert [part.shape for part in ours.outputs] == [part.shape for part in theirs.outputs]


def test_a_trained_auto_encoder_of_fronts_is_saved_and_read_again(tmp_path):
    step = np.linspace(0.1, 0.8, 800)[:, None]
    x = (np.arange(400) + 0.5) / 400
    density = 0.5 - 0.5 * np.tanh((x - step) / 0.02)
    path = tmp_path / "front_decoder.keras"
    networks = front_decoder.build_encoder, front_decoder.build_decoder
    history = sigma_vae.train(density, path, latents=1, epochs=4, batch_size=20, networks=networks)
    assert history.loss.iloc[-1] < history.loss.iloc[0]
    model = vae.load(path)
    assert np.abs(model.reconstruct(density) - density).mean() < 0.02


@pytest.mark.parametrize("cells", [100, 256])
@pytest.mark.parametrize("kind", [front_decoder, sigma_vae])
def test_a_sharper_auto_encoder_stands_on_any_grid(tmp_path, kind, cells):
    density = burgers.generate(burgers.CRENEAU, 60, cells=cells).density.values
    history = sigma_vae.train(
        density, tmp_path / "m.keras", latents=2, epochs=3, batch_size=20,
        networks=(kind.build_encoder, kind.build_decoder),
    )  # fmt: skip
    model = vae.load(tmp_path / "m.keras")
    assert history.loss.iloc[-1] < history.loss.iloc[0]
    assert model.reconstruct(density[:5]).shape == (5, cells)


@pytest.mark.parametrize("cells", [0, -8, 100.0, None])
@pytest.mark.parametrize("kind", [front_decoder, sigma_vae])
def test_a_grid_that_no_network_has_is_refused_by_name(kind, cells):
    for build in (kind.build_encoder, kind.build_decoder):
        with pytest.raises(ValueError, match=f"cells is {cells}; accepted: a positive integer"):
            build(2, cells=cells)


def test_fronts_keep_their_grid_and_without_one_have_the_reports():
    assert Fronts.from_config(Fronts(100).get_config()).cells == 100
    config = Fronts(100).get_config()
    # As of files that were written when there was one grid, and a wider narrowest front.
    del config["cells"], config["narrowest"]
    former = Fronts.from_config(config)
    assert former.cells == 400
    assert former.narrowest == -7.0


def test_the_average_of_a_front_is_the_same_on_a_coarser_grid():
    heights = [np.full((1, 2), value, np.float32) for value in (0.7, 0.2, -1.0)]
    fine, coarse = (np.asarray(Fronts(cells)(heights)) for cells in (400, 40))
    np.testing.assert_allclose(fine.reshape(1, 40, 10).mean(axis=2), coarse, atol=2e-5)


@pytest.mark.parametrize("cells", [1, 2, 50, 400])
def test_compiled_fronts_are_averages_of_tanh(cells):
    rng = np.random.default_rng(0)
    count, h = 300, 1.0 / cells
    height = rng.standard_normal((count, 2))
    # From far outside to inside, from a hundredth of a cell to a hundred intervals wide.
    place = rng.uniform(-1.0, 2.0, (count, 2)) * rng.choice([1.0, 20.0], (count, 2))
    width = np.exp(rng.uniform(np.log(1e-9 * h), np.log(100.0), (count, 2)))
    density = np.zeros((count, cells), dtype=np.float32)
    in_shares(decoding._add_fronts, count, height, place, width, density)
    edges = (np.arange(cells + 1) * h - place[:, :, None]) / width[:, :, None]
    integral = width[:, :, None] * (np.abs(edges) + np.log1p(np.exp(-2.0 * np.abs(edges))))
    expected = (height[:, :, None] * np.diff(integral, axis=2) / h).sum(axis=1)
    np.testing.assert_allclose(density, expected, rtol=0, atol=5e-6)


def test_the_derivatives_of_fronts_are_those_of_their_averages():
    rng = np.random.default_rng(2)
    inputs = [rng.normal(size=(4, 3)).astype(np.float32) for _ in range(3)]
    weight, layer = rng.normal(size=(4, 50)).astype(np.float32), Fronts(50)

    def total(*inputs):
        return ops.sum(weight * layer(list(inputs)))

    variables = [tf.Variable(part) for part in inputs]
    with tf.GradientTape() as tape:
        found = total(*variables)
    slopes = tape.gradient(found, variables)
    for k, slope in enumerate(slopes):
        for at in ((0, 0), (1, 2), (3, 1)):
            moved = np.zeros((4, 3), dtype=np.float32)
            moved[at] = 0.01
            ends = [
                total(*[part + sign * moved * (k == i) for i, part in enumerate(inputs)])
                for sign in (1, -1)
            ]
            difference = (float(ends[0]) - float(ends[1])) / 0.02
            assert float(slope[at]) == pytest.approx(difference, rel=0.02, abs=0.01)


def test_fronts_on_plateaus_are_constant_outside_whatever_the_latent():
    decoder = front_decoder.networks(burgers.CRENEAU)[1](3, seed=2)
    # Narrow fronts in the middle of the interval.
    for name, value in (("log_width", -3.0), ("place", 0.0)):
        head = decoder.get_layer(name)
        head.set_weights([0.0 * head.kernel, value + 0.0 * head.bias])
    decoder.get_layer("x_mean").value.assign(0.7)
    latent = np.random.default_rng(3).normal(size=(50, 3)).astype(np.float32)
    density = decoding.means(decoder, [latent])
    assert density[:, :20] == pytest.approx(0.7, abs=1e-6)
    assert np.ptp(density[:, -20:], axis=1) == pytest.approx(0.0, abs=1e-6)
    assert np.ptp(density[:, -1]) > 0.01
    assert front_decoder.networks(burgers.SINUS) == front_decoder.SMOOTH_BETWEEN


@pytest.mark.parametrize("smooth", [front_decoder.SMOOTH, 0])
def test_means_are_those_of_the_network(smooth):
    decoder = front_decoder.build_decoder(3, 1, seed=2, cells=60, smooth=smooth)
    rng = np.random.default_rng(1)
    inputs = [rng.standard_normal((n, k)).astype(np.float32) for n, k in ((2003, 3), (2003, 1))]
    found = decoding.means(decoder, inputs)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, evaluation.evaluate(decoder, inputs)[0], atol=2e-5)
    # No realisation, other weights, and a decoder without fronts.
    assert decoding.means(decoder, [part[:0] for part in inputs]).shape == (0, 60)
    decoder.get_layer("height").set_weights([0.0 * w for w in decoder.get_layer("height").weights])
    flat = decoding.means(decoder, inputs)
    np.testing.assert_allclose(flat, evaluation.evaluate(decoder, inputs)[0], atol=2e-6)
    other = sigma_vae.build_decoder(3, seed=0, cells=60)
    known = evaluation.evaluate(other, inputs[:1])[0]
    np.testing.assert_allclose(decoding.means(other, inputs[:1]), known, atol=1e-5)
