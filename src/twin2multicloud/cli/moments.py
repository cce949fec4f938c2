"""Moments as people write them in options: ``15m``, ``1h``, ``7d`` ago, or a time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import EXPECTED, canonical, from_datetime

Since = Annotated[str, typer.Option(help="Only since then: 15m, 1h, 7d, or a time.")]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def instant(text: str) -> str:
    """A moment in the canonical spelling. Raises ConfigurationError for a text that is none."""
    ago = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if ago:
        return from_datetime(datetime.now(UTC) - timedelta(seconds=float(ago[1]) * _UNITS[ago[2]]))
    try:
        return canonical(text)
    except ValueError as error:
        raise ConfigurationError(f"a time must be {EXPECTED}, or a span as in 15m, 1h, 7d; found {text!r}") from error
