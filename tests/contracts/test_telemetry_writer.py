"""What a telemetry writer does, the store's own and the sender's: every reading is stored or named, never neither."""

from tests.rigs import readings as rig_readings
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.hot_store import RangeQuery

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def readings(count: int) -> list[Reading]:
    return rig_readings.readings(
        {"device_id": "d", "timestamp": "2026-01-15T10:30:00.000Z", "message_id": f"{number:04}", "n": number}
        for number in range(count)
    )


def stored(rig) -> list[int]:
    rig.settle()
    start, end = "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"
    query = RangeQuery(device_id="d", start=start, end=end, properties=("n",), limit=100_000)
    return [row.values["n"] for row in rig.store.range(query)]


def test_what_was_taken_is_stored(telemetry_writer_rig):
    assert list(telemetry_writer_rig.writer.write_batch(readings(5), TRACE)) == []
    assert stored(telemetry_writer_rig) == [0, 1, 2, 3, 4]


def test_an_empty_batch_is_taken(telemetry_writer_rig):
    assert list(telemetry_writer_rig.writer.write_batch([], TRACE)) == []


def test_writing_twice_stores_once(telemetry_writer_rig):
    for _ in range(2):
        assert list(telemetry_writer_rig.writer.write_batch(readings(3), TRACE)) == []
    assert stored(telemetry_writer_rig) == [0, 1, 2]


def test_a_batch_larger_than_one_envelope_is_stored_whole(telemetry_writer_rig):
    assert list(telemetry_writer_rig.writer.write_batch(readings(2_345), TRACE)) == []
    assert stored(telemetry_writer_rig) == list(range(2_345))


def test_what_is_refused_for_good_is_named_by_its_place_and_the_rest_is_stored(telemetry_writer_rig):
    telemetry_writer_rig.store.refuses = lambda reading: reading["n"] in (1, 1_500)
    failed = telemetry_writer_rig.writer.write_batch(readings(1_600), TRACE)
    assert sorted((each.index, each.final) for each in failed) == [(1, True), (1_500, True)]
    assert all(each.error for each in failed)
    assert stored(telemetry_writer_rig) == [n for n in range(1_600) if n not in (1, 1_500)]


def test_while_the_store_is_dark_every_reading_is_named_or_the_batch_is_the_callers_to_retry(telemetry_writer_rig):
    telemetry_writer_rig.store.down = True
    try:
        failed = telemetry_writer_rig.writer.write_batch(readings(3), TRACE)
    except RetryableError:
        failed = None
    assert failed is None or [(each.index, each.final) for each in failed] == [(0, False), (1, False), (2, False)]
    telemetry_writer_rig.store.down = False
    assert stored(telemetry_writer_rig) == []
    assert list(telemetry_writer_rig.writer.write_batch(readings(3), TRACE)) == []
    assert stored(telemetry_writer_rig) == [0, 1, 2]
