"""How Azure's queue sends: side by side what an envelope brings, one after the other what is read in order."""

import threading

import pytest

pytest.importorskip("azure.storage.queue", reason="the extra azure is not installed")

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.readings import reading
from twin2multicloud.clouds.azure.queue import queues
from twin2multicloud.ports.dead_letters import DeadLetter

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
STAMP = "2026-01-15T10:00:00.000Z"


class Client:
    """A queue that answers only when so many sends are under way."""

    def __init__(self, at_once: int) -> None:
        self._met, self.sent = threading.Barrier(at_once, timeout=60), []

    def send_message(self, record, time_to_live):
        self._met.wait()
        self.sent.append(record)


def large(count):
    return [
        reading({"device_id": "d", "timestamp": STAMP, "message_id": f"m{number}", "t": "x" * 40_000})
        for number in range(count)
    ]


def test_an_envelope_of_many_messages_is_sent_side_by_side():
    client = Client(at_once=8)
    queues(lambda _: client, RigClock(), RigChance()).invoke("persister", large(16), TRACE)
    assert len(client.sent) == 16


def test_dead_letters_are_sent_in_order():
    client = Client(at_once=1)
    letters = [DeadLetter(each, "refused") for each in large(12)]
    queues(lambda _: client, RigClock(), RigChance()).dead_letters("letters").put(letters)
    assert [f'"m{number}"'.encode() in record for number, record in enumerate(client.sent)] == [True] * 12
