"""Clients that do everybody harm, beside an honest device, on a cloud of each kind: it is served, and nothing is lost.

How long it waits is measured in `benchmarks/abuse.py`; here it must be served while the abuse goes on.
"""

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.mqtt import publish
from tests.rigs.raw_device import RawDevice
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.emulator.adapters.device_authenticator import GATEWAY, password
from twin2multicloud.emulator.delivery.backlog import Bounds
from twin2multicloud.emulator.mqtt import packets

pytestmark = pytest.mark.functional

each_cloud = pytest.mark.parametrize("cloud", [AWS, AZURE, GCP])


@pytest.fixture(scope="module", params=[AWS, AZURE, GCP])
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    with running(write_project(tmp_path_factory.mktemp("t") / "p", placement(*[request.param] * 3))) as running_twin:
        yield running_twin


def port(twin: RunningTwin) -> int:
    found = twin.deployment.acquisition.mqtt_port
    assert found is not None
    return found


def device(twin: RunningTwin, user: str, **options: int) -> RawDevice:
    return RawDevice(port(twin), **options).sign_in(user, user, password(twin.secrets.device_key, user))


def of(user: str, payload: bytes, packet_id: int = 1) -> bytes:
    return publish(payload, packet_id, topic=f"dt/testtwin/{user}/telemetry")


class Abuse:
    """An abuse that goes on in a thread of its own until it is over."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._over, self.times = threading.Event(), 0
        self._thread = threading.Thread(target=self._run, args=(act,))

    def _run(self, act: Callable[[], None]) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                act()
            self.times += 1

    def __enter__(self) -> "Abuse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def assert_served(twin: RunningTwin, user: str, publishes: int = 15) -> None:
    """A device that is in is acknowledged, one publish after the other, and another one gets in."""
    with device(twin, user) as honest:
        for number in range(publishes):
            honest.send(of(user, b'{"n":%d,"ts":%d}' % (number, 1_700_000_000_000 + number), number + 1))
            assert honest.answer() == (packets.PUBACK, (number + 1).to_bytes(2, "big"))
    twin.settle()
    assert twin.values(user, "n") == list(range(publishes))


def test_a_client_that_never_reads_its_answers_is_not_read(twin: RunningTwin) -> None:
    """Answers of 100 bytes for each 400 of the flood: the endpoint's side holds a few hundred kilobytes of them."""
    flood = packets.packet(packets.SUBSCRIBE, b"\x00\x01" + b"\x00\x01t\x01" * 100) * 50_000
    with device(twin, "g-001", buffer=4_096) as deaf:
        sent = deaf.send_some(flood, 0.5)
        assert sent < len(flood), "it is not read for ever"
        assert_served(twin, "g-002")


@pytest.mark.parametrize(
    "payload", [b"[" + b"[]," * 40_000 + b"[]]", b"[" + b"1," * 60_000 + b"1]"], ids=["empty lists", "numbers"]
)
def test_very_many_elements_are_one_event_and_hold_nobody_up(twin: RunningTwin, payload: bytes) -> None:
    errors = sum(each.errors for each in twin.client.statuses())
    log = len(twin.log(twin.deployment.acquisition.cloud))
    with device(twin, "g-010") as abuser:
        for number in range(5):
            abuser.send(of("g-010", payload, number + 1))
        assert_served(twin, "g-011")
        for number in range(5):
            assert abuser.answer() == (packets.PUBACK, (number + 1).to_bytes(2, "big"))
    assert sum(each.errors for each in twin.client.statuses()) == errors + 5
    assert len(twin.log(twin.deployment.acquisition.cloud)) - log < 5_000


def test_many_topics_hold_nobody_up(twin: RunningTwin) -> None:
    def subscribe() -> None:
        with device(twin, "g-020") as abuser:
            abuser.send(packets.packet(packets.SUBSCRIBE, b"\x00\x01" + b"\x00\x01t\x01" * 30_000))
            assert abuser.is_closed()

    with Abuse(subscribe) as abuse:
        assert_served(twin, "g-021")
    assert abuse.times > 1


