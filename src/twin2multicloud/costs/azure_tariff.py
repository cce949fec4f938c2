"""Azure: IoT Hub, Functions (Consumption), Queue Storage, Cosmos DB, Blob Cool and Archive, Digital Twins, Grafana.

Owns which meters each activity moves on Azure and what is billed in which unit; holds no price.
"""

# ruff: noqa: D102 - the methods are those of Tariff, which says what each means

import math
from collections.abc import Mapping

from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.storage import ObjectStore, Restored
from twin2multicloud.costs.tariff import Plan, Tariff, Uses, Variant
from twin2multicloud.costs.traffic import EVENT_RUN_STEPS, Traffic
from twin2multicloud.costs.workload import DAYS_PER_MONTH, HOURS_PER_MONTH, KB_PER_GB, SECONDS_PER_MONTH
from twin2multicloud.domain.placement import Cloud

_AZURE = Cloud("azure")

HUB_UNIT_KB = 4.0
"""IoT Hub meters per started 4 KB."""
HUB_TIERS = (("s1", 400_000, 200), ("s2", 6_000_000, 200), ("s3", 300_000_000, 10))
"""Tier, messages of a day and unit, units that one hub may have (learn.microsoft.com, IoT Hub quotas)."""
EVENT_KB, UNIT_EVENTS = 64.0, 1_000
"""Event Hubs meters per started 64 KB; a throughput unit takes 1,000 events and 1 MB a second."""
MIN_MS = 100.0
"""Consumption bills at least 100 ms per execution."""
QUEUE_UNIT_KB = 64.0
"""What one queue message holds."""
WRITE_RU, DELETE_RU, QUERY_RU, ROW_RU, MOVE_RU = 5.5, 5.5, 2.5, 0.1, 0.1
"""RU per KB written and deleted, per query, and per KB and row that a query or the mover reads. From Microsoft's
examples (a 1-KB insert 5-6 RU, a point read 1 RU, a query of 100 small rows about 10 RU; a deletion is counted as an
insert); measure with x-ms-request-charge."""
RU_STEP, RU_MINIMUM, AUTOSCALE_STEP = 100, 400, 1000
SERVERLESS_RU_LIMIT = 20_000
"""RU/s that a serverless container serves at most."""
TWIN_QUERY_UNITS, UNITS_PER_TWIN = 15.0, 0.15
"""Query units of a query: 15 at least, in proportion to the twins scanned (the paper's 1500 at 9,999 twins)."""


class AzureTariff(Tariff):
    """See `Tariff`."""

    token, egress = "keyvault.secret_month", "egress.gb"
    cold = ObjectStore(
        label="Blob, Cool", meter="blob_cool", minimum_days=30, look_meter="blob_cool.other", source_looks=1
    )
    archive = ObjectStore(
        label="Blob, Archive",
        meter="blob_archive",
        minimum_days=180,
        look_meter="blob_archive.other",
        source_looks=1,
        target_looks=2,  # before and after the copy
        restored=Restored(
            meter="blob_archive.hot_gb_month",
            days=DAYS_PER_MONTH,
            note="the restored blobs stay in the Hot tier, here counted for a month",
        ),
    )

    def devices(self, t: Traffic) -> Uses:
        yield "plan.iothub", t.messages * math.ceil(t.workload.message_kb / HUB_UNIT_KB)
        yield "eventhub.event", t.messages * math.ceil(t.workload.message_kb / EVENT_KB)
        yield "eventhub.unit_hour", _throughput_units(t) * HOURS_PER_MONTH

    def commands(self, _: Traffic, count: float) -> Uses:
        yield "plan.iothub", count

    def function(self, t: Traffic, invocations: float, milliseconds: float) -> Uses:
        yield "functions.execution", invocations
        yield "functions.gb_second", max(milliseconds, invocations * MIN_MS) / 1000 * t.workload.function_mb / 1024
        yield "logs.gb", invocations * t.workload.log_kb_per_request / KB_PER_GB

    def queue(self, _: Traffic, sends: float, receives: float, gb: float) -> Uses:
        # a put, a get and a delete
        yield "queue.operation", sends + 2 * max(receives, gb * KB_PER_GB / QUEUE_UNIT_KB)

    def error_events(self, count: float) -> Uses:
        yield "eventgrid.operation", 2 * count  # published and delivered
        yield "cosmos.serverless_ru", 2 * count * WRITE_RU  # an error event is between 1 and 2 KB

    def workflow(self, runs: float) -> Uses:
        yield "workflow.action", runs * EVENT_RUN_STEPS

    def hot_held(self, t: Traffic) -> Uses:
        yield "cosmos.gb_month", t.hot_gb

    def hot_written(self, t: Traffic) -> Uses:
        yield "plan.cosmos", t.messages * t.size_units * WRITE_RU

    def hot_read(self, t: Traffic, queries: float, rows: float) -> Uses:
        yield "plan.cosmos", queries * (QUERY_RU + ROW_RU * rows * t.size_units)

    def hot_moved(self, t: Traffic) -> Uses:
        moved = t.messages * t.size_units * (MOVE_RU + DELETE_RU)
        yield "plan.cosmos", moved + t.hot_searches * QUERY_RU

    def hot_taken(self, t: Traffic) -> Uses:
        yield "cosmos.serverless_ru", t.messages * t.size_units * MOVE_RU

    def hot_filled(self, t: Traffic) -> Uses:
        yield "cosmos.serverless_ru", t.messages * t.size_units * WRITE_RU

    def small_rows(self, reads: float, writes: float) -> Uses:
        yield "cosmos.serverless_ru", reads * QUERY_RU + writes * WRITE_RU

    def twin_held(self, t: Traffic) -> Uses:
        if t.workload.dashboards == "twin":
            twins = max(t.workload.entities, t.workload.devices)
            scan = max(TWIN_QUERY_UNITS, twins * UNITS_PER_TWIN)
            yield "adt.query_unit", t.latest_queries * scan + t.history_queries * TWIN_QUERY_UNITS

    def twin_written(self, t: Traffic) -> Uses:
        yield "adt.operation", t.messages * math.ceil(t.workload.message_kb)  # one patch, per started KB

    def dashboards(self, t: Traffic) -> Uses:
        yield "grafana.hour", HOURS_PER_MONTH
        yield "grafana.user", t.workload.editors + t.workload.viewers

    def plans(self, t: Traffic, book: PriceBook) -> Mapping[str, Plan]:
        return {"plan.iothub": hub_plan(book), "plan.cosmos": cosmos_plan(t, book)}


