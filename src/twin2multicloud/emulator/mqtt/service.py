"""What the connections of one MQTT endpoint share: limits, clients by id, what was refused. Touches no socket.

Limits are there so that one client harms no other: each is small beside what the process has, and large beside what a
device needs.
"""

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from twin2multicloud.ports.device_authenticator import DeviceAuthenticator

TOPIC_ROOM = 18 * 1024
"""Bytes of a packet beside its payload. With it AWS IoT Core's Maximum Packet Size is what it says: 149,504."""

UNSIGNED_PER_ADDRESS = 8_000
"""Connections of one address that have not signed in: for one more, the oldest of them ends, which had its time.
Thousands of honest ones come at once when a network comes back."""

_REMEMBERED_CLIENTS = 10_000
REMEMBERED_PUBLISHES = 20  # of one client: as many as paho has in flight


class Published(msgspec.Struct, frozen=True):
    """One device's publish: the device of the topic, and the bytes."""

    device_id: str
    payload: bytes
    received_at: str | None = None  # now, unless it came before


Accept = Callable[[Sequence[Published], Callable[[Exception | None], None]], bool]
"""Accepts publishes; calls back on the event loop once they are durable, or with the error. False while it holds them
back, because too much waits already: their client should not be read until then."""


class Client(Protocol):
    """A connection, as far as the others know it."""

    def taken_over(self) -> None:
        """End it: its client has connected again."""
        ...

    def give_way(self, reason: str) -> None:
        """End it: it has not signed in, and others want to."""
        ...


class Rejected(Protocol):
    """Counts and tells what was refused; `too_large` is an error of its owner's making."""

    def __call__(self, *, who: str, address: str, topic: str, reason: str, too_large: bool = False) -> None:
        """See `delivery.rejections`."""
        ...


class DeviceService:
    """The state behind one MQTT endpoint. `refusal` says why the dispatcher would take nothing of a publish."""

    def __init__(
        self,
        *,
        authenticator: DeviceAuthenticator,
        accept: Accept,
        rejected: Rejected,
        refusal: Callable[[Published], str | None],
        max_publish_bytes: int,
        max_connections: int = 100_000,
    ) -> None:
        self.authenticator, self.accept, self.rejected, self.refusal = authenticator, accept, rejected, refusal
        self.max_publish_bytes = max_publish_bytes
        self._clients: dict[tuple[str, str], Client] = {}
        self._recent: OrderedDict[tuple[str, str], deque[tuple[int, int]]] = OrderedDict()
        self._unsigned: dict[str, dict[Client, None]] = {}  # by address, in the order in which they came
        self._connections, self._max_connections = 0, max_connections

    @property
    def max_packet(self) -> int:
        """The largest packet, as CONNACK has it."""
        return self.max_publish_bytes + TOPIC_ROOM

    def arrived(self, client: Client, address: str) -> str | None:
        """Count a connection in; why it has to leave again, None where it may stay. `left` counts it out."""
        self._connections += 1
        unsigned = self._unsigned.setdefault(address, {})
        unsigned[client] = None
        if len(unsigned) > UNSIGNED_PER_ADDRESS:
            next(iter(unsigned)).give_way(
                f"over {UNSIGNED_PER_ADDRESS:,} connections of this address have not signed in"
            )
        if self._connections > self._max_connections:
            return f"more than {self._max_connections:,} connections"
        return None

    def left(self, client: Client, address: str) -> None:
        """Count a connection out."""
        self._connections -= 1
        self._signed(client, address)

    def sign_in(self, client: Client, user: str, client_id: str, address: str) -> deque[tuple[int, int]]:
        """Let a client in; an earlier connection of the same id ends (MQTT 3.1.4). Only a user's own can.

        Gives what its connections published last, as packet id and hash, so that a publish that comes again is known.
        """
        self._signed(client, address)
        key = user, client_id
        before = self._clients.get(key)
        self._clients[key] = client
        if before is not None:
            reason = f"taken over: another connection with client id {client_id[:60]!r} signed in"
            self.rejected(who=user, address=address, topic="", reason=reason)
            before.taken_over()
        recent = self._recent.pop(key, None) or deque(maxlen=REMEMBERED_PUBLISHES)
        self._recent[key] = recent
        if len(self._recent) > _REMEMBERED_CLIENTS:
            self._recent.popitem(last=False)
        return recent

    def sign_off(self, client: Client, user: str, client_id: str) -> None:
        """Forget a connection, unless another one has taken over."""
        if self._clients.get((user, client_id)) is client:
            del self._clients[user, client_id]

    def _signed(self, client: Client, address: str) -> None:
        """A connection is no longer one that has not signed in."""
        unsigned = self._unsigned.get(address, {})
        unsigned.pop(client, None)
        if not unsigned:
            self._unsigned.pop(address, None)


def new_client_id() -> str:
    """An id for a client that gives none."""
    return f"auto-{secrets.token_hex(8)}"
