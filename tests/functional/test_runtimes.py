"""One function, three clouds, three real runtimes: the same input has the same output and the same effects.

The bundles are what would be deployed; only the ports under the functions are the rigs' (see `rigs.runtime_wiring`).
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.envelopes import document
from tests.rigs.runtime_bundle import Effect, Running
from tests.rigs.runtime_inputs import STAMPS, asked_for, devices, envelopes, readings, records, requests
from tests.rigs.runtime_wiring import FAILS, ON_SCHEDULE
from tests.rigs.twins import twin
from tests.rigs.world import TOKEN, resolved

from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.telemetry import normalise
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.packaging.bundle import Bundle, bundles
from twin2multicloud.planning.planner import plan
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.limits import MAX_BODY_BYTES
from twin2multicloud.wire.tokens import HEADER

pytestmark = pytest.mark.functional

PROCESSOR = b"""def process(telemetry):
    if telemetry.get("drop"): return None
    if telemetry.get("mode") == "broken":
        raise ValueError("it is broken")
    return {**telemetry, "kelvin": telemetry["temperature"] + 273.15}
"""
SEED = [
    normalise(
        {
            "device_id": device,
            "timestamp": stamp,
            "temperature": 20 + index / 7,
            "humidity": index,
            "total": 2**53 + index,
            "mode": "auto ☃" if index % 3 else "off",
            **({"on": bool(index % 2)} if index % 4 else {}),
        },
        now=stamp,
    ).flat
    for device in ("sensor-1", "sensor-2")
    for index, stamp in enumerate(STAMPS)
]


def _next(cloud: Cloud) -> Cloud:
    clouds = ALL
    return clouds[(clouds.index(cloud) + 1) % 3]


def _alone(cloud: Cloud) -> Twin:
    return twin(Placement.single(cloud))


def _but_the_twin_service(cloud: Cloud) -> Twin:
    """Everything on the cloud but L4: a twin service on Azure is fed by the processor, and only there."""
    return twin(msgspec.structs.replace(Placement.single(cloud), l4=AWS))


def _across(slot: str) -> Callable[[Cloud], Twin]:
    """The slot on the cloud, everything else on the next one, dashboards reading the hot store."""

    def placed(cloud: Cloud) -> Twin:
        tiers = ("l3_hot", "l3_cold", "l3_archive") if slot == "l3_hot" else (slot,)  # the reader asks no other cloud
        where = msgspec.structs.replace(Placement.single(_next(cloud)), **dict.fromkeys(tiers, cloud))
        return twin(where, dashboard=DashboardSource.HOT_STORE)

    return placed


TWINS: dict[str, Callable[[Cloud], Twin]] = {
    "dispatcher": _alone,
    "connector": _across("l1"),
    "ingestion": _across("l2"),
    "processor": _but_the_twin_service,
    "persister": _alone,
    "hot-writer": _across("l3_hot"),
    "hot-reader": _across("l3_hot"),
    "hot-reader-last-entry": _across("l3_hot"),
    "hot-reader, by call": _alone,
    "hot-reader-last-entry, by call": _alone,
    "ingestion, for a scheduled function": _across("l2"),
}
"""The placement under which a function stands on a cloud."""

Three = Mapping[Cloud, Running]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Three]]:
    """A function on three clouds, each under its runtime; started when it is first asked for."""
    started: dict[str, Three] = {}

    def on_all(case: str) -> Three:
        if case not in started:
            started[case] = {cloud: _start(case, cloud, tmp_path_factory.mktemp("bundle")) for cloud in ALL}
        return started[case]

    yield on_all
    for running in started.values():
        for each in running.values():
            each.runtime.close()


def _start(case: str, cloud: Cloud, folder: Path) -> Running:
    bundle, env = _bundle(case, cloud)
    return Running(bundle, env | ({ON_SCHEDULE: "yes"} if "scheduled" in case else {}), folder, SEED)


def _bundle(case: str, cloud: Cloud) -> tuple[Bundle, dict[str, str]]:
    placed = _with_processor(TWINS[case](cloud))
    topology = plan(placed)
    name = case.partition(",")[0]
    bundle = next(
        each
        for each in bundles(placed, topology, {"kelvin": PROCESSOR})
        if (each.function, each.cloud) == (name, cloud)
    )
    quiet = {"MODE": "production"}  # keys in the log hold traces, which count up from cloud to cloud
    return bundle, resolved(topology[f"{cloud}.{name}"]) | quiet


def _with_processor(bare: Twin) -> Twin:
    types = tuple(msgspec.structs.replace(each, processor="kelvin") for each in bare.catalog.types)
    return msgspec.structs.replace(bare, catalog=msgspec.structs.replace(bare.catalog, types=types))


def same(outcomes: Mapping[Cloud, Any]) -> Any:
    """What all three clouds agree on."""
    first, *others = outcomes.items()
    for other in others:
        assert other[1] == first[1], f"{other[0]} differs from {first[0]}"
    return first[1]


def by_kind(effects: Iterable[Effect]) -> list[Effect]:
    """Errors, readings and so on, each kind in its order: one batch or several, the kinds come differently mixed."""
    return sorted(effects, key=lambda each: each[:2])


def answered(response: Response) -> tuple[int, str, Any, str | None]:
    """What of an answer a caller acts upon."""
    kind = response.headers["content-type"].partition(";")[0]
    return response.status, kind, msgspec.json.decode(response.body), response.headers.get("retry-after")


# --- the functions ---------------------------------------------------------------------------------------------------


@given(publishes=st.lists(st.tuples(devices, readings), min_size=1, max_size=4))
def test_dispatcher(three: Callable[[str], Three], publishes: list[tuple[str, dict[str, Any]]]) -> None:
    """Traces are made up per invocation, and clouds batch differently; all else is the same."""
    found = {
        cloud: (each.runtime.publish(publishes), by_kind(map(_untraced, each.effects())))
        for cloud, each in three("dispatcher").items()
    }
    taken, effects = same(found)
    assert taken
    assert sum(kind != "error" for kind, _, _ in effects) == len(publishes), "each is dispatched or dead-lettered"


def _untraced(effect: Effect) -> Effect:
    kind, where, what = effect
    return (kind, where, {key: what[key] for key in what if key != "trace_id"}) if isinstance(what, dict) else effect


@pytest.mark.parametrize(("case", "layer"), [("processor", "L2"), ("persister", "L2"), ("connector", "L2")])
@given(data=st.data())
def test_functions_behind_a_queue(three: Callable[[str], Three], data: st.DataObject, case: str, layer: str) -> None:
    bodies = data.draw(st.lists(records(layer), min_size=1, max_size=3))
    found = {cloud: (each.runtime.deliver(bodies), _per_message(each.effects())) for cloud, each in three(case).items()}
    failed, _ = same(found)
    assert not failed or case == "connector", "an invalid record is dead-lettered; only an outage brings one again"


def _per_message(effects: list[Effect]) -> list[Effect]:
    """A report may be about one message or about the batch of the cloud: its code counts, traces and words do not."""
    outage = ("ingestion-unreachable", "boundary-opened", "boundary-closed")
    codes = sorted({what[1] for kind, _, what in effects if kind == "error" and what[1] not in outage})
    rest = [(kind, where, what[0] if kind == "dead" else what) for kind, where, what in effects if kind != "error"]
    dead_last = sorted(map(_untraced, rest), key=lambda each: (each[0] == "dead") * repr(each))  # invalid ones go first
    return [*by_kind(dead_last), *(("error", "", code) for code in codes)]


@pytest.mark.parametrize(("case", "layer"), [("ingestion", "L2"), ("hot-writer", "L3-hot")])
@given(data=st.data())
def test_endpoints_that_take_messages(
    three: Callable[[str], Three], data: st.DataObject, case: str, layer: str
) -> None:
    request = data.draw(requests(envelopes(layer)))
    found = {cloud: (answered(each.runtime.request(request)), each.effects()) for cloud, each in three(case).items()}
    (status, kind, body, _), effects = same(found)
    assert kind == "application/json"
    assert body["status"] in ("received", "ok") if status == 200 else not effects


@pytest.mark.parametrize("case", ["hot-reader", "hot-reader-last-entry"])
@given(data=st.data())
def test_readers_behind_a_url(three: Callable[[str], Three], data: st.DataObject, case: str) -> None:
    request = data.draw(requests(asked_for.map(msgspec.json.encode)))
    found = {cloud: (answered(each.runtime.request(request)), each.effects()) for cloud, each in three(case).items()}
    (status, _, body, _), effects = same(found)
    assert not effects
    assert status != 200 or "propertyValues" in body or body == {"status": "ok"}


@pytest.mark.parametrize("case", ["hot-reader, by call", "hot-reader-last-entry, by call"])
@given(asked=asked_for)
def test_readers_called_natively(three: Callable[[str], Three], case: str, asked: dict[str, Any]) -> None:
    found = {cloud: (each.runtime.call(asked), each.effects()) for cloud, each in three(case).items()}
    answer, effects = same(found)
    assert not effects
    assert answer is None or "propertyValues" in answer


def test_a_schedule(three: Callable[[str], Three]) -> None:
    """This function is the rig's, in a bundle of ours, behind our triggers."""
    running = three("ingestion, for a scheduled function")
    for _ in range(2):
        done, effects = same({cloud: (each.runtime.tick(), each.effects()) for cloud, each in running.items()})
        assert done
        assert [kind for kind, *_ in effects] == ["ran"]


