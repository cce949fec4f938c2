"""Checks that readings arrived: published against read back, and each boundary's messages."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.telemetry import Telemetry, values_of
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus
from twin2multicloud.functions.storage.reader_client import HotReaders, Point
from twin2multicloud.operations.twin_client import TwinClient

_ALL = 1_000_000_000


class ReadBack(msgspec.Struct, frozen=True, kw_only=True):
    """Values published against values read back, for one device and property."""

    device: str
    name: str
    published: int
    missing: int
    surplus: int

    @property
    def equal(self) -> bool:
        """Nothing missing, nothing twice, nothing changed."""
        return not self.missing and not self.surplus


Points = dict[tuple[str, str], list[Point]]
"""(time, value) by device and property."""


def read_back(published: Iterable[Telemetry], client: HotReaders) -> Points:
    """What the hot reader has of the published devices and properties, in the time that they were published for."""
    names: dict[str, set[str]] = defaultdict(set)
    spans: dict[str, tuple[str, str]] = {}
    for reading in published:
        device, stamp = str(reading["device_id"]), str(reading["timestamp"])
        low, high = spans.get(device, (stamp, stamp))
        spans[device] = (min(low, stamp), max(high, stamp))
        names[device].update(values_of(reading))
    points: Points = {}
    for device, (low, high) in spans.items():
        for name in sorted(names[device]):
            points[device, name] = client.history(device, [name], _before(low), high, _ALL)[name]
    return points


def compare(published: Sequence[Telemetry], client: HotReaders) -> list[ReadBack]:
    """Compare every published value with the hot reader's answer, by device, property and time.

    A reading published twice is one reading. What the reader returns beyond the published time span is not looked at.
    """
    return comparisons(published, read_back(published, client))


def comparisons(published: Iterable[Telemetry], points: Points) -> list[ReadBack]:
    """As `compare`, with what the reader answered."""
    expected: dict[tuple[str, str], set[tuple[str, Scalar]]] = defaultdict(set)
    for reading in published:
        for name, value in values_of(reading).items():
            expected[str(reading["device_id"]), name].add((str(reading["timestamp"]), _comparable(value)))
    found: list[ReadBack] = []
    for (device, name), answered in points.items():
        wanted, read = expected[device, name], [(stamp, _comparable(value)) for stamp, value in answered]
        missing = len(wanted - set(read))
        surplus = len(read) - len(wanted) + missing
        found.append(ReadBack(device=device, name=name, published=len(wanted), missing=missing, surplus=surplus))
    return found


def wait_until_settled(
    client: TwinClient, timeout: float, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> tuple[CloudStatus, ...]:
    """Wait until all queues of the twin are empty; returns the last status, also on time-out.

    Two looks must agree: clouds are asked one after the other, and a message may pass from one to one asked before.
    """
    deadline = monotonic() + timeout
    before: object = None
    while True:
        statuses = client.statuses()
        idle = all(status.running and not any(queue.waiting for queue in status.queues) for status in statuses)
        seen = [(queue.received, queue.done) for status in statuses for queue in status.queues]
        if (idle and seen == before) or monotonic() > deadline:
            return statuses
        before = seen
        sleep(0.05)


def complaints(boundaries: Sequence[BoundaryStatus]) -> list[str]:
    """Problems of the running boundaries, a sentence each."""
    problems = []
    for each in boundaries:
        if each.running and each.dead_lettered:
            problems.append(f"{each.name}: {each.dead_lettered} messages are in the dead letters")
        if each.running and each.messages_out != each.messages_in:
            problems.append(f"{each.name}: {each.messages_in} messages went in, {each.messages_out} came out")
    return problems


def _comparable(value: Scalar) -> Scalar:
    """A key that tells True from 1: a boolean compares by its name."""
    return str(value) if isinstance(value, bool) else value


def _before(stamp: str) -> str:
    """A millisecond before, because a read begins after its start."""
    return from_datetime(to_datetime(stamp) - timedelta(milliseconds=1))
