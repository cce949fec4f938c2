"""The device gateway: who is let in, for which topic, and that 200 means accepted."""

import base64
import gzip
import json

import pytest

from tests.rigs.clock import RigClock
from tests.rigs.device_gateway import RigAuthenticator, RigIngress
from tests.rigs.telemetry_writer import served
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.functions.acquisition.device_gateway import MAX_PUBLISH_BYTES, DeviceGateway, credentials
from twin2multicloud.wire.http import Request, Response

TOPIC = "/topics/dt/house/sensor-1/telemetry"
READING = b'{"temperature": 21.5}'


def basic(user: str, key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


OWN = basic("sensor-1", "key-1")


@pytest.fixture
def ingress() -> RigIngress:
    return RigIngress()


def answer(
    ingress: RigIngress, path: str = TOPIC, headers=OWN, body: bytes = READING, method: str = "POST"
) -> Response:
    authenticator = RigAuthenticator("house", {"sensor-1": "key-1", "room:1": "key-2"})
    return served(DeviceGateway(authenticator=authenticator, ingress=ingress, clock=RigClock()))(
        Request(method, path, headers, body)
    )


def test_a_publish_is_handed_over_as_it_came(ingress):
    response = answer(ingress)
    assert (response.status, json.loads(response.body)) == (200, {"status": "received"})
    assert ingress.taken == [("sensor-1", READING)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the payload is empty"),
        (b"hello", "not JSON"),
        (b'{"temperature":NaN}', "NaN at byte 15"),
        (b"\xff\xfeh\x00", "UTF-16"),
        (b"7", "telemetry must be a JSON object"),
        (b'[7,{"temperature":{"a":1}}]', "telemetry must be a JSON object"),
        (b"[]", "a list without a reading"),
        (b'{"temperature":1,"time":"yesterday"}', "yesterday"),
        (b'{"temperature":1,"time":"2099-01-01T00:00:00Z"}', "10 minutes ahead"),
    ],
    ids=repr,
)
def test_what_the_dispatcher_would_refuse_is_refused_with_the_sentence_and_not_kept(ingress, body, reason):
    response = answer(ingress, body=body)
    said = json.loads(response.body)
    assert (response.status, said["status"], ingress.taken) == (400, "refused", [])
    assert said["error"].startswith("nothing of this publish was taken: ")
    assert reason in said["error"]


def test_a_list_of_which_something_can_be_read_is_taken_whole(ingress):
    """The dispatcher stores what is valid of it, and keeps the rest in the dead letters."""
    body = b'[7,{"temperature":21.5}]'
    assert answer(ingress, body=body).status == 200
    assert ingress.taken == [("sensor-1", body)]


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
def test_strangers_are_401_and_nothing_is_taken(ingress, headers):
    assert answer(ingress, headers=headers).status == 401
    assert ingress.taken == []


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
def test_a_device_publishes_to_its_own_topic_only(ingress, path, status):
    assert answer(ingress, path).status == status
    assert ingress.taken == []


def test_a_stranger_does_not_learn_whose_topic_it_is(ingress):
    found = {answer(ingress, f"/topics/dt/house/{each}/telemetry", {}).body for each in ("sensor-1", "nobody")}
    assert len(found) == 1


@pytest.mark.parametrize(("size", "status"), [(MAX_PUBLISH_BYTES, 200), (MAX_PUBLISH_BYTES + 1, 413)])
def test_the_limit_of_a_publish(ingress, size, status):
    assert answer(ingress, body=READING.ljust(size)).status == status
    assert len(ingress.taken) == (status == 200)


def test_a_publish_may_be_gzipped_and_the_limit_is_of_what_comes_out(ingress):
    zipped = {**OWN, "content-encoding": "gzip"}
    assert answer(ingress, headers=zipped, body=gzip.compress(READING)).status == 200
    assert ingress.taken == [("sensor-1", READING)]
    assert answer(ingress, headers=zipped, body=gzip.compress(b" " * (MAX_PUBLISH_BYTES + 1))).status == 413
    assert answer(ingress, headers={**OWN, "content-encoding": "br"}).status == 415
    assert len(ingress.taken) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_publishes(ingress, method):
    assert answer(ingress, method=method).status == 405
    assert ingress.taken == []


def test_whether_it_is_there_anybody_may_ask(ingress):
    assert answer(ingress, "/health", {}, b"", "GET").status == 200


@pytest.mark.parametrize(
    ("error", "retry_after"), [(RetryableError("busy", 7.0), "7"), (RetryableError("dark"), "1")], ids=str
)
def test_what_cannot_be_handed_over_is_asked_for_again(ingress, error, retry_after):
    ingress.error = error
    response = answer(ingress)
    assert (response.status, response.headers["retry-after"]) == (503, retry_after)


def test_an_authenticator_that_cannot_say_asks_to_wait(ingress):
    authenticator = RigAuthenticator("house", {})
    authenticator.error = RetryableError("the registry does not answer")
    gateway = served(DeviceGateway(authenticator=authenticator, ingress=ingress, clock=RigClock()))
    assert gateway(Request("POST", TOPIC, OWN, READING)).status == 503


def test_what_the_ingress_never_takes_is_final(ingress):
    ingress.error = FinalError("too large", 413)
    assert answer(ingress).status == 413


def test_a_fault_of_ours_is_not_the_devices(ingress):
    """It is a 500: the device keeps its reading and sends it again."""
    ingress.error = ConfigurationError("the topic is gone")
    assert answer(ingress).status == 500


@pytest.mark.parametrize(("user", "key"), [("sensor-1", "k"), ("room:1", "k"), ("Gerät ☃", "k"), ("", "k"), ("d", "")])
def test_credentials_are_parted_at_the_last_colon(user, key):
    assert credentials(basic(user, key)["authorization"]) == (user, key)
    assert credentials(basic(user, key)["authorization"].replace("Basic", "basic")) == (user, key)
