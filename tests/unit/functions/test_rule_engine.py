"""When a rule fires: crossings once each, whatever comes twice, late, in pieces or out of order."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from twin2multicloud.domain.event_rule import AllOf, AnyOf, Comparison, Event, EventRule, Missing, Term
from twin2multicloud.domain.timestamps import from_datetime
from twin2multicloud.functions.events.rule_engine import MOST_WAITING, Memory, Sample, advance, overdue

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(minute: float) -> str:
    return from_datetime(START + timedelta(minutes=minute))


def sample(minute: float, value: object, name: str = "t") -> Sample:
    return Sample(at(minute), f"m{minute}-{name}", {name: value})  # type: ignore[dict-item]


def above(threshold: float = 80, **more: object) -> Term:
    return Term(property="t", comparison=Comparison.GREATER, threshold=threshold, **more)  # type: ignore[arg-type]


def rule(when: Term | AllOf | AnyOf | Missing, **more: object) -> EventRule:
    return EventRule(name="hot", when=when, device="d", **more)  # type: ignore[arg-type]


class Twin:
    """A rule at a device, and what it fired."""

    def __init__(self, rule: EventRule) -> None:
        self.rule, self.memory, self.events = rule, Memory(), list[Event]()

    def take(self, *samples: Sample) -> list[str]:
        self.memory, events = advance(self.rule, "d", self.memory, samples)
        self.events += events
        return [each.timestamp for each in events]

    def look(self, minute: float) -> list[str]:
        self.memory, events = overdue(self.rule, "d", self.memory, at(minute))
        self.events += events
        return [each.timestamp for each in events]


def test_a_crossing_fires_once_and_again_after_it_ended() -> None:
    twin = Twin(rule(above()))
    assert twin.take(sample(0, 70), sample(1, 81), sample(2, 90)) == [at(1)]
    assert twin.take(sample(3, 85)) == []
    assert twin.take(sample(4, 80)) == []
    assert twin.take(sample(5, 80.1)) == [at(5)]
    assert [(each.since, each.values) for each in twin.events] == [(at(1), {"t": 81}), (at(5), {"t": 80.1})]
    assert len({each.id for each in twin.events}) == 2


def test_what_comes_twice_fires_nothing() -> None:
    twin = Twin(rule(above()))
    batch = [sample(0, 70), sample(1, 81), sample(2, 70), sample(3, 99)]
    assert twin.take(*batch) == [at(1), at(3)]
    assert twin.take(*batch) == twin.take(*batch[:2]) == []


def test_hysteresis() -> None:
    twin = Twin(rule(above(clear_at=75)))
    assert twin.take(*(sample(n, v) for n, v in enumerate([81, 79, 81, 76, 75, 79, 81]))) == [at(0), at(6)]


def test_below_with_hysteresis() -> None:
    term = Term(property="t", comparison=Comparison.LESS_EQUAL, threshold=5, clear_at=8)
    assert Twin(rule(term)).take(*(sample(n, v) for n, v in enumerate([5, 7, 4, 8, 7, 5]))) == [at(0), at(5)]


def test_for_needs_a_reading_that_it_has_held_so_long() -> None:
    twin = Twin(rule(above(), hold_seconds=300))
    assert twin.take(sample(0, 81), sample(4, 82)) == []
    assert twin.take(sample(4.5, 70), sample(5, 90), sample(9.9, 90)) == []
    assert twin.take(sample(10, 90), sample(20, 90)) == [at(10)]
    assert twin.events[0].since == at(5)


def test_and_takes_the_latest_value_of_each_property() -> None:
    door = Term(property="door", comparison=Comparison.EQUAL, threshold=True)
    twin = Twin(rule(AllOf((above(), door))))
    assert twin.take(sample(0, 81), sample(1, False, "door")) == []
    assert twin.take(sample(2, True, "door"), sample(3, 82)) == [at(2)]
    either = Twin(rule(AnyOf((above(), door))))
    assert either.take(sample(0, 70), sample(1, True, "door"), sample(2, 90), sample(3, False, "door")) == [at(1)]


def test_rate_of_change() -> None:
    twin = Twin(rule(above(2, per_seconds=60)))
    assert twin.take(sample(0, 10), sample(1, 12), sample(2, 14.5), sample(12, 40), sample(13, 41)) == [at(2)]


def test_a_late_reading_counts_for_nothing_where_the_rule_does_not_say_so() -> None:
    twin = Twin(rule(above()))
    assert twin.take(sample(5, 70)) == []
    assert twin.take(sample(3, 99)) == []
    assert twin.take(sample(6, 81)) == [at(6)]


def test_a_late_reading_fires_by_its_own_time_where_the_rule_says_so() -> None:
    twin = Twin(rule(above(), late_seconds=600))
    assert twin.take(sample(0, 70), sample(5, 70)) == []
    assert twin.take(sample(3, 99)) == [at(3)]
    assert twin.take(sample(3, 99)) == []
    assert twin.take(sample(20, 70)) == []
    assert twin.take(sample(4, 99)) == [], "eleven minutes late is too late"


def test_a_late_reading_that_parts_a_crossing_makes_two_of_it() -> None:
    twin = Twin(rule(above(), late_seconds=600))
    assert twin.take(sample(1, 90), sample(5, 90)) == [at(1)]
    assert twin.take(sample(3, 70)) == [at(5)]


def test_a_late_reading_that_moves_the_beginning_of_a_crossing_fires_nothing_again() -> None:
    twin = Twin(rule(above(), late_seconds=600))
    assert twin.take(sample(1, 70), sample(5, 90)) == [at(5)]
    assert twin.take(sample(3, 90)) == []
    assert twin.take(sample(30, 90), sample(31, 70), sample(32, 90)) == [at(32)]


@pytest.mark.parametrize("seed", range(20))
def test_any_order_within_the_lateness_and_any_repetition_fires_the_same_crossings(seed: int) -> None:
    chance = random.Random(seed)
    samples = [sample(n, chance.choice([70, 78, 90])) for n in range(120)]
    in_order = Twin(rule(above(clear_at=75), late_seconds=600))
    in_order.take(*samples)
    mixed = Twin(in_order.rule)
    late = sorted(samples, key=lambda each: each.timestamp)
    for start in range(0, len(late), 8):  # batches of eight minutes, each shuffled and in pieces, all of it twice
        batch = late[start : start + 8] * 2
        chance.shuffle(batch)
        while batch:
            piece = [batch.pop() for _ in range(min(len(batch), chance.randint(1, 4)))]
            mixed.take(*piece)
    cleared = [each.timestamp for each in samples if each.values["t"] == 70] + [at(999)]
    for event in in_order.events:
        end = min(each for each in cleared if each > event.since)
        assert any(event.since <= each.since < end for each in mixed.events), f"nothing fired in {event.since}"
    assert len({each.id for each in mixed.events}) == len(mixed.events), "no event twice"


def test_silence_fires_once_whoever_notices_it() -> None:
    missing = rule(Missing(property="t", seconds=900))
    looked = Twin(missing)
    assert looked.look(1) == []
    looked.take(sample(0, 70))
    assert looked.look(14) == []
    assert looked.look(16) == [at(15)]
    assert looked.look(99) == []
    assert looked.take(sample(100, 70)) == []
    assert looked.look(116) == [at(115)]
    unseen = Twin(missing)
    assert unseen.take(sample(0, 70), sample(100, 70)) == [at(15)]
    assert unseen.events[0].id == looked.events[0].id


def test_memory_stays_small_however_late_readings_may_come() -> None:
    twin = Twin(rule(above(), late_seconds=366 * 86_400))
    for n in range(1_100):
        twin.take(sample(n, 70))
    assert len(twin.memory.window) == MOST_WAITING
