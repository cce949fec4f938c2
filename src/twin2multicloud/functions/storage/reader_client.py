"""Queries the hot readers through an `Invocation`: history and latest values as plain values by property.

The counterpart of `hot_reader` and `hot_reader_last_entry`; knows their answers, and nothing of who carries them.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from twin2multicloud.domain.device import Scalar
from twin2multicloud.functions.storage.reader_request import MAX_PROPERTIES
from twin2multicloud.functions.storage.typed_values import plain
from twin2multicloud.ports.invocation import Invocation

_PAGE = 10_000
Point = tuple[str, Scalar]


class Measured(NamedTuple):
    """One value of a device: when (canonical stamp), of which property."""

    time: str
    property: str
    value: Scalar


class HotReaders:
    """The two readers of one twin. Raises as `Invocation.call` does."""

    def __init__(self, invocation: Invocation) -> None:
        self._functions = invocation

    def latest(
        self, device_id: str, properties: Sequence[str], *, undeclared: bool = False
    ) -> dict[str, tuple[str | None, Scalar]]:
        """The latest value of each property with its timestamp; None for a value that was never measured.

        With `undeclared` also of those that the device's type does not declare.
        """
        arguments: dict[str, Any] = {"iotDeviceId": device_id, "selectedProperties": list(properties)}
        if undeclared:
            arguments["undeclared"] = True
        entries = self._functions.call("hot-reader-last-entry", arguments)["propertyValues"]
        return {name: (entry.get("time"), plain(entry["propertyValue"])) for name, entry in entries.items()}

    def oldest(self, device_id: str, properties: Sequence[str]) -> str | None:
        """The time of the first reading that can be read; None where there is none."""
        arguments = {"iotDeviceId": device_id, "selectedProperties": list(properties), "maxResults": 1}
        answer = self._functions.call("hot-reader", arguments)
        return next((str(point["time"]) for each in answer["propertyValues"] for point in each["values"]), None)

    def history(
        self,
        device_id: str,
        properties: Sequence[str],
        start: str,
        end: str,
        max_points: int = 5000,
        *,
        every: str | int | None = None,
        aggregate: str | None = None,
        archived: set[str] | None = None,
    ) -> dict[str, list[Point]]:
        """Values by property in time order, at most `max_points` of the newest altogether, from (start, end].

        With `every`, the length of a bucket (``5m``, or whole seconds), the `aggregate` of each: the mean if none is
        named. Adds to `archived` the chunks of that time that have to be restored before they can be read.
        """
        series: dict[str, list[Point]] = {name: [] for name in properties}
        buckets = {name: value for name, value in (("every", every), ("aggregate", aggregate)) if value is not None}
        asked = {**_range(device_id, properties, start, end), "orderByTime": "DESCENDING", **buckets}
        for page in self._pages(asked, archived, max_points):
            for name, points in page.items():
                series[name] += points
        return {name: points[::-1] for name, points in series.items()}

    def values(
        self, device_id: str, properties: Sequence[str], start: str, end: str, *, archived: set[str] | None = None
    ) -> Iterator[Measured]:
        """All values from (start, end] in time order, of any number of properties. Holds a page at a time.

        Adds to `archived` as `history` does, as far as values were taken.
        """
        batches = (properties[first : first + MAX_PROPERTIES] for first in range(0, len(properties), MAX_PROPERTIES))
        return heapq.merge(
            *(self._values(_range(device_id, batch, start, end), archived) for batch in batches),
            key=attrgetter("time"),
        )

    def _values(self, asked: Mapping[str, Any], archived: set[str] | None) -> Iterator[Measured]:
        for page in self._pages(asked, archived):
            found = [Measured(time, name, value) for name, points in page.items() for time, value in points]
            yield from sorted(found, key=attrgetter("time"))

    def _pages(
        self, asked: Mapping[str, Any], archived: set[str] | None, most: int | None = None
    ) -> Iterator[dict[str, list[Point]]]:
        """The answers to a request, each as values by property; no more than `most` values altogether."""
        arguments, left = dict(asked), most
        while left is None or left > 0:
            wanted = _PAGE if left is None else min(left, _PAGE)
            answer = self._functions.call("hot-reader", {**arguments, "maxResults": wanted})
            page = {
                series["entityPropertyReference"]["propertyName"]: [
                    (point["time"], plain(point["value"])) for point in series["values"]
                ]
                for series in answer["propertyValues"]
            }
            if archived is not None:
                archived.update(answer.get("archived", ()))
            yield page
            if not answer["nextToken"]:
                return
            arguments["nextToken"] = answer["nextToken"]
            left = None if left is None else left - sum(map(len, page.values()))


def _range(device_id: str, properties: Sequence[str], start: str, end: str) -> dict[str, Any]:
    return {
        "iotDeviceId": device_id,
        "selectedProperties": list(properties),
        "startTime": start,
        "endTime": end,
    }