def test_a_scheduled_run_that_fails_is_reported_and_tried_again(three: Callable[[str], Three]) -> None:
    running = three("ingestion, for a scheduled function")
    for each in running.values():
        (each.folder / FAILS).touch()
    done, effects = same({cloud: (each.runtime.tick(), each.effects()) for cloud, each in running.items()})
    assert not done, "the cloud would not try again"
    assert effects == [("error", "scheduled", ["WARNING", "delivery-failed", "RetryableError: told to fail"])]
    for each in running.values():
        (each.folder / FAILS).unlink()
    done, effects = same({cloud: (each.runtime.tick(), each.effects()) for cloud, each in running.items()})
    assert done
    assert [kind for kind, *_ in effects] == ["ran"]


# --- what generation does not reach ----------------------------------------------------------------------------------


def test_every_page_of_a_history_is_the_same(three: Callable[[str], Three]) -> None:
    asked: dict[str, Any] = {
        "iotDeviceId": "sensor-1",
        "selectedProperties": ["temperature", "on"],
        "endTime": STAMPS[-1],
        "maxResults": 17,
    }
    values = 0
    while True:
        found = {cloud: each.runtime.call(asked) for cloud, each in three("hot-reader, by call").items()}
        page = same(found)
        values += sum(len(series["values"]) for series in page["propertyValues"])
        if page["nextToken"] is None:
            break
        asked = {**asked, "nextToken": page["nextToken"]}
    assert values == sum(name in each for each in SEED[:40] for name in ("temperature", "on"))


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 400), (MAX_BODY_BYTES + 1, 413)])
def test_the_limit_of_a_body(three: Callable[[str], Three], size: int, status: int) -> None:
    request = Request("POST", "/", {HEADER: TOKEN}, b" " * size)
    found = {cloud: answered(each.runtime.request(request)) for cloud, each in three("ingestion").items()}
    assert same(found)[0] == status


