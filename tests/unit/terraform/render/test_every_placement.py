"""All 2,187 placements, with either dashboard source: each renders, and every resource fits the providers' schemas."""

import json

import msgspec
import pytest

from tests.rigs.clouds import ALL
from tests.rigs.twins import twin
from tests.unit.terraform.render.laws import LAWS
from twin2multicloud.domain.clock_skew import Beyond, ClockSkew
from twin2multicloud.domain.placement import Placement, all_placements
from twin2multicloud.domain.twin import DashboardSource
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.coverage import functions_of
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform import schemas
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.render import render
from twin2multicloud.terraform.render.schema_check import mismatches

_SHOWN = 20


@pytest.mark.timeout(400)
@pytest.mark.parametrize("events", [False, True], ids=["plain", "events"])
@pytest.mark.parametrize("dashboard", list(DashboardSource))
def test_every_placement_renders_fits_the_schemas_and_keeps_the_laws(dashboard, events):
    """Placements that differ in cold, archive, L4 or L5 alone often render the same text; that is checked once."""
    known, broken, count = schemas.load(), [], 0
    seen: set[str] = set()
    for placement in all_placements(ALL):
        count += 1
        topology = plan(twin(placement, dashboard=dashboard, events=events))
        config = render(topology)
        text = json.dumps(config)
        if text in seen:
            continue
        seen.add(text)
        broken += [f"{placement.key()}: {each}" for each in mismatches(config, known)]
        for law in LAWS:
            broken += [f"{law.__name__}: {placement.key()}: {why}" for why in law(topology, config)]
    assert count == 3**7
    assert len(seen) >= 3**3, "L1, L2 and L3-hot alone make 27 different configurations"
    assert broken[:_SHOWN] == []


@pytest.mark.parametrize("cloud", ALL)
def test_a_clock_policy_reaches_whoever_refuses_by_it_and_the_default_nobody(cloud):
    policy = ClockSkew(ahead_minutes=1, beyond=Beyond.ARRIVAL)
    about = twin(Placement.single(cloud))
    doors = 1 + bool(pack(cloud).services.own)  # the dispatcher, and a device gateway of ours
    text = json.dumps(render(plan(msgspec.structs.replace(about, clock_skew=policy))))
    assert text.count(json.dumps(json.dumps(json.loads(msgspec.json.encode(policy)), separators=(",", ":")))) == doors
    assert "CLOCK_SKEW" not in json.dumps(render(plan(about)))


def test_what_is_left_out_is_said():
    coverage = scope.covered(plan(twin(next(all_placements(ALL)))))
    left = coverage.left_out
    assert "dashboard" in left
    assert "twin-service" not in left
    assert "error-reporter" not in left
    assert not set(left) & {each.name for each in functions_of(coverage.topology)}
