"""Storage tiers for their operator: move, restore, erase, summaries, and the emulated clouds' time. Prints nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind, home
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.timestamps import canonical, to_datetime
from twin2multicloud.emulator.host.deployment import LocalDeployment
from twin2multicloud.emulator.host.status import TierStatus
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.operations.dead_letters import Selection
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.operations.twin_client import TwinClient

MOVERS = (Kind.HOT_TO_COLD_MOVER, Kind.COLD_TO_ARCHIVE_MOVER)
"""Along the way of the data: what the first one moves may be due for the second."""

ADMINS = {
    Slot.L3_HOT: Kind.HOT_STORE_ADMIN,
    Slot.L3_COLD: Kind.COLD_STORE_ADMIN,
    Slot.L3_ARCHIVE: Kind.ARCHIVE_STORE_ADMIN,
}
"""What administers each store, along the way of the data."""

_MOST_PASSES = 10
_RESTORED_AT_ONCE = 100  # chunks of one call: its cloud answers each


class Erased(msgspec.Struct, frozen=True):
    """What was erased in one store. `size` is in bytes as stored, of objects alone."""

    slot: Slot
    cloud: Cloud
    objects: int = 0
    readings: int = 0
    size: int = msgspec.field(default=0, name="bytes")


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """The report of an erasure. `dead_letters` were dropped; `mixed_letters` hold readings of other devices too, and
    are still there. `arriving`: the last pass still found readings, so that the device sends, or a mover works.
    `problems` say which dead letters could not be reached, a sentence each.
    """

    device: str
    at: str
    stores: Sequence[Erased]
    dead_letters: int
    mixed_letters: int
    arriving: bool = False
    problems: Sequence[str] = ()


class ArchivedChunks(msgspec.Struct, frozen=True):
    """Chunks of a device that have to be restored before they can be read. `size` is in bytes."""

    cloud: Cloud
    names: Sequence[str] = ()
    size: int = msgspec.field(default=0, name="bytes")


class Moved(msgspec.Struct, frozen=True):
    """What one mover did, in as many runs as it took. `size` is in bytes as stored."""

    mover: str
    objects: int = 0
    readings: int = 0
    size: int = msgspec.field(default=0, name="bytes")
    finished: bool = True


def move(twin: OperatedTwin, report: Callable[[Moved], None] = lambda _: None) -> list[Moved]:
    """Run both movers until nothing is due. `report` hears of each run, with the sums so far.

    Raises TwinError where a cloud does not answer; what was moved by then stays moved.
    """
    done = []
    for mover in MOVERS:
        invocation = twin.invocation(twin.placement[home(mover)])
        total = Moved(mover, finished=False)
        while not total.finished:
            run = msgspec.convert({"mover": mover, **invocation.call(mover, {})}, Moved)
            total = Moved(
                mover, total.objects + run.objects, total.readings + run.readings, total.size + run.size, run.finished
            )
            report(total)
        done.append(total)
    return done


def tiers(twin: OperatedTwin) -> list[tuple[Cloud, TierStatus]]:
    """What the cold store and the archive hold, with their clouds. Raises TwinError where one does not answer.

    Their clouds list all objects for it, which they charge for.
    """
    return [(twin.placement[slot], _summary(twin, slot)) for slot in (Slot.L3_COLD, Slot.L3_ARCHIVE)]


def archived_chunks(twin: OperatedTwin, device: str, start: str, end: str) -> ArchivedChunks:
    """The chunks of a device with readings of a time, (start, end], that have to be restored. Raises TwinError."""
    found = ArchivedChunks(twin.placement.l3_archive)
    finished = False
    while not finished:
        wanted = {"action": "archived", "device_id": device, "start": start, "end": end}
        answer = _administer(twin, Slot.L3_ARCHIVE, {**wanted, "after": max(found.names, default="")})
        finished = bool(answer["finished"])
        names = [each["name"] for each in answer["chunks"]]
        found = ArchivedChunks(
            found.cloud, (*found.names, *names), found.size + sum(each["bytes"] for each in answer["chunks"])
        )
    return found


def restore(twin: OperatedTwin, names: Sequence[str], report: Callable[[int], None] = lambda _: None) -> dict[str, str]:
    """Ask for archived chunks: when each can be read (canonical stamp). `report` hears of how many were asked for.

    Asking again for one that is on its way costs nothing. Raises TwinError where the cloud does not answer.
    """
    ready: dict[str, str] = {}
    while left := [name for name in names if name not in ready][:_RESTORED_AT_ONCE]:
        ready.update(_administer(twin, Slot.L3_ARCHIVE, {"action": "restore", "names": left})["ready"])
        report(len(ready))
    return ready


def erase(twin: OperatedTwin, device: str, report: Callable[[Erased], None] = lambda _: None) -> Erasure:
    """Erase a device's readings from all stores and dead letters, until a pass over all of them finds nothing.

    A reading that a mover has under way between two stores is found by a later pass. A device that goes on sending ends
    it after some passes, and the report says so. `report` hears of each step. Raises TwinError where a cloud does not
    answer: what was erased by then is gone, and the same call goes on.
    """
    total = {slot: Erased(slot, twin.placement[slot]) for slot in ADMINS}
    found, passes = True, 0
    while found and passes < _MOST_PASSES:
        found, passes = False, passes + 1
        for slot in ADMINS:
            for step in _erase_in(twin, slot, device):
                found = found or bool(step.readings or step.objects)
                known = total[slot]
                total[slot] = Erased(
                    slot,
                    step.cloud,
                    known.objects + step.objects,
                    known.readings + step.readings,
                    known.size + step.size,
                )
                report(total[slot])
    dropped, mixed, problems = _drop_letters(twin, device)
    return Erasure(
        device=device,
        at=twin.now,
        stores=tuple(total.values()),
        dead_letters=dropped,
        mixed_letters=mixed,
        arriving=found,
        problems=problems,
    )


def _erase_in(twin: OperatedTwin, slot: Slot, device: str) -> Iterator[Erased]:
    finished = False
    while not finished:
        answer = _administer(twin, slot, {"action": "erase", "device_id": device})
        finished = bool(answer["finished"])
        yield msgspec.convert({"slot": slot, "cloud": twin.placement[slot], **answer}, Erased)


def _drop_letters(twin: OperatedTwin, device: str) -> tuple[int, int, Sequence[str]]:
    """Drop the dead letters of a device: how many there were, how many hold readings of others too, and problems."""
    letters, outcomes = twin.letters.find(Selection(device=device))
    own = tuple(each.id for each in letters if each.devices == (device,))
    if own:
        outcomes += twin.letters.drop(Selection(ids=own))
    problems = dict.fromkeys(each.problem for each in outcomes if each.problem)
    return len(own), len(letters) - len(own), tuple(problems)


def _summary(twin: OperatedTwin, slot: Slot) -> TierStatus:
    found = TierStatus(slot=slot)
    answer: dict[str, Any] = {"finished": False, "after": ""}
    while not answer["finished"]:
        answer = _administer(twin, slot, {"action": "summary", "after": answer["after"]})
        found = TierStatus(
            slot=slot,
            objects=found.objects + answer["objects"],
            readings=found.readings + answer["readings"],
            size=found.size + answer["bytes"],
            oldest=min(filter(None, (found.oldest, answer.get("oldest", ""))), default=""),
            newest=max(found.newest, answer.get("newest", "")),
        )
    return found


def _administer(twin: OperatedTwin, slot: Slot, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return twin.invocation(twin.placement[slot]).call(ADMINS[slot], arguments)


def clock_of(deployment: LocalDeployment) -> VirtualClock:
    """The time of a twin on this machine."""
    return VirtualClock(deployment.state.clock)


def set_clock(deployment: LocalDeployment, at: str | timedelta, speed: float | None = None) -> str:
    """Set the emulated clouds' time, or advance it by a span, and run what is due then; returns the time.

    Readings that come later and have no time of their own get it. Raises ConfigurationError for a time that is none,
    TwinError where a cloud does not answer.
    """
    clock = clock_of(deployment)
    if isinstance(at, timedelta):
        milliseconds = clock.milliseconds + round(at.total_seconds() * 1000)
    else:
        try:
            milliseconds = round(to_datetime(canonical(at)).timestamp() * 1000)
        except ValueError as error:
            raise ConfigurationError(f"not a time: {error}") from error
    before = clock.settings
    clock.set(milliseconds, speed if speed is not None else before.speed if before is not None else 1.0)
    with closing(TwinClient(deployment)) as client:
        client.run_due()
    return clock.now()


def reset_clock(deployment: LocalDeployment) -> None:
    """Go back to this machine's time."""
    deployment.state.clock.unlink(missing_ok=True)
