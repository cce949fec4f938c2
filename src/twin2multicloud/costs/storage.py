"""What object stores bill for what movers and people do with them. Owns that rule once for three clouds.

Requests are those of the adapters in ``clouds/*/object_store.py``. Deletions are free on all three. Sources of the
classes' minimums: aws.amazon.com/s3/pricing, learn.microsoft.com storage/blobs/access-tiers-overview,
cloud.google.com/storage/docs/storage-classes.
"""

from typing import NamedTuple

import msgspec

from twin2multicloud.costs.tariff import Uses
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import DAYS_PER_MONTH, KB_PER_GB


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What remains of a restore in the bill: the copy that can be read, at `meter`, for `days`."""

    meter: str
    days: float
    note: str


class Billed(NamedTuple):
    """The GB-months that a month bills, by reason. Their sum is what the class's meter counts."""

    stored: float
    minimum_size: float
    object_overhead: float
    early_deletion: float


class ObjectStore(msgspec.Struct, frozen=True, kw_only=True):
    """A class of storage. `meter` begins its meters' names, in which `gb` is the unit of size.

    A month's objects are billed as at least `minimum_kb` each, with `extra_kb` of overhead on top, and `index_kb` more
    at the rate of `index_meter`. A deletion before `minimum_days` is billed as if they had passed (the early-deletion
    fee, pro rata). A copy into this class looks at the source so often (`source_looks`, on the source's `look_meter`),
    and at its own object `target_looks` times. `page_requests`: requests of a listing of a thousand after the first.
    """

    label: str
    meter: str
    minimum_days: float
    minimum_kb: float = 0
    extra_kb: float = 0
    index_kb: float = 0
    index_meter: str = ""
    look_meter: str
    source_looks: int
    target_looks: int = 0
    page_requests: int = 1
    gb: str = "gb"
    restored: Restored | None = None

    def billed(self, t: Traffic, months: float) -> Billed:
        """What it holds in the steady state, each month's objects for `months`, as it is billed."""
        overhead = t.chunks * self.extra_kb / KB_PER_GB
        padding = max(t.chunks * self.minimum_kb / KB_PER_GB - t.packed_gb, 0.0)
        early = max(self.minimum_days / DAYS_PER_MONTH - months, 0.0)
        whole = t.packed_gb + padding + overhead
        return Billed(t.packed_gb * months, padding * months, overhead * months, whole * early)

    def held(self, t: Traffic, months: float) -> Uses:
        """What it holds in the steady state, each month's objects for `months`, and what people read back of it."""
        billed = self.billed(t, months)
        yield f"{self.meter}.{self.gb}_month", sum(billed)
        if self.index_kb:
            stay = max(months, self.minimum_days / DAYS_PER_MONTH)
            yield self.index_meter, t.chunks * self.index_kb / KB_PER_GB * stay
        share = t.workload.restore_share * months
        yield from self.retrieved(t.chunks * share, t.packed_gb * share)

    def retrieved(self, objects: float, gb: float) -> Uses:
        """Objects read by people: restored first where the class asks for it."""
        yield f"{self.meter}.read", objects
        yield f"{self.meter}.retrieved_{self.gb}", gb
        if self.restored is not None:
            yield self.restored.meter, gb * self.restored.days / DAYS_PER_MONTH

    def written(self, t: Traffic) -> Uses:
        """A month's objects written: one creation each."""
        yield f"{self.meter}.write", t.chunks

    def taken(self, t: Traffic, source: "ObjectStore") -> Uses:
        """A month's objects copied into this class by the cloud itself."""
        yield f"{self.meter}.write", t.chunks
        yield source.look_meter, t.chunks * self.source_looks
        if self.target_looks:
            yield self.look_meter, t.chunks * self.target_looks

    def searched(self, t: Traffic, months: float) -> Uses:
        """All objects listed once a round in search of due ones, and the due ones' bytes read, by the mover."""
        more = t.listings(months) - t.listed_shares
        yield f"{self.meter}.list", t.listed_shares + more * self.page_requests
        yield f"{self.meter}.retrieved_{self.gb}", t.packed_gb

    def fetched(self, t: Traffic) -> Uses:
        """A month's objects downloaded, one request each (their bytes are counted by `searched`)."""
        yield f"{self.meter}.read", t.chunks

    def read(self, t: Traffic) -> Uses:
        """A month's objects read, all of them, one request each."""
        yield from self.fetched(t)
        yield f"{self.meter}.retrieved_{self.gb}", t.packed_gb
