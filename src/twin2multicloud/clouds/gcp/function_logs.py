"""Logs on Google Cloud: Cloud Logging's ``entries:list`` over a function's Cloud Run service. Ships in no bundle.

(cloud.google.com logging/docs/reference/v2/rest/v2/entries/list: 1,000 entries a page; text or a JSON payload.)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.clouds.gcp.cloud_account import Session, asked, operators_session
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.ports.function_logs import LogLine

_ENTRIES = "https://logging.googleapis.com/v2/entries:list"
_PAGE = 1_000


class CloudRunLogs:
    """A `FunctionLogs`. `project` is the project's id."""

    def __init__(self, session: Session, project: str) -> None:
        self._session, self._project = session, project

    def lines(self, function: str, since: str, most: int) -> Sequence[LogLine]:
        """See `FunctionLogs.lines`."""
        wanted = (
            f'resource.type="cloud_run_revision" AND resource.labels.service_name="{function}" AND timestamp>="{since}"'
        )
        body: dict[str, Any] = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": wanted,
            "orderBy": "timestamp asc",
        }
        found: list[LogLine] = []
        while len(found) < most:
            body["pageSize"] = min(most - len(found), _PAGE)
            page = asked(self._session, "POST", _ENTRIES, body)
            found += [_line(each) for each in page.get("entries", ())]
            if not page.get("nextPageToken"):
                break
            body["pageToken"] = page["nextPageToken"]
        return found


def _line(entry: Mapping[str, Any]) -> LogLine:
    structured = entry.get("jsonPayload", {})
    request = entry.get("httpRequest", {})
    text = entry.get("textPayload") or structured.get("message") or ""
    if not text and request:
        text = f"{request.get('requestMethod', '')} {request.get('status', '')} {request.get('latency', '')}"
    return LogLine(at=canonical(entry["timestamp"]), text=text.rstrip("\n"), id=entry["insertId"])


def open_logs(outputs: Mapping[str, Any]) -> CloudRunLogs:
    """The logs of a deployed twin, by the project in its output ``deployment``; takes ``logging.logEntries.list``.

    Raises ConfigurationError where google-auth is not installed.
    """
    return CloudRunLogs(operators_session("logs on Google Cloud need"), outputs["deployment"]["gcp_project"])
