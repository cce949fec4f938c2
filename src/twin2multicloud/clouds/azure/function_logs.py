"""Logs on Azure: Log Analytics' query API over the twin's workspace. Ships in no bundle.

``POST /v1/workspaces/<id>/query`` (learn.microsoft.com azure-monitor/logs/api): one table of columns and rows. What
functions log is in ``AppTraces``, what they raised in ``AppExceptions``; ``AppRoleName`` is the function app's name,
which is the function's with the deployment's suffix.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from twin2multicloud.clouds.azure.invocation import connect, operator
from twin2multicloud.clouds.azure.sdk_errors import by_status, domain_errors
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.ports.function_logs import LogLine

if TYPE_CHECKING:
    from twin2multicloud.clouds.azure.invocation import Client

HOST = "https://api.loganalytics.azure.com"
_QUERY = (
    "union AppTraces, AppExceptions | where AppRoleName matches regex '^{name}-[a-z0-9]+$'"
    " | where TimeGenerated >= datetime({since}) | order by TimeGenerated asc | take {most}"
    " | project TimeGenerated, Text = coalesce(Message, OuterMessage), Id = _ItemId"
)


class _Table(msgspec.Struct, frozen=True):
    rows: tuple[tuple[str, str | None, str], ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    tables: tuple[_Table, ...] = ()


class AppLogs:
    """A `FunctionLogs`. `workspace` is the workspace's own id."""

    def __init__(self, client: "Client", workspace: str) -> None:
        self._client, self._workspace = client, workspace

    def lines(self, function: str, since: str, most: int) -> Sequence[LogLine]:
        """See `FunctionLogs.lines`."""
        from azure.core.rest import HttpRequest

        doing = f"the log of {function}"
        query = _QUERY.format(name=re.escape(function), since=since, most=most)
        url = self._client.format_url(f"/v1/workspaces/{self._workspace}/query")
        with domain_errors(doing):
            answer = self._client.send_request(HttpRequest("POST", url, json={"query": query}))
        if answer.status_code != 200:
            raise by_status(doing, answer.status_code, answer.text()[:300], answer.headers)
        try:
            tables = msgspec.json.decode(answer.content, type=_Answer).tables
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RetryableError(f"{doing}: the endpoint did not answer as Azure does") from error
        rows = [row for table in tables for row in table.rows]
        return [LogLine(at=canonical(at), text=text or "", id=item) for at, text, item in rows]


def open_logs(outputs: Mapping[str, Any]) -> AppLogs:
    """The logs of a deployed twin, by its output ``azure_logs``, the workspace's id; takes Log Analytics Reader.

    Raises ConfigurationError where azure-identity is not installed.
    """
    return AppLogs(connect(HOST, HOST, operator("logs on Azure need")), outputs["azure_logs"])
