"""What a dead-letter queue does: keeps every letter whole, with its reason, in order of arrival."""

import pytest

from tests.rigs.readings import reading
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.dead_letters import DeadLetter, Unread


def message(number: int) -> Reading:
    key = {"device_id": "d", "timestamp": "2026-01-15T10:30:00.000Z", "message_id": f"m{number}"}
    return reading({**key, "t": 2**53 + number})


def letters(count: int, start: int = 0, why: str = "the other side answered 503: größer {}") -> list[DeadLetter]:
    return [DeadLetter(message(number), why.format(number)) for number in range(start, start + count)]


def test_a_letter_is_kept_whole_with_its_reason(dead_letters_rig):
    dead_letters_rig.dead_letters.put(letters(3))
    dead_letters_rig.settle()
    assert list(dead_letters_rig.kept()) == letters(3)


def test_letters_are_kept_in_order_of_arrival(dead_letters_rig):
    for start in (0, 2, 4):
        dead_letters_rig.dead_letters.put(letters(2, start))
        dead_letters_rig.settle()
    assert list(dead_letters_rig.kept()) == letters(6)


@pytest.mark.parametrize("size", [0, 5, 100_000], ids=str)
def test_what_is_no_reading_is_kept_to_the_byte(dead_letters_rig, size):
    body = (b"hello\x00\xff\n" * size)[:size]
    unread = Unread(body, "dt/house/d/telemetry", "d", "2026-01-15T10:30:00.000Z")
    dead_letters_rig.dead_letters.put([DeadLetter(unread, "größer"), *letters(1)])
    dead_letters_rig.settle()
    kept = list(dead_letters_rig.kept())
    assert sorted(kept, key=repr) == sorted([DeadLetter(unread, "größer"), *letters(1)], key=repr)


def test_nothing_put_is_nothing_kept(dead_letters_rig):
    dead_letters_rig.dead_letters.put([])
    dead_letters_rig.settle()
    assert list(dead_letters_rig.kept()) == []


def test_a_message_that_died_twice_is_two_letters(dead_letters_rig):
    for _ in range(2):
        dead_letters_rig.dead_letters.put(letters(1))
        dead_letters_rig.settle()
    assert len(dead_letters_rig.kept()) == 2


@pytest.mark.parametrize("why", ["the other side answered 503", "reason {}"], ids=["one-reason", "many-reasons"])
def test_hundreds_are_kept(dead_letters_rig, why):
    dead_letters_rig.dead_letters.put(letters(250, why=why))
    dead_letters_rig.settle()
    assert list(dead_letters_rig.kept()) == letters(250, why=why)
