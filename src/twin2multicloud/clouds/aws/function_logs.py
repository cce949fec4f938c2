"""Logs on AWS: CloudWatch's ``FilterLogEvents`` over a function's log group. Ships in no bundle.

(docs.aws.amazon.com AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents: ascending, pages by token.)
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from twin2multicloud.clouds.aws.invocation import operators_client
from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.timestamps import from_milliseconds, to_datetime
from twin2multicloud.ports.function_logs import LogLine

_SETTINGS = {"connect_timeout": 5, "read_timeout": 30, "retries": {"mode": "standard", "total_max_attempts": 3}}


class CloudWatchLogs(Protocol):
    """What is used of boto3's ``logs`` client."""

    def filter_log_events(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it


class LambdaLogs:
    """A `FunctionLogs`."""

    def __init__(self, client: CloudWatchLogs) -> None:
        self._client = client

    def lines(self, function: str, since: str, most: int) -> Sequence[LogLine]:
        """See `FunctionLogs.lines`."""
        asked: dict[str, Any] = {
            "logGroupName": f"/aws/lambda/{function}",
            "startTime": round(to_datetime(since).timestamp() * 1000),
        }
        found: list[LogLine] = []
        while len(found) < most:
            with domain_errors(f"the log of {function}"):
                page = self._client.filter_log_events(**asked, limit=min(most - len(found), 10_000))
            found += [_line(each) for each in page.get("events", ())]
            if "nextToken" not in page:
                break
            asked["nextToken"] = page["nextToken"]
        return sorted(found, key=lambda each: each.at)


def _line(event: Mapping[str, Any]) -> LogLine:
    return LogLine(at=from_milliseconds(event["timestamp"]), text=event["message"].rstrip("\n"), id=event["eventId"])


def open_logs(outputs: Mapping[str, Any]) -> LambdaLogs:
    """The logs of a deployed twin, by its output ``aws_region``; takes ``logs:FilterLogEvents``.

    Raises ConfigurationError where boto3 is not installed.
    """
    return LambdaLogs(operators_client("logs on AWS need", "logs", outputs["aws_region"], _SETTINGS))
