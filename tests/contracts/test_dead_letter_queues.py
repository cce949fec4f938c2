"""The dead-letter queues of a cloud as an operator sees them: read to the byte, sent again, dropped, let go."""

import base64

import msgspec
import pytest

from tests.rigs import vendor_clients
from tests.rigs.clock import START
from tests.rigs.dead_letter_queues import PUBLISH, TRACE, DeadLetterQueuesRig, message
from tests.rigs.vendor_queues import SqsQueues
from twin2multicloud.clouds.aws import dead_letter_queues as aws
from twin2multicloud.clouds.aws import queue as sqs
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.ports.dead_letter_queues import StoredLetter
from twin2multicloud.ports.dead_letters import DeadLetter, Unread
from twin2multicloud.stores.dead_letter_boxes import BoxedDeadLetters
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.letter_records import whole_letters


def look(rig: DeadLetterQueuesRig) -> list[StoredLetter]:
    found = list(rig.queues.letters())
    rig.queues.release()
    return found


def test_letters_are_read_to_the_byte_with_their_reasons(dead_letter_queues_rig):
    rig = dead_letter_queues_rig
    rig.boundary.put([DeadLetter(message(1), "größer"), DeadLetter(Unread(b"no record"), "no record")])
    rig.device.put([DeadLetter(PUBLISH, "NaN")])
    found = look(rig)
    by_reason = {each.reason: each for each in found}
    assert {each.queue for each in found} == {"boundary", "device"}
    assert queue_records.decode(by_reason["größer"].body).readings == [message(1)]
    (whole,) = whole_letters([by_reason["NaN"]])
    assert whole.content == PUBLISH
    assert not any(each.waited for each in found)
    assert [each.messages for each in found] == [1, 1, 1]


def test_looking_hides_nothing(dead_letter_queues_rig):
    rig = dead_letter_queues_rig
    rig.boundary.put([DeadLetter(message(number), "why") for number in range(12)])
    assert {each.body for each in look(rig)} == {each.body for each in look(rig)}
    assert len(look(rig)) == 12


def test_what_is_sent_again_is_in_its_queue_and_no_letter_any_more(dead_letter_queues_rig):
    rig = dead_letter_queues_rig
    rig.boundary.put([DeadLetter(message(number), "why") for number in range(3)])
    rig.boundary.put([DeadLetter(Unread(b"no record"), "no record")])
    chosen = [each for each in rig.queues.letters() if each.reason == "no record" or b'"m1"' in each.body]
    assert rig.queues.redrive(chosen) == 2
    rig.queues.release()
    queued = rig.queued()
    assert b"no record" in queued
    assert [queue_records.decode(each).readings for each in queued if each != b"no record"] == [[message(1)]]
    assert len(look(rig)) == 2


def test_a_publish_starts_the_dispatcher_at_its_time_of_arrival(dead_letter_queues_rig):
    rig = dead_letter_queues_rig
    rig.device.put([DeadLetter(PUBLISH, "NaN")])
    letters = list(rig.queues.letters())
    if rig.takes_publishes:
        assert rig.queues.redrive(letters) == 1
        assert rig.started() == [PUBLISH]
        assert look(rig) == []
    else:
        with pytest.raises(FinalError, match="let the device publish it again"):
            rig.queues.redrive(letters)
        rig.queues.release()
        assert len(look(rig)) == 1


def test_what_a_queue_gave_up_waited_and_can_be_sent_again_as_it_is(dead_letter_queues_rig):
    rig = dead_letter_queues_rig
    body = queue_records.encode([message(1).encoded, message(2).encoded], TRACE, START)
    rig.gave_up(body)
    letters = list(rig.queues.letters())
    assert [each.waited for each in letters] == [True]
    assert rig.queues.redrive(letters) >= 1
    assert rig.queued() == [body]


def test_a_publish_of_any_size_is_one_letter(dead_letter_queues_rig):
    rig = dead_letter_queues_rig
    large = msgspec.structs.replace(PUBLISH, body=b"x" * 130_000)
    rig.device.put([DeadLetter(large, "too large"), DeadLetter(PUBLISH, "NaN")])
    wholes = {whole.content: whole.complete for whole in whole_letters(look(rig))}
    assert wholes == {large: True, PUBLISH: True}


def test_dropped_letters_are_gone(dead_letter_queues_rig):
    rig = dead_letter_queues_rig
    rig.device.put([DeadLetter(msgspec.structs.replace(PUBLISH, body=b"x" * 130_000), "why")])
    rig.boundary.put([DeadLetter(message(1), "why")])
    letters = list(rig.queues.letters())
    assert rig.queues.drop(letters) == 2
    rig.queues.release()
    assert look(rig) == []


def test_what_sqs_and_iot_core_could_not_deliver_are_publishes_too():
    """What the rule made of a publish, moved by SQS; and a rule's error action, as its documentation has it."""
    client = vendor_clients.aws("sqs")
    made = SqsQueues(client)
    url, dispatcher = (made.make(vendor_clients.unique(name)) for name in ("device", "dispatcher"))
    encoded = base64.b64encode(PUBLISH.body).decode()
    event = {"body": encoded, "device_id": "d", "received_at": 1_768_473_000_000}
    rule = {"ruleName": "r", "topic": PUBLISH.topic, "base64OriginalPayload": encoded, "failures": []}
    sqs.send(client, url, [msgspec.json.encode(event), msgspec.json.encode(rule)])
    box = aws.SqsBox(client, aws.Address(url, dispatcher, devices=True))
    queues = BoxedDeadLetters({"device": box}, frozenset({"device"}))
    letters = list(queues.letters())
    assert [each.waited for each in letters] == [True, True]
    publishes = [whole.content for whole in whole_letters(letters)]
    assert {(each.body, each.device_id) for each in publishes} == {(PUBLISH.body, "d")}
    assert PUBLISH.topic in [each.topic for each in publishes]
    assert queues.redrive(letters) == 2
    assert [msgspec.json.decode(each)["device_id"] for each in made.drain(dispatcher)] == ["d", "d"]
