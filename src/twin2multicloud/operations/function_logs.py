"""The logs of one function of a deployed twin: what is there, and then each line as it comes. Changes nothing."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.clouds import deployed_on
from twin2multicloud.planning.planner import plan
from twin2multicloud.ports.function_logs import FunctionLogs, LogLine
from twin2multicloud.terraform.render import scope

MOST = 10_000
"""Lines of one question."""
_EVERY_SECONDS = 5.0
_LATE = timedelta(minutes=5)
"""How late a line may reach its log: Log Analytics takes minutes."""

Found = tuple[str, LogLine]
"""A line, and whose it is (``aws/dispatcher``)."""


def logs_of(twin: Twin, function: str, outputs: Mapping[str, Any]) -> dict[str, tuple[FunctionLogs, str]]:
    """The logs of a function on each cloud that has it, by ``aws/dispatcher``, with its deployed name.

    Raises ConfigurationError, with the nearest name, where no cloud has it, or nothing is deployed.
    """
    if not outputs:
        raise ConfigurationError(f"nothing of {twin.name} is deployed; run `t2mc deploy` first")
    there = [(site.cloud, each) for site in scope.sites(plan(twin)) for each in site.functions]
    names = sorted({each.name for _, each in there})
    found = {
        f"{cloud}/{each.name}": (deployed_on(cloud).open_logs(outputs), each.component.deployed_as)
        for cloud, each in there
        if function in (each.name, f"{cloud}/{each.name}")
    }
    if not found:
        expected = f"expected one of {', '.join(names)}{hint(function, names)}"
        raise ConfigurationError(f"no function {function!r} is deployed, {expected}")
    return found


def read_logs(
    logs: Mapping[str, tuple[FunctionLogs, str]],
    since: str,
    *,
    follow: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    rounds: int | None = None,
) -> Iterator[Found]:
    """The lines from a time on, oldest first; with `follow` each further one as it comes, each once, without an end, or
    for so many questions.
    """
    seen: set[str] = set()
    questions = count() if rounds is None else range(rounds)
    for number in questions if follow else range(1):
        if number:
            sleep(_EVERY_SECONDS)
        found = [(whose, line) for whose, (log, name) in logs.items() for line in log.lines(name, since, MOST)]
        found.sort(key=lambda each: each[1].at)
        yield from (each for each in found if each[1].id not in seen)
        if found:
            since = max(since, from_datetime(to_datetime(found[-1][1].at) - _LATE))
        seen = {line.id for _, line in found if line.at >= since}
