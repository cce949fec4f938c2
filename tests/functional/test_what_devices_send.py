"""What devices send, to a running cloud of each kind, over MQTT and over HTTPS: what the readers answer afterwards."""

import base64
import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.rigs.clouds import ALL
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import ALWAYS, RunningTwin, placement, running, write_project

from twin2multicloud.emulator.adapters.device_registry import KEY
from twin2multicloud.operations.local_twin import LocalTwin

pytestmark = pytest.mark.functional

Send = Callable[[bytes], None]


@pytest.fixture(scope="module", params=ALL)
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    project = write_project(tmp_path_factory.mktemp("twin") / "p", placement(*[request.param] * 3))
    with running(project) as running_twin:
        yield running_twin


@pytest.fixture(params=["mqtt", "https"])
def send(request: pytest.FixtureRequest, twin: RunningTwin) -> Send:
    return {"mqtt": lambda body: twin.publish("d1", body), "https": lambda body: post(twin, body)}[request.param]


def post(twin: RunningTwin, body: bytes) -> None:
    key = LocalTwin(Path(twin.deployment.folder)).gateway.registry.credentials("d1").files[KEY]
    url = f"{twin.deployment.acquisition.http_url}/topics/dt/testtwin/d1/telemetry"
    signed = base64.b64encode(f"d1:{key}".encode()).decode()
    request = urllib.request.Request(url, body, {"Authorization": f"Basic {signed}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_times_values_and_undeclared_properties(twin: RunningTwin, send: Send) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    ns, stamp = int(at.timestamp()) * 10**9, at.isoformat().replace("+00:00", ".000Z")
    send(
        b'\xef\xbb\xbf{"Time":"%d","double":21,"integer":"422","long":9007199254740993,"boolean":null,'
        b'"string":1e400,"pressure":-0.0}' % ns
    )
    send(b'{"timestamp":"2016-12-31T23:59:60z","double":1e308,"integer":421.5}')
    twin.settle()
    names = ["double", "integer", "long", "boolean", "string"]
    found = twin.client.history("d1", names, *ALWAYS)
    assert found["double"] == [("2016-12-31T23:59:59.999Z", 1e308), *found["double"][1:]]
    assert (found["double"][-1], found["integer"][-1]) == ((stamp, 21.0), (stamp, 422))
    assert isinstance(found["double"][-1][1], float)
    assert found["long"][-1] == (stamp, 2**53 + 1)
    assert found["boolean"] == found["string"] == []
    latest = twin.client.latest("d1", ["double"], undeclared=True)
    assert {name: repr(value) for name, (_, value) in latest.items()} == {"double": "21.0", "pressure": "-0.0"}


def test_a_query_marks_what_no_type_declares(twin: RunningTwin) -> None:
    twin.publish("d1", b'{"double":1.5,"[b]odd":"[/b]"}')
    twin.settle()
    folder = twin.deployment.folder
    asked = json.loads(t2mc("query", folder, "d1", "--last", "--json").stdout)
    assert asked["double"].get("undeclared") is None
    assert (asked["[b]odd"]["value"], asked["[b]odd"]["undeclared"]) == ("[/b]", True)
    for options in (("--last",), ()):
        shown = t2mc("query", folder, "d1", *options, columns=200).stdout
        assert "[b]odd (undeclared)" in shown
        assert "double (undeclared)" not in shown
        assert "[/b]" in shown


@pytest.mark.parametrize(
    "body",
    [b"hello", b'{"Time":"noon"}', b'{"ts":"0001-01-01T00:00:00Z"}', b'{"ts":"2099-01-01"}', b'{"double":NaN}'],
)
def test_what_is_refused_is_in_no_store(twin: RunningTwin, body: bytes) -> None:
    stored = sum(each.stored or 0 for each in twin.settle())
    errors = sum(each.errors for each in twin.client.statuses())
    twin.publish("d1", body)
    assert sum(each.stored or 0 for each in twin.settle()) == stored
    assert sum(each.errors for each in twin.client.statuses()) > errors
