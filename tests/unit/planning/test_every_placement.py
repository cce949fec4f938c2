"""All 2,187 placements, with either dashboard source, with and without events: every law holds for each."""

import pytest

from tests.rigs.clouds import ALL
from tests.rigs.twins import twin
from tests.unit.planning.laws import LAWS
from twin2multicloud.domain.placement import all_placements
from twin2multicloud.domain.twin import DashboardSource
from twin2multicloud.planning.planner import plan

_SHOWN = 20


@pytest.mark.parametrize("events", [False, True], ids=["plain", "events"])
@pytest.mark.parametrize("dashboard", list(DashboardSource))
def test_every_law_holds_for_every_placement(dashboard, events):
    broken = []
    for placement in all_placements(ALL):
        described = twin(placement, dashboard=dashboard, events=events)
        topology = plan(described)
        for law in LAWS:
            broken += [f"{law.__name__}: {placement.key()}: {why}" for why in law(described, topology)]
    assert broken[:_SHOWN] == []


def test_there_are_2187_placements():
    assert len({placement.key() for placement in all_placements(ALL)}) == 3**7
