"""Chooses the ports of a deployment and holds them until its processes listen there. Owns no process.

Two `t2mc up` at once would otherwise choose the same port in the second between choosing and listening.
"""

import os
import secrets
import socket
from contextlib import suppress

from twin2multicloud.domain.errors import ConfigurationError

_PORTS = range(20_000, 32_000)  # Linux lends from 32768 on, others from 49152
_held: dict[int, int] = {}  # port -> file descriptor; open until the process ends, without a warning


def hold_free_port() -> int:
    """A port of this machine that nobody uses, outside the range of outgoing connections, since it is used again later.

    It is bound without listening: who chooses a port sees that it is taken, and a server, which sets SO_REUSEADDR as
    servers do, can listen there all the same. `release_port` or the end of this process gives it back.
    """
    while True:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        with socket.socket() as held, suppress(OSError):
            held.bind(("127.0.0.1", port))
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _held[port] = held.detach()
            return port


def is_free(port: int) -> bool:
    """Whether a server of this process, or of one that it starts, can listen there now; a held port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listen(port: int, purpose: str, backlog: int = 1024) -> socket.socket:
    """Listen on a port of this machine. Raises ConfigurationError where another program has it."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=backlog)
    except OSError as error:
        raise ConfigurationError(
            f"port {port} of 127.0.0.1, for {purpose}, cannot be had ({error.strerror}); "
            "stop the program that uses it, then run `t2mc up` again"
        ) from error


def release_port(port: int) -> None:
    """Give a port back, once its server listens. Does nothing for a port that is not held."""
    held = _held.pop(port, None)
    if held is not None:
        os.close(held)
