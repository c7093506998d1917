"""Models are the same whatever Keras and TensorFlow are set to, and leave it set as it was."""

import json
import random
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
import xarray as xr
from test_trained_elsewhere import build_decoder, build_encoder

from burgers.models import (
    _keras,
    baselines,
    flow,
    front_decoder,
    latent_field,
    latent_ode,
    sigma_vae,
    vae,
)

ACCESSORS = {
    "floatx": (keras.config.floatx, keras.config.set_floatx),
    "policy": (keras.config.dtype_policy, keras.config.set_dtype_policy),
    "image format": (keras.config.image_data_format, keras.config.set_image_data_format),
    "eager": (tf.config.functions_run_eagerly, tf.config.run_functions_eagerly),
    "epsilon": (keras.config.epsilon, keras.config.set_epsilon),
    "epochs": (keras.config.max_epochs, keras.config.set_max_epochs),
    "steps": (keras.config.max_steps_per_epoch, keras.config.set_max_steps_per_epoch),
}
SETTINGS = {
    "float64": {"floatx": "float64"},
    "policy of float64": {"policy": "float64"},
    "mixed_float16": {"policy": "mixed_float16"},
    "mixed_bfloat16": {"policy": "mixed_bfloat16"},
    "float16, channels first": {"floatx": "float16", "image format": "channels_first"},
    "eager, and little of it": {"eager": True, "epsilon": 0.1, "steps": 1, "epochs": 1},
}
ALL = {
    "double and eager": {
        "floatx": "float64", "policy": "float64", "image format": "channels_first", "eager": True,
    },
    "mixed": {"floatx": "float16", "policy": "mixed_float16", "epsilon": 0.1, "steps": 1},
}  # fmt: skip


def values():
    """What is set, as it can be compared."""
    found = {name: read() for name, (read, _) in ACCESSORS.items()}
    return found | {"policy": found["policy"].name}


@pytest.fixture
def setting(request):
    """Settings while a test runs; asserts that they are the same at its end."""
    before = values()
    for name, value in request.param.items():
        ACCESSORS[name][1](value)
    during = values()
    yield
    after = values()
    for name, value in before.items():
        ACCESSORS[name][1](value)
    assert after == during


def under(settings):
    return pytest.mark.parametrize("setting", settings.values(), ids=settings, indirect=True)


DENSITY = np.random.default_rng(0).random((6, 400), dtype=np.float32)
GIVEN = (np.linspace(0, 1, 6)[:, None],)


def bits(*parts):
    return [np.asarray(part).tobytes() for part in parts]


def of_report(path):
    model = vae.VAE()
    direct = model(DENSITY[:2].astype(float))[0], model.decoder(np.ones((2, 10)))[2]
    return model, [*direct, model.reconstruct(DENSITY), model.generate(3), *model.encode(DENSITY)]


def of_sharper(path):
    model = sigma_vae.SigmaVAE(sigma_vae.build_encoder(2, 1), sigma_vae.build_decoder(2, 1))
    return model, [model.reconstruct(DENSITY, given=GIVEN), *model.encode(DENSITY, GIVEN)]


def of_fronts(path):
    model = sigma_vae.SigmaVAE(front_decoder.build_encoder(2), front_decoder.build_decoder(2))
    model.calibrate(DENSITY)
    return model, [model.reconstruct(DENSITY), model.decoder(np.ones((2, 2)))[2]]


KINDS = [of_report, of_sharper, of_fronts]


def built(kind, path):
    """A model's weights, its configuration, and what it computes, also when read from a file."""
    model, found = kind(path)
    model.save(path)
    again = vae.load(path)
    config = json.dumps([model.encoder.get_config(), model.decoder.get_config()])
    code = np.ones((2, model.latents), dtype=np.float32)
    given = (np.ones((2, 1)),) if kind is of_sharper else ()
    parts = [*model.get_weights(), *again.get_weights(), *found, again.decode(code, given)]
    return [config, *bits(*parts)]


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """What is built where nothing is set."""
    path = tmp_path_factory.mktemp("usual") / "model.keras"
    return {kind: built(kind, path) for kind in KINDS}


@pytest.mark.usefixtures("usual", "setting")
@under(SETTINGS)
def test_the_reports_model_is_built_saved_loaded_and_evaluated_alike(usual, tmp_path):
    assert built(of_report, tmp_path / "model.keras") == usual[of_report]


@pytest.mark.usefixtures("usual", "setting")
@pytest.mark.parametrize("kind", [of_sharper, of_fronts])
@under(ALL)
def test_the_other_models_are_built_saved_loaded_and_evaluated_alike(usual, kind, tmp_path):
    assert built(kind, tmp_path / "model.keras") == usual[kind]


def trajectories():
    x, times, places = np.linspace(0, 1, 400), np.linspace(0, 0.4, 3), np.linspace(0.2, 0.4, 4)
    density = -np.tanh((x - places[:, None, None] - times[None, :, None]) / 0.1)
    return xr.Dataset(
        {"density": (("realisation", "time", "x"), density.astype(np.float32))},
        coords={"time": times, "reynolds": ("realisation", np.geomspace(1e2, 1e5, 4))},
    )


