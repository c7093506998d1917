"""A random problem as an UM-Bridge model: a function that any language calls over HTTP.

The package `umbridge` has a server too; it listens on all interfaces, and what a model raises
leaves it as text that its clients cannot read. This one listens on one address, answers bad input
with an error of the protocol, and computes requests side by side in threads.

Source: L. Seelinger et al. (2023), UM-Bridge, protocol 1.0.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers import _source as source
from burgers import problems
from burgers.problems import CELLS, Problem
from burgers.studies.doors import Quantity, quantity

HOST, PORT = "127.0.0.1", 4242
CONFIG = ("cells", "scheme", "time")
# A request for more would take the server's memory.
MOST_CELLS = 10_000
# Of an input, or of one where it is zero. Finite volumes jump, by far less than their error, where
# the number of steps does: much smaller differences would see the jumps.
DIFFERENCE = 1e-4
Config = Mapping[str, Any]


class Forward:
    """The model `forward`: from the scalar inputs of a problem to the cell averages.

    It has the methods of an `umbridge.Model`, so that `umbridge.serve_models` takes it as well. The
    configuration of a call has, all optional, `cells` (400), `scheme` ("muscl") and `time`; without
    it the final time is the last input.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    """

    name = "forward"

    def __init__(self, problem: Problem) -> None:
        self.problem = problems.checked(problem)

    def get_input_sizes(self, config: Config | None = None) -> list[int]:
        """How many numbers there are in the only input vector."""
        return [len(self._quantity(config).names)]

    def get_output_sizes(self, config: Config | None = None) -> list[int]:
        """How many cells there are in the only output vector."""
        return [self._quantity(config).cells]

    def supports_evaluate(self) -> bool:
        """Yes."""
        return True

    def supports_gradient(self) -> bool:
        """Yes, by finite differences."""
        return True

    def supports_apply_jacobian(self) -> bool:
        """Yes, by finite differences."""
        return True

    def supports_apply_hessian(self) -> bool:
        """No."""
        return False

    def support(self, config: Config | None = None) -> dict[str, bool]:
        """What the model can be asked for, by the names of the protocol."""
        return {
            "Evaluate": self.supports_evaluate(),
            "Gradient": self.supports_gradient(),
            "ApplyJacobian": self.supports_apply_jacobian(),
            "ApplyHessian": self.supports_apply_hessian(),
        }

    def __call__(
        self, parameters: Sequence[Sequence[float]], config: Config | None = None
    ) -> list[list[float]]:
        """The cell averages at the inputs, a list of one vector; so are the inputs."""
        found = self._quantity(config)
        return [found.rows(_vector("input", parameters, found)).tolist()]

    def gradient(
        self, out_wrt: int, in_wrt: int, parameters: Sequence[Sequence[float]],
        sens: Sequence[float], config: Config | None = None,
    ) -> list[float]:  # fmt: skip
        """Derivatives with respect to each input of the sum of cell averages weighted by `sens`."""
        jacobian = self._jacobian(out_wrt, in_wrt, parameters, config)
        return (_sized("sens", sens, jacobian.shape[0]) @ jacobian).tolist()

    def apply_jacobian(
        self, out_wrt: int, in_wrt: int, parameters: Sequence[Sequence[float]],
        vec: Sequence[float], config: Config | None = None,
    ) -> list[float]:  # fmt: skip
        """The derivatives of the cell averages in the direction `vec`."""
        jacobian = self._jacobian(out_wrt, in_wrt, parameters, config)
        return (jacobian @ _sized("vec", vec, jacobian.shape[1])).tolist()

    def _quantity(self, config) -> Quantity:
        config = {} if config is None else config
        if not isinstance(config, Mapping) or not config.keys() <= set(CONFIG):
            accepted = f"an object with {', '.join(CONFIG)}, all optional"
            raise ValueError(f"config is {checks.shown(config)}; accepted: {accepted}")
        checks.count("cells", config.get("cells", CELLS), least=3, most=MOST_CELLS)
        return quantity(self.problem, **config)

    def _jacobian(self, out_wrt, in_wrt, parameters, config):
        """Derivatives (cells, numbers) by central differences, one-sided where an input is 0."""
        for name, value in (("outWrt", out_wrt), ("inWrt", in_wrt)):
            checks.count(name, value, least=0, most=0)
        found = self._quantity(config)
        at = _vector("input", parameters, found)
        steps = np.diag(DIFFERENCE * np.where(at == 0, 1.0, np.abs(at)))
        above, below = at + steps, at - np.where(at[:, None] == 0, 0.0, steps)
        values = found.rows(np.concatenate([above, below]).reshape(-1, len(at)))
        return ((values[: len(at)] - values[len(at) :]) / np.diag(above - below)[:, None]).T


def serve(problem: Problem, *, host: str = HOST, port: int = PORT) -> None:
    """Serve a problem as an UM-Bridge model until the process is stopped.

    Parameters
    ----------
    problem : a `Problem`.
    host : the address to listen on; that of this machine alone, unless told otherwise.
    port : of TCP, free, from 1 to 65535.

    Raises
    ------
    ValueError
        Naming the argument, its value and what is accepted.
    ImportError
        If `umbridge`, with which the server's `aiohttp` comes, is not installed.
    """
    model, web = Forward(problem), _web()
    _check_host(host)
    port = checks.count("port", port, most=65_535)
    names = ", ".join(quantity(problem).names)
    print(f"{problem.name} at http://{host}:{port}, model {model.name}: {names}", flush=True)
    try:
        web.run_app(application(model), host=host, port=port, print=None)
    except OSError as error:
        accepted = "an address of this machine, and a port that is free"
        raise ValueError(f"{host}:{port}: {error.strerror}; accepted: {accepted}") from error


def application(model: Forward) -> Any:
    """The `aiohttp.web.Application` that answers an UM-Bridge client for one model."""
    web = _web()

    async def told(_):
        return web.json_response({"protocolVersion": 1.0, "models": [model.name]})

    async def answered(request):
        try:
            asked = await request.json()
            found = await asyncio.to_thread(answer, model, request.path.strip("/"), asked)
            return web.json_response(found)
        except (RecursionError, ValueError) as error:
            problem = {"type": "InvalidInput", "message": str(error)}
            return web.json_response({"error": problem}, status=400)

    served = web.Application()
    served.router.add_get("/Info", told)
    for path in ANSWERS:
        served.router.add_post(f"/{path}", answered)
    return served


def answer(model: Forward, path: str, asked: Any) -> dict[str, Any]:
    """What a client is answered that posts `asked`, an object, to `path`.

    Raises
    ------
    ValueError
        Naming what of it is wrong, and what is accepted.
    """
    if not isinstance(asked, dict) or asked.get("name") != model.name:
        name = asked.get("name") if isinstance(asked, dict) else asked
        raise ValueError(f"name is {checks.shown(name)}; accepted: {model.name}")
    method, field, arguments = ANSWERS[path]
    lacking = [key for key in arguments if key not in asked]
    if lacking:
        accepted = ", ".join(("name", *arguments))
        raise ValueError(f"{lacking[0]} is missing; accepted: an object with {accepted}")
    given = [asked[key] for key in arguments]
    return {field: getattr(model, method)(*given, config=asked.get("config"))}


# From each path to the method that answers, the field of the answer, and what must be asked.
ANSWERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "ModelInfo": ("support", "support", ()),
    "InputSizes": ("get_input_sizes", "inputSizes", ()),
    "OutputSizes": ("get_output_sizes", "outputSizes", ()),
    "Evaluate": ("__call__", "output", ("input",)),
    "Gradient": ("gradient", "output", ("outWrt", "inWrt", "input", "sens")),
    "ApplyJacobian": ("apply_jacobian", "output", ("outWrt", "inWrt", "input", "vec")),
}


def _vector(name, parameters, found) -> NDArray[np.float64]:
    """The only input vector, of the right size."""
    if not isinstance(parameters, list | tuple) or len(parameters) != 1:
        accepted = f"a list of one list of {len(found.names)} numbers"
        raise ValueError(f"{name} is {checks.shown(parameters)}; accepted: {accepted}")
    return _sized(f"{name} 0", parameters[0], len(found.names))


def _sized(name, values, size):
    array = checks.finite(name, values)
    if array.shape != (size,):
        raise ValueError(f"{name} has shape {array.shape}; accepted: ({size},)")
    return array


def _check_host(host):
    if not isinstance(host, str) or not host:
        raise ValueError(f"host is {checks.shown(host)}; accepted: an address of this machine")


def _web():
    try:
        from aiohttp import web
    except ImportError as error:
        raise ImportError(
            "umbridge, with which aiohttp comes, is not installed; it comes with "
            f"`{source.install('doors')}`"
        ) from error
    return web
