"""What more devices and more connections cost, each beside one device on one connection, in alternating rounds."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.rigs.clouds import GCP
from tests.rigs.running_twin import RunningTwin

from benchmarks import pipelines
from benchmarks.cpu import cpu_seconds, memory_mb, wait_until_stored
from benchmarks.end_to_end import payloads
from benchmarks.load import Crowd, publishes
from benchmarks.pipelines import Pipeline
from benchmarks.report import Result, Section
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.host.processes import pid_of

_DEVICES = {
    "types": {"counter": {"properties": [{"name": "n", "data_type": "LONG"}]}},
    "devices": [
        {"id": "d1", "type": "counter"},
        {"name": "g", "type": "counter", "count": 100_000, "id_pattern": "g-{n:06}"},
    ],
}
_CONNECTIONS = 1_000
_Run = Callable[[RunningTwin, Pipeline, list[bytes]], None]


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    count, rounds = (2_000, 1) if quick else (100_000, 3)
    runs: dict[str, _Run] = {"one": _one, "connections": _connections, "devices": _devices}
    cpu: dict[str, list[float]] = {name: [] for name in runs}
    memory: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, publish in runs.items():
            used, grown = _cost(publish, count)
            cpu[name].append(used)
            memory[name].append(grown)

    def ratio(name: str) -> str:
        ratios = [some / one for some, one in zip(cpu[name], cpu["one"], strict=True)]
        return f"{median(cpu[name]):,.0f} µs, {median(ratios):.2f} × one"

    more = median(some - one for some, one in zip(memory["devices"], memory["one"], strict=True))
    return {
        f"Growth: {count:,} readings, one a publish; medians of {rounds} alternating rounds": [
            Result("one device, one connection", f"{median(cpu['one']):,.0f} µs"),
            Result(f"{_CONNECTIONS:,} connections, a device each", ratio("connections"), "1.3 ×"),
            Result(f"{min(count, 100_000):,} devices, one connection", ratio("devices"), "1.3 ×"),
            Result("memory that these devices add at L3-hot", f"{more:,.0f} MB", "60 MB"),
        ]
    }


def _cost(publish: _Run, count: int) -> tuple[float, float]:
    """CPU µs a reading over all processes, and by how many MB L3's process grew."""
    sent = payloads(count)
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        pipelines.twin(Path(folder), config_iot_devices=_DEVICES) as (twin, pipeline),
    ):
        l3 = pid_of(twin.deployment, GCP)
        assert l3 is not None
        used, grown = cpu_seconds(pipeline.pids), memory_mb(l3)
        publish(twin, pipeline, sent)
        stored, _ = wait_until_stored(pipeline, count)
        assert stored == count, f"{stored} of {count} readings were stored"
        return 1e6 * (cpu_seconds(pipeline.pids) - used) / count, memory_mb(l3) - grown


def _one(_twin: RunningTwin, pipeline: Pipeline, sent: list[bytes]) -> None:
    with _connected(pipeline) as send:
        send(publishes(_topic(1), sent))


def _devices(_twin: RunningTwin, pipeline: Pipeline, sent: list[bytes]) -> None:
    with _connected(pipeline) as send:
        send([publishes(_topic(1 + number), [payload])[0] for number, payload in enumerate(sent)])


def _connections(twin: RunningTwin, _pipeline: Pipeline, sent: list[bytes]) -> None:
    names = [f"g-{1 + number:06}" for number in range(_CONNECTIONS)]
    port, key = twin.deployment.acquisition.mqtt_port, twin.secrets.device_key
    assert port is not None
    crowd = Crowd(port, [(name, password(key, name)) for name in names])
    crowd.send([publishes(_topic(1 + n), sent[n::_CONNECTIONS]) for n in range(_CONNECTIONS)])
    crowd.close()


@contextmanager
def _connected(pipeline: Pipeline) -> Iterator[Callable[[list[bytes]], None]]:
    load = pipeline.connect(_CONNECTIONS)  # as many unacknowledged as the connections have
    yield load.send
    load.close()


def _topic(number: int) -> str:
    return telemetry_topic("testtwin", f"g-{number:06}")
