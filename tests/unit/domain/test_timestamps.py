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
        (1768473000.123999, "2026-01-15T10:30:00.123Z"),
        (1768473000123.9, "2026-01-15T10:30:00.123Z"),
        (1641667732350000, "2022-01-08T18:48:52.350Z"),
        (1641667732350999, "2022-01-08T18:48:52.350Z"),
        (1641667732350000000, "2022-01-08T18:48:52.350Z"),
        (1641667732350999999, "2022-01-08T18:48:52.350Z"),
        (1.64166773235e18, "2022-01-08T18:48:52.350Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.000Z"),
        ("1625943953000", "2021-07-10T19:05:53.000Z"),
        ("1625943953", "2021-07-10T19:05:53.000Z"),
        ("+1625943953.25", "2021-07-10T19:05:53.250Z"),
        (" 1625943953 ", "2021-07-10T19:05:53.000Z"),
        ("2022011810300", "2034-01-27T21:56:50.300Z"),  # Python alone takes it for 2022-01-18, separator 1, 03:00
        ("2026-01-15T02:30:00z", "2026-01-15T02:30:00.000Z"),
        ("2026-01-15t02:30:00z", "2026-01-15T02:30:00.000Z"),
    ],
)
def test_what_devices_send_becomes_one_spelling(given_as, expected):
    assert canonical(given_as) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        (20220118, "2022-01-18T00:00:00.000Z"),
        (202201181030, "2022-01-18T10:30:00.000Z"),
        (20220118103045, "2022-01-18T10:30:45.000Z"),
        (19700101, "1970-01-01T00:00:00.000Z"),
        (22001231235959, "2200-12-31T23:59:59.000Z"),
        (20161231235960, "2016-12-31T23:59:59.999Z"),
        (12345678, "1970-05-23T21:21:18.000Z"),
    ],
)
@pytest.mark.parametrize("spelt", [int, float, str, "{}.0".format])
def test_dates_as_digits_are_dates(digits, expected, spelt):
    assert canonical(spelt(digits)) == expected


@pytest.mark.parametrize("digits", [20221318, 20220231, 20220100, 202201182500, 202213450000, 20221318000000])
@pytest.mark.parametrize("spelt", [int, float, str])
def test_digits_that_look_like_a_date_and_are_none_are_no_epoch_either(digits, spelt):
    with pytest.raises(ValueError, match="expected ISO 8601 or an epoch in s, ms, µs or ns, found"):
        canonical(spelt(digits))


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.500z",
        "2016-12-31 23:59:60",
        "20161231T235960Z",
        "2017-01-01T00:59:60+01:00",
        "2017-01-01T05:29:60+05:30",
        "2016-12-31T15:59:60-0800",
    ],
)
def test_a_leap_second_is_the_last_millisecond_of_its_minute(text):
    assert canonical(text) == "2016-12-31T23:59:59.999Z"


@given(st.integers(0, 7_289_654_399_999))
def test_an_epoch_is_the_same_instant_in_every_unit_that_can_say_it(milliseconds):
    """Milliseconds before 1973 would be seconds far beyond 2200, and what spells a date is one."""
    expected = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).isoformat("T", "milliseconds")
    numbers = [milliseconds * factor for factor in (1, 1000, 1_000_000) if milliseconds >= 100_000_000_000]
    for number in [milliseconds / 1000, *numbers]:
        if len(str(number).removesuffix(".0")) not in (8, 12, 14):
            assert canonical(number) == canonical(str(number)) == expected.replace("+00:00", "Z")


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
            "2024-02-30",
            "2026-01-15T12:30:60Z",
            "2026-12-30T23:59:60Z",
            "2016-12-31T23:59:61Z",
            "2016-12-31T23:60:00Z",
            "1.64e12",
            "٢٠٢٢٠١١٨",
            "1_768_473_000",
            "1" * 21,
            "1" * 5000,
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
