"""AWS: IoT Core, Lambda, SQS, DynamoDB, S3 Standard-IA and Glacier Deep Archive, IoT TwinMaker, Managed Grafana.

Owns which meters each activity moves on AWS and what is billed in which unit; holds no price.
"""

# ruff: noqa: D102 - the methods are those of Tariff and Plan, which say what each means

import math
from collections.abc import Mapping

import msgspec

from twin2multicloud.costs.prices import PriceBook, Pricer
from twin2multicloud.costs.storage import ObjectStore
from twin2multicloud.costs.tariff import Plan, Uses, Variant
from twin2multicloud.costs.traffic import EVENT_RUN_STEPS, Traffic
from twin2multicloud.costs.workload import HOURS_PER_MONTH, KB_PER_GB, SECONDS_PER_MONTH
from twin2multicloud.domain.placement import Cloud

_AWS = Cloud("aws")

IOT_UNIT_KB = 5.0
"""IoT Core meters messages, rules and actions per started 5 KB."""
SQS_UNIT_KB = 64.0
BUNDLES = (
    (1_000, 3_800_000, 25_000_000),
    (5_000, 9_000_000, 60_000_000),
    (10_000, 14_300_000, 95_000_000),
    (20_000, 24_000_000, 160_000_000),
)
"""TwinMaker's tiered bundles: entities, queries and API calls included (aws.amazon.com/iot-twinmaker/pricing)."""


class AwsTariff:
    """See `Tariff`."""

    token, egress = "secrets.month", "egress.gb"
    cold = ObjectStore(meter="s3ia", minimum_days=30, minimum_kb=128)  # S3 Standard-IA
    archive = ObjectStore(meter="deep_archive", minimum_days=180, extra_kb=40)  # index and metadata of each object

    def connections(self, t: Traffic) -> Uses:
        yield "iot.connection_minute", t.workload.devices * HOURS_PER_MONTH * 60

    def devices(self, t: Traffic) -> Uses:
        units = t.messages * math.ceil(t.workload.message_kb / IOT_UNIT_KB)
        yield from self.connections(t)
        yield "iot.message", units
        yield "iot.rule", units
        yield "iot.action", units

    def commands(self, _: Traffic, count: float) -> Uses:
        yield "iot.message", count

    def dispatched(self, t: Traffic) -> float:
        return t.messages  # a rule's Lambda action is one invocation per reading

    def function(self, t: Traffic, invocations: float, milliseconds: float) -> Uses:
        logs = invocations * t.workload.log_kb_per_request / KB_PER_GB
        yield "lambda.request", invocations
        yield "lambda.gb_second", milliseconds / 1000 * t.workload.function_mb / 1024
        yield "logs.gb", logs
        yield "logs.gb_month", logs

    def queue(self, _: Traffic, sends: float, receives: float, gb: float) -> Uses:
        # a send, a receive and a delete; above 64 KB a batch is billed in pieces
        yield "sqs.request", sends + 2 * max(receives, gb * KB_PER_GB / SQS_UNIT_KB)

    def error_events(self, count: float) -> Uses:
        yield "sns.publish", count
        yield "dynamodb.write_unit", 2 * count  # an error event is between 1 and 2 KB

    def workflow(self, runs: float) -> Uses:
        yield "workflow.transition", runs * EVENT_RUN_STEPS

    def schedule(self, runs: float) -> Uses:
        yield "scheduler.invocation", runs

    def hot_held(self, t: Traffic) -> Uses:
        yield "dynamodb.gb_month", t.hot_gb

    def hot_written(self, _: Traffic) -> Uses:
        return ()  # part of plan.dynamodb, which knows the writes

    def hot_read(self, t: Traffic, queries: float, rows: float) -> Uses:
        yield "plan.dynamodb", queries * math.ceil(rows * t.size_units / 4) / 2  # eventually consistent

    def hot_moved(self, t: Traffic) -> Uses:
        yield "plan.dynamodb", t.messages * t.size_units / 4 / 2  # expiry by TTL is free

    def hot_taken(self, t: Traffic) -> Uses:
        yield "dynamodb.read_unit", t.messages * t.size_units / 4 / 2

    def hot_filled(self, t: Traffic) -> Uses:
        yield "dynamodb.write_unit", t.messages * t.size_units

    def twin_held(self, _: Traffic) -> Uses:
        yield "plan.twinmaker", 1

    def twin_written(self, _: Traffic) -> Uses:
        return ()  # TwinMaker reads; readings are not written to it

    def dashboards(self, t: Traffic) -> Uses:
        yield "grafana.editor", t.workload.editors
        yield "grafana.viewer", t.workload.viewers

    def plans(self, t: Traffic, book: PriceBook) -> Mapping[str, Plan]:
        return {"plan.dynamodb": DynamoPlan.of(t, book), "plan.twinmaker": TwinMakerPlan.of(t, book)}


