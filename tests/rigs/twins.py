"""Twins to plan and to read: a small house that has a bit of everything."""

from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceGroup, DeviceType, Property
from twin2multicloud.domain.event_rule import ActionKind, Comparison, EventAction, EventRule, Term
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.twin import DashboardSource, Twin

THERMOSTAT = DeviceType(
    name="thermostat",
    properties=(
        Property(name="temperature", data_type=DataType.DOUBLE),
        Property(name="humidity", data_type=DataType.INTEGER, initial=50),
        Property(name="total", data_type=DataType.LONG),
        Property(name="mode", data_type=DataType.STRING, initial="off"),
        Property(name="on", data_type=DataType.BOOLEAN),
        Property(name="manufacturer", data_type=DataType.STRING, constant="ACME"),
    ),
)
CATALOG = DeviceCatalog(
    types=(THERMOSTAT,),
    devices=(Device(id="sensor-1", type="thermostat"), Device(id="sensor-2", type="thermostat")),
)
HIERARCHY = Hierarchy(
    entities=(
        Entity(
            id="house",
            name="House",
            children=(
                Entity(id="room-1", name="Room", components=(EntityComponent(name="thermostat", device="sensor-1"),)),
            ),
        ),
    )
)
RULES = tuple(
    EventRule(
        name=f"hot-{kind}",
        device="sensor-1",
        when=Term(property="temperature", comparison=Comparison.GREATER, threshold=30.0),
        action=EventAction(kind=kind, name="cool", device="sensor-1"),
    )
    for kind in ActionKind
)


def twin(
    placement: Placement,
    *,
    dashboard: DashboardSource = DashboardSource.TWIN,
    events: bool = False,
    name: str = "house",
) -> Twin:
    """The house under a placement."""
    return Twin(
        name=name,
        placement=placement,
        catalog=CATALOG,
        hierarchy=HIERARCHY,
        dashboard=dashboard,
        enable_events=events,
        events=RULES if events else (),
    )


def fleet(count: int) -> DeviceCatalog:
    """One group of so many thermostats."""
    group = DeviceGroup(name="fleet", type="thermostat", count=count, id_pattern="sensor-{n:06}")
    return DeviceCatalog(types=(THERMOSTAT,), groups=(group,))
