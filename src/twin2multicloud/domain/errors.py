"""The errors of the domain. Adapters turn SDK errors into these; functions and senders decide by them."""

from enum import StrEnum

import msgspec


class TwinError(Exception):
    """The base of every error that the product raises on purpose. Its text is one sentence for a person."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a project: where it stands, what was found, what was expected, what may be meant."""

    file: str
    path: str  # inside the file: "devices[2].properties[0].data_type"
    found: str
    expected: str
    suggestion: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: {self.path}" if self.path else self.file
        hint = f"; {self.suggestion}" if self.suggestion else ""
        return f"{where}: found {self.found}, expected {self.expected}{hint}"


class InvalidProjectError(TwinError):
    """A project with findings; all of them, in file order."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


class ConfigurationError(TwinError):
    """A function's environment or a caller's argument that cannot be worked with. Trying again changes nothing."""


class RetryableError(TwinError):
    """The other side may take it later: throttled, dark, timed out. `retry_after` in seconds where it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutageError(RetryableError):
    """The other side of a boundary is dark, and that is reported: the batch waits in its queue."""


class FinalError(TwinError):
    """The other side will never take it as it is: malformed, refused, too large. `status` is HTTP's, if any."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Severity(StrEnum):
    """How bad an error event is."""

    CRITICAL = "CRITICAL"
    WARNING = "WARNING"
    INFO = "INFO"


class ErrorEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What goes to a cloud's error topic. `raw_data` must never hold a secret.

    `count` is how many messages or records it is about, `trace_id` the trace of the first of them, where there is one.
    Events of one twin with the same `dedupe_key` report the same problem. `id` is an event's own: an event that is
    delivered twice is stored once.
    """

    twin_id: str
    cloud_provider: str
    severity: Severity
    component: str
    error_code: str
    message: str
    timestamp: str
    raw_data: str = ""
    dedupe_key: str = ""
    count: int = 1
    trace_id: str = ""
    id: str = ""


_DESCRIPTION_CHARACTERS = 1_000


def described(error: BaseException) -> str:
    """An exception's type and text, 1,000 characters at most. Never raises, and every queue and log can carry it.

    A user's exception may raise when it is asked for its text, or hold half a surrogate pair.
    """
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:
        text = f"{type(error).__name__} (its text cannot be read)"
    return encodable(text[:_DESCRIPTION_CHARACTERS])


def line_in(error: BaseException, file: str) -> int:
    """The line of a source file at which an error was raised, or that it passed last; 0 where it was not there."""
    line, step = 0, error.__traceback__
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    while step is not None:
        line = step.tb_lineno if step.tb_frame.f_code.co_filename == file else line
        step = step.tb_next
    return line


def encodable(text: str) -> str:
    """A text with its lone surrogates escaped, so that it can be encoded."""
    return text.encode(errors="backslashreplace").decode()
