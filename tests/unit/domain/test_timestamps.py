"""One spelling of an instant: whatever comes in, text order is time order."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.timestamps import canonical, from_datetime, to_datetime

MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 - hypothesis wants them naive
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))]),
)


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("2026-01-15T10:30:00.000Z", "2026-01-15T10:30:00.000Z"),
        ("2026-01-15T10:30:00Z", "2026-01-15T10:30:00.000Z"),
        ("2026-01-15T10:30:00.48Z", "2026-01-15T10:30:00.480Z"),
        ("2026-01-15T10:30:00.123456789Z", "2026-01-15T10:30:00.123Z"),
        ("2026-01-15T11:30:00+01:00", "2026-01-15T10:30:00.000Z"),
        ("2026-01-15 10:30:00", "2026-01-15T10:30:00.000Z"),
        ("2026-01-15", "2026-01-15T00:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        (1768473000, "2026-01-15T10:30:00.000Z"),
        (1768473000.123, "2026-01-15T10:30:00.123Z"),
        (1768473000123, "2026-01-15T10:30:00.123Z"),
        (0, "1970-01-01T00:00:00.000Z"),
    ],
)
def test_what_devices_send_becomes_one_spelling(given_as, expected):
    assert canonical(given_as) == expected


@pytest.mark.parametrize(
    "nonsense",
    [
        *(
            "",
            "yesterday",
            "2026-13-01",
            "2026-01-15T25:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
        ),
        *(float("nan"), float("inf"), 10**40, -(10**40), True, None, [], {}),
    ],
)
def test_nonsense_is_a_value_error(nonsense):
    with pytest.raises(ValueError, match=r"\S"):
        canonical(nonsense)


@given(MOMENTS, MOMENTS)
def test_text_order_is_time_order(one, other):
    def in_milliseconds(moment):
        return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)

    texts = [canonical(moment.isoformat()) for moment in (one, other)]
    assert (texts[0] < texts[1]) == (in_milliseconds(one) < in_milliseconds(other))
    assert [len(text) for text in texts] == [24, 24]


@given(MOMENTS)
def test_the_spelling_is_stable_and_reads_back(moment):
    text = canonical(moment.isoformat())
    assert canonical(text) == text == from_datetime(to_datetime(text))


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_anything_is_a_stamp_or_a_value_error(anything):
    try:
        text = canonical(anything)
    except ValueError:
        return
    assert from_datetime(to_datetime(text)) == text
