"""Connector and persister: what the other side does not take is dead-lettered and reported, near or far the same."""

import pytest

from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.envelopes import TRACE
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.readings import reading
from tests.rigs.telemetry_writer import URL, LocalWriterRig, RemoteWriterRig
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import RetryableError, Severity
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.writers import HandOver, Undeliverable


def readings(count: int) -> list[Reading]:
    key = {"device_id": "d", "timestamp": "2026-01-15T10:30:00.000Z"}
    return [reading({**key, "message_id": f"m{number}", "n": number}) for number in range(count)]


@pytest.fixture(params=[LocalWriterRig, RemoteWriterRig], ids=["local", "remote"])
def rig(request):
    return request.param()


class Bench:
    def __init__(self, rig, code=ErrorCode.HOT_STORE_UNREACHABLE) -> None:
        self.rig, self.dead_letters, self.errors = rig, RigDeadLetters(), RigErrorSink()
        undeliverable = Undeliverable(self.dead_letters, reporter(self.errors, component="persister"), code)
        self.hand_over = HandOver(rig.writer, undeliverable)

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
    """Near, the batch comes again from the queue; far, the sender has tried long enough and dead-letters."""
    bench = Bench(rig)
    rig.store.down = True
    try:
        bench.hand_over(readings(2), TRACE)
    except RetryableError:
        assert bench.lettered == []
    else:
        assert bench.lettered == ["m0", "m1"]
    assert rig.store.count() == 0


def test_where_neither_takes_it_the_batch_comes_again(rig):
    bench = Bench(rig)
    rig.store.down = bench.dead_letters.down = True
    with pytest.raises(RetryableError):
        bench.hand_over(readings(2), TRACE)
    assert bench.errors.events == []


def test_a_dark_endpoint_is_reported_by_its_own_code():
    rig = RemoteWriterRig()
    rig.transport.served.clear()
    bench = Bench(rig, ErrorCode.INGESTION_UNREACHABLE)
    bench.hand_over(readings(2), TRACE)
    assert bench.lettered == ["m0", "m1"]
    assert bench.errors.codes == ["ingestion-unreachable"]
    assert URL in bench.dead_letters.letters[0].error
