"""Faults for boto3 clients: answers that AWS gives and moto does not, put where botocore would open a socket.

Written, not recorded: ``__type`` and ``message`` are what AWS's JSON protocols 1.0 and 1.1 answer errors with, the
codes are of botocore's service models and of the API references' "Common Errors"; a batch answers 200 with what it did
not take.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import msgspec
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from tests.rigs import vendor_clients

Fault = Exception | tuple[int, Mapping[str, Any]]


class _Body(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


class AwsFaults:
    """The next of `faults` happens instead of a request; for None or without any moto answers. `asked` keeps bodies."""

    def __init__(self) -> None:
        self.faults: list[Fault | None] = []
        self.asked: list[Mapping[str, Any]] = []

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        self.asked.append(msgspec.json.decode(request.body or b"{}"))
        if not self.faults:
            return None
        fault = self.faults.pop(0)
        if fault is None:
            return None
        if isinstance(fault, Exception):
            raise fault
        status, body = fault
        headers = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, status, headers, _Body(msgspec.json.encode(body)))


def refusal(status: int, code: str, message: str = "told so") -> Fault:
    """A service's error, as JSON services say it."""
    return status, {"__type": f"com.amazonaws.rig#{code}", "message": message}


@contextmanager
def faulty(service: str) -> Iterator[tuple[Any, AwsFaults]]:
    """A client of moto, and what goes wrong on the way to it."""
    client, faults = vendor_clients.aws(service), AwsFaults()
    event = f"before-send.{service}"
    client.meta.events.register(event, faults)
    try:
        yield client, faults
    finally:
        client.meta.events.unregister(event, faults)
