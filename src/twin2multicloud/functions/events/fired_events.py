"""Handing on what fired: to the event table, then to the action's queue. Owns how an event travels in a queue."""

from collections.abc import Mapping, Sequence

import msgspec

from twin2multicloud.domain.event_rule import ActionKind, Event, EventRule
from twin2multicloud.domain.telemetry import Key, Reading, kept
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.event_store import EventStore
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.wire.environment import optional_env

_EVENT = "event"
"""The property that holds an event where readings travel: queues and dead letters carry it as any other."""


class FiredEvents:
    """Keeps events, and queues those whose rules have a function."""

    def __init__(self, store: EventStore, rules: Sequence[EventRule], actions: TelemetryWriter | None) -> None:
        self._store, self._actions = store, actions
        self._acting = {
            each.name for each in rules if each.action is not None and each.action.kind is ActionKind.FUNCTION
        }

    def hand_on(self, events: Sequence[Event], trace_id: str) -> None:
        """Hand events on; those that were before are the same events. Raises RetryableError."""
        self._store.add(events)
        acting = [as_reading(each) for each in events if each.rule in self._acting]
        if acting and self._actions is not None:
            self._actions.write_batch(acting, trace_id)


def fired_events(parts: Parts) -> FiredEvents:
    """The parts' own."""
    queue = optional_env(parts.env, "EVENT_ACTION_QUEUE")
    return FiredEvents(parts.event_store, parts.ports.rules, parts.queue_writer(queue) if queue else None)


def as_reading(event: Event) -> Reading:
    """An event as queues carry it."""
    return kept(Key(event.device_id, event.timestamp, event.id), {_EVENT: msgspec.json.encode(event).decode()})


def as_event(values: Mapping[str, object]) -> Event:
    """The event that a queue brings. Raises msgspec.ValidationError, msgspec.DecodeError for anything else."""
    return msgspec.json.decode(str(values.get(_EVENT, "")), type=Event)
