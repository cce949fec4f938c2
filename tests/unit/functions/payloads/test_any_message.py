"""Whatever a device sends, a format gives readings or reasons; nothing that a batch could be lost by."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs.payload_messages import DOUBLE, INTEGER, TEXT, TRUTH, read
from twin2multicloud.domain.payload import PRESETS

KINDS = {"temperature": DOUBLE, "n": INTEGER, "label": TEXT, "on": TRUTH}
KEYS = st.sampled_from(
    ["temperature", "n", "label", "on", "ts", "values", "Time", "last_seen", "method", "params", "metrics", "name",
     "timestamp", "value", "alias", "is_null", "bn", "bt", "bv", "bs", "bver", "t", "v", "vs", "vb", "s", "x_", "a.b",
     "uplink_message", "decoded_payload", "received_at", "result", "dev1", "Device A"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5),
    st.sampled_from(["ON", "1e400", "NotifyStatus", "2026-01-01T00:00:00", 1e300, 1767225600]),
)  # fmt: skip
MESSAGES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


def options(preset: str) -> dict[str, Any]:
    paths = {"each": "values", "time": "ts", "values": "params"} if preset == "mapping" else {}
    return paths | ({"gateway": True} if preset == "thingsboard" else {})


def kinds(preset: str) -> dict[str, Any]:
    return {"temperature": DOUBLE} if preset == "value" else KINDS


@pytest.mark.parametrize("preset", PRESETS)
@settings(max_examples=150)
@given(message=MESSAGES)
def test_any_json(preset: str, message: object) -> None:
    assert read(preset, json.dumps(message).encode(), kinds(preset), **options(preset))


@pytest.mark.parametrize("preset", PRESETS)
@settings(max_examples=100)
@given(body=st.binary(max_size=60))
def test_any_bytes(preset: str, body: bytes) -> None:
    assert read(preset, body, kinds(preset), **options(preset))  # a reading or a reason, never nothing


@settings(max_examples=100)
@given(metrics=st.lists(st.binary(max_size=30), max_size=4))
def test_any_metrics(metrics: list[bytes]) -> None:
    body = b"".join(b"\x12" + bytes([len(each)]) + each for each in metrics)
    assert read("sparkplug", body, KINDS)


@pytest.mark.parametrize("depth", [100, 990, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    (reason,) = read("zigbee2mqtt", b'{"a":' * depth + b"1" + b"}" * depth, KINDS)
    assert reason.startswith(("nested too deep", "none of temperature"))
    assert len(reason) < 500


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        ("thingsboard", {"Device A": []}),
        ("senml", []),
        ("sparkplug", {"metrics": []}),
        ("sparkplug", {"metrics": [{"name": "n", "timestamp": {}, "value": 1}]}),
        ("mapping", []),
    ],
)
def test_a_message_without_a_reading_is_refused_not_dropped(preset: str, message: object) -> None:
    (reason,) = read(preset, message, KINDS, **({"gateway": True} if preset == "thingsboard" else {}))
    assert isinstance(reason, str)
