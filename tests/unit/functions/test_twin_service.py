"""The twin service: one graph, one value, wherever the hot store is; over HTTP with the token, and natively."""

from itertools import product
from typing import Any

import msgspec
import pytest

from tests.rigs.clouds import ALL, AWS, GCP
from tests.rigs.twins import twin
from tests.rigs.world import TOKEN, World
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.device import DeviceCatalog, DeviceGroup
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.domain.twin_graph import TwinModel
from twin2multicloud.functions.twins.twin_api import ROUTES, openapi
from twin2multicloud.functions.twins.twin_shapes import MOST_ROWS
from twin2multicloud.wire.http import Request

THERMOSTAT = "/entities/room-1/components/thermostat"


def placed(hot: Cloud = GCP, l1: Cloud = AWS, l5: Cloud = GCP) -> Placement:
    return Placement(l1=l1, l2=AWS, l3_hot=hot, l3_cold=hot, l3_archive=hot, l4=GCP, l5=l5)


def fleet(count: int = 500) -> Twin:
    """A shelf with a group of thermostats, beside the room."""
    house = twin(placed())
    group = DeviceGroup(name="shelves", type="thermostat", count=count, id_pattern="shelf-{n:04}")
    shelf = Entity(id="shelf", name="Shelf", components=(EntityComponent(name="shelves", group="shelves"),))
    return msgspec.structs.replace(
        house,
        catalog=msgspec.structs.replace(house.catalog, groups=(group,)),
        hierarchy=Hierarchy(entities=(*house.hierarchy.entities, shelf)),
    )


def call(house: World, path: str, **parameters: Any) -> dict[str, Any]:
    answer: dict[str, Any] = house.named("twin-service").run(Trigger.CALL, {"path": path, **parameters})
    return answer


def post(house: World, path: str, body: object, token: str = f"{TOKEN}") -> tuple[int, dict[str, Any]]:
    request = Request("POST", f"/twin-service{path}", {"x-inter-cloud-token": token}, msgspec.json.encode(body))
    reply = house.named("twin-service").run(Trigger.HTTP, request)
    return reply.status, msgspec.json.decode(reply.body)


@pytest.mark.parametrize(("hot", "l1", "source"), list(product(ALL, ALL, DashboardSource)))
def test_a_reading_is_at_l4_wherever_it_came_from(hot: Cloud, l1: Cloud, source: DashboardSource) -> None:
    house = World(twin(placed(hot, l1, AWS), dashboard=source))
    house.publish({"timestamp": "2026-01-15T10:29:30Z", "temperature": 21.5}, device_id="sensor-1")
    state = call(house, f"{THERMOSTAT}/state", properties=["temperature"])
    assert state == {
        "entity": "room-1",
        "component": "thermostat",
        "properties": [
            {
                "name": "temperature",
                "dataType": "DOUBLE",
                "unit": "",
                "value": 21.5,
                "time": "2026-01-15T10:29:30.000Z",
                "ageSeconds": 30.0,
            }
        ],
    }
    history = call(house, f"{THERMOSTAT}/history", properties=["temperature"])
    assert history["points"] == [{"property": "temperature", "time": "2026-01-15T10:29:30.000Z", "value": 21.5}]
    hour = call(house, f"{THERMOSTAT}/history", properties=["temperature"], every="1h", aggregate="max")
    assert hour["points"] == [{"property": "temperature", "time": "2026-01-15T10:00:00.000Z", "value": 21.5}]


def test_a_late_reading_never_replaces_a_newer_one() -> None:
    house = World(twin(placed()))
    for stamp, value in (("10:20", 20.0), ("10:25", 25.0), ("10:10", 10.0), ("10:24", 24.0)):
        house.publish({"timestamp": f"2026-01-15T{stamp}:00Z", "temperature": value}, device_id="sensor-1")
        (now,) = call(house, f"{THERMOSTAT}/state", properties=["temperature"])["properties"]
        assert now["time"] in ("2026-01-15T10:20:00.000Z", "2026-01-15T10:25:00.000Z")
    assert (now["value"], now["ageSeconds"]) == (25.0, 300.0)


