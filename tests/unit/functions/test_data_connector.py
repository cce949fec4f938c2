"""Data connectors: wherever L3-hot and L4 are, a twin service gets the answer that the reader itself gives."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.ports import RigPorts
from tests.rigs.transport import Answer, ScriptedTransport
from tests.rigs.twins import CATALOG, HIERARCHY, twin
from tests.rigs.world import World
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import wire
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.limits import MAX_ANSWER_BYTES

READERS = {
    "digital-twin-data-connector": "hot-reader",
    "digital-twin-data-connector-last-entry": "hot-reader-last-entry",
}
ENVIRONMENT = {
    "CLOUD": "aws",
    "TWIN_NAME": "house",
    "L3_HOT_CLOUD": "gcp",
    "REMOTE_READER_URL": "https://reader.example/hot-reader",
    "REMOTE_READER_LAST_ENTRY_URL": "https://reader.example/hot-reader-last-entry",
    "INTER_CLOUD_TOKEN": "new-token, old-token",
}
ASKED = {
    "workspaceId": "house",
    "entityId": "room-1",
    "componentName": "thermostat",
    "selectedProperties": ["temperature"],
    "startTime": "2026-01-15T09:30:00Z",
    "endTime": "2026-01-15T10:30:00Z",
    "maxResults": 2,
    "nextToken": None,
    "orderByTime": "ASCENDING",
}
EMPTY: dict[str, dict[str, Any]] = {
    "digital-twin-data-connector": {"propertyValues": [], "nextToken": None},
    "digital-twin-data-connector-last-entry": {"propertyValues": {}},
}


def ok(body: object) -> Reply:
    return Reply(200, {}, msgspec.json.encode(body))


def connector(name: str, *script: Answer, **environment: str) -> tuple[Function, ScriptedTransport, RigPorts]:
    transport = ScriptedTransport(*script)
    ports = RigPorts(catalog=CATALOG, hierarchy=HIERARCHY, transport=transport)
    return wire(name, {**ENVIRONMENT, **environment}, ports), transport, ports


@pytest.mark.parametrize("hot", [AWS, AZURE, GCP])
@pytest.mark.parametrize("l4", [AWS, GCP])
def test_the_answer_is_the_readers_own(hot: Cloud, l4: Cloud) -> None:
    house = World(twin(Placement(l1=AWS, l2=AZURE, l3_hot=hot, l3_cold=hot, l3_archive=hot, l4=l4, l5=AWS)))
    house.publish(
        *({"timestamp": f"2026-01-15T10:0{index}:00Z", "temperature": 20.0 + index} for index in range(5)),
        device_id="sensor-1",
    )
    for name, reader in READERS.items():
        if hot == l4:
            assert house.topology.named(name) is None
            continue
        answered = house.named(name).run(Trigger.CALL, ASKED)
        assert answered == house.named(reader).run(Trigger.CALL, ASKED)
        assert answered["propertyValues"]


def test_all_pages_come_through() -> None:
    house = World(twin(Placement(l1=AWS, l2=AWS, l3_hot=GCP, l3_cold=GCP, l3_archive=GCP, l4=AWS, l5=AWS)))
    for index in range(5):
        house.publish({"timestamp": f"2026-01-15T10:0{index}:00Z", "temperature": 20.0 + index}, device_id="sensor-1")
    values, asked = [], dict(ASKED)
    for _ in range(3):
        answer = house.named("digital-twin-data-connector").run(Trigger.CALL, asked)
        values += [each["value"]["doubleValue"] for series in answer["propertyValues"] for each in series["values"]]
        asked["nextToken"] = answer["nextToken"]
    assert values == [20.0, 21.0, 22.0, 23.0, 24.0]
    assert asked["nextToken"] is None


def test_twin_makers_own_requests_are_answered() -> None:
    """The shapes that AWS documents, as they are kept beside the design."""
    house = World(twin(Placement(l1=AWS, l2=AWS, l3_hot=GCP, l3_cold=GCP, l3_archive=GCP, l4=AWS, l5=AWS)))
    house.publish({"timestamp": "2026-01-15T10:00:00Z", "temperature": 21.5}, device_id="sensor-1")
    asked = json.loads((Path(__file__).parents[2] / "payloads" / "twinmaker_data_reader.json").read_bytes())
    answer = house.named("digital-twin-data-connector").run(Trigger.CALL, asked)
    assert answer == {
        "propertyValues": [
            {
                "entityPropertyReference": {
                    "entityId": "room-1",
                    "componentName": "thermostat",
                    "propertyName": "temperature",
                },
                "values": [{"time": "2026-01-15T10:00:00.000Z", "value": {"doubleValue": 21.5}}],
            }
        ],
        "nextToken": None,
    }


@pytest.mark.parametrize("name", READERS)
class TestOneCall:
    def test_it_goes_out_as_it_came_with_the_first_token(self, name: str) -> None:
        function, transport, _ = connector(name, ok(EMPTY[name]))
        assert function.run(Trigger.CALL, ASKED) == EMPTY[name]
        (posted,) = transport.posted
        assert posted.url == f"https://reader.example/{READERS[name]}"
        assert posted.headers["x-inter-cloud-token"] == "new-token"
        assert msgspec.json.decode(posted.plain) == ASKED

    def test_it_is_tried_again_and_waits_as_long_as_it_is_told(self, name: str) -> None:
        busy = Reply(429, {"retry-after": "3"}, b"")
        function, transport, ports = connector(name, busy, RetryableError("reset"), ok(EMPTY[name]))
        assert function.run(Trigger.CALL, ASKED) == EMPTY[name]
        assert len(transport.posted) == 3
        assert ports.clock.sleeps[0] == 3.0
        assert sum(ports.clock.sleeps) <= 4.5

    def test_it_gives_up_after_three_attempts(self, name: str) -> None:
        function, transport, _ = connector(name, *[Reply(503, {}, b"")] * 3)
        with pytest.raises(RetryableError, match="the cloud answered 503"):
            function.run(Trigger.CALL, ASKED)
        assert len(transport.posted) == 3

    def test_a_refusal_is_the_readers_own_sentence_and_is_not_repeated(self, name: str) -> None:
        refusal = Reply(404, {}, msgspec.json.encode({"status": "refused", "error": "no device feeds it"}))
        function, transport, _ = connector(name, refusal)
        with pytest.raises(FinalError, match=f"{READERS[name]}: no device feeds it") as caught:
            function.run(Trigger.CALL, ASKED)
        assert caught.value.status == 404
        assert len(transport.posted) == 1

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_wrong_token_is_a_fault_of_the_deployment(self, name: str, status: int) -> None:
        function, _, _ = connector(name, Reply(status, {}, b"{}"))
        with pytest.raises(ConfigurationError, match="permission denied"):
            function.run(Trigger.CALL, ASKED)

    def test_an_answer_of_somebody_else_is_no_answer(self, name: str) -> None:
        function, _, _ = connector(name, *[ok({"hello": "world"})] * 3)
        with pytest.raises(RetryableError, match="without propertyValues"):
            function.run(Trigger.CALL, ASKED)

    def test_both_sides_of_the_boundary_are_checked(self, name: str) -> None:
        with pytest.raises(ConfigurationError, match="needs L3-hot on another cloud; L3_HOT_CLOUD is aws too"):
            connector(name, L3_HOT_CLOUD="aws")
        with pytest.raises(ConfigurationError, match="must be set"):
            connector(name, REMOTE_READER_URL="", REMOTE_READER_LAST_ENTRY_URL="")
        with pytest.raises(ConfigurationError, match="INTER_CLOUD_TOKEN"):
            connector(name, INTER_CLOUD_TOKEN="")


def test_the_largest_answer_is_below_what_a_lambda_may_give() -> None:
    assert MAX_ANSWER_BYTES < 6 * 1000 * 1000
