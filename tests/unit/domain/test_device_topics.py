"""Topics of devices: the twin's own, the patterns that a project adds, what is taken and not read, gateways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.device_topics import IGNORED, TopicRules, device_by_pattern, device_level, overlap

PATTERNS = (
    "zigbee2mqtt/+",
    "tele/+/SENSOR",
    "v3/+/devices/{device}/up",
    "{device}/events/rpc",
    "v1/devices/me/telemetry",
)


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("zigbee2mqtt/kitchen", "kitchen"),
        ("zigbee2mqtt/kitchen/availability", None),
        ("tele/plug/SENSOR", "plug"),
        ("tele/plug/STATE", None),
        ("v3/app1@ttn/devices/dev1/up", "dev1"),
        ("shellyplus1-1/events/rpc", "shellyplus1-1"),
        ("v1/devices/me/telemetry", "me-that-is-connected"),
        ("v1/devices/you/telemetry", None),
    ],
)
def test_a_pattern_has_the_devices_place_in_it(topic: str, device: str | None) -> None:
    assert device_by_pattern(PATTERNS, topic, "me-that-is-connected") == device


def test_the_place_is_the_mark_or_the_only_plus() -> None:
    assert [device_level(each) for each in PATTERNS] == [1, 1, 3, 0, None]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("tele/+/SENSOR", "tele/plug/+", True),
        ("tele/+/SENSOR", "tele/+/STATE", False),
        ("tele/+", "tele/+/STATE", False),
        ("stat/#", "stat/plug/RESULT", True),
        ("#", "anything/at/all", True),
        ("a/b", "a/b", True),
    ],
)
def test_whether_a_topic_can_match_two_patterns(one: str, other: str, both: bool) -> None:
    assert overlap(one, other) is both
    assert overlap(other, one) is both


LEVELS = st.lists(st.sampled_from(["a", "b", "+", "{device}"]), min_size=1, max_size=4).map("/".join)


@given(LEVELS, LEVELS)
def test_patterns_overlap_where_some_topic_matches_both(one: str, other: str) -> None:
    words = [[a if b in ("+", "{device}") else b] for a, b in zip(one.split("/"), other.split("/"), strict=False)]
    topic = "/".join("a" if word in ("+", "{device}") else word for (word,) in words)
    matches = one.count("/") == other.count("/") and overlap(one, topic) and overlap(other, topic)
    assert overlap(one, other) == matches


RULES = TopicRules("house", ("zigbee2mqtt/+", "me"), ("zigbee2mqtt/#", "stat/+/RESULT"), frozenset({"bridge"}))
KNOWN = {"d1", "d2", "bridge"}


@pytest.mark.parametrize(
    ("user", "topic", "device"),
    [
        ("d1", "dt/house/d1/telemetry", "d1"),
        ("d1", "dt/house/d2/telemetry", None),
        ("d1", "dt/other/d1/telemetry", None),
        ("d1", "zigbee2mqtt/d1", "d1"),
        ("d1", "zigbee2mqtt/d2", None),
        ("d1", "me", "d1"),
        ("d1", "stat/d1/RESULT", IGNORED),
        ("d1", "foreign", None),
        ("bridge", "dt/house/d2/telemetry", "d2"),
        ("bridge", "dt/house/nobody/telemetry", None),
        ("bridge", "zigbee2mqtt/d2", "d2"),
        ("bridge", "zigbee2mqtt/nobody", IGNORED),
        ("bridge", "zigbee2mqtt/bridge/state", IGNORED),
        ("bridge", "me", "bridge"),
    ],
)
def test_who_may_publish_where(user: str, topic: str, device: str | None) -> None:
    assert RULES.device_of(user, topic, KNOWN.__contains__) == device


def test_a_twin_without_patterns_asks_nobody() -> None:
    def nobody(_: str) -> bool:
        raise AssertionError

    assert TopicRules("house").device_of("d1", "dt/house/d1/telemetry", nobody) == "d1"
    assert TopicRules("house").device_of("d1", "zigbee2mqtt/d1", nobody) is None