def test_what_was_never_measured_has_no_time_and_constants_are_there() -> None:
    values = {each["name"]: each for each in call(World(twin(placed())), f"{THERMOSTAT}/state")["properties"]}
    assert {name: each["value"] for name, each in values.items()} == {
        "temperature": None,
        "humidity": 50,
        "total": None,
        "mode": "off",
        "on": None,
        "manufacturer": "ACME",
    }
    assert {each["time"] for each in values.values()} == {None}


class TestGraph:
    def test_entities_components_types_and_relationships(self) -> None:
        house = World(twin(placed()))
        assert call(house, "/entities") == {
            "entities": [
                {"id": "house", "name": "House", "children": ["room-1"]},
                {"id": "room-1", "name": "Room", "parent": "house"},
            ]
        }
        assert call(house, "/entities", parent="house")["entities"] == [
            {"id": "room-1", "name": "Room", "parent": "house"}
        ]
        assert [each["id"] for each in call(house, "/entities", type="thermostat")["entities"]] == ["room-1"]
        assert call(house, "/entities/room-1") == {"id": "room-1", "name": "Room", "parent": "house"}
        assert call(house, "/entities/room-1/components") == {
            "components": [{"entity": "room-1", "name": "thermostat", "type": "thermostat", "device": "sensor-1"}]
        }
        described = call(house, THERMOSTAT)
        assert described["properties"][0] == {"name": "temperature", "dataType": "DOUBLE"}
        assert described["properties"][-1]["constant"] == "ACME"
        edge = {"name": "isPartOf", "source": "room-1", "target": "house"}
        assert call(house, "/entities/room-1/relationships") == {"outgoing": [edge], "incoming": []}
        assert call(house, "/entities/house/relationships") == {"outgoing": [], "incoming": [edge]}
        assert [each["type"] for each in call(house, "/types")["types"]] == ["thermostat"]

    def test_a_group_is_listed_page_by_page(self) -> None:
        house, names, token = World(fleet(450)), [], None
        while True:
            page = call(house, "/entities/shelf/components", limit=MOST_ROWS, nextToken=token)
            names += [each["name"] for each in page["components"]]
            token = page.get("nextToken")
            if token is None:
                break
        assert names == [f"shelf-{n:04}" for n in range(1, 451)]

    def test_a_member_of_a_group_is_found_by_its_id(self) -> None:
        house = World(fleet(100_000))
        house.publish({"timestamp": "2026-01-15T10:00:00Z", "temperature": 3.5}, device_id="shelf-77777")
        (now,) = call(house, "/entities/shelf/components/shelf-77777/state", properties=["temperature"])["properties"]
        assert now["value"] == 3.5

    def test_every_device_knows_its_places(self) -> None:
        described = fleet(3)
        model = TwinModel(described.hierarchy, described.catalog)
        assert list(model.holders_of("sensor-1")) == [("room-1", "thermostat")]
        assert list(model.holders_of("shelf-0002")) == [("shelf", "shelf-0002")]
        assert list(model.holders_of("shelf-0004")) == []
        assert list(model.groups("shelf")) == [("shelves", "shelves")]

    def test_an_empty_twin_has_an_empty_graph(self) -> None:
        model = TwinModel(Hierarchy(), DeviceCatalog())
        assert (list(model.entities()), model.types, model.entity("x")) == ([], (), None)
        assert (model.component("x", "y"), model.components("x"), model.incoming("x")) == (None, [], [])


