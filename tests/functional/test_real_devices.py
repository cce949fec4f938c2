"""The page docs/real_devices.md: its project runs, and messages as its devices send them arrive, on every L1."""

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import ALWAYS, RunningTwin, placement, running, write_project

from twin2multicloud.emulator.adapters.device_authenticator import password

pytestmark = pytest.mark.functional

PAGE = (Path(__file__).parents[2] / "docs" / "real_devices.md").read_text(encoding="utf-8")
PROJECT = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0])
HIERARCHY = {"entities": [{"id": "home", "components": [{"name": "plug", "device": "plug-1"}]}]}
CONFIG = {"time_zone": "Europe/Berlin"}

SENSOR = {"Time": "2026-01-15T11:29:00", "ENERGY": {"Total": 3.705, "Today": 0.026, "Power": 5, "Voltage": 233}}
STATE = {"Time": "2026-01-15T11:29:00", "Uptime": "0T00:10:11", "POWER": "ON", "Wifi": {"RSSI": 44}}
ZIGBEE = {"temperature": 27.34, "humidity": 44.72, "last_seen": "2026-01-15T10:29:00.000Z", "update": {"state": "idle"}}
UPLINK = {
    "end_device_ids": {"device_id": "soil-1"},
    "received_at": "2026-01-15T10:29:00.912Z",
    "uplink_message": {
        "f_port": 1,
        "decoded_payload": {"moisture": 31.5},
        "rx_metadata": [{"rssi": -35}],
        "received_at": "2026-01-15T10:29:00.801234567Z",
    },
}
BOILERS = {
    "boiler 1": [{"ts": 1768472940000, "values": {"pressure": 1.5}}],
    "boiler 9": [{"ts": 1768472940000, "values": {"pressure": 9.9}}],
}


@pytest.fixture(scope="module", params=[AWS, GCP])
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    folder = write_project(
        tmp_path_factory.mktemp("t") / "p",
        placement(request.param, AWS, AWS),
        config=CONFIG,
        config_iot_devices=PROJECT,
        config_hierarchy=HIERARCHY,
    )
    with running(folder) as running_twin:
        yield running_twin


def publish(twin: RunningTwin, user: str, *messages: tuple[str, Any], qos: int = 1) -> None:
    """Publish as a device's own client does: to its own topics, retained or not, over one connection."""
    with twin.connect(user=user) as device:
        for topic, message in messages:
            body = message if isinstance(message, str) else json.dumps(message)
            sent = device._client.publish(topic, body, qos=qos)
            sent.wait_for_publish(10)
            assert sent.is_published()


def test_a_tasmota_plug(twin: RunningTwin) -> None:
    others = [("tele/plug-1/LWT", "Online"), ("tele/plug-1/STATE", STATE), ("stat/plug-1/RESULT", {"POWER": "ON"})]
    publish(twin, "plug-1", *others, ("tele/plug-1/SENSOR", SENSOR))
    twin.settle()
    for name, value in (("power", 5), ("energy_today", 0.026)):
        points = twin.client.history("plug-1", [name], *ALWAYS, 10)[name]
        assert points == [("2026-01-15T10:29:00.000Z", value)]
    status = next(each for each in twin.client.statuses() if each.cloud == twin.deployment.acquisition.cloud)
    assert status.ignored >= 3
    shown = t2mc("status", twin.deployment.folder, columns=200)
    assert f"took and ignored {status.ignored:,} publishes" in shown.stdout + shown.stderr


def test_a_zigbee2mqtt_sensor(twin: RunningTwin) -> None:
    publish(
        twin,
        "zigbee-bridge",
        ("zigbee2mqtt/bridge/state", {"state": "online"}),
        ("homeassistant/sensor/x/config", "{}"),
        ("zigbee2mqtt/a lamp of nobody", {"state": "ON"}),
        ("zigbee2mqtt/kitchen-climate", ZIGBEE),
    )
    twin.settle()
    assert twin.values("kitchen-climate", "temperature") == [27.34]
    assert twin.values("kitchen-climate", "humidity") == [44.72]


