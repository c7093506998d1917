"""A problem over HTTP: what a client of UM-Bridge gets, side by side, and what it is refused."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

import burgers
from burgers import exact
from burgers.__main__ import main
from burgers.studies import serving

EXACT = {"scheme": "exact", "cells": 50}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def served(name, *options):
    """The address of a server in a process of its own, and that process."""
    port = free_port()
    command = [sys.executable, "-m", "burgers", "serve", name, "--port", str(port), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/Info", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def creneau():
    pytest.importorskip("aiohttp")
    with served("creneau") as (address, _):
        yield address


@pytest.fixture(scope="module")
def client(creneau):
    return pytest.importorskip("umbridge").HTTPModel(creneau, "forward")


def posted(address, path, body):
    """Status and answer to a body that need not be what a client would send."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{address}/{path}", data)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_client_finds_the_model_and_its_sizes(creneau, client):
    umbridge = pytest.importorskip("umbridge")
    assert umbridge.supported_models(creneau) == ["forward"]
    assert client.supports_evaluate()
    assert client.supports_gradient()
    assert client.supports_apply_jacobian()
    assert not client.supports_apply_hessian()
    assert client.get_input_sizes() == [3]
    assert client.get_output_sizes() == [400]
    assert client.get_input_sizes({"time": 0.2}) == [2]
    assert client.get_output_sizes({"cells": 50}) == [50]


def test_a_client_is_sent_the_density_to_the_last_bit(client):
    (found,) = client([[200.0, 0.2, 0.3]], EXACT)
    wanted = exact.density(burgers.CRENEAU, 0.3, reynolds=200.0, step=0.2, cells=50)
    np.testing.assert_array_equal(found, wanted)
    assert client([[200.0, 0.2]], {**EXACT, "time": 0.3}) == [found]
    (computed,) = client([[200.0, 0.2, 0.3]], {"cells": 50})
    assert 0 < burgers.metrics.relative_error(np.array(computed), wanted) < 0.02


def test_clients_side_by_side_are_answered_each_its_own(client):
    rng = np.random.default_rng(0)
    inputs = np.column_stack(
        [rng.uniform(50, 1e4, 32), rng.uniform(0.1, 0.3, 32), rng.uniform(0, 0.5, 32)]
    )
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda row: client([row.tolist()], {"cells": 40})[0], inputs))
    wanted = burgers.solve(
        burgers.CRENEAU.initial(40, step=inputs[:, 1]), inputs[:, 0], inputs[:, 2],
        boundary="outflow", scheme="muscl",
    )  # fmt: skip
    np.testing.assert_array_equal(found, wanted)


def test_gradients_are_those_of_the_exact_density(client):
    # Far right of the front the density is the step; mass grows with time by the flux through the
    # left end less that through the right one.
    at, weights = [200.0, 0.2, 0.3], np.full(50, 1 / 50)
    found = client.gradient(0, 0, [at], weights.tolist(), EXACT)
    np.testing.assert_allclose(found, [0.0, 0.5 - 0.2 * 0.3, 0.5 * (1 - 0.2**2)], atol=1e-5)
    last = np.eye(50)[-1].tolist()
    np.testing.assert_allclose(client.gradient(0, 0, [at], last, EXACT), [0, 1, 0], atol=1e-5)


def test_a_jacobian_is_the_transpose_of_the_gradients(client):
    at, rng = [200.0, 0.2, 0.3], np.random.default_rng(0)
    sens, direction = rng.normal(size=50), rng.normal(size=3)
    gradient = client.gradient(0, 0, [at], sens.tolist(), EXACT)
    along = client.apply_jacobian(0, 0, [at], direction.tolist(), EXACT)
    assert np.isclose(np.dot(gradient, direction), np.dot(along, sens), rtol=1e-9)


def test_a_derivative_at_zero_is_one_sided():
    model = serving.Forward(burgers.CRENEAU)
    weights = np.full(50, 1 / 50)
    found = model.gradient(0, 0, [[200.0, 0.0, 0.0]], weights, {"scheme": "muscl", "cells": 50})
    np.testing.assert_allclose(found, [0.0, 0.5, 0.5], atol=1e-3)


