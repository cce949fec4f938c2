"""Google Cloud: Cloud Run, Pub/Sub, Firestore, Cloud Storage Coldline and Archive, our twin and Grafana on Run.

Owns which meters each activity moves on Google Cloud and what is billed in which unit; holds no price.
"""

# ruff: noqa: D102 - the methods are those of Tariff, which says what each means

import math
from collections.abc import Mapping

from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.storage import ObjectStore
from twin2multicloud.costs.tariff import Plan, Tariff, Uses, Variant
from twin2multicloud.costs.traffic import EVENT_RUN_STEPS, Traffic
from twin2multicloud.costs.workload import HOURS_PER_MONTH, KB_PER_GB, SECONDS_PER_MONTH
from twin2multicloud.domain.placement import Cloud

_GCP = Cloud("gcp")

PUBSUB_MIN_KB = 1.0
"""Pub/Sub bills at least 1 KB per message, once published and once delivered."""
ROUND_MS = 100.0
"""Cloud Run bills started 100 ms per request; a request waits 50 ms for the end of its slice on average."""
VCPU_PER_GIB = 2 / 3
"""The CPU that Cloud Run functions give by default per GiB of memory (256 MiB: 1/6 vCPU)."""
GATEWAY_MS = 10.0
"""How long our device gateway holds one reading: check, publish, answer."""
GATEWAY_CONCURRENCY = 100
GATEWAY_LOOKS_AGAIN_S = 300.0
"""How long an instance of the gateway knows a device's key, before it reads the registry again."""
TWIN_VCPU, TWIN_GIB, TWIN_QUERIES_PER_SECOND = 1.0, 0.5, 50.0
GRAFANA_VCPU, GRAFANA_GIB, USERS_PER_INSTANCE = 1.0, 1.0, 200


class GcpTariff(Tariff):
    """See `Tariff`."""

    token, egress = "secret.version_month", "egress.gib"
    cold = ObjectStore(
        label="Cloud Storage Coldline",
        meter="coldline",
        minimum_days=90,
        look_meter="coldline.read",
        source_looks=1,
        page_requests=2,  # it lists from the last name on, which is one more than a page has
        gb="gib",
    )
    archive = ObjectStore(
        label="Cloud Storage Archive",
        meter="gcs_archive",
        minimum_days=365,
        look_meter="gcs_archive.read",
        source_looks=1,
        gb="gib",
    )

    def connections(self, t: Traffic) -> Uses:
        instances = math.ceil(_gateway_seconds(t) / SECONDS_PER_MONTH)
        looks = instances * t.workload.devices * SECONDS_PER_MONTH / GATEWAY_LOOKS_AGAIN_S
        yield "firestore.second_read", min(t.messages, looks)  # the registry is a database of its own

    def devices(self, t: Traffic) -> Uses:
        seconds = _gateway_seconds(t)
        yield from self.connections(t)
        yield "run.request", t.messages
        yield "run.vcpu_second", seconds
        yield "run.gib_second", seconds * 0.5
        yield "pubsub.gib", 2 * _published_gib(t.batches, t.gb)

    def commands(self, _: Traffic, count: float) -> Uses:
        yield "pubsub.gib", 2 * _published_gib(count, 0)

    def function(self, t: Traffic, invocations: float, milliseconds: float) -> Uses:
        seconds = (milliseconds + invocations * ROUND_MS / 2) / 1000
        gib = t.workload.function_mb / 1024
        yield "run.request", invocations
        yield "run.vcpu_second", seconds * gib * VCPU_PER_GIB
        yield "run.gib_second", seconds * gib
        yield "logs.gib", invocations * t.workload.log_kb_per_request / KB_PER_GB

    def queue(self, _: Traffic, sends: float, receives: float, gb: float) -> Uses:
        yield "pubsub.gib", _published_gib(sends, gb) + _published_gib(receives, gb)

    def error_events(self, count: float) -> Uses:
        yield "pubsub.gib", 2 * _published_gib(count, count * 2 / KB_PER_GB)
        yield "firestore.write", count

    def workflow(self, runs: float) -> Uses:
        yield "workflow.step", runs * EVENT_RUN_STEPS

    def schedule(self, _: float) -> Uses:
        yield "scheduler.job", 1

    def hot_held(self, t: Traffic) -> Uses:
        yield "firestore.gib_month", t.hot_gb

    def hot_written(self, t: Traffic) -> Uses:
        yield "firestore.write", t.messages  # per document, whatever its size up to 1 MiB

    def hot_read(self, _: Traffic, queries: float, rows: float) -> Uses:
        yield "firestore.read", queries * rows

    def hot_moved(self, t: Traffic) -> Uses:
        yield "firestore.read", t.messages + t.hot_searches  # a query that finds nothing is one
        yield "firestore.delete", t.messages

    def hot_taken(self, t: Traffic) -> Uses:
        yield "firestore.read", t.messages

    def hot_filled(self, t: Traffic) -> Uses:
        yield "firestore.write", t.messages

    def small_rows(self, reads: float, writes: float) -> Uses:
        yield "firestore.read", reads
        yield "firestore.write", writes

    def twin_held(self, t: Traffic) -> Uses:
        queries = t.history_queries + t.latest_queries if t.workload.dashboards == "twin" else 0.0
        active_seconds = max(t.workload.active_hours_per_day, 1) / 24 * SECONDS_PER_MONTH
        busy = queries / active_seconds * t.workload.peak_factor / TWIN_QUERIES_PER_SECOND
        yield "plan.twin_service", max(1, math.ceil(busy))

    def dashboards(self, t: Traffic) -> Uses:
        users = t.workload.editors + t.workload.viewers
        yield "plan.grafana", max(1, math.ceil(users / USERS_PER_INSTANCE))

    def plans(self, _: Traffic, book: PriceBook) -> Mapping[str, Plan]:
        return {
            "plan.twin_service": instance_plan(book, "Twin service on Cloud Run", TWIN_VCPU, TWIN_GIB),
            "plan.grafana": instance_plan(book, "Grafana on Cloud Run", GRAFANA_VCPU, GRAFANA_GIB),
        }


def instance_plan(book: PriceBook, service: str, vcpu: float, gib: float) -> Plan:
    """A container that always runs, billed by instance. The quantity is instances."""
    meters = ("run.instance_vcpu_second", "run.instance_gib_second")
    vcpu_second, gib_second = (book.price(_GCP, meter).pricer() for meter in meters)

    def variants(instances: float) -> tuple[Variant, ...]:
        seconds = instances * HOURS_PER_MONTH * 3600
        cost = vcpu_second(seconds * vcpu) + gib_second(seconds * gib)
        return (Variant(service, "always on", cost, f"{instances:g} x {vcpu:g} vCPU, {gib:g} GiB"),)

    return variants


def _gateway_seconds(t: Traffic) -> float:
    """How long an instance of the gateway is at work: answering, and waiting for company where there is some."""
    waits = t.workload.batch_window if t.batches < t.messages / t.workload.messages_per_request else 0.0
    return t.messages * (GATEWAY_MS / 1000 + waits) / GATEWAY_CONCURRENCY


def _published_gib(messages: float, gb: float) -> float:
    return max(gb, messages * PUBSUB_MIN_KB / KB_PER_GB)
