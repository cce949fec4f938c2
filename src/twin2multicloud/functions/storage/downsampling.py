"""Downsampling: one value of a property per bucket of time, of the one series over all tiers. Owns the buckets.

A bucket begins at a whole multiple of its length since 1970 UTC. It has the readings from its beginning on and
before its end, of those that the query's own bounds leave. Its values stand at its beginning.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any, Self

import msgspec

from twin2multicloud.domain.device import DataType, Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.timestamps import from_milliseconds, to_milliseconds
from twin2multicloud.functions.storage.tiers import Tier, pages_over_tiers
from twin2multicloud.ports.hot_store import HotStore, RangeQuery, Row, RowKey

SHORTEST_MS, LONGEST_MS = 1_000, 366 * 86_400_000
"""Of a bucket."""

_UNITS_MS = {"ms": 1, "s": 1_000, "": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN = re.compile(r"(\d{1,15})(ms|s|m|h|d|)", re.ASCII)
_TEXTUAL = frozenset({DataType.BOOLEAN, DataType.STRING})
_EXPONENT = 1_074  # of the smallest number: times 2 ** 1074 every number is whole


class Aggregate(StrEnum):
    """What a bucket says of a property. Minimum, maximum and mean are of its numbers; other values are left out."""

    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    LAST = "last"
    COUNT = "count"

    @property
    def of_numbers(self) -> bool:
        """Whether booleans and texts have none."""
        return self in (Aggregate.MIN, Aggregate.MAX, Aggregate.MEAN)

    def fits(self, declared: DataType | None) -> bool:
        """Whether a property of that type has it; one that is not declared (None) has it of its numbers."""
        return not self.of_numbers or declared not in _TEXTUAL


class Downsampling(msgspec.Struct, frozen=True):
    """Buckets of `every_ms` milliseconds, and what is asked of each."""

    every_ms: int
    aggregate: Aggregate = Aggregate.MEAN

    @classmethod
    def asked(cls, arguments: Mapping[str, Any]) -> Self | None:
        """What a request says by ``every`` and ``aggregate``; None where it is for all readings. FinalError (400)."""
        every, aggregate = arguments.get("every"), arguments.get("aggregate")
        if every is None or every == "":
            if aggregate:
                raise FinalError(f"aggregate {_shown(aggregate)} needs every, the length of a bucket, as in 5m", 400)
            return None
        try:
            chosen = Aggregate(aggregate or "mean")
        except ValueError as error:
            names = ", ".join(Aggregate)
            raise FinalError(f"aggregate must be one of {names}; found {_shown(aggregate)}", 400) from error
        return cls(_milliseconds(every), chosen)

    def types(self, names: Sequence[str], declared: Mapping[str, DataType]) -> Mapping[str, DataType]:
        """The types of a bucket's values, of those that have one: a minimum is of its property's type, a mean is not.

        Raises FinalError (400) for a property that is no number where the aggregate is one of numbers.
        """
        for name in names:
            if not self.aggregate.fits(declared.get(name)):
                kind = declared[name].lower()
                raise FinalError(f"{name} is a {kind}, which has no {self.aggregate}; it has last and count", 400)
        return {} if self.aggregate in (Aggregate.MEAN, Aggregate.COUNT) else declared

    @property
    def length(self) -> str:
        """A bucket's length for people: ``5m``."""
        return span_text(self.every_ms)

    def start_of(self, stamp: str) -> int:
        """When the bucket of an instant (canonical stamp) begins, in epoch milliseconds."""
        instant = to_milliseconds(stamp)
        return instant - instant % self.every_ms

    def rest(self, query: RangeQuery) -> RangeQuery:
        """The query for the readings behind the bucket that `after` names. Raises FinalError (400) if that is none."""
        if query.after is None:
            return query
        try:
            start = self.start_of(query.after.timestamp)
            bound = from_milliseconds(start - 1 if query.descending else start + self.every_ms - 1)
        except (ValueError, OverflowError) as error:
            raise FinalError("nextToken was not issued by this reader", 400) from error
        if query.descending:
            return msgspec.structs.replace(query, after=None, end=min(query.end, bound))
        return msgspec.structs.replace(query, after=None, start=max(query.start, bound))


class Buckets(msgspec.Struct, frozen=True):
    """Buckets as rows: values under the bucket's beginning, none where there was nothing to say of any property.

    `archived`: chunks that have to be restored to say more. `ended`: whether there are no more buckets.
    """

    rows: Sequence[Row]
    archived: Sequence[str]
    ended: bool


