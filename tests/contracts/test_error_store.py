"""What an error table does: keeps every event once and whole, knows what was not sent on, forgets what is old."""

import msgspec

from tests.rigs.error_store import error_event
from twin2multicloud.functions.reporting import MESSAGE_CHARACTERS, RAW_CHARACTERS
from twin2multicloud.ports.error_store import MOST_ERRORS, ErrorKey
from twin2multicloud.ports.hot_store import AFTER_ALL, BEFORE_ALL


def added(rig, *events, unsent=False):
    rig.store.add(events, unsent=unsent)
    rig.settle()
    return rig.store


def test_events_come_back_whole_newest_first(error_store_rig):
    first, second, third = (msgspec.structs.replace(error_event(each), count=each + 1) for each in range(3))
    store = added(error_store_rig, second, first, third)
    assert list(store.newest(BEFORE_ALL, 10)) == [third, second, first]
    assert list(store.newest(second.timestamp, 10)) == [third, second], "from then on, that moment included"
    assert list(store.newest("2026-01-15T10:31:00.000Z", 10)) == []


def test_an_event_that_comes_twice_is_there_once(error_store_rig):
    added(error_store_rig, error_event(1), error_event(1))
    store = added(error_store_rig, error_event(1), error_event(2))
    assert list(store.newest(BEFORE_ALL, 10)) == [error_event(2), error_event(1)]


def test_pages_go_on_where_the_last_one_ended_within_one_moment_too(error_store_rig):
    events = [error_event(each, at="2026-01-15T10:30:00.000Z") for each in range(7)]
    store = added(error_store_rig, *events)
    seen, before = [], None
    while page := store.newest(BEFORE_ALL, 3, before):
        seen += page
        before = ErrorKey(page[-1].timestamp, page[-1].id)
    assert seen == events[::-1]


def test_what_was_not_sent_on_is_remembered_until_it_was(error_store_rig):
    store = added(error_store_rig, error_event(9))
    added(error_store_rig, error_event(2), error_event(1), error_event(3), unsent=True)
    assert list(store.unsent(2)) == [error_event(1), error_event(2)]
    store.sent(store.unsent(2))
    store.sent([error_event(1)])
    assert list(store.unsent(10)) == [error_event(3)]
    assert len(store.newest(BEFORE_ALL, 10)) == 4, "what was sent on stays"


def test_old_events_are_forgotten_oldest_first_and_the_rest_stays(error_store_rig):
    store = added(error_store_rig, *map(error_event, range(5)), unsent=True)
    moment = error_event(3).timestamp
    assert store.forget(moment, 2) == 2
    assert store.forget(moment, 2) == 1
    assert store.forget(moment, 2) == 0
    assert list(store.newest(BEFORE_ALL, 10)) == [error_event(4), error_event(3)]
    assert list(store.unsent(10)) == [error_event(3), error_event(4)]


def test_the_largest_events_of_an_answer_arrive(error_store_rig):
    """Control characters take six bytes each as JSON."""
    large = error_event(1, message="\x01" * MESSAGE_CHARACTERS, raw="\x02" * RAW_CHARACTERS)
    store = added(error_store_rig, large)
    assert list(store.newest(BEFORE_ALL, 1)) == [large]
    assert MOST_ERRORS * len(msgspec.json.encode(large)) < 4_000_000, "a function's answer is limited: Lambda's to 6 MB"


def test_nothing_is_nothing(error_store_rig):
    store = added(error_store_rig)
    store.sent([])
    assert (list(store.newest(BEFORE_ALL, 5)), list(store.unsent(5)), store.forget(AFTER_ALL, 5)) == ([], [], 0)
