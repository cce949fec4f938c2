"""Hot reader (L3-hot): history by device, property and time; TwinMaker's response, paged, the same on every cloud."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from twin2multicloud.domain.device import DataType, DeviceCatalog, Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.functions.storage.downsampling import Buckets, Downsampling, buckets_over_tiers
from twin2multicloud.functions.storage.reader_function import reader_function
from twin2multicloud.functions.storage.reader_request import ReadRequest, parse, refuse_unknown
from twin2multicloud.functions.storage.tiers import Tier, rows_over_tiers, unmoved_since
from twin2multicloud.functions.storage.typed_values import TypedValue, declared_types, typer
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.hot_store import HotStore, RangeQuery, Row, RowKey
from twin2multicloud.wire.limits import CALL_SECONDS, MAX_ANSWER_BYTES

_READ_AT_ONCE = 10_000  # values of a tier in memory where they become buckets
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


def build(parts: Parts) -> Function:
    """Native call -> the hot store; also HTTP where it has an endpoint."""
    return reader_function(parts, HotReader)


class HotReader:
    """Answers history: readings, or buckets of them. `nextToken` says where the next page starts.

    An answer never passes 5 MB, and nothing more is read for it after 15 seconds. Buckets are whole on every page.
    """

    def __init__(
        self,
        *,
        store: HotStore,
        catalog: DeviceCatalog,
        hierarchy: Hierarchy,
        clock: Clock,
        older: Sequence[Tier] = (),
        read_at_once: int = _READ_AT_ONCE,
    ) -> None:
        self._store, self._older, self._read_at_once = store, older, read_at_once
        self._catalog, self._hierarchy, self._clock = catalog, hierarchy, clock

    def __call__(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """One page. Raises FinalError (400, 404) for a request that cannot be answered, RetryableError."""
        now = self._clock.now()
        request = parse(arguments, self._catalog, self._hierarchy, now)
        refuse_unknown(request, self._catalog, self._store)
        older = self._older if request.start < unmoved_since(now) else ()
        start, until = _read_token(request.next_token), self._clock.monotonic() + CALL_SECONDS
        page = _Page(request, lambda: self._clock.monotonic() > until)
        for index in range(start.device, len(request.devices) if request.properties else 0):
            position = start if index == start.device else Position(index)
            end = position if position != start and page.is_late() else self._read(request, position, page, older)
            if end == start and request.downsampling is not None:
                raise FinalError(
                    f"buckets of {request.downsampling.length} have more readings than one call reads; "
                    "ask for a smaller every",
                    400,
                )
            if end is not None:
                return page.answer(_write_token(end), for_twinmaker="workspaceId" in arguments)
        return page.answer(None, for_twinmaker="workspaceId" in arguments)

    def _read(self, request: ReadRequest, start: Position, page: "_Page", older: Sequence[Tier]) -> Position | None:
        """Put a device's values from a position on into the page, which ends at the returned position, if it does."""
        device_id = request.devices[start.device]
        columns = page.columns(device_id, declared_types(self._catalog.type_of(device_id)))
        limit = request.max_results // len(columns) + 1
        after, skip = start.key, start.given
        while True:
            query = RangeQuery(
                device_id=device_id,
                start=request.start,
                end=request.end,
                properties=request.properties,
                limit=limit,
                descending=request.descending,
                after=after,
            )
            found = self._find(query, request.downsampling, page, older)
            rows = found.rows
            page.archived.update(found.archived)
            left = rows if start.row is None else _from(start.row, rows, descending=request.descending)
            end = page.add(columns, left, skip if left and left[0].key == start.row else 0)
            if end is not None:
                row, given = end
                return Position(start.device, left[row - 1].key if row else after, left[row].key, given)
            if found.ended:
                return None
            if not rows:
                return start if after == start.key else Position(start.device, after)
            after = rows[-1].key
            if page.is_late():
                return Position(start.device, after)

    def _find(
        self, query: RangeQuery, downsampling: Downsampling | None, page: "_Page", older: Sequence[Tier]
    ) -> Buckets:
        """The next rows of a query: readings, or buckets of them. None, and not ended: it is late for the next one."""
        if downsampling is None:
            found = rows_over_tiers(self._store, older, query)
            return Buckets(found.rows, found.archived, ended=len(found.rows) < query.limit)
        at_once = self._read_at_once // len(query.properties) + 1
        return buckets_over_tiers(self._store, older, query, downsampling, at_once=at_once, is_late=page.is_late)


