"""What devices, queues and callers may send, as hypothesis draws it: mostly right, and wrong in every way there is."""

import gzip
import json
from typing import Any

from hypothesis import strategies as st

from tests.rigs.envelopes import TOKEN as OTHER_TOKEN
from tests.rigs.envelopes import TRACE, body, document
from tests.rigs.readings import flat
from tests.rigs.world import TOKEN
from twin2multicloud.domain.telemetry import normalise
from twin2multicloud.wire.http import Request
from twin2multicloud.wire.tokens import HEADER

STAMPS = [f"2026-01-15T10:{minute:02}:00.000Z" for minute in range(40)]

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
numbers = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([2**53 + 1, -0.0])
)
scalars = st.one_of(texts, numbers, st.booleans())
stamps = st.one_of(
    st.sampled_from([*STAMPS[:3], "2026-01-15T11:30:00+01:00", 1_768_471_800, 1_768_471_800_123, "yesterday", True]),
    st.none(),
)
properties = st.dictionaries(st.one_of(st.sampled_from(["temperature", "mode", "drop"]), texts), scalars, max_size=4)
odd = st.dictionaries(texts, st.one_of(scalars, st.none(), st.lists(scalars, max_size=2)), max_size=2)
readings = st.builds(
    lambda values, strange, named: {**values, **strange, **named},
    properties,
    st.one_of(st.just({}), st.just({}), odd),
    st.fixed_dictionaries(
        {},
        optional={
            "device_id": st.sampled_from(["sensor-1", "sensor-2", "", "unknown ☃"]),
            "timestamp": stamps,
            "ts": stamps,
            "message_id": st.one_of(texts, st.just("m" * 129)),
        },
    ),
)
devices = st.sampled_from(["sensor-1", "sensor-2", "dev/ice", "Gerät"])


def records(layer: str) -> st.SearchStrategy[bytes]:
    """A queue's record: an envelope as an invoker of ours writes it, or now and then something else."""
    good = st.builds(
        lambda several, trace: body(target_layer=layer, payload=several, trace_id=trace),
        st.lists(readings.map(_normal), min_size=1, max_size=4),
        st.sampled_from([TRACE, "0123456789abcdef0123456789abcdef"]),
    )
    return st.one_of(good, good, good, st.sampled_from([b"", b"{}", b"[1]", b'{"payload": 1}']))


def _normal(reading: dict[str, Any]) -> dict[str, Any]:
    """What an invoker would have been given: normalised readings, or a plain one in place of what is none."""
    try:
        return flat(normalise(reading, now=STAMPS[0], device_id="sensor-1"))
    except ValueError:
        return flat(normalise({"temperature": 21}, now=STAMPS[0], device_id="sensor-1"))


def requests(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[Request]:
    """A request that is well formed three times out of four, and every way of going wrong otherwise."""
    right = st.just({HEADER: TOKEN})
    headers = st.one_of(
        right,
        right,
        right,
        st.sampled_from([{}, {HEADER: ""}, {HEADER: OTHER_TOKEN + "x"}, {HEADER: TOKEN, "content-encoding": "br"}]),
        st.just({HEADER: TOKEN, "content-encoding": "gzip"}),
    )
    return st.builds(
        _request,
        st.sampled_from(["POST"] * 6 + ["GET", "PUT", "DELETE"]),
        st.sampled_from(["/", "/", "/", "/health"]),
        headers,
        st.one_of(bodies, bodies, bodies, st.binary(max_size=30)),
        st.booleans(),
    )


def _request(method: str, path: str, headers: dict[str, str], body: bytes, zipped: bool) -> Request:
    said = {"content-type": "application/json", **headers}
    if zipped and headers == {HEADER: TOKEN}:
        said, body = {**said, "content-encoding": "gzip"}, gzip.compress(body)
    return Request(method, path, said, body)


def envelopes(layer: str) -> st.SearchStrategy[bytes]:
    payloads = st.one_of(readings, st.lists(readings, max_size=5))
    changes = st.fixed_dictionaries(
        {"target_layer": st.sampled_from([layer] * 8 + ["L4", "L9"]), "payload": payloads},
        optional={
            "source_cloud": st.sampled_from(["aws", "google", "ibm", 3]),
            "trace_id": st.sampled_from([TRACE, "0" * 32, "", None]),
            "message_type": st.sampled_from(["telemetry", "event", "gossip"]),
            "timestamp": st.sampled_from([STAMPS[0], "soon"]),
        },
    )
    return changes.map(lambda each: json.dumps(document(**each)).encode())


asked_for = st.fixed_dictionaries(
    {"selectedProperties": st.lists(st.sampled_from(["temperature", "humidity", "total", "mode", "on", "no such"]))},
    optional={
        "workspaceId": st.just("w"),
        "entityId": st.sampled_from(["room-1", "no-room"]),
        "componentName": st.sampled_from(["thermostat", "no-component"]),
        "componentTypeId": st.just("com.example.thermostat"),
        "iotDeviceId": st.sampled_from(["sensor-1", "sensor-2", "unknown"]),
        "startTime": st.sampled_from([*STAMPS[::7], "nonsense"]),
        "endTime": st.sampled_from([*STAMPS[::11], 1_768_471_800]),
        "maxResults": st.one_of(st.integers(-1, 100), st.just("many")),
        "orderByTime": st.sampled_from(["ASCENDING", "DESCENDING", "SIDEWAYS"]),
        "nextToken": st.one_of(st.none(), texts),
        "propertyFilters": st.just([]),
    },
)
