"""The dead letters of a twin over all its boundaries: grouped by reason, shown, sent again, dropped.

Each operation is written once for emulated and deployed twins; they differ in their `DeadLetterQueues`. A cloud that
does not answer is named in the result, and the others are worked on all the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from twin2multicloud.domain.components import ComponentType
from twin2multicloud.domain.errors import RetryableError, TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.operations.grouping import without_numbers
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.topology import Topology
from twin2multicloud.ports.dead_letter_queues import DeadLetterQueues, StoredLetter
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.wire.letter_records import whole_letters
from twin2multicloud.wire.queue_records import QueueRecord

REFUSED, OUTAGE = "refused", "outage"
"""Why a letter is there: refused for good, or its boundary was dark for longer than the queue keeps."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter as people see it. `content` is what it holds, bytes that are no text as ``\\xff``."""

    id: str
    cloud: Cloud
    boundary: str
    cause: str
    reason: str
    at: str
    messages: int
    devices: tuple[str, ...]
    topic: str
    received_at: str
    content: str


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are meant; what is empty excludes none. `reason` is part of the text, times are canonical."""

    ids: tuple[str, ...] = ()
    boundary: str = ""
    reason: str = ""
    device: str = ""
    cause: str = ""
    since: str = ""
    until: str = ""

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        return (
            (not self.ids or letter.id in self.ids)
            and self.boundary in ("", letter.boundary)
            and self.reason.casefold() in letter.reason.casefold()
            and (not self.device or self.device in letter.devices)
            and self.cause in ("", letter.cause)
            and self.since <= letter.at
            and (not self.until or letter.at <= self.until)
        )


class LetterGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of one boundary with one reason; numbers in it do not tell reasons apart. `example` is an id."""

    cloud: Cloud
    boundary: str
    cause: str
    reason: str
    letters: int
    messages: int
    oldest: str
    newest: str
    example: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was done on one cloud, in messages. `problem` is why no more was done, a sentence; empty for none."""

    cloud: Cloud
    messages: int
    problem: str = ""


_Found = tuple[Letter, tuple[StoredLetter, ...]]


class TwinLetters:
    """The dead letters of one twin, by the queues of each of its clouds."""

    def __init__(self, topology: Topology, queues: Mapping[Cloud, DeadLetterQueues]) -> None:
        self._queues = queues
        self._boundaries = {
            (each.cloud, each.deployed_as): _boundary(each.id, topology)
            for each in topology.components
            if each.type is ComponentType.QUEUE
        }

    @property
    def boundaries(self) -> tuple[str, ...]:
        """The boundaries that have dead letters of their own."""
        return tuple(dict.fromkeys(self._boundaries.values()))

    def find(self, selection: Selection, most: int | None = None) -> tuple[list[Letter], list[Outcome]]:
        """The letters that are meant, oldest first, `most` of each cloud, and how far each cloud was read."""
        found: list[Letter] = []

        def look(cloud: Cloud) -> int:
            letters = [letter for letter, _ in islice(self._chosen(cloud, selection), most)]
            found.extend(letters)
            return sum(each.messages for each in letters)

        outcomes = self._on_each(look)
        return sorted(found, key=lambda letter: letter.at), outcomes

    def redrive(self, selection: Selection) -> list[Outcome]:
        """Send letters again. What cannot pass this time either becomes a letter again, or waits in its queue."""
        return self._on_each(lambda cloud: self._queues[cloud].redrive(self._stored(cloud, selection)))

    def drop(self, selection: Selection) -> list[Outcome]:
        """Remove letters for good."""
        return self._on_each(lambda cloud: self._queues[cloud].drop(self._stored(cloud, selection)))

    def _stored(self, cloud: Cloud, selection: Selection) -> list[StoredLetter]:
        return [part for _, parts in self._chosen(cloud, selection) for part in parts]

    def _chosen(self, cloud: Cloud, selection: Selection) -> Iterator[_Found]:
        for whole in whole_letters(self._queues[cloud].letters()):
            first = whole.parts[0]
            boundary = self._boundaries.get((cloud, first.queue), first.queue)
            letter = _letter(cloud, boundary, first, whole.content)
            if selection.takes(letter):
                yield letter, whole.parts

    def _on_each(self, work: Callable[[Cloud], int]) -> list[Outcome]:
        outcomes = []
        for cloud in self._queues:
            try:
                outcomes.append(Outcome(cloud=cloud, messages=work(cloud)))
                self._queues[cloud].release()
            except RetryableError as error:
                problem = f"{label_of(cloud)} does not answer, its dead letters are as they were: {error}"
                outcomes.append(Outcome(cloud=cloud, messages=0, problem=problem))
            except TwinError as error:
                outcomes.append(Outcome(cloud=cloud, messages=0, problem=f"{label_of(cloud)}: {error}"))
        return outcomes


def grouped(letters: Sequence[Letter]) -> list[LetterGroup]:
    """Letters by cloud, boundary, cause and reason, the most messages first."""
    groups: dict[tuple[str, ...], list[Letter]] = {}
    for each in letters:
        groups.setdefault((each.cloud, each.boundary, each.cause, without_numbers(each.reason)), []).append(each)
    found = [
        LetterGroup(
            cloud=of[0].cloud,
            boundary=of[0].boundary,
            cause=of[0].cause,
            reason=of[0].reason,
            letters=len(of),
            messages=sum(each.messages for each in of),
            oldest=min(each.at for each in of),
            newest=max(each.at for each in of),
            example=of[0].id,
        )
        for of in groups.values()
    ]
    return sorted(found, key=lambda group: -group.messages)


def _boundary(queue_id: str, topology: Topology) -> str:
    """The boundary whose letters a queue has: that of the function that feeds it."""
    row = topology[queue_id].row
    return next(each.boundary for each in topology.links if each.row == row)


def _letter(cloud: Cloud, boundary: str, stored: StoredLetter, content: Unread | QueueRecord | None) -> Letter:
    devices: list[str] = []
    unread = content if isinstance(content, Unread) else Unread(stored.body)
    shown = unread.body.decode(errors="backslashreplace")
    if isinstance(content, QueueRecord):
        devices = list(dict.fromkeys(each.key.device_id for each in content.readings))
        shown = "\n".join(each.encoded.decode() for each in content.readings)
    elif unread.device_id:
        devices = [unread.device_id]
    return Letter(
        id=f"{cloud}-{stored.id}",
        cloud=cloud,
        boundary=boundary,
        cause=OUTAGE if stored.waited else REFUSED,
        reason=stored.reason,
        at=stored.at,
        messages=stored.messages,
        devices=tuple(devices),
        topic=unread.topic,
        received_at=unread.received_at,
        content=shown,
    )
