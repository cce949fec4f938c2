"""The break-even map: which placement wins where, over devices and message rate. Owns the map; draws nothing.

Every cell is enumerated by itself, exactly. (Cells with the same number of messages do not share a table: connections
and twins follow the devices, and objects of the cold store follow devices and days.)
"""

import msgspec

from twin2multicloud.costs.constraints import Constraints
from twin2multicloud.costs.optimizer import cheapest_of, placement_of, priced
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import SECONDS_PER_MONTH, Workload
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement

_MINUTES = SECONDS_PER_MONTH / 60


class Axes(msgspec.Struct, frozen=True, kw_only=True):
    """`steps` device counts from `devices_from` to `devices_to`, and as many rates from `rate_from` by the same factor.

    Rates are messages per device and hour. Device counts are rounded, and the rate of a cell is what makes its
    messages: the devices of column x and the messages of diagonal x + y.
    """

    devices_from: float = 10
    devices_to: float = 100_000
    rate_from: float = 0.1
    steps: int = 24

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


def break_even_map(
    workload: Workload, prices: PriceBook, axes: Axes | None = None, constraints: Constraints | None = None
) -> BreakEvenMap:
    """The winner of every cell. Entities follow the devices where the workload has fewer of them."""
    axes, constraints = axes or Axes(), constraints or Constraints()
    names: dict[Placement, int] = {}
    sent, columns = axes.messages(), axes.devices()
    winners, totals = [], []
    for y in range(axes.steps):
        found = [_cell(workload, devices, sent[x + y], prices, constraints) for x, devices in enumerate(columns)]
        winners.append(tuple(names.setdefault(placement, len(names)) for placement, _ in found))
        totals.append(tuple(cost for _, cost in found))
    return BreakEvenMap(axes=axes, placements=tuple(names), winners=tuple(winners), totals=tuple(totals))


def _cell(
    workload: Workload, devices: int, messages: float, prices: PriceBook, constraints: Constraints
) -> tuple[Placement, float]:
    here = msgspec.structs.replace(workload, devices=devices, interval_min=devices * _MINUTES / messages)
    table, admitted = priced(Traffic.of(here), prices, constraints)
    best, _ = cheapest_of(table, admitted)
    return placement_of(table.placements[best]), table.costs[best]
