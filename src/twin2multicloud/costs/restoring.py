"""What reading archived objects costs, and how long it takes. Owns the sum; the figures are the price book's."""

import msgspec

from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.storage import Restored
from twin2multicloud.costs.usage import tariff_of
from twin2multicloud.costs.workload import DAYS_PER_MONTH
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.services import services_of


class RestoreCost(msgspec.Struct, frozen=True, kw_only=True):
    """USD of one restore: requests, retrieval by size, and the readable copies for as long as they are billed.

    `hours` until the objects can be read; None where they can be read at once. `note` says what becomes of the copies.
    """

    hours: float | None
    requests: float
    retrieval: float
    copies: float
    note: str = ""

    @property
    def total(self) -> float:
        """All three together."""
        return self.requests + self.retrieval + self.copies


def restore_hours(cloud: Cloud) -> float | None:
    """How long archived objects of a cloud take to become readable, at the usual price; None: they are, at once."""
    return services_of(cloud).restore_hours


def restore_cost(cloud: Cloud, objects: int, gb: float, prices: PriceBook) -> RestoreCost:
    """What it costs to restore so many archived objects of `gb` (1024^3 bytes) together, once, at list price.

    Free tiers are not counted. Raises ConfigurationError where a price is missing.
    """
    archive = tariff_of(cloud).archive
    kept: Restored | None = archive.restored

    def cost(meter: str, quantity: float) -> float:
        return prices.price(cloud, meter).pricer(free_tiers=False)(quantity)

    return RestoreCost(
        hours=restore_hours(cloud),
        requests=cost(f"{archive.meter}.read", objects),
        retrieval=cost(f"{archive.meter}.retrieved_{archive.gb}", gb),
        copies=cost(kept.meter, gb * kept.days / DAYS_PER_MONTH) if kept else 0.0,
        note=kept.note if kept else "",
    )
