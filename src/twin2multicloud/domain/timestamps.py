"""One spelling of an instant: UTC, milliseconds, ``Z``, so that text order is time order."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = tuple(f"{second:02}." for second in range(60))
_MILLISECONDS = tuple(f"{millisecond:03}Z" for millisecond in range(1000))
_MILLISECONDS_FROM = 100_000_000_000  # as s: year 5138, as ms: 1973


def canonical(stamp: str | float) -> str:
    """An ISO 8601 text (no offset means UTC) or an epoch in s or ms, as ``2026-01-15T10:30:00.000Z``.

    What is finer than a millisecond is cut off. Raises ValueError for anything else.
    """
    try:
        return _from_text(stamp) if isinstance(stamp, str) else from_milliseconds(_epoch_milliseconds(stamp))
    except (OverflowError, TypeError) as error:  # before year 1, after year 9999; neither a text nor a number
        raise ValueError(f"not a timestamp: {str(stamp)[:60]!r}") from error


def _from_text(text: str) -> str:
    moment = datetime.fromisoformat(text)  # raises ValueError; also proves a canonical stamp real
    if _CANONICAL.fullmatch(text):
        return text
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _epoch_milliseconds(number: float) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError("an epoch must be a number")
    return int(number) if abs(number) >= _MILLISECONDS_FROM else round(number * 1000)


def from_milliseconds(milliseconds: int) -> str:
    """Milliseconds since 1970 in the canonical spelling. Raises OverflowError outside of the years 1 to 9999."""
    minute, rest = divmod(milliseconds, 60_000)
    second, rest = divmod(rest, 1000)
    return _minute(minute) + _SECONDS[second] + _MILLISECONDS[rest]


@lru_cache(maxsize=4096)  # stamps come in runs: the date is worked out once a minute, not once a reading
def _minute(minute: int) -> str:
    return (_EPOCH + timedelta(minutes=minute)).isoformat()[:17]


def is_canonical(text: str) -> bool:
    """Whether a text is an instant in the canonical spelling."""
    try:
        return _CANONICAL.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:  # the thirteenth month
        return False


def from_datetime(moment: datetime) -> str:
    """An aware datetime in the canonical spelling."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def to_datetime(stamp: str) -> datetime:
    """A canonical stamp as an aware datetime."""
    return datetime.fromisoformat(stamp)
