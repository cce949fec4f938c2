"""What a cloud's tariff has to answer: the meters that each activity of the topology moves, and what they cost.

Owns the shape that `aws_tariff`, `azure_tariff` and `gcp_tariff` share; knows no price and no service.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec

from twin2multicloud.costs.prices import PriceBook, Pricer
from twin2multicloud.costs.traffic import Traffic

if TYPE_CHECKING:
    from twin2multicloud.costs.storage import ObjectStore

Use = tuple[str, float]
"""A meter and how much of it a month takes."""
Uses = Iterable[Use]


class Variant(msgspec.Struct, frozen=True):
    """One way to buy a service, and what the month costs that way. `note` says what it takes in whole units."""

    service: str
    name: str
    cost: float
    note: str = ""


class Tariff(Protocol):
    """One cloud's services, as activities of the topology. Quantities are of one month.

    Meters that start with ``plan.`` have no list price of their own: `plans` prices them, choosing the cheapest way to
    buy the service.
    """

    token: str
    """The meter of the inter-cloud token in the cloud's secret store: one secret."""
    egress: str
    """The meter of GB sent to another cloud."""
    cold: "ObjectStore"
    archive: "ObjectStore"

    def connections(self, _: Traffic, /) -> Uses:
        """Devices being known and connected: what depends on their number, unless they are billed by message alone.

        Nothing else moves these meters.
        """
        return ()

    def devices(self, t: Traffic, /) -> Uses:
        """Connected devices sending all their readings to the device gateway."""
        ...

    def commands(self, t: Traffic, count: float, /) -> Uses:
        """Messages from the gateway to devices."""
        ...

    def function(self, t: Traffic, invocations: float, milliseconds: float, /) -> Uses:
        """Runs of one function, with their logs."""
        ...

    def queue(self, t: Traffic, sends: float, receives: float, gb: float, /) -> Uses:
        """A durable queue between two functions: writes, deliveries, and the payload."""
        ...

    def error_events(self, count: float, /) -> Uses:
        """Error events: published to the topic, stored by the reporter (its run is charged as a function)."""
        ...

    def workflow(self, runs: float, /) -> Uses:
        """Runs of the event workflow."""
        ...

    def schedule(self, _: float, /) -> Uses:
        """One schedule. Nothing where it is a trigger, of which only the function's runs are billed."""
        return ()

    def hot_held(self, t: Traffic, /) -> Uses:
        """What the hot store holds."""
        ...

    def hot_written(self, t: Traffic, /) -> Uses:
        """All readings written once."""
        ...

    def hot_read(self, t: Traffic, queries: float, rows: float, /) -> Uses:
        """Queries that find so many readings each."""
        ...

    def hot_moved(self, t: Traffic, /) -> Uses:
        """All readings read once by the mover, and expired."""
        ...

    def hot_taken(self, t: Traffic, /) -> Uses:
        """All readings read once, by a move to another cloud."""
        ...

    def hot_filled(self, t: Traffic, /) -> Uses:
        """All readings written once, by a move from another cloud."""
        ...

    def small_rows(self, reads: float, writes: float, /) -> Uses:
        """Rows of up to 1 KB in a table of rows that is paid by request, read and written one by one."""
        ...

    def twin_held(self, t: Traffic, /) -> Uses:
        """The twin service itself, for its entities and the dashboards' queries. Nothing else moves these meters."""
        ...

    def twin_written(self, _: Traffic, /) -> Uses:
        """All readings written to the twin service. Nothing where it reads."""
        return ()

    def dashboards(self, t: Traffic, /) -> Uses:
        """Grafana, for its users."""
        ...

    def plans(self, t: Traffic, book: PriceBook, /) -> Mapping[str, "Plan"]:
        """The pricing of the meters that start with ``plan.``."""
        ...


Plan = Callable[[float], tuple[Variant, ...]]
"""A service that can be bought in several ways: from a quantity to every way that can carry it; never empty."""


def cheapest(variants: Iterable[Variant]) -> Variant:
    """The cheapest variant; of equal ones the first."""
    return min(variants, key=lambda each: each.cost)


def plan_pricer(plan: Plan) -> Pricer:
    """A plan as a pricer: what the cheapest variant costs."""
    return lambda quantity: min(each.cost for each in plan(quantity))
