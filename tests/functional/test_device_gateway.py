"""The device gateway where it is deployed: its bundle under functions-framework, from a device's key to the dispatcher.

The pure function is the measure: whatever comes in, the runtime answers and does the same.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.clock import RigClock
from tests.rigs.clouds import GCP
from tests.rigs.device_gateway import RigAuthenticator, RigIngress
from tests.rigs.runtime_bundle import Running
from tests.rigs.runtime_wiring import KEYS
from tests.rigs.telemetry_writer import served
from tests.rigs.twins import twin

from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.acquisition.device_gateway import MAX_PUBLISH_BYTES, DeviceGateway
from twin2multicloud.packaging.bundle import bundles
from twin2multicloud.planning.planner import plan
from twin2multicloud.wire.http import Request, Response

pytestmark = pytest.mark.functional

ENV = {
    "CLOUD": "gcp",
    "TWIN_NAME": "house",
    "ERROR_TOPIC": "projects/rig/topics/errors",
    "DEVICE_REGISTRY_NAME": "house-devices",
    "DEVICE_TOPIC": "projects/rig/topics/house-device-gateway",
}


@contextmanager
def under_its_runtime(name: str, folder: Path, **options: Any) -> Iterator[Running]:
    placed = twin(Placement.single(GCP))
    (bundle,) = (each for each in bundles(placed, plan(placed), {}) if each.function == name)
    running = Running(bundle, {**ENV, **options.pop("env", {})}, folder, **options)
    try:
        yield running
    finally:
        running.runtime.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with under_its_runtime("device-gateway", tmp_path_factory.mktemp("bundle")) as running:
        yield running


def basic(user: str, key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


def topic(device: str) -> str:
    return f"/topics/dt/house/{device}/telemetry"


def answered(response: Response) -> tuple[int, Any, str | None]:
    return response.status, msgspec.json.decode(response.body), response.headers.get("retry-after")


SIGNED_IN = st.sampled_from(
    [*(basic(*each) for each in KEYS.items())] * 3
    + [basic("sensor-1", "key-2"), basic("nobody", "key-1"), {}, {"authorization": "Basic !"}]
)
PATHS = st.sampled_from(
    [topic("sensor-1"), topic("room:1")] * 3 + ["/topics/", "/topics", "/", "/health", "/topics/x ☃"]
)
BODIES = st.one_of(st.binary(max_size=40), st.just(b'{"temperature": 21.5}'), st.just(b" " * (MAX_PUBLISH_BYTES + 1)))


@given(method=st.sampled_from(["POST"] * 6 + ["GET", "PUT"]), path=PATHS, headers=SIGNED_IN, body=BODIES)
def test_the_runtime_answers_and_does_what_the_function_does(
    gateway: Running, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    request, ingress = Request(method, path, headers, body), RigIngress()
    pure = DeviceGateway(authenticator=RigAuthenticator("house", KEYS), ingress=ingress, clock=RigClock())
    expected = served(pure)(request)
    assert answered(gateway.runtime.request(request)) == answered(expected)
    taken = [[device, base64.b64encode(payload).decode()] for device, payload in ingress.taken]
    assert gateway.effects() == [("taken", ENV["DEVICE_TOPIC"], each) for each in taken]


def test_it_is_started_by_http(gateway: Running) -> None:
    assert gateway.runtime.ready["signature"] == "http"


def test_from_registration_to_the_dispatcher_with_everything_that_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google's own wiring, adapters and SDKs: a key from the registry, a publish, and what the push then starts."""
    vendor_processes.need_package("google.cloud.firestore")
    from twin2multicloud.clouds.gcp.device_registry import KEY, open_registry

    server, project = vendor_clients.google_server(), vendor_clients.unique("rig")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", vendor_processes.npm_firestore_host())
    registry = open_registry({"gcp_device_registry": f"projects/{project}/databases/{ENV['DEVICE_REGISTRY_NAME']}"})
    (made,) = registry.register(["sensor-1"])
    server.topics[ENV["DEVICE_TOPIC"]] = []
    env = {
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": vendor_processes.npm_firestore_host(),
        "PUBSUB_EMULATOR_HOST": server.host,
    }
    with under_its_runtime("device-gateway", tmp_path / "gateway", env=env, ports="cloud") as gateway:
        ask = gateway.runtime.request
        own, reading = basic("sensor-1", made.files[KEY]), b'{"temperature": 21.5}'
        assert ask(Request("POST", topic("sensor-1"), own, reading)).status == 200
        assert ask(Request("POST", topic("sensor-2"), own, reading)).status == 403
        assert ask(Request("POST", topic("sensor-1"), basic("sensor-1", "guess"), reading)).status == 401
        assert ask(Request("POST", topic("sensor-1"), {}, reading)).status == 401
        assert ask(Request("GET", "/health", {}, b"")).status == 200
    assert server.topics[ENV["DEVICE_TOPIC"]] == [reading]
    (attributes,) = server.attributes[ENV["DEVICE_TOPIC"]]
    message = {"data": base64.b64encode(reading).decode(), "attributes": attributes, "messageId": "1"}
    push = msgspec.json.encode({"message": message, "subscription": "projects/rig/subscriptions/s"})
    told = {"PROCESSOR_QUEUE": "gcp.processor", "DEVICE_DEAD_LETTERS_QUEUE": "gcp.device-dead-letters"}
    with under_its_runtime("dispatcher", tmp_path / "dispatcher", env=told) as dispatcher:
        headers = {"content-type": "application/json"}
        assert dispatcher.runtime.request(Request("POST", "/", headers, push)).status == 200
        ((kind, queue, queued),) = dispatcher.effects()
    assert (kind, queue) == ("queued", "processor")
    assert (queued["device_id"], queued["temperature"]) == ("sensor-1", 21.5)
