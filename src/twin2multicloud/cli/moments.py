"""Moments as people write them in options: ``15m``, ``1h``, ``7d`` ago, or a time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import EXPECTED, canonical, from_datetime, to_datetime

Since = Annotated[str, typer.Option(help="Only since then: 15m, 1h, 7d, or a time.")]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def span(text: str) -> timedelta:
    """A span of time. Raises ConfigurationError for a text that is none."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ConfigurationError(f"a span must be as in 15m, 12h or 40d, found {text!r}")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def instant(text: str, now: str | None = None) -> str:
    """A moment in the canonical spelling; spans are before `now`, this machine's time where it is not given.

    Raises ConfigurationError for a text that is no moment.
    """
    if _SPAN.fullmatch(text):
        return from_datetime((datetime.now(UTC) if now is None else to_datetime(now)) - span(text))
    try:
        return canonical(text)
    except ValueError as error:
        raise ConfigurationError(f"a time must be {EXPECTED}, or a span as in 15m, 1h, 7d; found {text!r}") from error
