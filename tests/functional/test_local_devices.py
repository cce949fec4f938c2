"""The registry of a twin that runs: who is taken out is refused by the running cloud, over MQTT and over HTTPS."""

import base64
import gc
import json
import urllib.error
import urllib.request
import weakref
from contextlib import suppress
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from tests.rigs.clouds import AWS, GCP
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.emulator.adapters.device_registry import KEY, LocalDeviceRegistry
from twin2multicloud.fleet.mqtt_device import DeviceConnection
from twin2multicloud.operations.local_twin import LocalTwin

pytestmark = pytest.mark.functional


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> RunningTwin:
    with running(write_project(tmp_path_factory.mktemp("twin") / "p", placement(GCP, GCP, GCP))) as running_twin:
        yield running_twin


@pytest.fixture
def registry(twin: RunningTwin) -> LocalDeviceRegistry:
    return LocalTwin(Path(twin.deployment.folder)).gateway.registry


def connection(twin: RunningTwin, device: str, key: str, protocol=MQTTProtocolVersion.MQTTv311) -> DeviceConnection:
    made = twin.connect(user=device, protocol=protocol)
    made._client.username_pw_set(device, key)
    return made


def post(twin: RunningTwin, device: str, key: str) -> int:
    url = f"{twin.deployment.acquisition.http_url}/topics/dt/testtwin/{device}/telemetry"
    signed = base64.b64encode(f"{device}:{key}".encode()).decode()
    request = urllib.request.Request(url, json.dumps({"n": 1}).encode(), {"Authorization": f"Basic {signed}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_every_device_of_the_twin_is_registered_at_first(twin: RunningTwin, registry: LocalDeviceRegistry) -> None:
    assert len(list(registry.registered())) == len(twin.deployment.twin.catalog) == 101
    assert list(registry.register(["d1", "g-001"])) == []


def test_who_is_taken_out_may_neither_connect_nor_post_and_others_may(
    twin: RunningTwin, registry: LocalDeviceRegistry
) -> None:
    key, other = (registry.credentials(each).files[KEY] for each in ("g-001", "g-002"))
    assert post(twin, "g-001", key) == 200
    registry.remove(["g-001"])
    with pytest.raises(RetryableError, match="refused"), connection(twin, "g-001", key):
        pass
    assert post(twin, "g-001", key) == 401
    assert post(twin, "g-002", other) == 200
    with connection(twin, "g-002", other) as still:
        still.publish("g-002", {"n": 2})
        assert still.wait_for_acknowledgements(20)
    with pytest.raises(FinalError, match="not registered"):
        registry.credentials("g-001")


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5], ids=str)
def test_an_open_connection_ends_with_the_next_publish(
    twin: RunningTwin, registry: LocalDeviceRegistry, protocol: MQTTProtocolVersion
) -> None:
    device = f"g-{10 + protocol.value:03}"
    with connection(twin, device, registry.credentials(device).files[KEY], protocol) as open_one:
        open_one.publish(device, {"n": 1})
        assert open_one.wait_for_acknowledgements(20)
        registry.remove([device])
        open_one.publish(device, {"n": 2})
        open_one.wait_for_acknowledgements(2)
    twin.settle()
    assert twin.values(device, "n") == [1]


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5], ids=str)
def test_an_open_connection_with_a_key_that_was_renewed_ends_too(
    twin: RunningTwin, registry: LocalDeviceRegistry, protocol: MQTTProtocolVersion
) -> None:
    device = f"g-{40 + protocol.value:03}"
    with connection(twin, device, registry.credentials(device).files[KEY], protocol) as open_one:
        open_one.publish(device, {"n": 1})
        assert open_one.wait_for_acknowledgements(20)
        registry.remove([device])
        (made,) = registry.register([device])
        open_one.publish(device, {"n": 2})
        open_one.wait_for_acknowledgements(2)
    twin.settle()
    assert twin.values(device, "n") == [1]
    assert post(twin, device, made.files[KEY]) == 200


def test_who_comes_back_has_another_key_and_only_that(twin: RunningTwin, registry: LocalDeviceRegistry) -> None:
    old = registry.credentials("g-020").files[KEY]
    registry.remove(["g-020"])
    (made,) = registry.register(["g-020"])
    assert post(twin, "g-020", old) == 401
    assert post(twin, "g-020", made.files[KEY]) == 200
    assert registry.credentials("g-020") == made


def test_the_gateway_still_speaks_for_every_device(twin: RunningTwin, registry: LocalDeviceRegistry) -> None:
    """Simulations and replays go on: what was taken away is the device's own key."""
    registry.remove(["g-030"])
    twin.publish("g-030", {"n": 30})
    twin.settle()
    assert twin.values("g-030", "n") == [30]


def test_who_is_no_device_of_the_twin_cannot_be_registered(registry: LocalDeviceRegistry) -> None:
    with pytest.raises(FinalError, match="'stranger' is not in the twin"):
        registry.register(["d1", "stranger"])


def test_the_registry_outlives_the_cloud(tmp_path: Path) -> None:
    with running(write_project(tmp_path / "p", placement(AWS, AWS, AWS))) as twin:
        registry = LocalTwin(Path(twin.deployment.folder)).gateway.registry
        key = registry.credentials("d1").files[KEY]
        registry.remove(["d1"])
        twin.kill(AWS)
        twin.start(AWS)
        assert post(twin, "d1", key) == 401
        assert twin.deployment.state.device_registry.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("user", ["g-001", "nobody"], ids=["let in", "refused"])
def test_a_connection_that_is_over_holds_nothing(twin: RunningTwin, user: str) -> None:
    """Not until the garbage collector comes: it warns of sockets that nobody closed."""
    device = twin.connect(user=user)
    client = weakref.ref(device._client)
    gc.disable()
    try:
        with suppress(RetryableError), device:
            pass
        del device
        assert client() is None
    finally:
        gc.enable()
