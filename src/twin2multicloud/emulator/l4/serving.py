"""Twin services on two ports of this machine, plain and over TLS, without a twin. Owns sockets and threads."""

import ssl
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from twin2multicloud.emulator.host.deployment import Tls
from twin2multicloud.emulator.l4.face import TwinService
from twin2multicloud.wire.http import Request, Response, json_response
from twin2multicloud.wire.limits import MAX_BODY_BYTES

_HOST = "127.0.0.1"


class TwinServer:
    """Serves until it is closed. `url` and `tls_url` are where; the second is empty without a certificate.

    Raises OSError where a port cannot be had; port 0 is any.
    """

    def __init__(self, services: Sequence[TwinService], port: int, tls_port: int, tls: Tls | None) -> None:
        self._services = services
        handler = _handler(services)
        self._servers = [_Server((_HOST, port), handler)]
        self.url, self.tls_url = f"http://{_HOST}:{self._servers[0].server_port}", ""
        if tls is not None:
            try:
                secure = _Server((_HOST, tls_port), handler)
            except OSError:
                self._servers[0].server_close()
                raise
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.certificate, tls.key)
            # Each connection shakes hands on its own thread, at its first read.
            secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
            self._servers.append(secure)
            self.tls_url = f"https://localhost:{secure.server_port}"
        self._threads = [threading.Thread(target=each.serve_forever, name="l4") for each in self._servers]
        for each in self._threads:
            each.start()

    def close(self) -> None:
        """Stop, and close the services."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        for service in self._services:
            service.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    """A connection that is kept alive must not keep the server."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that hangs up, or does not trust the certificate, is no error of the server."""


def _handler(services: Sequence[TwinService]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            size = self.headers.get("content-length", "0")
            if not size.isdecimal() or int(size) > MAX_BODY_BYTES or "transfer-encoding" in self.headers:
                self.close_connection = True
                self._send(json_response(413, {"message": f"a body has a length, of {MAX_BODY_BYTES} bytes at most"}))
                return
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(size))
            self._send(answer(services, Request(self.command, unquote(url.path), headers, body, url.query)))

        def _send(self, response: Response) -> None:
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the base class's names

        def log_message(self, *_: object) -> None:
            """Nothing: requests are no news."""

    return Handler


def answer(services: Sequence[TwinService], request: Request) -> Response:
    """The answer of the service that a request is for."""
    for each in services:
        if each.knows(request):
            return each.answer(request)
    return json_response(404, {"message": f"{request.method} {request.path} is no operation of a service served here"})
