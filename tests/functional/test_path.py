"""Telemetry from a device to the hot reader, on running clouds: every kind of boundary, every kind of client."""

import base64
import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
import pytest
import trustme
from paho.mqtt.enums import MQTTProtocolVersion
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import ALWAYS, RunningTwin, placement, running, write_project

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.host.deployment import Tls
from twin2multicloud.wire.tokens import HEADER

pytestmark = pytest.mark.functional

READING = {
    "timestamp": "2026-01-15T10:30:00Z",
    "string": "Zürich ☃",
    "double": 0.1 + 0.2,
    "integer": -7,
    "long": 2**53 + 1,
    "boolean": True,
}


@pytest.mark.parametrize(
    "where", [(AWS, AZURE, GCP), (GCP, AWS, AZURE), (AZURE, GCP, AWS), (AWS, AWS, GCP), (GCP, AZURE, AZURE)], ids=str
)
def test_a_reading_arrives_unchanged_whatever_the_boundaries(tmp_path: Path, where: tuple[Cloud, Cloud, Cloud]) -> None:
    with running(write_project(tmp_path / "p", placement(*where))) as twin:
        twin.publish("d1", READING, READING)  # sent twice, one reading
        twin.settle()
        names = [name for name in READING if name != "timestamp"]
        series = twin.client.history("d1", names, *ALWAYS)
        assert series == {name: [("2026-01-15T10:30:00.000Z", READING[name])] for name in names}
        assert twin.client.latest("d1", ["long", "boolean"]) == {
            "long": ("2026-01-15T10:30:00.000Z", 2**53 + 1),
            "boolean": ("2026-01-15T10:30:00.000Z", True),
        }


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> RunningTwin:
    """One three-cloud twin for the tests that only look."""
    folder = tmp_path_factory.mktemp("twin")
    where = msgspec.structs.replace(placement(AWS, AZURE, GCP), l5=AWS)
    with running(write_project(folder / "p", where, config={"dashboard": "hot-store"})) as running_twin:
        yield running_twin


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5], ids=str)
def test_a_device_connects_with_its_own_credentials_in_both_protocols(
    twin: RunningTwin, protocol: MQTTProtocolVersion
) -> None:
    device = f"g-{10 + protocol.value:03}"
    with twin.connect(user=device, protocol=protocol) as connection:
        connection.publish(device, {"n": 1})
        assert connection.wait_for_acknowledgements(20)
    twin.settle()
    assert twin.values(device, "n") == [1]


def test_a_gateway_publishes_a_batch_as_a_list(twin: RunningTwin) -> None:
    twin.publish("g-001", [{"ts": 1_700_000_000_000 + n, "n": n} for n in range(250)])
    twin.settle()
    assert twin.values("g-001", "n") == list(range(250))


def test_wrong_credentials_and_unknown_devices_are_refused(twin: RunningTwin) -> None:
    for user in ("g-002", "no-such-device"):
        stranger = twin.connect(user=user)
        stranger._client.username_pw_set(user, "wrong" if user == "g-002" else password(twin.secrets.device_key, user))
        with pytest.raises(RetryableError, match="refused"), stranger:
            pass


def test_a_device_may_publish_for_itself_only(twin: RunningTwin) -> None:
    with twin.connect(user="g-003", protocol=MQTTProtocolVersion.MQTTv5) as connection:
        connection.publish("g-004", {"n": 1})  # acknowledged with "not authorized"
        assert connection.wait_for_acknowledgements(20)
    twin.settle()
    assert twin.values("g-004", "n") == []


def test_what_is_no_telemetry_is_reported_and_goes_no_further(twin: RunningTwin) -> None:
    before = sum(status.errors for status in twin.settle())
    twin.publish("g-005", b"not json", b'{"n": {"deep": 1}}', b"[1]", {"n": 5})
    after = twin.settle()
    assert twin.values("g-005", "n") == [5]
    assert sum(status.errors for status in after) == before + 3


