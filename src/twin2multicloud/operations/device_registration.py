"""Registers the devices of a twin: registry, order and files. Asks and prints nothing.

A device's credentials are written down as soon as the registry gives them, before the next is asked for. Also says what
a deployment has in the way: on AWS a policy that certificates have cannot be deleted (iot DeletePolicy), so that the
registrations go first; elsewhere they go with the service that holds them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.domain.twin import Twin
from twin2multicloud.operations.device_files import DeviceFiles
from twin2multicloud.planning.clouds import Deployed, deployed_on, known_clouds, label_of, pack
from twin2multicloud.ports.device_connection import Connection
from twin2multicloud.ports.device_registry import DeviceRegistry
from twin2multicloud.terraform.engine import Changes

JOB, REGISTERED, REMOVED = "devices", "registered", "removed"
_REMOVED_AT_ONCE = 100


class Gateway(msgspec.Struct, frozen=True):
    """Where a twin's devices sign in: their registry, and how one of them connects, by its id."""

    cloud: Cloud
    registry: DeviceRegistry
    connection: Callable[[str], Connection]


class Standing(msgspec.Struct, frozen=True):
    """One device: whether it may connect, whether its files are here, whether the project knows it."""

    device_id: str
    registered: bool
    has_files: bool
    in_project: bool


class _Outputs(dict[str, str]):
    """A deployment's outputs that are text. One that is missing is from before it was needed."""

    def __missing__(self, name: str) -> str:
        raise ConfigurationError(f"the deployment has no output {name}; run `t2mc deploy` again, then retry")


def deployed_gateway(twin: Twin, outputs: Mapping[str, Any]) -> Gateway:
    """The gateway of a deployed twin. Raises ConfigurationError where L1 is not deployed on the project's cloud."""
    cloud = twin.placement[Slot.L1]
    if deployed_on(cloud).sign not in outputs:
        where = f"{twin.name}'s devices are to connect to {label_of(cloud)}"
        raise ConfigurationError(f"{where}, but it is not deployed there; run `t2mc deploy` first")
    return _open(cloud, outputs)


def gateway_in_the_way(changes: Changes, outputs: Mapping[str, Any]) -> Gateway | None:
    """The gateway whose registrations must be removed before a plan can be applied, if any."""
    for cloud, deployed in _deployable():
        if changes.goes(deployed.in_the_way) and {deployed.sign, "twin"} <= outputs.keys():
            return _open(cloud, outputs)
    return None


def cloud_left(changes: Changes) -> Cloud | None:
    """The cloud where a plan ends every registration, if any."""
    signs = [(cloud, each.in_the_way, each.gone_with) for cloud, each in _deployable()]
    return next((cloud for cloud, *ends in signs if any(changes.goes(end) for end in ends)), None)


def register(gateway: Gateway, files: DeviceFiles, device_ids: Iterable[str], report: Report) -> int:
    """Register devices and write their credentials; returns how many are new. Raises as the registry does."""
    files.prepare()
    count = 0
    for each in gateway.registry.register(device_ids):
        folder = files.write(each, gateway.connection(each.device_id))
        report(_progress(gateway, REGISTERED, each.device_id, f"{each.device_id}: {folder}"))
        count += 1
    return count


def renew(gateway: Gateway, files: DeviceFiles, device_ids: Sequence[str], report: Report) -> int:
    """Renew the credentials of devices and revoke the old ones; returns how many."""
    gateway.registry.remove(device_ids)
    files.remove(device_ids)
    return register(gateway, files, device_ids, report)


def remove(gateway: Gateway, files: DeviceFiles, device_ids: Iterable[str], report: Report) -> int:
    """Remove the registrations and files of devices; returns how many."""
    count, waiting = 0, iter(device_ids)
    while some := list(islice(waiting, _REMOVED_AT_ONCE)):
        gateway.registry.remove(some)
        files.remove(some)
        for each in some:
            report(_progress(gateway, REMOVED, each, f"{each} is removed"))
        count += len(some)
    return count


def standings(gateway: Gateway, files: DeviceFiles, catalog: DeviceCatalog) -> Iterator[Standing]:
    """Every device of the project, and then those that are registered and no longer in it."""
    registered = set(gateway.registry.registered())
    for each in catalog.ids():
        yield Standing(each, each in registered, files.has(each), in_project=True)
    for each in sorted(registered):
        if catalog.find(each) is None:
            yield Standing(each, registered=True, has_files=files.has(each), in_project=False)


def count_unregistered(gateway: Gateway, catalog: DeviceCatalog) -> int:
    """How many devices of the project may not connect yet."""
    return len(catalog) - sum(catalog.find(each) is not None for each in gateway.registry.registered())


def _open(cloud: Cloud, outputs: Mapping[str, Any]) -> Gateway:
    texts = _Outputs({name: value for name, value in outputs.items() if isinstance(value, str)})
    deployed = deployed_on(cloud)
    return Gateway(cloud, deployed.open_registry(texts), lambda device_id: deployed.connection_of(texts, device_id))


def _deployable() -> Iterator[tuple[Cloud, Deployed]]:
    for cloud in known_clouds():
        if (deployed := pack(cloud).deployed) is not None:
            yield cloud, deployed


def _progress(gateway: Gateway, kind: str, device_id: str, message: str) -> Progress:
    return Progress(job=JOB, cloud=gateway.cloud, kind=kind, address=device_id, message=message)
