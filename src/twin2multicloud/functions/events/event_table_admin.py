"""Event table's admin (L2): what the operator asks of it; every ten minutes, who is silent, and what is too old."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.event_rule import EventNote, EventRule, Missing
from twin2multicloud.domain.timestamps import day_before
from twin2multicloud.functions.events.device_memory import DeviceRules
from twin2multicloud.functions.events.fired_events import FiredEvents, fired_events
from twin2multicloud.functions.storage.administration import admin_function
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.event_store import MOST_EVENTS, EventKey, EventStore
from twin2multicloud.ports.hot_store import BEFORE_ALL
from twin2multicloud.wire.envelope import new_trace_id
from twin2multicloud.wire.limits import CALL_SECONDS

KEPT_DAYS = 90
NOTE_CHARACTERS = 500
RUN_SECONDS = 240.0
_DELETED_AT_ONCE = 200


def build(parts: Parts) -> Function:
    """Schedule, or native call of the operator -> event table, and the action's queue."""
    ports, store = parts.ports, parts.event_store
    admin = EventTableAdmin(store, ports.clock, ports.chance, fired_events(parts), ports.rules, ports.catalog)
    actions = {
        "list": admin.newest,
        "acknowledge": admin.acknowledge,
        "keep-up": lambda _: admin.keep_up(CALL_SECONDS),
    }
    return admin_function(parts, actions, lambda _: admin.keep_up(RUN_SECONDS))


class _Asked(msgspec.Struct, frozen=True):
    since: str = BEFORE_ALL
    limit: int = MOST_EVENTS
    before: EventKey | None = None


class _Acknowledged(msgspec.Struct, frozen=True):
    event: EventKey
    note: str = ""


class EventTableAdmin:
    """Actions on the event table."""

    def __init__(
        self,
        store: EventStore,
        clock: Clock,
        chance: Chance,
        fired: FiredEvents,
        rules: Sequence[EventRule],
        catalog: DeviceCatalog,
    ) -> None:
        self._store, self._clock, self._chance, self._fired = store, clock, chance, fired
        self._rules = [each for each in rules if isinstance(each.when, Missing)]
        self._catalog = catalog
        self._devices = DeviceRules(store, clock)

    def newest(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The newest events. Raises FinalError for arguments that are none."""
        asked = _asked(arguments)
        limit = min(max(1, asked.limit), MOST_EVENTS)
        return {"events": msgspec.to_builtins(self._store.newest(asked.since, limit, asked.before))}

    def acknowledge(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Note that somebody has seen an event; whether nobody had before."""
        asked = _acknowledged(arguments)
        if len(asked.note) > NOTE_CHARACTERS:
            raise FinalError(f"a note has at most {NOTE_CHARACTERS} characters, found {len(asked.note):,}", 400)
        return {"acknowledged": self._store.acknowledge(asked.event, EventNote(asked.note, self._clock.now()))}

    def keep_up(self, seconds: float) -> dict[str, Any]:
        """Fire for silent devices, and delete events that are old; how many of each, and whether there was time."""
        until = self._clock.monotonic() + seconds
        fired, finished = self._look(until)
        before, deleted, found = day_before(self._clock.now(), KEPT_DAYS), 0, _DELETED_AT_ONCE
        while found == _DELETED_AT_ONCE and self._clock.monotonic() < until:
            found = self._store.forget(before, _DELETED_AT_ONCE)
            deleted += found
        return {"fired": fired, "deleted": deleted, "finished": finished and found < _DELETED_AT_ONCE}

    def _look(self, until: float) -> tuple[int, bool]:
        """Every device of a rule about silence, from another one on each time: none is always the last."""
        rules_of: dict[str, list[EventRule]] = {}
        for rule in self._rules:
            for device_id in rule.devices(self._catalog):
                rules_of.setdefault(device_id, []).append(rule)
        devices, fired = list(rules_of), 0
        start = int(self._chance.random() * len(devices))
        for device_id in devices[start:] + devices[:start]:
            if self._clock.monotonic() > until:
                return fired, False
            events = self._devices.look(device_id, rules_of[device_id], self._clock.now())
            if events:
                self._fired.hand_on(events, new_trace_id(self._chance))
            fired += len(events)
        return fired, True


def _asked(arguments: Mapping[str, Any]) -> _Asked:
    try:
        return msgspec.convert(arguments, _Asked)
    except msgspec.ValidationError as error:
        raise FinalError(f"not a question to the event table: {error}", 400) from error


def _acknowledged(arguments: Mapping[str, Any]) -> _Acknowledged:
    try:
        return msgspec.convert(arguments, _Acknowledged)
    except msgspec.ValidationError as error:
        raise FinalError(f"not an event and a note: {error}", 400) from error
