"""What one placement costs, part by part: per slot, per boundary, per meter, with the variants that were chosen.

Owns the explanation of a cost; it adds up to the same total as `cost_table`, from the planned topology itself.
"""

from collections import defaultdict

import msgspec

from twin2multicloud.costs.cost_table import meter_pricers
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.tariff import Variant, cheapest
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.usage import TOKEN, Use, tariff_of, topology_uses, twin_of
from twin2multicloud.costs.workload import KB_PER_GB
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.planning.planner import plan


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One meter of one cloud, for one part of the twin. `cost` is its share of what the pooled quantity costs."""

    place: str
    cloud: Cloud
    meter: str
    quantity: float
    unit: str
    cost: float


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Every way to buy one service, and the one taken."""

    cloud: Cloud
    taken: Variant
    others: tuple[Variant, ...]


class TierPart(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a tier's cost: how much of what, and its share of what that costs."""

    reason: str
    quantity: float
    unit: str
    cost: float

    @property
    def short_unit(self) -> str:
        """The unit without what the price book adds to it."""
        return self.unit.partition(",")[0].partition(":")[0].partition(" (")[0]


class TierCost(msgspec.Struct, frozen=True, kw_only=True):
    """An object store in the steady state: what it holds, and its month by reason. Crossings and movers not counted.

    `objects` and `gb` (compressed) are held; `new_objects` come in a month, of `object_kb` each on average.
    """

    slot: Slot
    cloud: Cloud
    storage_class: str
    objects: float
    new_objects: float
    object_kb: float
    gb: float
    parts: tuple[TierPart, ...]

    @property
    def cost(self) -> float:
        """All parts together."""
        return sum(part.cost for part in self.parts)


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """A placement's month in USD: `by_place` holds the seven slots, then each boundary that crosses clouds."""

    placement: Placement
    total: float
    by_place: dict[str, float]
    by_cloud: dict[Cloud, float]
    lines: tuple[Line, ...]
    chosen: tuple[Chosen, ...]
    tiers: tuple[TierCost, ...]


def breakdown(placement: Placement, t: Traffic, book: PriceBook) -> Breakdown:
    """What a placement costs and why. Raises ConfigurationError where a price is missing."""
    uses = list(topology_uses(plan(twin_of(t.workload, placement)), t))
    lines: list[Line] = []
    chosen: list[Chosen] = []
    for cloud in placement.clouds:
        here = [use for use in uses if use.cloud == cloud]
        lines += _lines(cloud, here, t, book)
        chosen += _chosen(cloud, here, t, book)
    by_place: dict[str, float] = {slot.value: 0.0 for slot in Slot}
    by_cloud: dict[Cloud, float] = dict.fromkeys(placement.clouds, 0.0)
    for line in lines:
        by_place[line.place] = by_place.get(line.place, 0.0) + line.cost
        by_cloud[line.cloud] += line.cost
    return Breakdown(
        placement=placement,
        total=sum(by_cloud.values()),
        by_place=by_place,
        by_cloud=by_cloud,
        lines=tuple(lines),
        chosen=tuple(chosen),
        tiers=tuple(_tier(slot, placement[slot], lines, t) for slot in (Slot.L3_COLD, Slot.L3_ARCHIVE)),
    )


def _tier(slot: Slot, cloud: Cloud, lines: list[Line], t: Traffic) -> TierCost:
    """An object store's meters, whichever part of the twin moves them, and the GB-months split by their reasons."""
    tariff = tariff_of(cloud)
    store, months = (tariff.cold, t.cold_months) if slot is Slot.L3_COLD else (tariff.archive, t.archive_months)
    parts: list[TierPart] = []
    for line in lines:
        if line.cloud != cloud or not line.meter.startswith(f"{store.meter}."):
            continue
        if line.meter == f"{store.meter}.{store.gb}_month":
            billed = store.billed(t, months)._asdict()
            parts += [
                TierPart(
                    reason=reason.replace("_", " "), quantity=gb, unit=line.unit, cost=line.cost * gb / line.quantity
                )
                for reason, gb in billed.items()
                if gb
            ]
        else:
            reason = line.meter.removeprefix(f"{store.meter}.")
            parts.append(TierPart(reason=_REASONS[reason], quantity=line.quantity, unit=line.unit, cost=line.cost))
    return TierCost(
        slot=slot,
        cloud=cloud,
        storage_class=store.label,
        objects=t.chunks * months,
        new_objects=t.chunks,
        object_kb=t.packed_gb * KB_PER_GB / t.chunks,
        gb=t.packed_gb * months,
        parts=_joined(parts),
    )


def _joined(parts: list[TierPart]) -> tuple[TierPart, ...]:
    """Parts of one reason and unit as one: a meter that several parts of the twin move has a line for each."""
    found: dict[tuple[str, str], TierPart] = {}
    for part in parts:
        seen = found.get((part.reason, part.unit))
        if seen is not None:
            quantity, cost = seen.quantity + part.quantity, seen.cost + part.cost
            part = msgspec.structs.replace(part, quantity=quantity, cost=cost)  # noqa: PLW2901 - the sum of both
        found[part.reason, part.unit] = part
    return tuple(found.values())


_REASONS = {
    "write": "requests: objects written",
    "list": "requests: listings of the mover",
    "read": "requests: objects read",
    "other": "requests: objects looked at",
    "retrieved_gb": "retrieval",
    "retrieved_gib": "retrieval",
    "standard_gb_month": "index and restored copies",
    "hot_gb_month": "restored copies",
}
"""What moves each further meter of an object store."""


def _totals(uses: list[Use]) -> dict[str, dict[str, float]]:
    """Quantity per meter and place."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for use in uses:
        found[use.meter][use.place] += use.quantity
    return found


def _lines(cloud: Cloud, uses: list[Use], t: Traffic, book: PriceBook) -> list[Line]:
    totals = _totals(uses)
    holders = totals.pop(TOKEN, {})
    if holders:  # one secret, kept for the first boundary that needs it
        totals.setdefault(tariff_of(cloud).token, {})[min(holders)] = 1
    pricers = meter_pricers(cloud, totals, t, book)
    lines = []
    for meter, places in totals.items():
        quantity = sum(places.values())
        cost = pricers[meter][0](quantity) if quantity else 0.0
        unit = _unit(cloud, meter, book)
        lines += [
            Line(place=place, cloud=cloud, meter=meter, quantity=part, unit=unit, cost=cost * part / quantity)
            for place, part in places.items()
            if part
        ]
    return lines


def _unit(cloud: Cloud, meter: str, book: PriceBook) -> str:
    if meter.startswith("plan."):
        return _PLAN_UNITS[meter]
    return book.price(cloud, meter).unit


_PLAN_UNITS = {
    "plan.dynamodb": "read units of 4 KB, beside the writes",
    "plan.twinmaker": "workspace months",
    "plan.iothub": "messages of 4 KB",
    "plan.cosmos": "request units",
    "plan.twin_service": "instance months",
    "plan.grafana": "instance months",
}
"""What the quantity of a service that can be bought in several ways counts."""


def _chosen(cloud: Cloud, uses: list[Use], t: Traffic, book: PriceBook) -> list[Chosen]:
    totals = _totals(uses)
    found = []
    for meter, plan_of in tariff_of(cloud).plans(t, book).items():
        quantity = sum(totals.get(meter, {}).values())
        if quantity:
            variants = plan_of(quantity)
            taken = cheapest(variants)
            found.append(Chosen(cloud=cloud, taken=taken, others=tuple(each for each in variants if each != taken)))
    return found
