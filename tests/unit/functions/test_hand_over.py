"""Connector and persister: what the other side does not take is dead-lettered and reported, near or far the same."""

from collections.abc import Sequence

import pytest

from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.envelopes import TRACE
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.readings import reading
from tests.rigs.telemetry_writer import URL, LocalWriterRig, RemoteWriterRig
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import OutageError, RetryableError, Severity
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.writers import HandOver, Undeliverable
from twin2multicloud.ports.telemetry_writer import ItemError, TelemetryWriter


def readings(count: int) -> list[Reading]:
    key = {"device_id": "d", "timestamp": "2026-01-15T10:30:00.000Z"}
    return [reading({**key, "message_id": f"m{number}", "n": number}) for number in range(count)]


@pytest.fixture(params=[LocalWriterRig, RemoteWriterRig], ids=["local", "remote"])
def rig(request):
    return request.param()


class PartlyDark:
    """A writer for which the last reading of the first batch has to come again."""

    def __init__(self, writer: TelemetryWriter) -> None:
        self._writer, self._calls = writer, 0

    def write_batch(self, messages: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:
        self._calls += 1
        if self._calls > 1:
            return self._writer.write_batch(messages, trace_id)
        last = len(messages) - 1
        return [*self._writer.write_batch(messages[:last], trace_id), ItemError(last, "busy", final=False)]


class Bench:
    def __init__(self, rig, code=ErrorCode.HOT_STORE_UNREACHABLE) -> None:
        self.rig, self.dead_letters, self.errors = rig, RigDeadLetters(), RigErrorSink()
        self.undeliverable = Undeliverable(self.dead_letters, reporter(self.errors, component="persister"), code)
        self.hand_over = HandOver(rig.writer, self.undeliverable)

    @property
    def stored(self) -> list[str]:
        return [key.message_id for key in self.rig.store.rows["d"]]

    @property
    def lettered(self) -> list[str]:
        return [letter.message.key.message_id for letter in self.dead_letters.letters]


def test_a_batch_is_stored(rig):
    bench = Bench(rig)
    bench.hand_over(readings(3), TRACE)
    assert bench.stored == ["m0", "m1", "m2"]
    assert (bench.lettered, bench.errors.events) == ([], [])


def test_a_batch_handed_over_twice_is_stored_once(rig):
    bench = Bench(rig)
    bench.hand_over(readings(3), TRACE)
    bench.hand_over(readings(3), TRACE)
    assert rig.store.count() == 3


def test_what_the_store_refuses_for_good_is_dead_lettered_and_the_rest_is_stored(rig):
    bench = Bench(rig)
    rig.store.refuses = lambda reading: reading["n"] == 1
    bench.hand_over(readings(3), TRACE)
    assert (bench.stored, bench.lettered) == (["m0", "m2"], ["m1"])
    (event,) = bench.errors.events
    assert (event.error_code, event.severity) == ("hot-store-unreachable", Severity.CRITICAL)
    assert (event.trace_id, event.count) == (TRACE, 1)
    assert event.dedupe_key == "aws/persister/hot-store-unreachable"
    assert "1 of 3" in event.message


def test_while_the_store_is_dark_nothing_is_lost(rig):
    """Near and far, the batch waits in its queue and comes again."""
    bench = Bench(rig)
    rig.store.down = True
    with pytest.raises(RetryableError):
        bench.hand_over(readings(2), TRACE)
    assert (bench.lettered, rig.store.count()) == ([], 0)
    rig.store.down = False
    bench.hand_over(readings(2), TRACE)
    assert bench.stored == ["m0", "m1"]


def test_where_one_may_pass_later_nothing_is_dead_lettered_before_it_has():
    """All of the batch comes again: a letter written now would be written twice."""
    rig = RemoteWriterRig()
    bench = Bench(rig)
    rig.store.refuses = lambda reading: reading["n"] == 1
    bench.hand_over = HandOver(PartlyDark(rig.writer), bench.undeliverable)
    with pytest.raises(OutageError):
        bench.hand_over(readings(3), TRACE)
    assert bench.lettered == []
    bench.hand_over(readings(3), TRACE)
    assert (bench.stored, bench.lettered) == (["m0", "m2"], ["m1"])


def test_where_neither_takes_it_the_batch_comes_again(rig):
    bench = Bench(rig)
    rig.store.refuses = lambda _: True
    bench.dead_letters.down = True
    with pytest.raises(RetryableError):
        bench.hand_over(readings(2), TRACE)
    assert bench.errors.events == []


def test_a_dark_endpoint_is_reported_by_its_own_code():
    rig = RemoteWriterRig()
    rig.transport.served.clear()
    bench = Bench(rig, ErrorCode.INGESTION_UNREACHABLE)
    with pytest.raises(OutageError, match=URL):
        bench.hand_over(readings(2), TRACE)
    (event,) = bench.errors.events
    assert (event.error_code, event.count) == ("ingestion-unreachable", 2)
    assert "2 of 2 messages wait in the queue" in event.message
