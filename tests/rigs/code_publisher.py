"""A `CodePublisher` in memory: what each function runs, and what was published in this order."""

from collections.abc import Mapping
from typing import Any


class RigCodePublisher:
    """Takes everything. `stands` are digests by function; `opens` is what `open_publisher` is on a cloud."""

    def __init__(self) -> None:
        self.stands: dict[str, str] = {}
        self.done: list[str] = []

    def published(self) -> Mapping[str, str]:
        return dict(self.stands)

    def publish(self, function: str, archive: bytes, digest: str) -> None:
        assert archive, function
        self.stands[function] = digest
        self.done.append(function)

    def opens(self, _outputs: Mapping[str, Any]) -> "RigCodePublisher":
        return self
