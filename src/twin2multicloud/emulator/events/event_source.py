"""What the emulator asks of a cloud's event source. Owns the shape; each cloud's file owns its native events.

| trigger | what a `Start` takes  | what it gives                        |
| DEVICE  | `Sequence[Published]` | None                                 |
| QUEUE   | `Sequence[bytes]`     | the places of records that failed    |
| HTTP    | `wire.http.Request`   | `wire.http.Response`                 |
| CALL    | `Mapping[str, Any]`   | `Mapping[str, Any]`                  |
| SCHEDULE | None                 | None                                 |
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.limits import MAX_BODY_BYTES

Start = Callable[[Any], Any]
"""Starts a function as the cloud does; see the table above."""


class EventSource(msgspec.Struct, frozen=True):
    """Starts functions as one cloud does.

    `environments` is how many execution environments a queue's function has: more where one takes a single message at
    a time. `max_publish_bytes` is what its device service takes of one publish, over MQTT, `max_record_bytes` what one
    message of its queues holds. `starts` leads by trigger from a function to what starts it, with what the cloud makes
    of a failure.
    """

    environments: int
    max_publish_bytes: int
    max_record_bytes: int
    starts: Mapping[Trigger, Callable[[Function], Start]]


def event_source(
    environments: int,
    *starts: Callable[[Function], Start],
    max_publish_bytes: int,
    max_record_bytes: int = MAX_BODY_BYTES,
) -> EventSource:
    """An event source from what starts a function by device, queue, HTTP, call and schedule."""
    triggers = (Trigger.DEVICE, Trigger.QUEUE, Trigger.HTTP, Trigger.CALL, Trigger.SCHEDULE)
    return EventSource(environments, max_publish_bytes, max_record_bytes, dict(zip(triggers, starts, strict=True)))
