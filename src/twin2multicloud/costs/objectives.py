"""Latency and carbon of placements, as estimates beside the cost. Owns both models and their coefficients.

Both are sums over slots and over the planner's rows, so all placements take one pass. They compare placements with each
other; neither is a measurement.
"""

from collections.abc import Callable, Sequence

import msgspec

from twin2multicloud.costs.cost_table import Clouds, placement_for
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.usage import twin_of
from twin2multicloud.domain.components import KINDS, OPERATOR, ComponentType, home
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.connector_rules import TABLE
from twin2multicloud.planning.rows import ConnectorRow
from twin2multicloud.planning.topology import Delivery

FAR_MS = 20.0
"""Between two clouds of which neither pack says a figure: no optimum should rest on a pair without data."""
LOCAL_MS = 2.0
"""Between two services in one region."""

WATTS_PER_TB = 1.2 * 3
"""SSD, three copies (Cloud Carbon Footprint: 1.2 Wh per TB-hour), recalled."""
ARCHIVE_WATTS_PER_TB = 0.65 * 3
KWH_PER_GB_SENT = 0.001
"""Cloud Carbon Footprint's figure for networks between data centres, recalled."""
MB_PER_VCPU = 1769.0
"""The memory at which Lambda gives a whole vCPU; taken for all."""

_DATA_PATH = {
    (Slot.L1, Slot.L2),
    (Slot.L2, Slot.L3_HOT),
    (Slot.L3_HOT, Slot.L4),
    (Slot.L2, Slot.L4),
    (Slot.L4, Slot.L5),
}


class Scores(msgspec.Struct, frozen=True):
    """Latency in ms from a device to a dashboard, and kg of CO2 equivalents a month, per placement."""

    latency_ms: Sequence[float]
    carbon_kg: Sequence[float]


Value = Callable[[ConnectorRow, Cloud, Cloud, Traffic], float]


def scores(placements: Sequence[Clouds], t: Traffic) -> Scores:
    """Both estimates for each placement."""
    clouds = tuple(dict.fromkeys(cloud for placement in placements for cloud in placement))
    held = [{cloud: _held_kg(slot, cloud, t) for cloud in clouds} for slot in Slot]
    return Scores(
        latency_ms=_sums(placements, clouds, t, _row_ms, None),
        carbon_kg=_sums(placements, clouds, t, _row_kg, held),
    )


def _sums(
    placements: Sequence[Clouds], clouds: Clouds, t: Traffic, value: Value, held: list[dict[Cloud, float]] | None
) -> list[float]:
    at = {slot: n for n, slot in enumerate(Slot)}
    tables = [(at[row.source], at[row.target], _table(row, clouds, t, value)) for row in TABLE]
    totals = []
    for placement in placements:
        total = sum(table[placement[a], placement[b]] for a, b, table in tables)
        if held is not None:
            total += sum(each[cloud] for each, cloud in zip(held, placement, strict=True))
        totals.append(total)
    return totals


def _table(row: ConnectorRow, clouds: Clouds, t: Traffic, value: Value) -> dict[tuple[Cloud, Cloud], float]:
    found = {}
    for here in clouds:
        for there in clouds:
            applies = row.applies(twin_of(t.workload, placement_for(row, here, there)))
            found[here, there] = value(row, here, there, t) if applies else 0.0
    return found


def _functions(row: ConnectorRow, here: Cloud, there: Cloud) -> list[tuple[str, Cloud]]:
    """The functions that a row runs, each with its cloud."""
    calls = row.between(here, there).calls
    kinds = [call.target for call in calls if KINDS[call.target].type is ComponentType.FUNCTION]
    called = [kind for kind in kinds if not any(call.source == OPERATOR for call in calls)]
    return [(kind, here if home(kind) is row.source else there) for kind in called]


def _row_ms(row: ConnectorRow, here: Cloud, there: Cloud, t: Traffic) -> float:
    """What a boundary on the way from device to dashboard takes a reading: its functions in turn, and the network once.

    Readers of history and of latest values run side by side.
    """
    if (row.source, row.target) not in _DATA_PATH:
        return 0.0
    run_ms = t.workload.function_ms + t.workload.function_ms_per_message
    side_by_side = 2 if row.target is Slot.L4 and row.source is Slot.L3_HOT else 1
    pairs = pack(here).footprint.round_trip_ms.get(there) or pack(there).footprint.round_trip_ms.get(here)
    network = LOCAL_MS if here == there else pairs or FAR_MS
    return len(_functions(row, here, there)) / side_by_side * run_ms + network


def _row_kg(row: ConnectorRow, here: Cloud, there: Cloud, t: Traffic) -> float:
    vcpu = t.workload.function_mb / MB_PER_VCPU
    total = 0.0
    for kind, cloud in _functions(row, here, there):
        hours = t.milliseconds(kind) / 3_600_000
        footprint = pack(cloud).footprint
        total += hours * vcpu * footprint.watts_per_vcpu / 1000 * footprint.pue * footprint.kg_per_kwh
    if here != there:
        calls = row.between(here, there).calls
        sent = sum(t.posted_gb(call.target) for call in calls if call.delivery is Delivery.POST)
        total += sent * KWH_PER_GB_SENT * (pack(here).footprint.kg_per_kwh + pack(there).footprint.kg_per_kwh) / 2
    return total


def _held_kg(slot: Slot, cloud: Cloud, t: Traffic) -> float:
    """Stores by what they hold; the twin service and the dashboards as one vCPU each."""
    gb = {
        Slot.L3_HOT: t.hot_gb * WATTS_PER_TB,
        Slot.L3_COLD: t.packed_gb * t.cold_months * WATTS_PER_TB,
        Slot.L3_ARCHIVE: t.packed_gb * t.archive_months * ARCHIVE_WATTS_PER_TB,
    }.get(slot, 0.0)
    watts = gb / 1024 + (pack(cloud).footprint.watts_per_vcpu if slot in (Slot.L4, Slot.L5) else 0.0)
    return watts * 730 / 1000 * pack(cloud).footprint.pue * pack(cloud).footprint.kg_per_kwh
