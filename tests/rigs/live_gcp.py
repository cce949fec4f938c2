"""Rigs over a real Google Cloud project: topics, subscriptions and secrets they make; a Firestore database must exist.

The project is ``GOOGLE_CLOUD_PROJECT``, credentials are the application default ones. ``FIRESTORE_EMULATOR_HOST``,
``PUBSUB_EMULATOR_HOST`` and, a name of our own, ``T2MC_LIVE_SECRET_MANAGER_HOST`` point the rigs at emulators instead.
docs/live_tests.md has the permissions.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import msgspec

from tests.rigs import event_store, live, vendor_clients
from tests.rigs.error_store import over
from tests.rigs.live import Leftover, LiveClock, ScopedTable
from tests.rigs.vendor_hot_stores import VendorHotStoreRig
from tests.rigs.vendor_processes import need_package, open_until_exit
from tests.rigs.vendor_queues import PubSubQueues, VendorDeadLettersRig, VendorInvokerRig
from tests.rigs.vendor_topics import ErrorSinkRig, SecretsRig
from twin2multicloud.clouds.gcp import queue
from twin2multicloud.clouds.gcp.error_sink import pub_sub_sink
from twin2multicloud.clouds.gcp.hot_store import FirestoreTable
from twin2multicloud.clouds.gcp.secrets import SecretManagerSecrets
from twin2multicloud.stores.rows import sortable

if TYPE_CHECKING:
    from google.cloud.firestore import Client
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.pubsub_v1 import PublisherClient, SubscriberClient

PROJECT, DATABASE = "GOOGLE_CLOUD_PROJECT", "T2MC_LIVE_FIRESTORE_DATABASE"
_EMULATED_FIRESTORE, _EMULATED_PUBSUB = "FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"
_EMULATED_SECRETS = "T2MC_LIVE_SECRET_MANAGER_HOST"


@cache
def firestore(database: str | None = None) -> "Client":
    """A client of a database; of the hot store's where none is named."""
    need_package("google.cloud.firestore")
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.firestore import Client

    emulated = os.environ.get(_EMULATED_FIRESTORE)
    anyone = AnonymousCredentials() if emulated else None  # type: ignore[no-untyped-call]
    name = database or os.environ.get(DATABASE) or "(default)"
    client = Client(project=live.setting(PROJECT), database=name, credentials=anyone)
    open_until_exit.callback(client.close)
    return client


@cache
def publisher() -> "PublisherClient":
    """Whoever publishes."""
    need_package("google.pubsub_v1")
    from google.pubsub_v1 import PublisherClient

    host = os.environ.get(_EMULATED_PUBSUB)  # this client does not look for it
    return vendor_clients.publisher(host) if host else open_until_exit.enter_context(PublisherClient())


@cache
def _subscriber() -> "SubscriberClient":
    from google.pubsub_v1 import SubscriberClient

    host = os.environ.get(_EMULATED_PUBSUB)
    return vendor_clients.subscriber(host) if host else open_until_exit.enter_context(SubscriberClient())


@cache
def _secret_manager() -> "SecretManagerServiceClient":
    need_package("google.cloud.secretmanager_v1")
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

    host = os.environ.get(_EMULATED_SECRETS)
    return vendor_clients.secret_manager(host) if host else open_until_exit.enter_context(SecretManagerServiceClient())


@contextmanager
def hot_store(_: Path) -> Iterator[VendorHotStoreRig]:
    table = ScopedTable(FirestoreTable(firestore(), "hot-store"))
    try:
        yield VendorHotStoreRig(table)
    finally:
        table.remove()


@contextmanager
def queues() -> Iterator[PubSubQueues]:
    """Topics with a subscription each, removed at the end."""
    made = PubSubQueues(publisher(), _subscriber(), live.setting(PROJECT), live.patience())
    try:
        yield made
    finally:
        made.remove()


@contextmanager
def invoker(_: Path) -> Iterator[VendorInvokerRig]:
    with queues() as made:
        named = cache(lambda function: made.make(live.unique(function)))
        pubsub = queue.queues(publisher(), LiveClock(), Random())
        yield VendorInvokerRig(pubsub, named, cache(lambda topic: live.in_order(made.drain(topic))))


@contextmanager
def dead_letters(_: Path) -> Iterator[VendorDeadLettersRig]:
    with queues() as made:
        topic = made.make(live.unique("dead-letters"))
        letters = queue.queues(publisher(), LiveClock(), Random()).dead_letters(topic)
        yield VendorDeadLettersRig(letters, lambda: live.in_order(made.drain(topic)))


@contextmanager
def error_sink(_: Path) -> Iterator[ErrorSinkRig]:
    with queues() as made:
        topic, logged = made.make(live.unique("errors")), list[str]()
        sink = pub_sub_sink(publisher, topic, logged.append)
        lost = pub_sub_sink(publisher, f"{topic}-none", logged.append)
        yield ErrorSinkRig(sink, lost, logged, lambda: [msgspec.json.decode(each) for each in made.drain(topic)])


@contextmanager
def secrets(_: Path) -> Iterator[SecretsRig]:
    manager, parent = _secret_manager(), f"projects/{live.setting(PROJECT)}"
    kept: dict[str, str] = {}

    def keep(name: str, text: str) -> str:
        if name not in kept:
            asked = {"parent": parent, "secret_id": live.unique(name), "secret": {"replication": {"automatic": {}}}}
            kept[name] = manager.create_secret(request=asked).name
        manager.add_secret_version(request={"parent": kept[name], "payload": {"data": text.encode()}})
        return kept[name]

    try:
        absent = f"{parent}/secrets/{live.unique('none')}"
        yield SecretsRig(SecretManagerSecrets(_secret_manager), keep, absent).that_waits(live.until)
    finally:
        for name in kept.values():
            manager.delete_secret(name=name)


RIGS = {
    "error_store_rig": over(hot_store),
    "event_store_rig": event_store.over(hot_store),
    "hot_store_rig": hot_store,
    "invoker_rig": invoker,
    "dead_letters_rig": dead_letters,
    "error_sink_rig": error_sink,
    "secrets_rig": secrets,
}


def leftovers() -> Iterator[Leftover]:
    """What live rigs of any run left in the project."""
    project = f"projects/{live.setting(PROJECT)}"
    publish, subscriber, store = publisher(), _subscriber(), firestore()
    for topic in publish.list_topics(project=project):
        if _is_ours(topic.name):
            yield Leftover(f"topic {topic.name}", partial(publish.delete_topic, topic=topic.name))
    for each in subscriber.list_subscriptions(project=project):
        if _is_ours(each.name):
            yield Leftover(f"subscription {each.name}", partial(subscriber.delete_subscription, subscription=each.name))
    for device in store.collection("devices").list_documents():  # those that only have readings too
        if device.id.startswith(sortable(live.PREFIX)):
            yield Leftover(f"Firestore device {device.id}", partial(store.recursive_delete, device))
    manager = _secret_manager()
    for secret in manager.list_secrets(parent=project):
        if _is_ours(secret.name):
            yield Leftover(f"secret {secret.name}", partial(manager.delete_secret, name=secret.name))


def _is_ours(full_name: str) -> bool:
    return full_name.rsplit("/", 1)[1].startswith(live.PREFIX)
