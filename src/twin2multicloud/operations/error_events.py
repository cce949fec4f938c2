"""Error events of a twin, grouped as one looks at them. Reads nothing."""

from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.errors import ErrorEvent, Severity
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.operations.grouping import without_numbers


class ErrorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one component with one code and message; numbers in it do not tell messages apart."""

    cloud: Cloud
    component: str
    severity: Severity
    code: str
    message: str
    messages: int
    newest: str


def grouped_errors(events: Sequence[ErrorEvent]) -> list[ErrorGroup]:
    """Events, newest first, by component, code and message; the group with the newest event first."""
    groups: dict[tuple[str, ...], list[ErrorEvent]] = {}
    for each in events:
        key = (each.cloud_provider, each.component, each.error_code, without_numbers(each.message))
        groups.setdefault(key, []).append(each)
    return [
        ErrorGroup(
            cloud=Cloud(of[0].cloud_provider),
            component=of[0].component,
            severity=of[0].severity,
            code=of[0].error_code,
            message=of[0].message,
            messages=sum(each.count for each in of),
            newest=of[0].timestamp,
        )
        for of in groups.values()
    ]