def buckets_over_tiers(
    hot: HotStore,
    older: Sequence[Tier],
    query: RangeQuery,
    downsampling: Downsampling,
    *,
    at_once: int,
    is_late: Callable[[], bool],
) -> Buckets:
    """The next buckets of a query in its order: `limit` of them, fewer at the end and where it is late.

    `query.after` names the last bucket that was seen. Of each tier `at_once` readings are in memory, and one bucket is
    open. Raises RetryableError, FinalError.
    """
    archived: set[str] = set()
    found: list[Row] = []
    open_: _Bucket | None = None
    readings = msgspec.structs.replace(downsampling.rest(query), limit=at_once)
    if readings.start >= readings.end:
        return Buckets([], [], ended=True)
    for number, page in enumerate(pages_over_tiers(hot, older, readings, archived)):
        if number and is_late():
            return Buckets(found, sorted(archived), ended=False)
        for start, rows in groupby(page, _starts(downsampling)):
            if open_ is not None and open_.start != start:
                found.append(open_.row())
                open_ = None
                if len(found) == query.limit:
                    return Buckets(found, sorted(archived), ended=False)
            open_ = open_ or _Bucket(start, downsampling.aggregate, descending=query.descending)
            open_.add(query.properties, list(rows))
    if open_ is not None:
        found.append(open_.row())
    return Buckets(found, sorted(archived), ended=True)


class _Bucket:
    """One bucket while its readings come in, in order of time or the other way round."""

    def __init__(self, start: int, aggregate: Aggregate, *, descending: bool) -> None:
        self.start = start
        self._aggregate, self._descending = aggregate, descending
        self._state: dict[str, Any] = {}

    def add(self, names: Sequence[str], rows: Sequence[Row]) -> None:
        """Take the next readings in."""
        for name in names:
            values = [row.values[name] for row in rows if name in row.values]
            if self._aggregate.of_numbers:
                values = [value for value in values if type(value) in (int, float)]
            if values:
                self._fold(name, values)

    def _fold(self, name: str, values: list[Scalar]) -> None:
        known = self._state.get(name)
        match self._aggregate:
            case Aggregate.COUNT:
                self._state[name] = (known or 0) + len(values)
            case Aggregate.MEAN:
                total, count = known or (0, 0)
                self._state[name] = total + sum(map(_whole, values)), count + len(values)
            case _:  # in order of time, so that of equal values the first one is given whatever the query's order
                before = [] if known is None else [known]
                ordered = [*reversed(values), *before] if self._descending else [*before, *values]
                self._state[name] = _CHOOSE[self._aggregate](ordered)

    def row(self) -> Row:
        """The bucket, once all of its readings are in it."""
        key = RowKey(from_milliseconds(self.start), "")
        if self._aggregate is not Aggregate.MEAN:
            return Row(key, self._state)
        return Row(key, {name: total / (count << _EXPONENT) for name, (total, count) in self._state.items()})


_CHOOSE: dict[Aggregate, Callable[[list[Any]], Scalar]] = {
    Aggregate.MIN: min,
    Aggregate.MAX: max,
    Aggregate.LAST: lambda ordered: ordered[-1],
}


def _whole(value: Any) -> int:  # noqa: ANN401 - an int or a float
    """A number times 2 ** `_EXPONENT`: sums of these are exact in any order, and the mean is rounded once."""
    numerator, denominator = value.as_integer_ratio()
    return int(numerator << (_EXPONENT + 1 - denominator.bit_length()))


def _starts(downsampling: Downsampling) -> Callable[[Row], int]:
    """The beginning of a row's bucket. Stamps are compared as texts; one is read where a bucket ends."""
    first, end, start = "", "", 0

    def start_of(row: Row) -> int:
        nonlocal first, end, start
        if not first <= row.key.timestamp < end:
            start = downsampling.start_of(row.key.timestamp)
            first, end = from_milliseconds(start), from_milliseconds(start + downsampling.every_ms)
        return start

    return start_of


def span_text(milliseconds: int) -> str:
    """A span in the largest unit that has it in whole numbers, as `every` takes it: ``5m``."""
    unit = next(each for each in ("d", "h", "m", "s", "ms") if milliseconds % _UNITS_MS[each] == 0)
    return f"{milliseconds // _UNITS_MS[unit]}{unit}"


def _milliseconds(every: object) -> int:
    """A bucket's length: whole seconds, or a span as in 500ms, 90s, 5m, 1h, 1d."""
    text = str(every) if isinstance(every, int) and not isinstance(every, bool) else every
    span = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if span is None:
        raise FinalError(f"every must be whole seconds, or a span as in 90s, 5m, 1h, 1d; found {_shown(every)}", 400)
    milliseconds = int(span[1]) * _UNITS_MS[span[2]]
    if not SHORTEST_MS <= milliseconds <= LONGEST_MS:
        raise FinalError(f"every must be from 1s to 366d, found {_shown(every)}", 400)
    return milliseconds


def _shown(value: object) -> str:
    return repr(value)[:40]
