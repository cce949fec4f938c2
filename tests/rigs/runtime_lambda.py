"""AWS Lambda: the real runtime client (awslambdaric) in a process, and the Runtime API that it polls.

docs.aws.amazon.com lambda/latest/dg/runtimes-api: ``invocation/next``, ``…/response``, ``…/error``, ``init/error``.
One invocation at a time, as one execution environment has it.
"""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from tests.rigs.runtime_process import LOG, child_environment

_NEXT = "/2018-06-01/runtime/invocation/next"
_TIMEOUT = 30.0


class LambdaError(Exception):
    """The function raised. The text is ``errorType: errorMessage``."""


class LambdaRuntime:
    """One function, as Lambda runs it. Raises LambdaError at once where its module cannot be imported."""

    def __init__(self, bundle: Path, env: Mapping[str, str], handler: str = "main.handler") -> None:
        self._asked: queue.Queue[bytes] = queue.Queue()
        self._outcomes: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._server = _serve(self._asked, self._outcomes)
        runtime = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_REGION": "eu-central-1",
            "LAMBDA_TASK_ROOT": str(bundle),
        }
        with (bundle / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "awslambdaric", handler],
                cwd=bundle,
                env=child_environment(bundle, {**runtime, **env}),
                stdout=log,
                stderr=log,
            )

    def invoke(self, event: object) -> Any:
        """The function's result. Raises LambdaError, TimeoutError."""
        self._asked.put(msgspec.json.encode(event))
        try:
            kind, body = self._outcomes.get(timeout=_TIMEOUT)
        except queue.Empty as error:
            raise TimeoutError(f"no outcome after {_TIMEOUT:.0f} s") from error
        if kind != "response":
            raise LambdaError(f"{body['errorType']}: {body['errorMessage']}")
        return body

    def close(self) -> None:
        """End the process and the API."""
        self._process.kill()
        self._process.wait(10)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a runtime that was ended leaves its poll behind

    def handle_error(self, request: Any, client_address: Any) -> None:
        """That a runtime was ended is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _serve(asked: "queue.Queue[bytes]", outcomes: "queue.Queue[tuple[str, Any]]") -> ThreadingHTTPServer:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # and one write per answer: otherwise 23 invocations a second, not 2,000
        wbufsize = -1
        _count = 0

        def do_GET(self) -> None:
            assert self.path == _NEXT, self.path
            body = asked.get()
            RuntimeApi._count += 1
            headers = {
                "Lambda-Runtime-Aws-Request-Id": str(RuntimeApi._count),
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + _TIMEOUT) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:function",
                "Content-Type": "application/json",
            }
            self._answer(200, headers, body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(202, {}, b"")
            outcomes.put((self.path.rpartition("/")[2], msgspec.json.decode(body)))

        def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """A test's output is no access log."""

    server = _Server(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
