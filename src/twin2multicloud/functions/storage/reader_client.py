"""Queries the hot readers through an `Invocation`: history and latest values as plain values by property.

The counterpart of `hot_reader` and `hot_reader_last_entry`; knows their answers, and nothing of who carries them.
"""

from collections.abc import Sequence
from typing import Any

from twin2multicloud.domain.device import Scalar
from twin2multicloud.functions.storage.typed_values import plain
from twin2multicloud.ports.invocation import Invocation

_PAGE = 10_000
Point = tuple[str, Scalar]


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

    def history(
        self,
        device_id: str,
        properties: Sequence[str],
        start: str,
        end: str,
        max_points: int = 5000,
        *,
        archived: set[str] | None = None,
    ) -> dict[str, list[Point]]:
        """Values by property in time order, at most `max_points` of the newest altogether, from (start, end].

        Adds to `archived` the chunks of that time that have to be restored before they can be read.
        """
        series: dict[str, list[Point]] = {name: [] for name in properties}
        arguments: dict[str, Any] = {
            "iotDeviceId": device_id,
            "selectedProperties": list(properties),
            "startTime": start,
            "endTime": end,
            "orderByTime": "DESCENDING",
        }
        left = max_points
        while left > 0:
            answer = self._functions.call("hot-reader", {**arguments, "maxResults": min(left, _PAGE)})
            for values in answer["propertyValues"]:
                points = [(point["time"], plain(point["value"])) for point in values["values"]]
                series[values["entityPropertyReference"]["propertyName"]] += points
                left -= len(points)
            if archived is not None:
                archived.update(answer.get("archived", ()))
            if not answer["nextToken"]:
                break
            arguments["nextToken"] = answer["nextToken"]
        return {name: points[::-1] for name, points in series.items()}
