"""How long an honest device waits for its acknowledgement, alone and beside clients that do everybody harm.

Each abuser is a process of its own that does the same until it is killed. They take processor time from what is
measured on a small machine: the row of a client that spins beside the twin says how much.
"""

import multiprocessing
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.rigs.clouds import AWS
from tests.rigs.mqtt import publish
from tests.rigs.raw_device import RawDevice
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from benchmarks.report import Result, Section, percentile
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.mqtt import packets

_ABUSER, _HONEST = "g-001", "g-002"
_Abuse = Callable[[int, str], None]


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    seconds = 0.5 if quick else 4.0
    with tempfile.TemporaryDirectory(dir=".") as folder:
        project = write_project(Path(folder) / "p", placement(AWS, AWS, AWS))
        with running(project) as twin:
            _waits(twin, 0.5)  # warms up
            rows = [Result("alone", _said(_waits(twin, seconds)))]
            for what, abuse in _ABUSES.items():
                rows.append(Result(f"beside {what}", _said(_beside(twin, abuse, seconds)), "p99 ≤ 2 × alone"))
            rows.append(Result("alone again", _said(_waits(twin, seconds))))
    return {"An honest device's wait for its acknowledgement, 800 B every 5 ms: p50 / p99 / longest": rows}


def _said(waits: list[float]) -> str:
    return " / ".join(f"{1000 * percentile(waits, share):.1f}" for share in (0.5, 0.99, 1.0)) + " ms"


def _beside(twin: RunningTwin, abuse: _Abuse, seconds: float) -> list[float]:
    port, key = twin.deployment.acquisition.mqtt_port, password(twin.secrets.device_key, _ABUSER)
    abuser = multiprocessing.get_context("spawn").Process(target=abuse, args=(port, key), daemon=True)
    abuser.start()
    try:
        time.sleep(1.0)  # it is under way
        waits = _waits(twin, seconds)
        assert abuser.is_alive(), "the abuse was over too early"
        return waits
    finally:
        abuser.kill()
        abuser.join()
        twin.settle()


def _waits(twin: RunningTwin, seconds: float) -> list[float]:
    """The seconds from each publish to its acknowledgement."""
    port, waits = twin.deployment.acquisition.mqtt_port, list[float]()
    assert port is not None
    with RawDevice(port).sign_in(_HONEST, _HONEST, password(twin.secrets.device_key, _HONEST)) as device:
        end = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < end:
            payload = b'{"n":%d,"note":"%b"}' % (len(waits), b"x" * 770)
            device.send(_of(_HONEST, payload, 1 + len(waits) % 60_000))
            device.answer()
            waits.append(time.perf_counter() - begun)
            time.sleep(0.005)
    return waits


def _of(user: str, payload: bytes, packet_id: int = 1) -> bytes:
    return publish(payload, packet_id, topic=f"dt/testtwin/{user}/telemetry")


# --- abusers -------------------------------------------------------------------------------------------------------


def _spins(_port: int, _key: str) -> None:
    while True:
        pass


def _never_reads(port: int, key: str) -> None:
    flood = _of(_ABUSER, b'{"n":1,"ts":1}') * 10_000
    with RawDevice(port, buffer=4_096).sign_in(_ABUSER, _ABUSER, key) as device:
        while True:
            with suppress(OSError):
                device.send_some(flood, 3_600)


def _many_elements(port: int, key: str) -> None:
    payload = b"[" + b"[]," * 43_000 + b"[]]"
    with RawDevice(port).sign_in(_ABUSER, _ABUSER, key) as device:
        while True:
            device.send(_of(_ABUSER, payload))
            device.answer()


def _many_topics(port: int, key: str) -> None:
    packet = packets.packet(packets.SUBSCRIBE, b"\x00\x01" + b"\x00\x01t\x01" * 30_000)
    while True:
        with suppress(OSError), RawDevice(port).sign_in(_ABUSER, _ABUSER, key) as device:
            device.send(packet)
            device.is_closed()


def _connects(port: int, _key: str) -> None:
    while True:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()


def _half_open(port: int, _key: str) -> None:
    while True:
        with ExitStack() as stack, suppress(OSError):
            for _ in range(3_000):
                stack.enter_context(RawDevice(port)).send(b"\x10")
            time.sleep(2)


def _guesses(port: int, _key: str) -> None:
    while True:
        with suppress(OSError, AssertionError), RawDevice(port) as device:
            device.sign_in("c", _ABUSER, "guess")


_ABUSES: dict[str, _Abuse] = {
    "a process that spins and does not connect": _spins,
    "a client that publishes and never reads its acknowledgements": _never_reads,
    "publishes of 43,000 empty lists": _many_elements,
    "subscriptions to 30,000 topics": _many_topics,
    "a flood of connects": _connects,
    "3,000 half-open connections, again and again": _half_open,
    "guesses of a password": _guesses,
}
