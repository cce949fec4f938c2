"""What a click on the placement shows: of every slot and every boundary something, of anything else nothing."""

from tests.rigs.twin_view import MemoryTwinView, smart_home
from twin2multicloud.domain.placement import Slot
from twin2multicloud.manage.placement_details import details

VIEW = MemoryTwinView(smart_home())


def test_every_slot_and_boundary_has_details_and_nothing_else_has() -> None:
    clouds, boundaries = VIEW.statuses(), VIEW.boundaries()
    for name in (*(slot.value for slot in Slot), *(each.name for each in VIEW.topology.boundaries)):
        found = details(VIEW.topology, name, clouds, boundaries)
        assert found is not None, name
        assert found.title.startswith(name)
        assert found.lines, name
        assert details(VIEW.topology, name, (), ()) is not None
    assert details(VIEW.topology, "L9", clouds, boundaries) is None


def test_a_slot_lists_its_components_and_no_others() -> None:
    found = details(VIEW.topology, "L3-hot", VIEW.statuses(), VIEW.boundaries())
    assert found is not None
    placed = {each.name for each in VIEW.topology.components if each.slot is Slot.L3_HOT}
    assert {name for name, _ in found.lines} == placed


def test_a_boundary_says_what_crosses_and_what_is_only_planned() -> None:
    crossing = details(VIEW.topology, "L1 → L2", VIEW.statuses(), VIEW.boundaries())
    assert crossing is not None
    assert crossing.sentence.startswith("from AWS to Azure: ")
    assert any("REMOTE_INGESTION_URL" in words for _, words in crossing.lines)
    assert " in, " in dict(crossing.lines)["passed"]
    planned = details(VIEW.topology, "L3-hot → L3-cold", VIEW.statuses(), VIEW.boundaries())
    assert planned is not None
    assert planned.sentence.startswith("inside Google Cloud: ")
    assert dict(planned.lines)["passed"] == "planned, not run by the emulator"
