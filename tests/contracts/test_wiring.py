"""Each cloud's wiring, over its vendors' emulators: the object that its runtime calls, made from an environment alone.

The data path of one cloud: a device's publish to the dispatcher, the processor's queue, the persister, the hot store.
"""

import base64
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace

import pytest

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.natives import rule_batch
from tests.rigs.readings import reading as rig_reading
from tests.rigs.vendor_hot_stores import create_dynamo_table
from tests.rigs.vendor_queues import azurite_drain, sqs_drain
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.ports.hot_store import HotStore, RangeQuery

READING = {"time": "2026-01-15T10:30:00+01:00", "temperature": 21.5, "total": 2**53 + 1, "größe": "🌡"}
QUERY = RangeQuery(
    device_id="sensor-1",
    start="0001-01-01T00:00:00.000Z",
    end="9999-12-31T23:59:59.999Z",
    properties=("temperature", "total", "größe"),
    limit=10,
)
QUEUES = ("processor", "dead-letters", "device-dead-letters")


class Stage:
    """One cloud: its environment, and how its runtime calls a function."""

    def __init__(
        self,
        cloud: str,
        env: dict[str, str],
        publish: Callable[[dict], None],
        queued: Callable[[], Sequence[bytes]],
        deliver: Callable[[Sequence[bytes]], None],
        store: Callable[[], HotStore],
    ) -> None:
        self.cloud, self.env, self.publish, self.queued = cloud, env, publish, queued
        self.deliver, self.store = deliver, store


def environment(cloud: str, **more: str) -> dict[str, str]:
    return {"CLOUD": cloud, "TWIN_NAME": "house", "L2_CLOUD": cloud, "L3_HOT_CLOUD": cloud, **more}


@pytest.fixture
def aws(monkeypatch):
    vendor_processes.need_package("boto3")
    from twin2multicloud.clouds.aws.wiring import AwsPorts, handler

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "rig")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rig")
    table = vendor_clients.unique("hot-store")
    create_dynamo_table(table)
    sqs = vendor_clients.aws("sqs")
    processor, letters, device_letters = (
        sqs.create_queue(QueueName=vendor_clients.unique(each))["QueueUrl"] for each in QUEUES
    )
    env = environment(
        "aws",
        AWS_REGION=vendor_clients.REGION,
        AWS_ENDPOINT_URL=vendor_processes.moto_url(),
        PROCESSOR_QUEUE=processor,
        DEAD_LETTER_QUEUE=letters,
        DEVICE_DEAD_LETTERS_QUEUE=device_letters,
        HOT_STORE_NAME=table,
        ERROR_TOPIC="house-errors",
    )

    def deliver(records: Sequence[bytes]) -> None:
        event = {"Records": [{"messageId": str(n), "body": each.decode()} for n, each in enumerate(records)]}
        assert handler("persister", env)(event, None) == {"batchItemFailures": []}

    return Stage(
        "aws",
        env,
        lambda reading: handler("dispatcher", env)(rule_batch((json.dumps(reading).encode(), "sensor-1")), None),
        lambda: sqs_drain(processor),
        deliver,
        lambda: AwsPorts(env).hot_store(table),
    )


@pytest.fixture
def azure():
    for package in ("azure.cosmos", "azure.functions", "azure.storage.queue"):
        vendor_processes.need_package(package)
    from azure.cosmos import PartitionKey
    from azure.functions import EventHubEvent, QueueMessage

    from tests.rigs.vendor_cosmos_proxy import cosmos_with_batches
    from twin2multicloud.clouds.azure.wiring import AzurePorts, handler

    container = vendor_clients.unique("hot-store")
    vendor_clients.cosmos_database().create_container(container, PartitionKey("/device_id"))
    queues = [vendor_clients.unique(each) for each in QUEUES]
    for each in queues:
        vendor_clients.azure_queue(each).create_queue()
    env = environment(
        "azure",
        COSMOS_KEY=vendor_clients.COSMOS_KEY,
        QUEUES__queueServiceUri=vendor_processes.azurite_queue_url(),
        QUEUES_KEY=vendor_processes.AZURITE_KEY,
        PROCESSOR_QUEUE=queues[0],
        DEAD_LETTER_QUEUE=queues[1],
        DEVICE_DEAD_LETTERS_QUEUE=queues[2],
        HOT_STORE_NAME=container,
        ERROR_TOPIC="https://house-errors.example/api/events",
    )

    def user_function(name: str):
        (function,) = handler(name, env).get_functions()
        return function.get_user_function()

    def deliver(records: Sequence[bytes]) -> None:
        for each in records:
            user_function("persister")(QueueMessage(id="1", body=each))

    def publish(reading: dict) -> None:
        about = {"connection-device-id": "sensor-1"}
        user_function("dispatcher")([EventHubEvent(body=json.dumps(reading).encode(), iothub_metadata=about)])

    with cosmos_with_batches(vendor_processes.cosmosdb_server_url()) as url:
        env["COSMOS_URL"] = url
        yield Stage(
            "azure",
            env,
            publish,
            lambda: azurite_drain(queues[0]),
            deliver,
            lambda: AzurePorts(env).hot_store(container),
        )


