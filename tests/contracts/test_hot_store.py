"""What a hot store is: idempotent by (device, time, message id), exact, ordered, and paged by key."""

import math
from random import Random

import msgspec
import pytest

from tests.rigs.readings import readings as rig_readings
from twin2multicloud.ports.hot_store import BEFORE_ALL, RangeQuery, RowKey

ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")


def reading(minute: int = 0, message: str = "m", device: str = "d", **values) -> dict:
    stamp = f"2026-01-15T{10 + minute // 60}:{minute % 60:02}:00.000Z"
    return {"device_id": device, "timestamp": stamp, "message_id": message, **values}


def stamp(minute: int) -> str:
    return reading(minute)["timestamp"]


def write(rig, *readings: dict) -> None:
    rig.store.write(rig_readings(readings))
    rig.settle()


def query(*properties: str, **more) -> RangeQuery:
    start, end = ALWAYS
    base = RangeQuery(device_id="d", start=start, end=end, properties=properties or ("t",), limit=1_000)
    return msgspec.structs.replace(base, **more)


def rows(rig, *properties: str, **more) -> list[tuple[str, str, dict]]:
    found = rig.store.range(query(*properties, **more))
    return [(row.key.timestamp, row.key.message_id, dict(row.values)) for row in found]


def value(rig, name: str = "t"):
    ((_, _, values),) = rows(rig, name)
    return values[name]


def test_what_was_written_is_read(hot_store_rig):
    write(hot_store_rig, reading(t=21.5, on=True))
    assert rows(hot_store_rig, "t", "on") == [(stamp(0), "m", {"t": 21.5, "on": True})]


def test_nothing_written_is_nothing_read(hot_store_rig):
    assert rows(hot_store_rig) == []
    assert hot_store_rig.store.last("d", ("t",)) == {}
    write(hot_store_rig)
    assert rows(hot_store_rig) == []


def test_writing_again_changes_nothing(hot_store_rig):
    for _ in range(3):
        write(hot_store_rig, reading(t=1.0))
    write(hot_store_rig, reading(t=1.0), reading(t=1.0))
    assert rows(hot_store_rig) == [(stamp(0), "m", {"t": 1.0})]


def test_readings_that_share_a_stamp_stay_two(hot_store_rig):
    write(hot_store_rig, reading(message="b", t=2.0), reading(message="a", t=1.0))
    assert [(message, values["t"]) for _, message, values in rows(hot_store_rig)] == [("a", 1.0), ("b", 2.0)]


def test_a_message_id_is_one_within_its_stamp_and_device_only(hot_store_rig):
    write(hot_store_rig, reading(0, t=0), reading(1, t=1), reading(0, device="e", t=2))
    assert [values["t"] for *_, values in rows(hot_store_rig)] == [0, 1]
    assert [values["t"] for *_, values in rows(hot_store_rig, device_id="e")] == [2]


def test_the_start_is_exclusive_and_the_end_inclusive(hot_store_rig):
    write(hot_store_rig, *[reading(minute, t=minute) for minute in range(5)])
    found = rows(hot_store_rig, start=stamp(1), end=stamp(3))
    assert [values["t"] for *_, values in found] == [2, 3]
    assert rows(hot_store_rig, start=stamp(3), end=stamp(3)) == []
    assert rows(hot_store_rig, start=stamp(3), end=stamp(1)) == []


def test_milliseconds_count(hot_store_rig):
    stamps = [f"2026-01-15T10:00:00.{ms:03}Z" for ms in (0, 1, 999)]
    write(hot_store_rig, *[{**reading(t=n), "timestamp": each} for n, each in enumerate(stamps)])
    assert [time for time, *_ in rows(hot_store_rig)] == stamps
    assert [time for time, *_ in rows(hot_store_rig, start=stamps[0], end=stamps[1])] == [stamps[1]]


@pytest.mark.parametrize("old", ["1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "0001-01-02T00:00:00.000Z"])
def test_times_before_the_epoch_are_times(hot_store_rig, old):
    write(hot_store_rig, {**reading(t=1), "timestamp": old}, reading(t=2))
    assert [time for time, *_ in rows(hot_store_rig)] == [old, stamp(0)]
    assert hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(0), 2)}


