"""One reading through one processor, as a process of its own: ``python -m … PATH NOW MEGABYTES``, the reading on stdin.

Owns what user code may do to it: it can use up memory, print, exit or never come back, and the parent goes on. Answers
one `Outcome` as JSON on stdout; what user code prints goes to stderr.
"""

import contextlib
import resource
import sys
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import described, line_in
from twin2multicloud.domain.telemetry import Telemetry, recognise
from twin2multicloud.functions.readings import from_user_code
from twin2multicloud.hosting.user_code import load_processor


class Outcome(msgspec.Struct, frozen=True):
    """What a processor made of a reading: `result` is None where it dropped it or where there is an `error`.

    `place` is ``file:line`` of user code where the error came from. `left_out` are reasons of values that no store has.
    """

    result: Telemetry | None = None
    error: str = ""
    place: str = ""
    left_out: tuple[str, ...] = ()


def process(path: str, now: str, body: bytes) -> Outcome:
    """Run the user's code on a reading in its normal form. Raises nothing."""
    reading, left_out = recognise(body, now=now), list[str]()
    try:
        done = from_user_code(load_processor(path)(reading.flat), reading, now, left_out)
    except BaseException as error:  # user code may also call sys.exit()
        cause = error.__cause__ or error
        return Outcome(error=described(cause), place=_place(cause, path))
    return Outcome(result=None if done is None else done.flat, left_out=tuple(left_out))


def _place(error: BaseException, path: str) -> str:
    """The last line of the user's file that the error passed."""
    line = line_in(error, path)
    return f"{path}:{line}" if line else ""


def main() -> None:
    """See the module."""
    path, now, megabytes = sys.argv[1:]
    body = sys.stdin.buffer.read()
    used = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize() if _LINUX else 0
    limit = used + int(megabytes) * 1024 * 1024
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with contextlib.redirect_stdout(sys.stderr):
        outcome = process(path, now, body)
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


_LINUX = sys.platform == "linux"

if __name__ == "__main__":
    main()
