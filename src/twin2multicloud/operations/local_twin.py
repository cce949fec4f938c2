"""The twin that `t2mc up` started on this machine, for its operator. Prints nothing; no line it gives holds a key."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import msgspec

from twin2multicloud.domain.device import PROBE, DeviceCatalog
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.errors import ErrorEvent
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.adapters.device_registry import KEY, LocalDeviceRegistry
from twin2multicloud.emulator.adapters.twin_graph import EmulatedTwinGraph
from twin2multicloud.emulator.delivery.runs import Run
from twin2multicloud.emulator.host.deployment import load_deployment, load_secrets, run_by_the_emulator
from twin2multicloud.emulator.host.processes import pid_of, require_running
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.dead_letters import TwinLetters
from twin2multicloud.operations.device_files import DeviceFiles
from twin2multicloud.operations.device_registration import Gateway
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.topology import Topology
from twin2multicloud.ports.device_connection import Connection, DeviceKey
from twin2multicloud.ports.invocation import Invocation
from twin2multicloud.ports.twin_graph import TwinGraph
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.places import typed


class LocalTwin(OperatedTwin):
    """An `OperatedTwin` that `t2mc up` started from a folder, as it came up. All of its devices are registered first.

    Keys are derived here and can be returned again, so a device's files are written whenever it is named.
    """

    def __init__(self, folder: Path) -> None:
        """Raises TwinError where nothing was started from the folder."""
        self._folder, self._deployment = folder, load_deployment(folder)
        state, secrets = self._deployment.state, load_secrets(folder)
        self._registry = LocalDeviceRegistry(state.device_registry, secrets.device_key, self.catalog)
        self.files = DeviceFiles(state.local_device_credentials)
        self.gateway_label = f"the {label_of(self.gateway.cloud)} of this machine"

    @property
    def catalog(self) -> DeviceCatalog:
        """See `ReadableTwin`."""
        return self._deployment.twin.catalog

    @property
    def gateway(self) -> Gateway:
        """See `OperatedTwin`."""
        return Gateway(self._deployment.acquisition.cloud, self._registry, self.connection)

    @property
    def placement(self) -> Placement:
        """See `OperatedTwin`."""
        return self._deployment.twin.placement

    @property
    def topology(self) -> Topology:
        """See `OperatedTwin`."""
        return self._deployment.topology

    @property
    def endpoints(self) -> Mapping[str, str]:
        """See `OperatedTwin`."""
        run, urls = run_by_the_emulator(self.topology), self._deployment.url_of
        return {each.component: urls(each.component) for each in self.topology.endpoints if each.component in run}

    @contextmanager
    def probe(self) -> Iterator[Callable[[bytes], None]]:
        """See `OperatedTwin`. Its cloud knows it, and whoever reads the folder has its key."""
        from twin2multicloud.fleet.publish_once import publish_once  # imports the MQTT client

        tls, key = self._deployment.tls, load_secrets(self._folder).device_key
        signed = DeviceKey(password=password(key, PROBE))
        yield partial(publish_once, self.connection(PROBE), signed, trust=tls.certificate if tls else None)

    def waiting(self) -> Mapping[str, int]:
        """See `OperatedTwin`."""
        found: Counter[str] = Counter()
        with closing(TwinClient(self._deployment)) as client:
            for status in client.statuses():
                found.update({queue.boundary: queue.waiting for queue in status.queues if queue.waiting})
        return found

    @property
    def now(self) -> str:
        """See `OperatedTwin`. The emulated clouds' time can be set."""
        return VirtualClock(self._deployment.state.clock).now()

    def invocation(self, cloud: Cloud) -> Invocation:
        """See `OperatedTwin`."""
        return TwinClient(self._deployment).invocation(cloud)

    @property
    def graph(self) -> TwinGraph:
        """See `OperatedTwin`."""
        return EmulatedTwinGraph(self.invocation(self.placement[Slot.L4]))

    @property
    def readers(self) -> HotReaders:
        """See `ReadableTwin`. Raises TwinError where their cloud is down."""
        require_running(self._deployment, self._deployment.twin.placement[Slot.L3_HOT])
        return TwinClient(self._deployment)

    @property
    def letters(self) -> TwinLetters:
        """See `OperatedTwin`."""
        return TwinClient(self._deployment).letters

    def runs(self, *, trace_id: str, device: str, timestamp: str) -> tuple[Mapping[Cloud, Sequence[Run]], list[Cloud]]:
        """The runs that had readings of a trace, or of a device and time, and the clouds that do not answer."""
        with closing(TwinClient(self._deployment)) as client:
            return client.runs(trace_id=trace_id, device=device, timestamp=timestamp)

    def errors(self, most: int, since: str = "") -> tuple[list[ErrorEvent], list[Cloud]]:
        """See `OperatedTwin`."""
        with closing(TwinClient(self._deployment)) as client:
            return client.errors(most, since)

    @property
    def notes(self) -> Sequence[str]:
        """See `OperatedTwin`."""
        if pid_of(self._deployment, self.gateway.cloud) is None:
            return (f"the twin is not up; `t2mc up {typed(self._folder)}` starts it",)
        if self._deployment.moved:
            return (
                f"it runs from {self._deployment.started_as}, as the folder was called; `t2mc down` and `up` again",
            )
        if self._deployment.describes(load_project(self._folder)):
            return ()
        return (
            "the project has changed since the twin came up, and this is about the twin; "
            f"`t2mc reload {typed(self._folder)}` takes the changes in",
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
            url=f"{self._deployment.publish_url}/topics/{topic}",
            sign_in="password, of Basic authentication too: key.txt"
            + (f"; the server's certificate is {tls.certificate}" if tls else ""),
        )

    def explain_sign_in(self, device_ids: Sequence[str]) -> Sequence[str]:
        """See `OperatedTwin`. Over MQTT, and over HTTP."""
        self.files.prepare()
        self.files.remove(device_ids)
        for device_id in device_ids:
            self.files.write(self._registry.credentials(device_id), self.connection(device_id))
        return self.examples(device_ids[0]) if device_ids else ()

    def examples(self, device_id: str) -> tuple[str, str]:
        """Lines for a shell that publish a reading as a device: over MQTT, and over HTTP."""
        connection, tls = self.connection(device_id), self._deployment.tls
        key = f'"$(cat {shlex.quote(str(self.files.folder(device_id) / KEY))})"'
        trust = f" --cafile {shlex.quote(tls.certificate)}" if tls else ""
        checked = f"--cacert {shlex.quote(tls.certificate)} " if tls else ""
        user, reading = shlex.quote(device_id), shlex.quote(self._reading(device_id))
        return (
            f"mosquitto_pub -h {connection.host} -p {connection.port}{trust} -q 1 -i {user} -u {user} -P {key} "
            f"-t {shlex.quote(connection.topic)} -m {reading}",
            f"curl {checked}-u {user}:{key} -d {reading} {shlex.quote(connection.url)}",
        )

    def _reading(self, device_id: str) -> str:
        """A sample reading: the first of a device's properties with an initial value."""
        device_type = self.catalog.type_of(device_id)
        known = {
            prop.name: prop.initial
            for prop in (device_type.properties if device_type else ())
            if prop.constant is None and prop.initial is not None
        }
        name, value = next(iter(known.items()), ("value", 1))
        return msgspec.json.encode({name: value}).decode()
