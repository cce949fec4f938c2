"""How a reading becomes a row: keys that sort as their texts do, bounds that hold exactly what a query wants."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.readings import reading
from twin2multicloud.ports.hot_store import RangeQuery, Row, RowKey
from twin2multicloud.stores.rows import (
    ALL_NOTES,
    ALL_READINGS,
    KEY_CHARACTERS,
    NOTES,
    escaped,
    inexact,
    note_puts,
    noted,
    plain,
    reading_put,
    restored,
    row_key,
    sort_key,
    sortable,
    span,
)
from twin2multicloud.wire.batches import batches

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
STAMPS = st.integers(0, 99).map(lambda n: f"20{n:02}-01-15T10:30:00.{n:03}Z")
KEYS = st.builds(RowKey, STAMPS, TEXTS)
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))


@given(TEXTS, TEXTS)
def test_the_spelling_sorts_as_the_texts_do_and_never_twice_alike(one, other):
    assert (sortable(one) < sortable(other)) == (one < other)
    assert (sortable(one) == sortable(other)) == (one == other)


@given(TEXTS)
def test_the_spelling_is_fit_for_an_id_anywhere(text):
    spelt = sortable(text)
    assert spelt.isascii()
    assert not set(spelt) & set("/\\?#%. \t\n")
    assert "__" not in spelt


@pytest.mark.parametrize("character", ["x", "ü", "🌡"])
def test_a_long_text_has_a_spelling_of_its_own_that_fits(character):
    one, other = character * 2_000, character * 2_000 + "!"
    assert sortable(one) != sortable(other)
    assert len(sortable(one)) <= KEY_CHARACTERS


@given(KEYS, KEYS)
def test_sort_keys_sort_as_keys_do(one, other):
    assert (sort_key(one) < sort_key(other)) == (one < other)


@given(KEYS, STAMPS, STAMPS, st.one_of(st.none(), KEYS), st.booleans())
def test_the_bounds_hold_what_the_query_wants_and_nothing_else(key, start, end, after, descending):
    query = RangeQuery(
        device_id="d", start=start, end=end, properties=("t",), limit=1, descending=descending, after=after
    )
    wanted = start < key.timestamp <= end and (after is None or (key < after if descending else key > after))
    within = span(query)
    assert holds(within, key) == wanted
    assert not (wanted and within.is_empty)


@given(KEYS, TEXTS)
def test_notes_of_properties_stand_apart_from_readings(key, name):
    note = RowKey(NOTES, name)
    assert holds(ALL_NOTES, note)
    assert not holds(ALL_NOTES, key)
    assert holds(ALL_READINGS, key)
    assert not holds(ALL_READINGS, note)


@given(st.sets(TEXTS, max_size=250))
def test_notes_name_all_properties_in_few_rows_and_the_same_ones_again(names):
    notes = list(note_puts("d", names))
    assert len(notes) == -(-len(names) // 100)
    assert {name for each in notes for name in noted(Row(each.key, each.values))} == names
    assert all(msgspec.json.decode(each.body) == each.values for each in notes)
    assert [each.key for each in note_puts("d", sorted(names, reverse=True))] == [each.key for each in notes]


def test_a_note_of_an_older_store_names_one_property():
    assert list(noted(Row(RowKey(NOTES, "speed"), {}))) == ["speed"]


@given(KEYS, KEYS, st.booleans())
def test_what_is_beyond_a_key_is_what_comes_after_it_in_that_order(key, seen, descending):
    rest = ALL_READINGS.beyond(seen, descending=descending)
    assert holds(rest, key) == (key < seen if descending else key > seen)


def holds(within, key: RowKey) -> bool:
    """Said of bounds as of texts: they must agree."""
    low, high = within.texts
    found = low <= sort_key(key) < high
    assert found == (within.after < (key.timestamp, False, key.message_id) < within.before)
    return found


@given(KEYS, TEXTS)
def test_a_rows_key_is_read_back_from_its_sort_key(key, name):
    message = key.message_id or "m"
    row = reading_put(reading({"device_id": "d", "timestamp": key.timestamp, "message_id": message, "t": 1}))
    assert row.key == RowKey(key.timestamp, message)
    assert (row.values, row.body) == ({"t": 1}, b'{"t":1}')
    for each in (key, RowKey(NOTES, name)):
        assert row_key(sort_key(each), each.message_id) == each


@given(st.one_of(TEXTS, st.sampled_from(["", "\\", "\\\\x", "__x__", "__"])))
def test_a_fields_name_is_never_empty_nor_reserved_and_comes_back(name):
    assert escaped(name)
    assert not escaped(name).startswith("__")
    assert plain(escaped(name)) == name


@given(st.dictionaries(TEXTS, NUMBERS), st.booleans())
def test_numbers_that_a_store_changes_come_back_as_they_were(values, keeps):
    """The worst store there is: every number comes back as a double, or not at all."""
    exact = inexact(values, lambda _: keeps)
    spoilt = values.items() if keeps else [(name, float(value)) for name, value in values.items() if value]
    found = restored(spoilt, exact, tuple(values))
    assert found == values
    assert [type(found[name]) for name in values] == [type(value) for value in values.values()]
    assert all(math.copysign(1, found[name]) == math.copysign(1, value) for name, value in values.items())


@given(st.lists(st.text(max_size=20)), st.integers(1, 5), st.integers(1, 60))
def test_batches_keep_everything_in_order_within_their_limits(items, most, max_bytes):
    made = list(batches(items, most=most, max_bytes=max_bytes))
    assert [item for batch in made for item in batch] == items
    assert all(len(batch) <= most for batch in made)
