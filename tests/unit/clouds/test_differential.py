"""The same message gives the same result through all three clouds' entrypoints."""

import gzip
from collections.abc import Sequence

import msgspec
import pytest

from tests.rigs.clock import START
from tests.rigs.clouds import ALL
from tests.rigs.envelopes import TOKEN as PLAIN_TOKEN
from tests.rigs.envelopes import body, request
from tests.rigs.natives import NATIVES
from tests.rigs.payloads import payload
from tests.rigs.ports import RigPorts
from tests.rigs.readings import readings
from tests.rigs.twins import CATALOG, HIERARCHY, twin
from tests.rigs.world import World
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import wire
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.limits import MAX_BODY_BYTES

ENV = {
    "TWIN_NAME": "house",
    "PROCESSOR_QUEUE": "house-processor",
    "DEVICE_DEAD_LETTERS_QUEUE": "device-letters",
    "INTER_CLOUD_TOKEN": PLAIN_TOKEN,
    "HOT_STORE_NAME": "hot",
    "COLD_STORE_NAME": "cold",
    "ARCHIVE_STORE_NAME": "archive",
    "HAS_ENDPOINT": "true",
    "DEAD_LETTER_QUEUE": "letters",
    "PERSISTER_QUEUE": "house-persister",
}


def wired(name: str, cloud: Cloud) -> tuple[Function, RigPorts]:
    ports = RigPorts(catalog=CATALOG, hierarchy=HIERARCHY)
    here = dict.fromkeys(("CLOUD", "L3_HOT_CLOUD", "L3_COLD_CLOUD", "L3_ARCHIVE_CLOUD"), cloud)
    return wire(name, {**ENV, **here}, ports), ports


def same(results: Sequence) -> bool:
    return all(each == results[0] for each in results)


@pytest.mark.parametrize(
    "published",
    [
        b'{"temperature":21.5,"humidity":60,"ts":"2026-01-15T10:30:00Z"}',
        b'{"temperature":-0.0,"total":9007199254740993,"ts":1768473000123}',
        '{"mode":"größer","ts":"2026-01-15T11:30:00+01:00","device_id":"liar"}'.encode(),
        b'{"mode":"no time","time":"noon"}',
        b'{"t":null,"ts":0}',
        b'[{"t":1,"ts":0},{"t":2,"ts":0},5]',
        b"21.5",
        b"\xff\x00",
        b'{"device_id":"sensor-1","t":1,"ts":0,"device_id":"liar","\\u0064evice_id":"liar"}',
    ],
)
def test_a_publish_becomes_the_same_message(published):
    results = []
    for cloud, native in NATIVES.items():
        function, ports = wired("dispatcher", cloud)
        native.device(function, published, "sensor-1")
        results.append((ports.invoker.messages("house-processor"), ports.errors.codes))
    assert same(results)
    assert results[0] != ([], [])


def test_a_publish_without_a_time_keeps_all_but_the_clouds_own_stamp():
    results = []
    for cloud, native in NATIVES.items():
        function, ports = wired("dispatcher", cloud)
        native.device(function, b'{"temperature":21.5}', "sensor-1")
        (message,) = ports.invoker.messages("house-processor")
        assert message.pop("timestamp").startswith("2026-01-15T10:30:00.")
        message.pop("message_id")
        results.append(message)
    assert same(results)


@pytest.mark.parametrize(
    "asked",
    [
        request(),
        request(token=None),
        request(b"no json"),
        request(b"\xff\x00\xfe"),
        request(b""),
        request(body(target_layer="L4")),
        request(body(payload=[{"device_id": "d"}, {"no": "device"}])),
        request(gzip.compress(body()), content_encoding="gzip"),
        request(b"x" * (MAX_BODY_BYTES + 1)),
        msgspec.structs.replace(request(), method="GET", path="/endpoint/health"),
        msgspec.structs.replace(request(), method="PUT"),
    ],
    ids=["good", "token", "text", "binary", "empty", "layer", "mixed", "gzip", "large", "health", "method"],
)
def test_a_request_gets_the_same_answer(asked):
    results = []
    for cloud, native in NATIVES.items():
        function, ports = wired("ingestion", cloud)
        answer = native.http(function, asked)
        results.append((answer, ports.invoker.messages("house-processor")))
    assert same(results)


