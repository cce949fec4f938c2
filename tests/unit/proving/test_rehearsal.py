"""Outages of ten minutes, in each position: nothing is lost, and what the rehearsal says of them is what happened."""

import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.examples import ROOT
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.emulator.delivery.group_commit import Group
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.proving.rehearsal import Darkness, outage, rehearsal_of, rehearse_one, rehearse_outages
from twin2multicloud.proving.simulated_machine import SimulatedMachine
from twin2multicloud.proving.steps import Freeze, Kill, Publish

SMART_HOME = ROOT / "examples" / "smart-home"
MINUTES, RATE = 10, 30
READINGS = 660  # of 330 publishes, of one, two and three readings in turn


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(SMART_HOME)


@pytest.mark.parametrize("darkness", list(Darkness))
@pytest.mark.parametrize("cloud", [AWS, AZURE, GCP])
def test_ten_minutes_of_darkness_lose_nothing_and_leave_nothing_to_do(
    project: Project, cloud: Cloud, darkness: Darkness
) -> None:
    done = rehearse_one(project, cloud, darkness, minutes=MINUTES, publishes_a_minute=RATE)
    assert (done.findings, done.dead_letters, done.acknowledged) == ([], 0, READINGS)
    assert done.slots == [slot for slot in Slot if project.twin.placement[slot] == cloud]
    breaker_opens_at_most = 300.0
    assert 0 < done.drained_s <= breaker_opens_at_most + 60
    if cloud == project.twin.placement[Slot.L1]:
        assert done.sent_again > RATE * MINUTES, "nobody takes what devices send: they keep it"
        assert done.most_waiting < 10_000
    else:
        assert done.sent_again < RATE, "devices do not notice"
        assert done.most_waiting > 100_000, "what they sent waits in the queues before the outage"


class AcknowledgesEarly(SimulatedMachine):
    """A planted fault: whoever waits for a commit is told before it is on the disk, and a kill comes between."""

    def committing(self, group: Group) -> None:
        group.finish(None)
        self._turns.wait(5.0)
        super().committing(group)


def test_a_reading_that_an_outage_takes_along_is_found(project: Project) -> None:
    done = rehearse_one(
        project, AZURE, Darkness.GONE, minutes=1, publishes_a_minute=120, make_machine=AcknowledgesEarly
    )
    assert any("was acknowledged, and is lost" in each for each in done.findings)


def test_the_load_is_steady_up_to_the_end_of_the_outage(project: Project) -> None:
    for darkness, kind in ((Darkness.GONE, Kill), (Darkness.SILENT, Freeze)):
        steps = outage(project.twin, AZURE, darkness, minutes=2, publishes_a_minute=60)
        (dark,) = (each for each in steps if isinstance(each, kind))
        times = [each.at for each in steps if isinstance(each, Publish)]
        assert times == [float(second) for second in range(180)]
        assert (dark.at, dark.cloud) == (60.0, AZURE)
        assert steps == sorted(steps, key=lambda each: each.at)
        assert len({each.number for each in steps}) == len(steps)


def test_a_cloud_without_a_slot_is_refused() -> None:
    outages = rehearse_outages(ROOT / "examples" / "single-cloud", [GCP], minutes=1, publishes_a_minute=6)
    with pytest.raises(ConfigurationError, match=r"gcp holds no slot of this placement.*expected one of aws"):
        next(outages)


def test_the_report_names_what_was_rehearsed() -> None:
    report = rehearsal_of(SMART_HOME, [], minutes=MINUTES, publishes_a_minute=RATE)
    assert report.holds
    assert (report.project, report.minutes) == ("smart-home", MINUTES)
    assert report.placement.startswith("L1 aws, L2 azure, L3-hot gcp")
