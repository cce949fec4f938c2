"""The break-even map: which placement wins where, over devices and message rate. Owns the map; draws nothing.

Both axes grow by the same factor per step, so that all cells of a diagonal send the same number of messages. What
depends on the number of devices itself (connections, twins) belongs to L1 and L4 alone, and is priced cell by cell; the
rest depends on the messages. So each diagonal is enumerated once, exactly, and its minima per pair of L1 and L4 homes
serve all its cells: a map of 100 x 100 takes 199 enumerations instead of 10,000, and is as exact.
"""

import math
from collections.abc import Callable, Sequence

import msgspec

from twin2multicloud.costs.constraints import Constraints
from twin2multicloud.costs.cost_table import cost_of, cost_table, meter_pricers
from twin2multicloud.costs.optimizer import placement_of, priced
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.usage import tariff_of
from twin2multicloud.costs.workload import SECONDS_PER_MONTH, Workload
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Placement, Slot

_L1, _L4 = tuple(Slot).index(Slot.L1), tuple(Slot).index(Slot.L4)
_MINUTES = SECONDS_PER_MONTH / 60


class Axes(msgspec.Struct, frozen=True, kw_only=True):
    """`steps` device counts from `devices_from` to `devices_to`, and as many rates from `rate_from` by the same factor.

    Rates are messages per device and hour. Device counts are rounded, and the rate of a cell is what makes its
    messages: the devices of column x and the messages of diagonal x + y.
    """

    devices_from: float = 10
    devices_to: float = 100_000
    rate_from: float = 0.1
    steps: int = 100

    def __post_init__(self) -> None:
        if not (1 <= self.devices_from < self.devices_to and self.rate_from > 0 and self.steps >= 2):
            raise ConfigurationError(
                f"map: {self.steps} steps from {self.devices_from:g} to {self.devices_to:g} devices and from "
                f"{self.rate_from:g} messages an hour; expected rising devices from 1, a rate above 0, 2 steps or more"
            )

    @property
    def factor(self) -> float:
        """What one step multiplies by."""
        return float((self.devices_to / self.devices_from) ** (1 / (self.steps - 1)))

    def devices(self) -> tuple[int, ...]:
        """The device count of each column."""
        return tuple(max(1, round(self.devices_from * self.factor**x)) for x in range(self.steps))

    def rates(self) -> tuple[float, ...]:
        """The nominal message rate of each line, per device and hour."""
        return tuple(self.rate_from * self.factor**y for y in range(self.steps))

    def messages(self) -> tuple[float, ...]:
        """Messages of a month on each diagonal x + y."""
        first = self.devices_from * self.rate_from * _MINUTES / 60
        return tuple(first * self.factor**n for n in range(2 * self.steps - 1))


class BreakEvenMap(msgspec.Struct, frozen=True, kw_only=True):
    """The winner and its cost in each cell: `winners[y][x]` indexes `placements`."""

    axes: Axes
    placements: tuple[Placement, ...]
    winners: tuple[tuple[int, ...], ...]
    totals: tuple[tuple[float, ...], ...]


Costs = dict[Cloud, float]
Diagonal = dict[tuple[Cloud, Cloud], tuple[float, int]]
"""Per pair of homes of L1 and L4: the cheapest cost without what the number of devices adds, and its placement."""


def break_even_map(
    workload: Workload, prices: PriceBook, axes: Axes | None = None, constraints: Constraints | None = None
) -> BreakEvenMap:
    """The winner of every cell. Entities follow the devices where the workload has fewer of them."""
    axes = axes or Axes()
    clouds = tuple(sorted(prices.clouds))
    first, admitted = priced(Traffic.of(workload), prices, constraints or Constraints())
    diagonals = [_diagonal(workload, n, prices, clouds, admitted) for n in axes.messages()]
    names: dict[int, int] = {}
    winners, totals = [], []
    columns = [msgspec.structs.replace(workload, devices=devices) for devices in axes.devices()]
    twins = [_twin_costs(Traffic.of(column), prices, clouds) for column in columns]
    connections, sent = _connections(Traffic.of(workload), prices, clouds), axes.messages()
    for y in range(axes.steps):
        l1 = [connections(Traffic.of(column, messages=sent[x + y])) for x, column in enumerate(columns)]
        cells = [_cell(diagonals[x + y], l1[x], twins[x]) for x in range(axes.steps)]
        winners.append(tuple(names.setdefault(n, len(names)) for _, n in cells))
        totals.append(tuple(cost for cost, _ in cells))
    placements = tuple(placement_of(first.placements[n]) for n in names)
    return BreakEvenMap(axes=axes, placements=placements, winners=tuple(winners), totals=tuple(totals))


def _cell(diagonal: Diagonal, l1_costs: Costs, l4_costs: Costs) -> tuple[float, int]:
    return min((cost + l1_costs[l1] + l4_costs[l4], n) for (l1, l4), (cost, n) in diagonal.items())


def _diagonal(
    workload: Workload, messages: float, prices: PriceBook, clouds: Sequence[Cloud], admitted: Sequence[int]
) -> Diagonal:
    t = Traffic.of(workload, messages=messages)
    table = cost_table(t, prices, tuple(clouds))
    l1_costs, l4_costs = _connections(t, prices, clouds)(t), _twin_costs(t, prices, clouds)
    best: dict[tuple[Cloud, Cloud], tuple[float, int]] = {}
    for n in admitted:
        pair = table.placements[n][_L1], table.placements[n][_L4]
        cost = table.costs[n]
        if pair not in best or cost < best[pair][0]:
            best[pair] = cost, n
    return {(l1, l4): (cost - l1_costs[l1] - l4_costs[l4], n) for (l1, l4), (cost, n) in best.items()}


def _connections(t: Traffic, prices: PriceBook, clouds: Sequence[Cloud]) -> Callable[[Traffic], Costs]:
    """What L1 pays on each cloud for the devices that it knows. Their meters' prices do not depend on the traffic."""
    meters = {cloud: [meter for meter, _ in tariff_of(cloud).connections(t)] for cloud in clouds}
    pricers = {cloud: meter_pricers(cloud, meters[cloud], t, prices) for cloud in clouds}

    def costs(cloud: Cloud, t: Traffic) -> float:
        return math.fsum(pricers[cloud][meter][0](quantity) for meter, quantity in tariff_of(cloud).connections(t))

    return lambda t: {cloud: costs(cloud, t) for cloud in clouds}


def _twin_costs(t: Traffic, prices: PriceBook, clouds: Sequence[Cloud]) -> Costs:
    """What L4 pays on each cloud for the number of devices alone."""
    return {cloud: cost_of(cloud, tariff_of(cloud).twin_held(t), t, prices) for cloud in clouds}
