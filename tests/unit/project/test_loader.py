"""Good projects become twins, and the twin says what the files say."""

import json
import time
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, GCP

from twin2multicloud.domain.clock_skew import Beyond, ClockSkew, read_policy
from twin2multicloud.domain.device import DataType, SignalKind
from twin2multicloud.domain.errors import InvalidProjectError
from twin2multicloud.domain.event_rule import ActionKind
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import DashboardSource, Mode
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project

EXAMPLES = Path(__file__).parents[3] / "examples"


def _write(folder: Path, **files: object) -> Path:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def _small(folder: Path, devices: object, **files: object) -> Path:
    """The least that is a project, around some devices."""
    return _write(
        folder,
        config={"name": "small", "hot_retention_days": 1, "cold_retention_days": 1, "mode": "debug"},
        config_providers={"layer_1_provider": "aws", "layer_2_provider": "azure", "layer_3_hot_provider": "google"},
        config_iot_devices=devices,
        config_hierarchy={"entities": []},
        **files,
    )


def test_smart_home_is_the_demo():
    twin = load_project(EXAMPLES / "smart-home").twin

    assert twin.name == "smart-home"
    assert twin.dashboard is DashboardSource.HOT_STORE
    assert twin.placement.key() == "aws-azure-gcp-gcp-aws-azure-aws"
    assert len(twin.catalog) == 8
    meter = twin.catalog.type_of("smart-meter")
    assert meter is not None
    energy = meter.property("energy")
    assert energy is not None
    assert energy.data_type is DataType.LONG
    assert energy.signal is not None
    assert energy.signal.kind is SignalKind.COUNTER


def test_single_cloud_is_on_one_cloud():
    project = load_project(EXAMPLES / "single-cloud")

    assert project.twin.placement.clouds == (AWS,)
    assert project.twin.mode is Mode.PRODUCTION
    assert project.notes == ()


def test_factory_has_groups_events_and_a_processor():
    project = load_project(EXAMPLES / "factory")
    catalog = project.twin.catalog

    assert [group.count for group in catalog.groups] == [12, 12, 8, 200]
    assert len(catalog) == 234
    assert catalog.processor_of("line-2-vib-07") == "calibrate"
    assert catalog.processor_of("shelf-007") is None
    assert project.processors == {"calibrate": EXAMPLES / "factory" / "processors" / "calibrate.py"}
    assert project.twin.enable_events
    assert [rule.action.kind for rule in project.twin.events] == [
        ActionKind.FEEDBACK,
        ActionKind.WORKFLOW,
        ActionKind.FUNCTION,
    ]
    assert project.twin.hierarchy.device_of("line-1", "press") == "press-1"
    assert [(depth, entity.id) for depth, entity in project.twin.hierarchy.walk()][:2] == [
        (0, "factory"),
        (1, "line-1"),
    ]


def test_slots_left_out_go_with_the_slot_they_read_from(tmp_path):
    project = load_project(_small(tmp_path, {"devices": [{"id": "d", "properties": [_prop("t")]}]}))

    assert {slot: project.twin.placement[slot] for slot in Slot if slot not in (Slot.L1, Slot.L2)} == dict.fromkeys(
        [Slot.L3_HOT, Slot.L3_COLD, Slot.L3_ARCHIVE, Slot.L4, Slot.L5], GCP
    )
    assert "layer_5_provider is not set: L5 goes where L4 is (gcp)" in project.notes
    assert "layer_3_archive_provider is not set: L3-archive goes where L3-cold is (gcp)" in project.notes


def _prop(name: str, data_type: str = "DOUBLE", **more: object) -> dict[str, object]:
    return {"name": name, "data_type": data_type, **more}


def test_an_inline_device_is_a_type_of_its_own(tmp_path):
    devices = {"devices": [{"id": "door:1", "properties": [_prop("open", "BOOLEAN", initial=False)]}]}
    catalog = load_project(_small(tmp_path, devices)).twin.catalog

    device_type = catalog.type_of("door:1")
    assert device_type is not None
    assert device_type.name == "door:1"
    assert device_type.properties[0].initial is False


def test_a_whole_number_becomes_a_double_where_the_property_is_one(tmp_path):
    properties = [
        _prop("a", initial=20),
        _prop("b", signal={"kind": "choice", "values": [1, 2.5]}),
        _prop("c", "LONG", initial=20),
    ]
    catalog = load_project(_small(tmp_path, {"devices": [{"id": "d", "properties": properties}]})).twin.catalog

    a, b, c = catalog.types[0].properties
    assert isinstance(a.initial, float)
    assert b.signal is not None
    assert [type(value) for value in b.signal.values] == [float, float]
    assert isinstance(c.initial, int)


