"""What the emulator asks of a cloud's event_source. Owns the shape; each cloud's file owns its native events."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twin2multicloud.emulator.mqtt.endpoint import Published
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.http import Request, Response

StartOnDevice = Callable[[Sequence[Published]], None]
StartOnQueue = Callable[[Sequence[bytes]], Sequence[int]]
"""Queued records -> the places of those that failed."""
StartOnHttp = Callable[[Request], Response]
StartOnCall = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class EventSource(Protocol):
    """Starts functions as one cloud does."""

    @property
    def environments(self) -> int:
        """How many execution environments a queue's function has: more where one takes a single message at a time."""
        ...

    def on_device(self, function: Function) -> StartOnDevice:
        """As the cloud's device service starts it."""
        ...

    def on_queue(self, function: Function) -> StartOnQueue:
        """As the cloud's queue starts it, with what the cloud makes of a failure."""
        ...

    def on_http(self, function: Function) -> StartOnHttp:
        """As a request to its URL starts it."""
        ...

    def on_call(self, function: Function) -> StartOnCall:
        """As a native, synchronous call starts it."""
        ...
