"""What an event table does: one revision after another, every event once and whole, notes beside it."""

from concurrent.futures import ThreadPoolExecutor

from twin2multicloud.domain.event_rule import Event, EventNote, KeptEvent
from twin2multicloud.ports.event_store import EventKey, Remembered
from twin2multicloud.ports.hot_store import BEFORE_ALL

MINUTE = "2026-01-15T10:{:02}:00.000Z"


def event(number: int, at: str = "") -> Event:
    stamp = at or MINUTE.format(number)
    values = {"t": 80.5 + number, "ok": True, "n": 1 << 53, "text": "päng"}
    return Event(id=f"{number:024x}", rule="hot", device_id="d-1", timestamp=stamp, since=stamp, values=values)


def key(of: Event) -> EventKey:
    return EventKey(of.timestamp, of.id)


def added(rig, *events):
    rig.store.add(events)
    rig.settle()
    return rig.store


def kept(rig, limit=10, since=BEFORE_ALL, before=None):
    return [each.event for each in rig.store.newest(since, limit, before)]


def test_a_device_is_remembered_by_whoever_saw_its_newest_revision(event_store_rig):
    store = event_store_rig.store
    nothing = store.remembered("d-1")
    assert nothing == Remembered()
    assert store.remember("d-1", nothing, "one")
    assert not store.remember("d-1", nothing, "another one")
    one = store.remembered("d-1")
    assert one == Remembered(1, "one")
    assert store.remember("d-1", one, "two")
    assert not store.remember("d-1", one, "late")
    assert store.remembered("d-1") == Remembered(2, "two")
    assert store.remembered("d-2") == Remembered()


def test_old_revisions_go_and_the_newest_stays(event_store_rig):
    store = event_store_rig.store
    for number in range(45):
        assert store.remember("d-1", store.remembered("d-1"), f"body {number}")
    assert store.remembered("d-1") == Remembered(45, "body 44")


def test_of_many_at_once_one_makes_the_next_revision(event_store_rig):
    store = event_store_rig.store
    store.remember("d-1", Remembered(), "begun")
    seen = store.remembered("d-1")
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda number: store.remember("d-1", seen, f"of {number}"), range(8)))
    assert won.count(True) == 1
    assert store.remembered("d-1") == Remembered(2, f"of {won.index(True)}")


def test_events_come_back_whole_newest_first_and_once(event_store_rig):
    first, second, third = map(event, range(3))
    added(event_store_rig, second, first, third, second)
    added(event_store_rig, first)
    assert kept(event_store_rig) == [third, second, first]
    assert kept(event_store_rig, since=second.timestamp) == [third, second]


def test_pages_go_on_where_the_last_one_ended_within_one_moment_too(event_store_rig):
    events = [event(each, MINUTE.format(30)) for each in range(7)]
    added(event_store_rig, *events)
    seen, before = [], None
    while page := kept(event_store_rig, 3, before=before):
        seen += page
        before = key(page[-1])
    assert seen == events[::-1]


def test_the_first_note_stays_and_an_action_is_done_once(event_store_rig):
    one, two = event(1), event(2)
    store = added(event_store_rig, one, two)
    assert store.acknowledge(key(one), EventNote("it is only me", MINUTE.format(40)))
    assert not store.acknowledge(key(one), EventNote("me too", MINUTE.format(41)))
    assert not store.has_acted(key(two))
    store.acted(key(two), MINUTE.format(42))
    store.acted(key(two), MINUTE.format(43))
    event_store_rig.settle()
    assert store.has_acted(key(two))
    assert not store.has_acted(key(one))
    assert list(store.newest(BEFORE_ALL, 10)) == [
        KeptEvent(event=two, acted_at=MINUTE.format(42)),
        KeptEvent(event=one, acknowledged=EventNote("it is only me", MINUTE.format(40))),
    ]


def test_what_is_old_is_forgotten_with_its_notes(event_store_rig):
    old, new = event(1), event(9)
    store = added(event_store_rig, old, new)
    store.acknowledge(key(old), EventNote("seen", MINUTE.format(2)))
    event_store_rig.settle()
    assert store.forget(MINUTE.format(5), 10) == 1
    assert store.forget(MINUTE.format(5), 10) == 0
    assert kept(event_store_rig) == [new]
    assert store.acknowledge(key(old), EventNote("again", MINUTE.format(3))), "its note went with it"
