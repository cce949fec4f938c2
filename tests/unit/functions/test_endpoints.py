"""Ingestion and hot-writer: what a 200 promises, and which message of a batch is named when it does not hold."""

import msgspec
import pytest

from tests.rigs.clock import START, RigClock
from tests.rigs.envelopes import TOKEN, TRACE, body, request
from tests.rigs.hot_store import RigHotStore
from tests.rigs.invoker import RigInvoker
from tests.rigs.telemetry_writer import served
from tests.rigs.transport import Serve
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.endpoint import WriterEndpoint
from twin2multicloud.functions.writers import QueueWriter, StoreWriter
from twin2multicloud.ports.telemetry_writer import TelemetryWriter

MIXED = [{"device_id": "a"}, {"no": "device"}, {"device_id": "b"}, {"device_id": "c", "t": {}}, {"device_id": "d"}]


def said(response) -> dict:
    return msgspec.json.decode(response.body)


def endpoint(layer: Slot, writer: TelemetryWriter) -> Serve:
    return served(WriterEndpoint(tokens=[TOKEN], layer=layer, writer=writer, clock=RigClock()))


def ingestion(invoker: RigInvoker) -> Serve:
    return endpoint(Slot.L2, QueueWriter(invoker, "house-processor"))


def hot_writer(store: RigHotStore) -> Serve:
    return endpoint(Slot.L3_HOT, StoreWriter(store))


def test_ingestion_queues_what_it_was_sent_with_its_trace():
    invoker = RigInvoker()
    assert ingestion(invoker)(request()).status == 200
    ((trace_id, (message,)),) = invoker.batches("house-processor")
    assert (trace_id, message["device_id"], message["timestamp"]) == (TRACE, "d", START)


def test_ingestion_names_what_is_no_telemetry_and_takes_the_rest():
    invoker = RigInvoker()
    response = ingestion(invoker)(request(body(payload=MIXED)))
    assert [(each["index"], each["final"]) for each in said(response)["failed"]] == [(1, True), (3, True)]
    assert [each["device_id"] for each in invoker.messages("house-processor")] == ["a", "b", "d"]


def test_ingestion_does_not_promise_what_its_queue_did_not_take():
    invoker = RigInvoker()
    invoker.down = True
    assert ingestion(invoker)(request()).status == 503
    assert invoker.queues == {}


@pytest.mark.parametrize(
    ("own", "kept"), [("b" * 32, True), ("0" * 32, False), ("x", False), (5, False), ({}, False), (None, False)]
)
def test_a_messages_own_trace_is_kept_if_it_is_one(own, kept):
    invoker = RigInvoker()
    ingestion(invoker)(request(body(payload=[{"device_id": "d", "trace_id": own}])))
    (message,) = invoker.messages("house-processor")
    assert message.get("trace_id") == (own if kept else None)


def test_the_hot_writer_stores_before_it_answers():
    store = RigHotStore()
    assert hot_writer(store)(request(body(target_layer="L3-hot"))).status == 200
    assert store.count() == 1


def test_the_hot_writer_names_places_in_the_batch_as_it_was_sent():
    """Places shift where some messages were no telemetry: what the store refuses is named by where it stood."""
    store = RigHotStore()
    store.refuses = lambda reading: reading["device_id"] in ("b", "d")
    response = hot_writer(store)(request(body(target_layer="L3", payload=MIXED)))
    assert sorted(each["index"] for each in said(response)["failed"]) == [1, 2, 3, 4]
    assert list(store.rows) == ["a"]


def test_a_number_that_no_store_has_fails_alone():
    numbers = [{"device_id": "d", "n": number} for number in range(3)]
    content = body(target_layer="L3", payload=numbers).replace(b'"n":1}', b'"n":1e400}')
    store = RigHotStore()
    assert [each["index"] for each in said(hot_writer(store)(request(content)))["failed"]] == [1]
    assert store.count() == 2


def test_a_dark_store_is_a_503():
    store = RigHotStore()
    store.down = True
    assert hot_writer(store)(request(body(target_layer="L3-hot"))).status == 503


@pytest.mark.parametrize("layer", ["L1", "L3-hot", "L4"])
def test_an_envelope_for_another_layer_is_refused(layer):
    invoker = RigInvoker()
    assert ingestion(invoker)(request(body(target_layer=layer))).status == 400
    assert invoker.queues == {}
