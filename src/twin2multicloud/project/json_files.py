"""JSON files on disk. Owns reading one with a finding instead of an exception, and writing one whole or not at all."""

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from twin2multicloud.project.places import Json, Place, quoted
from twin2multicloud.project.walk import ReportProblem

OWNER_ONLY = 0o600
"""The mode of a file that only its owner may read."""


ABSENT: Final = msgspec.UNSET
"""The result of `read_json` without a JSON value. (null is one.)"""


def read_json(path: Path, file: str, report: ReportProblem) -> Json:
    """The JSON value in a file, or ABSENT. What keeps it from being read is reported at the place `file`.

    A key that stands twice in one object is a problem as well: JSON lets the second win, without a word.
    """
    at = Place(file)

    def pairs(items: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(items)
        if len(found) < len(items):
            twice = Counter(name for name, _ in items).most_common(1)[0][0]
            report(at.problem(f"the key {quoted(twice)} twice in one object", "each key once"))
        return found

    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=pairs, parse_constant=_refuse)
    except FileNotFoundError:
        report(at.problem("no such file", "this file in the project's folder"))
    except OSError as error:
        report(at.problem(f"a file that cannot be read ({error.strerror})", "a JSON file"))
    except UnicodeDecodeError as error:
        report(at.problem(f"a byte that is not UTF-8 at offset {error.start}", "JSON in UTF-8"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        report(at.problem(f"malformed JSON at {where} ({error.msg})", "valid JSON"))
    except RecursionError:
        report(at.problem("JSON nested too deeply", "at most twenty levels"))
    except ValueError as error:  # NaN, Infinity, a number of thousands of digits
        report(at.problem(f"a number that JSON does not have ({error})", "valid JSON"))
    return ABSENT


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def json_text(value: Json) -> str:
    """A JSON value as project files are written: two spaces, keys in their order, a newline at the end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_atomically(path: Path, content: str | bytes, *, mode: int | None = None) -> None:
    """Write a file so that no reader ever sees half of it, and so that a crash leaves the old one.

    Text is written as UTF-8. `mode` are its permissions; None keeps those of the file that is replaced. Raises OSError.
    """
    path = path.resolve()  # a link stays one
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from its first moment
    except OSError as error:
        raise _of_file(error, path) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _of_file(error, path) from error
        raise


def _of_file(error: OSError, path: Path) -> OSError:
    """An error with the file that people know: a write names none, and the unfinished file has another name."""
    return OSError(error.errno, error.strerror, str(path))