class DynamoPlan(msgspec.Struct, frozen=True):
    """DynamoDB reads and writes, on demand or provisioned; the mode is the table's, so both move together.

    The quantity is read units of 4 KB; writes are known: one whole unit per started KB of every reading.
    """

    writes: float
    peak_factor: float
    write_unit: Pricer
    read_unit: Pricer
    wcu_hour: Pricer
    rcu_hour: Pricer

    @classmethod
    def of(cls, t: Traffic, book: PriceBook) -> "DynamoPlan":
        """The plan for one workload's writes."""
        meters = ("write_unit", "read_unit", "wcu_hour", "rcu_hour")
        free = t.workload.free_tiers
        prices = (book.price(_AWS, f"dynamodb.{meter}").pricer(free_tiers=free) for meter in meters)
        return cls(t.messages * t.size_units, t.workload.peak_factor, *prices)

    def variants(self, quantity: float) -> tuple[Variant, ...]:
        on_demand = self.write_unit(self.writes) + self.read_unit(quantity)
        wcu, rcu = self._capacity(self.writes), self._capacity(quantity)
        provisioned = self.wcu_hour(wcu * HOURS_PER_MONTH) + self.rcu_hour(rcu * HOURS_PER_MONTH)
        return (
            Variant("DynamoDB", "on-demand", on_demand),
            Variant("DynamoDB", "provisioned", provisioned, f"{wcu} WCU, {rcu} RCU"),
        )

    def _capacity(self, units: float) -> int:
        return max(1, math.ceil(units / SECONDS_PER_MONTH * self.peak_factor))


class TwinMakerPlan(msgspec.Struct, frozen=True):
    """TwinMaker by use, or one of its tiered bundles with what it includes. The quantity is always 1: one workspace."""

    entities: float
    queries: float
    calls: float
    entity: Pricer
    query: Pricer
    call: Pricer
    bundles: tuple[Pricer, ...]

    @classmethod
    def of(cls, t: Traffic, book: PriceBook) -> "TwinMakerPlan":
        """The plan for one workload: an entity per device at least, a query per refresh, an API call per series."""
        w = t.workload
        reads = t.history_queries + t.latest_queries if w.dashboards == "twin" else 0.0
        price = {name: book.price(_AWS, f"twinmaker.{name}").pricer() for name in ("entity", "query", "api_call")}
        bundles = tuple(book.price(_AWS, f"twinmaker.bundle{n}").pricer() for n in range(1, len(BUNDLES) + 1))
        queries = t.latest_queries if w.dashboards == "twin" else 0.0
        entities = max(w.entities, w.devices)
        return cls(entities, queries, reads, price["entity"], price["query"], price["api_call"], bundles)

    def variants(self, quantity: float) -> tuple[Variant, ...]:
        standard = self.entity(self.entities) + self.query(self.queries) + self.call(self.calls)
        return (
            Variant("TwinMaker", "standard", standard * quantity, f"{self.entities:,.0f} entities"),
            *(self._bundle(n, quantity) for n in range(len(BUNDLES)) if self.entities <= BUNDLES[n][0]),
        )

    def _bundle(self, n: int, quantity: float) -> Variant:
        entities, queries, calls = BUNDLES[n]
        over = self.query(max(self.queries - queries, 0)) + self.call(max(self.calls - calls, 0))
        return Variant(
            "TwinMaker", f"bundle {n + 1}", (self.bundles[n](1) + over) * quantity, f"to {entities:,} entities"
        )