class _Column(NamedTuple):
    """A property of one device in an answer."""

    name: str
    typed_as: Callable[[Scalar], TypedValue]
    reference: dict[str, Any]
    points: list[dict[str, Any]]

    @property
    def opening(self) -> int:
        """Bytes of an answer that its first value needs besides its own."""
        return 0 if self.points else _SERIES_BYTES + len(msgspec.json.encode(self.reference))


class _Page:
    """The values of one answer, up to its limits."""

    def __init__(self, request: ReadRequest, is_late: Callable[[], bool]) -> None:
        self._request, self._left = request, request.max_results
        self.is_late = is_late
        self._room = MAX_ANSWER_BYTES - _ANSWER_ROOM
        self._series: list[_Column] = []
        self.archived: set[str] = set()

    def columns(self, device_id: str, types: Mapping[str, DataType]) -> Sequence[_Column]:
        """Columns for the properties of a device, empty yet. Raises FinalError for one that has no such buckets."""
        request = self._request
        if request.downsampling is not None:
            types = request.downsampling.types(request.properties, types)
        columns = [
            _Column(name, typer(types.get(name)), request.reference(device_id, name), []) for name in request.properties
        ]
        self._series += columns
        return columns

    def add(self, columns: Sequence[_Column], rows: Sequence[Row], skip: int) -> tuple[int, int] | None:
        """Add rows of a device, the first without its first `skip` values.

        Where the page ends before they do: the row's place, and how many of its values are given out.
        """
        sure = 0 if skip else min(len(rows), self._left // len(columns))
        begin = sure if self._add_all(columns, rows[:sure]) else 0
        for place in range(begin, len(rows)):
            row, given = rows[place], 0
            for column in columns:
                if column.name not in row.values:
                    continue
                if given >= skip and not self._add_value(column, row):
                    return place, given
                given += 1
            skip = 0
        return None

    def _add_all(self, columns: Sequence[_Column], rows: Sequence[Row]) -> bool:
        """Add rows, no more than may be given out, unless that many bytes might not fit."""
        added: list[list[dict[str, Any]]] = [
            [{"time": row.key.timestamp, "value": typed_as(row.values[name])} for row in rows if name in row.values]
            for name, typed_as, _, _ in columns
        ]
        room = self._room
        for column, points in zip(columns, added, strict=True):
            room -= _VALUE_BYTES * len(points) + (column.opening if points else 0)
            room -= sum([_text_bytes(each["value"]) for each in points if "stringValue" in each["value"]])
        if room < 0:
            return False
        self._room = room
        for column, points in zip(columns, added, strict=True):
            column.points.extend(points)
            self._left -= len(points)
        return True

    def _add_value(self, column: _Column, row: Row) -> bool:
        """Add one value; False where there is no room for it. An answer has at least one."""
        value = column.typed_as(row.values[column.name])
        self._room -= column.opening + _VALUE_BYTES + (_text_bytes(value) if "stringValue" in value else 0)
        if self._left == 0 or (self._room < 0 and self._left < self._request.max_results):
            return False
        column.points.append({"time": row.key.timestamp, "value": value})
        self._left -= 1
        return True

    def answer(self, token: str | None, *, for_twinmaker: bool) -> dict[str, Any]:
        """The page as TwinMaker has it; for others also the chunks that have to be restored to say more."""
        more = {"archived": sorted(self.archived)} if self.archived and not for_twinmaker else {}
        return {
            **more,
            "propertyValues": [
                {"entityPropertyReference": column.reference, "values": column.points}
                for column in self._series
                if column.points
            ],
            "nextToken": token,
        }


def _from(first: RowKey, rows: Sequence[Row], *, descending: bool) -> list[Row]:
    """Rows from a key on: a late reading may stand before it, and is skipped."""
    return [row for row in rows if (row.key <= first if descending else row.key >= first)]


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
