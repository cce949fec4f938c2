"""A load generator for the MQTT endpoint: packets encoded beforehand, one connection, a window of unacknowledged ones.

Not a device client: it costs next to nothing, so that what is measured is the twin.
"""

import selectors
import socket
import threading
import time
from collections.abc import Sequence
from functools import partial

from twin2multicloud.emulator.mqtt import packets


class Load:
    """One connection that publishes prepared packets."""

    def __init__(self, port: int, user: str, password: str, window: int) -> None:
        self._window = window
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = f"load-{self._socket.getsockname()[1]}"  # a client id belongs to one connection at a time
        self._socket.sendall(packets.connect(name, user, password))
        answer = self._socket.recv(4)
        assert answer[3:] == b"\0", f"connection refused: {answer!r}"
        self._acknowledged = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._count_acknowledgements, daemon=True).start()

    def send(self, publishes: list[bytes], per_second: float | None = None) -> None:
        """Send packets, as fast as the window allows or at a rate, and wait for every acknowledgement."""
        begun, first, sent = time.perf_counter(), self._acknowledged, 0
        chunk = min(self._window, 64) if per_second is None else max(1, int(per_second / 500))
        while sent < len(publishes):
            if per_second is not None:
                wait = begun + sent / per_second - time.perf_counter()
                if wait > 0:
                    time.sleep(wait)
            with self._changed:
                room = self._changed.wait_for(partial(self._room, sent, first), timeout=60)
            assert room, "no acknowledgement for a minute"
            batch = publishes[sent : sent + min(chunk, room)]
            self._socket.sendall(b"".join(batch))
            sent += len(batch)
        with self._changed:
            assert self._changed.wait_for(lambda: self._acknowledged - first >= sent, timeout=120)

    def _room(self, sent: int, first: int) -> int:
        return self._window - (sent - (self._acknowledged - first))

    def close(self) -> None:
        """Hang up, also where the other thread still reads."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _count_acknowledgements(self) -> None:
        received = 0
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            received += len(data)
            with self._changed:
                self._acknowledged = received // 4  # a PUBACK of 3.1.1 has four bytes
                self._changed.notify()


def publishes(topic: str, payloads: list[bytes]) -> list[bytes]:
    """Encoded PUBLISH packets with QoS 1."""
    return [packets.publish(topic, payload, 1 + index % 65_000) for index, payload in enumerate(payloads)]


class Crowd:
    """Many connections, each of a device of its own, with one unacknowledged publish each."""

    def __init__(self, port: int, users: Sequence[tuple[str, str]]) -> None:
        self._sockets = []
        self._selector = selectors.DefaultSelector()
        for number, (user, password) in enumerate(users):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(packets.connect(user, user, password))
            answer = connection.recv(4)
            assert answer[3:] == b"\0", f"connection refused: {answer!r}"
            self._selector.register(connection, selectors.EVENT_READ, number)
            self._sockets.append(connection)

    def send(self, publishes: Sequence[Sequence[bytes]]) -> None:
        """Send what each connection has to send, one after the other, and wait for every acknowledgement."""
        left = [iter(each) for each in publishes]
        waiting = sum(map(len, publishes))
        for number, connection in enumerate(self._sockets):
            connection.sendall(next(left[number]))
        while waiting:
            ready = self._selector.select(60)
            assert ready, "no acknowledgement for a minute"
            for key, _ in ready:
                connection = self._sockets[key.data]
                assert len(connection.recv(4)) == 4, "the connection was closed"
                waiting -= 1
                if (following := next(left[key.data], None)) is not None:
                    connection.sendall(following)

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        for connection in self._sockets:
            connection.close()