def post(twin: RunningTwin, uplink: object) -> tuple[int, str]:
    """What The Things Stack's webhook posts, and what it is answered."""
    signed = base64.b64encode(f"ttn-webhook:{password(twin.secrets.device_key, 'ttn-webhook')}".encode()).decode()
    request = urllib.request.Request(
        f"{twin.deployment.acquisition.http_url}/topics/dt/testtwin/soil-1/telemetry",
        json.dumps(uplink).encode(),
        {"Authorization": f"Basic {signed}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_what_a_payload_cannot_be_read_by_is_refused_with_the_place(twin: RunningTwin) -> None:
    bare = {**UPLINK, "uplink_message": {"f_port": 1, "frm_payload": "gkHe"}}
    status, body = post(twin, bare)
    assert status == 400
    assert "uplink_message has no decoded_payload; give the device a payload formatter" in body


def test_what_mqtt_cannot_refuse_is_kept_and_comes_back_the_same(twin: RunningTwin) -> None:
    publish(twin, "plug-1", ("tele/plug-1/SENSOR", {"Time": "2026-01-15T12:00:00", "Switch1": "ON"}))
    twin.settle()
    listed = t2mc("dlq", "list", twin.deployment.folder, columns=300)
    assert "none of power, energy_today is in the message; it has Switch1" in listed.stdout, listed.stdout


def test_a_node_of_the_things_network(twin: RunningTwin) -> None:
    assert post(twin, UPLINK)[0] == 200
    twin.settle()
    assert twin.client.history("soil-1", ["moisture", "rssi"], *ALWAYS, 10) == {
        "moisture": [("2026-01-15T10:29:00.801Z", 31.5)],
        "rssi": [("2026-01-15T10:29:00.801Z", -35)],
    }


def test_a_thingsboard_gateway(twin: RunningTwin) -> None:
    connect = ("v1/gateway/connect", {"device": "boiler 1"})
    publish(twin, "boiler-gateway", connect, ("v1/gateway/telemetry", BOILERS))
    twin.settle()
    assert twin.client.history("boiler-1", ["pressure"], *ALWAYS, 10)["pressure"] == [("2026-01-15T10:29:00.000Z", 1.5)]


def test_simulations_and_recordings_go_on(twin: RunningTwin, tmp_path: Path) -> None:
    recording = tmp_path / "soil.csv"
    recording.write_text("when,moisture\n2025-01-01T00:00:00Z,30.5\n2025-01-01T00:05:00Z,30.6\n")
    options = ("--device", "soil-1", "--time", "when", "--map", "moisture=moisture", "--check")
    replayed = t2mc("replay", twin.deployment.folder, recording, *options, columns=200)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "2 readings published and acknowledged, 2 stored, 0 cells left out" in replayed.stdout


def test_who_is_no_gateway_publishes_for_itself_only(twin: RunningTwin) -> None:
    with twin.connect(user="plug-1") as plug:
        plug._client.publish("zigbee2mqtt/kitchen-climate", json.dumps({"temperature": -99}), qos=1).wait_for_publish(1)
    twin.settle()
    assert -99 not in twin.values("kitchen-climate", "temperature")


@pytest.fixture(scope="module")
def on_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    """The same types where devices have one topic each, which Azure is refused to have more of."""
    types = {
        name: {key: each for key, each in said.items() if not key.endswith("topics")}
        for name, said in PROJECT["types"].items()
    }
    devices = [{key: each for key, each in device.items() if key != "gateway"} for device in PROJECT["devices"]]
    folder = write_project(
        tmp_path_factory.mktemp("azure") / "p",
        placement(AZURE, AWS, AWS),
        config=CONFIG,
        config_iot_devices={"types": types, "devices": devices},
        config_hierarchy=HIERARCHY,
    )
    with running(folder) as running_twin:
        yield running_twin


def test_payloads_are_read_on_azure_too(on_azure: RunningTwin) -> None:
    for device, message in (("plug-1", SENSOR), ("kitchen-climate", ZIGBEE), ("soil-1", UPLINK)):
        publish(on_azure, device, (f"dt/testtwin/{device}/telemetry", message))
    on_azure.settle()
    assert on_azure.values("plug-1", "power") == [5]
    assert on_azure.values("kitchen-climate", "humidity") == [44.72]
    assert on_azure.values("soil-1", "rssi") == [-35]


def test_a_message_is_checked_before_anything_runs(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path / "p",
        placement(AWS, AWS, AWS),
        config=CONFIG,
        config_iot_devices=PROJECT,
        config_hierarchy=HIERARCHY,
    )
    message = tmp_path / "message.json"
    message.write_text(json.dumps(SENSOR))
    good = t2mc("check-payload", folder, message, "--device", "plug-1", columns=200)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "power: 5 at ENERGY.Power" in good.stdout
    assert '"timestamp":"2026-01-15T10:29:00.000Z"' in good.stdout
    message.write_text('{"Time": "2026-01-15T11:29:00", "ENERGY": {"Power": NaN}}')
    bad = t2mc("check-payload", folder, message, "--device", "plug-1", columns=200)
    assert bad.returncode == 1
    lines = bad.stdout.splitlines()
    assert "NaN at byte 52" in bad.stdout
    marked = next(number for number, line in enumerate(lines) if line.strip() == "^")
    assert lines[marked - 1][lines[marked].index("^") :].startswith("NaN")
    planned = t2mc("plan", folder, columns=200)
    assert "tele/+/SENSOR" in planned.stdout
    assert "an IoT rule" in planned.stdout


def test_a_mended_mapping_brings_what_was_refused_home(tmp_path: Path) -> None:
    def described(path: str) -> Path:
        plug = {**PROJECT["types"]["tasmota-plug"], "payload": {"preset": "tasmota", "properties": {"power": path}}}
        devices = {"types": {"tasmota-plug": plug}, "devices": [{"id": "plug-1", "type": "tasmota-plug"}]}
        where = placement(AWS, AWS, AWS)
        files = {"config": CONFIG, "config_iot_devices": devices, "config_hierarchy": HIERARCHY}
        return write_project(tmp_path / "p", where, **files)

    with running(described("ENERGY.Powr")) as wrong:
        publish(wrong, "plug-1", ("tele/plug-1/SENSOR", SENSOR))
        wrong.settle()
        assert wrong.values("plug-1", "power") == []
    with running(described("ENERGY.Power")) as mended:
        for _ in range(2):  # twice changes nothing
            assert t2mc("dlq", "redrive", mended.deployment.folder).returncode == 0
            mended.settle()
            assert mended.client.history("plug-1", ["power"], *ALWAYS, 10)["power"] == [("2026-01-15T10:29:00.000Z", 5)]
