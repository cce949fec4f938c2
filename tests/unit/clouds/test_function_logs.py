"""The logs of deployed functions: CloudWatch over moto, Log Analytics and Cloud Logging over answers as documented."""

import json
import time
from types import SimpleNamespace

import pytest

from tests.rigs import vendor_clients
from tests.rigs.vendor_azure_transport import FaultyAdapter
from tests.rigs.vendor_processes import need_package
from tests.rigs.vendor_topics import AnyToken
from twin2multicloud.clouds.aws.function_logs import LambdaLogs
from twin2multicloud.clouds.gcp.function_logs import CloudRunLogs
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.operations.function_logs import read_logs
from twin2multicloud.ports.function_logs import LogLine

SINCE = "2026-01-15T10:00:00.000Z"


def test_cloudwatch_gives_a_functions_lines_in_order():
    client = vendor_clients.aws("logs")
    name = vendor_clients.unique("house-persister")
    group, now = f"/aws/lambda/{name}", time.time_ns() // 1_000_000
    client.create_log_group(logGroupName=group)
    for stream, moments in (("a", (0, 20)), ("b", (10, 30))):
        client.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now + each, "message": f"line {each}\n"} for each in moments]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    logs = LambdaLogs(client)
    found = logs.lines(name, from_milliseconds(now), 100)
    assert [(each.at, each.text) for each in found] == [
        (from_milliseconds(now + each), f"line {each}") for each in (0, 10, 20, 30)
    ]
    assert [each.text for each in logs.lines(name, from_milliseconds(now + 20), 100)] == ["line 20", "line 30"]
    assert len(logs.lines(name, from_milliseconds(now), 3)) == 3
    with pytest.raises(ConfigurationError, match="the log of nobody"):
        logs.lines("nobody", SINCE, 10)


class Workspace(FaultyAdapter):
    """Log Analytics, as far as it is asked."""

    def __init__(self, status=200):
        super().__init__()
        self.status, self.queries = status, []

    def pass_on(self, request, **_):
        return self.answer(request, *self._said(request))

    def _said(self, request):
        assert request.url.endswith("/v1/workspaces/w-1/query")
        self.queries.append(json.loads(request.body)["query"])
        rows = [["2026-01-15T10:00:01.1234567Z", "line 1", "i1"], ["2026-01-15T10:00:02Z", None, "i2"]]
        columns = [{"name": name, "type": "string"} for name in ("TimeGenerated", "Text", "Id")]
        said = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
        return self.status, {}, json.dumps(said if self.status == 200 else {"error": {"message": "no"}}).encode()


def app_logs(adapter):
    need_package("azure.core")
    from twin2multicloud.clouds.azure.function_logs import HOST, AppLogs
    from twin2multicloud.clouds.azure.invocation import connect

    return AppLogs(connect(HOST, HOST, AnyToken(), adapter.transport()), "w-1")


def test_log_analytics_gives_the_lines_of_one_app():
    workspace = Workspace()
    found = app_logs(workspace).lines("house-hot-reader", SINCE, 50)
    assert found == [
        LogLine(at="2026-01-15T10:00:01.123Z", text="line 1", id="i1"),
        LogLine(at="2026-01-15T10:00:02.000Z", text="", id="i2"),
    ]
    (query,) = workspace.queries
    assert "'^house\\-hot\\-reader-[a-z0-9]+$'" in query, "not that of hot-reader-last-entry"
    assert f"datetime({SINCE})" in query
    assert "take 50" in query


def test_who_may_not_read_the_workspace_is_told():
    with pytest.raises(ConfigurationError, match="the log of house-persister: Azure answered 403"):
        app_logs(Workspace(403)).lines("house-persister", SINCE, 1)


class Entries:
    """Cloud Logging behind google-auth's session, two entries a page."""

    def __init__(self, status=200):
        self.status, self.asked = status, []
        self.entries = [
            {"timestamp": "2026-01-15T10:00:01.5Z", "insertId": "a", "textPayload": "line 1\n"},
            {"timestamp": "2026-01-15T10:00:02Z", "insertId": "b", "jsonPayload": {"message": "line 2"}},
            {
                "timestamp": "2026-01-15T10:00:03Z",
                "insertId": "c",
                "httpRequest": {"requestMethod": "POST", "status": 200, "latency": "0.1s"},
            },
        ]

    def request(self, method, url, json=None, timeout=None):
        assert (method, url) == ("POST", "https://logging.googleapis.com/v2/entries:list")
        self.asked.append(dict(json))
        start = int(json.get("pageToken", 0))
        page = {"entries": self.entries[start : start + 2]}
        if start + 2 < len(self.entries):
            page["nextPageToken"] = str(start + 2)
        said = page if self.status == 200 else {"error": {"message": "no"}}
        return SimpleNamespace(status_code=self.status, content=b"{}", json=lambda: said)


def test_cloud_logging_gives_text_messages_and_requests_page_by_page():
    need_package("google.auth")
    session = Entries()
    found = CloudRunLogs(session, "a-project").lines("house-persister", SINCE, 100)
    assert [each.text for each in found] == ["line 1", "line 2", "POST 200 0.1s"]
    assert [each["resourceNames"] for each in session.asked] == [["projects/a-project"]] * 2
    assert f'service_name="house-persister" AND timestamp>="{SINCE}"' in session.asked[0]["filter"]
    with pytest.raises(RetryableError, match="answered 503"):
        CloudRunLogs(Entries(503), "a-project").lines("house-persister", SINCE, 1)


class Growing:
    """A log to which lines come between two looks."""

    def __init__(self, *looks):
        self.looks = list(looks)

    def lines(self, function, since, most):
        assert function == "house-persister"
        return [each for each in self.looks.pop(0) if each.at >= since]


def line(minute, text):
    return LogLine(at=f"2026-01-15T10:{minute:02}:00.000Z", text=text, id=text)


def test_following_gives_each_line_once_and_late_ones_too():
    a, b, late, c = line(10, "a"), line(12, "b"), line(9, "late"), line(13, "c")
    logs = {"aws/persister": (Growing([a], [a, b], [late, a, b, c]), "house-persister")}
    naps = []
    found = list(read_logs(logs, SINCE, follow=True, sleep=naps.append, rounds=3))
    assert [each.text for _, each in found] == ["a", "b", "late", "c"]
    assert len(naps) == 2


def test_without_following_it_looks_once():
    logs = {"aws/persister": (Growing([line(1, "a")]), "house-persister")}
    assert [each.text for _, each in read_logs(logs, SINCE)] == ["a"]
