"""What object stores bill for storage, writes and reads. Owns that rule once for three clouds."""

import msgspec

from twin2multicloud.costs.tariff import Uses
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import DAYS_PER_MONTH, KB_PER_GB


class ObjectStore(msgspec.Struct, frozen=True, kw_only=True):
    """A class of storage. `meter` begins its meters' names, in which `gb` is the unit of size.

    A month's objects are billed as at least `minimum_kb` each, with `extra_kb` of index on top. A deletion before
    `minimum_days` is billed as if they had passed (the early-deletion fee, pro rata).
    """

    meter: str
    minimum_days: float
    minimum_kb: float = 0
    extra_kb: float = 0
    gb: str = "gb"

    def held(self, t: Traffic, months: float) -> Uses:
        """What it holds in the steady state, each month's objects for `months`, and what people read back of it."""
        billed = max(t.gb, t.chunks * self.minimum_kb / KB_PER_GB) + t.chunks * self.extra_kb / KB_PER_GB
        held = billed * max(months, self.minimum_days / DAYS_PER_MONTH)
        returned = held * t.workload.restore_share
        yield f"{self.meter}.{self.gb}_month", held
        yield f"{self.meter}.retrieved_{self.gb}", returned
        yield f"{self.meter}.read", returned * 1024 / t.workload.chunk_mb

    def written(self, t: Traffic) -> Uses:
        """A month's objects written."""
        yield f"{self.meter}.write", t.chunks

    def read(self, t: Traffic) -> Uses:
        """A month's objects read, all of them."""
        yield f"{self.meter}.read", t.chunks
        yield f"{self.meter}.retrieved_{self.gb}", t.gb
