"""Invokers and dead letters of the three clouds, over their vendors' emulators, as rigs for the contract suites.

Each cloud's queues are a class that takes a client of its SDK: the live rigs give it one of a real account.
"""

import base64
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.dead_letters import letters_in
from twin2multicloud.clouds.aws import queue as sqs
from twin2multicloud.clouds.azure import queue as storage_queue
from twin2multicloud.clouds.gcp import queue as pub_sub
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters
from twin2multicloud.ports.invoker import Invoker

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient
    from google.pubsub_v1 import PublisherClient, SubscriberClient

Named = Callable[[str], str]
"""A function's name -> what its cloud knows its queue by; makes the queue when it is first asked for."""
Drain = Callable[[str], list[bytes]]
"""What a queue holds, in order, by what its cloud knows it by."""


class _ByName:
    """An `Invoker` for tests that know functions by their names only."""

    def __init__(self, invoker: Invoker, named: Named) -> None:
        self._invoker, self._named = invoker, named

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        self._invoker.invoke(self._named(function), messages, trace_id)


class VendorInvokerRig:
    """See `tests.rigs.invoker.InvokerRig`."""

    def __init__(self, invoker: Invoker, named: Named, drain: Drain) -> None:
        self.invoker = _ByName(invoker, named)
        self._named, self._drain = named, drain

    def delivered(self, function: str) -> list[bytes]:
        return self._drain(self._named(function))

    def settle(self) -> None:
        """What was accepted is durable at once."""


class VendorDeadLettersRig:
    """See `tests.rigs.dead_letters.DeadLettersRig`."""

    def __init__(self, dead_letters: DeadLetters, drain: Callable[[], list[bytes]]) -> None:
        self.dead_letters, self._drain = dead_letters, drain

    def kept(self) -> list[DeadLetter]:
        return letters_in(self._drain())

    def settle(self) -> None:
        """What was put is durable at once."""


class SqsQueues:
    """SQS queues, known by URL. An empty one is listened to for `patience` seconds before it counts as drained."""

    def __init__(self, client: Any, patience: int = 0) -> None:
        self._client, self._patience = client, patience
        self._made: list[str] = []

    def make(self, name: str) -> str:
        url: str = self._client.create_queue(QueueName=name)["QueueUrl"]
        self._made.append(url)
        return url

    def drain(self, url: str) -> list[bytes]:
        """What is read once is not given again for a while: each queue is drained once."""
        bodies: dict[str, bytes] = {}
        asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 600, "WaitTimeSeconds": self._patience}
        while found := self._client.receive_message(QueueUrl=url, **asked).get("Messages"):
            bodies |= {each["MessageId"]: each["Body"].encode() for each in found}
        return list(bodies.values())

    def remove(self) -> None:
        while self._made:
            self._client.delete_queue(QueueUrl=self._made.pop())


class StorageQueues:
    """Azure's storage queues, known by name; `client` makes the client of one."""

    def __init__(self, client: "Callable[[str], QueueClient]") -> None:
        self._client = client
        self._made: list[str] = []

    def make(self, name: str) -> str:
        self._client(name).create_queue()
        self._made.append(name)
        return name

    def drain(self, name: str) -> list[bytes]:
        bodies: list[bytes] = []
        while found := list(self._client(name).receive_messages(max_messages=32, visibility_timeout=600)):
            bodies += [base64.b64decode(each.content) for each in found]
        return bodies

    def remove(self) -> None:
        while self._made:
            self._client(self._made.pop()).delete_queue()


class PubSubQueues:
    """Pub/Sub topics with one subscription each, known by the topic's full name.

    An empty one is listened to for `patience` seconds before it counts as drained; 0 is for emulators, which know at
    once what they have.
    """

    def __init__(
        self, publisher: "PublisherClient", subscriber: "SubscriberClient", project: str, patience: float = 0
    ) -> None:
        self.publisher, self._subscriber, self._project, self._patience = publisher, subscriber, project, patience
        self._made: list[str] = []

    def make(self, name: str) -> str:
        full = f"projects/{self._project}/topics/{name}"
        self.publisher.create_topic(name=full)
        self._made.append(full)
        self._subscriber.create_subscription(name=_subscription(full), topic=full)
        return full

    def drain(self, topic: str) -> list[bytes]:
        return [each.data for each in self.messages(topic)]

    def messages(self, topic: str) -> list[Any]:
        """What waits, whole, by number: a pull promises no order."""
        found: dict[int, Any] = {}
        while received := self._pull(_subscription(topic)):
            found |= {int(each.message.message_id): each.message for each in received}
        return [found[number] for number in sorted(found)]

    def remove(self) -> None:
        from google.api_core.exceptions import NotFound

        while self._made:
            topic = self._made.pop()
            self.publisher.delete_topic(topic=topic)
            with suppress(NotFound):  # where making it failed
                self._subscriber.delete_subscription(subscription=_subscription(topic))

    def _pull(self, subscription: str) -> Sequence[Any]:
        from google.api_core.exceptions import DeadlineExceeded

        asked: dict[str, Any] = {"subscription": subscription, "max_messages": 1_000}
        if not self._patience:
            asked["return_immediately"] = True
        limit: dict[str, Any] = {"timeout": self._patience, "retry": None} if self._patience else {}
        with (
            warnings.catch_warnings(action="ignore", category=DeprecationWarning),  # of `return_immediately`
            suppress(DeadlineExceeded),
        ):
            received = self._subscriber.pull(request=asked, **limit).received_messages
            if received:  # or it comes again
                self._subscriber.acknowledge(subscription=subscription, ack_ids=[each.ack_id for each in received])
            return received
        return []


