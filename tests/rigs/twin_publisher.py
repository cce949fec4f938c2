"""A `TwinPublisher` in memory: what it holds, by what was published last."""

from collections.abc import Callable, Mapping
from typing import Any


class RigTwinPublisher:
    """Takes everything. `holds` is the last export; `opens` is what `open_publisher` is on a cloud."""

    def __init__(self) -> None:
        self.holds: Mapping[str, Any] | None = None

    def missing(self, exported: Mapping[str, Any]) -> int:
        return 0 if self.holds == exported else _members(exported)

    def publish(self, exported: Mapping[str, Any], done: Callable[[], None]) -> int:
        count = self.missing(exported)
        for _ in range(count):
            done()
        self.holds = exported
        return count

    def withdraw(self, done: Callable[[], None]) -> int:
        count = 0 if self.holds is None else _members(self.holds)
        for _ in range(count):
            done()
        self.holds = None
        return count

    def opens(self, _outputs: Mapping[str, Any]) -> "RigTwinPublisher":
        return self


def _members(exported: Mapping[str, Any]) -> int:
    return sum(len(each) for each in exported.values() if isinstance(each, list))
