"""What devices publish on Google Cloud, on its way to the dispatcher: Pub/Sub, the device in an attribute.

A push brings one message, so publishes that arrive together are one: each waits for company, for the window at most,
and is answered when all of them are stored. It waits only where company is to be expected, since an instance that
waits is paid for.
"""

import threading
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from twin2multicloud.clouds.gcp.queue import send
from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE
from twin2multicloud.ports.clock import Clock

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient

SEVERAL = "publishes"
"""The attribute of a message that holds several, as a JSON list of devices and payloads (base64)."""
MOST = 50
"""Publishes of one message: 8.8 MB of Pub/Sub's 10, where each is as large as one may be."""
COMPANY = 5
"""So many publishes within the last window: then the next one waits."""

Publish = tuple[str, bytes]
_encode = msgspec.json.Encoder().encode


class _Group:
    """Publishes that become one message; `stored` once that is so, or `failure` says why not."""

    def __init__(self) -> None:
        self.publishes: list[Publish] = []
        self.full, self.done = threading.Event(), threading.Event()
        self.failure: Exception | None = None


class PubSubDeviceIngress:
    """A `DeviceIngress` on one topic, by its full name. Pub/Sub answers once several zones have stored it.

    `window` is how many seconds a publish may wait for company; 0: it does not.
    """

    def __init__(
        self,
        client: "PublisherClient",
        topic: str,
        patience: float = PATIENCE,
        *,
        window: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self._client, self._topic, self._patience = client, topic, patience
        self._window, self._clock = window, clock
        self._lock = threading.Lock()
        self._group: _Group | None = None
        self._came: deque[float] = deque(maxlen=COMPANY)

    def take(self, device_id: str, payload: bytes) -> None:
        """See `ports.device_ingress.DeviceIngress.take`. Raises also ConfigurationError.

        `entrypoint.on_device` reads it back.
        """
        if not self._window or self._clock is None:
            self._send([(device_id, payload)])
            return
        with self._lock:
            waits = self._expects_company(self._clock.monotonic())
            leads = self._group is None
            group = self._group = self._group or _Group()
            group.publishes.append((device_id, payload))
            if len(group.publishes) == MOST or not waits:
                self._group = None
                group.full.set()
        if leads:
            group.full.wait(self._window)
            self._store(group)
        group.done.wait()
        if group.failure is not None:
            raise group.failure

    def _expects_company(self, now: float) -> bool:
        expects = len(self._came) == COMPANY and now - self._came[0] <= self._window
        self._came.append(now)
        return expects

    def _store(self, group: _Group) -> None:
        """Send a group, which nobody joins any more, and let all of it know."""
        with self._lock:
            if self._group is group:
                self._group = None
        try:
            self._send(group.publishes)
        except Exception as error:  # raised to each whose publish it was
            group.failure = error
        finally:
            group.done.set()

    def _send(self, publishes: list[Publish]) -> None:
        if len(publishes) == 1:
            ((device_id, payload),) = publishes
            send(self._client, self._topic, [payload], self._patience, {"device_id": device_id})
        else:
            send(self._client, self._topic, [_encode(publishes)], self._patience, {SEVERAL: str(len(publishes))})
