"""AWS: IoT Core, Lambda, SQS, DynamoDB, S3 Standard-IA and Glacier Deep Archive, IoT TwinMaker, Managed Grafana.

Owns which meters each activity moves on AWS and what is billed in which unit; holds no price.
"""

# ruff: noqa: D102 - the methods are those of Tariff, which says what each means

import math
from collections.abc import Mapping

from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.storage import ObjectStore, Restored
from twin2multicloud.costs.tariff import Plan, Tariff, Uses, Variant
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


class AwsTariff(Tariff):
    """See `Tariff`."""

    token, egress = "secrets.month", "egress.gb"
    cold = ObjectStore(
        label="S3 Standard-IA",
        meter="s3ia",
        minimum_days=30,
        minimum_kb=128,
        look_meter="s3ia.read",
        source_looks=1,
    )
    archive = ObjectStore(
        label="S3 Glacier Deep Archive",
        meter="deep_archive",
        minimum_days=180,
        extra_kb=32,
        index_kb=8,  # name and metadata, at S3 Standard's rate
        index_meter="deep_archive.standard_gb_month",
        look_meter="deep_archive.read",
        source_looks=1,
        restored=Restored(
            meter="deep_archive.standard_gb_month", days=7, note="the restored copies are kept for 7 days"
        ),
    )

    def connections(self, t: Traffic) -> Uses:
        yield "iot.connection_minute", t.workload.devices * HOURS_PER_MONTH * 60

    def devices(self, t: Traffic) -> Uses:
        units = t.messages * math.ceil(t.workload.message_kb / IOT_UNIT_KB)
        yield from self.connections(t)
        yield "iot.message", units
        yield "iot.rule", units
        yield "iot.action", units
        yield from self.queue(t, t.messages, t.batches, t.gb)  # the rule fills the dispatcher's queue

    def commands(self, _: Traffic, count: float) -> Uses:
        yield "iot.message", count

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
        yield "eventbridge.event", count
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
        # The deletions are part of the plan. A query that finds nothing takes half a unit.
        yield "plan.dynamodb", t.messages * t.size_units / 4 / 2 + t.hot_searches / 2

    def hot_taken(self, t: Traffic) -> Uses:
        yield "dynamodb.read_unit", t.messages * t.size_units / 4 / 2

    def hot_filled(self, t: Traffic) -> Uses:
        yield "dynamodb.write_unit", t.messages * t.size_units

    def small_rows(self, reads: float, writes: float) -> Uses:
        yield "dynamodb.read_unit", reads / 2  # eventually consistent
        yield "dynamodb.write_unit", writes

    def twin_held(self, _: Traffic) -> Uses:
        yield "plan.twinmaker", 1

    def dashboards(self, t: Traffic) -> Uses:
        yield "grafana.editor", t.workload.editors
        yield "grafana.viewer", t.workload.viewers

    def plans(self, t: Traffic, book: PriceBook) -> Mapping[str, Plan]:
        return {"plan.dynamodb": dynamo_plan(t, book), "plan.twinmaker": twinmaker_plan(t, book)}


def dynamo_plan(t: Traffic, book: PriceBook) -> Plan:
    """DynamoDB reads and writes, on demand or provisioned; the mode is the table's, so both move together.

    The quantity is read units of 4 KB; writes are known: one whole unit per started KB of every reading, and as many
    again when the mover deletes it.
    """
    meters = ("write_unit", "read_unit", "wcu_hour", "rcu_hour")
    prices = (book.price(_AWS, f"dynamodb.{meter}").pricer(free_tiers=t.workload.free_tiers) for meter in meters)
    write_unit, read_unit, wcu_hour, rcu_hour = prices
    writes = 2 * t.messages * t.size_units

    def capacity(units: float) -> int:
        return max(1, math.ceil(units / SECONDS_PER_MONTH * t.workload.peak_factor))

    def variants(reads: float) -> tuple[Variant, ...]:
        wcu, rcu = capacity(writes), capacity(reads)
        provisioned = wcu_hour(wcu * HOURS_PER_MONTH) + rcu_hour(rcu * HOURS_PER_MONTH)
        return (
            Variant("DynamoDB", "on-demand", write_unit(writes) + read_unit(reads)),
            Variant("DynamoDB", "provisioned", provisioned, f"{wcu} WCU, {rcu} RCU"),
        )

    return variants


def twinmaker_plan(t: Traffic, book: PriceBook) -> Plan:
    """TwinMaker by use, or one of its tiered bundles with what it includes. The quantity is always 1: one workspace.

    An entity per device at least, a query per refresh, an API call per series.
    """
    w = t.workload
    asked = w.dashboards == "twin"
    entities, queries = max(w.entities, w.devices), t.latest_queries if asked else 0.0
    calls = t.history_queries + t.latest_queries if asked else 0.0
    entity, query, call = (book.price(_AWS, f"twinmaker.{each}").pricer() for each in ("entity", "query", "api_call"))
    bundles = [book.price(_AWS, f"twinmaker.bundle{n}").pricer() for n in range(1, len(BUNDLES) + 1)]

    def bundle(n: int, quantity: float) -> Variant:
        most, free_queries, free_calls = BUNDLES[n]
        over = query(max(queries - free_queries, 0)) + call(max(calls - free_calls, 0))
        return Variant("TwinMaker", f"bundle {n + 1}", (bundles[n](1) + over) * quantity, f"to {most:,} entities")

    def variants(quantity: float) -> tuple[Variant, ...]:
        standard = entity(entities) + query(queries) + call(calls)
        return (
            Variant("TwinMaker", "standard", standard * quantity, f"{entities:,.0f} entities"),
            *(bundle(n, quantity) for n in range(len(BUNDLES)) if entities <= BUNDLES[n][0]),
        )

    return variants
