"""How each service hands readings to functions, by its documentation, from the rendered configuration; no clock.

- SQS to Lambda: five pollers, no more than the maximum concurrency; each gathers from its first message until the
  window is over or the batch is full (lambda/services-sqs-scaling, services-sqs-configure).
- Event Hubs: each partition gathers until ``minEventBatchSize`` events are there or ``maxWaitTime`` is over; with less
  than two it does not wait (functions-bindings-event-hubs).
- A storage queue: one message a run (functions-bindings-storage-queue-trigger).
- A Pub/Sub push: one message a request (pubsub/docs/push).
- Our gateway: publishes that come within the window are one message, where there was company in the last one
  (`clouds.gcp.device_ingress`).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tests.rigs.clouds import AWS, AZURE, GCP
from twin2multicloud.clouds.aws import queue as sqs
from twin2multicloud.clouds.azure import queue as storage_queue
from twin2multicloud.clouds.gcp import device_ingress
from twin2multicloud.clouds.gcp import queue as pub_sub
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.packs.azure import PACK
from twin2multicloud.planning.topology import Topology
from twin2multicloud.terraform.render.on_azure.device_gateway import PARTITIONS

_POLLERS = 5
_RECORD_BYTES = {AWS: sqs.MAX_RECORD_BYTES, AZURE: storage_queue.MAX_RECORD_BYTES, GCP: pub_sub.MAX_RECORD_BYTES}


class Batch(NamedTuple):
    """Readings that travel together, from a time in seconds on."""

    at: float
    readings: int


def runs_by_function(
    topology: Topology, config: dict[str, Any], batches: Sequence[Batch], size: int
) -> dict[str, list[Batch]]:
    """The runs of every function on the way from the devices to the hot store, for readings of `size` bytes."""
    where = topology.placement
    l1, l2, l3 = where.l1, where.l2, where.l3_hot
    found = {"dispatcher": _dispatched(topology, config, l1, batches)}
    now = found["dispatcher"]
    if l1 != l2:
        now = found["connector"] = _queued(config, l1, "connector", now, size)
        found["ingestion"] = now  # a POST is a run
    now = found["processor"] = _queued(config, l2, "processor", now, size)
    now = found["persister"] = _queued(config, l2, "persister", now, size)
    if l2 != l3:
        found["hot-writer"] = now
    return found


def _dispatched(topology: Topology, config: dict[str, Any], cloud: Cloud, batches: Sequence[Batch]) -> list[Batch]:
    if cloud == AWS:
        (rule, *_) = config["resource"]["aws_iot_topic_rule"].values()
        assert "aws_sqs_queue.dispatcher" in rule["sqs"][0]["queue_url"], "each publish would be a run"
        return _mapped(config, "dispatcher", batches)
    if cloud == AZURE:
        settings = config["resource"]["azurerm_function_app_flex_consumption"]["dispatcher"]["app_settings"]
        told = {name.rpartition("__")[2]: value for name, value in settings.items()}
        assert PACK.packaging is not None
        most = PACK.packaging.files["host.json"]["extensions"]["eventHubs"]["maxEventBatchSize"]
        fewest = int(told.get("minEventBatchSize", 1))
        assert fewest < most
        window = int(told["maxWaitTime"].rpartition(":")[2]) if fewest > 1 else 0
        return _gathered(batches, lanes=PARTITIONS, window=window, most=fewest)
    service = config["resource"]["google_cloudfunctions2_function"]["device_gateway"]["service_config"][0]
    window = int(service["environment_variables"].get("BATCH_WINDOW", 0))
    rate = len(batches) / (batches[-1].at - batches[0].at)
    # A publish holds a thread while it waits: no more than these can wait in an instance.
    most = min(device_ingress.MOST, int(service["environment_variables"]["THREADS"]))
    return _gathered(batches, lanes=1, window=window if rate * window >= device_ingress.COMPANY else 0, most=most)


def _queued(config: dict[str, Any], cloud: Cloud, key: str, batches: Sequence[Batch], size: int) -> list[Batch]:
    """The runs of a function that a queue starts with what the runs before it sent."""
    records = list(_records(batches, _RECORD_BYTES[cloud] // size))
    return _mapped(config, key, records) if cloud == AWS else records


def _records(batches: Iterable[Batch], fit: int) -> Iterable[Batch]:
    for at, readings in batches:
        while readings > 0:
            yield Batch(at, min(readings, fit))
            readings -= fit


def _mapped(config: dict[str, Any], key: str, batches: Sequence[Batch]) -> list[Batch]:
    mapping = config["resource"]["aws_lambda_event_source_mapping"][key]
    window, most = mapping["maximum_batching_window_in_seconds"], mapping["batch_size"]
    assert most <= (10_000 if window else 10), "SQS takes ten where there is no window"
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    lanes = min(_POLLERS, mapping["scaling_config"][0]["maximum_concurrency"])
    return _gathered(batches, lanes=lanes, window=window, most=most)


def _gathered(batches: Sequence[Batch], *, lanes: int, window: float, most: int) -> list[Batch]:
    """Each lane takes its share, and gathers so many messages from the first on, for the window at most."""
    found = []
    for lane in range(lanes):
        waiting: list[Batch] = []
        for batch in batches[lane::lanes]:
            if waiting and (len(waiting) == most or batch.at > waiting[0].at + window):
                found.append(_run(waiting, window, most))
                waiting = []
            waiting.append(batch)
        if waiting:
            found.append(_run(waiting, window, most))
    return sorted(found)


def _run(waiting: Sequence[Batch], window: float, most: int) -> Batch:
    at = waiting[-1].at if len(waiting) == most else waiting[0].at + window
    return Batch(at, sum(each.readings for each in waiting))
