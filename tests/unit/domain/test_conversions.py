"""Conversions between JSON's types and declared ones: nothing is lost, or it is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.conversions import converted
from twin2multicloud.domain.device import DataType

D, I, L, B, S = DataType.DOUBLE, DataType.INTEGER, DataType.LONG, DataType.BOOLEAN, DataType.STRING  # noqa: E741


@pytest.mark.parametrize(
    ("value", "data_type", "expected"),
    [
        (21, D, 21.0),
        (21.5, D, 21.5),
        ("21.5", D, 21.5),
        (" -2.15e1 ", D, -21.5),
        ("21", D, 21.0),
        (".5", D, 0.5),
        ("9007199254740993", D, 2**53 + 1),
        (2**53 + 1, D, 2**53 + 1),
        (2**53, D, 2.0**53),
        (1e308, D, 1e308),
        ("123456789000000000000", D, 1.23456789e20),
        (421.0, I, 421),
        ("422", I, 422),
        ("421.0", I, 421),
        ("4.21e2", I, 421),
        (-(2**31), I, -(2**31)),
        (2**63 - 1, L, 2**63 - 1),
        ("9223372036854775807", L, 2**63 - 1),
        ("9223372036854775807.0", L, 2**63 - 1),
        (1e18, L, 10**18),
        (True, B, True),
        ("TRUE", B, True),
        ("false", B, False),
        ("0", B, False),
        (1, B, True),
        (0.0, B, False),
        ("x", S, "x"),
        (21.5, S, "21.5"),
        (2**63 - 1, S, "9223372036854775807"),
        (True, S, "true"),
    ],
)
def test_what_loses_nothing_is_converted(value, data_type, expected):
    found = converted(value, data_type)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("value", "data_type"),
    [
        *((each, D) for each in ("x", "", "NaN", "inf", "1e400", "21,5", "0x10", "1_0", "٢", True, False)),
        *((each, I) for each in (421.5, "421.5", True, "x", "", 2**31, -(2**31) - 1, "2147483648", 1e10, "1e9999")),
        *((each, L) for each in (2.0**63, 1e30, "9223372036854775808", "9223372036854775807.5", False, "1e-1")),
        *((each, B) for each in (2, -1, 0.5, "yes", "on", "", "2")),
    ],
)
def test_what_would_lose_something_is_refused(value, data_type):
    with pytest.raises(ValueError, match=r"\S"):
        converted(value, data_type)


SCALARS = st.booleans() | st.text(max_size=8) | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@given(SCALARS, st.sampled_from(DataType))
def test_what_is_converted_is_of_the_type_and_stays(value, data_type):
    try:
        found = converted(value, data_type)
    except ValueError:
        return
    assert data_type.admits(found)
    assert converted(found, data_type) == found
    if data_type.admits(value):
        assert found == value


@given(NUMBERS, st.sampled_from([D, I, L]))
def test_a_number_is_the_same_number_afterwards(value, data_type):
    """A text is the number of its digits, which may be more than a double beyond 2**53 has."""
    for spelt, number in ((value, Decimal(value)), (repr(value), Decimal(repr(value)))):
        try:
            found = converted(spelt, data_type)
        except ValueError:
            assert data_type is not D
            assert number != number.to_integral_value() or not data_type.admits(int(number))
        else:
            assert found == (value if data_type is D else number)
