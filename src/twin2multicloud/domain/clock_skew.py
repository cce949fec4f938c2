"""How far a device's clock may be off, and what becomes of a reading beyond it. Owns the policy; reads no clock."""

from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

import msgspec

from twin2multicloud.domain.telemetry import TimeOutsideError
from twin2multicloud.domain.timestamps import EARLIEST, LATEST, from_datetime, to_datetime

DEVICE_TIME = "device_time"
"""The property that keeps a device's own time where the time of arrival counts."""


class Beyond(StrEnum):
    """What becomes of a reading whose time is beyond the policy."""

    REJECT = "reject"  # it goes to the dead letters
    ARRIVAL = "arrival"  # it is taken under the time of arrival, its own time in `DEVICE_TIME`


class ClockSkew(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A project's policy: minutes ahead of the arrival, days before it (None for any), and what is done beyond."""

    ahead_minutes: float = 10
    oldest_days: float | None = None
    beyond: Beyond = Beyond.REJECT

    def bounds(self, arrival: str) -> tuple[str, str]:
        """The earliest and the latest time that a reading may have which arrives now, to the second."""
        return _bounds(arrival[:19], self.ahead_minutes, self.oldest_days)

    def reason(self, error: TimeOutsideError, arrival: str) -> str:
        """Why a time beyond the bounds is refused, in one sentence."""
        if not EARLIEST <= error.timestamp <= LATEST:
            return f"timestamp must be from 1970 to 2200, found {error.timestamp}"
        if error.timestamp > arrival:
            limit = f"more than {self.ahead_minutes:g} minutes ahead of"
        else:
            limit = f"more than {self.oldest_days:g} days before"
        return f"timestamp {error.timestamp} is {limit} its arrival at {arrival} (clock_skew in config.json)"


DEFAULT = ClockSkew()


@lru_cache(maxsize=256)
def _bounds(second: str, ahead_minutes: float, oldest_days: float | None) -> tuple[str, str]:
    latest = from_datetime(to_datetime(f"{second}.999Z") + timedelta(minutes=ahead_minutes))
    if oldest_days is None:
        return EARLIEST, min(latest, LATEST)
    earliest = from_datetime(to_datetime(f"{second}.000Z") - timedelta(days=oldest_days))
    return max(earliest, EARLIEST), min(latest, LATEST)


def read_policy(text: str | None) -> ClockSkew:
    """The policy in a function's environment, the default where it has none. Raises msgspec.DecodeError."""
    return DEFAULT if text is None else msgspec.json.decode(text, type=ClockSkew)
