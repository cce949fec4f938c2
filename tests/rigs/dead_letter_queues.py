"""The rigs of `DeadLetterQueues`: what functions write to, what an operator reads, and what came of sending again."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.chance import RigChance
from tests.rigs.clock import START, RigClock
from tests.rigs.clouds import AWS
from tests.rigs.readings import reading
from tests.rigs.vendor_queues import PubSubQueues, SqsQueues, StorageQueues
from twin2multicloud.clouds.aws import dead_letter_queues as aws
from twin2multicloud.clouds.aws import queue as sqs
from twin2multicloud.clouds.azure import dead_letter_queues as azure
from twin2multicloud.clouds.azure import queue as storage_queue
from twin2multicloud.clouds.gcp import dead_letter_queues as gcp
from twin2multicloud.clouds.gcp import queue as pub_sub
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.emulator.adapters.dead_letter_queues import EmulatedDeadLetterQueues
from twin2multicloud.emulator.adapters.dead_letters import JournalDeadLetters
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.host.letters import CloudLetters
from twin2multicloud.ports.dead_letter_queues import DeadLetterQueues
from twin2multicloud.ports.dead_letters import DeadLetters, Unread
from twin2multicloud.stores.dead_letter_boxes import BoxedDeadLetters

PUBLISH = Unread(b'{"n":NaN}\x00\xff', "dt/house/d/telemetry", "d", START)
TRACE = "a" * 32


class DeadLetterQueuesRig(msgspec.Struct):
    """`boundary` and `device` are the dead letters that functions write to; `queued` and `started` what came of them.

    `gave_up` puts a record there as the queue itself does.
    """

    queues: DeadLetterQueues
    boundary: DeadLetters
    device: DeadLetters
    gave_up: Callable[[bytes], object]
    queued: Callable[[], list[bytes]]
    started: Callable[[], list[Unread]]
    takes_publishes: bool = True


def message(number: int, **more: Any) -> Reading:
    key = {"device_id": "d", "timestamp": START, "message_id": f"m{number}"}
    return reading({**key, "n": number, "trace_id": TRACE, **more})


class _Queue:
    """What `CloudLetters` needs of a function's queue."""

    def __init__(self, dead_letters: str) -> None:
        self.dead_letters, self.takes_letters, self.meter = dead_letters, False, self

    def revived(self, _: int) -> None:
        """Counts nothing here."""


@contextmanager
def emulated_letters(folder: Path) -> Iterator[DeadLetterQueuesRig]:
    journal, staged = Journal(folder / "journal.sqlite"), Staged()
    started: list[Unread] = []
    queued: list[Record] = []
    journal.start(queued.extend)

    def start(publishes: Any) -> None:
        started.extend(Unread(each.payload, PUBLISH.topic, each.device_id, each.received_at) for each in publishes)

    queues: Any = {"processor": _Queue("boundary")}
    letters = CloudLetters(journal, staged, queues, lambda: start)

    def call(path: str, arguments: Any) -> Any:
        for group in staged.take():
            group.wait()
        if path == "letters":
            return msgspec.to_builtins({"letters": letters.page(arguments["after"])})
        return {"messages": (letters.redrive if path.endswith("redrive") else letters.drop)(arguments["ids"])}

    def letters_of(name: str, queue: str) -> JournalDeadLetters:
        return JournalDeadLetters(name, queue, AWS, journal, staged, lambda _: None)

    def gave_up(body: bytes) -> None:
        from twin2multicloud.emulator.delivery.kept import DeadLetterRecord

        journal.bury(DeadLetterRecord("boundary", "processor", START, "too old", 1, body, waited=True)).wait()

    yield DeadLetterQueuesRig(
        queues=EmulatedDeadLetterQueues(call),
        boundary=letters_of("boundary", "processor"),
        device=letters_of("device", "dispatcher"),
        gave_up=gave_up,
        queued=lambda: [each.body for each in queued],
        started=lambda: started,
    )
    journal.close()


