"""The device gateway's ports on Google Cloud and its registry, over Google's emulators and ours, as rigs."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.clock import RigClock
from tests.rigs.device_gateway import RULES
from twin2multicloud.clouds.gcp.device_authenticator import KEPT_SECONDS, FirestoreDeviceAuthenticator
from twin2multicloud.clouds.gcp.device_ingress import PubSubDeviceIngress
from twin2multicloud.clouds.gcp.device_registry import KEY, FirestoreDeviceRegistry
from twin2multicloud.ports.device_registry import DeviceCredentials

if TYPE_CHECKING:
    from google.cloud.firestore import Client


class FirestoreDeviceAuthenticatorRig:
    """See `tests.rigs.device_gateway.DeviceAuthenticatorRig`."""

    def __init__(self, client: "Client") -> None:
        self._registry, self._clock = FirestoreDeviceRegistry(client), RigClock()
        self.authenticator = FirestoreDeviceAuthenticator(client, RULES, self._clock)

    def register(self, device_id: str) -> str:
        (made,) = self._registry.register([device_id])
        return made.files[KEY]

    def remove(self, device_id: str) -> None:
        self._registry.remove([device_id])

    def settle(self) -> None:
        self._clock.sleep(KEPT_SECONDS)


class FirestoreRegistryRig:
    """See `tests.rigs.device_registry.DeviceRegistryRig`. Another twin has another database, here: another project."""

    impossible, many = "a/b", 1_100

    def __init__(self, client: "Client", another: "Client", stranger: str = "stranger") -> None:
        self.registry, self._client, self._stranger = FirestoreDeviceRegistry(client), client, stranger
        self._another = FirestoreDeviceRegistry(another)

    def may_connect(self, credentials: DeviceCredentials) -> bool:
        """Whether a gateway that remembers nothing lets it in."""
        authenticator = FirestoreDeviceAuthenticator(self._client, RULES, RigClock())
        return authenticator.knows(credentials.device_id, credentials.files[KEY])

    def stranger(self) -> str:
        list(self._another.register([self._stranger]))
        return self._stranger

    def is_there(self, device_id: str) -> bool:
        return device_id in {*self.registry.registered(), *self._another.registered()}


@contextmanager
def _firestore(host: Callable[[], str]) -> "Iterator[Client]":
    vendor_processes.need_package("google.cloud.firestore")
    client = vendor_clients.firestore(host())
    yield client
    client.close()  # type: ignore[no-untyped-call]


@contextmanager
def authenticator_on_googles_firestore(_: Path) -> Iterator[FirestoreDeviceAuthenticatorRig]:
    with _firestore(vendor_processes.google_firestore_host) as client:
        yield FirestoreDeviceAuthenticatorRig(client)


@contextmanager
def authenticator_on_npms_firestore(_: Path) -> Iterator[FirestoreDeviceAuthenticatorRig]:
    with _firestore(vendor_processes.npm_firestore_host) as client:
        yield FirestoreDeviceAuthenticatorRig(client)


@contextmanager
def registry_on_googles_firestore(_: Path) -> Iterator[FirestoreRegistryRig]:
    host = vendor_processes.google_firestore_host
    with _firestore(host) as client, _firestore(host) as another:
        yield FirestoreRegistryRig(client, another)


@contextmanager
def registry_on_npms_firestore(_: Path) -> Iterator[FirestoreRegistryRig]:
    host = vendor_processes.npm_firestore_host
    with _firestore(host) as client, _firestore(host) as another:
        yield FirestoreRegistryRig(client, another)


class PubSubDeviceIngressRig:
    """See `tests.rigs.device_gateway.DeviceIngressRig`."""

    def __init__(self, ingress: PubSubDeviceIngress, arrived: Callable[[], list[tuple[str, bytes]]]) -> None:
        self.ingress, self.arrived = ingress, arrived


@contextmanager
def pubsub_ingress(_: Path) -> Iterator[PubSubDeviceIngressRig]:
    """Over our own server."""
    server = vendor_clients.google_server()
    topic = f"projects/rig/topics/{vendor_clients.unique('devices')}"
    server.topics[topic] = []

    def arrived() -> list[tuple[str, bytes]]:
        found = zip(server.attributes[topic], server.topics[topic], strict=True)
        return [(attributes["device_id"], data) for attributes, data in found]

    yield PubSubDeviceIngressRig(PubSubDeviceIngress(vendor_clients.publisher(server.host), topic), arrived)


@contextmanager
def google_pubsub_ingress(_: Path) -> Iterator[PubSubDeviceIngressRig]:
    """Over Google's emulator."""
    vendor_processes.need_package("google.pubsub_v1")
    host, name = vendor_processes.google_pubsub_host(), vendor_clients.unique("devices")
    publisher, subscriber = vendor_clients.publisher(host), vendor_clients.subscriber(host)
    topic, subscription = f"projects/rig/topics/{name}", f"projects/rig/subscriptions/{name}"
    publisher.create_topic(name=topic)
    subscriber.create_subscription(name=subscription, topic=topic)
    asked = {"subscription": subscription, "max_messages": 1_000, "return_immediately": True}

    def arrived() -> list[tuple[str, bytes]]:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of `return_immediately`
            found = [each.message for each in subscriber.pull(request=asked).received_messages]
        in_order = sorted(found, key=lambda each: int(each.message_id))
        return [(each.attributes["device_id"], each.data) for each in in_order]

    yield PubSubDeviceIngressRig(PubSubDeviceIngress(publisher, topic), arrived)
