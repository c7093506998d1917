"""A training's state: what it is of, who may write it, how long it took, several side by side."""

import errno
import os
import pickle
import re
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pandas as pd
import pytest

from burgers.models import (
    _keras,
    baselines,
    checkpoints,
    front_decoder,
    latent_ode,
    sigma_vae,
    training,
    vae,
)


class Line(_keras.Model):
    """The smallest model that is trained: ρ -> slope ρ."""

    def __init__(self, **options):
        super().__init__(name="line", **options)
        self.slope = self.add_weight(shape=(1,), initializer="ones", name="slope")

    def call(self, inputs):
        return self.slope * inputs

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return _keras.ops.mean(_keras.ops.square(y_pred - 2.0 * x))

    def fingerprint(self):
        return ["line"]

    def reseed(self, *entropy):
        """Nothing here is random."""


DATA = np.linspace(0, 1, 24, dtype=np.float32).reshape(8, 3)


def fit(path, data=DATA, epochs=1, batch_size=4, seed=0, peak=0.1):
    model = Line()
    # A few batches are done before they are compiled.
    model.compile(optimizer=training.adam(peak), run_eagerly=True)
    sizes = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
    return training.fit(model, (data,), path, **sizes)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The state and the history of a training of one epoch."""
    path = tmp_path_factory.mktemp("written") / "line.keras"
    history = fit(path)
    return path.with_suffix(".checkpoint.npz").read_bytes(), history


@pytest.fixture
def path(written, tmp_path):
    """Where to train on, the state of one epoch being there."""
    (tmp_path / "line.checkpoint.npz").write_bytes(written[0])
    return tmp_path / "line.keras"


def is_taken_up(path):
    """Whether the same call finds its training finished."""
    state = path.with_suffix(".checkpoint.npz")
    before = state.stat().st_mtime_ns
    fit(path)
    return state.stat().st_mtime_ns == before


@pytest.mark.filterwarnings("error")
def test_a_finished_training_is_taken_up(path, written):
    assert is_taken_up(path)
    assert fit(str(path)).equals(written[1])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": DATA[:7]}, "is of other data:"),
        ({"data": DATA + 1}, "is of other data:"),
        ({"data": DATA.reshape(4, 6)}, "is of other data:"),
        ({"seed": 1}, r"is of other settings \(seed\):"),
        ({"batch_size": 3}, r"is of other settings \(batch_size\):"),
        ({"peak": 0.2}, r"is of other settings \(optimizer\):"),
        ({"seed": 1, "data": DATA[:7]}, r"is of other data and of other settings \(seed\):"),
        ({"epochs": 0}, "goes to epoch 1, beyond the 0 wanted:"),
    ],
)
def test_a_state_of_another_origin_warns_and_is_not_used(path, tmp_path, change, reason):
    with pytest.warns(UserWarning, match=rf"line\.checkpoint\.npz {reason}.*anew") as told:
        found = fit(path, **change)
    assert len(told) == 1
    assert found.equals(fit(tmp_path / "fresh.keras", **change))


def test_a_state_of_an_older_format_warns(path):
    state = path.with_suffix(".checkpoint.npz")
    with np.load(state) as kept:
        np.savez(state, **{**kept, "recipe": "12" * 32})
    with pytest.warns(UserWarning, match="is of an older version of this package: .* anew"):
        fit(path)


def change_source(monkeypatch, module, change):
    source = checkpoints.source
    monkeypatch.setattr(
        checkpoints, "source",
        lambda name: change(source(name)) if name == f"burgers.models.{module}" else source(name),
    )  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "change",
    [
        lambda source: source + "\n# a comment\n",
        lambda source: re.sub(r'(?m)^( *""")(?=\w)', r"\1Said otherwise: ", source),
        lambda source: source.replace("    ", "        "),
        lambda source: source.replace("x = model", "x  =  (model)"),
    ],
    ids=["comment", "docstrings", "indentation", "format"],
)
def test_code_that_does_the_same_is_the_same_code(path, monkeypatch, change):
    change_source(monkeypatch, "training", change)
    assert is_taken_up(path)


@pytest.mark.parametrize(
    ("module", "change"),
    [
        ("training", lambda source: source + "\nPATIENCE = 7\n"),
        ("training", lambda source: source.replace("shuffle=False", "shuffle=True")),
        ("_keras", lambda source: source.replace("channels_last", "channels_first")),
        ("_keras", lambda _: None),
    ],
)
def test_other_code_is_named_and_trained_again(path, monkeypatch, module, change):
    change_source(monkeypatch, module, change)
    with pytest.warns(UserWarning, match=rf"is of other code \({module}\.py\): .* anew"):
        assert not is_taken_up(path)


@pytest.mark.parametrize("name", ["keras", "tensorflow", "numpy", "burgers"])
def test_other_libraries_are_named_and_trained_again(path, monkeypatch, name):
    known = checkpoints.libraries()
    monkeypatch.setattr(checkpoints, "libraries", lambda: {**known, name: "99.9"})
    told = rf"is of other libraries \({name} {known[name]}, now 99\.9\): .* anew"
    with pytest.warns(UserWarning, match=told):
        assert not is_taken_up(path)