def rule_events(bodies: list[bytes]) -> list[Unread]:
    """The publishes in what the dispatcher's queue got, at the time of arrival that they had."""
    events = [json.loads(each) for each in bodies]
    assert all(each["received_at"] == 1_768_473_000_000 for each in events)
    return [Unread(base64.b64decode(each["body"]), PUBLISH.topic, each["device_id"], START) for each in events]


@contextmanager
def letters_on_sqs(_: Path) -> Iterator[DeadLetterQueuesRig]:
    client = vendor_clients.aws("sqs")
    made = SqsQueues(client)
    names = ("boundary", "device", "target", "dispatcher")
    boundary, device, target, dispatcher = (made.make(vendor_clients.unique(name)) for name in names)
    boxes = {
        "boundary": aws.SqsBox(client, aws.Address(boundary, target)),
        "device": aws.SqsBox(client, aws.Address(device, dispatcher, devices=True)),
    }
    queues = sqs.queues(client, RigClock(), RigChance())
    yield DeadLetterQueuesRig(
        queues=BoxedDeadLetters(boxes, frozenset({"device"})),
        boundary=queues.dead_letters(boundary),
        device=queues.dead_letters(device),
        gave_up=lambda body: sqs.send(client, boundary, [body]),
        queued=lambda: made.drain(target),
        started=lambda: rule_events(made.drain(dispatcher)),
    )


@contextmanager
def letters_on_storage_queues(_: Path) -> Iterator[DeadLetterQueuesRig]:
    client = vendor_clients.azure_queue
    made = StorageQueues(client)
    boundary, poison, device, target = (made.make(vendor_clients.unique(n)) for n in ("boundary", "p", "device", "t"))

    def raw(name: str) -> Any:
        from azure.storage.queue import QueueClient

        known = client(name)
        return QueueClient(known.url.rsplit("/", 1)[0], name, credential=known.credential)

    boxes = {
        "boundary": azure.StorageQueueBox(raw, azure.Address(boundary, poison, target)),
        "device": azure.StorageQueueBox(raw, azure.Address(device)),
    }
    queues = storage_queue.queues(client, RigClock(), RigChance())
    yield DeadLetterQueuesRig(
        queues=BoxedDeadLetters(boxes, frozenset({"device"})),
        boundary=queues.dead_letters(boundary),
        device=queues.dead_letters(device),
        gave_up=lambda body: client(poison).send_message(body, time_to_live=-1),
        queued=lambda: made.drain(target),
        started=list,
        takes_publishes=False,
    )


@contextmanager
def letters_on_googles_pub_sub(_: Path) -> Iterator[DeadLetterQueuesRig]:
    vendor_processes.need_package("google.pubsub_v1")
    host = vendor_processes.google_pubsub_host()
    publisher, subscriber = vendor_clients.publisher(host), vendor_clients.subscriber(host)
    made = PubSubQueues(publisher, subscriber, "rig")
    names = ("boundary", "device", "target", "telemetry")
    boundary, device, target, telemetry = (made.make(vendor_clients.unique(name)) for name in names)

    def box(topic: str, **more: Any) -> gcp.PubSubBox:
        address = gcp.Address(topic.replace("/topics/", "/subscriptions/"), **more)
        return gcp.PubSubBox(subscriber, publisher, address, patience=1.0)

    boxes = {"boundary": box(boundary, target=target), "device": box(device, target=telemetry, devices=True)}
    queues = pub_sub.queues(publisher, RigClock(), RigChance())
    yield DeadLetterQueuesRig(
        queues=BoxedDeadLetters(boxes, frozenset({"device"})),
        boundary=queues.dead_letters(boundary),
        device=queues.dead_letters(device),
        gave_up=lambda body: pub_sub.send(publisher, boundary, [body]),
        queued=lambda: made.drain(target),
        started=lambda: [
            Unread(each.data, PUBLISH.topic, each.attributes["device_id"], each.attributes["received_at"])
            for each in made.messages(telemetry)
        ],
    )
