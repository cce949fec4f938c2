"""What makes two messages one line of a table: they differ in their numbers only."""

import re

_DIGITS = re.compile(r"\d+")


def without_numbers(message: str) -> str:
    """A message with ``#`` in the place of every number, as the key of its group."""
    return _DIGITS.sub("#", message)
