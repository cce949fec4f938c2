"""A twin that runs: real processes of emulated clouds over a project folder, started and always stopped."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rigs.clouds import AWS, AZURE, GCP
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.emulator.delivery.backlog import Bounds
from twin2multicloud.emulator.delivery.queues import KEEPS
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets, Runtime, Tls, load_secrets, prepare
from twin2multicloud.emulator.host.processes import kill, start_cloud, stop, wait_until_up
from twin2multicloud.emulator.host.status import CloudStatus
from twin2multicloud.fleet.mqtt_device import DeviceConnection
from twin2multicloud.operations.bring_up import lay_out_bundles
from twin2multicloud.operations.checks import wait_until_settled
from twin2multicloud.operations.dead_letters import Selection
from twin2multicloud.operations.readings import connection
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.project.loader import load_project
from twin2multicloud.wire.limits import FUNCTION_SECONDS

AWS, AZURE, GCP = AWS, AZURE, GCP
ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")


def placement(l1: Cloud, l2: Cloud, l3: Cloud) -> Placement:
    """Three slots as said; everything after the hot store is where that is."""
    rest = dict.fromkeys((Slot.L3_HOT, Slot.L3_COLD, Slot.L3_ARCHIVE, Slot.L4, Slot.L5), l3)
    return Placement.of({Slot.L1: l1, Slot.L2: l2, **rest})


def write_project(folder: Path, where: Placement, **changes: Mapping[str, Any]) -> Path:
    """A small project: device `d1` with a property of each type, group `g` of 100 counters. `changes` are by file."""
    files: dict[str, dict[str, Any]] = {
        "config": {
            "name": "testtwin",
            "hot_retention_days": 7,
            "cold_retention_days": 30,
            "mode": "production",
            "dashboard": "twin",
        },
        "config_providers": {f"layer_{_KEYS[slot]}_provider": where[slot] for slot in Slot},
        "config_iot_devices": {
            "types": {
                "all": {"properties": [{"name": kind.lower(), "data_type": kind} for kind in _TYPES]},
                "counter": {"properties": [{"name": "n", "data_type": "LONG"}]},
            },
            "devices": [
                {"id": "d1", "type": "all"},
                {"name": "g", "type": "counter", "count": 100, "id_pattern": "g-{n:03}"},
            ],
        },
        "config_hierarchy": {"entities": [{"id": "e1", "components": [{"name": "c1", "device": "d1"}]}]},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps({**content, **changes.get(name, {})}))
    return folder


_TYPES = ("STRING", "DOUBLE", "INTEGER", "LONG", "BOOLEAN")
_KEYS = {
    Slot.L1: "1", Slot.L2: "2", Slot.L3_HOT: "3_hot", Slot.L3_COLD: "3_cold",
    Slot.L3_ARCHIVE: "3_archive", Slot.L4: "4", Slot.L5: "5",
}  # fmt: skip


class RunningTwin:
    """A deployment under test."""

    def __init__(self, deployment: LocalDeployment) -> None:
        self.deployment = deployment
        self.client = TwinClient(deployment)

    @property
    def folder(self) -> Path:
        return Path(self.deployment.folder)

    @property
    def secrets(self) -> LocalSecrets:
        return load_secrets(Path(self.deployment.folder))

    def connect(self, **options: Any) -> DeviceConnection:
        return connection(self.deployment, **options)

    def publish(self, device: str, *payloads: object) -> None:
        with self.connect() as gateway:
            for payload in payloads:
                gateway.publish(device, payload)
            assert gateway.wait_for_acknowledgements(30)

    def settle(self, timeout: float = 60.0) -> tuple[CloudStatus, ...]:
        return wait_until_settled(self.client, timeout, time.sleep, time.monotonic)

    def redrive(self) -> int:
        return sum(each.messages for each in self.client.letters.redrive(Selection()))

    def values(self, device: str, name: str) -> list[Any]:
        return [value for _, value in self.client.history(device, [name], *ALWAYS, 10_000_000)[name]]

    def kill(self, cloud: Cloud) -> None:
        kill(self.deployment, cloud)

    def start(self, cloud: Cloud) -> None:
        start_cloud(self.deployment, cloud)
        wait_until_up(self.deployment, [cloud])

    def log(self, cloud: Cloud) -> str:
        return self.deployment.state.log(cloud).read_text()


@contextmanager
def running(
    folder: Path,
    *,
    tls: Tls | None = None,
    twin_tls: Tls | None = None,
    bounds: Bounds | None = None,
    keeps_seconds: float = KEEPS,
    function_seconds: float = FUNCTION_SECONDS,
) -> Iterator[RunningTwin]:
    """Start the clouds of a project folder; stop them at the end, come what may."""
    project, runtime = load_project(folder), Runtime(os.environ.get("T2MC_RUNTIME", Runtime.SOURCE))
    deployment = prepare(
        project,
        bounds=bounds,
        keeps_seconds=keeps_seconds,
        function_seconds=function_seconds,
        tls=tls,
        twin_tls=twin_tls,
        runtime=runtime,
    )
    if runtime is Runtime.BUNDLES:
        lay_out_bundles(project, deployment)
    names = [site.cloud for site in deployment.sites]
    twin = RunningTwin(deployment)
    try:
        for site in deployment.sites:
            start_cloud(deployment, site.cloud)
        wait_until_up(deployment, names)
        yield twin
    finally:
        twin.client.close()
        for name in names:
            stop(deployment, name)
