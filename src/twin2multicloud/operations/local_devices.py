"""What `t2mc devices --local` works on: the twin that runs on this machine, where all devices are registered at first.

Keys are derived here and can be told again, so a device's files are written whenever it is named. Prints no key.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.emulator.adapters.device_registry import KEY, LocalDeviceRegistry
from twin2multicloud.emulator.host.deployment import Deployment, Secrets, load_deployment, load_secrets
from twin2multicloud.emulator.host.processes import pid_of
from twin2multicloud.operations.device_files import DeviceFiles
from twin2multicloud.operations.device_registration import Gateway
from twin2multicloud.ports.device_connection import Connection
from twin2multicloud.project.loader import Project


class LocalTwin:
    """The twin that `t2mc up` started from a folder, as its operator sees its devices."""

    def __init__(self, folder: Path) -> None:
        """Raises TwinError where nothing was ever started from there."""
        self._deployment = load_deployment(folder)
        self._registry = open_registry(self._deployment, load_secrets(folder))
        self.files = DeviceFiles(self._deployment.state.local_device_credentials)

    @property
    def catalog(self) -> DeviceCatalog:
        """Its devices, as it came up with them."""
        return self._deployment.twin.catalog

    @property
    def is_up(self) -> bool:
        """Whether the cloud that devices connect to runs now."""
        return pid_of(self._deployment, self._deployment.acquisition.cloud) is not None

    def describes(self, project: Project) -> bool:
        """Whether it came up with the project as that is now."""
        return self._deployment.describes(project)

    @property
    def gateway(self) -> Gateway:
        """What `operations.device_registration` works on."""
        return Gateway(self._deployment.acquisition.cloud, self._registry, self.connection)

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

    def write_files(self, device_ids: Sequence[str]) -> None:
        """Write down what registered devices sign in with now. Raises FinalError for one that is not registered."""
        self.files.prepare()
        self.files.remove(device_ids)
        for each in device_ids:
            self.files.write(self._registry.credentials(each), self.connection(each))

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
        """What a device may send: the first of its properties that the project gives a value to begin with."""
        found = self.catalog.type_of(device_id)
        sent = [each for each in (found.properties if found else ()) if each.constant is None]
        known = {each.name: each.initial for each in sent if each.initial is not None}
        name, value = next(iter(known.items()), ("value", 1))
        return msgspec.json.encode({name: value}).decode()


def open_registry(deployment: Deployment, secrets: Secrets) -> LocalDeviceRegistry:
    """The registry of a twin that is up, or was."""
    return LocalDeviceRegistry(deployment.state.device_registry, secrets.device_key, deployment.twin.catalog)
