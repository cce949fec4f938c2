"""What the adapter for Azure Digital Twins makes of the service's refusals and faults, and what publishing does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.rigs.clouds import AZURE
from tests.rigs.twin_graph import TwinGraphRig, served_instance
from tests.rigs.twins import CATALOG, twin
from tests.rigs.vendor_digital_twins import InstanceAdapter, client
from twin2multicloud.clouds.azure.twin_graph import DigitalTwins
from twin2multicloud.clouds.azure.twin_publisher import InstancePublisher
from twin2multicloud.domain.device import DataType, Property
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.placement import Placement
from twin2multicloud.models import dtdl
from twin2multicloud.models.description import describe
from twin2multicloud.ports.twin_graph import Measured

HOUSE = twin(Placement.single(AZURE))
T1 = "2026-01-15T10:00:01.000Z"


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[InstanceAdapter]:
    with served_instance(tmp_path) as instance:
        yield InstanceAdapter(instance)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (429, {"retry-after": "3"}, RetryableError),
        (503, {}, RetryableError),
        (400, {}, FinalError),
        (403, {}, ConfigurationError),
    ],
)
def test_refusals_are_the_domains(
    adapter: InstanceAdapter, status: int, headers: dict[str, str], kind: type[TwinError]
) -> None:
    adapter.faults = [(status, headers, b'{"error":{"code":"X","message":"told so"}}')]
    with pytest.raises(kind) as refused:
        DigitalTwins(client(adapter)).update(TwinGraphRig.twin, {"temperature": Measured(1.0, T1)}, "*")
    if isinstance(refused.value, RetryableError):
        assert refused.value.retry_after == (3.0 if headers else None)


def test_a_value_that_the_model_does_not_take_is_refused_for_good(adapter: InstanceAdapter) -> None:
    with pytest.raises(FinalError, match="ValidationFailed"):
        DigitalTwins(client(adapter)).update(TwinGraphRig.twin, {"temperature": Measured("warm", T1)}, "*")


def test_a_connection_that_breaks_may_come_again(adapter: InstanceAdapter) -> None:
    adapter.faults = [ConnectionError("reset")]
    with pytest.raises((RetryableError, ConnectionError)):
        DigitalTwins(client(adapter)).state(TwinGraphRig.twin)


def exported(of: Any) -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(dtdl.write(describe(of))))


def published(adapter: InstanceAdapter, of: Any) -> int:
    publisher = InstancePublisher(client(adapter), sleep=lambda _: None)
    wanted, steps = exported(of), []
    expected = publisher.missing(wanted)
    assert publisher.publish(wanted, lambda: steps.append(1)) == expected == len(steps)
    assert publisher.missing(wanted) == 0
    return expected


def test_publishing_again_changes_nothing_and_measured_values_stay(adapter: InstanceAdapter) -> None:
    assert published(adapter, HOUSE) == 0
    graph = DigitalTwins(client(adapter))
    graph.update(TwinGraphRig.twin, {"temperature": Measured(1.5, T1)}, "*")
    renamed = msgspec.structs.replace(
        HOUSE, hierarchy=Hierarchy(entities=(msgspec.structs.replace(HOUSE.hierarchy.entities[0], name="New"),))
    )
    assert published(adapter, renamed) == 1
    assert graph.state("house").values["name"] == "New"
    assert graph.state(TwinGraphRig.twin).values["temperature"] == 1.5


def test_what_the_project_no_longer_has_goes_and_what_others_made_stays(adapter: InstanceAdapter) -> None:
    instance = adapter.instance._instance
    instance.add_models([{"@id": "dtmi:other:Pump;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}])
    instance.put_twin("pump", {"$metadata": {"$model": "dtmi:other:Pump;1"}}, only_new=True)
    moved = Hierarchy(
        entities=(Entity(id="house", name="House", components=(EntityComponent(name="c", device="sensor-2"),)),)
    )
    published(adapter, msgspec.structs.replace(HOUSE, hierarchy=moved))
    assert {each["$dtId"] for each in instance.twins()} == {"house", "house.c", "pump"}


def test_a_type_that_gets_a_property_keeps_what_was_measured(adapter: InstanceAdapter) -> None:
    graph = DigitalTwins(client(adapter))
    graph.update(TwinGraphRig.twin, {"temperature": Measured(1.5, T1)}, "*")
    kind = CATALOG.types[0]
    more = msgspec.structs.replace(kind, properties=(*kind.properties, Property(name="lux", data_type=DataType.DOUBLE)))
    catalog = msgspec.structs.replace(CATALOG, types=(more,))
    published(adapter, msgspec.structs.replace(HOUSE, catalog=catalog))
    graph.update(TwinGraphRig.twin, {"lux": Measured(3.5, T1)}, "*")
    assert graph.state(TwinGraphRig.twin).values["temperature"] == 1.5


def test_a_role_that_is_on_its_way_is_waited_for(adapter: InstanceAdapter) -> None:
    slept: list[float] = []
    adapter.faults = [(403, {}, b"{}"), (429, {"retry-after": "2"}, b"{}")]
    assert InstancePublisher(client(adapter), sleep=slept.append).missing(exported(HOUSE)) == 0
    assert slept == [10.0, 2.0]