@pytest.mark.parametrize("odd", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
def test_whatever_time_stands_in_a_store_is_read(hot_store_rig, odd):
    """The door refuses such times today; older versions wrote them."""
    boot = {**reading(s="boot"), "timestamp": odd}
    write(hot_store_rig, boot)
    assert hot_store_rig.store.last("d", ("s", "t")) == {"s": (odd, "boot")}
    write(hot_store_rig, *[reading(minute, t=minute) for minute in range(40)])
    assert hot_store_rig.store.last("d", ("s", "t", "none")) == {"s": (odd, "boot"), "t": (stamp(39), 39)}
    assert rows(hot_store_rig, "s", start=BEFORE_ALL) == [(odd, "m", {"s": "boot"})]
    assert len(rows(hot_store_rig, "s", "t", start=BEFORE_ALL, descending=True)) == 41


def test_order_is_by_time_and_then_by_message_either_way(hot_store_rig):
    written = [reading(minute, message, t=1) for minute in (2, 0, 1) for message in "cab"]
    write(hot_store_rig, *written)
    keys = sorted((each["timestamp"], each["message_id"]) for each in written)
    assert [key[:2] for key in rows(hot_store_rig)] == keys
    assert [key[:2] for key in rows(hot_store_rig, descending=True)] == keys[::-1]


def test_the_limit_counts_rows_that_are_given(hot_store_rig):
    write(hot_store_rig, *[reading(minute, **({"t": minute} if minute % 3 == 0 else {"h": 0})) for minute in range(12)])
    assert [values["t"] for *_, values in rows(hot_store_rig, limit=2)] == [0, 3]
    assert [values["t"] for *_, values in rows(hot_store_rig, limit=2, descending=True)] == [9, 6]
    assert [values["t"] for *_, values in rows(hot_store_rig, limit=4)] == [0, 3, 6, 9]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_paging_by_key_gives_every_row_once(hot_store_rig, limit, descending):
    random = Random(limit)
    written = [reading(random.randrange(6), f"m{n}", t=n) for n in range(20)]
    write(hot_store_rig, *written)
    found: list[tuple] = []
    after = None
    while True:
        page = hot_store_rig.store.range(query(limit=limit, descending=descending, after=after))
        assert len(page) <= limit
        found += [(row.key.timestamp, row.key.message_id) for row in page]
        if len(page) < limit:
            break
        after = page[-1].key
    expected = sorted(((each["timestamp"], each["message_id"]) for each in written), reverse=descending)
    assert found == expected


@pytest.mark.parametrize("descending", [False, True])
def test_paging_goes_on_from_a_key_that_is_no_row(hot_store_rig, descending):
    write(hot_store_rig, *[reading(minute, t=minute) for minute in (0, 2)])
    found = rows(hot_store_rig, after=RowKey(stamp(1), "m"), descending=descending)
    assert [values["t"] for *_, values in found] == ([0] if descending else [2])


def test_a_projection_gives_what_was_asked_and_leaves_out_rows_without_it(hot_store_rig):
    write(hot_store_rig, reading(0, a=1, b=2), reading(1, b=3), reading(2, c=4), reading(3))
    assert [values for *_, values in rows(hot_store_rig, "a", "b")] == [{"a": 1, "b": 2}, {"b": 3}]
    assert rows(hot_store_rig, "never") == []


def test_reserved_keys_are_no_properties(hot_store_rig):
    write(hot_store_rig, reading(t=1, trace_id="a" * 32))
    reserved = ("device_id", "timestamp", "message_id", "trace_id")
    assert rows(hot_store_rig, *reserved) == []
    assert hot_store_rig.store.last("d", reserved) == {}


def test_last_is_the_latest_of_each_property(hot_store_rig):
    write(hot_store_rig, reading(2, a=20), reading(0, a=1, b=2), reading(1, a=10, c="x"))
    assert hot_store_rig.store.last("d", ("a", "b", "c", "never")) == {
        "a": (stamp(2), 20),
        "b": (stamp(0), 2),
        "c": (stamp(1), "x"),
    }


def test_last_stays_the_latest_when_an_older_reading_comes_late(hot_store_rig):
    write(hot_store_rig, reading(5, t=5))
    assert hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(5), 5)}
    write(hot_store_rig, reading(3, t=3))
    assert hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(5), 5)}
    write(hot_store_rig, reading(6, t=6))
    assert hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(6), 6)}


