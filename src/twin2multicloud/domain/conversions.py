"""A value as one of a property's declared type, where nothing is lost by it. Owns what a conversion may change."""

import math
import re

import msgspec

from twin2multicloud.domain.device import DataType, Scalar

_WHOLE = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_TRUTH: dict[object, bool] = {"1": True, "true": True, "0": False, "false": False, 1: True, 0: False}
"""What else is a BOOLEAN; a text in any case."""


def converted(value: Scalar, data_type: DataType) -> Scalar:
    """The value with that type. Raises ValueError where something would be lost.

    A whole number is a DOUBLE; one beyond 2**53 that no double has stays as it is, since every store keeps it. A number
    without a fraction is whole. Digits in a text are a number. Any value is a STRING: its JSON text.
    """
    match data_type:
        case DataType.STRING:
            return value if isinstance(value, str) else msgspec.json.encode(value).decode()
        case DataType.BOOLEAN:
            key = value.strip().lower() if isinstance(value, str) else value
            if key not in _TRUTH:
                raise ValueError("not a truth")
            return _TRUTH[key]
        case DataType.DOUBLE:
            return _double(_number(value))
        case DataType.INTEGER | DataType.LONG:
            return _whole(value, data_type)


def _number(value: Scalar) -> float:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    if not isinstance(value, str):
        return value
    text = value.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("not a number")
    return float(text)


def _double(number: float) -> float:
    double = float(number)
    if not math.isfinite(double):
        raise ValueError("beyond a double")
    return double if double == number or not DataType.LONG.admits(number) else number


def _whole(value: Scalar, data_type: DataType) -> int:
    number = _number(value)
    if not isinstance(number, int):
        number = _exactly(value)
    if not data_type.admits(number):
        raise ValueError("out of range")
    return number


def _exactly(value: Scalar) -> int:
    """A whole number with a point or an exponent; texts keep digits that a double has no room for."""
    from decimal import Decimal  # rarely: nobody writes whole numbers so on purpose

    number = Decimal(value)
    if not number.is_finite() or abs(number) > 1 << 63 or number != number.to_integral_value():
        raise ValueError("not whole")  # looked at before a power of ten becomes digits
    return int(number)
