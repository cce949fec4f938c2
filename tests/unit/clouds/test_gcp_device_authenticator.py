"""What the authenticator on Google Cloud remembers, for how long, and what each kind of caller costs in reads."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.rigs.clock import RigClock
from twin2multicloud.clouds.gcp.device_authenticator import (
    COLLECTION,
    FINGERPRINT,
    KEPT_SECONDS,
    REFUSED_SECONDS,
    FirestoreDeviceAuthenticator,
    fingerprint,
)
from twin2multicloud.domain.device_topics import IGNORED, TopicRules
from twin2multicloud.stores.rows import sortable

pytest.importorskip("google.api_core", reason="the extra gcp is not installed")


class Documents:
    """As much of a Firestore client as the authenticator uses: documents by id, and how often each was read."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.reads: Counter[str] = Counter()
        self._asked = ""

    def collection(self, name: str) -> "Documents":
        assert name == COLLECTION
        return self

    def document(self, name: str) -> "_Document":
        return _Document(self, name)


class _Document:
    def __init__(self, documents: Documents, name: str) -> None:
        self._documents, self._name = documents, name

    def get(self, **_: object) -> "_Document":
        self._documents.reads[self._name] += 1
        return self

    def to_dict(self) -> dict[str, str] | None:
        key = self._documents.keys.get(self._name)
        return None if key is None else {FINGERPRINT: fingerprint(key)}


class Door:
    """A authenticator, its registry and its time."""

    def __init__(self, remembered: int = 100) -> None:
        self.documents, self.clock = Documents(), RigClock()
        rules = TopicRules("house", ("tele/+/SENSOR",), ("tele/+/LWT",), frozenset({"bridge"}))
        self.authenticator = FirestoreDeviceAuthenticator(self.documents, rules, self.clock, remembered=remembered)  # type: ignore[arg-type]
        self.knows = self.authenticator.knows

    def reads(self, device_id: str) -> int:
        return self.documents.reads[sortable(device_id)]

    def register(self, device_id: str, key: str) -> None:
        self.documents.keys[sortable(device_id)] = key


@pytest.fixture
def door():
    made = Door()
    made.register("sensor-1", "right")
    return made


def test_a_device_that_publishes_all_the_time_costs_a_read_in_five_minutes(door):
    for _ in range(int(2 * KEPT_SECONDS)):
        assert door.knows("sensor-1", "right")
        door.clock.advance(1)
    assert door.reads("sensor-1") == 2


def test_a_flood_of_wrong_keys_costs_few_reads_and_does_not_keep_the_device_out(door):
    for number in range(1_000):
        assert not door.knows("sensor-1", f"wrong-{number}")
    assert door.knows("sensor-1", "right")
    assert door.reads("sensor-1") == 1
    door.clock.advance(REFUSED_SECONDS)
    for number in range(1_000):
        assert not door.knows("sensor-1", f"wrong-{number}")
    assert door.reads("sensor-1") == 2


def test_a_device_that_nobody_knows_costs_no_more(door):
    for _ in range(1_000):
        assert not door.knows("nobody", "key")
    assert door.reads("nobody") == 1


def test_a_device_that_was_just_registered_waits_seconds_not_minutes(door):
    assert not door.knows("sensor-2", "new")
    door.register("sensor-2", "new")
    door.clock.advance(REFUSED_SECONDS - 1)
    assert not door.knows("sensor-2", "new")
    door.clock.advance(1)
    assert door.knows("sensor-2", "new")


def test_so_does_one_with_a_new_key(door):
    assert door.knows("sensor-1", "right")
    door.register("sensor-1", "new")
    door.clock.advance(REFUSED_SECONDS)
    assert door.knows("sensor-1", "new")
    assert not door.knows("sensor-1", "right")


def test_a_device_that_was_removed_is_out_after_five_minutes_at_most(door):
    assert door.knows("sensor-1", "right")
    door.documents.keys.clear()
    door.clock.advance(KEPT_SECONDS - 1)
    assert door.knows("sensor-1", "right")
    door.clock.advance(1)
    assert not door.knows("sensor-1", "right")


def test_strangers_cannot_fill_the_memory():
    door = Door(remembered=3)
    for number in range(10):
        door.knows(f"stranger-{number}", "key")
    for number in (9, 8, 7):
        door.knows(f"stranger-{number}", "key")
    assert {door.reads(f"stranger-{number}") for number in (9, 8, 7)} == {1}
    door.knows("stranger-6", "key")
    assert door.reads("stranger-6") == 2, "what was pushed out is read again"


def test_an_id_that_nobody_could_register_is_not_looked_up(door):
    assert not door.knows("x" * 1_000, "key")
    assert not door.documents.reads


def test_many_threads_find_the_same(door):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: door.knows(f"sensor-{number % 200}", "right"), range(2_000)))
    assert [index for index, known in enumerate(found) if known] == list(range(1, 2_000, 200))


def test_a_gateway_publishes_for_registered_devices_and_a_look_is_remembered(door):
    device_of = door.authenticator.device_of
    for _ in range(3):
        assert device_of("bridge", "dt/house/sensor-1/telemetry") == "sensor-1"
        assert device_of("bridge", "tele/sensor-1/SENSOR") == "sensor-1"
        assert device_of("bridge", "dt/house/nobody/telemetry") is None
        assert device_of("bridge", f"dt/house/{'x' * 10_000}/telemetry") is None
    assert (door.reads("sensor-1"), door.reads("nobody")) == (1, 1)
    door.register("nobody", "somebody")
    door.clock.sleep(REFUSED_SECONDS)
    assert device_of("bridge", "dt/house/nobody/telemetry") == "nobody"


def test_a_device_has_the_projects_topics_too_and_costs_no_look(door):
    device_of = door.authenticator.device_of
    assert device_of("sensor-1", "tele/sensor-1/SENSOR") == "sensor-1"
    assert device_of("sensor-1", "tele/sensor-2/SENSOR") is None
    assert device_of("sensor-1", "tele/sensor-1/LWT") == IGNORED
    assert device_of("sensor-1", "tele/sensor-1/STATE") is None
    assert not door.documents.reads