def _subscription(topic: str) -> str:
    return topic.replace("/topics/", "/subscriptions/")


def sqs_drain(url: str) -> list[bytes]:
    """What a queue of moto's holds."""
    return SqsQueues(vendor_clients.aws("sqs")).drain(url)


def azurite_drain(name: str) -> list[bytes]:
    """What a queue of azurite's holds."""
    return StorageQueues(vendor_clients.azure_queue).drain(name)


def _new(make: Named) -> Named:
    return lambda name: make(vendor_clients.unique(name))


@contextmanager
def sqs_invoker(_: Path) -> Iterator[VendorInvokerRig]:
    client = vendor_clients.aws("sqs")
    named = cache(_new(SqsQueues(client).make))
    yield VendorInvokerRig(sqs.queues(client, RigClock(), RigChance()), named, cache(sqs_drain))


@contextmanager
def sqs_dead_letters(_: Path) -> Iterator[VendorDeadLettersRig]:
    client = vendor_clients.aws("sqs")
    url = _new(SqsQueues(client).make)("dead-letters")
    letters = sqs.queues(client, RigClock(), RigChance()).dead_letters(url)
    yield VendorDeadLettersRig(letters, lambda: sqs_drain(url))


@contextmanager
def storage_queue_invoker(_: Path) -> Iterator[VendorInvokerRig]:
    invoker = storage_queue.queues(vendor_clients.azure_queue, RigClock(), RigChance())
    named = cache(_new(StorageQueues(vendor_clients.azure_queue).make))
    yield VendorInvokerRig(invoker, named, cache(azurite_drain))


@contextmanager
def storage_queue_dead_letters(_: Path) -> Iterator[VendorDeadLettersRig]:
    name = _new(StorageQueues(vendor_clients.azure_queue).make)("dead-letters")
    letters = storage_queue.queues(vendor_clients.azure_queue, RigClock(), RigChance()).dead_letters(name)
    yield VendorDeadLettersRig(letters, lambda: azurite_drain(name))


class _OwnPubSub:
    """Topics on the server of ours."""

    def __init__(self) -> None:
        self._server = vendor_clients.google_server()
        self.publisher = vendor_clients.publisher(self._server.host)

    def make(self, name: str) -> str:
        full = f"projects/rig/topics/{name}"
        self._server.topics[full] = []
        return full

    def drain(self, topic: str) -> list[bytes]:
        return list(self._server.topics[topic])


def _googles_pubsub() -> PubSubQueues:
    """Topics on Google's emulator."""
    vendor_processes.need_package("google.pubsub_v1")
    host = vendor_processes.google_pubsub_host()
    return PubSubQueues(vendor_clients.publisher(host), vendor_clients.subscriber(host), "rig")


def _pubsub_invoker(make: Callable[[], _OwnPubSub | PubSubQueues]) -> Callable[[Path], Iterator[VendorInvokerRig]]:
    def rig(_: Path) -> Iterator[VendorInvokerRig]:
        pubsub = make()
        invoker = pub_sub.queues(pubsub.publisher, RigClock(), RigChance())
        yield VendorInvokerRig(invoker, cache(_new(pubsub.make)), cache(pubsub.drain))

    return rig


def _pubsub_letters(make: Callable[[], _OwnPubSub | PubSubQueues]) -> Callable[[Path], Iterator[VendorDeadLettersRig]]:
    def rig(_: Path) -> Iterator[VendorDeadLettersRig]:
        pubsub = make()
        topic = _new(pubsub.make)("dead-letters")
        letters = pub_sub.queues(pubsub.publisher, RigClock(), RigChance()).dead_letters(topic)
        yield VendorDeadLettersRig(letters, lambda: pubsub.drain(topic))

    return rig


pubsub_invoker = contextmanager(_pubsub_invoker(_OwnPubSub))
pubsub_dead_letters = contextmanager(_pubsub_letters(_OwnPubSub))
google_pubsub_invoker = contextmanager(_pubsub_invoker(_googles_pubsub))
google_pubsub_dead_letters = contextmanager(_pubsub_letters(_googles_pubsub))
