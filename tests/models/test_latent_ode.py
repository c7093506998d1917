"""Reduced models: the integrator, what they learn, how they resume, bad input."""

import numpy as np
import pandas as pd
import pytest

import burgers
from burgers import metrics
from burgers.ensembles import trajectories
from burgers.models import (
    baselines,
    front_decoder,
    latent_field,
    latent_ode,
    sigma_vae,
    training,
    vae,
)

TIMES = np.linspace(0.0, 0.4, 9)
COUNT = 240
SIZES = {"field_epochs": 8, "epochs": 2}


@pytest.fixture(scope="module", autouse=True)
def small():
    """An integrator that is compiled sooner, and batches of one size; the report's are others."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"BATCH_SIZE": 20, "FIELD_BATCH_SIZE": 540}.items():
            patch.setattr(latent_ode, name, value)
        patch.setattr(baselines, "BATCH_SIZE", 20)
        patch.setattr(latent_field, "STEPS", 2)
        yield


@pytest.fixture(scope="module")
def ensemble():
    return trajectories.generate(burgers.SINUS, COUNT, TIMES, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reduced")


@pytest.fixture(scope="module")
def codes(ensemble, folder):
    latent_ode.train_codes(ensemble, str(folder / "codes.keras"), latents=2, epochs=3)
    return vae.load(folder / "codes.keras")


@pytest.fixture(scope="module")
def model(ensemble, codes, folder):
    networks = codes.encoder, codes.decoder
    latent_ode.train(ensemble, networks, str(folder / "latent_ode.keras"), **SIZES)
    return vae.load(folder / "latent_ode.keras")


@pytest.mark.parametrize("grading", [1, 2])
def test_the_integrator_is_of_fourth_order(grading):
    exact = np.exp(-1.5) * np.ones((1, 1))
    errors = [
        float(
            np.abs(latent_field.rk4(lambda z: -z, np.ones((1, 1)), 1.5, n, grading) - exact)[0, 0]
        )
        for n in (8, 16)
    ]
    assert errors[1] < 1e-5
    assert np.log2(errors[0] / errors[1]) > 3.7


def test_the_integrator_takes_a_duration_for_each_realisation():
    duration = np.array([[0.0], [0.5], [1.0]])
    found = np.asarray(latent_field.rk4(lambda z: -z, np.ones((3, 2)), duration, 10))
    assert found == pytest.approx(np.exp(-duration) * np.ones((1, 2)), abs=1e-6)


def test_log_re_is_standardised_by_its_prior():
    reynolds = np.exp(np.random.default_rng(0).uniform(4, 13, 100_000))
    standard = latent_ode.standard(reynolds)
    assert standard.mean() == pytest.approx(0.0, abs=0.02)
    assert standard.std() == pytest.approx(1.0, abs=0.01)


def test_a_reduced_model_learns_trajectories_that_a_mean_does_not(model, ensemble):
    density = ensemble.density.values
    forecast = model.forecast(density[:, 0], TIMES, ensemble.reynolds.values)
    error = metrics.relative_error(forecast, density)
    assert forecast.shape == density.shape
    assert np.median(error) < 0.1
    of_mean = metrics.relative_error(
        np.broadcast_to(density.mean(axis=(0, 1)), density.shape), density
    )
    assert np.median(error) < 0.25 * np.median(of_mean)


def test_one_start_becomes_as_many_trajectories_as_there_are_re(model, ensemble):
    start = ensemble.density.values[:2, 0]
    assert (start[0] == start[1]).all()
    ends = model.forecast(start, [0.4], [1e2, 1e5])[:, 0]
    assert metrics.relative_error(ends[0], ends[1]) > 0.03


def test_an_autonomous_model_makes_one_trajectory_of_one_start(ensemble, codes, folder):
    path = folder / "autonomous.keras"
    networks = codes.encoder, codes.decoder
    latent_ode.train(ensemble, networks, path, field_epochs=4, parameters=False)
    model = vae.load(path)
    forecast = model.forecast(ensemble.density.values[:, 0], TIMES)
    assert model.parameters == 0
    assert forecast.std(axis=0).max() < 1e-5
    kept = model.encode(ensemble.density.values[:5, 3])[0]
    assert kept == pytest.approx(codes.encode(ensemble.density.values[:5, 3])[0], abs=1e-5)


def test_no_time_changes_no_code(model, ensemble):
    codes = model.encode(ensemble.density.values[:, 2])[0]
    assert model.advance(codes, [0.0], ensemble.reynolds.values)[:, 0] == pytest.approx(codes)


def test_a_stopped_training_ends_as_one_that_was_not_stopped(ensemble, tmp_path, monkeypatch):
    # A few batches are done before they are compiled.
    for kind in (latent_ode.Dynamics, latent_ode.Reduced):
        monkeypatch.setattr(kind, "run_eagerly", property(lambda _: True, lambda *_: None))
    ensemble = ensemble.isel(realisation=slice(4))
    networks = baselines.Pod(2).fit(ensemble.density.values).networks()
    whole, stopped = tmp_path / "whole.keras", tmp_path / "stopped.keras"
    sizes = {"field_epochs": 4, "epochs": 3}
    latent_ode.train(ensemble, networks, whole, **sizes)
    fit, calls = latent_ode.Reduced.fit, []

    def interrupted(self, *arguments, **options):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return fit(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(latent_ode.Reduced, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            latent_ode.train(ensemble, networks, stopped, **sizes)
    assert not stopped.exists()
    latent_ode.train(ensemble, networks, stopped, **sizes)
    assert stopped.read_bytes() == whole.read_bytes()
    names = {path.name.replace("whole", "stopped") for path in tmp_path.iterdir()}
    assert names == {
        "stopped.keras", "stopped_history.csv", "stopped.checkpoint.npz", "stopped_timing.csv",
        "stopped_field.checkpoint.npz", "stopped_field_timing.csv",
    }  # fmt: skip


def test_a_file_does_not_tell_what_its_process_built_before(ensemble, tmp_path):
    pod = baselines.Pod(2).fit(ensemble.density.values)

    def zeros(size):
        return np.zeros((1, size), dtype=np.float32)

    def build():
        encoder, decoder = pod.networks()
        field = latent_ode.build_field(2, 1, seed=0)
        yield latent_ode.Reduced(encoder, field, decoder), [zeros(400), zeros(1), zeros(1)]
        yield baselines.OneShot(front_decoder.build_decoder(2, seed=0)), [zeros(2)]
        yield vae.VAE(seed=0), zeros(400)
        yield sigma_vae.SigmaVAE(sigma_vae.build_encoder(2), sigma_vae.build_decoder(2)), zeros(400)

    history = pd.DataFrame({"epoch": [1], "loss": [2.0]})
    for first, second in zip(build(), build(), strict=True):
        paths = [tmp_path / f"{name}.keras" for name in ("first", "second")]
        for (model, inputs), path in zip((first, second), paths, strict=True):
            model(inputs)
            model.compile(optimizer=vae.adam(1e-3))
            training.save(model, history, path)
        assert paths[0].read_bytes() == paths[1].read_bytes(), type(first[0])


def test_weights_are_larger_where_the_spread_is_small(ensemble):
    weights = latent_ode.weights(ensemble)
    assert weights.shape == (COUNT, 9)
    assert np.isfinite(weights).all()
    assert np.median(weights[:, 1]) > 2 * np.median(weights[:, 4])


def test_linear_networks_are_the_linear_code(ensemble):
    pod = baselines.Pod(4).fit(ensemble.density.values)
    encoder, decoder = pod.networks()
    density = ensemble.density.values[:, 5]
    code = np.asarray(encoder(density)[0])
    assert code == pytest.approx(pod.encode(density), abs=1e-4)
    assert np.asarray(decoder(code)[0]) == pytest.approx(pod.decode(code), abs=1e-4)


def test_one_shot_learns_the_density_from_its_numbers(ensemble, tmp_path):
    baselines.train_one_shot(ensemble, str(tmp_path / "one_shot.keras"), epochs=4)
    numbers = baselines.numbers(ensemble)
    assert numbers.shape == (COUNT * 9, 2)
    density = vae.load(tmp_path / "one_shot.keras").decode(numbers).reshape(COUNT, 9, 400)
    assert np.median(metrics.relative_error(density, ensemble.density.values)) < 0.15


def test_a_latent_ode_and_one_shot_stand_on_any_grid(tmp_path, monkeypatch):
    # Not a multiple of eight, as three poolings would like.
    cells = 100
    # A few batches are done before they are compiled.
    for kind in (sigma_vae.SigmaVAE, latent_ode.Dynamics, latent_ode.Reduced, baselines.OneShot):
        monkeypatch.setattr(kind, "run_eagerly", property(lambda _: True, lambda *_: None))
    ensemble = trajectories.generate(burgers.SINUS, 8, TIMES[:4], seed=1, cells=cells)
    density, reynolds = ensemble.density.values, ensemble.reynolds.values
    paths = [tmp_path / f"{name}.keras" for name in ("codes", "latent_ode", "one_shot")]
    latent_ode.train_codes(ensemble, paths[0], latents=2, epochs=1)
    codes = vae.load(paths[0])
    networks = codes.encoder, codes.decoder
    latent_ode.train(ensemble, networks, paths[1], field_epochs=4, epochs=1)
    assert vae.load(paths[1]).forecast(density[:, 0], TIMES[:4], reynolds).shape == density.shape
    baselines.train_one_shot(ensemble, paths[2], epochs=2)
    found = vae.load(paths[2]).decode(baselines.numbers(ensemble))
    assert found.shape == (32, cells)
    with pytest.raises(ValueError, match=rf"density has shape \(2, 400\); accepted: .*{cells}"):
        vae.load(paths[1]).encode(np.zeros((2, 400)))


def test_nothing_is_forecast_from_nothing_and_for_no_times(model, ensemble):
    start, reynolds = ensemble.density.values[:2, 0], [1e2, 1e3]
    assert model.forecast(start, [], reynolds).shape == (2, 0, 400)
    assert model.forecast(start[:0], [0.1, 0.2], []).shape == (0, 2, 400)
    assert model.advance(np.zeros((0, 2)), 0.1, []).shape == (0, 1, 2)
    assert [part.shape for part in model.encode(start[:0])] == [(0, 2), (0, 2)]
    assert model.decode(np.zeros((3, 0, 2))).shape == (3, 0, 400)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"reynolds": None}, "reynolds is None"),
        ({"reynolds": [1e3]}, "reynolds"),
        ({"reynolds": [1e3, -1.0]}, "reynolds"),
        ({"reynolds": np.ma.masked_all(2)}, "reynolds has 2 masked values"),
        ({"durations": [-0.1]}, "durations"),
        ({"durations": [[0.1]]}, r"durations has shape \(1, 1\)"),
        ({"durations": [np.nan]}, "durations contains nan"),
        ({"density": np.full((2, 400), np.nan)}, "density contains nan"),
        ({"density": np.zeros((2, 300))}, "density has shape"),
        ({"density": np.ma.masked_all((2, 400))}, "density has 800 masked"),
    ],
)
def test_bad_input_is_named(model, ensemble, change, named):
    arguments = {
        "density": ensemble.density.values[:2, 0], "durations": [0.1], "reynolds": [1e2, 1e3]
    } | change  # fmt: skip
    with pytest.raises(ValueError, match=named):
        model.forecast(**arguments)


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros(2), np.full((1, 2), np.nan), 0.0])
def test_bad_codes_are_named(model, bad):
    with pytest.raises(ValueError, match="codes"):
        model.advance(bad, [0.1], [1e2] * np.size(bad, 0) if np.ndim(bad) else None)
    if np.shape(bad) != (2,):
        with pytest.raises(ValueError, match="codes"):
            model.decode(bad)


def training_of(name, ensemble, networks):
    """One of the trainings as a function of what changes in a good call."""
    calls = {
        "train": (latent_ode.train, {"networks": networks, "field_epochs": 1, "epochs": 1}),
        "train_codes": (latent_ode.train_codes, {"latents": 2, "epochs": 1}),
        "train_one_shot": (baselines.train_one_shot, {"epochs": 1}),
    }
    train, arguments = calls[name]
    arguments |= {"ensemble": ensemble, "path": "m.keras"}
    return lambda change: train(**arguments | change)


COMMON = [
    ({"path": "model"}, "path is model; accepted: a path that ends in .keras"),
    ({"epochs": -1}, "epochs is -1"),
    ({"seed": 0.5}, "seed is 0.5"),
    ({"ensemble": None}, "ensemble is a NoneType"),
    ({"ensemble": np.zeros((2, 3, 400))}, "ensemble is a ndarray"),
]


@pytest.mark.parametrize("name", ["train", "train_codes", "train_one_shot"])
@pytest.mark.parametrize(("change", "named"), COMMON)
def test_a_training_refuses_bad_input_before_any_work(
    monkeypatch, tmp_path, ensemble, codes, name, change, named
):
    monkeypatch.chdir(tmp_path)
    train = training_of(name, ensemble, (codes.encoder, codes.decoder))
    assert_refused_at_once(monkeypatch, lambda: train(change), named)
    assert not list(tmp_path.iterdir())


def assert_refused_at_once(monkeypatch, call, named):
    def never(*_, **__):
        raise AssertionError("trained")

    with monkeypatch.context() as patch:
        patch.setattr(training, "fit", never)
        with pytest.raises(ValueError, match=named):
            call()


def test_ensembles_and_networks_that_do_not_fit_are_refused(monkeypatch, tmp_path, ensemble, codes):
    monkeypatch.chdir(tmp_path)
    networks = codes.encoder, codes.decoder
    train = training_of("train", ensemble, networks)
    nan, still = ensemble.copy(deep=True), ensemble.copy(deep=True)
    nan.density[3, 1, 7], still.density[:] = np.nan, 0.0
    told = front_decoder.build_encoder(2, 1), front_decoder.build_decoder(2, 1)
    for change, named in (
        ({"ensemble": nan}, "density contains nan in row 3"),
        ({"ensemble": still}, "mean square of the density has minimum 0.0"),
        ({"ensemble": ensemble.isel(x=slice(50))}, "networks has the shapes"),
        ({"ensemble": ensemble.isel(time=[])}, r"ensemble has density of shape \(240, 0, 400\)"),
        ({"ensemble": ensemble.isel(realisation=[0])}, "trajectories is 1"),
        ({"ensemble": ensemble.drop_vars("reynolds")}, "ensemble"),
        ({"networks": codes}, "networks is"),
        ({"networks": networks[:1]}, "networks is"),
        ({"networks": networks[::-1]}, "networks has the shapes"),
        ({"networks": (networks[0], front_decoder.build_decoder(3))}, "networks has the shapes"),
        ({"networks": told}, "networks has the shapes"),
        ({"networks": (networks[0], front_decoder.build_decoder(2, cells=100))}, "the shapes"),
        ({"field_epochs": 1.5}, "field_epochs is 1.5"),
        ({"parameters": "no"}, "parameters is 'no'"),
    ):
        assert_refused_at_once(monkeypatch, lambda change=change: train(change), named)


def test_a_trajectory_is_integrated_once_whatever_is_asked_of_it(model, monkeypatch):
    rng = np.random.default_rng(0)
    codes, reynolds = rng.normal(size=(7, 2)), np.exp(rng.uniform(4.0, 13.0, 7))
    asked = np.array([0.4, 0.0, 0.1, 0.4, 0.02])
    monkeypatch.setattr(latent_field, "BATCH", 3)
    found = model.advance(codes, asked, reynolds)
    parameters = latent_ode.standard(reynolds).astype(np.float32)

    def rate(state):
        return model.field(np.concatenate([state, parameters], axis=1))

    for k, duration in enumerate(asked):
        fine = latent_field.rk4(rate, codes.astype(np.float32), np.float32(duration), 200, 2)
        assert found[:, k] == pytest.approx(np.asarray(fine), abs=2e-3), duration
    assert model.advance(codes, [0.0, 0.0], reynolds)[:, 1] == pytest.approx(codes, abs=1e-6)
