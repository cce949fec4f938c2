"""The device gateway: who is let in, for which topic, and that 200 means accepted."""

import base64
import gzip
import json

import pytest

from tests.rigs.device_gateway import RigGatekeeper, RigIntake
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.functions.acquisition.device_gateway import MAX_PUBLISH_BYTES, DeviceGateway, credentials
from twin2multicloud.wire.http import Request, Response

TOPIC = "/topics/dt/house/sensor-1/telemetry"
READING = b'{"temperature": 21.5}'


def basic(user: str, key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


OWN = basic("sensor-1", "key-1")


@pytest.fixture
def intake() -> RigIntake:
    return RigIntake()


def answer(intake: RigIntake, path: str = TOPIC, headers=OWN, body: bytes = READING, method: str = "POST") -> Response:
    gatekeeper = RigGatekeeper("house", {"sensor-1": "key-1", "room:1": "key-2"})
    return DeviceGateway(gatekeeper=gatekeeper, intake=intake)(Request(method, path, headers, body))


def test_a_publish_is_handed_over_as_it_came(intake):
    response = answer(intake)
    assert (response.status, json.loads(response.body)) == (200, {"status": "received"})
    assert intake.taken == [("sensor-1", READING)]


def test_what_it_says_is_the_dispatchers_business(intake):
    for body in (b"", b"\xff\x00", b"not json"):
        assert answer(intake, body=body).status == 200
    assert [payload for _, payload in intake.taken] == [b"", b"\xff\x00", b"not json"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic !"},
        {"authorization": "Basic ü"},
        {"authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
        {"authorization": OWN["authorization"].replace("Basic", "Bearer")},
        basic("sensor-1", ""),
        basic("sensor-1", "key-2"),
        basic("sensor-2", "key-1"),
        basic("", ""),
    ],
    ids=str,
)
def test_strangers_are_401_and_nothing_is_taken(intake, headers):
    assert answer(intake, headers=headers).status == 401
    assert intake.taken == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/topics/dt/house/room:1/telemetry", 403),
        ("/topics/dt/other/sensor-1/telemetry", 403),
        ("/topics/dt/house/sensor-1/commands", 403),
        ("/topics/", 403),
        ("/topics", 404),
        ("/", 404),
        ("/dt/house/sensor-1/telemetry", 404),
    ],
)
def test_a_device_publishes_to_its_own_topic_only(intake, path, status):
    assert answer(intake, path).status == status
    assert intake.taken == []


def test_a_stranger_does_not_learn_whose_topic_it_is(intake):
    found = {answer(intake, f"/topics/dt/house/{each}/telemetry", {}).body for each in ("sensor-1", "nobody")}
    assert len(found) == 1


@pytest.mark.parametrize(("size", "status"), [(MAX_PUBLISH_BYTES, 200), (MAX_PUBLISH_BYTES + 1, 413)])
def test_the_limit_of_a_publish(intake, size, status):
    assert answer(intake, body=b" " * size).status == status
    assert len(intake.taken) == (status == 200)


def test_a_publish_may_be_gzipped_and_the_limit_is_of_what_comes_out(intake):
    zipped = {**OWN, "content-encoding": "gzip"}
    assert answer(intake, headers=zipped, body=gzip.compress(READING)).status == 200
    assert intake.taken == [("sensor-1", READING)]
    assert answer(intake, headers=zipped, body=gzip.compress(b" " * (MAX_PUBLISH_BYTES + 1))).status == 413
    assert answer(intake, headers={**OWN, "content-encoding": "br"}).status == 415
    assert len(intake.taken) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_publishes(intake, method):
    assert answer(intake, method=method).status == 405
    assert intake.taken == []


def test_whether_it_is_there_anybody_may_ask(intake):
    assert answer(intake, "/health", {}, b"", "GET").status == 200


@pytest.mark.parametrize(
    ("error", "retry_after"), [(RetryableError("busy", 7.0), "7"), (RetryableError("dark"), "1")], ids=str
)
def test_what_cannot_be_handed_over_is_asked_for_again(intake, error, retry_after):
    intake.error = error
    response = answer(intake)
    assert (response.status, response.headers["retry-after"]) == (503, retry_after)


def test_a_gatekeeper_that_cannot_say_asks_to_wait(intake):
    gatekeeper = RigGatekeeper("house", {})
    gatekeeper.error = RetryableError("the registry does not answer")
    assert DeviceGateway(gatekeeper=gatekeeper, intake=intake)(Request("POST", TOPIC, OWN, READING)).status == 503


def test_what_the_intake_never_takes_is_final(intake):
    intake.error = FinalError("too large", 413)
    assert answer(intake).status == 413


def test_a_fault_of_ours_is_not_the_devices(intake):
    """`Function.answer` reports it and says 500: the device keeps its reading and sends it again."""
    intake.error = ConfigurationError("the topic is gone")
    with pytest.raises(ConfigurationError):
        answer(intake)


@pytest.mark.parametrize(("user", "key"), [("sensor-1", "k"), ("room:1", "k"), ("Gerät ☃", "k"), ("", "k"), ("d", "")])
def test_credentials_are_parted_at_the_last_colon(user, key):
    assert credentials(basic(user, key)["authorization"]) == (user, key)
    assert credentials(basic(user, key)["authorization"].replace("Basic", "basic")) == (user, key)
