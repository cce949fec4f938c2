"""Checker, admin and action over stores in memory: what comes twice, at once or in vain fires and acts once."""

from typing import Any

import msgspec
import pytest

from tests.rigs.event_store import RigEventStore
from tests.rigs.ports import RigPorts
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.device import DeviceCatalog, DeviceGroup
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.event_rule import ActionKind, Comparison, EventAction, EventRule, Missing, Term
from twin2multicloud.domain.telemetry import Key, Reading, kept
from twin2multicloud.functions.events.fired_events import as_event, as_reading
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import wire
from twin2multicloud.ports.hot_store import BEFORE_ALL
from twin2multicloud.wire import queue_records

COMMON = {"CLOUD": "aws", "TWIN_NAME": "house", "EVENT_TABLE_NAME": "table", "DEAD_LETTER_QUEUE": "letters"}
ACT = EventAction(kind=ActionKind.FUNCTION, name="note")
HOT = EventRule(
    name="hot", when=Term(property="t", comparison=Comparison.GREATER, threshold=80.0), group="g", action=ACT
)
SILENT = EventRule(name="silent", when=Missing(property="t", seconds=900.0), group="g", action=ACT)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def record(*readings: Reading) -> bytes:
    return queue_records.encode([each.encoded for each in readings], TRACE, "2026-01-15T10:00:00.000Z")


def reading(minute: int, value: object, device: str = "g-1") -> Reading:
    return kept(Key(device, f"2026-01-15T10:{minute:02}:00.000Z", f"m{minute}"), {"t": value})  # type: ignore[dict-item]


class Events:
    """The three functions over one event table."""

    def __init__(self, *rules: EventRule) -> None:
        self.calls: list[dict[str, Any]] = []
        self.fails = False
        catalog = DeviceCatalog(groups=(DeviceGroup(name="g", type="counter", count=9, id_pattern="g-{n}"),))
        self.ports = RigPorts(catalog=catalog, rules=rules or (HOT,), find_action={"note": self._act}.get)
        queue = {"EVENT_ACTION_QUEUE": "actions"}
        self.checker = wire("event-checker", COMMON | queue, self.ports)
        self.admin = wire("event-table-admin", COMMON | queue, self.ports)
        self.action = wire("event-action", COMMON, self.ports)

    def _act(self, event: dict[str, Any]) -> None:
        self.calls.append(event)
        if self.fails:
            raise SystemExit("no press of that name")

    @property
    def store(self) -> RigEventStore:
        return self.ports.event_tables["table"]

    def check(self, *readings: Reading) -> list[int]:
        failed: list[int] = self.checker.run(Trigger.QUEUE, [record(*readings)])
        return failed

    @property
    def queued(self) -> list[Reading]:
        records = map(queue_records.decode, self.ports.invoker.queues["actions"])
        return [each for record in records for each in record.readings]

    @property
    def fired(self) -> list[tuple[str, str]]:
        found = self.store.newest(BEFORE_ALL, 100)
        return [(each.event.device_id, each.event.timestamp[14:16]) for each in reversed(found)]


def test_a_batch_fires_once_by_device_and_starts_the_action() -> None:
    events = Events()
    assert (
        events.check(reading(0, 70), reading(1, 81), reading(2, 82), reading(1, 99, "g-2"), reading(1, 99, "h")) == []
    )
    assert events.fired == [("g-1", "01"), ("g-2", "01")]
    assert [as_event(each.flat).device_id for each in events.queued] == ["g-1", "g-2"]


def test_a_batch_that_comes_again_is_handed_on_again_and_is_the_same_events() -> None:
    events = Events()
    batch = [reading(0, 70), reading(1, 81)]
    events.check(*batch)
    events.check(reading(2, 82))
    assert len(events.queued) == 1, "what others brought is not handed on again"
    events.check(*batch)
    assert len(events.queued) == 2
    assert len(set(events.queued)) == 1
    assert len(events.fired) == 1


