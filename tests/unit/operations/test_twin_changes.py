"""What differs between two descriptions of a twin, line by line."""

import msgspec

from tests.rigs.clouds import AWS
from tests.rigs.twins import RULES, twin
from twin2multicloud.domain.device import Device, DeviceGroup
from twin2multicloud.domain.hierarchy import Entity, Hierarchy
from twin2multicloud.domain.placement import Placement
from twin2multicloud.operations.twin_changes import code_changes, twin_changes

HOUSE = twin(Placement.single(AWS))


def test_the_same_has_no_lines() -> None:
    assert twin_changes(HOUSE, twin(Placement.single(AWS))) == ()
    assert code_changes({"a.py": "1"}, {"a.py": "1"}) == ()


def test_devices_groups_and_types() -> None:
    catalog = msgspec.structs.replace(
        HOUSE.catalog,
        types=tuple(msgspec.structs.replace(each, strict=True) for each in HOUSE.catalog.types),
        devices=(HOUSE.catalog.devices[0], Device(id="sensor-3", type="thermostat")),
        groups=(DeviceGroup(name="g", type="thermostat", count=2, id_pattern="g-{n}"),),
    )
    assert twin_changes(HOUSE, msgspec.structs.replace(HOUSE, catalog=catalog)) == (
        "~ type thermostat",
        "− device sensor-2",
        "+ device sensor-3",
        "+ group g",
    )


def test_an_entity_is_a_line_and_those_above_it_are_none() -> None:
    house = HOUSE.hierarchy.entities[0]
    room = Entity(id="room-2", name="Room")
    wider = msgspec.structs.replace(house, children=(*house.children, room))
    assert twin_changes(HOUSE, msgspec.structs.replace(HOUSE, hierarchy=Hierarchy(entities=(wider,)))) == (
        "+ entity room-2",
    )
    turned = Hierarchy(entities=(msgspec.structs.replace(house, children=()), *house.children))
    assert twin_changes(HOUSE, msgspec.structs.replace(HOUSE, hierarchy=turned)) == ("~ hierarchy",)


def test_settings_say_what_they_were() -> None:
    changed = msgspec.structs.replace(HOUSE, hot_retention_days=9, archive_retention_days=400, enable_events=True)
    assert twin_changes(HOUSE, changed) == (
        "~ enable_events: False → True",
        "~ hot_retention_days: 7 → 9",
        "~ archive_retention_days: none → 400",
    )


def test_files_of_user_code() -> None:
    before = {"processors/a.py": "1", "processors/b.py": "1"}
    assert code_changes(before, {"processors/b.py": "2", "processors/c.csv": "1"}) == (
        "− processors/a.py",
        "~ processors/b.py",
        "+ processors/c.csv",
    )


def test_rules_have_a_line_each() -> None:
    ruled = msgspec.structs.replace(HOUSE, events=RULES)
    assert twin_changes(HOUSE, ruled) == tuple(f"+ rule {each.name}" for each in RULES)
    assert twin_changes(ruled, msgspec.structs.replace(ruled, events=RULES[1:])) == (f"− rule {RULES[0].name}",)
