"""The codes of error events: what each means, how bad it is and what to do. ``docs/errors.md`` is made from the table.

A code is part of what users rely on: one that exists keeps its meaning.
"""

from enum import StrEnum

import msgspec

from twin2multicloud.domain.errors import Severity


class ErrorCode(StrEnum):
    """The code of an error event."""

    INVALID_TELEMETRY = "invalid-telemetry"
    READING_TOO_LARGE = "reading-too-large"
    INGESTION_UNREACHABLE = "ingestion-unreachable"
    HOT_STORE_UNREACHABLE = "hot-store-unreachable"
    PROCESSOR_FAILED = "processor-failed"
    INVALID_RECORD = "invalid-record"
    DELIVERY_FAILED = "delivery-failed"
    FUNCTION_FAILED = "function-failed"


class CodeInfo(msgspec.Struct, frozen=True):
    """What stands behind a code. `remedy` is what a person can do."""

    severity: Severity
    meaning: str
    remedy: str


ERROR_CODES: dict[ErrorCode, CodeInfo] = {
    ErrorCode.INVALID_TELEMETRY: CodeInfo(
        Severity.WARNING,
        "A device published something that is no telemetry. It goes no further; the event holds its content.",
        "Correct what the device sends: a flat JSON object of numbers, texts and booleans, with a valid time.",
    ),
    ErrorCode.READING_TOO_LARGE: CodeInfo(
        Severity.CRITICAL,
        "The processor's queue never takes a reading of this size. It goes no further; the event holds its content.",
        "Send smaller readings; docs/support_matrix.md has the limit of each cloud.",
    ),
    ErrorCode.INGESTION_UNREACHABLE: CodeInfo(
        Severity.CRITICAL,
        "The ingestion endpoint on L2's cloud did not take readings. They are in the connector's dead letters.",
        "See why in the message, mend it and run `t2mc redrive`.",
    ),
    ErrorCode.HOT_STORE_UNREACHABLE: CodeInfo(
        Severity.CRITICAL,
        "The hot store, or the hot-writer in front of it, did not take readings. "
        "They are in the persister's dead letters.",
        "See why in the message, mend it and run `t2mc redrive`.",
    ),
    ErrorCode.PROCESSOR_FAILED: CodeInfo(
        Severity.CRITICAL,
        "A user's processor raised an error or returned something that is no telemetry, or no queue takes its result. "
        "The readings are in the processor's dead letters, as they came.",
        "Correct the processor, deploy it and run `t2mc redrive`.",
    ),
    ErrorCode.INVALID_RECORD: CodeInfo(
        Severity.CRITICAL,
        "A queue held something that is no record of ours. The queue delivers it again and then dead-letters it.",
        "Find out who else writes to that queue.",
    ),
    ErrorCode.DELIVERY_FAILED: CodeInfo(
        Severity.WARNING,
        "A function that a queue, a device or a schedule started has failed. The cloud starts it again; "
        "records of a queue that keep failing are dead-lettered.",
        "Nothing, if it stops by itself; otherwise the message says what is not there or does not answer.",
    ),
    ErrorCode.FUNCTION_FAILED: CodeInfo(
        Severity.CRITICAL,
        "A function failed on a request or a call in a way that it does not foresee. Its caller was told to try again.",
        "Report it with the message; it is an error of the product or of its deployment.",
    ),
}