GOOD = {"name": "forward", "input": [[200.0, 0.2, 0.3]], "config": {"cells": 20}}
BAD = {
    "too few numbers": ("Evaluate", {"input": [[200.0, 0.2]]}, "input 0 has shape (2,)"),
    "two vectors": ("Evaluate", {"input": [[200.0], [0.2, 0.3]]}, "input is [[200.0], [0.2"),
    "no vector": ("Evaluate", {"input": 7}, "input is 7; accepted: a list of one list"),
    "ragged": ("Evaluate", {"input": [[200.0, [0.2], 0.3]]}, "input 0 is"),
    "text": ("Evaluate", {"input": [["200", 0.2, 0.3]]}, "input 0 is"),
    "negative Reynolds number": ("Evaluate", {"input": [[-1.0, 0.2, 0.3]]}, "reynolds has minimum"),
    "negative time": ("Evaluate", {"input": [[200.0, 0.2, -0.3]]}, "time has minimum -0.3"),
    "nan": ("Evaluate", {"input": [[200.0, float("nan"), 0.3]]}, "input 0 contains nan"),
    "infinite": ("Evaluate", {"input": [[float("inf"), 0.2, 0.3]]}, "input 0 contains inf"),
    "another model": ("Evaluate", {"name": "posterior"}, "name is 'posterior'; accepted: forward"),
    "unknown option": ("Evaluate", {"config": {"dx": 1}}, "config is {'dx': 1}; accepted"),
    "config of text": ("InputSizes", {"config": "fine"}, "config is 'fine'; accepted"),
    "all memory": ("Evaluate", {"config": {"cells": 10**9}}, "cells is 1000000000; accepted"),
    "no cells": ("OutputSizes", {"config": {"cells": None}}, "cells is None; accepted"),
    "unknown scheme": ("Evaluate", {"config": {"scheme": []}}, "scheme is []; accepted: muscl"),
    "no weights": ("Gradient", {"outWrt": 0, "inWrt": 0}, "sens is missing; accepted"),
    "few weights": ("Gradient", {"outWrt": 0, "inWrt": 0, "sens": [1.0]}, "sens has shape (1,)"),
    "another output": ("Gradient", {"outWrt": 1, "inWrt": 0, "sens": [1.0]}, "outWrt is 1"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_answered_by_an_error_that_names_it(creneau, what):
    path, changes, message = BAD[what]
    status, answer = posted(creneau, path, {**GOOD, **changes})
    assert status == 400
    assert answer["error"]["type"] == "InvalidInput"
    assert message in answer["error"]["message"]
    assert posted(creneau, "Evaluate", GOOD)[0] == 200


NOTHING = [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"forward"', b"[" * 100_000]


@pytest.mark.parametrize("body", NOTHING, ids=range(len(NOTHING)))
def test_what_is_no_request_is_answered_by_an_error(creneau, body):
    status, answer = posted(creneau, "Evaluate", body)
    assert status == 400
    assert answer["error"]["message"]
    assert posted(creneau, "Evaluate", GOOD)[0] == 200


def test_a_client_raises_what_the_server_answers(client):
    with pytest.raises(Exception, match="InvalidInput: reynolds has minimum -5"):
        client([[-5.0, 0.2, 0.3]])
    with pytest.raises(Exception, match=r"input 0 has shape \(2,\); accepted: \(3,\)"):
        client([[200.0, 0.2]])


def test_the_server_listens_on_this_machine_alone_and_stops_when_told():
    pytest.importorskip("aiohttp")
    psutil = pytest.importorskip("psutil")
    with served("sinus") as (address, process):
        connections = psutil.Process(process.pid).net_connections("inet")
        listening = {place.laddr.ip for place in connections if place.status == "LISTEN"}
        assert listening == {"127.0.0.1"}
        assert posted(address, "InputSizes", {"name": "forward"}) == (200, {"inputSizes": [2]})
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert f"sinus at {address}, model forward: reynolds, time" in told


def test_a_port_that_is_taken_is_refused(capsys):
    pytest.importorskip("aiohttp")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "creneau", "--port", str(port)]) == 1
    assert f"127.0.0.1:{port}: " in capsys.readouterr().err


def test_bad_addresses_are_refused_by_name(capsys):
    pytest.importorskip("aiohttp")
    assert main(["serve", "creneau", "--port", "0"]) == 1
    assert "port is 0; accepted" in capsys.readouterr().err
    assert main(["serve", "creneau", "--host", ""]) == 1
    assert "host is ''; accepted" in capsys.readouterr().err
    assert main(["serve", "nothing"]) == 1
    assert "nothing" in capsys.readouterr().err


def test_without_the_package_the_error_names_it_and_the_remedy(monkeypatch, capsys, installed):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    assert main(["serve", "creneau"]) == 1
    told = capsys.readouterr().err
    assert "umbridge" in told
    assert f"`pip install {installed}[doors]`" in told
