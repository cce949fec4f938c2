"""The emulated clouds' queues refuse what the deployed ones refuse."""

import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.readings import reading
from twin2multicloud.clouds.aws import queue as sqs
from twin2multicloud.clouds.azure import queue as storage_queue
from twin2multicloud.clouds.gcp import queue as pub_sub
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.emulator.adapters.invoker import records

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def of_size(size):
    empty = reading({"device_id": "d", "timestamp": "2026-01-15T10:00:00.000Z", "message_id": "m", "t": ""})
    values = {"device_id": "d", "timestamp": "2026-01-15T10:00:00.000Z", "message_id": "m"}
    return reading({**values, "t": "x" * (size - len(empty.encoded))})


@pytest.mark.parametrize(
    ("cloud", "limit"),
    [
        (AWS, sqs.MAX_RECORD_BYTES),
        (AZURE, storage_queue.MAX_RECORD_BYTES),
        (GCP, pub_sub.MAX_RECORD_BYTES),
    ],
)
def test_a_reading_that_the_clouds_queue_refuses_is_refused_here(cloud, limit):
    assert all(len(record) <= limit for record in records(cloud).of_batch([of_size(limit - 2_000)] * 3, TRACE))
    with pytest.raises(FinalError, match=f"over the limit of {limit} bytes of a queue on {cloud}"):
        records(cloud).of_batch([of_size(limit + 1)], TRACE)


def test_a_reading_of_100_kb_passes_on_two_clouds_only():
    assert len(records(AWS).of_batch([of_size(100_000)], TRACE)) == 1
    assert len(records(GCP).of_batch([of_size(100_000)], TRACE)) == 1
    with pytest.raises(FinalError, match="over the limit of 49152 bytes"):
        records(AZURE).of_batch([of_size(100_000)], TRACE)
