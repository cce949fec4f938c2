"""A canary: a token and a device's key that pass through every function's failures appear in nothing it lets out."""

import base64
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from tests.rigs.clock import START
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.readings import reading
from tests.rigs.twins import twin
from tests.rigs.world import TOKEN, World
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.readings import RawReading
from twin2multicloud.ports.hot_store import BEFORE_ALL
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.http import Request, json_response
from twin2multicloud.wire.tokens import HEADER

KEY = "k3y-0f-th3-d3vic3"
BASIC = base64.b64encode(f"sensor-1:{KEY}".encode()).decode()
SIGNED = {HEADER: TOKEN, "authorization": f"Basic {BASIC}", "content-type": "application/json"}

PLACES = [
    Placement.single(GCP),
    Placement(l1=GCP, l2=AWS, l3_hot=AZURE, l3_cold=GCP, l3_archive=AWS, l4=GCP, l5=AWS),
    Placement(l1=AWS, l2=AZURE, l3_hot=GCP, l3_cold=AWS, l3_archive=AZURE, l4=AWS, l5=GCP),
]
BODIES = [b"no json", b"{}", b"\xff\xfe", b'{"payload": 1}', msgspec.json.encode({"payload": [{"t": 1}]})]

_MEASURED = reading({"device_id": "sensor-1", "timestamp": START, "message_id": "m", "temperature": 21.5})
RECORD = queue_records.encode([_MEASURED.encoded], f"{1:032x}", START)


class Broken:
    """A port, of whatever kind, that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _: str) -> Any:
        def fails(*_: object, **__: object) -> Any:
            raise self._error

        return fails


def broken(house: World, kind: type[Exception]) -> None:
    """Everything that functions reach fails: what they hold already is taken from under them.

    Only who posts holds the token, so that only its errors can show it.
    """
    error = kind("the store is dark")
    for ports in house.ports.values():
        for stores in (ports.stores, ports.error_tables):
            for store in stores.values():
                store.__class__ = type("Failing", (Broken,), {})  # the functions hold the object
                store.__dict__ = {"_error": error}
        for store in ports.objects.values():
            store.__class__ = type("Failing", (Broken,), {})
            store.__dict__ = {"_error": error}
    house.transport.served.clear()
    house.transport.post = Broken(kind(f"POST https://x.example: 500, sent {{'{HEADER}': '{TOKEN}'}}")).post


def events_for(trigger: Trigger) -> list[Any]:
    match trigger:
        case Trigger.DEVICE:
            return [[RawReading(body, "sensor-1", None)] for body in BODIES]
        case Trigger.QUEUE:
            return [[body] for body in (*BODIES, RECORD)] + [BODIES, [RECORD, RECORD]]
        case Trigger.HTTP:
            paths = ("/", "/topics/dt/house/sensor-1/telemetry", "/health")
            good = [Request("POST", path, SIGNED, body) for body in BODIES for path in paths]
            return [*good, *(msgspec.structs.replace(each, headers={**SIGNED, HEADER: "wrong"}) for each in good)]
        case Trigger.CALL:
            return [{}, {"action": "list"}, {"action": "erase", "device_id": "d"}, {"action": "keep-up"}, {"a": 1}]
        case _:
            return [None]


@pytest.mark.parametrize("place", PLACES, ids=Placement.key)
@pytest.mark.parametrize("kind", [RetryableError, FinalError, ValueError])
def test_a_token_and_a_key_appear_in_no_log_event_table_or_answer(place, kind):
    house = World(msgspec.structs.replace(twin(place), management_url="https://management.example/errors"))
    for ports in house.ports.values():
        ports.keys["sensor-1"] = KEY
    out: list[object] = []
    for state in ("sound", "echo", "broken"):
        if state == "echo":  # a proxy that shows the request in its answer
            house.transport.served = dict.fromkeys(house.transport.served, lambda each: json_response(500, each))
        if state == "broken":
            broken(house, kind)
        for function in house.functions.values():
            for trigger in function.handlers:
                for event in events_for(trigger):
                    with suppress(Exception):  # what a function raises is its runtime's; what it says is looked at
                        out.append(function.run(trigger, event))
    events = [event for ports in house.ports.values() for event in ports.errors.events]
    assert {each.component for each in events} >= {"processor", "dispatcher"}, "functions did fail"
    if place != PLACES[0]:
        assert any("***" in each.message for each in events), "the token did come by"
    tables = World(twin(place))
    for cloud in place.clouds:
        reporter = tables.functions[f"{cloud}.error-reporter"]
        reporter.run(Trigger.QUEUE, [msgspec.json.encode(each) for each in house.ports[cloud].errors.events])
        out += tables.ports[cloud].error_tables[f"{cloud}.error-table"].newest(BEFORE_ALL, 10_000)
    said = [line for ports in house.ports.values() for line in ports.lines]
    letters = [queue.letters for ports in house.ports.values() for queue in ports.queues.values()]
    said += [letter.error for each in letters for letter in each]
    leaks = [each for each in (*out, *events, *said) if any(secret in repr(each) for secret in (TOKEN, KEY, BASIC))]
    assert leaks == []
