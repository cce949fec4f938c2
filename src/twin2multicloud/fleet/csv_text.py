"""The text of a table: bytes -> characters -> rows of cells, with line and column. Knows no reading and no device."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from twin2multicloud.domain.errors import ConfigurationError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = "\t;|,"  # a comma last: between the cells of another delimiter it is a decimal comma
_NAMES = {"\\t": "\t", "tab": "\t"}
_SAMPLED = 50  # rows


class Cell(msgspec.Struct, frozen=True, gc=False):
    """One cell and where it begins in the file; line and column count from 1."""

    text: str
    line: int
    column: int


def decode(content: bytes, encoding: str | None, name: str) -> tuple[str, str]:
    """The characters of a file, and the encoding that was read: the one given, a byte order mark's, or UTF-8.

    Raises ConfigurationError for an unknown encoding, and with line and column for bytes that are not of it.
    """
    marked = next((codec for mark, codec in _MARKS if content.startswith(mark)), None)
    if marked is not None and (encoding is None or marked.startswith(encoding.lower().replace("_", "-"))):
        encoding = marked
    encoding = encoding or "utf-8"
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ConfigurationError(
            f"{name}, line {line}, column {column}: found byte 0x{content[error.start]:02X}, which is not {encoding}; "
            "give the encoding, for example --encoding cp1252 (Windows) or latin-1"
        ) from error
    except (LookupError, UnicodeError) as error:
        raise ConfigurationError(f"unknown or unfit encoding {encoding!r} for {name}: {error}; try utf-8") from error


def delimiter_of(word: str) -> str:
    r"""A delimiter as people write it: one character, ``\t`` or ``tab``. Raises ConfigurationError."""
    delimiter = _NAMES.get(word.lower(), word)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise ConfigurationError(f"the delimiter must be one character, \\t or tab, found {word!r}")
    return delimiter


def find_delimiter(text: str, wanted: Sequence[str], least: int) -> str:
    """The delimiter by which the first row has the `wanted` names, and every row the same cells, `least` or more."""

    def fit(delimiter: str) -> tuple[int, bool]:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            rows = [row for row in islice(lines, _SAMPLED) if row]
        except csv.Error:
            return 0, False
        names = {cell.strip() for cell in rows[0]} if rows else set()
        widths = {len(row) for row in rows}
        return len(names.intersection(wanted)), len(widths) == 1 and widths.pop() >= max(least, 2)

    best = max(_DELIMITERS, key=fit)  # of equals the first
    return best if any(fit(best)) else ","


def rows(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each begins in; empty lines are left out. Raises ConfigurationError with the place."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    begins = 1
    try:
        for row in reader:
            if row and row != [""]:
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        for _ in split(text, delimiter, name):  # knows the place
            pass
        raise ConfigurationError(f"{name}, line {begins}: {error}") from error


def split(text: str, delimiter: str, name: str) -> Iterator[list[Cell]]:
    """The same rows by a parser of our own, cell by cell (RFC 4180), with the place of every cell.

    Raises ConfigurationError with line and column for a quote that is never closed or does not end its cell.
    """
    row: list[Cell] = []
    place, line, line_begins = 0, 1, 0
    while place < len(text):
        while text[place : place + 1] == " ":
            place += 1
        at_line, at_column = line, place - line_begins + 1
        if text[place : place + 1] == '"':
            cell, place = _quoted(text, place, f"{name}, line {at_line}, column {at_column}")
            line += cell.count("\n")
            line_begins = text.rfind("\n", 0, place) + 1
            if place < len(text) and text[place] not in (delimiter, "\r", "\n"):
                raise ConfigurationError(
                    f"{name}, line {line}, column {place - line_begins + 1}: found {text[place]!r} after a closing "
                    "quote, expected the delimiter"
                )
        else:
            ends = min(end for mark in (delimiter, "\r", "\n") if (end := _find(text, mark, place)) >= 0)
            cell, place = text[place:ends], ends
        row.append(Cell(cell, at_line, at_column))
        if text[place : place + 1] == delimiter:
            place += 1
            if place < len(text):
                continue
            row.append(Cell("", line, place - line_begins + 1))
        if text[place : place + 2] == "\r\n":
            place += 1
        place += 1
        if len(row) > 1 or row[0].text:
            yield row
        row, line, line_begins = [], line + 1, place


def _find(text: str, sought: str, start: int) -> int:
    end = text.find(sought, start)
    return end if end >= 0 else len(text)


def _quoted(text: str, place: int, where: str) -> tuple[str, int]:
    """The content of the quoted cell that begins at `place`, and the place after its closing quote."""
    parts: list[str] = []
    start = place + 1
    while True:
        end = text.find('"', start)
        if end < 0:
            raise ConfigurationError(f"{where}: found a quote that is never closed")
        parts.append(text[start:end])
        if text[end + 1 : end + 2] != '"':
            return '"'.join(parts), end + 1
        start = end + 2
