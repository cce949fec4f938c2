"""Declared types are held at the processor's exit and at the hot-writer, on every cloud and across them."""

from itertools import product

import msgspec
import pytest

from tests.rigs.clouds import ALL, AWS
from tests.rigs.envelopes import TRACE
from tests.rigs.natives import NATIVES
from tests.rigs.readings import reading
from tests.rigs.twins import CATALOG, twin
from tests.rigs.world import World
from twin2multicloud.domain.device import DeviceCatalog, Undeclared
from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.writers import QueueWriter

replace = msgspec.structs.replace


def catalog(**policies) -> DeviceCatalog:
    return replace(CATALOG, types=tuple(replace(each, **policies) for each in CATALOG.types))


class House:
    """A twin; one device publishes."""

    def __init__(self, placement: Placement, process=None, **policies) -> None:
        about = replace(twin(placement), catalog=catalog(**policies))
        self.world = World(about, find_processor=process and (lambda _: process))
        self._native = NATIVES[placement.l1]

    def send(self, **values) -> None:
        body = msgspec.json.encode({"ts": "2026-01-15T10:00:00Z", **values})
        self._native.device(self.world.named("dispatcher"), body, "sensor-1")
        self.world.pump()

    @property
    def stored(self) -> list[dict]:
        rows = self.world.store.rows.get("sensor-1", {})
        return [dict(rows[key]) for key in sorted(rows) if key.timestamp[0].isdigit()]

    @property
    def events(self) -> list[tuple[str, int, str]]:
        found = [event for ports in self.world.ports.values() for event in ports.errors.events]
        return [(event.error_code, event.count, event.message) for event in found]

    @property
    def letters(self) -> list[str]:
        ports = self.world.ports.values()
        return [letter.error for each in ports for queue in each.queues.values() for letter in queue.letters]


PLACEMENTS = [replace(Placement.single(third), l1=first, l2=second) for first, second, third in product(ALL, repeat=3)]


@pytest.fixture(params=PLACEMENTS, ids=lambda each: f"{each.l1}-{each.l2}-{each.l3_hot}")
def placement(request) -> Placement:
    return request.param


def typed(values: dict) -> dict:
    return {name: (type(value), value) for name, value in values.items()}


def test_what_fits_without_loss_is_converted(placement):
    house = House(placement)
    house.send(temperature=21, humidity="42", total=421.0, mode=7, on="true")
    house.send(temperature="21.5", humidity=42.0, total="9223372036854775807", mode="auto", on=0)
    assert [typed(each) for each in house.stored] in (
        [typed(one), typed(two)]
        for one, two in [
            (
                {"temperature": 21.0, "humidity": 42, "total": 421, "mode": "7", "on": True},
                {"temperature": 21.5, "humidity": 42, "total": 2**63 - 1, "mode": "auto", "on": False},
            ),
            (
                {"temperature": 21.5, "humidity": 42, "total": 2**63 - 1, "mode": "auto", "on": False},
                {"temperature": 21.0, "humidity": 42, "total": 421, "mode": "7", "on": True},
            ),
        ]
    )
    assert (house.events, house.letters) == ([], [])


def test_what_does_not_fit_is_left_out_and_named_and_the_rest_is_stored(placement):
    house = House(placement)
    house.send(temperature=True, humidity=421.5, total=2**64, mode="auto", pressure=1013)
    assert house.stored == [{"mode": "auto", "pressure": 1013}]
    ((code, count, message),) = house.events
    assert (code, count) == ("value-left-out", 3)
    for text in ("'temperature' must be DOUBLE, found 'True'", "'humidity' must be INTEGER, found '421.5'", "'total'"):
        assert f"sensor-1: property {text}" in message


def test_a_strict_project_keeps_such_a_reading_in_the_dead_letters(placement):
    house = House(placement, strict=True)
    house.send(temperature=21, humidity=421.5)
    house.send(temperature=22, humidity=42)
    assert [each["temperature"] for each in house.stored] == [22.0]
    assert house.letters == ["property 'humidity' must be INTEGER, found '421.5' (types: strict)"]
    assert [code for code, *_ in house.events] == ["processor-failed"]


def test_user_code_is_held_to_the_types_too(placement):
    house = House(placement, lambda each: {**each, "temperature": float("nan"), "humidity": each["humidity"] / 2})
    house.send(temperature=1.5, humidity=84)
    assert [typed(each) for each in house.stored] == [typed({"humidity": 42})]
    ((code, count, message),) = house.events
    assert (code, count) == ("value-left-out", 1)
    assert "'temperature' must be a scalar, found NaN" in message


def test_undeclared_properties_are_kept_unless_the_type_says_otherwise(placement):
    house = House(placement)
    house.send(temperature=21.5, pressure=1013, note="x")
    assert (house.stored, house.events) == ([{"temperature": 21.5, "pressure": 1013, "note": "x"}], [])


def test_undeclared_properties_are_dropped_and_counted(placement):
    house = House(placement, undeclared=Undeclared.DROP)
    for number in range(3):
        house.send(temperature=float(number), pressure=1013, note="x", device_time="2026-01-15")
    assert [set(each) for each in house.stored] == [{"temperature", "device_time"}] * 3
    for ports in house.world.ports.values():
        ports.clock.advance(61)
    house.send(temperature=9.0, pressure=1)
    assert {code for code, *_ in house.events} == {"undeclared-dropped"}
    assert sum(count for _, count, _ in house.events) == 7
    assert "sensor-1: 'pressure'; sensor-1: 'note'" in house.events[0][2]


def test_undeclared_properties_may_send_a_reading_to_the_dead_letters(placement):
    house = House(placement, undeclared=Undeclared.REJECT)
    house.send(temperature=21.5, pressure=1013)
    house.send(temperature=21.5)
    assert house.stored == [{"temperature": 21.5}]
    assert house.letters == ["property 'pressure' is not declared by type 'thermostat' (undeclared: reject)"]


@pytest.mark.parametrize("l3_hot", ALL)
def test_the_hot_writer_holds_them_too(l3_hot):
    """Whoever has the token may post there."""
    l2 = next(each for each in ALL if each != l3_hot)
    house = House(replace(Placement.single(l2), l3_hot=l3_hot), strict=True)
    flats = [{"temperature": 1}, {"temperature": "warm"}, {"humidity": "7", "pressure": 1}]
    batch = [reading({"device_id": "sensor-1", "message_id": str(n), **each}) for n, each in enumerate(flats)]
    QueueWriter(house.world.ports[l2].invoker, f"{l2}.persister").write_batch(batch, TRACE)
    house.world.pump()
    assert [typed(each) for each in house.stored] == [
        typed({"temperature": 1.0}),
        typed({"humidity": 7, "pressure": 1}),
    ]
    assert house.letters == ["property 'temperature' must be DOUBLE, found 'warm' (types: strict)"]


def test_a_device_that_the_twin_does_not_know_has_no_types():
    house = House(Placement.single(AWS), strict=True, undeclared=Undeclared.REJECT)
    house.world.publish({"device_id": "stranger", "temperature": "warm"})
    assert list(house.world.stored("stranger").values())[-1] == {"temperature": "warm"}
