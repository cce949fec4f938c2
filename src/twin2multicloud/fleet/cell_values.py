"""The value of a cell: text -> a value of its property's type, where nothing is lost by it. Knows no row."""

import math
import re
from decimal import Decimal

from twin2multicloud.domain.device import DataType, Scalar

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_TRUTH = {"1": True, "true": True, "0": False, "false": False}


def typed(text: str, data_type: DataType, decimal: str = ".") -> Scalar:
    """A value of that type. Raises ValueError for what is none: NaN, what a DOUBLE or a whole number cannot hold."""
    match data_type:
        case DataType.STRING:
            return text
        case DataType.BOOLEAN:
            if text.lower() not in _TRUTH:
                raise ValueError(text)
            return _TRUTH[text.lower()]
        case DataType.DOUBLE:
            value = float(_number(text, decimal))
            if not math.isfinite(value):
                raise ValueError(text)
            return value
        case DataType.INTEGER | DataType.LONG:
            return _whole(_number(text, decimal), data_type)


def _number(text: str, decimal: str) -> str:
    written = text.replace(decimal, ".") if decimal != "." and "." not in text else text
    if _NUMBER.fullmatch(written) is None or (decimal != "." and "." in text):
        raise ValueError(text)
    return written


def _whole(text: str, data_type: DataType) -> int:
    number = Decimal(text)
    if abs(number) > 1 << 63 or number != number.to_integral_value():  # before a power of ten becomes digits
        raise ValueError(text)
    if not data_type.admits(int(number)):
        raise ValueError(text)
    return int(number)
