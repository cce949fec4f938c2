"""An outage, rehearsed: devices publish while one cloud is dark, on the virtual clock. Owns what is measured.

What runs, and what is checked at the end, is a history as `proof` has them; only its steps come from no seed.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.proving.certificate import placement_of, sentence, versions
from twin2multicloud.proving.load import Way, honest_devices
from twin2multicloud.proving.proof import Outcome, run_steps
from twin2multicloud.proving.running_cloud import MakeMachine
from twin2multicloud.proving.simulated_machine import SimulatedMachine
from twin2multicloud.proving.steps import AnyStep, Freeze, Kill, Publish

_BEFORE = 60.0
"""Seconds of load before the outage. The load ends with it, so that what is left then is what has to drain."""


class Darkness(StrEnum):
    """How a cloud goes dark."""

    GONE = "gone"
    """Connections are refused; its processes end in the middle of their work, and come back."""

    SILENT = "silent"
    """Connections open, and nothing answers."""


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """One cloud dark once. Times are seconds of the virtual clock."""

    cloud: Cloud
    slots: Sequence[str]
    darkness: Darkness
    acknowledged: int
    """Readings that devices were told are taken."""

    sent_again: int
    """Publishes that a device repeated until they were taken."""

    most_waiting: int
    """Bytes in the queues of all clouds that were up, at the worst moment."""

    dead_letters: int
    """When everything had come to rest, before anybody redrives: what an outage leaves for an operator to do."""

    drained_s: float
    """From the cloud's return until no device and no queue waits, to within five."""

    findings: Sequence[str] = ()
    """What is not where it belongs, a sentence each."""


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """All outages of one command."""

    project: str
    placement: str
    versions: dict[str, str]
    minutes: float
    publishes_a_minute: int
    outages: Sequence[Rehearsed]

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, doubled or changed after any outage."""
        return not any(each.findings for each in self.outages)


def rehearse_outages(
    folder: Path, clouds: Sequence[Cloud], *, minutes: float, publishes_a_minute: int
) -> Iterator[Rehearsed]:
    """Each cloud dark, in each way, one outage after the other.

    Raises InvalidProjectError; ConfigurationError for a cloud that the placement does not use, and for a twin without a
    device that can publish.
    """
    project = load_project(folder)
    used = tuple(project.twin.placement.clouds)
    for cloud in clouds:
        if cloud not in used:
            raise ConfigurationError(
                f"{folder}: {cloud} holds no slot of this placement, so that nothing happens when it is dark; "
                f"expected one of {', '.join(used)}"
            )
    if not honest_devices(project.twin.catalog):
        raise ConfigurationError(f"{folder}: no device of this twin publishes flat telemetry, so that there is no load")
    for cloud in clouds or used:
        for darkness in Darkness:
            yield rehearse_one(project, cloud, darkness, minutes=minutes, publishes_a_minute=publishes_a_minute)


def rehearse_one(
    project: Project,
    cloud: Cloud,
    darkness: Darkness,
    *,
    minutes: float,
    publishes_a_minute: int,
    make_machine: MakeMachine = SimulatedMachine,
) -> Rehearsed:
    """One outage."""
    steps = outage(project.twin, cloud, darkness, minutes=minutes, publishes_a_minute=publishes_a_minute)
    outcome = run_steps(project, 0, steps, make_machine)
    return Rehearsed(
        cloud=cloud,
        slots=[str(slot) for slot in Slot if project.twin.placement[slot] == cloud],
        darkness=darkness,
        acknowledged=outcome.counts["load: readings and hostile bytes acknowledged"],
        sent_again=outcome.counts["load: publishes sent again"],
        most_waiting=outcome.rest.most_waiting,
        dead_letters=outcome.rest.dead_letters,
        drained_s=_drained(outcome, _BEFORE + 60 * minutes),
        findings=[sentence(each) for each in outcome.findings],
    )


def outage(twin: Twin, cloud: Cloud, darkness: Darkness, *, minutes: float, publishes_a_minute: int) -> list[AnyStep]:
    """The steps: devices take turns at a steady rate, over both ways of publishing; the cloud is dark in between."""
    devices, seconds = honest_devices(twin.catalog), _BEFORE + 60 * minutes
    count = round(seconds * publishes_a_minute / 60)
    steps: list[AnyStep] = [
        Publish(
            at=seconds * place / count,
            number=place + 1,
            device=devices[place % len(devices)],
            readings=1 + place % 3,
            way=Way.HTTPS if place % 5 == 0 else Way.MQTT,
        )
        for place in range(count)
    ]
    dark: AnyStep = (
        Kill(at=_BEFORE, number=count + 1, cloud=cloud, moment="now", down=60 * minutes)
        if darkness is Darkness.GONE
        else Freeze(at=_BEFORE, number=count + 1, cloud=cloud, seconds=60 * minutes)
    )
    return sorted([*steps, dark], key=lambda each: each.at)


def rehearsal_of(folder: Path, outages: Sequence[Rehearsed], *, minutes: float, publishes_a_minute: int) -> Rehearsal:
    """The report as a value."""
    project = load_project(folder)
    return Rehearsal(
        project=project.twin.name,
        placement=placement_of(project),
        versions=versions(),
        minutes=minutes,
        publishes_a_minute=publishes_a_minute,
        outages=outages,
    )


def _drained(outcome: Outcome, back_at: float) -> float:
    return round(max(0.0, outcome.rest.at - back_at), 1)
