"""A twin as its operator reaches it: the port where the emulated and the deployed one differ, and its two adapters.

Nothing is opened before it is asked for: no SDK, no engine. Prints nothing, and no line that it gives holds a key.
"""

import shlex
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.adapters.device_registry import KEY, LocalDeviceRegistry
from twin2multicloud.emulator.host.deployment import load_deployment, load_secrets
from twin2multicloud.emulator.host.processes import pid_of
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.device_files import DeviceFiles, files_of
from twin2multicloud.operations.device_registration import Gateway, deployed_gateway
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.clouds import deployed_on, label_of
from twin2multicloud.ports.device_connection import Connection
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.terraform.engine import environment
from twin2multicloud.terraform.rollout import deployed_outputs


class OperatedTwin(Protocol):
    """One twin, emulated or deployed. Methods raise TwinError where it is not running."""

    @property
    def catalog(self) -> DeviceCatalog:
        """Its devices."""

    @property
    def readers(self) -> HotReaders:
        """Its hot readers."""

    @property
    def gateway(self) -> Gateway:
        """Where its devices sign in."""

    @property
    def files(self) -> DeviceFiles:
        """Where devices' credentials are on this machine."""

    @property
    def gateway_label(self) -> str:
        """The cloud that its devices connect to, for people."""

    @property
    def notes(self) -> Sequence[str]:
        """Notes on how it differs from the project, a sentence each."""

    def explain_sign_in(self, device_ids: Sequence[str]) -> Sequence[str]:
        """Write the credentials of registered devices again, and return shell lines that publish as the first.

        Nothing happens where keys cannot be read back. Raises FinalError for a device that is not registered.
        """


class DeployedTwin:
    """An `OperatedTwin` on real clouds, by the outputs of its deployment."""

    notes = ()

    def __init__(self, project: Project) -> None:
        self._project, self._twin = project, project.twin
        self.catalog, self.files = project.twin.catalog, files_of(project.folder)
        self.gateway_label = label_of(project.twin.placement[Slot.L1])

    @cached_property
    def _outputs(self) -> dict[str, Any]:
        return deployed_outputs(self._project, environment())

    @property
    def readers(self) -> HotReaders:
        """See `OperatedTwin`. Raises ConfigurationError where they are not deployed on the project's cloud."""
        return open_readers(self._twin, self._outputs)

    @property
    def gateway(self) -> Gateway:
        """See `OperatedTwin`. Raises ConfigurationError where L1 is not deployed on the project's cloud."""
        return deployed_gateway(self._twin, self._outputs)

    def explain_sign_in(self, device_ids: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - clouds return a key once
        """See `OperatedTwin`."""
        return ()


class LocalTwin:
    """An `OperatedTwin` that `t2mc up` started from a folder, as it came up. All of its devices are registered first.

    Keys are derived here and can be returned again, so a device's files are written whenever it is named.
    """

    def __init__(self, folder: Path) -> None:
        """Raises TwinError where nothing was started from the folder."""
        self._folder, self._deployment = folder, load_deployment(folder)
        self.catalog = self._deployment.twin.catalog
        self.registry = LocalDeviceRegistry(
            self._deployment.state.device_registry, load_secrets(folder).device_key, self.catalog
        )
        self.files = DeviceFiles(self._deployment.state.local_device_credentials)
        self.gateway = Gateway(self._deployment.acquisition.cloud, self.registry, self.connection)
        self.gateway_label = f"the {label_of(self.gateway.cloud)} of this machine"

    @property
    def readers(self) -> HotReaders:
        """See `OperatedTwin`."""
        return TwinClient(self._deployment)

    @property
    def notes(self) -> Sequence[str]:
        """See `OperatedTwin`."""
        if pid_of(self._deployment, self.gateway.cloud) is None:
            return (f"the twin is not up; `t2mc up {self._folder}` starts it",)
        if self._deployment.describes(load_project(self._folder)):
            return ()
        return (
            "the project has changed since the twin came up, and this is about the twin; "
            f"`t2mc down {self._folder}` and then `t2mc up` take the changes in",
        )

    def connection(self, device_id: str) -> Connection:
        """How one device reaches the twin."""
        site, tls = self._deployment.acquisition, self._deployment.tls
        topic = telemetry_topic(self._deployment.twin.name, device_id)
        return Connection(
            device_id=device_id,
            cloud=site.cloud,
            protocol="mqtts" if tls else "mqtt",
            host="127.0.0.1",
            port=site.mqtt_port or 0,
            client_id=device_id,
            user_name=device_id,
            topic=topic,
            url=f"{site.http_url}/topics/{topic}",
            sign_in="password, of Basic authentication too: key.txt"
            + (f"; the server's certificate is {tls.certificate}" if tls else ""),
        )

    def explain_sign_in(self, device_ids: Sequence[str]) -> Sequence[str]:
        """See `OperatedTwin`. Over MQTT, and over HTTP."""
        self.files.prepare()
        self.files.remove(device_ids)
        for each in device_ids:
            self.files.write(self.registry.credentials(each), self.connection(each))
        return self.examples(device_ids[0]) if device_ids else ()

    def examples(self, device_id: str) -> tuple[str, str]:
        """Lines for a shell that publish a reading as a device: over MQTT, and over HTTP."""
        found, tls = self.connection(device_id), self._deployment.tls
        key = f'"$(cat {shlex.quote(str(self.files.folder(device_id) / KEY))})"'
        trust = f" --cafile {shlex.quote(tls.certificate)}" if tls else ""
        user, reading = shlex.quote(device_id), shlex.quote(self._reading(device_id))
        return (
            f"mosquitto_pub -h {found.host} -p {found.port}{trust} -q 1 -i {user} -u {user} -P {key} "
            f"-t {shlex.quote(found.topic)} -m {reading}",
            f"curl -u {user}:{key} -d {reading} {shlex.quote(found.url)}",
        )

    def _reading(self, device_id: str) -> str:
        """A sample reading: the first of a device's properties with an initial value."""
        found = self.catalog.type_of(device_id)
        sent = [each for each in (found.properties if found else ()) if each.constant is None]
        known = {each.name: each.initial for each in sent if each.initial is not None}
        name, value = next(iter(known.items()), ("value", 1))
        return msgspec.json.encode({name: value}).decode()


def open_twin(folder: Path, *, deployed: bool) -> OperatedTwin:
    """The twin of a project: the one on real clouds, or the one on this machine."""
    return DeployedTwin(load_project(folder)) if deployed else LocalTwin(folder)


def open_readers(twin: Twin, outputs: Mapping[str, Any]) -> HotReaders:
    """The readers on the cloud that holds L3-hot. Raises ConfigurationError where they are not deployed there."""
    cloud = twin.placement[Slot.L3_HOT]
    if f"{cloud}_readers" not in outputs:
        raise ConfigurationError(
            f"{twin.name}'s L3-hot is on {label_of(cloud)}, but no reader is deployed there; run `t2mc deploy` first"
        )
    return HotReaders(deployed_on(cloud).open_invocation(outputs))
