"""TwinMaker's typed values: ``{"doubleValue": 21.5}``, lower camel. Owns which key a value goes under."""

from collections.abc import Callable

from twin2multicloud.domain.device import DataType, DeviceType, Scalar

_KEYS = {
    DataType.STRING: "stringValue",
    DataType.DOUBLE: "doubleValue",
    DataType.INTEGER: "integerValue",
    DataType.LONG: "longValue",
    DataType.BOOLEAN: "booleanValue",
}
TypedValue = dict[str, Scalar]


def typed(value: Scalar, declared: DataType | None) -> TypedValue:
    """A value under its key: by its declared type where it fits, else by its own type. Never rounds."""
    if declared is not None and declared.admits(value):
        if declared is DataType.DOUBLE:
            return {"doubleValue": _as_double(value)}
        return {_KEYS[declared]: value}
    return {_KEYS[_observed(value)]: value}


_EXACT = {DataType.STRING: str, DataType.DOUBLE: float, DataType.BOOLEAN: bool}


def typer(declared: DataType | None) -> Callable[[Scalar], TypedValue]:
    """`typed` for one property's many values: exact matches of the declared type take a fast path."""
    exact = _EXACT.get(declared) if declared is not None else None
    if exact is None or declared is None:
        return lambda value: typed(value, declared)
    key = _KEYS[declared]
    return lambda value: {key: value} if type(value) is exact else typed(value, declared)


def declared_types(device_type: DeviceType | None) -> dict[str, DataType]:
    """The declared type of each property; empty for an unknown device."""
    return {} if device_type is None else {each.name: each.data_type for each in device_type.properties}


def plain(value: TypedValue) -> Scalar:
    """The value without its key."""
    return next(iter(value.values()))


def _as_double(value: Scalar) -> Scalar:
    """A whole number as a float where that changes nothing; 2**53 + 1 stays what it is."""
    number = float(value)
    return number if number == value else value


def _observed(value: Scalar) -> DataType:
    match value:
        case bool():
            return DataType.BOOLEAN
        case int():
            return DataType.INTEGER if DataType.INTEGER.admits(value) else DataType.LONG
        case float():
            return DataType.DOUBLE
        case _:
            return DataType.STRING