def test_the_lambda_of_a_reader_with_a_url_also_takes_twinmakers_call(three: Callable[[str], Three]) -> None:
    asked = {"iotDeviceId": "sensor-1", "selectedProperties": ["temperature"]}
    by_url = Request("POST", "/", {HEADER: TOKEN}, msgspec.json.encode(asked))
    reader = three("hot-reader")[AWS].runtime
    assert reader.call(asked) == msgspec.json.decode(reader.request(by_url).body)


BINDINGS = {
    "dispatcher": ("eventHubTrigger", {"eventHubName": "%EVENT_HUB_NAME%", "connection": "EVENT_HUB_CONNECTION"}),
    "processor": ("queueTrigger", {"queueName": "%QUEUE_NAME%", "connection": "QUEUE_CONNECTION"}),
    "hot-writer": ("httpTrigger", {"authLevel": "ANONYMOUS", "route": "hot-writer/{*rest}"}),
    "hot-reader, by call": ("httpTrigger", {"authLevel": "FUNCTION", "route": "hot-reader/{*rest}"}),
    "ingestion, for a scheduled function": ("timerTrigger", {"schedule": "%SCHEDULE%"}),
}


@pytest.mark.parametrize("case", BINDINGS)
def test_azures_worker_finds_one_function_with_its_binding(three: Callable[[str], Three], case: str) -> None:
    kind, settings = BINDINGS[case]
    running = three(case)[AZURE]
    ready = running.runtime.ready
    (trigger,) = [each for each in ready["bindings"] if each["type"] == kind]
    assert {name: trigger.get(name) for name in settings} == settings
    assert ready["accepted"], "the worker's converter does not take the parameter's annotation"
    assert Path(ready["package"]).is_relative_to(running.folder)


def test_azures_host_never_gives_up_on_a_batch_of_devices(three: Callable[[str], Three]) -> None:
    """When a retry policy ends, the checkpoint is written and the batch is gone: there are no dead letters there."""
    assert three("dispatcher")[AZURE].runtime.ready["retry"]["max_retry_count"] == "-1"


