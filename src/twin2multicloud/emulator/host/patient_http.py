"""HTTP connections of an emulated cloud, as long as they bring requests. Owns the patience; answers nothing.

uvicorn waits for a request for as long as a client likes. Here a request must be whole in time, and of one address only
so many connections may be waited for: for one more, the one that has been waited for longest ends.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 20.0
"""From a connection, or its last answer, to the end of a request. A connector's body of 4 MiB takes milliseconds."""

WAITING_PER_ADDRESS = 8_000


class PatientHttp(HttpToolsProtocol):
    """One connection. `waiting` has those of the process that a request is waited for from, by address."""

    waiting: dict[str, dict[Any, None]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP only
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._patience: asyncio.TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_complete(self) -> None:
        """See httptools: the request is whole."""
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """See uvicorn: the answer is sent, and the next request may come."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._wait()

    def _wait(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(REQUEST_SECONDS, self.transport.close)
        waiting = self.waiting.setdefault(self._address, {})
        waiting[self] = None
        if len(waiting) > WAITING_PER_ADDRESS:
            next(iter(waiting)).transport.close()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        waiting = self.waiting.get(self._address, {})
        waiting.pop(self, None)
        if not waiting:
            self.waiting.pop(self._address, None)


def patient_http() -> type[PatientHttp]:
    """The protocol of one server."""
    return type(PatientHttp.__name__, (PatientHttp,), {"waiting": {}})