@pytest.fixture
def gcp(monkeypatch):
    for package in ("google.cloud.firestore", "google.pubsub_v1", "functions_framework"):
        vendor_processes.need_package(package)
    from twin2multicloud.clouds.gcp.wiring import GcpPorts, handler

    server = vendor_clients.google_server()
    topics = [f"projects/rig/topics/{vendor_clients.unique(each)}" for each in (*QUEUES, "errors", "devices")]
    server.topics.update({each: [] for each in topics})
    host = vendor_processes.npm_firestore_host()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)  # Firestore's client reads it itself
    env = environment(
        "gcp",
        GOOGLE_CLOUD_PROJECT=vendor_clients.unique("rig"),
        FIRESTORE_EMULATOR_HOST=host,
        PUBSUB_EMULATOR_HOST=server.host,
        PROCESSOR_QUEUE=topics[0],
        DEAD_LETTER_QUEUE=topics[1],
        DEVICE_DEAD_LETTERS_QUEUE=topics[2],
        HOT_STORE_NAME="(default)",
        ERROR_TOPIC=topics[3],
        DEVICE_REGISTRY_NAME="(default)",
        DEVICE_TOPIC=topics[4],
    )

    def event(data: bytes, **attributes: str) -> SimpleNamespace:
        return SimpleNamespace(data={"message": {"data": base64.b64encode(data).decode(), "attributes": attributes}})

    def deliver(records: Sequence[bytes]) -> None:
        for each in records:
            handler("persister", env)(event(each))

    def publish(reading: dict) -> None:
        handler("dispatcher", env)(event(json.dumps(reading).encode(), device_id="sensor-1"))

    return Stage(
        "gcp",
        env,
        publish,
        lambda: list(server.topics[topics[0]]),
        deliver,
        lambda: GcpPorts(env).hot_store("(default)"),
    )


@pytest.fixture(params=["aws", "azure", "gcp"])
def stage(request) -> Stage:
    return request.getfixturevalue(request.param)


def test_a_publish_goes_all_the_way_to_the_hot_store(stage):
    reading = dict(READING)
    if stage.cloud == "gcp":
        reading["total"] = 2**53 - 1  # the npm Firestore keeps doubles only
    stage.publish(reading)
    records = stage.queued()
    assert len(records) == 1
    for _ in range(2):  # queues deliver at least once
        stage.deliver(records)
    (row,) = stage.store().range(QUERY)
    assert row.key.timestamp == "2026-01-15T09:30:00.000Z"
    assert row.values == {name: reading[name] for name in QUERY.properties}
    assert stage.store().last("sensor-1", ("total",)) == {"total": (row.key.timestamp, reading["total"])}


NEEDED = {
    "dispatcher": ("CLOUD", "TWIN_NAME", "PROCESSOR_QUEUE", "DEVICE_DEAD_LETTERS_QUEUE", "ERROR_TOPIC"),
    "persister": ("HOT_STORE_NAME", "DEAD_LETTER_QUEUE", "L3_HOT_CLOUD"),
}


def made(cloud: str, name: str, env: dict[str, str]) -> object:
    return import_module(f"twin2multicloud.clouds.{cloud}.wiring").handler(name, env)


