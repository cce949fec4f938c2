"""Numbers, ages and values as a person reads them. Owns spelling; pure."""

from twin2multicloud.domain.device import Scalar

NOTHING = "–"
"""Placeholder for a missing value."""

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def value_text(value: Scalar) -> str:
    """A property's value without its unit: ``21.48``, ``1,204``, ``on``, ``heating``."""
    match value:
        case bool():
            return "on" if value else "off"
        case int():
            return f"{value:,}"
        case float():
            return _decimal(value)
        case _:
            return value


def _decimal(value: float) -> str:
    """Two decimals where they say something: a live value must not change its width with every reading."""
    size = abs(value)
    if 0 < size < 0.01 or size >= 1e12:
        return f"{value:.3g}"
    if size < 1_000:
        return f"{value:,.2f}"
    return f"{value:,.1f}" if size < 100_000 else f"{value:,.0f}"


def count_text(count: int) -> str:
    """A count in at most five characters up to a billion: ``980``, ``1.2k``, ``12.3k``, ``123k``, ``4.5M``."""
    if count < 1_000:
        return str(count)
    for size, sign in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= size:
            scaled = count / size
            return f"{int(scaled)}{sign}" if scaled >= 100 else f"{int(scaled * 10) / 10:.1f}{sign}"
    return str(count)


def bytes_text(size: int) -> str:
    """A size in bytes in its largest unit: ``980 B``, ``12.3 KB``, ``4.5 GB`` (1 KB is 1,000 B)."""
    scaled, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):  # noqa: B007 - the one that it ends at is meant
        if scaled < 1_000:
            break
        scaled /= 1_000
    return f"{size} B" if unit == "B" else f"{scaled:.1f} {unit}"


def latency_text(milliseconds: float | None) -> str:
    """A latency given in ms: ``0.4 ms``, ``3.2 ms``, ``215 ms``, ``1.4 s``; a dash where none was measured."""
    if milliseconds is None:
        return NOTHING
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1000:.1f} s"


def duration_text(seconds: float) -> str:
    """A length of time in its largest unit: ``12 s``, ``5 min``, ``3 h``, ``2 d``."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{int(seconds / _MINUTE)} min"
    return f"{int(seconds / _HOUR)} h" if seconds < 2 * _DAY else f"{int(seconds / _DAY)} d"


def age_text(seconds: float) -> str:
    """How long ago a reading was taken; a clock ahead of this one is shown as such."""
    if seconds <= -2:
        return f"{duration_text(-seconds)} ahead"
    return "now" if seconds < 1 else f"{duration_text(int(seconds))} ago"
