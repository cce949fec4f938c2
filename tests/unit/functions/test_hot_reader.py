"""The hot reader: TwinMaker's shape, both requests, and pages that give every value exactly once."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clock import RigClock
from tests.rigs.hot_store import RigHotStore
from tests.rigs.payloads import payload
from tests.rigs.readings import reading as rig_reading
from tests.rigs.twins import CATALOG, HIERARCHY, fleet
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceType, Property
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.storage.hot_reader import HotReader
from twin2multicloud.functions.storage.typed_values import plain
from twin2multicloud.wire.limits import MAX_ANSWER_BYTES


def reading(device="sensor-1", at="2026-01-15T10:00:00.000Z", message="m", **values) -> Reading:
    return rig_reading({"device_id": device, "timestamp": at, "message_id": message, **values})


def reader(*readings: dict, catalog: DeviceCatalog = CATALOG) -> HotReader:
    store = RigHotStore()
    store.write(readings)
    return HotReader(store=store, catalog=catalog, hierarchy=HIERARCHY, clock=RigClock())


def pages(read: HotReader, asked: dict) -> list[dict]:
    found = [read(asked)]
    while found[-1]["nextToken"]:
        found.append(read({**asked, "nextToken": found[-1]["nextToken"]}))
        assert len(found) < 10_000
    return found


def values(answer: dict) -> list[tuple]:
    return [
        (each["entityPropertyReference"]["propertyName"], one["time"], plain(one["value"]))
        for each in answer["propertyValues"]
        for one in each["values"]
    ]


def times(answer: dict) -> list[str]:
    return [time[11:16] for _, time, _ in values(answer)]


ASKED = {"iotDeviceId": "sensor-1", "selectedProperties": ["temperature"]}


@pytest.mark.parametrize("by", ["entity", "component_type"])
def test_twinmakers_request_gets_exactly_twinmakers_answer(by):
    expected = payload(f"twinmaker_data_reader_by_{by}_response")
    for each in expected["propertyValues"]:
        for one in each["values"]:
            one["time"] = "2026-01-15T10:30:00.000Z"  # our spelling of the same instant
    read = reader(reading(at="2026-01-15T10:30:00.000Z", temperature=21.5), reading("other", temperature=1.0))
    assert read(payload(f"twinmaker_data_reader_by_{by}_request")) == expected


def test_an_envelope_and_its_payload_ask_the_same():
    read = reader(reading(temperature=21.5))
    assert read({"source_cloud": "gcp", "payload": ASKED}) == read(ASKED)
    assert read(ASKED)["propertyValues"] == [
        {
            "entityPropertyReference": {"externalIdProperty": {"deviceId": "sensor-1"}, "propertyName": "temperature"},
            "values": [{"time": "2026-01-15T10:00:00.000Z", "value": {"doubleValue": 21.5}}],
        }
    ]


def test_the_start_is_exclusive_and_the_end_inclusive():
    read = reader(*[reading(at=f"2026-01-15T10:{m:02}:00.000Z", temperature=float(m)) for m in range(5)])
    asked = {**ASKED, "startTime": "2026-01-15T10:01:00Z", "endTime": "2026-01-15T10:03:00Z"}
    assert times(read(asked)) == ["10:02", "10:03"]
    assert times(read({**asked, "orderByTime": "DESCENDING"})) == ["10:03", "10:02"]


def test_epoch_seconds_and_offsets_are_the_same_instants():
    read = reader(*[reading(at=f"2026-01-15T10:{m:02}:00.000Z", temperature=float(m)) for m in range(0, 60, 10)])
    older = {**ASKED, "startDateTime": 1768472400, "endDateTime": 1768473000}
    newer = {**ASKED, "startTime": "2026-01-15T11:20:00+01:00", "endTime": "2026-01-15T10:30:00Z"}
    assert times(read(older)) == times(read(newer)) == ["10:30"]


def test_without_bounds_everything_up_to_now_is_meant():
    stamps = ("0001-01-01T00:00:00.000Z", "2026-01-15T10:30:00.001Z")
    read = reader(*[reading(at=stamp, temperature=float(n)) for n, stamp in enumerate(stamps, 1)])
    assert [value for *_, value in values(read(ASKED))] == [1.0]


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("temperature", 21.5, {"doubleValue": 21.5}),
        ("temperature", 21, {"doubleValue": 21.0}),
        ("temperature", 2**53 + 1, {"doubleValue": 2**53 + 1}),
        ("temperature", "broken", {"stringValue": "broken"}),
        ("humidity", 60, {"integerValue": 60}),
        ("humidity", 2**31, {"longValue": 2**31}),
        ("humidity", 60.5, {"doubleValue": 60.5}),
        ("total", 5, {"longValue": 5}),
        ("total", 2**63 - 1, {"longValue": 2**63 - 1}),
        ("mode", "on", {"stringValue": "on"}),
        ("on", True, {"booleanValue": True}),
        ("on", 1, {"integerValue": 1}),
        ("undeclared", 1.5, {"doubleValue": 1.5}),
        ("undeclared", False, {"booleanValue": False}),
        ("undeclared", "é", {"stringValue": "é"}),
    ],
)
def test_a_value_has_its_declared_type_where_it_fits_else_its_own(name, value, typed):
    answer = reader(reading(**{name: value}))({**ASKED, "selectedProperties": [name]})
    (found,) = answer["propertyValues"][0]["values"]
    assert found["value"] == typed
    assert [type(each) for each in found["value"].values()] == [type(each) for each in typed.values()]


def test_nothing_asked_for_is_nothing_answered():
    assert reader(reading(temperature=1.0))({**ASKED, "selectedProperties": []}) == {
        "propertyValues": [],
        "nextToken": None,
    }


def test_grafanas_quoted_milliseconds_are_read_as_numbers_are():
    read = reader(*[reading(at=f"2026-01-15T10:{m:02}:00.000Z", temperature=float(m)) for m in range(5)])
    start, end = 1768471260000, 1768471380000
    quoted = read({**ASKED, "startTime": str(start), "endTime": str(end)})
    assert quoted == read({**ASKED, "startTime": start, "endTime": end})
    assert times(quoted) == ["10:02", "10:03"]


def test_a_device_without_data_and_a_device_that_only_the_store_knows_are_answered():
    assert values(reader()(ASKED)) == []
    read = reader(reading("gone", temperature=1.0))
    assert values(read({**ASKED, "iotDeviceId": "gone"})) == [("temperature", "2026-01-15T10:00:00.000Z", 1.0)]


def test_a_property_asked_for_twice_is_given_once():
    assert len(values(reader(reading(temperature=1.0))({**ASKED, "selectedProperties": ["temperature"] * 2}))) == 1


def test_negative_zero_and_the_smallest_numbers_stay_what_they_are():
    answer = reader(reading(message="a", temperature=-0.0), reading(message="b", temperature=5e-324))(ASKED)
    zero, least = (value for *_, value in values(answer))
    assert math.copysign(1, zero) == -1
    assert least == 5e-324


@pytest.mark.parametrize("of_the_type", [True, False])
def test_a_component_type_is_all_its_devices(of_the_type):
    read = reader(*[reading(f"sensor-{n}", temperature=float(n)) for n in (1, 2, 3)])
    asked = {
        "workspaceId": "w",
        "componentTypeId": f"com.example.{'thermostat' if of_the_type else 'pump'}",
        "selectedProperties": ["temperature"],
    }
    devices = [each["entityPropertyReference"]["externalIdProperty"] for each in read(asked)["propertyValues"]]
    assert devices == ([{"deviceId": "sensor-1"}, {"deviceId": "sensor-2"}] if of_the_type else [])


@pytest.mark.parametrize(
    ("asked", "status", "names"),
    [
        ({}, 400, "iotDeviceId"),
        ({"iotDeviceId": "d"}, 400, "selectedProperties"),
        ({**ASKED, "selectedProperties": [""]}, 400, "selectedProperties"),
        ({**ASKED, "selectedProperties": "temperature"}, 400, "selectedProperties"),
        ({**ASKED, "selectedProperties": [str(n) for n in range(101)]}, 400, "100"),
        ({**ASKED, "startTime": "noon"}, 400, "startTime"),
        ({**ASKED, "endTime": {}}, 400, "endTime"),
        ({**ASKED, "orderByTime": "SIDEWAYS"}, 400, "orderByTime"),
        ({**ASKED, "maxResults": -1}, 400, "maxResults"),
        ({**ASKED, "maxResults": "5"}, 400, "maxResults"),
        ({**ASKED, "maxResults": 10**9}, 400, "50000"),
        ({**ASKED, "nextToken": "x"}, 400, "nextToken"),
        ({**ASKED, "nextToken": "é"}, 400, "nextToken"),
        ({**ASKED, "nextToken": "Wy0xXQ"}, 400, "nextToken"),
        ({**ASKED, "iotDeviceId": 5}, 400, "iotDeviceId"),
        ({**ASKED, "propertyFilters": [{}]}, 400, "propertyFilters"),
        ({"entityId": "attic", "componentName": "x", "selectedProperties": ["t"]}, 400, "workspaceId is missing"),
        ({"componentTypeId": "thermostat", "selectedProperties": ["t"]}, 400, "workspaceId is missing"),
        ({"workspaceId": "w", "entityId": "attic", "componentName": "x", "selectedProperties": ["t"]}, 404, "attic"),
        (
            {**ASKED, "startTime": "2026-01-15T10:00:00Z", "endTime": 1},
            400,
            "startTime 2026-01-15T10:00:00.000Z is after endTime 1970-01-01T00:00:01.000Z",
        ),
        ({**ASKED, "iotDeviceId": "sensor1"}, 404, "no device 'sensor1', and no reading .*; did you mean sensor-1"),
        (
            {**ASKED, "selectedProperties": ["temprature"]},
            404,
            "no property 'temprature', .*; did you mean temperature",
        ),
    ],
)
def test_a_refusal_names_what_is_wrong(asked, status, names):
    with pytest.raises(FinalError, match=names) as caught:
        reader()(asked)
    assert caught.value.status == status


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
ANY = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3)
)
KEYS = st.sampled_from([*payload("twinmaker_data_reader_by_entity_request"), "iotDeviceId", "deviceId", "payload"])


@given(st.dictionaries(KEYS, ANY), st.sampled_from(["properties", "definition", "value"]), ANY)
def test_any_request_is_answered_or_refused(changes, deep, anything):
    external = {"definition": {"isExternalId": True}, "value": {"stringValue": "sensor-1"}, deep: anything}
    for asked in (
        changes,
        {**ASKED, **changes},
        {**changes, "properties": {"x": external}, "selectedProperties": ["t"]},
    ):
        try:
            answer = reader(reading(temperature=1.0))(asked)
        except FinalError as error:
            status = error.status
            assert status in (400, 404)
        else:
            assert set(answer) == {"propertyValues", "nextToken"}


ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["sensor-1", "sensor-2"]), st.integers(0, 9), st.sampled_from("abc")),
    st.dictionaries(st.sampled_from(["temperature", "humidity", "mode"]), st.integers(0, 5), max_size=3),
    max_size=25,
)


@given(ROWS, st.integers(1, 30), st.booleans(), st.permutations(["temperature", "humidity", "mode"]))
def test_pages_give_every_value_exactly_once_in_order(rows, max_results, descending, names):
    stored = [
        reading(device, f"2026-01-15T10:0{m}:00.000Z", message, **given) for (device, m, message), given in rows.items()
    ]
    asked = {
        "workspaceId": "w",
        "componentTypeId": "thermostat",
        "selectedProperties": names,
        "maxResults": max_results,
        "orderByTime": "DESCENDING" if descending else "ASCENDING",
    }
    answers = pages(reader(*stored), asked)
    assert all(0 < len(values(each)) <= max_results for each in answers[:-1])
    assert len(values(answers[-1])) <= max_results
    found: dict[tuple, list] = {}
    for answer in answers:
        for each in answer["propertyValues"]:
            reference = each["entityPropertyReference"]
            key = (reference["externalIdProperty"]["deviceId"], reference["propertyName"])
            found.setdefault(key, []).extend((one["time"], plain(one["value"])) for one in each["values"])
    expected: dict[tuple, list] = {}
    order = sorted(stored, key=lambda each: (each.key.timestamp, each.key.message_id), reverse=descending)
    for each in (made.flat for made in order):
        for name in names:
            if name in each:
                expected.setdefault((each["device_id"], name), []).append((each["timestamp"], each[name]))
    assert found == expected


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_a_late_reading_between_pages_hides_nothing_and_doubles_nothing(order):
    store = RigHotStore()
    store.write([reading(at="2026-01-15T10:05:00.000Z", temperature=1.0, humidity=2, mode="x")])
    read = HotReader(store=store, catalog=CATALOG, hierarchy=HIERARCHY, clock=RigClock())
    names = ["temperature", "humidity", "mode"]
    asked = {**ASKED, "selectedProperties": names, "maxResults": 2, "orderByTime": order}
    first = read(asked)
    for minute in (4, 6):  # one of the two comes to stand behind where the page ended, the other before it
        store.write([reading(at=f"2026-01-15T10:0{minute}:00.000Z", message="late", temperature=3.0, humidity=4)])
    rest = pages(read, {**asked, "nextToken": first["nextToken"]})
    found = [(name, time[15:16], value) for page in rest for name, time, value in values(page)]
    ahead = "6" if order == "ASCENDING" else "4"
    assert sorted(found) == sorted([("mode", "5", "x"), ("temperature", ahead, 3.0), ("humidity", ahead, 4)])


def encoded(answer: dict) -> int:
    return len(msgspec.json.encode(answer))


def test_an_answer_of_long_texts_stays_under_5_mb():
    texts = [reading(message=f"{n:03}", mode="\x01" * 20_000) for n in range(100)]
    answers = pages(reader(*texts), {**ASKED, "selectedProperties": ["mode"]})
    assert all(encoded(each) <= MAX_ANSWER_BYTES for each in answers)
    assert sum(len(values(each)) for each in answers) == 100
    assert len(answers) > 1


def test_an_answer_of_many_values_stays_under_5_mb():
    wide = DeviceType(name="t", properties=tuple(Property(name=f"p{n}", data_type=DataType.DOUBLE) for n in range(100)))
    catalog = DeviceCatalog(types=(wide,), devices=(Device(id="sensor-1", type="t"),))
    rows = [reading(message=f"{n:03}", **{f"p{m}": -1.7976931348623157e308 for m in range(100)}) for n in range(500)]
    asked = {**ASKED, "selectedProperties": [f"p{m}" for m in range(100)], "maxResults": 50_000}
    answers = pages(reader(*rows, catalog=catalog), asked)
    assert [encoded(each) <= MAX_ANSWER_BYTES for each in answers] == [True] * len(answers)
    assert sum(len(values(each)) for each in answers) == 50_000


def test_an_answer_of_many_devices_stays_under_5_mb():
    rows = [
        reading(device, temperature=1.5, **{"a-rather-long-property-name" * 3: 1}) for device in fleet(12_000).ids()
    ]
    asked = {
        "workspaceId": "w",
        "componentTypeId": "thermostat",
        "selectedProperties": ["temperature", "a-rather-long-property-name" * 3],
        "maxResults": 50_000,
    }
    answers = pages(reader(*rows, catalog=fleet(12_000)), asked)
    assert [encoded(each) <= MAX_ANSWER_BYTES for each in answers] == [True] * len(answers)
    assert sum(len(values(each)) for each in answers) == 24_000


def test_a_dark_store_is_the_callers_to_retry():
    store = RigHotStore()
    store.down = True
    with pytest.raises(RetryableError):
        HotReader(store=store, catalog=CATALOG, hierarchy=HIERARCHY, clock=RigClock())(ASKED)


@pytest.mark.parametrize("given_as", ["2026-01-15T09:00:00Z", 1768467600, "1768467600000", 1768467600000000, 20260115])
def test_a_readers_times_are_read_as_a_devices_are(given_as):
    read = reader(*[reading(at=f"2026-01-15T{hour:02}:00:00.000Z", temperature=float(hour)) for hour in (8, 9, 10)])
    assert times(read({**ASKED, "startTime": given_as}))[0] == ("08:00" if given_as == 20260115 else "10:00")


@pytest.mark.parametrize("nonsense", ["noon", "2024-02-30", 20261301, True, {}])
def test_a_readers_time_that_is_none_is_refused_with_what_it_may_be(nonsense):
    with pytest.raises(FinalError, match=r"^startTime: expected ISO 8601 or an epoch in s, ms, µs or ns, found "):
        reader()({**ASKED, "startTime": nonsense})
