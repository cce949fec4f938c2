"""Error events of a twin: read from the error tables of its clouds, and grouped as one looks at them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import ErrorEvent, RetryableError, Severity
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.operations.grouping import without_numbers
from twin2multicloud.ports.error_store import MOST_ERRORS
from twin2multicloud.ports.hot_store import BEFORE_ALL
from twin2multicloud.ports.invocation import Invocation

ADMIN = Kind.ERROR_TABLE_ADMIN
"""What answers for a cloud's error table."""


def read_errors(
    invocations: Mapping[Cloud, Invocation], most: int, since: str = ""
) -> tuple[list[ErrorEvent], list[Cloud]]:
    """The newest error events of some clouds, `most` of each, from `since` on (canonical; empty: all), newest first;
    and the clouds that do not answer. Raises FinalError, ConfigurationError as `Invocation.call` does.
    """
    events: list[ErrorEvent] = []
    dark: list[Cloud] = []
    for cloud, invocation in invocations.items():
        try:
            events += _of_one(invocation, most, since or BEFORE_ALL)
        except RetryableError:
            dark.append(cloud)
    return sorted(events, key=lambda each: each.timestamp, reverse=True)[:most], dark


def _of_one(invocation: Invocation, most: int, since: str) -> list[ErrorEvent]:
    found: list[ErrorEvent] = []
    while len(found) < most:
        limit = min(MOST_ERRORS, most - len(found))
        question: dict[str, Any] = {"action": "list", "since": since, "limit": limit}
        if found:
            question["before"] = {"timestamp": found[-1].timestamp, "id": found[-1].id}
        page = msgspec.convert(invocation.call(ADMIN, question)["errors"], list[ErrorEvent])
        found += page
        if len(page) < limit:
            break
    return found


class ErrorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one component with one code and message; numbers in it do not tell messages apart."""

    cloud: Cloud
    component: str
    severity: Severity
    code: str
    message: str
    messages: int
    first: str
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
            first=of[-1].timestamp,
            newest=of[0].timestamp,
        )
        for of in groups.values()
    ]


def by_component(groups: Sequence[ErrorGroup]) -> dict[str, int]:
    """How many messages or records are in the groups of each component, the most first."""
    counts: dict[str, int] = {}
    for each in groups:
        counts[each.component] = counts.get(each.component, 0) + each.messages
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
