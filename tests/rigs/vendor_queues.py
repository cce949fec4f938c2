"""Invokers and dead letters of the three clouds, over their vendors' emulators, as rigs for the contract suites."""

import base64
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from twin2multicloud.clouds.aws.dead_letters import SqsDeadLetters
from twin2multicloud.clouds.aws.invoker import SqsInvoker
from twin2multicloud.clouds.azure.dead_letters import StorageQueueDeadLetters
from twin2multicloud.clouds.azure.invoker import StorageQueueInvoker
from twin2multicloud.clouds.gcp.dead_letters import PubSubDeadLetters
from twin2multicloud.clouds.gcp.invoker import PubSubInvoker
from twin2multicloud.clouds.queue_records import reasons
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters
from twin2multicloud.ports.invoker import Invoker
from twin2multicloud.wire.envelope import decode

Named = Callable[[str], str]
"""A function's name -> what its cloud knows its queue by; makes the queue when it is first asked for."""
Drain = Callable[[str], list[bytes]]
"""What a queue holds, in order, by what its cloud knows it by."""


class _ByName:
    """An `Invoker` for tests that know functions by their names only."""

    def __init__(self, invoker: Invoker, named: Named) -> None:
        self._invoker, self._named = invoker, named

    def invoke(self, function: str, messages: Sequence[Telemetry], trace_id: str) -> None:
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
        records = self._drain()
        return [
            DeadLetter(message, reason)
            for record in records
            for message, reason in zip(decode(record).messages, reasons(record), strict=True)
        ]

    def settle(self) -> None:
        """What was put is durable at once."""


def _sqs_queue(name: str) -> str:
    url: str = vendor_clients.aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url


def sqs_drain(url: str) -> list[bytes]:
    """What is read once is not given again for a while: each queue is drained once."""
    client = vendor_clients.aws("sqs")
    bodies: list[bytes] = []
    while found := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        bodies += [each["Body"].encode() for each in found]
    return bodies


@contextmanager
def sqs_invoker(_: Path) -> Iterator[VendorInvokerRig]:
    named = cache(_new(_sqs_queue))
    yield VendorInvokerRig(SqsInvoker(vendor_clients.aws("sqs"), RigClock(), RigChance()), named, cache(sqs_drain))


@contextmanager
def sqs_dead_letters(_: Path) -> Iterator[VendorDeadLettersRig]:
    url = _new(_sqs_queue)("dead-letters")
    letters = SqsDeadLetters(vendor_clients.aws("sqs"), url, RigClock(), RigChance())
    yield VendorDeadLettersRig(letters, lambda: sqs_drain(url))


def _new(make: Named) -> Named:
    return lambda name: make(vendor_clients.unique(name))


def _azurite_queue(name: str) -> str:
    vendor_clients.azure_queue(name).create_queue()
    return name


def azurite_drain(name: str) -> list[bytes]:
    client = vendor_clients.azure_queue(name)
    bodies: list[bytes] = []
    while found := list(client.receive_messages(max_messages=32, visibility_timeout=600)):
        bodies += [base64.b64decode(each.content) for each in found]
    return bodies


@contextmanager
def storage_queue_invoker(_: Path) -> Iterator[VendorInvokerRig]:
    invoker = StorageQueueInvoker(vendor_clients.azure_queue, RigClock(), RigChance())
    yield VendorInvokerRig(invoker, cache(_new(_azurite_queue)), cache(azurite_drain))


@contextmanager
def storage_queue_dead_letters(_: Path) -> Iterator[VendorDeadLettersRig]:
    name = _new(_azurite_queue)("dead-letters")
    letters = StorageQueueDeadLetters(vendor_clients.azure_queue(name), RigClock(), RigChance())
    yield VendorDeadLettersRig(letters, lambda: azurite_drain(name))


class _OwnPubSub:
    """Topics on the server of ours."""

    def __init__(self) -> None:
        self._server = vendor_clients.google_server()
        self.publisher = vendor_clients.publisher(self._server.host)

    def topic(self, name: str) -> str:
        full = f"projects/rig/topics/{name}"
        self._server.topics[full] = []
        return full

    def drain(self, topic: str) -> list[bytes]:
        return list(self._server.topics[topic])


class _GooglesPubSub:
    """Topics with one subscription each, on Google's emulator."""

    def __init__(self) -> None:
        vendor_processes.need_package("google.pubsub_v1")
        host = vendor_processes.google_pubsub_host()
        self.publisher = vendor_clients.publisher(host)
        self._subscriber = vendor_clients.subscriber(host)

    def topic(self, name: str) -> str:
        full = f"projects/rig/topics/{name}"
        self.publisher.create_topic(name=full)
        self._subscriber.create_subscription(name=_subscription(full), topic=full)
        return full

    def drain(self, topic: str) -> list[bytes]:
        found: dict[int, bytes] = {}
        asked = {"subscription": _subscription(topic), "max_messages": 1_000, "return_immediately": True}
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # or it waits for more
            while received := self._subscriber.pull(request=asked).received_messages:
                found |= {int(each.message.message_id): each.message.data for each in received}
        return [found[number] for number in sorted(found)]  # a pull promises no order


def _subscription(topic: str) -> str:
    return topic.replace("/topics/", "/subscriptions/")


def _pubsub_invoker(make: Callable[[], _OwnPubSub | _GooglesPubSub]) -> Callable[[Path], Iterator[VendorInvokerRig]]:
    def rig(_: Path) -> Iterator[VendorInvokerRig]:
        pubsub = make()
        invoker = PubSubInvoker(pubsub.publisher, RigClock(), RigChance())
        yield VendorInvokerRig(invoker, cache(_new(pubsub.topic)), cache(pubsub.drain))

    return rig


def _pubsub_letters(
    make: Callable[[], _OwnPubSub | _GooglesPubSub],
) -> Callable[[Path], Iterator[VendorDeadLettersRig]]:
    def rig(_: Path) -> Iterator[VendorDeadLettersRig]:
        pubsub = make()
        topic = _new(pubsub.topic)("dead-letters")
        letters = PubSubDeadLetters(pubsub.publisher, topic, RigClock(), RigChance())
        yield VendorDeadLettersRig(letters, lambda: pubsub.drain(topic))

    return rig


pubsub_invoker = contextmanager(_pubsub_invoker(_OwnPubSub))
pubsub_dead_letters = contextmanager(_pubsub_letters(_OwnPubSub))
google_pubsub_invoker = contextmanager(_pubsub_invoker(_GooglesPubSub))
google_pubsub_dead_letters = contextmanager(_pubsub_letters(_GooglesPubSub))