def test_policies_of_times_and_values_reach_the_functions_that_hold_them(tmp_path):
    devices = {
        "types": {"t": {"properties": [_prop("t")], "undeclared": "drop"}},
        "devices": [{"id": "a", "type": "t"}, {"id": "b", "properties": [_prop("t")], "undeclared": "reject"}],
    }
    folder = _small(tmp_path, devices)
    assert {each.strict for each in load_project(folder).twin.catalog.types} == {False}
    file = folder / "config.json"
    policies = {"types": "strict", "clock_skew": {"oldest_days": 30, "beyond": "arrival"}}
    file.write_text(json.dumps({**json.loads(file.read_text()), **policies}))
    about = load_project(folder).twin

    assert [(each.undeclared, each.strict) for each in about.catalog.types] == [("drop", True), ("reject", True)]
    assert about.clock_skew == ClockSkew(ahead_minutes=10, oldest_days=30, beyond=Beyond.ARRIVAL)
    policy = plan(about).named("dispatcher").variable("CLOCK_SKEW")
    assert read_policy(policy.value) == about.clock_skew


def test_an_entity_without_a_name_is_called_by_its_id(tmp_path):
    devices = {"devices": [{"id": "d", "properties": [_prop("t")]}]}
    folder = _small(tmp_path, devices)
    _write(folder, config_hierarchy={"entities": [{"id": "room-1", "components": [{"name": "c", "device": "d"}]}]})

    assert load_project(folder).twin.hierarchy.entities[0].name == "room-1"


def test_every_file_may_say_where_its_schema_is(tmp_path):
    folder = _small(tmp_path, {"devices": [{"id": "d", "properties": [_prop("t")]}]})
    _write(folder, config_events={"enable_events": False})
    for path in folder.glob("*.json"):
        path.write_text(json.dumps({"$schema": "./somewhere.json", **json.loads(path.read_text())}))

    assert load_project(folder).twin.name == "small"


def test_notes_say_what_may_not_be_meant(tmp_path):
    devices = {"devices": [{"id": f"d{n}", "properties": [_prop("t")]} for n in range(7)]}
    rule = {
        "name": "hot",
        "device": "d1",
        "property": "t",
        "comparison": ">",
        "threshold": 3,
        "action": {"kind": "workflow", "name": "cool"},
    }
    folder = _small(tmp_path, devices, config_events={"enable_events": False, "rules": [rule]})
    (folder / "processors").mkdir()
    (folder / "processors" / "spare.py").write_text("def process(reading):\n    return reading\n")

    assert load_project(folder).notes[4:] == (
        "processors/spare.py is used by no device",
        "enable_events is false: 1 event rules do nothing",
        "the hierarchy has no component for d0, d1, d2, d3, d4 and 2 more: the twin does not show them",
    )


def test_a_hundred_thousand_devices_in_a_group_cost_as_much_as_one(tmp_path):
    devices = {
        "types": {"sensor": {"properties": [_prop("t")]}},
        "devices": [
            {"name": "fleet", "type": "sensor", "count": 100_000, "id_pattern": "s-{n:06}"},
            {"name": "other", "type": "sensor", "count": 100_000, "id_pattern": "s-9{n:06}"},
            {"id": "s-100001", "type": "sensor"},
        ],
    }
    folder = _small(tmp_path, devices)

    def seconds() -> float:
        before = time.perf_counter()
        assert len(load_project(folder).twin.catalog) == 200_001
        return time.perf_counter() - before

    assert min(seconds() for _ in range(5)) < 0.1


def test_what_is_no_project_folder_is_one_finding(tmp_path):
    (tmp_path / "a file.json").write_text("{}", encoding="utf-8")
    expected = {
        "no where": f"no such folder, expected a project folder; t2mc init '{tmp_path / 'no where'}' writes one",
        "a file.json": f"a file, expected a project folder; give its folder: {tmp_path}",
        "": "none of its files (config.json, config_providers.json, config_iot_devices.json, config_hierarchy.json), "
        "expected a project folder; t2mc init NEW-FOLDER writes one",
    }
    for name, sentence in expected.items():
        with pytest.raises(InvalidProjectError) as caught:
            load_project(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: found {sentence}"


def test_a_folder_with_one_of_the_files_misses_the_others(tmp_path):
    (tmp_path / "config_events.json").write_text('{"enable_events": false}', encoding="utf-8")
    with pytest.raises(InvalidProjectError) as caught:
        load_project(tmp_path)

    assert [finding.file for finding in caught.value.findings] == [
        "config.json",
        "config_providers.json",
        "config_iot_devices.json",
        "config_hierarchy.json",
    ]