def test_https_publish_is_durable_when_it_answers(twin: RunningTwin) -> None:
    site = twin.deployment.acquisition
    credentials = base64.b64encode(f"g-006:{password(twin.secrets.device_key, 'g-006')}".encode()).decode()
    for device, expected in (("g-006", 200), ("g-007", 403)):
        assert (
            _post(
                f"{site.http_url}/topics/dt/testtwin/{device}/telemetry",
                {"n": 6},
                {"Authorization": f"Basic {credentials}"},
            )
            == expected
        )
    assert _post(f"{site.http_url}/topics/dt/testtwin/g-006/telemetry", {"n": 6}, {}) == 401
    twin.settle()
    assert twin.values("g-006", "n") == [6]


def test_every_endpoint_refuses_a_caller_without_the_token(twin: RunningTwin) -> None:
    endpoints = [each for each in twin.deployment.topology.endpoints if each.component.split(".")[1] in _RUN_HERE]
    assert {each.component.split(".")[1] for each in endpoints} == _RUN_HERE
    for endpoint in endpoints:
        url = twin.deployment.url_of(endpoint.component)
        assert _post(url, {}, {}) == 401
        assert _post(url, {}, {HEADER: "wrong"}) == 401
        assert _post(url, {}, {HEADER: twin.secrets.token}) == 400


_RUN_HERE = {"ingestion", "hot-writer", "hot-reader", "hot-reader-last-entry"}


def test_the_operators_interface_needs_the_operators_key(twin: RunningTwin) -> None:
    for site in twin.deployment.sites:
        assert _post(f"{site.http_url}/_cloud/status", {}, {HEADER: twin.secrets.token}) == 401


def test_no_secret_is_in_a_log_or_readable_by_others(twin: RunningTwin) -> None:
    folder = Path(twin.deployment.folder)
    for name in ("config_inter_cloud.json", ".t2mc/secrets.json", ".t2mc/deployment.json"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name
    for site in twin.deployment.sites:
        log = twin.log(site.cloud)
        for secret in (twin.secrets.token, twin.secrets.device_key, twin.secrets.operator_key):
            assert secret not in log
    assert twin.secrets.token not in (folder / ".t2mc/deployment.json").read_text()


def test_a_body_over_the_limit_is_refused(twin: RunningTwin) -> None:
    url = twin.deployment.url_of("azure.ingestion")
    assert _post(url, {"payload": "x" * (5 * 1024 * 1024)}, {HEADER: twin.secrets.token}) == 413


def test_a_grafana_can_read_history_with_the_token(twin: RunningTwin) -> None:
    twin.publish("d1", {**READING, "double": 21})
    twin.settle()
    asked = {
        "workspaceId": "w", "entityId": "e1", "componentName": "c1", "selectedProperties": ["double"],
        "startTime": "2026-01-15T10:00:00Z", "endTime": "2026-01-15T11:00:00Z",
    }  # fmt: skip
    request = urllib.request.Request(
        twin.deployment.url_of("gcp.hot-reader"), json.dumps(asked).encode(), {HEADER: twin.secrets.token}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        (series,) = json.load(answer)["propertyValues"]
    assert series["entityPropertyReference"] == {
        "entityId": "e1", "componentName": "c1", "propertyName": "double"
    }  # fmt: skip
    assert {"time": "2026-01-15T10:30:00.000Z", "value": {"doubleValue": 21.0}} in series["values"]


def test_a_single_cloud_twin_has_no_endpoint_and_still_answers(tmp_path: Path) -> None:
    with running(write_project(tmp_path / "p", placement(AWS, AWS, AWS))) as twin:
        assert twin.deployment.topology.endpoints == ()
        twin.publish("d1", READING)
        twin.settle()
        assert twin.values("d1", "double") == [READING["double"]]
        for function in ("ingestion", "hot-writer", "hot-reader", "processor"):
            url = f"{twin.deployment.acquisition.http_url}/{function}"
            assert _post(url, {}, {HEADER: twin.secrets.token}) == 404


def test_devices_may_connect_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, key, trust = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "ca.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(trust)
    tls = Tls(str(certificate), str(key))
    with running(write_project(tmp_path / "p", placement(AWS, AWS, AWS)), tls=tls) as twin:
        with twin.connect(trust=str(trust)) as gateway:
            gateway.publish("g-001", {"n": 1})
            assert gateway.wait_for_acknowledgements(20)
        twin.settle()
        assert twin.values("g-001", "n") == [1]


def _post(url: str, body: object, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError):
        return 413  # the server had its say and closed while we were still sending
