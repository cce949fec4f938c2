"""Dashboards go into a Grafana one by one: what it refuses is named, what may pass is tried again."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from tests.rigs.chance import RigChance
from tests.rigs.clouds import AWS
from tests.rigs.twins import twin
from twin2multicloud.dashboards.provisioning import Provisioning, provisioning
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.domain.twin import DashboardSource
from twin2multicloud.operations.grafana_push import GrafanaApi
from twin2multicloud.planning.planner import plan
from twin2multicloud.wire.http_transport import HttpTransport

ENVIRONMENT = {
    "INTER_CLOUD_TOKEN": "secret",
    "T2MC_HOT_READER_URL": "https://a.example",
    "T2MC_HOT_READER_LAST_ENTRY_URL": "https://b.example",
}


class StandIn(ThreadingHTTPServer):
    """The three calls of Grafana's HTTP API, with its answers; `ill` are statuses that it gives before it is well."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ill: list[int] = []
        self.sources: dict[str, dict] = {}
        self.folders: dict[str, str] = {}
        self.dashboards: dict[str, dict] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str, token: str, body: dict) -> tuple[int, dict]:
        if token != "Bearer glsa_good":
            return 401, {"message": "Invalid API key"}
        if self.ill:
            return self.ill.pop(0), {"message": "not well"}
        match path:
            case "/api/folders" if body["uid"] in self.folders:
                return 412, {"message": "the folder has been changed by someone else"}
            case "/api/folders":
                self.folders[body["uid"]] = body["title"]
            case "/api/datasources" if body["uid"] in self.sources:
                return 409, {"message": "data source with the same name already exists"}
            case "/api/datasources":
                self.sources[body["uid"]] = body
            case "/api/dashboards/db" if len(body["dashboard"]["uid"]) > 40:
                return 400, {"message": "uid too long, max 40 characters"}
            case "/api/dashboards/db":
                assert body["overwrite"]
                assert body["folderUid"] in self.folders
                self.dashboards[body["dashboard"]["uid"]] = body["dashboard"]
            case _:
                return 404, {"message": "not found"}
        return 200, {"status": "success"}


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, answer = self.server.answer(self.path, self.headers["authorization"], body)
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def grafana() -> Iterator[StandIn]:
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    transport.close()


def export() -> Provisioning:
    described = twin(Placement.of(dict.fromkeys(Slot, AWS)), dashboard=DashboardSource.HOT_STORE)
    return provisioning(described, plan(described), {})


def api(url: str, transport: HttpTransport, waits: list[float], token: str = "glsa_good") -> GrafanaApi:
    return GrafanaApi(url, token, transport=transport, sleep=waits.append, chance=RigChance())


def test_folder_sources_and_dashboards_are_written_with_their_secrets(
    grafana: StandIn, transport: HttpTransport
) -> None:
    made = export()
    done = api(grafana.url, transport, []).push(made, ENVIRONMENT)
    assert [each.outcome for each in done] == ["written"] * (1 + 2 + len(made.dashboards))
    assert grafana.sources["t2mc-hot-reader"]["secureJsonData"] == {"apiKeyValue": "secret"}
    assert grafana.sources["t2mc-last-entry"]["jsonData"]["allowedHosts"] == ["https://b.example"]
    assert grafana.dashboards == {each["uid"]: each for each in made.dashboards}


def test_a_second_push_keeps_sources_and_replaces_dashboards(grafana: StandIn, transport: HttpTransport) -> None:
    pusher = api(grafana.url, transport, [])
    pusher.push(export(), ENVIRONMENT)
    done = pusher.push(export(), ENVIRONMENT)
    assert {each.kind: each.outcome for each in done} == {
        "folder": "kept",
        "data source": "kept",
        "dashboard": "written",
    }


def test_what_may_pass_is_tried_again(grafana: StandIn, transport: HttpTransport) -> None:
    grafana.ill, waits = [503, 429], []
    done = api(grafana.url, transport, waits).push(export(), ENVIRONMENT)
    assert {each.outcome for each in done} == {"written"}
    assert waits == [1.0, 2.0]


def test_one_that_is_refused_is_named_and_the_others_are_written(grafana: StandIn, transport: HttpTransport) -> None:
    made = export()
    boards = [{**made.dashboards[0], "uid": "x" * 41}, *made.dashboards[1:]]
    done = api(grafana.url, transport, []).push(msgspec.structs.replace(made, dashboards=boards), ENVIRONMENT)
    failed = [each for each in done if each.outcome == "failed"]
    assert [(each.kind, each.reason) for each in failed] == [("dashboard", "400: uid too long, max 40 characters")]
    assert len(grafana.dashboards) == len(boards) - 1


def test_a_grafana_that_stays_ill_fails_each_and_ends(grafana: StandIn, transport: HttpTransport) -> None:
    grafana.ill = [500] * 1000
    done = api(grafana.url, transport, []).push(export(), ENVIRONMENT)
    assert {(each.outcome, each.reason) for each in done} == {("failed", "500: not well")}


def test_a_wrong_token_and_a_missing_variable_are_one_sentence(grafana: StandIn, transport: HttpTransport) -> None:
    with pytest.raises(ConfigurationError, match="refuses the token for a folder"):
        api(grafana.url, transport, [], "glsa_bad").push(export(), ENVIRONMENT)
    with pytest.raises(ConfigurationError, match="the data sources need INTER_CLOUD_TOKEN, T2MC"):
        api(grafana.url, transport, []).push(export(), {})
    assert not grafana.folders
