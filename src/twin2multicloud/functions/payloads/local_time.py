"""Local times of devices that send no offset -> UTC, by the changes of the project's time zone. Reads no zone file:
a cloud's runtime may have none."""

from collections.abc import Sequence
from datetime import UTC, datetime

from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.domain.timestamps import from_milliseconds, to_datetime

Changes = Sequence[tuple[int, int]]
"""UTC seconds from which an offset in s holds, in order."""


def in_utc(text: str, changes: Changes, now: str) -> str:
    """A local time as a canonical stamp. Of an hour that comes twice the one nearest to `now`.

    Raises InvalidTelemetryError for a time that the zone skips, or that is none.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidTelemetryError(f"expected an ISO 8601 local time, found {text[:60]!r}") from error
    if local.tzinfo is not None or not changes:
        return text
    wall = int(local.replace(tzinfo=UTC).timestamp())
    ends = [begin for begin, _ in changes[1:]]
    possible = [
        wall - offset
        for (begin, offset), end in zip(changes, [*ends, 1 << 60], strict=True)
        if begin <= wall - offset < end
    ]
    if not possible:
        raise InvalidTelemetryError(
            f"{text!r} is a time that the project's time zone skips; is the device's clock right?"
        )
    arrived = to_datetime(now).timestamp()
    instant = min(possible, key=lambda second: abs(arrived - second))
    return from_milliseconds(instant * 1000 + local.microsecond // 1000)