class TestQuery:
    def house(self) -> World:
        house = World(fleet(3))
        for number, value in enumerate((10.0, 20.0, 30.0), 1):
            stamp = f"2026-01-15T10:{number}0:00Z"
            reading = {"timestamp": stamp, "temperature": value, "mode": "auto"}
            house.publish(reading, device_id=f"shelf-000{number}")
        return house

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, ["thermostat", "shelf-0001", "shelf-0002", "shelf-0003"]),
            ({"below": "house"}, ["thermostat"]),
            ({"below": "shelf", "type": "thermostat"}, ["shelf-0001", "shelf-0002", "shelf-0003"]),
            ({"type": "pump"}, []),
            ({"where": [{"property": "temperature", "is": ">", "value": 15}]}, ["shelf-0002", "shelf-0003"]),
            ({"where": [{"property": "temperature", "is": ">=", "value": 30}]}, ["shelf-0003"]),
            ({"where": [{"property": "temperature", "is": "<", "value": 15}]}, ["shelf-0001"]),
            ({"where": [{"property": "temperature", "is": "<=", "value": 20}]}, ["shelf-0001", "shelf-0002"]),
            ({"where": [{"property": "temperature", "is": "!=", "value": 20}]}, ["shelf-0001", "shelf-0003"]),
            ({"where": [{"property": "mode", "value": "off"}]}, ["thermostat"]),
            ({"where": [{"property": "mode", "is": ">", "value": 1}]}, []),
            ({"where": [{"property": "speed", "value": 1}]}, []),
            (
                {
                    "where": [
                        {"property": "temperature", "is": ">", "value": 10},
                        {"property": "temperature", "is": "<", "value": 30},
                    ]
                },
                ["shelf-0002"],
            ),
            ({"olderThanSeconds": 600}, ["thermostat", "shelf-0001"]),
        ],
    )
    def test_it_finds(self, asked: dict[str, Any], found: list[str]) -> None:
        assert [each["component"] for each in call(self.house(), "/query", **asked)["matches"]] == found

    def test_pages_together_are_the_whole(self) -> None:
        house, found, token = self.house(), [], None
        for _ in range(4):
            page = call(house, "/query", limit=1, nextToken=token)
            found += [each["component"] for each in page["matches"]]
            token = page.get("nextToken")
        assert found == ["thermostat", "shelf-0001", "shelf-0002", "shelf-0003"]
        assert token is None


class TestOverHttp:
    def house(self) -> World:
        return World(twin(placed(l5=AWS)))

    def test_the_token_opens_it(self) -> None:
        house = self.house()
        assert post(house, "/entities/room-1", {}) == (200, {"id": "room-1", "name": "Room", "parent": "house"})
        assert post(house, "/entities/room-1", {}, token="wrong") == (
            401,
            {"status": "refused", "error": "the token is missing or wrong"},
        )

    @pytest.mark.parametrize(
        ("path", "body", "status", "sentence"),
        [
            ("/nothing", {}, 404, "the twin service has no path 'nothing'; it has /entities"),
            ("/entities/rom-1", {}, 404, "the twin has no entity 'rom-1'; did you mean room-1?"),
            ("/entities/room-1/components/x", {}, 404, "entity 'room-1' has no component 'x'"),
            (f"{THERMOSTAT}/state", {"properties": ["temperatur"]}, 404, "did you mean temperature?"),
            (f"{THERMOSTAT}/state", {"propertys": []}, 400, "unknown field `propertys`"),
            (f"{THERMOSTAT}/history", {"orderByTime": "UP"}, 400, "orderByTime must be ASCENDING or DESCENDING"),
            ("/query", {"where": [{"property": "t", "is": "~", "value": 1}]}, 400, "is must be one of"),
            ("/query", {"limit": 0}, 400, "limit must be a whole number up to 200, found 0"),
            ("/query", {"nextToken": "x"}, 400, "nextToken was not issued by this service"),
            ("/entities", {"limit": "many"}, 400, "/entities: Expected `int`"),
            ("/entities", [], 400, "body must be a JSON object"),
        ],
    )
    def test_a_wrong_request_is_refused_with_a_sentence(
        self, path: str, body: object, status: int, sentence: str
    ) -> None:
        found, answer = post(self.house(), path, body)
        assert (found, answer["status"]) == (status, "refused")
        assert sentence in answer["error"]

    def test_natively_the_path_is_named(self) -> None:
        with pytest.raises(FinalError, match="path is missing"):
            self.house().named("twin-service").run(Trigger.CALL, {})


class TestOpenApi:
    def test_it_describes_every_route_and_every_schema_is_there(self) -> None:
        document = openapi()
        assert set(document["paths"]) == {route.path for route in ROUTES}
        text = msgspec.json.encode(document).decode()
        named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
        assert named == document["components"]["schemas"].keys()

    def test_the_service_answers_it(self) -> None:
        assert call(World(twin(placed())), "/openapi") == msgspec.json.decode(msgspec.json.encode(openapi()))