def test_queued_records_have_the_same_effect():
    flats = [{"device_id": "d", "timestamp": START, "message_id": f"m{n}", "n": n} for n in range(3)]
    records = [body(payload=[each]) for each in flats]
    stored = []
    for cloud, native in NATIVES.items():
        function, ports = wired("persister", cloud)
        assert native.queue(function, [*records, b"no envelope"]) == []
        stored.append(
            (dict(ports.hot_store("hot").rows), set(ports.errors.codes), ports.dead_letters("letters").letters)
        )
    assert same(stored)
    assert len(stored[0][0]["d"]) == 3


@pytest.mark.parametrize("name", ["hot-reader", "hot-reader-last-entry"])
def test_a_reader_answers_the_same_natively_and_behind_its_url(name):
    asked = payload("twinmaker_data_reader_by_entity_request")
    answers = []
    for cloud, native in NATIVES.items():
        function, ports = wired(name, cloud)
        ports.hot_store("hot").write(
            readings([{"device_id": "sensor-1", "timestamp": START, "message_id": "m", "temperature": 21.5}])
        )
        answers.append(native.call(function, asked))
        answers.append(msgspec.json.decode(native.http(function, request(msgspec.json.encode(asked))).body))
    assert same(answers)
    assert answers[0]["propertyValues"]


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_a_reader_makes_the_same_buckets_natively_and_behind_its_url(order):
    published = [
        {
            "device_id": "sensor-1",
            "timestamp": f"2026-01-15T10:{minute:02}:00.000Z",
            "message_id": "m",
            "humidity": minute,
        }
        for minute in range(30)
    ]
    asked = {
        "iotDeviceId": "sensor-1",
        "selectedProperties": ["humidity"],
        "startTime": "2026-01-15T10:01:00Z",
        "every": "10m",
        "aggregate": "count",
        "orderByTime": order,
    }
    wrong, answers, refusals = {**asked, "every": "soon"}, [], []
    for cloud, native in NATIVES.items():
        function, ports = wired("hot-reader", cloud)
        ports.hot_store("hot").write(readings(published))
        answers.append(native.call(function, asked))
        answers += [
            msgspec.json.decode(native.http(function, request(msgspec.json.encode(form))).body)
            for form in (asked, {"payload": asked})
        ]
        refused = native.http(function, request(msgspec.json.encode(wrong)))
        refusals.append((refused.status, msgspec.json.decode(refused.body)["error"]))
    assert same(answers)
    (series,) = answers[0]["propertyValues"]
    counts = {each["time"][11:16]: each["value"] for each in series["values"]}
    expected = {"10:00": {"integerValue": 8}, "10:10": {"integerValue": 10}, "10:20": {"integerValue": 10}}
    assert list(counts.items()) == list(expected.items())[:: 1 if order == "ASCENDING" else -1]
    assert same(refusals)
    assert refusals[0] == (
        400,
        "every must be whole seconds, or a span as in 90s, 5m, 1h, 1d; found 'soon'",
    )


class NativeWorld(World):
    """A world in which every function is started by its own cloud's native events."""

    def __init__(self, described) -> None:
        super().__init__(described)
        for end in self.topology.endpoints:
            self.transport.served[f"https://{end.component}.example"] = self._serve(end.component)

    def _serve(self, component: str):
        def answer(asked: Request) -> Response:
            return NATIVES[self.topology[component].cloud].http(self.functions[component], asked)

        return answer

    def publish_natively(self, device_id: str, published: bytes) -> None:
        dispatcher = self.topology.named("dispatcher")
        NATIVES[dispatcher.cloud].device(self.functions[dispatcher.id], published, device_id)
        self.pump(lambda function, bodies: NATIVES[self._cloud_of(function)].queue(function, bodies))

    def _cloud_of(self, function: Function) -> Cloud:
        return next(self.topology[id_].cloud for id_, each in self.functions.items() if each is function)


def test_the_whole_path_through_real_entrypoints_stores_the_same_over_every_placement():
    stored = []
    for l1 in ALL:
        for l2 in ALL:
            for l3_hot in ALL:
                placement = msgspec.structs.replace(Placement.single(l3_hot), l1=l1, l2=l2)
                there = NativeWorld(twin(placement))
                for minute in range(5):
                    there.publish_natively("sensor-1", b'{"temperature":21.5,"ts":%d}' % (1768473000 + 60 * minute))
                stored.append(there.stored("sensor-1"))
    assert len(stored[0]) == 5
    assert same(stored)