def test_the_code_of_a_model_is_that_of_its_classes_and_of_its_training():
    pair = front_decoder.build_encoder(2), front_decoder.build_decoder(2)
    field = latent_ode.build_field(2, 1)
    models = {
        "vae": vae.VAE(), "sigma_vae": sigma_vae.SigmaVAE(*pair),
        "field": latent_ode.Dynamics(field),
        "reduced": latent_ode.Reduced(pair[0], field, pair[1]), "shot": baselines.OneShot(pair[1]),
    }  # fmt: skip
    found = {
        name: set(checkpoints.of_code(model, (DATA,), training.__name__))
        for name, model in models.items()
    }
    common, networks = {"_keras.py", "training.py"}, {"layers.py"}
    assert found == {
        "vae": common | {"layers.py", "vae.py"},
        "sigma_vae": common | {"layers.py", "sigma_vae.py", "vae.py"},
        "field": common | {"latent_field.py"},
        "reduced": common | networks | {"latent_field.py", "latent_ode.py"},
        "shot": common | networks | {"baselines.py"},
    }


def test_source_is_read_from_an_archive_and_may_not_be_there(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed_module.py", "PACKED = 1\n")
    monkeypatch.syspath_prepend(tmp_path / "packed.zip")
    import packed_module

    assert packed_module.PACKED == 1
    assert checkpoints.source("packed_module") == "PACKED = 1\n"
    assert checkpoints.source("sys") is checkpoints.source("no_such_module") is None
    monkeypatch.delitem(sys.modules, "packed_module")


def test_what_the_epochs_took_is_kept_over_a_stop(tmp_path):
    path = tmp_path / "line.keras"
    assert np.isnan(training.seconds(path))
    began = time.perf_counter()
    fit(path, epochs=2)
    whole = time.perf_counter() - began
    assert 0 < training.seconds(str(path)) < whole
    timing = tmp_path / "line_timing.csv"
    # As after a kill between an epoch and the note of what it took.
    timing.write_text("epoch,seconds\n1,100.0\n", encoding="utf-8")
    fit(path, epochs=3)
    assert list(pd.read_csv(timing).epoch) == [1, 3]
    assert 150 < training.seconds(path) < 300
    with pytest.warns(UserWarning, match="other data"):
        fit(path, data=DATA[:4], epochs=1)
    assert list(pd.read_csv(timing).epoch) == [1]
    assert training.seconds(path) < 100
    timing.write_text("no table", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line_timing\.csv cannot be read"):
        training.seconds(path)


def test_a_path_is_kept_by_one_training_at_a_time(tmp_path):
    path, found = tmp_path / "deep" / "line.keras", []

    def other(name):
        try:
            with training.alone(tmp_path / "deep" / name):
                found.append(name)
        except OSError as error:
            found.append((error.errno, str(error)))

    with training.alone(str(path), "_even") as kept:
        for name in ("line.keras", "line_even.keras", "other.keras"):
            thread = threading.Thread(target=other, args=[name])
            thread.start()
            thread.join()
    assert kept == path
    assert found[2] == "other.keras"
    for name, (number, message) in zip(("line", "line_even"), found[:2], strict=True):
        assert number == errno.EAGAIN
        assert f"{name}.keras is being trained by another process or thread; wait" in message
    with pytest.raises(KeyboardInterrupt), training.alone(path):
        raise KeyboardInterrupt
    with training.alone(path):
        pass
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["line.keras", "line.checkpoint.npz", "line_history.csv", "line_timing.csv"]
)
def test_a_folder_in_the_way_is_refused_at_once(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match=f"{name}, which is a folder"):
        training.alone(tmp_path / "line.keras").__enter__()


def test_a_folder_that_cannot_be_made_is_refused_at_once(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OSError, match=r"line\.keras was not written.*make it again") as caught,
        training.alone(tmp_path / "file" / "line.keras"),
    ):
        pass
    assert caught.value.errno in (errno.ENOTDIR, errno.EEXIST)


# Each notes itself, and ends when the other has: only side by side they end.
MEETS = """
import os, pathlib, sys, time
here, other = map(pathlib.Path, sys.argv[1:])
here.touch()
until = time.monotonic() + 60
while not other.exists() and time.monotonic() < until:
    time.sleep(0.01)
threads = [os.environ[name] for name in ("TF_NUM_INTRAOP_THREADS", "NUMBA_NUM_THREADS")]
print(here.name, other.exists(), *threads)
"""


def test_tasks_are_called_side_by_side_with_one_thread_each(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "5")
    names = [tmp_path / "first", tmp_path / "second"]
    tasks = [
        (subprocess.check_output, {"args": [sys.executable, "-c", MEETS, *pair], "text": True})
        for pair in (names, names[::-1])
    ]  # fmt: skip
    assert training.run_in_parallel(tasks) == ["first True 1 1\n", "second True 1 1\n"]
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "5"
    assert training.run_in_parallel([]) == []


WAITS = """
import time
from burgers.models import training

def waits():
    print("begun", flush=True)
    time.sleep(600)

if __name__ == "__main__":
    training.run_in_parallel([(waits, {})], workers=1)
"""


def test_a_task_ends_with_the_process_that_called_it_even_if_that_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WAITS, encoding="utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout.readline() == "begun\n"
        caller.kill()
        # The task holds the other end of the pipe, which is read to its end.
        assert caller.communicate(timeout=60)[0] == ""


@pytest.mark.parametrize(
    "train",
    [vae.train, sigma_vae.train, latent_ode.train, latent_ode.train_codes, baselines.train_one_shot,
     front_decoder.build_encoder, front_decoder.build_decoder],
)  # fmt: skip
def test_trainings_can_be_tasks(train):
    assert pickle.loads(pickle.dumps(train)) is train


def test_a_task_that_fails_raises_and_the_next_is_not_started(tmp_path):
    tasks = [(os.remove, {"path": tmp_path / "none"})]
    tasks += [(os.mkdir, {"path": tmp_path / str(k)}) for k in range(9)]
    with pytest.raises(FileNotFoundError):
        training.run_in_parallel(tasks, workers=1)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="workers is -1"):
        training.run_in_parallel(tasks, workers=-1)
