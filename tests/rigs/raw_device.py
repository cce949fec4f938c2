"""A device on a bare socket: says what no client library would say, and sees each byte of the answer."""

import socket
from types import TracebackType
from typing import Self

from tests.rigs.mqtt import connect
from twin2multicloud.emulator.mqtt import packets


class RawDevice:
    """One TCP connection to an MQTT endpoint. `buffer` is what its side holds of unread answers, in bytes."""

    def __init__(self, port: int, *, buffer: int | None = None) -> None:
        self._socket = socket.socket()
        if buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", port))
        self._collected = packets.Packets(1 << 20)
        self._answers: list[tuple[int, bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()

    def sign_in(self, client_id: str, user: str, password: str, version: int = 4) -> "RawDevice":
        self.send(connect(client_id, user, password, version=version))
        kind, body = self.answer()
        assert (kind, body[1]) == (packets.CONNACK, 0), body
        return self

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send_some(self, data: bytes, seconds: float) -> int:
        """Send as much as goes in that time; how many bytes went."""
        self._socket.settimeout(seconds)
        sent = 0
        try:
            while sent < len(data):
                sent += self._socket.send(data[sent : sent + 65_536])
        except TimeoutError:
            pass
        finally:
            self._socket.settimeout(20)
        return sent

    def answer(self) -> tuple[int, bytes]:
        """The next packet, as type and body. Raises ConnectionError where the connection ends before."""
        while not self._answers:
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionError("the endpoint closed the connection")
            self._answers += [(kind, body) for kind, _, body in self._collected.feed(data)]
        return self._answers.pop(0)

    def is_closed(self) -> bool:
        """Whether the endpoint ends the connection, waiting for it; answers before that are dropped."""
        try:
            while self._socket.recv(65_536):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True
