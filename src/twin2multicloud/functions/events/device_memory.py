"""All rules of one device, over what the event table remembers of it. Owns how a batch is taken exactly once.

What is remembered has each rule's memory and the latest events, each with the reading that brought it (`cause`). A
batch that comes again brings its readings again: nothing new fires, and what they had brought is handed on once more,
in case that it was remembered but not handed on. Events are recognised by their id.
"""

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.event_rule import Event, EventRule
from twin2multicloud.functions.events.rule_engine import Memory, Sample, advance, overdue
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.event_store import EventStore

_KEPT_EVENTS = 20  # of a device, beside those of its last batch
_ATTEMPTS, _PAUSE = 8, 0.05  # s; each pause is longer by as much

_Cause = tuple[str, str]
_UNSEEN: _Cause = ("", "")
"""The cause of a silence: nothing came. It is handed on once more by the next look, and then is `_SEEN`."""
_SEEN: _Cause = ("seen", "")


class _Fired(msgspec.Struct, frozen=True, array_like=True):
    event: Event
    cause: _Cause


class _DeviceMemory(msgspec.Struct, frozen=True):
    """By a rule's name and the digest of what it says: a rule that is changed begins anew."""

    rules: dict[str, Memory] = {}
    fired: tuple[_Fired, ...] = ()


_decode = msgspec.json.Decoder(_DeviceMemory).decode


class DeviceRules:
    """Takes readings and silence in. Raises RetryableError where others keep changing the same device."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def take(self, device_id: str, rules: Sequence[EventRule], samples: Sequence[Sample]) -> list[Event]:
        """The events that these readings brought, now or when they came before."""
        causes = {(each.timestamp, each.message_id) for each in samples}

        def step(memory: _DeviceMemory) -> tuple[_DeviceMemory, list[Event]]:
            cause, known = max(causes), {each.event.id for each in memory.fired}
            kept: dict[str, Memory] = {}
            fired: list[_Fired] = []
            for rule in rules:
                own = [_of_rule(rule, each) for each in samples]
                name = _name(rule)
                kept[name], events = advance(rule, device_id, memory.rules.get(name, Memory()), own)
                fired += [_Fired(each, cause) for each in events if each.id not in known]
            again = [each.event for each in memory.fired if each.cause in causes]
            after = _DeviceMemory(kept, (*_latest(memory.fired), *fired))
            return after, [*again, *(each.event for each in fired)]

        return self._change(device_id, step)

    def look(self, device_id: str, rules: Sequence[EventRule], now: str) -> list[Event]:
        """The events that the device's silence brought, now or at the last look."""

        def step(memory: _DeviceMemory) -> tuple[_DeviceMemory, list[Event]]:
            kept, again = dict(memory.rules), [each.event for each in memory.fired if each.cause == _UNSEEN]
            fired = [_Fired(each.event, _SEEN if each.cause == _UNSEEN else each.cause) for each in memory.fired]
            for rule in rules:
                name = _name(rule)
                kept[name], events = overdue(rule, device_id, memory.rules.get(name, Memory()), now)
                fired += [_Fired(each, _UNSEEN) for each in events]
            if not again and len(fired) == len(memory.fired):
                return memory, []
            return _DeviceMemory(kept, tuple(fired)), [*again, *(each.event for each in fired[len(memory.fired) :])]

        return self._change(device_id, step)

    def _change(
        self, device_id: str, step: Callable[[_DeviceMemory], tuple[_DeviceMemory, list[Event]]]
    ) -> list[Event]:
        for attempt in range(_ATTEMPTS):
            seen = self._store.remembered(device_id)
            before = _decode(seen.body) if seen.body else _DeviceMemory()
            after, events = step(before)
            if after == before or self._store.remember(device_id, seen, msgspec.json.encode(after).decode()):
                return events
            self._clock.sleep(_PAUSE * (attempt + 1))
        raise RetryableError(f"the rules of {device_id} are evaluated elsewhere at the same time")


def _latest(fired: Sequence[_Fired]) -> Sequence[_Fired]:
    """The last events, and all of the last batch."""
    last = fired[-1].cause if fired else _UNSEEN
    start = max(0, len(fired) - _KEPT_EVENTS)
    return [each for place, each in enumerate(fired) if place >= start or each.cause == last]


def _of_rule(rule: EventRule, sample: Sample) -> Sample:
    values = {name: value for name, value in sample.values.items() if name in rule.properties}
    return Sample(sample.timestamp, sample.message_id, values)


def _name(rule: EventRule) -> str:
    said = msgspec.json.encode((rule.when, rule.hold_seconds, rule.late_seconds))
    return f"{rule.name} {hashlib.blake2b(said, digest_size=4).hexdigest()}"
