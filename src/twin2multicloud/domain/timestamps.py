"""One spelling of an instant: UTC, milliseconds, ``Z``, so that text order is time order."""

import re
from datetime import UTC, datetime, timedelta

_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000  # as s: year 5138, as ms: 1973


def canonical(stamp: str | float) -> str:
    """An ISO 8601 text (no offset means UTC) or an epoch in s or ms, as ``2026-01-15T10:30:00.000Z``.

    What is finer than a millisecond is cut off. Raises ValueError for anything else.
    """
    if isinstance(stamp, str):
        moment = datetime.fromisoformat(stamp)  # raises ValueError; also proves a canonical stamp real
        if _CANONICAL.fullmatch(stamp):
            return stamp
        return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        raise ValueError(f"not a timestamp: {stamp!r}")
    try:
        return from_datetime(_from_epoch(stamp))
    except OverflowError as error:
        raise ValueError(f"not a timestamp: {stamp!r}") from error


def _from_epoch(number: float) -> datetime:
    if abs(number) >= _MILLISECONDS_FROM:
        return _EPOCH + timedelta(milliseconds=number)
    return _EPOCH + timedelta(milliseconds=round(number * 1000))


def from_datetime(moment: datetime) -> str:
    """An aware datetime in the canonical spelling."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def to_datetime(stamp: str) -> datetime:
    """A canonical stamp as an aware datetime."""
    return datetime.fromisoformat(stamp)
