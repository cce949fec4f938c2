"""The cost of every placement of one workload, exactly, in milliseconds. Owns that enumeration; explains nothing.

A placement's cost is a sum over clouds, because free tiers, volume tiers and egress ladders pool within a cloud and
never across two. What a cloud costs depends on which slots it holds, and on where L4 is (and the hot store, where
dashboards read it), because the planner's rows ask for these two; where exactly the other slots are does not matter to
it. So on three clouds 2,187 placements need 3 x 192 cloud states, each from its parent by adding one slot, and a
placement is three look-ups.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import product

import msgspec

from twin2multicloud.costs.prices import PriceBook, Pricer
from twin2multicloud.costs.tariff import Uses, plan_pricer
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.usage import TOKEN, Use, held_uses, row_uses, slot_kinds, tariff_of, twin_of
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.twin import DashboardSource
from twin2multicloud.planning.connector_rules import TABLE
from twin2multicloud.planning.rows import ConnectorRow

_ORDER = (Slot.L4, Slot.L3_HOT, Slot.L2, Slot.L1, Slot.L3_COLD, Slot.L3_ARCHIVE, Slot.L5)
"""The order of assignment: the two slots first whose cloud matters to others."""
_SLOTS = tuple(Slot)

Clouds = tuple[Cloud, ...]
"""The cloud of each slot, in the order of `Slot`."""


class Part(msgspec.Struct, frozen=True):
    """What one slot or row adds to one cloud: dollars, quantities of pooled meters, and whether it needs the token."""

    dollars: float
    pooled: tuple[tuple[int, float], ...]
    token: bool


class CostTable(msgspec.Struct, frozen=True):
    """The cost of each placement of `placements`, in USD per month, in the same order."""

    placements: Sequence[Clouds]
    costs: Sequence[float]


def cost_table(t: Traffic, book: PriceBook, clouds: Clouds) -> CostTable:
    """The cost of every placement on `clouds`. Raises ConfigurationError where a price is missing."""
    free_hot = t.workload.dashboards is DashboardSource.HOT_STORE
    layout = _layout(clouds, free_hot)
    uses = _collect(t, clouds)
    states = [_states(cloud, layout.domains[n], uses[cloud], t, book) for n, cloud in enumerate(clouds)]
    match states:
        case [a]:
            costs = [a[i] for (i,) in layout.rows]
        case [a, b]:
            costs = [a[i] + b[j] for i, j in layout.rows]
        case [a, b, c]:
            costs = [a[i] + b[j] + c[k] for i, j, k in layout.rows]
        case _:
            costs = [sum(map(list.__getitem__, states, row)) for row in layout.rows]
    return CostTable(layout.placements, costs)


class _Layout(msgspec.Struct, frozen=True):
    """Which state of each cloud a placement is, whatever the workload."""

    placements: tuple[Clouds, ...]
    rows: tuple[tuple[int, ...], ...]
    domains: tuple[tuple[Clouds, ...], ...]  # per cloud, per slot of _ORDER: the clouds to tell apart


@cache  # depends on nothing but its arguments; at most a handful of them
def _layout(clouds: Clouds, free_hot: bool) -> _Layout:
    domains = tuple(tuple(_domain(cloud, slot, clouds, free_hot) for slot in _ORDER) for cloud in clouds)
    columns = [map(sum, product(*_weights(domain, clouds))) for domain in domains]
    return _Layout(tuple(product(clouds, repeat=len(_SLOTS))), tuple(zip(*columns, strict=True)), domains)


def _domain(cloud: Cloud, slot: Slot, clouds: Clouds, free_hot: bool) -> Clouds:
    """The clouds of a slot that one cloud's costs tell apart: here, and one for elsewhere, or all of them."""
    others = tuple(each for each in clouds if each != cloud)
    named = slot is Slot.L4 or (free_hot and slot is Slot.L3_HOT)
    return (cloud, *(others if named else others[:1]))


def _weights(domain: Sequence[Clouds], clouds: Clouds) -> list[list[int]]:
    """Per slot, in the order of `Slot`, and cloud: what it adds to the number of a state."""
    found: dict[Slot, list[int]] = {}
    weight = 1
    for slot, choices in reversed(list(zip(_ORDER, domain, strict=True))):
        found[slot] = [weight * (choices.index(each) if each in choices else 1) for each in clouds]
        weight *= len(choices)
    return [found[slot] for slot in _SLOTS]


PartKey = tuple[int, Cloud, Cloud]
"""A row of the table (or minus one minus a slot, for what the slot holds), and the clouds of its two slots."""


_CloudUses = dict[PartKey, list[Use]]
"""The uses that fall on one cloud, by what causes them."""


def _collect(t: Traffic, clouds: Clouds) -> dict[Cloud, _CloudUses]:
    found: dict[Cloud, _CloudUses] = {cloud: defaultdict(list) for cloud in clouds}
    for n, slot in enumerate(_SLOTS):
        for cloud in clouds:
            for kind in slot_kinds(slot):
                found[cloud][-1 - n, cloud, cloud] += held_uses(kind, cloud, t)
    for n, row in enumerate(TABLE):
        for here, there in _pairs(row, clouds):
            placement = placement_for(row, here, there)
            if row.applies(twin_of(t.workload, placement)):
                for use in row_uses(row, placement, t):
                    found[use.cloud][n, here, there].append(use)
    return found


def _pairs(row: ConnectorRow, clouds: Clouds) -> Iterable[tuple[Cloud, Cloud]]:
    return [(each, each) for each in clouds] if row.source is row.target else product(clouds, clouds)


