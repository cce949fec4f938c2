"""What the emulator asks of a cloud's event source. Owns the shape; each cloud's file owns its native events.

| trigger | what a `Start` takes  | what it gives                        |
| DEVICE  | `Sequence[Published]` | None                                 |
| QUEUE   | `Sequence[bytes]`     | the places of records that failed    |
| HTTP    | `wire.http.Request`   | `wire.http.Response`                 |
| CALL    | `Mapping[str, Any]`   | `Mapping[str, Any]`                  |
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from twin2multicloud.domain.components import Trigger
from twin2multicloud.functions.triggers import Function

Start = Callable[[Any], Any]
"""Starts a function as the cloud does; see the table above."""


class EventSource(Protocol):
    """Starts functions as one cloud does."""

    @property
    def environments(self) -> int:
        """How many execution environments a queue's function has: more where one takes a single message at a time."""
        ...

    @property
    def starts(self) -> Mapping[Trigger, Callable[[Function], Start]]:
        """From a function to what starts it, by trigger, with what the cloud makes of a failure."""
        ...
