"""JSON as devices send it: what a strict decoder refuses and is meant, and else the place of the fault.

Only for what a strict decoder has refused: a fault is rare, and this is slow.
"""

import re
from typing import Any, NoReturn

import msgspec

_decode = msgspec.json.Decoder().decode
_MARK = b"\xef\xbb\xbf"
_FOREIGN_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_PLACE = re.compile(r"(?:JSON is malformed: )?(.*?) \(byte (\d+)\)")
_NO_NUMBER = re.compile(rb"-?(?:NaN|nan|Infinity|inf)")
_SHOWN = 20  # bytes of what stands at a fault
_MOST_DIGITS = 400  # of a whole number that is worth its digits: a double ends at 309


class ForeignJsonError(ValueError):
    """A payload that is not JSON; its text says why, and at which byte, counted from 0."""


def read(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a payload, also behind UTF-8's byte order mark and with numbers beyond every range, as infinities.

    Raises ForeignJsonError.
    """
    mark = len(_MARK) if body.startswith(_MARK) else 0
    text = body[mark:]
    try:
        return _decode(text)
    except msgspec.ValidationError:  # a number out of range
        return _with_infinities(text)
    except RecursionError as error:
        raise ForeignJsonError("nested too deep") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ForeignJsonError(_fault(text, mark, str(error))) from error


def _with_infinities(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    import json  # a hundred times slower; nothing else reads 1e400

    try:
        return json.loads(text.decode(), parse_int=_whole, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ForeignJsonError(f"not JSON: {str(error)[:200]}") from error


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float("-inf" if digits.startswith("-") else "inf")


def _refuse(word: str) -> NoReturn:
    raise ForeignJsonError(f"{word} is no JSON number")


def _fault(text: bytes, mark: int, reason: str) -> str:
    """Why `text`, which begins at byte `mark` of its payload, is not JSON."""
    if not text.strip():
        return "the payload is empty"
    for start, name in _FOREIGN_MARKS.items():
        if text.startswith(start):
            return f"not UTF-8: starts with a {name} mark"
    if 0 in text[:2]:
        return "not UTF-8: every second byte is 0, as in UTF-16"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {mark + error.start}"
    found = _PLACE.match(reason)
    if found is None:  # it ends too early
        return f"not JSON: it ends at byte {mark + len(text)}, before it is complete"
    at = int(found[2])
    if text[at - 1 : at] == b"-" or found[1] == "trailing characters":  # it has read one on
        at -= 1
    for place in (at, at - 4, at - 5):  # msgspec reads on behind an n, as far as null goes
        word = _NO_NUMBER.match(text, max(place, 0))
        if word:
            return f"{word[0].decode()} at byte {mark + place}, which is no JSON number"
    shown = text[at : at + _SHOWN].decode(errors="ignore")
    return f"not JSON: {found[1]} at byte {mark + at}" + (f", {shown!r}" if shown else "")
