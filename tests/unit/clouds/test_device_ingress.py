"""Publishes that arrive together at Google Cloud's gateway are one message, and each is answered for itself."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("google.pubsub_v1", reason="the extra gcp is not installed")

import msgspec

from tests.rigs.clock import RigClock
from twin2multicloud.clouds.gcp.device_ingress import COMPANY, MOST, PubSubDeviceIngress
from twin2multicloud.domain.errors import RetryableError

TOPIC = "projects/p/topics/t"
NEVER = 10_000.0
"""A window that no test sees the end of: a group that is sent was full, or expected nobody."""


class Publisher:
    def __init__(self, failure=None):
        self.messages, self._failure = [], failure

    def publish(self, topic, messages, **_):
        assert topic == TOPIC
        if self._failure is not None:
            raise self._failure
        self.messages += messages


def ingress(publisher, window=NEVER):
    return PubSubDeviceIngress(publisher, TOPIC, window=window, clock=RigClock())


def taken_at_once(device_ingress, count):
    """Take so many from as many threads; what each raised, or None."""
    start = threading.Barrier(count, timeout=60)

    def one(number):
        start.wait()
        try:
            device_ingress.take(f"d{number}", str(number).encode())
        except RetryableError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def after_company(publisher):
    """An ingress that expects company, having had some."""
    made = ingress(publisher)
    for number in range(COMPANY):
        made.take(f"before-{number}", b"{}")
    publisher.messages.clear()
    return made


def test_a_publish_without_company_does_not_wait():
    publisher = Publisher()
    made = ingress(publisher)
    for number in range(COMPANY):
        made.take(f"d{number}", b"{}")
    assert [dict(each.attributes) for each in publisher.messages] == [{"device_id": f"d{n}"} for n in range(COMPANY)]


def test_nobody_waits_without_a_window():
    publisher = Publisher()
    made = ingress(publisher, window=0)
    for number in range(3 * COMPANY):
        made.take(f"d{number}", b"{}")
    assert len(publisher.messages) == 3 * COMPANY


def test_those_that_arrive_together_are_one_message():
    publisher = Publisher()
    assert taken_at_once(after_company(publisher), 2 * MOST) == [None] * 2 * MOST
    assert [dict(each.attributes) for each in publisher.messages] == [{"publishes": str(MOST)}] * 2
    stored = [
        pair for each in publisher.messages for pair in msgspec.json.decode(each.data, type=list[tuple[str, bytes]])
    ]
    assert sorted(stored) == sorted((f"d{number}", str(number).encode()) for number in range(2 * MOST))


def test_the_end_of_the_window_sends_those_who_came():
    publisher = Publisher()
    made = PubSubDeviceIngress(publisher, TOPIC, window=0.01, clock=RigClock())  # whose clock stands still
    for number in range(COMPANY + 2):
        made.take(f"d{number}", b"{}")
    assert len(publisher.messages) == COMPANY + 2


def test_each_is_told_that_its_publish_was_not_stored():
    publisher = Publisher()
    made = after_company(publisher)
    publisher._failure = RetryableError("throttled")
    assert taken_at_once(made, MOST) == ["throttled"] * MOST