def placement_for(row: ConnectorRow, here: Cloud, there: Cloud) -> Placement:
    """A placement with a row's two slots on these clouds."""
    return Placement.of({slot: there if slot is row.target else here for slot in _SLOTS})


_RowsAt = tuple[tuple[tuple[int, int, bool], ...], ...]
"""Per depth: (row, depth of its other slot, whether the other slot is the row's source)."""


def _states(cloud: Cloud, domains: Sequence[Clouds], uses: _CloudUses, t: Traffic, book: PriceBook) -> list[float]:
    """The cost of one cloud in each of its states, in the order of `_index`."""
    meters = _Meters(cloud, uses, t, book)
    parts = {key: meters.part(found) for key, found in uses.items()}
    token = meters.token_cost
    pricers = meters.pooled_pricers
    costs: list[float] = []
    none, rows = Part(0.0, (), False), _rows_at()

    def descend(depth: int, chosen: tuple[Cloud, ...], dollars: float, pooled: list[float], has_token: bool) -> None:
        if depth == len(_ORDER):
            for pricer, quantity in zip(pricers, pooled, strict=True):
                if quantity:
                    dollars += pricer(quantity)
            costs.append(dollars + token if has_token else dollars)
            return
        for choice in domains[depth]:
            now, amounts, secret = dollars, pooled, has_token
            for keyed in _added(rows, depth, chosen, choice, cloud):
                part = parts.get(keyed, none)
                now += part.dollars
                secret = secret or part.token
                if part.pooled:
                    amounts = amounts.copy() if amounts is pooled else amounts
                    for i, quantity in part.pooled:
                        amounts[i] += quantity
            descend(depth + 1, (*chosen, choice), now, amounts, secret)

    descend(0, (), 0.0, [0.0] * len(pricers), False)
    return costs


def _added(rows: _RowsAt, depth: int, chosen: Clouds, choice: Cloud, cloud: Cloud) -> list[PartKey]:
    """What assigning the next slot adds: what it holds, rows inside it, and rows to slots already assigned."""
    keys: list[PartKey] = [(-1 - _SLOTS.index(_ORDER[depth]), choice, choice)] if choice == cloud else []
    for n, other, forward in rows[depth]:
        partner = choice if other == depth else chosen[other]
        if choice == cloud or partner == cloud:
            keys.append((n, partner, choice) if forward else (n, choice, partner))
    return keys


def _rows_at() -> _RowsAt:
    found: list[list[tuple[int, int, bool]]] = [[] for _ in _ORDER]
    for n, row in enumerate(TABLE):
        source, target = _ORDER.index(row.source), _ORDER.index(row.target)
        found[max(source, target)].append((n, min(source, target), source <= target))
    return tuple(tuple(each) for each in found)


class _Meters:
    """One cloud's meters: which are plain products or belong to one slot alone, and which are pooled."""

    def __init__(self, cloud: Cloud, uses: _CloudUses, t: Traffic, book: PriceBook) -> None:
        self._pricers = meter_pricers(cloud, {use.meter for found in uses.values() for use in found}, t, book)
        alone = _alone(uses)
        pooled = [m for m, (_, linear) in self._pricers.items() if not linear and m not in alone]
        self._index = {meter: n for n, meter in enumerate(pooled)}
        self.pooled_pricers: list[Pricer] = [self._pricers[meter][0] for meter in pooled]
        free = t.workload.free_tiers
        self.token_cost = book.price(cloud, tariff_of(cloud).token).pricer(free_tiers=free)(1)

    def part(self, uses: list[Use]) -> Part:
        """A list of uses as dollars and pooled quantities."""
        totals: dict[str, float] = {}
        for use in uses:
            totals[use.meter] = totals.get(use.meter, 0.0) + use.quantity
        token = totals.pop(TOKEN, 0) > 0
        dollars, pooled = 0.0, []
        for meter, quantity in totals.items():
            if meter in self._index:
                pooled.append((self._index[meter], quantity))
            elif quantity:
                dollars += self._pricers[meter][0](quantity)
        return Part(dollars, tuple(pooled), token)


def _alone(uses: _CloudUses) -> set[str]:
    """Meters that only one slot or one row inside a slot moves: nothing ever adds to them."""
    causes: dict[str, set[int]] = {}
    crossing: set[str] = set()
    for (n, _, _), found in uses.items():
        for use in found:
            causes.setdefault(use.meter, set()).add(n)
            if n >= 0 and TABLE[n].source is not TABLE[n].target:
                crossing.add(use.meter)
    return {meter for meter, rows in causes.items() if len(rows) == 1} - crossing


def meter_pricers(
    cloud: Cloud, meters: Iterable[str], t: Traffic, book: PriceBook
) -> dict[str, tuple[Callable[[float], float], bool]]:
    """Each meter's pricer and whether it is a plain product. Raises ConfigurationError where a price is missing."""
    plans = tariff_of(cloud).plans(t, book)
    found: dict[str, tuple[Pricer, bool]] = {}
    for meter in meters:
        if meter == TOKEN:
            continue
        if meter in plans:
            found[meter] = plan_pricer(plans[meter]), False
            continue
        price = book.price(cloud, meter)
        free = t.workload.free_tiers
        found[meter] = price.pricer(free_tiers=free), price.linear or (not free and not price.further)
    return found


def cost_of(cloud: Cloud, uses: Uses, t: Traffic, book: PriceBook) -> float:
    """What some uses cost on one cloud where nothing else moves their meters. Raises ConfigurationError."""
    found = list(uses)
    pricers = meter_pricers(cloud, [meter for meter, _ in found], t, book)
    return math.fsum(pricers[meter][0](quantity) for meter, quantity in found)
