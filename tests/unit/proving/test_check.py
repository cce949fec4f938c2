"""The ledger held against what is found: each way in which something can be in the wrong place is a finding."""

from collections import Counter

import pytest

from twin2multicloud.proving.check import check
from twin2multicloud.proving.ledger import Due, Key, Ledger, acknowledge
from twin2multicloud.proving.load import Sent
from twin2multicloud.proving.places import Found

SENT = Sent("d", "2026-01-15T10:00:00.000Z", {"b": 1, "a": 1.5})
KEY: Key = ("d", "2026-01-15T10:00:00.000Z", '{"a":1.5,"b":1}')


def kinds(
    ledger: Ledger,
    stored: dict[Key, int] | None = None,
    letters: dict[Key | bytes, str] | None = None,
    waiting: dict[str, int] | None = None,
    ignored: int | None = None,
) -> list[str]:
    found = Found(
        stored=Counter(stored or {}),
        copies=Counter(),
        letters=Counter(dict.fromkeys(letters or {}, 1)),
        reasons=letters or {},
        waiting=waiting or {},
        ignored=ignored,
    )
    return [finding.kind for finding in check(ledger, found)]


def ledger_of(due: Due = Due.STORED, *, acknowledged: bool = True) -> Ledger:
    ledger = Ledger(None)
    claim = ledger.reading(SENT, 1) if due is Due.STORED else ledger.raw(b"raw", 1, due)
    claim.sent = 1
    if acknowledged:
        acknowledge([claim])
    return ledger


def test_what_is_where_it_belongs_is_no_finding() -> None:
    assert kinds(ledger_of(), {KEY: 1}) == []
    assert kinds(ledger_of(acknowledged=False)) == []
    assert kinds(ledger_of(acknowledged=False), {KEY: 1}) == []
    assert kinds(ledger_of(Due.DEAD_LETTER), letters={b"raw": "no telemetry"}) == []
    assert kinds(ledger_of(Due.NOWHERE, acknowledged=False)) == []
    assert kinds(ledger_of(), letters={KEY: "is more than 10 minutes ahead of its arrival"}) == []


@pytest.mark.parametrize(
    ("due", "stored", "letters", "kind"),
    [
        (Due.STORED, {}, {}, "lost"),
        (Due.STORED, {KEY: 2}, {}, "doubled"),
        (Due.STORED, {KEY: 1}, {KEY: "failed"}, "doubled"),
        (Due.STORED, {}, {KEY: "failed"}, "dead-lettered"),
        (Due.DEAD_LETTER, {}, {}, "lost"),
        (Due.NOWHERE, {}, {b"raw": "no telemetry"}, "foreign"),
        (Due.IGNORED, {}, {b"raw": "no telemetry"}, "foreign"),
    ],
)
def test_what_is_not_is_one(due: Due, stored: dict[Key, int], letters: dict[Key | bytes, str], kind: str) -> None:
    assert kinds(ledger_of(due), stored, letters) == [kind]


def test_a_changed_reading_is_lost_and_foreign_and_so_is_one_of_another_type() -> None:
    for values in ('{"a":1.5,"b":2}', '{"a":1.5,"b":1.0}', '{"a":1.5}'):
        assert kinds(ledger_of(), {(KEY[0], KEY[1], values): 1}) == ["lost", "foreign"]


def test_what_waits_at_the_end_is_a_finding() -> None:
    assert kinds(ledger_of(), {KEY: 1}, waiting={"aws": 2}) == ["unsettled"]


def test_a_reading_that_user_code_drops_or_fails_on_belongs_elsewhere() -> None:
    def failing(_: object) -> object:
        raise ValueError("no")

    dropping, breaking = Ledger(lambda _: lambda _: None), Ledger(lambda _: failing)
    assert dropping.reading(SENT, 1).due is Due.DROPPED
    assert breaking.reading(SENT, 1).due is Due.DEAD_LETTER
    assert kinds(dropping, {(KEY[0], KEY[1], ""): 1}) == ["foreign"]


def test_what_is_not_read_is_counted() -> None:
    assert kinds(ledger_of(Due.IGNORED), ignored=1) == []
    assert kinds(ledger_of(Due.IGNORED), ignored=0) == ["uncounted"]
    assert kinds(ledger_of(Due.IGNORED, acknowledged=False), ignored=0) == []
