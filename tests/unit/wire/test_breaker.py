"""The breaker, walked state by state with the rig's clock, and against a model."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clock import RigClock
from twin2multicloud.wire.breaker import TRANSITIONS, Breaker, State


def opened() -> tuple[Breaker, RigClock]:
    clock = RigClock()
    breaker = Breaker(clock)
    breaker.failed()
    clock.advance(60)
    breaker.failed()
    return breaker, clock


def test_a_minute_of_failures_opens_it_and_less_does_not():
    clock = RigClock()
    breaker = Breaker(clock)
    for _ in range(59):
        breaker.failed()
        clock.advance(1)
        assert breaker.allows()
    clock.advance(1)
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()


def test_one_success_starts_the_minute_anew():
    clock = RigClock()
    breaker = Breaker(clock)
    breaker.failed()
    clock.advance(59)
    breaker.succeeded()
    clock.advance(59)
    breaker.failed()
    clock.advance(59)
    breaker.failed()
    assert breaker.allows()


def test_failures_an_hour_apart_are_no_minute_of_failing():
    clock = RigClock()
    breaker = Breaker(clock)
    for _ in range(5):
        breaker.failed()
        clock.advance(3600)
    assert breaker.allows()


def test_the_first_probe_is_after_ten_seconds():
    breaker, clock = opened()
    clock.advance(9.9)
    assert not breaker.allows()
    clock.advance(0.1)
    assert breaker.allows()


def test_the_time_to_the_next_probe_doubles_up_to_five_minutes():
    breaker, clock = opened()
    waits = []
    for _ in range(8):
        begun = clock.monotonic()
        while not breaker.allows():
            clock.advance(1)
        waits.append(clock.monotonic() - begun)
        breaker.failed()
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


def test_after_an_outage_the_next_one_begins_with_ten_seconds_again():
    breaker, clock = opened()
    for _ in range(3):
        clock.advance(300)
        breaker.allows()
        breaker.failed()
    clock.advance(300)
    breaker.allows()
    breaker.succeeded()
    breaker.failed()
    clock.advance(60)
    breaker.failed()
    clock.advance(10)
    assert breaker.allows()


def test_a_late_failure_delays_no_probe():
    breaker, clock = opened()
    clock.advance(9)
    breaker.failed()
    clock.advance(1)
    assert breaker.allows()


def test_half_open_lets_one_probe_through():
    breaker, clock = opened()
    clock.advance(300)
    assert [breaker.allows() for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_closes_it():
    breaker, clock = opened()
    clock.advance(300)
    breaker.allows()
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]


def test_a_probe_that_never_came_back_is_followed_by_another():
    breaker, clock = opened()
    clock.advance(300)
    assert breaker.allows()
    clock.advance(300)
    assert breaker.allows()


@given(st.lists(st.tuples(st.sampled_from(["ok", "no"]), st.integers(0, 120)), max_size=30))
def test_it_never_opens_without_a_minute_of_nothing_but_failures(steps):
    clock = RigClock()
    breaker = Breaker(clock)
    failing_since = None
    for outcome, seconds in steps:
        if breaker.allows():
            if outcome == "ok":
                breaker.succeeded()
                failing_since = None
            else:
                failing_since = clock.monotonic() if failing_since is None else failing_since
                breaker.failed()
                assert breaker.allows() or clock.monotonic() - failing_since >= 60
        clock.advance(seconds)


def test_every_state_and_arrow_of_the_table_is_reached_and_no_other():
    chance = random.Random(7)
    seen = set()
    for _ in range(300):
        clock = RigClock()
        breaker = Breaker(clock)
        for _ in range(30):
            before = breaker.state
            chance.choice([breaker.allows, breaker.failed, breaker.failed, breaker.succeeded])()
            seen.add((before, breaker.state))
            clock.advance(chance.choice([1, 30, 300]))
    arrows = {(source, target) for (source, _), target in TRANSITIONS.items()}
    assert seen == arrows | {(state, state) for state in State}


def test_it_says_once_that_it_opened_and_once_that_it_closed_again():
    clock, said = RigClock(), []
    breaker = Breaker(clock, said.append)
    breaker.failed()
    breaker.succeeded()
    assert said == [], "it passes all the time"
    for _ in range(30):
        if breaker.allows():
            breaker.failed()
        clock.advance(10)
    assert said == [State.OPEN], "probes that fail say nothing"
    clock.advance(300)
    assert breaker.allows()
    breaker.succeeded()
    breaker.succeeded()
    assert said == [State.OPEN, State.CLOSED]
