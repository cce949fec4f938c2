"""The times of a recording: text of a cell -> an instant. Owns formats, time zones, and an hour that comes twice.

A time without an offset is one of the recording's time zone, UTC where none is given. Of an hour that comes twice, when
summer time ends, a device's time is the first unless it would go back in time: then it is the second.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import EARLIEST, EXPECTED, LATEST, canonical, from_datetime

_DATE = re.compile(r"(19[7-9]\d|20\d\d|21\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d\d)?(\d\d)?(\d\d)?")
_NUMBER = re.compile(r"-?\d+(\.\d*)?", re.ASCII)


class CellTimes:
    """Reads the times of one recording, in its order. Counts those of an hour that comes twice."""

    def __init__(self, time_format: str | None, time_zone: str | None) -> None:
        """Raises ConfigurationError for a time zone that this machine does not know."""
        self._format, self._zone = time_format, _zone(time_zone)
        self._before: dict[str, datetime] = {}
        self.first = self.second = 0
        """Times read as the first and as the second of an hour that comes twice."""

    def stamp(self, text: str, device_id: str) -> str:
        """A canonical stamp. Raises ValueError with what was found and expected."""
        stamp = self._stamp(text, device_id)
        if not EARLIEST <= stamp <= LATEST:
            raise ValueError(f"found time {text!r}, expected one from {EARLIEST[:4]} to {LATEST[:4]}")
        return stamp

    def _stamp(self, text: str, device_id: str) -> str:
        local = self._read(text)
        if local is None:
            return canonical(text)
        moment = local if local.tzinfo is not None else self._placed(local, device_id)
        self._before[device_id] = moment
        return from_datetime(moment)

    def _read(self, text: str) -> datetime | None:
        """The time in a text, where the format or the zone has a say in it; None for an epoch and in UTC."""
        try:
            if self._format is not None:
                return datetime.strptime(text, self._format)  # noqa: DTZ007 - placed by the caller
            canonical(text)  # raises ValueError for what is no time
        except ValueError as error:
            expected = f"the form {self._format}" if self._format is not None else f"{EXPECTED}; or give --time-format"
            raise ValueError(f"found time {text!r}, expected {expected}") from error
        digits = _DATE.fullmatch(text)
        if self._zone is None or (digits is None and _NUMBER.fullmatch(text)):
            return None
        if digits is None:
            return datetime.fromisoformat(text.upper())
        year, month, day, hour, minute, second = map(int, digits.groups(default="0"))
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - placed by the caller

    def _placed(self, local: datetime, device_id: str) -> datetime:
        if self._zone is None:
            return local.replace(tzinfo=UTC)
        first, second = (local.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        summer, winter = first.utcoffset(), second.utcoffset()
        if summer == winter:
            return first.astimezone(UTC)
        if summer is not None and winter is not None and summer < winter:
            raise ValueError(f"found time {local}, which {self._zone.key} skips: clocks are set forward over it")
        before = self._before.get(device_id)
        again = before is not None and first.astimezone(UTC) < before
        self.first, self.second = self.first + (not again), self.second + again
        return (second if again else first).astimezone(UTC)

    @property
    def remarks(self) -> Sequence[str]:
        """A sentence on the hour that comes twice, where the recording has times of it."""
        if self._zone is None or not self.first + self.second:
            return ()
        count = self.first + self.second
        return (
            f"{count:,} time{'s' if count > 1 else ''} of the hour that comes twice in {self._zone.key} (summer time "
            f"ends): {self.first:,} read as the first, {self.second:,} as the second, because a time does not go back",
        )


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = get_close_matches(name, available_timezones(), 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else "it is a name such as Europe/Berlin"
        raise ConfigurationError(f"there is no time zone {name!r} on this machine; {hint}") from error
