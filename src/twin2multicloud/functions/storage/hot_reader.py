"""Hot reader (L3-hot): history by device, property and time; TwinMaker's response, paged, the same on every cloud."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.functions.storage.reader_function import reader_function
from twin2multicloud.functions.storage.reader_request import ReadRequest, parse, refuse_unknown
from twin2multicloud.functions.storage.typed_values import TypedValue, declared_types, typer
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.hot_store import HotStore, RangeQuery, RowKey
from twin2multicloud.wire.limits import MAX_ANSWER_BYTES

_VALUE_BYTES = 96  # of one value in an answer, without a text's own characters
_SERIES_BYTES = 64  # of a series in an answer, without its reference and values
_ANSWER_ROOM = 64 * 1024


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: after row `key` of a device, and within row `row`, `given` of whose values were given out.

    `row` is named because a late reading may come to stand between the two until the next page is asked for.
    """

    device: int
    key: RowKey | None = None
    row: RowKey | None = None
    given: int = 0


_Here = tuple[int, RowKey | None, RowKey, int]
"""A `Position` before it is needed: every value has one, and only the last of a page becomes a token."""


def build(parts: Parts) -> Function:
    """Native call -> the hot store; also HTTP where its environment holds the token for an endpoint."""
    ports = parts.ports
    reader = HotReader(store=parts.store, catalog=ports.catalog, hierarchy=ports.hierarchy, clock=ports.clock)
    return reader_function(parts, reader)


class HotReader:
    """Answers history. An answer never passes 5 MB; `nextToken` says where the next page starts."""

    def __init__(self, *, store: HotStore, catalog: DeviceCatalog, hierarchy: Hierarchy, clock: Clock) -> None:
        self._store, self._catalog, self._hierarchy, self._clock = store, catalog, hierarchy, clock

    def __call__(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """One page. Raises FinalError (400, 404) for a request that cannot be answered, RetryableError."""
        request = parse(arguments, self._catalog, self._hierarchy, self._clock.now())
        refuse_unknown(request, self._catalog, self._store)
        position = _read_token(request.next_token)
        series: dict[tuple[str, str], list[dict[str, Any]]] = {}
        room = MAX_ANSWER_BYTES - _ANSWER_ROOM
        for count, (device_id, name, time, value, here) in enumerate(self._values(request, position)):
            room -= _VALUE_BYTES
            if "stringValue" in value:
                room -= _text_bytes(value)
            if (device_id, name) not in series:
                room -= _SERIES_BYTES + len(msgspec.json.encode(request.reference(device_id, name)))
            if count == request.max_results or (room < 0 and count):
                return _answer(request, series, _write_token(Position(*here)))
            series.setdefault((device_id, name), []).append({"time": time, "value": value})
        return _answer(request, series, None)

    def _values(self, request: ReadRequest, start: Position) -> Iterator[tuple[str, str, str, TypedValue, _Here]]:
        """Every value from a position on, each with its own position: that is where a page without it would end."""
        for index in range(start.device, len(request.devices) if request.properties else 0):
            device_id = request.devices[index]
            types = declared_types(self._catalog.type_of(device_id))
            typed_as = {name: typer(types.get(name)) for name in request.properties}
            after = start.key if index == start.device else None
            page = request.max_results // len(request.properties) + 1
            for key, previous, values in self._rows(request, device_id, after, page):
                time = key.timestamp
                skip = 0
                if index == start.device and start.row is not None:
                    if (key > start.row) if request.descending else (key < start.row):
                        continue  # a late reading before the end of the last page is skipped
                    skip = start.given if key == start.row else 0
                present = [name for name in request.properties if name in values]
                for given, name in enumerate(present[skip:], skip):
                    yield device_id, name, time, typed_as[name](values[name]), (index, previous, key, given)

    def _rows(
        self, request: ReadRequest, device_id: str, after: RowKey | None, limit: int
    ) -> Iterator[tuple[RowKey, RowKey | None, Mapping[str, Any]]]:
        """Rows after a key, each with the key before it, in as many queries as the consumer wants to have."""
        while True:
            rows = self._store.range(
                RangeQuery(
                    device_id=device_id,
                    start=request.start,
                    end=request.end,
                    properties=request.properties,
                    limit=limit,
                    descending=request.descending,
                    after=after,
                )
            )
            for row in rows:
                yield row.key, after, row.values
                after = row.key
            if len(rows) < limit:
                return


def _answer(
    request: ReadRequest, series: Mapping[tuple[str, str], Sequence[dict[str, Any]]], token: str | None
) -> dict[str, Any]:
    return {
        "propertyValues": [
            {"entityPropertyReference": request.reference(device_id, name), "values": values}
            for (device_id, name), values in series.items()
        ],
        "nextToken": token,
    }


def _text_bytes(value: TypedValue) -> int:
    text = value.get("stringValue")
    return 6 * len(text) if isinstance(text, str) else 0  # at worst each character is escaped


def _write_token(position: Position) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def _read_token(token: str | None) -> Position:
    if token is None:
        return Position(0)
    try:
        position = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), type=Position)
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise FinalError("nextToken was not issued by this reader", 400) from error
    if position.device < 0 or position.given < 0:
        raise FinalError("nextToken was not issued by this reader", 400)
    return position