def train_report(path):
    """With the smallest networks, and the only one that is compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vae, "build_encoder", build_encoder)
        patch.setattr(vae, "build_decoder", build_decoder)
        patch.setattr(vae.VAE, "run_eagerly", False)
        vae.train(DENSITY, path, epochs=2, batch_size=3, decay=True)


def train_fronts(path):
    networks = front_decoder.build_encoder, front_decoder.build_decoder
    sizes = {"latents": 2, "epochs": 1, "batch_size": 6}
    sigma_vae.train(DENSITY, path, given=GIVEN, networks=networks, **sizes)


def train_reduced(path):
    ensemble = trajectories()
    networks = baselines.Pod(2).fit(ensemble.density.values).networks()
    latent_ode.train(ensemble, networks, path, field_epochs=4, epochs=1)


def train_one_shot(path):
    baselines.train_one_shot(trajectories(), path, epochs=1)
    return bits(vae.load(path).decode(np.ones((3, 2))))


def train_flow(_):
    codes = DENSITY[:, :2]
    law = flow.Flow(epochs=1).fit(codes, GIVEN[0])
    ranks = law.to_uniform(codes, GIVEN[0])
    return bits(ranks, law.from_uniform(ranks, GIVEN[0]), law.log_prob(codes, GIVEN[0]))


TRAININGS = [train_report, train_fronts, train_reduced, train_one_shot, train_flow]


def trained(train, folder):
    """The bytes of what a training wrote, but for its times, and what it returned."""
    found = train(folder / "model.keras")
    written = [path for path in sorted(folder.iterdir()) if "timing" not in path.name]
    return found, [(path.name, path.read_bytes()) for path in written]


@pytest.fixture(scope="module", autouse=True)
def small():
    """A short integrator, and trainings of a batch, which is done before it is compiled."""
    kinds = vae.VAE, latent_ode.Dynamics, latent_ode.Reduced, baselines.OneShot, flow.Conditionals
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latent_field, "STEPS", 1)
        for kind in kinds:
            patch.setattr(kind, "run_eagerly", property(lambda _: True, lambda *_: None))
        yield


@pytest.fixture(scope="module")
def usually(tmp_path_factory):
    """What is trained where nothing is set."""
    return {train: trained(train, tmp_path_factory.mktemp("usually")) for train in TRAININGS}


@pytest.mark.usefixtures("usually", "setting")
@pytest.mark.parametrize("train", TRAININGS)
@under({"double and eager": ALL["double and eager"]})
def test_a_model_is_trained_alike(usually, train, tmp_path):
    assert trained(train, tmp_path) == usually[train]


@pytest.mark.usefixtures("usually", "setting")
@under({"mixed": ALL["mixed"]})
def test_a_training_is_known_again_whatever_is_set(usually, tmp_path):
    for name, content in usually[train_report][1]:
        (tmp_path / name).write_bytes(content)
    state = tmp_path / "model.checkpoint.npz"
    before = state.stat().st_mtime_ns
    assert trained(train_report, tmp_path) == usually[train_report]
    assert state.stat().st_mtime_ns == before


@under(ALL)
def test_settings_are_as_they_were_after_bad_input(setting, tmp_path):
    during = values()
    (tmp_path / "bad.keras").write_bytes(b"no model")
    for call in (
        lambda: vae.load(tmp_path / "bad.keras"),
        lambda: vae.train(DENSITY, tmp_path / "m.keras", epochs=-1),
        lambda: vae.VAE().encode(np.zeros((2, 3))),
        lambda: baselines.Pod(2).networks(),
    ):
        with pytest.raises(ValueError, match=r"accepted|cannot be read"):
            call()
        assert values() == during


@under(ALL)
def test_settings_are_as_they_were_when_the_last_thread_is_done(setting):
    during, entered, leave, found = values(), threading.Event(), threading.Event(), []

    def other():
        with _keras.own():
            entered.set()
            leave.wait(60)
            found.append((keras.config.floatx(), keras.config.dtype_policy().name))

    thread = threading.Thread(target=other)
    with _keras.own():
        thread.start()
        entered.wait(60)
    assert keras.config.floatx() == "float32"
    leave.set()
    thread.join()
    assert found == [("float32", "float32")]
    assert values() == during


def test_what_is_set_meanwhile_stays_and_the_policy_follows_it():
    before = _keras.global_state.get_global_attribute("dtype_policy")
    _keras.global_state.set_global_attribute("dtype_policy", None)
    with _keras.own():
        vae.VAE().generate(1)
        keras.config.set_floatx("float64")
    assert keras.config.floatx() == "float64"
    assert keras.layers.Dense(1).dtype == "float64"
    keras.config.set_floatx("float32")
    _keras.global_state.set_global_attribute("dtype_policy", before)


def drawn():
    """Of everyone's generators."""
    legacy = np.random.random()  # noqa: NPY002
    return random.random(), legacy, float(tf.random.uniform(())), float(keras.random.uniform(()))


def test_seeds_of_others_change_nothing_and_are_not_used_up(usual, usually, tmp_path):
    keras.utils.set_random_seed(3)
    expected = drawn()
    keras.utils.set_random_seed(3)
    assert built(of_report, tmp_path / "other.keras") == usual[of_report]
    baselines.Pod(2).fit(DENSITY).networks()
    assert trained(train_flow, tmp_path)[0] == usually[train_flow][0]
    assert drawn() == expected


@pytest.fixture
def trusting():
    """A user who lets files bring their own code, and wants whole tracebacks."""
    keras.config.enable_unsafe_deserialization()
    keras.config.disable_traceback_filtering()
    yield
    assert _keras.global_state.get_global_attribute("safe_mode_saving") is False
    assert not keras.config.is_traceback_filtering_enabled()
    _keras.global_state.set_global_attribute("safe_mode_saving", None)
    keras.config.enable_traceback_filtering()


def test_a_file_brings_no_code_although_the_user_trusts_files(trusting, usual, tmp_path):
    path = tmp_path / "foreign.keras"
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: 2 * x)(inputs)).save(path)
    keras.saving.load_model(path)
    with pytest.raises(ValueError, match=r"foreign\.keras cannot be read .*; make it again"):
        vae.load(path)
    assert built(of_report, tmp_path / "model.keras") == usual[of_report]