def _throughput_units(t: Traffic) -> int:
    """Throughput units of the event hub behind IoT Hub, for the busiest moment; one where nothing is sent."""
    a_second = t.messages / SECONDS_PER_MONTH * t.workload.peak_factor
    return max(1, math.ceil(a_second / UNIT_EVENTS), math.ceil(a_second * t.workload.message_kb / 1024))


def hub_plan(book: PriceBook) -> Plan:
    """IoT Hub: whole units of the cheapest tier that carries the month's messages. The quantity is metered messages.

    Beyond ten S3 units further hubs are needed; each brings ten more, so units simply go on.
    """
    prices = [book.price(_AZURE, f"hub.{name}_unit").pricer() for name, _, _ in HUB_TIERS]

    def variants(messages: float) -> tuple[Variant, ...]:
        found = []
        for (name, per_day, limit), price in zip(HUB_TIERS, prices, strict=True):
            count = max(1, math.ceil(messages / (per_day * DAYS_PER_MONTH)))
            if count <= limit or name == HUB_TIERS[-1][0]:
                hubs = math.ceil(count / limit)
                note = f"{count} units" if hubs == 1 else f"{count} units in {hubs} hubs"
                found.append(Variant("IoT Hub", name.upper(), price(count), note))
        return tuple(found)

    return variants


def cosmos_plan(t: Traffic, book: PriceBook) -> Plan:
    """Cosmos DB throughput: serverless, autoscale or provisioned. The quantity is request units of a month."""
    meters = ("cosmos.serverless_ru", "cosmos.autoscale_ru_hour", "cosmos.ru_hour")
    serverless, autoscale_hour, hour = (book.price(_AZURE, meter).pricer() for meter in meters)

    def variants(units: float) -> tuple[Variant, ...]:
        mean = units / SECONDS_PER_MONTH
        peak = mean * t.workload.peak_factor
        fixed = max(RU_MINIMUM, _step(peak, RU_STEP))
        highest = max(AUTOSCALE_STEP, _step(peak, AUTOSCALE_STEP))
        scaled = max(highest / 10, (mean + peak) / 2)  # billed by the hour's highest, at least a tenth of the maximum
        found = (
            Variant("Cosmos DB", "provisioned", hour(fixed * HOURS_PER_MONTH), f"{fixed} RU/s"),
            Variant("Cosmos DB", "autoscale", autoscale_hour(scaled * HOURS_PER_MONTH), f"to {highest} RU/s"),
        )
        if peak > SERVERLESS_RU_LIMIT:
            return found
        return (Variant("Cosmos DB", "serverless", serverless(units)), *found)

    return variants


def _step(value: float, step: int) -> int:
    return step * math.ceil(value / step)