def test_azures_host_tries_a_timer_again_as_often_as_lambda_does(three: Callable[[str], Three]) -> None:
    """Left alone, it never would: the next run is the next day's."""
    assert three("ingestion, for a scheduled function")[AZURE].runtime.ready["retry"] == {
        "setting_name": "retry_policy",
        "strategy": "exponential_backoff",
        "max_retry_count": "2",
        "minimum_interval": "00:01:00",
        "maximum_interval": "00:02:00",
    }


@pytest.mark.parametrize(
    ("case", "signature"),
    [("dispatcher", "cloudevent"), ("hot-writer", "http"), ("ingestion, for a scheduled function", "http")],
)
def test_functions_framework_knows_how_a_target_is_started(
    three: Callable[[str], Three], case: str, signature: str
) -> None:
    running = three(case)[GCP]
    assert running.runtime.ready["signature"] == signature
    assert Path(running.runtime.ready["package"]).is_relative_to(running.folder)


NOBODY, QUEUES = "127.0.0.1:9", ("PROCESSOR_QUEUE", "DEVICE_DEAD_LETTERS_QUEUE")
SIGNED_IN: dict[Cloud, dict[str, str]] = {
    AWS: {
        "AWS_ENDPOINT_URL": f"http://{NOBODY}",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        **dict.fromkeys(QUEUES, f"http://{NOBODY}/1/processor"),
    },
    AZURE: {
        "QUEUES__queueServiceUri": f"http://{NOBODY}/account",
        "QUEUES_KEY": base64.b64encode(b"none").decode(),
        **dict.fromkeys(QUEUES, "processor"),
        "ERROR_TOPIC": f"http://{NOBODY}/topic",
        "ERROR_TOPIC_KEY": "none",
    },
    GCP: {
        "GOOGLE_CLOUD_PROJECT": "p",
        "PUBSUB_EMULATOR_HOST": NOBODY,
        **dict.fromkeys(QUEUES, "projects/p/topics/processor"),
        "ERROR_TOPIC": "projects/p/topics/errors",
    },
}
"""What each cloud's own wiring wants, with services at an address where nobody listens."""


@pytest.mark.parametrize("cloud", ALL)
def test_a_bundle_as_it_is_deployed_refuses_strangers(tmp_path: Path, cloud: Cloud) -> None:
    """Nothing replaced: the cloud's own wiring, adapters and SDK."""
    with _as_deployed(cloud, tmp_path) as running:
        answer = running.runtime.request(Request("POST", "/", {}, b"{}"))
    assert answered(answer)[:2] == (401, "application/json")


def test_a_bundle_as_it_is_deployed_asks_to_wait_while_its_cloud_is_dark(tmp_path: Path) -> None:
    """On Lambda, because boto3 gives up first: in a second, where others take half a minute."""
    with _as_deployed(AWS, tmp_path) as running:
        body = msgspec.json.encode(document(target_layer="L2"))
        answer = running.runtime.request(Request("POST", "/", {HEADER: TOKEN}, body))
    assert answered(answer)[0] == 503


@contextmanager
def _as_deployed(cloud: Cloud, folder: Path) -> Iterator[Running]:
    bundle, env = _bundle("ingestion", cloud)
    running = Running(bundle, {**env, **SIGNED_IN[cloud]}, folder, ports="cloud")
    try:
        yield running
    finally:
        running.runtime.close()


def test_a_plain_push_of_pubsub_is_the_same_as_eventarcs_event(three: Callable[[str], Three]) -> None:
    """A push subscription sends the envelope alone; functions-framework makes an event of it."""
    running = three("dispatcher")[GCP]
    data = base64.b64encode(b'{"temperature": 21.5}').decode()
    message = {"data": data, "attributes": {"device_id": "sensor-1"}, "messageId": "1", "publishTime": STAMPS[30]}
    envelope = {"message": message, "subscription": "projects/p/subscriptions/s", "deliveryAttempt": 1}
    headers = {"content-type": "application/json"}
    answer = running.runtime.request(Request("POST", "/", headers, msgspec.json.encode(envelope)))
    by_push = [_untraced(each) for each in running.effects()]
    assert running.runtime.publish([("sensor-1", {"temperature": 21.5})])
    assert answer.status == 200
    assert by_push == [_untraced(each) for each in running.effects()]
    assert [kind for kind, _, _ in by_push] == ["queued"]
