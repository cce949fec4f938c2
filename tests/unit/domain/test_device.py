"""Device groups say 100,000 devices in one entry, and types say which values they admit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.twins import CATALOG, fleet
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceGroup, DeviceType


def group(count=12, pattern="sensor-{n:04}") -> DeviceGroup:
    return DeviceGroup(name="g", type="thermostat", count=count, id_pattern=pattern)


@given(st.integers(1, 300), st.sampled_from(["{n}", "a-{n}", "a-{n:03}", "{n:05}.b", "x[{n}]+"]))
def test_a_group_contains_exactly_its_ids(count, pattern):
    ids = list(group(count, pattern))
    assert len(set(ids)) == count
    assert all(each in group(count, pattern) for each in ids)
    assert pattern.format(n=0) not in group(count, pattern)
    assert pattern.format(n=count + 1) not in group(count, pattern)


@pytest.mark.parametrize("stranger", ["sensor-1", "sensor-00001", "sensor-0001 ", "Sensor-0001", "sensor-", "", "0001"])
def test_what_only_looks_like_an_id_is_none(stranger):
    assert stranger not in group()


def test_a_catalog_of_100_000_finds_without_listing():
    catalog = fleet(100_000)
    assert len(catalog) == 100_000
    assert catalog.find("sensor-100000") == Device(id="sensor-100000", type="thermostat")
    assert catalog.find("sensor-100001") is None
    assert catalog.type_of("sensor-000001").name == "thermostat"
    assert catalog.type_of("stranger") is None


def test_ids_of_type_are_the_named_ones_and_the_grouped_ones():
    catalog = DeviceCatalog(types=CATALOG.types, devices=CATALOG.devices, groups=(group(2),))
    assert catalog.ids_of_type("thermostat") == ("sensor-1", "sensor-2", "sensor-0001", "sensor-0002")
    assert tuple(catalog.ids()) == catalog.ids_of_type("thermostat")
    assert catalog.ids_of_type("pump") == ()


def test_a_devices_own_processor_overrides_its_types():
    types = (DeviceType(name="t", properties=(), processor="of_type"),)
    catalog = DeviceCatalog(types=types, devices=(Device(id="a", type="t"), Device(id="b", type="t", processor="own")))
    assert [catalog.processor_of(each) for each in ("a", "b", "c")] == ["of_type", "own", None]


@pytest.mark.parametrize(
    ("data_type", "admitted", "refused"),
    [
        (DataType.STRING, ["", "x"], [1, 1.0, True]),
        (DataType.BOOLEAN, [True, False], [0, 1, "true"]),
        (DataType.DOUBLE, [1, 1.5, -0.0], [True, "1"]),
        (DataType.INTEGER, [2**31 - 1, -(2**31)], [2**31, -(2**31) - 1, 1.0, True]),
        (DataType.LONG, [2**63 - 1, -(2**63)], [2**63, 1.0, False]),
    ],
)
def test_a_type_admits_its_values_and_no_others(data_type, admitted, refused):
    assert all(data_type.admits(each) for each in admitted)
    assert not any(data_type.admits(each) for each in refused)
