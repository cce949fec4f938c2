"""Payloads that are not JSON: the reason names the place, and what is meant is read."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.foreign_json import ForeignJsonError, read


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "the payload is empty"),
        (b" \n", "the payload is empty"),
        (b"\xef\xbb\xbf", "the payload is empty"),
        (b"hello", "not JSON: invalid character at byte 0, 'hello'"),
        (b'{"timestamp":1641667732350000,"temperature":NaN}', "NaN at byte 44, which is no JSON number"),
        (b'\xef\xbb\xbf{"a":NaN}', "NaN at byte 8, which is no JSON number"),
        (b'{"a":-Infinity}', "-Infinity at byte 5, which is no JSON number"),
        (b'{"a":[1,nan]}', "nan at byte 8, which is no JSON number"),
        (b'{"a":-inf}', "-inf at byte 5, which is no JSON number"),
        (b'{"a":1e400,"b":NaN}', "not JSON: NaN is no JSON number"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8: starts with a UTF-16 mark"),
        ('{"a":1}'.encode("utf-32"), "not UTF-8: starts with a UTF-32 mark"),
        ('{"a":1}'.encode("utf-16-le"), "not UTF-8: every second byte is 0, as in UTF-16"),
        ('{"a":1}'.encode("utf-16-be"), "not UTF-8: every second byte is 0, as in UTF-16"),
        (b'{"a":"\xb0C"}', "not UTF-8 at byte 6"),
        (b'\xef\xbb\xbf{"a":"\xb0C"}', "not UTF-8 at byte 9"),
        (b'{"a":1', "not JSON: it ends at byte 6, before it is complete"),
        (b'{"a":1}x', "not JSON: trailing characters at byte 7, 'x'"),
        (b"{'a':1}", "not JSON: object keys must be strings at byte 1, \"'a':1}\""),
        (b'{"a":1,}', "not JSON: trailing comma in object at byte 7, '}'"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":1e400,"b":' + b"[" * 100_000, "not JSON: maximum recursion depth"),
        (b'{"a":1e400', "not JSON: Expecting"),
        (b'{"a":1e400,"b":"\xff"}', "not JSON: 'utf-8'"),
    ],
)
def test_a_fault_names_its_place(payload, reason):
    with pytest.raises(ForeignJsonError) as found:
        read(payload)
    assert str(found.value).startswith(reason)


def test_a_byte_order_mark_is_no_fault():
    assert read(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_numbers_beyond_every_range_are_infinities():
    digits = b"9" * 5_000
    assert read(b'{"a":1e400,"b":-1e400,"c":%b,"d":-%b,"e":12}' % (digits, digits)) == {
        "a": math.inf,
        "b": -math.inf,
        "c": math.inf,
        "d": -math.inf,
        "e": 12,
    }


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode) | st.binary(max_size=9).map(b'{"a":'.__add__))
def test_any_bytes_are_a_value_or_a_reason(payload):
    try:
        value = read(payload)
    except ForeignJsonError as error:
        assert str(error)  # noqa: PT017 - it says why
    else:
        assert msgspec.json.encode(value)
