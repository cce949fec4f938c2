"""One rule at one device: memory and readings in, memory and events out. Pure; owns when a rule fires.

Memory is of two parts. `settled` is what all readings up to `until` have left; `window` are the readings since, as
long as a late one may still come before them. Each batch is put into the window, which is then run through from
`settled` on: the result depends on the readings, not on the order or the number of their deliveries. A crossing in the
window that was fired stays fired, wherever a late reading moves its beginning.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.event_rule import AllOf, Comparison, Condition, Event, EventRule, Missing, Term, terms_of
from twin2multicloud.domain.timestamps import from_milliseconds, to_milliseconds

MOST_WAITING = 1_000
"""Readings of a window: what is beyond is settled, however late others may come."""


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """What a rule reads of one reading."""

    timestamp: str
    message_id: str
    values: dict[str, Scalar]


class Standing(msgspec.Struct, frozen=True):
    """What a series of readings has left.

    `held` are the terms that hold, by their place; `since` is when the whole condition began to, empty where it does
    not; `fired`: it was fired since then. `rates` are the latest changes by term, `values` the latest by property, each
    with its time in `times`.
    """

    values: dict[str, Scalar] = {}
    times: dict[str, str] = {}
    rates: dict[int, float] = {}
    held: tuple[int, ...] = ()
    since: str = ""
    fired: bool = False


class Memory(msgspec.Struct, frozen=True):
    """What is remembered of one rule at one device. `until`: the last reading that is settled, by time and id.

    `fired_since` are the beginnings of the crossings in the window that were fired.
    """

    settled: Standing = Standing()
    until: tuple[str, str] = ("", "")
    window: tuple[Sample, ...] = ()
    fired_since: tuple[str, ...] = ()


class _Crossing(msgspec.Struct, frozen=True):
    """A time in which a rule held: its beginning, its end (empty: it goes on), and what it fires, if anything."""

    since: str
    end: str
    firing: Event | None


def advance(rule: EventRule, device_id: str, memory: Memory, samples: Sequence[Sample]) -> tuple[Memory, list[Event]]:
    """Take readings in, in any order; the memory after them, and the events that are new."""
    known = {(each.timestamp, each.message_id) for each in memory.window}
    new = {
        key: each
        for each in samples
        if (key := (each.timestamp, each.message_id)) > memory.until and key not in known and each.values
    }
    if not new:
        return memory, []
    window = sorted((*memory.window, *new.values()), key=lambda each: (each.timestamp, each.message_id))
    crossings, _ = _run(rule, device_id, memory.settled, window)
    events, fired = [], list(memory.fired_since)
    for crossing in crossings:
        if crossing.firing is None or any(
            crossing.since <= each and (not crossing.end or each < crossing.end) for each in fired
        ):
            continue
        events.append(crossing.firing)
        fired.append(crossing.since)
    return _settled(rule, device_id, memory, window, tuple(fired)), events


def overdue(rule: EventRule, device_id: str, memory: Memory, now: str) -> tuple[Memory, list[Event]]:
    """What is fired although nothing came: a device that was heard once, and is silent for too long."""
    standing = _run(rule, device_id, memory.settled, memory.window)[1]
    when = rule.when
    if not isinstance(when, Missing) or when.property not in standing.times or standing.fired:
        return memory, []
    last = standing.times[when.property]
    due = _after(last, when.seconds)
    if now < due or last in memory.fired_since:
        return memory, []
    event = _event(rule, device_id, due, last, standing.values)
    return msgspec.structs.replace(memory, fired_since=(*memory.fired_since, last)), [event]


def _settled(
    rule: EventRule, device_id: str, memory: Memory, window: Sequence[Sample], fired: tuple[str, ...]
) -> Memory:
    """The memory with all that no late reading can come before any more run through for good."""
    edge = _after(window[-1].timestamp, -rule.late_seconds) if rule.late_seconds else "9"
    old = sum(1 for each in window if each.timestamp < edge)
    old = max(old, len(window) - MOST_WAITING)
    if old == 0:
        return msgspec.structs.replace(memory, window=tuple(window), fired_since=fired)
    _, standing = _run(rule, device_id, memory.settled, window[:old])
    if not isinstance(rule.when, Missing):
        done = standing.since != "" and any(each >= standing.since for each in fired)
        standing = msgspec.structs.replace(standing, fired=standing.fired or done)
    last = window[old - 1]
    begins = standing.since or last.timestamp
    heard = set(standing.times.values())
    return Memory(
        settled=standing,
        until=(last.timestamp, last.message_id),
        window=tuple(window[old:]),
        fired_since=tuple(each for each in fired if each >= begins or each in heard),
    )


def _run(
    rule: EventRule, device_id: str, standing: Standing, samples: Sequence[Sample]
) -> tuple[list[_Crossing], Standing]:
    """All crossings that are fired or open in a series, and what it leaves."""
    found: list[_Crossing] = []
    firing: Event | None = None
    for sample in samples:
        before = standing
        standing = _taken(rule, standing, sample)
        if isinstance(rule.when, Missing):
            if (event := _silence(rule, rule.when, device_id, before, standing)) is not None:
                found.append(_Crossing(event.since, sample.timestamp, event))
            continue
        if before.since and not standing.since:
            found.append(_Crossing(before.since, sample.timestamp, firing))
            firing = None
        if standing.since and not standing.fired and sample.timestamp >= _after(standing.since, rule.hold_seconds):
            firing = _event(rule, device_id, sample.timestamp, standing.since, standing.values)
            standing = msgspec.structs.replace(standing, fired=True)
    if standing.since:
        found.append(_Crossing(standing.since, "", firing))
    return found, standing


def _silence(rule: EventRule, when: Missing, device_id: str, before: Standing, after: Standing) -> Event | None:
    """The silence that a reading ended, where it was too long: nobody may have looked meanwhile."""
    last, heard = before.times.get(when.property), after.times[when.property]
    if last is None or heard <= _after(last, when.seconds):
        return None
    return _event(rule, device_id, _after(last, when.seconds), last, before.values)


def _taken(rule: EventRule, standing: Standing, sample: Sample) -> Standing:
    """What is left once one more reading is taken in order."""
    values, times = {**standing.values, **sample.values}, dict(standing.times)
    times.update(dict.fromkeys(sample.values, sample.timestamp))
    if isinstance(rule.when, Missing):
        return Standing(values=values, times=times)
    rates = dict(standing.rates)
    held = []
    for place, term in enumerate(terms_of(rule.when)):
        if term.per_seconds is not None and term.property in sample.values:
            rate = _rate(term, term.per_seconds, standing, sample)
            rates.pop(place, None)
            rates |= {} if rate is None else {place: rate}
        value = values.get(term.property) if term.per_seconds is None else rates.get(place)
        if value is not None and _holds(term, value, place in standing.held):
            held.append(place)
    now_holds = _all_hold(rule.when, count(), held)
    since = (standing.since or sample.timestamp) if now_holds else ""
    return Standing(values, times, rates, tuple(held), since, standing.fired and now_holds)


def _all_hold(condition: Condition, places: Iterator[int], held: Sequence[int]) -> bool:
    """Whether a condition holds. `places` numbers its terms from left to right."""
    if isinstance(condition, Term):
        return next(places) in held
    parts = [_all_hold(each, places, held) for each in condition.of]
    return all(parts) if isinstance(condition, AllOf) else any(parts)


def _rate(term: Term, per_seconds: float, standing: Standing, sample: Sample) -> float | None:
    """The change of a property since its last reading, in so many seconds."""
    before, value = standing.values.get(term.property), sample.values[term.property]
    if isinstance(before, str | None) or isinstance(value, str):
        return None
    passed = to_milliseconds(sample.timestamp) - to_milliseconds(standing.times[term.property])
    return None if passed <= 0 else (value - before) * per_seconds * 1000 / passed


def _holds(term: Term, value: Scalar, held: bool) -> bool:
    if held and term.clear_at is not None:
        return not _cleared(term, value)
    return compare(term.comparison, value, term.threshold)


def _cleared(term: Term, value: Scalar) -> bool:
    """Whether a value is at or behind where the term clears."""
    above = term.comparison in (Comparison.GREATER, Comparison.GREATER_EQUAL)
    back = Comparison.LESS_EQUAL if above else Comparison.GREATER_EQUAL
    return compare(back, value, term.clear_at if term.clear_at is not None else term.threshold)


def compare(comparison: Comparison, value: Scalar, threshold: Scalar) -> bool:
    """Whether a value is so to a threshold. Texts are only equal or not, and nothing else is equal to a text."""
    if comparison is Comparison.EQUAL:
        return value == threshold
    if comparison is Comparison.NOT_EQUAL:
        return value != threshold
    if isinstance(value, str) or isinstance(threshold, str):
        return False
    return {
        Comparison.GREATER: value > threshold,
        Comparison.GREATER_EQUAL: value >= threshold,
        Comparison.LESS: value < threshold,
        Comparison.LESS_EQUAL: value <= threshold,
    }[comparison]


def _event(rule: EventRule, device_id: str, timestamp: str, since: str, values: Mapping[str, Scalar]) -> Event:
    content = msgspec.json.encode((rule.name, device_id, since))
    return Event(
        id=hashlib.blake2b(content, digest_size=12).hexdigest(),
        rule=rule.name,
        device_id=device_id,
        timestamp=timestamp,
        since=since,
        values={name: values[name] for name in sorted(values)},
    )


def _after(stamp: str, seconds: float) -> str:
    return from_milliseconds(to_milliseconds(stamp) + round(seconds * 1000))
