"""Devices on a running cloud, as each of the three: limits, refusals and their words, and what a person sees."""

import base64
import json
import queue
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from tests.rigs import command_line
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.mqtt import V3, V5, publish
from tests.rigs.raw_device import RawDevice
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.mqtt import packets

pytestmark = pytest.mark.functional

LIMITS = {AWS: 128 * 1024, AZURE: 256 * 1024, GCP: 128 * 1024}


@pytest.fixture(scope="module", params=LIMITS)
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    with running(write_project(tmp_path_factory.mktemp("t") / "p", placement(*[request.param] * 3))) as running_twin:
        yield running_twin


def acquisition(twin: RunningTwin) -> Cloud:
    return twin.deployment.acquisition.cloud


def device(twin: RunningTwin, user: str, version: int = V3, client_id: str = "") -> RawDevice:
    port = twin.deployment.acquisition.mqtt_port
    assert port is not None
    return RawDevice(port).sign_in(client_id or user, user, password(twin.secrets.device_key, user), version)


def of(user: str, payload: bytes, packet_id: int, version: int = V3, **more: int) -> bytes:
    return publish(payload, packet_id, topic=f"dt/testtwin/{user}/telemetry", version=version, **more)


def rejections(twin: RunningTwin, *options: str) -> str:
    done = command_line.t2mc("status", twin.deployment.folder, "--rejected", *options, columns=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


def row_of(twin: RunningTwin, **about: object) -> dict[str, object]:
    """The one row that is as described."""
    rows = json.loads(rejections(twin, "--json"))[acquisition(twin)]
    (row,) = [each for each in rows if about.items() <= each.items()]
    return row


@pytest.mark.parametrize("version", [V3, V5], ids=["3.1.1", "5"])
def test_each_clouds_own_limit_holds_and_what_is_over_it_is_told_to_its_owner(twin: RunningTwin, version: int) -> None:
    user, limit = f"g-00{version}", LIMITS[acquisition(twin)]
    errors = sum(each.errors for each in twin.client.statuses())
    with device(twin, user, version) as client:
        client.send(of(user, b'{"n":1}'.ljust(limit), 1, version))
        assert client.answer() == (packets.PUBACK, b"\x00\x01")
        client.send(of(user, b'{"n":2}'.ljust(limit + 1), 2, version))
        if version == V5:
            kind, body = client.answer()
            assert (kind, body[0]) == (packets.DISCONNECT, 0x95)
            assert f"the limit is {limit:,}".encode() in body
        assert client.is_closed()
    twin.settle()
    assert twin.values(user, "n") == [1]
    row = row_of(twin, who=user)
    assert (row["topic"], row["count"], row["address"]) == (f"dt/testtwin/{user}/telemetry", 1, "127.0.0.1")
    assert row["reason"] == f"a publish of {limit + 1:,} bytes, the limit is {limit:,}"
    assert f"rejected '{user}' from 127.0.0.1 for topic 'dt/testtwin/{user}/telemetry': a publish of" in twin.log(
        acquisition(twin)
    )
    assert sum(each.errors for each in twin.client.statuses()) == errors + 1
    assert f"publish-too-large: {user}: a publish of {limit + 1:,} bytes" in twin.log(acquisition(twin))


@pytest.mark.parametrize("version", [V3, V5], ids=["3.1.1", "5"])
def test_a_second_client_of_the_same_id_ends_the_first(twin: RunningTwin, version: int) -> None:
    with device(twin, "g-010", version, "plug") as first, device(twin, "g-010", version, "plug") as second:
        if version == V5:
            kind, body = first.answer()
            assert (kind, body[0]) == (packets.DISCONNECT, 0x8E)
        assert first.is_closed()
        second.send(of("g-010", b'{"n":1}', 1, version))
        assert second.answer() == (packets.PUBACK, b"\x00\x01")


@pytest.mark.parametrize("payload", [b"hello", b"", b"[[],[]]", b'{"n":NaN}', b"\xff\xfe{"], ids=repr)
def test_what_the_dispatcher_refuses_is_refused_in_words_where_mqtt_has_them(twin: RunningTwin, payload: bytes) -> None:
    with device(twin, "g-020", V5) as client:
        client.send(of("g-020", payload, 1, V5) + of("g-020", b'{"n":20}', 2, V5))
        answers = dict(sorted((body[:2], body[2:]) for _, body in (client.answer(), client.answer())))
    assert answers[b"\x00\x02"] == b""
    assert answers[b"\x00\x01"][0] == 0x99
    assert len(answers[b"\x00\x01"]) > 20, "the sentence"
    with device(twin, "g-021", V3) as client:
        client.send(of("g-021", payload, 1))
        assert client.answer() == (packets.PUBACK, b"\x00\x01")


def test_a_reading_without_a_time_that_comes_again_is_one(twin: RunningTwin) -> None:
    with device(twin, "g-030") as client:
        client.send(of("g-030", b'{"n":30}', 9))
        assert client.answer() == (packets.PUBACK, b"\x00\x09")
    with device(twin, "g-030") as client:
        client.send(of("g-030", b'{"n":30}', 9, flags=8))
        assert client.answer() == (packets.PUBACK, b"\x00\x09")
    twin.settle()
    assert twin.values("g-030", "n") == [30]


def test_the_owner_of_a_device_sees_why_it_was_refused(twin: RunningTwin) -> None:
    before = sum(each.rejected for each in twin.client.statuses())
    port = twin.deployment.acquisition.mqtt_port
    assert port is not None
    for _ in range(3):
        with pytest.raises(AssertionError), RawDevice(port) as guesser:
            guesser.sign_in("c", "g-040", "[red]guess")
    with device(twin, "g-041") as client:
        client.send(of("g-042", b'{"n":1}', 1))
        assert client.is_closed()
    request = urllib.request.Request(
        f"{twin.deployment.acquisition.http_url}/topics/dt/testtwin/g-043/telemetry",
        b"{}",
        {"Authorization": "Basic " + base64.b64encode(b"g-043:wrong").decode()},
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=10)
    assert row_of(twin, who="g-040")["count"] == 3
    assert row_of(twin, who="g-041")["topic"] == "dt/testtwin/g-042/telemetry"
    assert row_of(twin, who="g-043")["topic"] == "dt/testtwin/g-043/telemetry"
    said = rejections(twin)
    assert all(each in said for each in ("g-040", "g-041 may not publish to this topic", "127.0.0.1"))
    log = twin.log(acquisition(twin))
    assert log.count("rejected 'g-040' from 127.0.0.1") == 1, "not a line for each attempt"
    assert sum(each.rejected for each in twin.client.statuses()) == before + 5


class Paho:
    """An independent MQTT 5 client, and what it heard."""

    def __init__(self, twin: RunningTwin, user: str, client_id: str) -> None:
        self.heard: queue.Queue[tuple[str, int, Properties | None]] = queue.Queue()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(user, password(twin.secrets.device_key, user))
        client.on_connect = lambda _c, _d, _f, code, said: self.heard.put(("connect", code.value, said))
        client.on_publish = lambda _c, _d, _m, code, said: self.heard.put(("publish", code.value, said))
        client.on_disconnect = lambda _c, _d, _f, code, said: self.heard.put(("disconnect", code.value, said))
        client.connect("127.0.0.1", twin.deployment.acquisition.mqtt_port or 0)
        client.loop_start()
        self._client, self._topic = client, f"dt/testtwin/{user}/telemetry"

    def __enter__(self) -> "Paho":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_publish = self._client.on_disconnect = None

    def publish(self, payload: bytes, **options: Any) -> None:
        self._client.publish(self._topic, payload, **{"qos": 1, **options})

    def hears(self) -> tuple[str, int, dict[str, Any]]:
        what, code, said = self.heard.get(timeout=20)
        return what, code, {} if said is None else said.json()


def test_an_independent_client_understands_every_word(twin: RunningTwin) -> None:
    with Paho(twin, "g-050", "") as client:
        what, code, said = client.hears()
        assert (what, code) == ("connect", 0)
        limit = LIMITS[acquisition(twin)]
        assert (said["MaximumQoS"], said["RetainAvailable"], said["MaximumPacketSize"]) == (1, 0, limit + 18 * 1024)
        assert said["AssignedClientIdentifier"].startswith("auto-")
        client.publish(b'{"n":1}')
        assert client.hears()[:2] == ("publish", 0)
        client.publish(b"hello")
        what, code, said = client.hears()
        assert (what, code) == ("publish", 0x99)
        assert len(said["ReasonString"]) > 10
        client.publish(b'{"n":2}'.ljust(limit + 1))
        what, code, said = client.hears()
        assert (what, code) == ("disconnect", 0x95)
        assert "the limit is" in said["ReasonString"]
    with Paho(twin, "g-051", "plug") as first:
        assert first.hears()[:2] == ("connect", 0)
        with Paho(twin, "g-051", "plug") as second:
            assert second.hears()[:2] == ("connect", 0)
            what, code, said = first.hears()
            assert (what, code, said["ReasonString"]) == ("disconnect", 0x8E, "another client has this client id")
            first._client.disconnect()  # it would come back, and end the second