def test_of_two_that_share_a_stamp_the_greater_message_id_is_the_last(hot_store_rig):
    write(hot_store_rig, reading(message="b", t=2), reading(message="a", t=1))
    assert hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(0), 2)}


def test_devices_do_not_mix(hot_store_rig):
    write(hot_store_rig, reading(device="d", t=1), reading(device="d2", t=2), reading(device="D", t=3))
    assert [values["t"] for *_, values in rows(hot_store_rig)] == [1]
    assert hot_store_rig.store.last("D", ("t",)) == {"t": (stamp(0), 3)}
    assert rows(hot_store_rig, device_id="stranger") == []


ODD = [
    *("größe", "温度", "🌡", "a b", "a.b", "a'b", 'a"b', "a\\b", "a/b", "A", "class", "", "x" * 128),
    *("$.t", "a[0]", "%", "_", "*", "#", ":t", "--"),
]


@pytest.mark.parametrize("odd", [each for each in ODD if each], ids=ascii)
def test_any_text_is_a_device_and_a_message_id(hot_store_rig, odd):
    write(hot_store_rig, reading(device=odd, message=odd, t=1), reading(device="t", message="t", t=2))
    assert rows(hot_store_rig, device_id=odd) == [(stamp(0), odd, {"t": 1})]
    assert hot_store_rig.store.last(odd, ("t",)) == {"t": (stamp(0), 1)}


def test_what_a_device_ever_measured_is_known(hot_store_rig):
    assert hot_store_rig.store.measured("d") == set()
    write(hot_store_rig, reading(0, t=1, h=2), reading(1, **{"": 3}), reading(2), reading(0, device="e", other=1))
    assert hot_store_rig.store.measured("d") == {"t", "h", ""}
    assert hot_store_rig.store.measured("e") == {"other"}


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_any_text_is_a_property_and_a_value(hot_store_rig, odd):
    write(hot_store_rig, {**reading(t="other"), odd: odd})
    assert rows(hot_store_rig, odd) == [(stamp(0), "m", {odd: odd})]
    assert hot_store_rig.store.last("d", (odd,)) == {odd: (stamp(0), odd)}


EXACT = [
    *(0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)),
    *(0.0, 1.0, 0.1 + 0.2, 1e-310, 5e-324, 1.7976931348623157e308, 1e308, 2.0**53, 1e22, 21.5),
    *(True, False, "", "1", "true", "null", "x" * 10_000),
]


@pytest.mark.parametrize("exact", EXACT, ids=lambda each: ascii(each)[:24])
def test_values_come_back_exactly_and_with_their_type(hot_store_rig, exact):
    write(hot_store_rig, reading(t=exact))
    for found in (value(hot_store_rig), hot_store_rig.store.last("d", ("t",))["t"][1]):
        assert found == exact
        assert type(found) is type(exact)


def test_negative_zero_stays_negative(hot_store_rig):
    write(hot_store_rig, reading(t=-0.0))
    assert math.copysign(1, value(hot_store_rig)) == -1


def test_a_big_batch_is_written_whole(hot_store_rig):
    written = [reading(n % 600, f"{n:05}", f"device-{n % 7}", t=n, text="x" * 50) for n in range(1_600)]
    write(hot_store_rig, *written)
    found = [
        values["t"]
        for device in range(7)
        for *_, values in rows(hot_store_rig, device_id=f"device-{device}", limit=10_000)
    ]
    assert sorted(found) == list(range(1_600))


def test_a_reading_of_many_properties_is_kept_whole(hot_store_rig):
    wide = {f"p{n}": n for n in range(300)}
    write(hot_store_rig, reading(**wide))
    assert rows(hot_store_rig, *wide) == [(stamp(0), "m", wide)]