def test_two_deliveries_at_once_fire_once() -> None:
    events = Events()
    store = events.store
    seen = store.remembered("g-1")
    events.check(reading(1, 81))
    assert not store.remember("g-1", seen, "what the other made of it")
    events.check(reading(2, 82), reading(3, 70), reading(4, 81))
    assert events.fired == [("g-1", "01"), ("g-1", "04")]


def test_one_that_never_gets_its_turn_asks_for_the_batch_again() -> None:
    events = Events()
    events.store.remember = lambda *_: False  # type: ignore[method-assign]
    assert events.check(reading(1, 81)) == [0]
    assert events.fired == []


def test_values_that_no_rule_can_read_stop_nothing() -> None:
    events = Events()
    assert events.check(reading(0, "warm"), reading(1, True), reading(2, 81)) == []
    assert events.fired == [("g-1", "02")]


def test_silence_is_found_by_the_schedule_and_handed_on_until_it_is_surely_there() -> None:
    events = Events(SILENT)
    events.check(reading(0, 70))
    for _ in range(4):
        events.ports.clock.advance(86_400)
        events.admin.run(Trigger.SCHEDULE)
    assert events.fired == [("g-1", "15")]
    assert len(events.queued) == 2, "once, and once more at the next look"


def test_the_operator_reads_and_acknowledges() -> None:
    events = Events()
    events.check(*(reading(n, 81 if n % 2 else 70) for n in range(10)))
    call = lambda **asked: events.admin.run(Trigger.CALL, asked)  # noqa: E731 - shorter than its name
    page = call(action="list", limit=3)["events"]
    assert [each["event"]["timestamp"][14:16] for each in page] == ["09", "07", "05"]
    last = {key: page[-1]["event"][key] for key in ("timestamp", "id")}
    assert [each["event"]["timestamp"][14:16] for each in call(action="list", before=last)["events"]] == ["03", "01"]
    assert call(action="acknowledge", event=last, note="seen") == {"acknowledged": True}
    assert call(action="acknowledge", event=last, note="too") == {"acknowledged": False}
    for wrong in ({"action": "acknowledge"}, {"action": "list", "limit": "many"}, {"action": "drop"}):
        with pytest.raises(FinalError):
            call(**wrong)
    with pytest.raises(FinalError, match="500 characters"):
        call(action="acknowledge", event=last, note="x" * 501)


def acting(function: Function, *records: bytes) -> list[int]:
    failed: list[int] = function.run(Trigger.QUEUE, list(records))
    return failed


def test_an_action_is_called_once_for_an_event_and_again_while_it_fails() -> None:
    events = Events()
    events.check(reading(1, 81))
    (queued,) = events.queued
    events.fails = True
    assert acting(events.action, record(queued)) == [0]
    assert events.ports.errors.events[-1].error_code == "action-failed"
    events.fails = False
    assert acting(events.action, record(queued), record(queued)) == []
    assert len(events.calls) == 2
    assert events.calls[0] == msgspec.to_builtins(as_event(queued.flat))
    assert events.store.newest(BEFORE_ALL, 1)[0].acted_at


def test_one_that_fails_harms_no_other_and_what_is_no_event_is_a_dead_letter() -> None:
    events = Events()
    events.check(reading(1, 81), reading(1, 81, "g-2"))
    first, second = events.queued
    gone = as_reading(msgspec.structs.replace(as_event(first.flat), rule="gone"))
    calls, events.fails = events.calls, True
    assert acting(events.action, record(first), record(reading(1, 1)), record(gone)) == [0]
    events.fails = False
    assert acting(events.action, record(first), record(second)) == []
    assert [each["device_id"] for each in calls] == ["g-1", "g-1", "g-2"]
    reasons = [each.error for each in events.ports.queues["letters"].letters]
    assert [reason.split(":")[0][:20] for reason in reasons] == ["not an event", "the project has no r"]
