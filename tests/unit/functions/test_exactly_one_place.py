"""What was acknowledged is in exactly one place afterwards: stored, dead-lettered, or dropped by a rule that counts.

Any bytes, through each cloud's native events, under every policy of a project.
"""

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs.clouds import ALL
from tests.rigs.natives import NATIVES
from tests.rigs.twins import CATALOG, twin
from tests.rigs.world import World
from twin2multicloud.domain.clock_skew import Beyond, ClockSkew
from twin2multicloud.domain.device import Undeclared
from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.readings import refusal_of
from twin2multicloud.functions.triggers import RawReading

KEYS = ("device_id", "deviceId", "iotDeviceId", "timestamp", "time", "ts", "message_id", "trace_id")
NAMES = st.sampled_from(["temperature", "humidity", "total", "mode", "on", "pressure", "Note", "", "device_time"])
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=4) | NUMBERS.map(str)
TIMES = (
    st.sampled_from(
        [
            *("2026-01-15T10:00:00Z", "2016-12-31T23:59:60z", "2099-01-01", "0001-01-01T00:00:00Z", "noon", ""),
            *(1641667732350000000, "1625943953000", 20220118, 20221318, 2022011800, None, True, 1e300),
        ]
    )
    | NUMBERS
)
VALUES = SCALARS | st.lists(st.none(), max_size=1) | st.dictionaries(st.just("a"), st.just(1), max_size=1)
OBJECTS = st.builds(
    lambda values, time, message: values | time | message,
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.dictionaries(st.sampled_from(["timestamp", "Time", "TS"]), TIMES, max_size=1),
    st.dictionaries(st.just("message_id"), st.text(max_size=3) | st.just(5) | st.just("x" * 129), max_size=1),
)


def encoded(value: Any) -> bytes:
    """JSON with the digits of every number, as devices write it; 1e300 stands for what no double holds."""
    return json.dumps(value).replace("1e+300", "1e400").encode(errors="surrogatepass")


def list_of(objects: list[dict[str, Any]]) -> bytes:
    """A gateway's list; no two of its readings are the same."""
    tagged = [{**each, "n": place} for place, each in enumerate(objects)]
    return encoded([{**each, "message_id": f"{each['n']}"} if "message_id" in each else each for each in tagged])


@st.composite
def _spoilt(draw: st.DrawFn) -> bytes:
    """An object with a byte too few, too many, or another."""
    whole = draw(OBJECTS.map(encoded))
    place = draw(st.integers(0, len(whole) - 1))
    return whole[:place] + draw(st.binary(max_size=2)) + whole[place + draw(st.integers(0, 1)) :]


PUBLISHES = (
    OBJECTS.map(encoded)
    | OBJECTS.map(lambda each: b"\xef\xbb\xbf" + encoded(each))
    | st.lists(OBJECTS, max_size=4).map(list_of)
    | st.lists(SCALARS, max_size=3).map(encoded)
    | SCALARS.map(encoded)
    | _spoilt()
    | st.binary(max_size=12)
    | st.sampled_from([b"", b"hello", b'{"t":NaN}', b"[[]]", "{}".encode("utf-16"), b"[" * 5_000])
)
POLICIES = st.fixed_dictionaries(
    {
        "strict": st.booleans(),
        "undeclared": st.sampled_from(Undeclared),
        "clock_skew": st.sampled_from([ClockSkew(), ClockSkew(oldest_days=30, beyond=Beyond.ARRIVAL)]),
    }
)


