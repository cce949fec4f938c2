"""Accepts devices' connections. Owns the pace: a flood of connects leaves room for those who are in.

One connection is accepted per turn of the event loop, and few TLS handshakes are under way at a time: a handshake is a
millisecond of computing, and hundreds that are ready at once would hold everybody else up. Whoever says nothing takes
no place among them, and whoever dawdles gives it to the next; both are dropped later.
"""

import asyncio
import resource
import socket
import ssl
from contextlib import suppress

from twin2multicloud.emulator.host.ports import listen
from twin2multicloud.emulator.mqtt.endpoint import MqttConnection
from twin2multicloud.emulator.mqtt.service import DeviceService

_HANDSHAKES = 16  # under way at a time
_PLACE_SECONDS = 0.25  # for which a handshake holds its place
_HANDSHAKE_SECONDS = 30.0  # from its first byte; and for that byte: thousands that come at once are slow
_SILENT = 8_000  # connections without a handshake: for one more, the oldest ends
_SEND_BUFFER = 16 * 1024  # of the kernel: whoever reads no answers is noticed before thousands of them wait
_BACKLOG = 1024
_OTHER_FILES = 500  # descriptors for everything but devices: the databases, requests, connections to other clouds
_MOST_FILES = 65_536


class Listener:
    """A listening socket and what was accepted on it. Made on the event loop."""

    def __init__(self, service: DeviceService, port: int, tls: ssl.SSLContext | None) -> None:
        self._service, self._tls = service, tls
        self._socket = listen(port, "devices over MQTT", _BACKLOG)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)  # accepted sockets inherit it
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._places = asyncio.Semaphore(_HANDSHAKES)
        self._shaking: dict[asyncio.Task[None], None] = {}
        self._task = asyncio.get_running_loop().create_task(self._accept())

    def close(self) -> None:
        """Accept nobody any more. Connections that are open stay open."""
        self._task.cancel()
        for task in self._shaking:
            task.cancel()
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._socket)
            except OSError:  # no file descriptor is left, or the client is gone already
                await asyncio.sleep(0.05)
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                await loop.connect_accepted_socket(self._connection, connection)
                continue
            if len(self._shaking) >= _SILENT:
                next(iter(self._shaking)).cancel()
            task = loop.create_task(self._shake_hands(connection, self._tls))
            self._shaking[task] = None
            task.add_done_callback(self._shaking.pop)

    def _connection(self) -> MqttConnection:
        return MqttConnection(self._service)

    async def _shake_hands(self, connection: socket.socket, tls: ssl.SSLContext) -> None:
        """Make a TLS connection of a socket, or close it."""
        loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(_readable(connection), _HANDSHAKE_SECONDS)
            await self._places.acquire()
            place = _Place(self._places)
            leaves = loop.call_later(_PLACE_SECONDS, place.leave)
            try:
                await loop.connect_accepted_socket(
                    self._connection, connection, ssl=tls, ssl_handshake_timeout=_HANDSHAKE_SECONDS
                )
            finally:
                leaves.cancel()
                place.leave()
        except (OSError, TimeoutError):  # ssl.SSLError is one: no TLS, or given up
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise


async def _readable(connection: socket.socket) -> None:
    """Wait for a first byte."""
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(connection, arrived.set)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(connection)


class _Place:
    """One of the places of handshakes; left once."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places: asyncio.Semaphore | None = places

    def leave(self) -> None:
        if self._places is not None:
            self._places.release()
            self._places = None


def room_for_connections() -> int:
    """How many devices may be connected, as far as file descriptors reach: as many as this process may have, less some.

    Raises the process's own limit first, which many systems set at 1,024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return max(soft - _OTHER_FILES, _OTHER_FILES)
