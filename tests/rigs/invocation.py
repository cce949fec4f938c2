"""What rigs of invocations share: a function with a set answer, a socket to serve it, an invocation without one."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from tests.rigs.clock import RigClock
from tests.rigs.error_sink import RigErrorSink
from tests.rigs.transport import Serve
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import Function, Handler
from twin2multicloud.ports.invocation import Invocation
from twin2multicloud.wire.calls import endpoint as call_endpoint
from twin2multicloud.wire.http import Request

NAME = "hot-reader"
"""The function that every rig has, and the only one."""

TOKEN = "the-token-between-clouds"
Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Told:
    """A function whose `answer` a test sets; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda asked: asked
        self.asked: list[Mapping[str, Any]] = []

    def __call__(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(asked)
        return self.answer(asked)

    def as_function(self, cloud: Cloud, *, endpoint: bool = False) -> Function:
        """Itself with its triggers, as a reader has them."""
        reporter = Reporter(sink=RigErrorSink(), clock=RigClock(), twin="house", cloud=cloud, component=NAME)
        handlers: dict[Trigger, Handler] = {Trigger.CALL: self}
        if endpoint:
            handlers[Trigger.HTTP] = call_endpoint((TOKEN,), self)
        return Function(name=NAME, reporter=reporter, handlers=handlers)


class InvocationRig:
    """What the contract suite needs to know of an adapter.

    `function` is what is called; `locked_out` is a caller who may not, `in_the_dark` one whom nobody answers;
    `secrets` are what callers sign in with.
    """

    def __init__(
        self,
        function: Told,
        invocation: Invocation,
        locked_out: Invocation,
        in_the_dark: Invocation,
        *,
        secrets: tuple[str, ...],
    ) -> None:
        self.function, self.invocation = function, invocation
        self.locked_out, self.in_the_dark, self.secrets = locked_out, in_the_dark, secrets


class RigInvocation:
    """An `Invocation` of functions in this process; only JSON passes. `error`, while set, is raised."""

    LIMIT = 4 * 1024 * 1024

    def __init__(self, functions: Mapping[str, Answer], error: Exception | None = None) -> None:
        self._functions, self.error = functions, error

    def call(self, function: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        if function not in self._functions:
            raise ConfigurationError(f"{function}: no such function")
        if self.error is not None:
            raise self.error
        try:
            return _through_json(self._functions[function](_through_json(asked, self.LIMIT)))
        except FinalError as error:
            raise FinalError(f"{function}: {error}", error.status) from error
        except Exception as error:
            raise RetryableError(f"{function}: {error}") from error


def _through_json(value: Mapping[str, Any], limit: int = 1 << 30) -> dict[str, Any]:
    raw = msgspec.json.encode(value)
    if len(raw) > limit:
        raise FinalError(f"over {limit} bytes", 413)
    found: dict[str, Any] = msgspec.json.decode(raw)
    return found


@contextmanager
def memory_invocation(_: object) -> Iterator[InvocationRig]:
    told = Told()
    locked, dark = ConfigurationError("you may not"), RetryableError("no answer")
    invocations = [RigInvocation({NAME: told}, error) for error in (None, locked, dark)]
    yield InvocationRig(told, *invocations, secrets=())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.answer(Request("POST", self.path, headers, body))
        self.send_response(reply.status)
        for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Serve) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer


@contextmanager
def served(answer: Serve) -> Iterator[str]:
    """The URL of a server that answers every POST with `answer`, without a slash at its end."""
    server = _Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
