"""Rigs of the device gateway's ports over a real Google Cloud project: its registry, authenticator and ingress.

Devices are a Firestore database's only content, so the tests have one to themselves: ``T2MC_LIVE_FIRESTORE_DEVICES``,
which must exist, be empty, and have a name that says so. Ids are the suites' own (``a``, ``sensor-1`` …), and whatever
is in that database counts as left over; hence the name.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.rigs import live
from tests.rigs.live import Leftover
from tests.rigs.live_gcp import firestore, publisher, queues
from tests.rigs.vendor_device_gateways import (
    FirestoreDeviceAuthenticatorRig,
    FirestoreRegistryRig,
    PubSubDeviceIngressRig,
)
from tests.rigs.vendor_processes import unavailable
from twin2multicloud.clouds.gcp.device_ingress import PubSubDeviceIngress
from twin2multicloud.clouds.gcp.device_registry import FirestoreDeviceRegistry

if TYPE_CHECKING:
    from google.cloud.firestore import Client

DATABASE = "T2MC_LIVE_FIRESTORE_DEVICES"


@cache
def _devices() -> "Client":
    name = live.setting(DATABASE)
    if not name.startswith(live.PREFIX):
        unavailable(f"{DATABASE} is a database whose name begins with {live.PREFIX}, found {name!r}: it is emptied")
    return firestore(name)


@contextmanager
def _emptied(client: "Client") -> Iterator[None]:
    registry = FirestoreDeviceRegistry(client)
    if list(registry.registered()):
        unavailable(f"{DATABASE} holds devices, and has to be empty: tests.rigs.live_cleanup lists them")
    try:
        yield
    finally:
        registry.remove(registry.registered())


@contextmanager
def device_registry(_: Path) -> Iterator[FirestoreRegistryRig]:
    """Another twin has another database: here, that of the hot store's tests."""
    stranger = live.unique("stranger")
    rig = FirestoreRegistryRig(_devices(), firestore(), stranger)
    with _emptied(_devices()):
        try:
            yield rig
        finally:
            FirestoreDeviceRegistry(firestore()).remove([stranger])


@contextmanager
def authenticator(_: Path) -> Iterator[FirestoreDeviceAuthenticatorRig]:
    with _emptied(_devices()):
        yield FirestoreDeviceAuthenticatorRig(_devices())


@contextmanager
def ingress(_: Path) -> Iterator[PubSubDeviceIngressRig]:
    """A pull promises no order: that in which Pub/Sub took them is the one in which they were sent, one by one."""
    with queues() as made:
        topic = made.make(live.unique("devices"))

        def arrived() -> list[tuple[str, bytes]]:
            found = sorted(made.messages(topic), key=lambda each: each.publish_time)
            return [(each.attributes["device_id"], each.data) for each in found]

        yield PubSubDeviceIngressRig(PubSubDeviceIngress(publisher(), topic), arrived)


RIGS = {
    "device_registry_rig": device_registry,
    "device_authenticator_rig": authenticator,
    "device_ingress_rig": ingress,
}


def leftovers() -> Iterator[Leftover]:
    """What is in the database of the devices, where there is one."""
    if os.environ.get(DATABASE, "").strip():
        registry = FirestoreDeviceRegistry(_devices())
        for each in list(registry.registered()):
            yield Leftover(f"registered device {each}", partial(registry.remove, [each]))
