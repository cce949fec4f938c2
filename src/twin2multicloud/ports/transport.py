"""One HTTP exchange with another cloud. The sender owns content and timing; a transport owns the socket."""

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer: status, lower-case header names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Posts bytes to a URL."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """POST and wait for the whole answer, `timeout` seconds at most.

        Raises RetryableError when no answer came (refused, reset, timed out); any HTTP status is an answer.
        """
        ...
