"""Runs of an emulated cloud's functions: found by reading and by trace, in records and envelopes, up to a bound."""

import gzip
import threading

import pytest

from tests.rigs.clouds import AWS
from tests.rigs.readings import reading
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.placement import Slot
from twin2multicloud.emulator.delivery.runs import RunLog
from twin2multicloud.wire import envelope, queue_records
from twin2multicloud.wire.http import Request, Response, json_response

STAMP, OTHER = "2026-01-15T10:30:00.000Z", "2026-01-15T10:30:01.000Z"
TRACE, OWN = "a" * 32, "b" * 32


def encoded(device="d", stamp=STAMP, **values):
    return reading({"device_id": device, "timestamp": stamp, **values}).encoded


def record(*readings, trace=TRACE):
    return queue_records.encode(readings, trace, STAMP)


def request(*readings, zipped=False):
    body = envelope.encode(readings, source_cloud=AWS, target_layer=Slot.L2, timestamp=STAMP, trace_id=TRACE)
    headers = {"content-encoding": "gzip"} if zipped else {}
    return Request("POST", "/ingestion", headers, gzip.compress(body) if zipped else body)


def test_a_reading_is_found_in_the_records_that_have_it():
    runs = RunLog()
    work = runs.record("processor", Trigger.QUEUE, lambda _: [])
    work([record(encoded(stamp=OTHER)), record(encoded(), encoded("e"))])
    (found,) = runs.find(device="d", timestamp=STAMP)
    assert (found.component, found.trigger, found.readings, found.trace_id) == ("processor", Trigger.QUEUE, 2, TRACE)
    assert found.outcome == ""
    assert runs.find(device="dd", timestamp=STAMP) == []
    assert runs.find(device="d", timestamp="2026-01-15T10:30:02.000Z") == []


@pytest.mark.parametrize("zipped", [False, True])
def test_a_reading_is_found_in_envelopes_with_its_own_trace_or_that_of_all(zipped):
    runs = RunLog()
    serve = runs.record("ingestion", Trigger.HTTP, lambda _: json_response(200, {}))
    text = '" \\ ü'
    serve(
        request(encoded(name=text), reading({"device_id": text, "timestamp": OTHER}).traced(OWN).encoded, zipped=zipped)
    )
    assert [each.trace_id for each in runs.find(device="d", timestamp=STAMP)] == [TRACE]
    assert [each.trace_id for each in runs.find(device=text, timestamp=OTHER)] == [OWN]
    assert [len(runs.find(trace_id=each)) for each in (TRACE, OWN, "c" * 32)] == [1, 1, 0]


def test_of_a_publish_what_the_dispatcher_queued_on_the_same_thread_is_searched():
    runs = RunLog()

    def dispatch(_):
        runs.queued(record(encoded()))
        other = threading.Thread(target=runs.queued, args=(record(encoded("e")),))
        other.start()
        other.join()

    runs.record("dispatcher", Trigger.DEVICE, dispatch)([b"what came, in whatever form"])
    runs.queued(record(encoded("f")))
    assert [each.component for each in runs.find(device="d", timestamp=STAMP)] == ["dispatcher"]
    assert runs.find(device="e", timestamp=STAMP) == runs.find(device="f", timestamp=STAMP) == []


def test_why_a_reading_did_not_pass_is_said():
    runs = RunLog()
    second_fails = runs.record("persister", Trigger.QUEUE, lambda _: range(1, 2))
    second_fails([record(encoded()), record(encoded("e"))])
    refuses = runs.record("hot-writer", Trigger.HTTP, lambda _: Response(503, {}, b""))
    refuses(request(encoded()))

    def breaks(_):
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        runs.record("mover", Trigger.QUEUE, breaks)([record(encoded())])
    assert [each.outcome for each in runs.find(device="d", timestamp=STAMP)] == ["", "answered 503", "no disk"]
    assert [each.outcome for each in runs.find(device="e", timestamp=STAMP)] == ["failed: it comes again"]


def test_the_oldest_are_forgotten_beyond_the_bound():
    runs = RunLog(most_bytes=10_000)
    work = runs.record("processor", Trigger.QUEUE, lambda _: [])
    for number in range(100):
        work([record(encoded(n=number, text="x" * 500))])
    kept = len(runs.find(device="d", timestamp=STAMP))
    assert 5 <= kept <= 10
    work([record(encoded(text="x" * 50_000))])
    assert len(runs.find(device="d", timestamp=STAMP)) == 1, "the newest stays, whatever its size"


@pytest.mark.parametrize("trigger", [Trigger.CALL, Trigger.SCHEDULE])
def test_calls_and_schedules_are_not_wrapped(trigger):
    def start(_):
        return None

    assert RunLog().record("reader", trigger, start) is start
