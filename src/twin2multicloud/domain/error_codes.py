"""The codes of error events: what each means, how bad it is and what to do. ``docs/errors.md`` is made from the table.

Users rely on codes: an existing one keeps its meaning.
"""

from enum import StrEnum

import msgspec

from twin2multicloud.domain.errors import Severity


class ErrorCode(StrEnum):
    """The code of an error event."""

    INVALID_TELEMETRY = "invalid-telemetry"
    READING_TOO_LARGE = "reading-too-large"
    VALUE_LEFT_OUT = "value-left-out"
    PUBLISH_TOO_LARGE = "publish-too-large"
    UNDECLARED_DROPPED = "undeclared-dropped"
    INGESTION_UNREACHABLE = "ingestion-unreachable"
    HOT_STORE_UNREACHABLE = "hot-store-unreachable"
    TWIN_SERVICE_UNREACHABLE = "twin-service-unreachable"
    PROCESSOR_FAILED = "processor-failed"
    ACTION_FAILED = "action-failed"
    BOUNDARY_OPENED = "boundary-opened"
    BOUNDARY_CLOSED = "boundary-closed"
    INVALID_RECORD = "invalid-record"
    DELIVERY_FAILED = "delivery-failed"
    FUNCTION_FAILED = "function-failed"


class CodeInfo(msgspec.Struct, frozen=True):
    """Severity, meaning and remedy of a code. `remedy` is what a person can do."""

    severity: Severity
    meaning: str
    remedy: str


ERROR_CODES: dict[ErrorCode, CodeInfo] = {
    ErrorCode.INVALID_TELEMETRY: CodeInfo(
        Severity.WARNING,
        "A device published invalid telemetry. It is in L1's dead letters as it came; the event holds the first.",
        "Correct what the device sends: a flat JSON object of numbers, texts and booleans, with a valid time. "
        "Or correct how it is read, then run `t2mc dlq redrive`.",
    ),
    ErrorCode.READING_TOO_LARGE: CodeInfo(
        Severity.CRITICAL,
        "A reading is larger than the processor's queue allows. It is in L1's dead letters.",
        "Send smaller readings; docs/support_matrix.md lists the limit of each cloud.",
    ),
    ErrorCode.VALUE_LEFT_OUT: CodeInfo(
        Severity.WARNING,
        "A value is none of its property's declared type, or a number that no store can hold. It was left out; "
        "the rest of its reading is stored.",
        "Correct the device, the processor or the property's data_type; docs/telemetry.md has the conversions.",
    ),
    ErrorCode.PUBLISH_TOO_LARGE: CodeInfo(
        Severity.WARNING,
        "A device published more bytes than its cloud takes at once. The publish was refused, the device disconnected.",
        "Send smaller publishes; docs/support_matrix.md lists the limit of each cloud.",
    ),
    ErrorCode.UNDECLARED_DROPPED: CodeInfo(
        Severity.INFO,
        "Properties that their device's type does not declare were dropped, as `undeclared: drop` says. "
        "At most one event a minute, with the count of all.",
        "None; declare the properties, or keep them with `undeclared: keep`.",
    ),
    ErrorCode.INGESTION_UNREACHABLE: CodeInfo(
        Severity.CRITICAL,
        "The ingestion endpoint on L2's cloud did not accept readings. While it is dark they wait "
        "in the connector's queue; what it refused is in the dead letters.",
        "None while they wait. Otherwise remove the cause that the message names, then run `t2mc dlq redrive`.",
    ),
    ErrorCode.HOT_STORE_UNREACHABLE: CodeInfo(
        Severity.CRITICAL,
        "The hot store, or the hot-writer in front of it, did not accept readings. "
        "While it is dark they wait in the persister's queue; what it refused is in the dead letters.",
        "None while they wait. Otherwise remove the cause that the message names, then run `t2mc dlq redrive`.",
    ),
    ErrorCode.TWIN_SERVICE_UNREACHABLE: CodeInfo(
        Severity.WARNING,
        "The twin service, or the twin-writer in front of it, did not accept latest values. They are in the hot store. "
        "While it is dark or throttled they wait in the twin-updater's queue; what it refused is in the dead letters.",
        "None while they wait. A twin that is missing there is made by `t2mc deploy`; otherwise remove the cause that "
        "the message names, then run `t2mc dlq redrive`.",
    ),
    ErrorCode.PROCESSOR_FAILED: CodeInfo(
        Severity.CRITICAL,
        "A user's processor failed, returned invalid telemetry, or returned a result too large for a queue; "
        "or a reading breaks a type that the project holds strictly. "
        "The readings are in the processor's dead letters, unchanged.",
        "Correct the processor, deploy it and run `t2mc dlq redrive`.",
    ),
    ErrorCode.ACTION_FAILED: CodeInfo(
        Severity.CRITICAL,
        "A user's action failed on an event. The event is kept and comes again; after the last time it is in the "
        "action's dead letters.",
        "Correct the action, deploy it and run `t2mc dlq redrive` for what is in the dead letters.",
    ),
    ErrorCode.BOUNDARY_OPENED: CodeInfo(
        Severity.CRITICAL,
        "The circuit breaker of a boundary opened: the other side did not answer for a minute. "
        "One request in ten seconds, later in five minutes, asks whether it is back; the rest waits in the queue.",
        "See why the other cloud does not answer; nothing is lost meanwhile.",
    ),
    ErrorCode.BOUNDARY_CLOSED: CodeInfo(
        Severity.INFO,
        "The circuit breaker of a boundary closed again: the other side answers.",
        "None; what waited is on its way.",
    ),
    ErrorCode.INVALID_RECORD: CodeInfo(
        Severity.CRITICAL,
        "A queue held an invalid record. It is in the dead letters as it was.",
        "Find out what else writes to that queue.",
    ),
    ErrorCode.DELIVERY_FAILED: CodeInfo(
        Severity.WARNING,
        "A function started by a queue, a device or a schedule failed. The cloud retries it; "
        "queue records wait, and those that keep failing while others pass are dead-lettered.",
        "None if it recovers; otherwise see the message for what is missing or does not answer.",
    ),
    ErrorCode.FUNCTION_FAILED: CodeInfo(
        Severity.CRITICAL,
        "An unexpected error occurred in a request or a call. The caller was asked to retry.",
        "Report it with the message; the product or its deployment is at fault.",
    ),
}
