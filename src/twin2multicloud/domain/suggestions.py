"""Suggestions for misspelt words. Owns when a word is near enough, and the hint at an error's end."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_LONGEST = 200
_MOST_OPTIONS = 2000  # comparing takes some 10 µs an option, and a fleet can have very many names


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option nearest to a word, whatever its case; None where none is near."""
    by_lower = {str(option).lower(): str(option) for option in islice(options, _MOST_OPTIONS)}
    near = get_close_matches(word.strip().lower()[:_LONGEST], by_lower, n=1)
    return by_lower[near[0]] if near else None


def hint(word: str, options: Iterable[str]) -> str:
    """``; did you mean azure?``, to end an error with; nothing where no option is near."""
    near = nearest(word, options)
    return f"; did you mean {near}?" if near else ""