class Twin:
    """A twin on one cloud under some policies; its user code drops, fails on, or passes a reading."""

    def __init__(self, cloud: str, policies: dict[str, Any], user_code: str) -> None:
        replace = msgspec.structs.replace
        held = {name: policies[name] for name in ("strict", "undeclared")}
        catalog = replace(CATALOG, types=tuple(replace(each, **held) for each in CATALOG.types))
        about = replace(twin(Placement.single(cloud)), catalog=catalog, clock_skew=policies["clock_skew"])
        self.dropped, self._native = 0, NATIVES[cloud]
        self.world = World(about, find_processor=(lambda _: getattr(self, user_code)) if user_code else None)

    def drop(self, _: dict[str, Any]) -> None:
        self.dropped += 1

    def fail(self, _: dict[str, Any]) -> None:
        raise ValueError("on purpose")

    def send(self, body: bytes) -> None:
        self._native.device(self.world.named("dispatcher"), body, "sensor-1")
        self.world.pump(self._native.queue)

    @property
    def stored(self) -> list[dict[str, Any]]:
        rows = self.world.store.rows
        return [dict(rows[device][key]) for device in rows for key in rows[device] if key.timestamp[0].isdigit()]

    @property
    def waiting(self) -> int:
        """Records in queues of functions that exist."""
        queues = [each.invoker.queues.items() for each in self.world.ports.values()]
        return sum(len(bodies) for each in queues for queue, bodies in each if queue in self.world.functions)

    @property
    def counted(self) -> Counter[str]:
        """By code, how many values or readings error events are about."""
        events = [event for ports in self.world.ports.values() for event in ports.errors.events]
        return sum((Counter({event.error_code: event.count}) for event in events), Counter())


def units(body: bytes) -> list[Any]:
    """The readings that somebody else than us finds in a publish; what is none counts as one."""
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_constant=lambda _: 1 / 0)
    except (ValueError, RecursionError, ZeroDivisionError):
        return [None]
    return found if isinstance(found, list) and found else [found]


@pytest.mark.parametrize("cloud", ALL)
@settings(max_examples=80, deadline=None)
@given(PUBLISHES, POLICIES, st.sampled_from(["", "", "", "drop", "fail"]))
def test_every_acknowledged_publish_is_in_exactly_one_place(cloud, body, policies, user_code):
    there = Twin(cloud, policies, user_code)
    there.send(body)
    if there.stored and len(units(body)) == 1:
        there.send(body)  # the cloud delivers it again: it is still one
    unread = there.world.unread()
    letters = len(unread) + len(there.world.dead_letters())
    assert len(there.stored) + letters + there.dropped == len(units(body))
    assert all(kept in body and reason for kept, reason in unread), "as it came"
    assert there.waiting == 0
    assert there.counted["invalid-telemetry"] == len(unread)
    assert there.counted["processor-failed"] == letters - len(unread)


@pytest.mark.parametrize("cloud", ALL)
@settings(max_examples=80, deadline=None)
@given(OBJECTS, POLICIES)
def test_every_value_of_a_stored_reading_is_stored_or_counted(cloud, sent, policies):
    there = Twin(cloud, policies, "")
    there.send(encoded(sent))
    if not there.stored:
        return
    (stored,) = there.stored
    names = [name for name, value in sent.items() if value is not None and name.lower() not in map(str.lower, KEYS)]
    own_time = len(stored.keys() - names)  # `device_time`, where the time of arrival counts
    counted = there.counted
    assert len(stored) - own_time + counted["value-left-out"] + counted["undeclared-dropped"] == len(names)
    assert own_time <= (policies["clock_skew"].beyond is Beyond.ARRIVAL)


@settings(max_examples=150, deadline=None)
@given(PUBLISHES)
def test_who_can_refuse_a_publish_refuses_what_would_only_be_kept(body):
    """HTTPS publish of ours and MQTT 5 refuse it with the reason; what they take has a reading in it."""
    reason = refusal_of(RawReading(body, "sensor-1"), "2026-01-15T10:30:00.480Z", ClockSkew())
    there = Twin(ALL[0], {"strict": False, "undeclared": Undeclared.KEEP, "clock_skew": ClockSkew()}, "")
    there.send(body)
    assert (reason is None) == bool(there.stored)
    assert reason is None or reason == there.world.unread()[0][1]