@pytest.mark.parametrize(("name", "missing"), [(name, each) for name, all_ in NEEDED.items() for each in all_])
def test_what_the_environment_lacks_is_said_by_name_at_the_start(stage, name, missing):
    with pytest.raises(ConfigurationError, match=missing):
        made(stage.cloud, name, {key: value for key, value in stage.env.items() if key != missing})


OWN = [
    *[("aws", name, "AWS_REGION") for name in ("dispatcher", "persister")],
    ("azure", "dispatcher", "QUEUES__queueServiceUri"),
    ("azure", "persister", "COSMOS_URL"),
    ("gcp", "persister", "GOOGLE_CLOUD_PROJECT"),
    *[("gcp", "device-gateway", name) for name in ("GOOGLE_CLOUD_PROJECT", "DEVICE_REGISTRY_NAME", "DEVICE_TOPIC")],
]


@pytest.mark.parametrize(("cloud", "name", "missing"), OWN)
def test_so_is_what_one_cloud_needs_beside_it(request, cloud, name, missing):
    env = request.getfixturevalue(cloud).env
    with pytest.raises(ConfigurationError, match=missing):
        made(cloud, name, {key: value for key, value in env.items() if key != missing})


def test_a_service_where_nobody_listens_is_given_up_before_a_sender_stops_waiting(stage, monkeypatch):
    """`wire.sender` waits 30 s; after that its envelope would come twice. Queue and store at once: both wait, idle."""
    host = f"{vendor_processes.HOST}:{vendor_processes.free_port()}"
    dark = {
        "aws": {"AWS_ENDPOINT_URL": f"http://{host}"},
        "azure": {"QUEUES__queueServiceUri": f"http://{host}/rig", "COSMOS_URL": f"http://{host}"},
        "gcp": {"PUBSUB_EMULATOR_HOST": host, "FIRESTORE_EMULATOR_HOST": host},
    }[stage.cloud]
    if stage.cloud == "gcp":
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
    env = stage.env | dark
    ports = import_module(f"twin2multicloud.clouds.{stage.cloud}.wiring").__dict__[f"{stage.cloud.title()}Ports"](env)
    reading = rig_reading({"device_id": "d", "timestamp": "2026-01-15T10:30:00.000Z", "message_id": "m", "t": 1})

    def seconds(attempt: Callable[[], object]) -> float:
        started = time.monotonic()
        with pytest.raises(RetryableError):
            attempt()
        return time.monotonic() - started

    attempts = (
        lambda: ports.invoker.invoke(env["PROCESSOR_QUEUE"], [reading], f"{1:032x}"),
        lambda: ports.hot_store(env["HOT_STORE_NAME"]).write([reading]),
    )
    with ThreadPoolExecutor(len(attempts)) as threads:
        assert max(threads.map(seconds, attempts)) < 20


@pytest.mark.parametrize("dark", ["FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"])
def test_a_device_is_told_to_wait_before_it_hangs_up(gcp, monkeypatch, dark):
    """Google Cloud's gateway with nobody behind it: an answer within the patience of one client, not of two."""
    from twin2multicloud.clouds.gcp.device_registry import KEY, FirestoreDeviceRegistry
    from twin2multicloud.clouds.gcp.wiring import GcpPorts, handler

    (made,) = FirestoreDeviceRegistry(GcpPorts(gcp.env)._firestore("(default)")).register(["sensor-1"])
    host = f"{vendor_processes.HOST}:{vendor_processes.free_port()}"
    if dark == "FIRESTORE_EMULATOR_HOST":
        monkeypatch.setenv(dark, host)
    signed = base64.b64encode(f"sensor-1:{made.files[KEY]}".encode()).decode()
    path, headers = "/topics/dt/house/sensor-1/telemetry", {"Authorization": f"Basic {signed}"}
    request = SimpleNamespace(method="POST", path=path, headers=headers, get_data=lambda: b"{}")
    started = time.monotonic()
    _, status, answered = handler("device-gateway", gcp.env | {dark: host})(request)
    assert (status, answered["retry-after"]) == (503, "1")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_where_the_cloud_has_a_device_service_there_is_no_gateway_of_ours(request, cloud):
    env = request.getfixturevalue(cloud).env | {"DEVICE_REGISTRY_NAME": "r", "DEVICE_TOPIC": "t"}
    with pytest.raises(ConfigurationError, match="keeps its own device registry"):
        made(cloud, "device-gateway", env)