def test_a_flood_of_connects_leaves_room(twin: RunningTwin) -> None:
    with Abuse(lambda: socket.create_connection(("127.0.0.1", port(twin)), timeout=5).close()) as abuse:
        assert_served(twin, "g-030")
    assert abuse.times > 10


def test_half_open_connections_leave_room(twin: RunningTwin) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(RawDevice(port(twin))) for _ in range(300)]
        for each in crowd[:100]:
            each.send(b"\x10")  # the beginning of a CONNECT
        assert_served(twin, "g-040")


def test_wrong_passwords_leave_room(twin: RunningTwin) -> None:
    def guess() -> None:
        with suppress(AssertionError), RawDevice(port(twin)) as guesser:
            guesser.sign_in("c", "g-050", "guess")

    before = len(twin.log(twin.deployment.acquisition.cloud))
    with Abuse(guess) as abuse:
        assert_served(twin, "g-051")
    assert abuse.times > 10
    assert twin.log(twin.deployment.acquisition.cloud)[before:].count("rejected 'g-050'") <= 1


def post(twin: RunningTwin, user: str, body: bytes, length: int | None = None) -> bytes:
    """A publish over HTTPS as it is written to a socket."""
    signed = base64.b64encode(f"{user}:{password(twin.secrets.device_key, user)}".encode()).decode()
    head = f"POST /topics/dt/testtwin/{user}/telemetry HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {signed}\r\n"
    return f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def test_half_of_a_request_is_nothing_and_unfinished_ones_leave_room(twin: RunningTwin) -> None:
    where = "127.0.0.1", twin.deployment.acquisition.http_port
    whole, half = post(twin, "g-060", b'{"n":1,"ts":1}'), post(twin, "g-061", b'{"n":1,"ts":1}', length=100)
    with ExitStack() as stack:
        for part in [half, half[:40], b""] * 100:
            stack.enter_context(socket.create_connection(where, timeout=10)).sendall(part)
        with socket.create_connection(where, timeout=10) as honest:
            honest.sendall(whole)
            assert honest.recv(1_000).startswith(b"HTTP/1.1 200")
        assert_served(twin, "g-062", publishes=5)
    twin.settle()
    assert twin.values("g-060", "n") == [1]
    assert twin.values("g-061", "n") == [], "its clients went before their requests were whole"


WAIT = """
import pathlib, time

def process(telemetry):
    while pathlib.Path({flag!r}).exists():
        time.sleep(0.02)
    return telemetry
"""


@each_cloud
def test_a_backlog_has_a_bound_is_seen_and_nothing_acknowledged_is_lost(tmp_path: Path, cloud: str) -> None:
    flag = tmp_path / "wait"
    flag.touch()
    folder = write_project(
        tmp_path / "p",
        placement(*[cloud] * 3),
        config_iot_devices={
            "types": {
                "counter": {
                    "properties": [{"name": "n", "data_type": "LONG"}, {"name": "s", "data_type": "STRING"}],
                    "processor": "wait",
                }
            },
            "devices": [{"id": "d1", "type": "counter"}],
        },
    )
    (folder / "processors").mkdir()
    (folder / "processors" / "wait.py").write_text(WAIT.format(flag=str(flag)))
    count = 1_900  # of 2 KB: fewer than our client has waiting before it blocks
    with running(folder, bounds=Bounds(bytes=200_000)) as twin:
        try:
            with twin.connect(user=GATEWAY) as gateway:
                for number in range(count):
                    gateway.publish("d1", {"n": number, "s": "x" * 2_000, "ts": 1_700_000_000_000 + number})
                assert not gateway.wait_for_acknowledgements(1), "4 MB do not fit into 200 KB"
                (status,) = twin.client.statuses()
                assert (
                    200_000 < status.waiting_bytes < 2_500_000
                )  # the bound, and what was on its way when it was reached
                assert "wait, the bound is" in str(status.holding_back)
                assert gateway.acknowledged == status.published < count
                flag.unlink()
                assert gateway.wait_for_acknowledgements(60)
            (status,) = twin.settle()
        finally:
            flag.unlink(missing_ok=True)
        assert (status.holding_back, status.published) == (None, count)
        assert sorted(twin.values("d1", "n")) == list(range(count))
