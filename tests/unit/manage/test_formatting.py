import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.device import Scalar
from twin2multicloud.manage.formatting import age_text, bytes_text, count_text, duration_text, latency_text, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (21.4, "21.40"),
        (-0.0, "-0.00"),
        (0.0041, "0.0041"),
        (1204.56, "1,204.6"),
        (123456.7, "123,457"),
        (3.2e15, "3.2e+15"),
        (1204, "1,204"),
        (True, "on"),
        (False, "off"),
        ("heating", "heating"),
    ],
)
def test_values_read_as_a_person_would_write_them(value: Scalar, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (12_399, "12.3k"),
        (999_999, "999k"),
        (4_560_000, "4.5M"),
        (7_000_000_000, "7.0G"),
    ],
)
def test_counts_are_short_and_never_rounded_up(count: int, text: str) -> None:
    assert count_text(count) == text


@given(st.integers(0, 999_999_999_999))
def test_a_count_fits_the_drawing(count: int) -> None:
    assert len(count_text(count)) <= 5


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(None, "–"), (0.42, "0.4 ms"), (9.94, "9.9 ms"), (9.96, "10 ms"), (215.4, "215 ms"), (999.6, "1.0 s")],
)
def test_latencies_carry_their_unit(milliseconds: float | None, text: str) -> None:
    assert latency_text(milliseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(12, "12 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (47 * 3600, "47 h")]
)
def test_durations_use_their_largest_unit(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-90, "1 min ahead"), (-1, "now"), (0.4, "now"), (12.9, "12 s ago"), (3 * 86400, "3 d ago")],
)
def test_ages_say_when_a_clock_is_ahead(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 KB"), (38_108, "38.1 KB"), (4_296_160, "4.3 MB")]
)
def test_sizes_are_in_their_largest_unit(size: int, text: str) -> None:
    assert bytes_text(size) == text
