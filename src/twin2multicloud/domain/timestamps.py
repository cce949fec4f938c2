"""One spelling of an instant: UTC, milliseconds, ``Z``, so that text order is time order.

Owns which forms of time are read, by devices, recordings and readers alike (docs/telemetry.md). Knows no clock.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

EXPECTED = "ISO 8601 or an epoch in s, ms, µs or ns"
"""What a time may be, for sentences about one that is not."""

EARLIEST, LATEST = "1970-01-01T00:00:00.000Z", "2200-12-31T23:59:59.999Z"
"""When something can have been measured. The zero time of Go and .NET, year 1, is before it."""

_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_SURELY_MILLISECONDS = range(10**12, 10**13)  # from 2001 on, and of 13 digits, as no date is
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_LEAP_SECOND = re.compile(r"(.*[Tt ]\d\d:?\d\d:?)60(?:[.,]\d+)?(?![\d:])(.*)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECONDS_BELOW = 100_000_000_000  # as s: year 5138, as ms: 1973; each finer unit begins where the one before it ends
_FINER = ((_SECONDS_BELOW * 1000, 1), (_SECONDS_BELOW * 1_000_000, 1000), (_SECONDS_BELOW * 10**9, 1_000_000))
"""Of epochs in ms, µs and ns: the first number that is none, and how many of the unit are a millisecond."""

_DATE_DIGITS = (8, 12, 14)  # YYYYMMDD, with hhmm, with hhmmss
_DATE_YEARS = range(int(EARLIEST[:4]), int(LATEST[:4]) + 1)
_SECONDS = tuple(f"{second:02}." for second in range(60))
_MILLISECONDS = tuple(f"{millisecond:03}Z" for millisecond in range(1000))


def canonical(stamp: str | float) -> str:
    """A time as ``2026-01-15T10:30:00.000Z``: ISO 8601 (no offset means UTC), or an epoch, also as digits in a text.

    An epoch is in s below 1e11, in ms below 1e14, in µs below 1e17 and in ns below 1e20. Whole numbers of 8, 12 or 14
    digits that begin with a year from 1970 to 2200 are dates instead. A leap second is the last millisecond of its
    minute. What is finer than a millisecond is cut off. Raises ValueError for anything else.
    """
    try:
        if type(stamp) is int and stamp in _SURELY_MILLISECONDS:
            return from_milliseconds(stamp)
        return _from_text(stamp) if isinstance(stamp, str) else _from_number(stamp)
    except (ValueError, OverflowError, TypeError) as error:  # also before year 1, after year 9999; no text or number
        raise ValueError(f"expected {EXPECTED}, found {_shown(stamp)}") from error


def _shown(stamp: object) -> str:
    return "a number beyond ns" if isinstance(stamp, int) and abs(stamp) >= _FINER[-1][0] else repr(stamp)[:60]


def _from_text(text: str) -> str:
    if text[4:5] != "-":
        return _from_other_text(text)
    try:  # ISO 8601's extended form, as almost all texts are
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _from_other_text(text)
    return text if _CANONICAL.fullmatch(text) else _in_utc(moment)


def _from_other_text(text: str) -> str:
    text = text.strip()
    number = _NUMBER.fullmatch(text)
    if number:  # before ISO 8601, which takes any character between date and time, a digit too
        return _from_number(float(text) if number[1] else int(text))
    if text.endswith("z"):  # RFC 3339 allows it, Python does not
        text = f"{text[:-1]}Z"
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        return _from_leap_second(text)


def _in_utc(moment: datetime) -> str:
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _from_leap_second(text: str) -> str:
    """``23:59:60`` UTC at the end of a month, the only place for one (ITU-R TF.460), as ``23:59:59.999``."""
    leap = _LEAP_SECOND.fullmatch(text)
    if leap is None:
        raise ValueError("not ISO 8601")
    stamp = _in_utc(datetime.fromisoformat(f"{leap[1]}59.999{leap[2]}"))
    if not (to_datetime(stamp) + _MILLISECOND).isoformat().endswith("-01T00:00:00+00:00"):
        raise ValueError("no leap second can be there")
    return stamp


def _from_number(number: float) -> str:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError("an epoch must be a number")
    if not isinstance(number, int) and number.is_integer():
        number = int(number)
    milliseconds = _epoch_milliseconds(number)
    digits = str(number)
    if len(digits) in _DATE_DIGITS and digits.isdigit() and int(digits[:4]) in _DATE_YEARS:
        return _from_text(f"{digits[:8]}T{digits[8:] or '00'}")
    return from_milliseconds(milliseconds)


def _epoch_milliseconds(number: float) -> int:
    if abs(number) < _SECONDS_BELOW:
        return number * 1000 if isinstance(number, int) else round(number * 1_000_000) // 1000
    for end, per_millisecond in _FINER:
        if abs(number) < end:
            return int(number) // per_millisecond
    raise OverflowError("beyond an epoch in ns")


def from_milliseconds(milliseconds: int) -> str:
    """Milliseconds since 1970 in the canonical spelling. Raises OverflowError outside of the years 1 to 9999."""
    minute, rest = divmod(milliseconds, 60_000)
    second, rest = divmod(rest, 1000)
    return _minute(minute) + _SECONDS[second] + _MILLISECONDS[rest]


def to_milliseconds(stamp: str) -> int:
    """A canonical stamp as milliseconds since 1970. Raises ValueError for another text."""
    if not is_canonical(stamp):
        raise ValueError(f"not a canonical stamp: {stamp[:40]!r}")
    return (to_datetime(stamp) - _EPOCH) // _MILLISECOND


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


def day_before(now: str, days: int) -> str:
    """The beginning of the UTC day that is `days` days before an instant."""
    return from_datetime(to_datetime(now) - timedelta(days=days))[:10] + "T00:00:00.000Z"
