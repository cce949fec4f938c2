"""Each bundle under its runtime, with its cloud's SDK and nothing else of ours: all that it needs, it carries.

What a bundle leaves out is decided by reading the wiring; here every function is wired for real, by its own entry and
for its cloud's own adapters, and then started, as it is in the cloud. Every service refuses, so that errors are sent
and messages put aside, too.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
from tests.rigs.clock import START
from tests.rigs.clouds import ALL
from tests.rigs.envelopes import TRACE, body
from tests.rigs.error_store import error_event
from tests.rigs.refusing_services import Refusing, refusing
from tests.rigs.runtime_bundle import Running
from tests.rigs.runtime_process import LOG
from tests.rigs.twins import twin
from tests.rigs.world import resolved

from twin2multicloud.domain.event_rule import Event
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.domain.telemetry import normalise
from twin2multicloud.functions.events.fired_events import as_reading
from twin2multicloud.functions.storage.chunks import next_chunk
from twin2multicloud.functions.wiring import FUNCTIONS
from twin2multicloud.packaging.bundle import Bundle, bundles
from twin2multicloud.planning.planner import plan
from twin2multicloud.ports.hot_store import RangeQuery
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.chunks import NAME_HEADER
from twin2multicloud.wire.http import Request
from twin2multicloud.wire.tokens import HEADER

pytestmark = pytest.mark.functional


def _every_bundle() -> dict[str, tuple[Bundle, dict[str, str]]]:
    """Each function of each cloud once, with its environment; L1 elsewhere, so that there are connectors too."""
    found: dict[str, tuple[Bundle, dict[str, str]]] = {}
    for cloud in ALL:
        other = next(each for each in ALL if each != cloud)
        alone = Placement.single(cloud)
        elsewhere = ({"l1": other}, {"l2": other}, {"l3_hot": other}, {"l3_cold": other})
        for placement in (alone, *(msgspec.structs.replace(alone, **slots) for slots in elsewhere)):
            placed = twin(placement, events=True)
            topology = plan(placed)
            for each in bundles(placed, topology, {}, actions={"cool": b"def act(event):\n    pass\n"}):
                component = next(one for one in topology.on(each.cloud) if one.name == each.function)
                found.setdefault(each.name, (each, resolved(component)))
    return found


BUNDLES = _every_bundle()

MISSED = "missed.txt"
WATCH = f"""
import sys
class LastResort:
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] == "twin2multicloud":
            with open(__file__.replace("sitecustomize.py", {MISSED!r}), "a") as missed:
                missed.write(name + "\\n")
sys.meta_path.append(LastResort())
"""
"""In the bundle's process: what of ours was asked for and not found is written down, whoever swallows the error."""


def _device(running: Running, _: str) -> None:
    assert not running.runtime.publish([("sensor-1", {"temperature": 21.5})]), "it was taken"


RECORD = queue_records.encode([normalise({"temperature": 21.5}, now=START, device_id="sensor-1").encoded], TRACE, START)


def _queue(running: Running, _: str) -> None:
    assert running.runtime.deliver([RECORD]) == [0]


def _report(running: Running, _: str) -> None:
    assert running.runtime.deliver([msgspec.json.encode(error_event())]) == [0]


def _act(running: Running, _: str) -> None:
    event = Event(id="e" * 24, rule="hot-function", device_id="sensor-1", timestamp=START, since=START, values={})
    assert running.runtime.deliver([queue_records.encode([as_reading(event).encoded], TRACE, START)]) == [0]


def _list(running: Running, token: str) -> None:
    assert running.runtime.call({"action": "list"}, token) is None


def _endpoint(layer: Slot, **more: object) -> Callable[[Running, str], None]:
    def start(running: Running, token: str) -> None:
        request = Request("POST", "/", {HEADER: token}, body(target_layer=layer, **more))
        assert running.runtime.request(request).status == 500

    return start


def _call(running: Running, token: str) -> None:
    asked = {"iotDeviceId": "sensor-1", "selectedProperties": ["temperature"]}
    assert running.runtime.call(asked, token) is None


def _administer(running: Running, token: str) -> None:
    assert running.runtime.call({"action": "erase", "device_id": "sensor-1"}, token) is None


def _state(running: Running, token: str) -> None:
    assert running.runtime.call({"path": "/entities/room-1/components/thermostat/state"}, token) is None


def _publish(running: Running, _: str) -> None:
    basic = "Basic " + base64.b64encode(b"sensor-1:key").decode()
    request = Request("POST", "/topics/dt/house/sensor-1/telemetry", {"authorization": basic}, b"{}")
    assert running.runtime.request(request).status == 500


def _schedule(running: Running, _: str) -> None:
    assert not running.runtime.tick(), "the cloud would not try again"


def _move(running: Running, token: str) -> None:
    """As `t2mc move` does: a scheduled run takes a share of the devices, which may be none."""
    assert running.runtime.call({}, token) is None


def _chunk(running: Running, token: str) -> None:
    chunk = next_chunk([normalise({"temperature": 21.5}, now=START, device_id="sensor-1")])
    assert chunk is not None
    request = Request("POST", "/", {HEADER: token, NAME_HEADER: str(chunk.name)}, chunk.body)
    assert running.runtime.request(request).status == 500


def _tier(running: Running, token: str) -> None:
    query = RangeQuery(device_id="d", start=START, end=START, properties=("temperature",), limit=1)
    assert running.runtime.request(Request("POST", "/", {HEADER: token}, msgspec.json.encode(query))).status == 500


STARTS: Mapping[str, Callable[[Running, str], None]] = {
    "device-gateway": _publish,
    "dispatcher": _device,
    "connector": _queue,
    "ingestion": _endpoint(Slot.L2),
    "processor": _queue,
    "persister": _queue,
    "hot-writer": _endpoint(Slot.L3_HOT),
    "hot-reader": _call,
    "hot-reader-last-entry": _call,
    "digital-twin-data-connector": _call,
    "digital-twin-data-connector-last-entry": _call,
    "twin-service": _state,
    "twin-updater": _queue,
    "twin-writer": _endpoint(Slot.L4, payload={"device_id": "sensor-1", "temperature": 21.5}),
    "hot-store-admin": _administer,
    "cold-store-admin": _administer,
    "archive-store-admin": _administer,
    "event-checker": _queue,
    "event-action": _act,
    "event-table-admin": _list,
    "error-reporter": _report,
    "error-table-admin": _schedule,
    "hot-to-cold-mover": _move,
    "cold-to-archive-mover": _move,
    "cold-writer": _chunk,
    "archive-writer": _chunk,
    "cold-reader": _tier,
    "archive-reader": _tier,
}
"""What starts each function, and what comes of it where every service refuses."""


@pytest.fixture(scope="module")
def services() -> Iterator[Refusing]:
    with refusing() as found:
        yield found


def test_every_function_is_here() -> None:
    assert STARTS.keys() == FUNCTIONS
    assert {each.function for each, _ in BUNDLES.values()} == FUNCTIONS


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_a_bundle_carries_what_its_function_needs(name: str, services: Refusing, tmp_path: Path) -> None:
    bundle, env = BUNDLES[name]
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    running = Running(bundle, services.environment(bundle.cloud, env), tmp_path, ports="cloud")
    asked = services.calls
    try:
        STARTS[bundle.function](running, env.get("INTER_CLOUD_TOKEN", ""))
    finally:
        running.runtime.close()
    assert services.calls > asked, "no adapter was used"
    assert not (tmp_path / MISSED).exists(), (tmp_path / MISSED).read_text()
    assert "NameError" not in (tmp_path / LOG).read_text()
