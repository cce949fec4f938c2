"""The difference of two plans: what comes and goes with a placement, and nothing for what only people read."""

import msgspec

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.twins import twin
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.planning.difference import PlanDifference, difference
from twin2multicloud.planning.planner import plan


def test_a_plan_does_not_differ_from_itself() -> None:
    same = plan(twin(Placement.single(AWS)))
    assert difference(same, plan(twin(Placement.single(AWS)))) == PlanDifference()
    assert not difference(same, same)


def test_moving_a_slot_adds_removes_and_changes() -> None:
    before = plan(twin(Placement.single(AWS)))
    after = plan(twin(Placement.of({**dict.fromkeys(Slot, AWS), Slot.L2: AZURE})))
    found = difference(before, after)
    assert "azure.processor" in found.added
    assert "aws.connector" in found.added
    assert "aws.processor" in found.removed
    assert not set(found.added) & set(found.removed)
    back = difference(after, before)
    assert (set(back.added), set(back.removed)) == (set(found.removed), set(found.added))
    assert set(back.changed) == set(found.changed)
    assert found.lines[0].startswith("+ ")


def test_reasons_are_for_people() -> None:
    before = plan(twin(Placement.single(GCP)))
    told = tuple(msgspec.structs.replace(each, reason="otherwise", row="x") for each in before.components)
    assert not difference(before, msgspec.structs.replace(before, components=told))
