"""The transport that ships: http.client with one kept-alive connection per thread and host. Decides nothing.

http.client because it is there: importing it costs 24 ms, urllib3 58 ms, and a cold start pays for either. The import
is inside, so that a function which crosses no boundary does not pay at all.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit
from weakref import WeakSet

from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.ports.transport import Reply

if TYPE_CHECKING:
    from http.client import HTTPConnection


class HttpTransport:
    """Posts over HTTP/1.1, TLS for https URLs with the system's trust. Safe to share between threads."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._made: WeakSet[HTTPConnection] = WeakSet()

    def close(self) -> None:
        """Close every connection, whichever thread made it; none of them may be in use."""
        for connection in list(self._made):
            connection.close()

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """See `ports.transport.Transport.post`. A connection that the other side dropped is made anew, once."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        kept = self._kept().get(parts.netloc)
        if kept is not None:
            try:
                return _exchange(kept, path or "/", headers, body)
            except OSError as error:
                kept.close()
                del self._kept()[parts.netloc]
                if isinstance(error, TimeoutError):  # it is there and silent: to wait as long again is not for here
                    raise RetryableError(f"no answer from {parts.netloc} in time") from error
                # It was idle too long. Were it anything else: what is sent is idempotent at the store.
        return self._on_new_connection(parts, path or "/", headers, body, timeout)

    def _on_new_connection(
        self, parts: SplitResult, path: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        connection = _connection(parts, timeout)
        try:
            reply = _exchange(connection, path, headers, body)
        except OSError as error:
            connection.close()
            raise RetryableError(f"no answer from {parts.netloc}: {error}") from error
        self._kept()[parts.netloc] = connection
        self._made.add(connection)
        return reply

    def _kept(self) -> "dict[str, HTTPConnection]":
        kept: dict[str, HTTPConnection] = self._local.__dict__.setdefault("connections", {})
        return kept


def _connection(parts: SplitResult, timeout: float) -> "HTTPConnection":
    from http.client import HTTPConnection, HTTPSConnection  # see the module's docstring

    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError(
            f"an endpoint's URL must start with https:// (or http:// on this machine): {parts.geturl()}"
        )
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.netloc, timeout=timeout)


def _exchange(connection: "HTTPConnection", path: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """One request and its whole answer. Raises OSError for whatever kept it from happening."""
    from http.client import HTTPException  # see the module's docstring

    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        content = answer.read()
    except HTTPException as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from error
    return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)
