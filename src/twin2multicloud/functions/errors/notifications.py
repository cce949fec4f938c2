"""Posting stored error events to the management backend: what it has not taken stays unsent, and is sent again later.

The request is JSON, ``{"errors": [event, …]}``, oldest first. ``x-t2mc-signature`` is ``sha256=`` and the HMAC of the
body under the inter-cloud token, so that the backend knows who it is from, and nobody else learns the token. Any 2xx
means taken; an event may come twice, with the same ``id``.
"""

import hashlib
import hmac
from collections.abc import Callable

import msgspec

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.error_store import ErrorStore
from twin2multicloud.ports.transport import Transport
from twin2multicloud.wire.breaker import Breaker

BATCH = 50
TIMEOUT = 5.0  # s: whoever waits for the reporter waits for this too
SIGNATURE = "x-t2mc-signature"


class Notifications:
    """Delivers what a table says is unsent. Never raises because of the backend: it is told when it is back."""

    def __init__(
        self, *, url: str, token: str, store: ErrorStore, transport: Transport, clock: Clock, log: Callable[[str], None]
    ) -> None:
        self._url, self._token, self._store = url, token, store
        self._transport, self._clock, self._log = transport, clock, log
        self._breaker = Breaker(clock)

    def deliver(self, seconds: float) -> int:
        """Post what is unsent, oldest first, until there is no more, it fails or the time is over; returns how many.

        Raises RetryableError where the table does not answer.
        """
        until, sent = self._clock.monotonic() + seconds, 0
        while self._clock.monotonic() < until and self._breaker.allows():
            events = self._store.unsent(BATCH)
            if not events:
                break
            try:
                self._post(msgspec.json.encode({"errors": events}))
            except RetryableError as error:
                self._breaker.failed()
                self._log(f"error events wait for the management backend: {error}")
                break
            self._breaker.succeeded()
            self._store.sent(events)
            sent += len(events)
        return sent

    def _post(self, body: bytes) -> None:
        digest = hmac.new(self._token.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", SIGNATURE: f"sha256={digest}"}
        reply = self._transport.post(self._url, headers, body, TIMEOUT)
        if not 200 <= reply.status < 300:
            raise RetryableError(f"it answered {reply.status}")
