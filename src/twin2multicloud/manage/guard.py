"""Refuses requests that another site's page made: foreign names of this machine (DNS rebinding), foreign origins.

Owns which names this address is known by. The page has no password: who may open it is who is at this machine.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


class LocalOnly:
    """ASGI middleware: 403 for a ``Host`` or ``Origin`` that is not this machine's, on pages and web sockets alike."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's callables
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket") or is_local(dict(scope["headers"])):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        else:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            body = b"this page answers requests to 127.0.0.1 or localhost only, from its own pages\n"
            await send({"type": "http.response.body", "body": body})


def is_local(headers: MutableMapping[bytes, bytes]) -> bool:
    """Whether ``Host`` names this machine, and ``Origin``, where there is one, is that same address."""
    host = headers.get(b"host", b"").decode("latin-1")
    origin = headers.get(b"origin")
    if _name(f"//{host}") not in _LOCAL:
        return False
    return origin is None or origin.decode("latin-1") == f"http://{host}"


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
