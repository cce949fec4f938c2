"""The emulated Azure Digital Twins instance by itself: what stays, what is refused, and every form of its queries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.twin_graph import TwinGraphRig, served_instance
from twin2multicloud.emulator.l4.digital_twins import DigitalTwins
from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError
from twin2multicloud.emulator.l4.digital_twins_graph import DigitalTwinsGraph
from twin2multicloud.emulator.l4.digital_twins_query import parse
from twin2multicloud.emulator.l4.digital_twins_search import search
from twin2multicloud.emulator.l4.documents import Documents
from twin2multicloud.ports.twin_graph import Measured
from twin2multicloud.wire.http import Request

T1 = "2026-01-15T10:00:01.000Z"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DigitalTwins]:
    with served_instance(tmp_path) as found:
        yield found


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    with served_instance(tmp_path) as before:
        before.graph.update(TwinGraphRig.twin, {"temperature": Measured(1.5, T1)}, "*")
        version = before.graph.state(TwinGraphRig.twin).version
    with served_instance(tmp_path) as after:
        state = after.graph.state(TwinGraphRig.twin)
    assert (state.values["temperature"], state.times["temperature"], state.version) == (1.5, T1, version)


def test_initial_values_and_constants_are_there_from_the_start(instance: DigitalTwins) -> None:
    values = instance.graph.state(TwinGraphRig.twin).values
    assert {name: values[name] for name in ("humidity", "mode", "manufacturer")} == {
        "humidity": 50,
        "mode": "off",
        "manufacturer": "ACME",
    }
    assert "temperature" not in values


def asked(instance: DigitalTwins, path: str, query: str = "api-version=2023-10-31", **headers: str) -> int:
    named = {"authorization": "Bearer x", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return instance.answer(Request("GET", path, named, b"", query)).status


def test_requests_without_a_token_or_with_an_unknown_version_are_refused(instance: DigitalTwins) -> None:
    assert asked(instance, "/models") == 200
    assert asked(instance, "/models", "api-version=2022-05-31") == 200
    assert asked(instance, "/models", "api-version=2020-10-31") == 400
    assert asked(instance, "/models", authorization="") == 400
    assert asked(instance, "/nothing/else") == 501


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        (
            "POST",
            "/models",
            b'[{"@id":"dtmi:x:A;1","@type":"Interface","@context":"dtmi:dtdl:context;3","contents":5}]',
        ),
        ("POST", "/models", b"[1]"),
        ("PUT", "/digitaltwins/x", b'{"$metadata":{"$model":["x"]}}'),
        ("PATCH", "/digitaltwins/house", b'[{"op":"add"}]'),
        ("PATCH", "/digitaltwins/house", b"{"),
        ("POST", "/query", b'{"query":5}'),
        ("POST", "/query", b'{"continuationToken":"x"}'),
    ],
)
def test_a_body_of_another_shape_is_refused(instance: DigitalTwins, method: str, path: str, body: bytes) -> None:
    headers, query = {"authorization": "Bearer x"}, "api-version=2023-10-31"
    assert instance.answer(Request(method, path, headers, body, query)).status == 400


def test_a_token_is_given_for_the_service_alone(instance: DigitalTwins) -> None:
    own = "api-version=2019-08-01&resource=https://digitaltwins.azure.net"
    assert asked(instance, "/msi/token", own, x_identity_header="local") == 200
    assert asked(instance, "/msi/token", own) == 400
    assert asked(instance, "/msi/token", own.replace("digitaltwins", "management"), x_identity_header="local") == 400


@pytest.fixture(scope="module")
def graph() -> DigitalTwinsGraph:
    """A building with floors, rooms and lamps: b -contains-> f1, f2 -contains-> r1, r2; r1 -feeds-> r2."""
    made = DigitalTwinsGraph(Documents(), lambda: T1)
    of_room = [
        {"@type": "Property", "name": "name", "schema": "string"},
        {"@type": "Property", "name": "level", "schema": "double"},
        {"@type": "Property", "name": "tags", "schema": {"@type": "Map", "mapValue": {"schema": "boolean"}}},
        {"@type": "Property", "name": "floors", "schema": {"@type": "Array", "elementSchema": "integer"}},
        {"@type": "Relationship", "name": "contains"},
        {"@type": "Relationship", "name": "feeds", "properties": [{"name": "length", "schema": "integer"}]},
    ]
    context = {"@context": "dtmi:dtdl:context;3", "@type": "Interface"}
    made.add_models(
        [
            {**context, "@id": "dtmi:x:Space;1", "contents": of_room},
            {**context, "@id": "dtmi:x:Room;2", "extends": "dtmi:x:Space;1"},
        ]
    )
    twins: dict[str, dict[str, Any]] = {
        "b": {"name": "D'Souza"},
        "f1": {"level": 1.0, "floors": [1, 2]},
        "f2": {"level": 2.0},
        "r1": {"level": 1.5, "tags": {"red": True}},
        "r2": {"level": -3.0},
    }
    for name, values in twins.items():
        model = "dtmi:x:Room;2" if name.startswith("r") else "dtmi:x:Space;1"
        made.put_twin(name, {"$metadata": {"$model": model}, **values}, only_new=True)
    edges = (("b", "f1", "contains"), ("b", "f2", "contains"), ("f1", "r1", "contains"), ("f2", "r2", "contains"))
    for source, target, name in (*edges, ("r1", "r2", "feeds")):
        body: dict[str, Any] = {"$targetId": target, "$relationshipName": name}
        made.put_relationship(source, target, body | ({"length": 7} if name == "feeds" else {}), only_new=True)
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("select * from digitaltwins", ["b", "f1", "f2", "r1", "r2"]),
        ("SELECT T FROM DIGITALTWINS T WHERE T.level > 1 AND NOT T.level >= 2", ["r1"]),
        ("SELECT * FROM DIGITALTWINS WHERE level = -3", ["r2"]),
        ("SELECT * FROM DIGITALTWINS WHERE NOT level <= 1.5", ["f2"]),  # unknown is not found either way
        (r"SELECT * FROM DIGITALTWINS WHERE name = 'D\'Souza'", ["b"]),
        ("SELECT * FROM DIGITALTWINS T WHERE T.$dtId IN ['r1', 'b']", ["b", "r1"]),
        ("SELECT * FROM DIGITALTWINS T WHERE T.level NIN [1.0, 2.0]", ["r1", "r2"]),
        ("SELECT * FROM DIGITALTWINS WHERE IS_DEFINED(tags.red) AND tags.red = true", ["r1"]),
        ("SELECT * FROM DIGITALTWINS WHERE NOT IS_DEFINED(level)", ["b"]),
        ("SELECT * FROM DIGITALTWINS WHERE [[name]] != 'x'", ["b"]),
        ("SELECT * FROM DIGITALTWINS T WHERE IS_NUMBER(T.level) AND T.level > 0 AND IS_PRIMITIVE(level)", "f1 f2 r1"),
        ("SELECT * FROM DIGITALTWINS WHERE IS_STRING(name) OR IS_OBJECT(tags)", ["b", "r1"]),
        ("SELECT * FROM DIGITALTWINS WHERE ARRAY_CONTAINS(floors, 2)", ["f1"]),
        ("SELECT * FROM DIGITALTWINS T WHERE STARTSWITH(T.$dtId, 'r') AND ENDSWITH(T.$dtId, '2')", ["r2"]),
        ("SELECT * FROM DIGITALTWINS T WHERE CONTAINS(T.$metadata.$model, 'Room')", ["r1", "r2"]),
        ("SELECT * FROM DIGITALTWINS WHERE IS_OF_MODEL('dtmi:x:Space;1')", "b f1 f2 r1 r2"),
        ("SELECT * FROM DIGITALTWINS WHERE IS_OF_MODEL('dtmi:x:Space;1', exact)", "b f1 f2"),
        ("SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:x:Room;1')", "r1 r2"),  # or a later version
        ("SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:x:Room;3')", []),
        ("SELECT F FROM DIGITALTWINS B JOIN F RELATED B.contains WHERE B.$dtId = 'b'", ["f1", "f2"]),
        ("SELECT B FROM DIGITALTWINS B JOIN F RELATED B.contains WHERE F.$dtId = 'f1'", ["b"]),
        (
            "SELECT R FROM DIGITALTWINS B JOIN F RELATED B.contains JOIN R RELATED F.contains "
            "WHERE B.$dtId = 'b' AND R.level > 0",
            ["r1"],
        ),
        ("SELECT B FROM DIGITALTWINS A JOIN B RELATED A.feeds E WHERE A.$dtId = 'r1' AND E.length = 7", ["r2"]),
        ("SELECT X FROM DIGITALTWINS MATCH (B)-[]->(X) WHERE B.$dtId = 'b'", ["f1", "f2"]),
        ("SELECT X FROM DIGITALTWINS MATCH (R)<-[]-(X) WHERE R.$dtId = 'r2'", ["f2", "r1"]),
        ("SELECT X FROM DIGITALTWINS MATCH (R)-[]-(X) WHERE R.$dtId = 'r1'", ["f1", "r2"]),
        ("SELECT X FROM DIGITALTWINS MATCH (B)-[*2]->(X) WHERE B.$dtId = 'b'", ["r1", "r2"]),
        ("SELECT X FROM DIGITALTWINS MATCH (B)-[*..2]->(X) WHERE B.$dtId = 'b'", ["f1", "f2", "r1", "r2"]),
        ("SELECT X FROM DIGITALTWINS MATCH (B)-[*1..3]->(X) WHERE B.$dtId = 'b'", ["r1", "r2"]),  # more than one
        ("SELECT X FROM DIGITALTWINS MATCH (B)-[:contains|feeds*3]->(X) WHERE B.$dtId = 'b'", ["r2"]),
        ("SELECT X FROM DIGITALTWINS MATCH (F)-[e:feeds]->(X) WHERE F.$dtId = 'r1' AND e.length > 5", ["r2"]),
        ("SELECT X FROM DIGITALTWINS MATCH (A)-[:contains]->(R)<-[feeds|likes*..1]-(X) WHERE A.$dtId = 'f2'", ["r1"]),
    ],
)
def test_what_queries_find(graph: DigitalTwinsGraph, query: str, found: list[str] | str) -> None:
    wanted = found.split() if isinstance(found, str) else found
    assert sorted(each["$dtId"] for each in search(graph, parse(query))) == wanted


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT COUNT() FROM DIGITALTWINS", [{"COUNT": 5}]),
        ("SELECT COUNT() FROM RELATIONSHIPS R WHERE R.$relationshipName = 'contains'", [{"COUNT": 4}]),
        ("SELECT level, name FROM DIGITALTWINS WHERE level > 1.7", [{"level": 2.0}]),
        ("SELECT T.level AS how, T.$dtId FROM DIGITALTWINS T WHERE T.level = 1.5", [{"how": 1.5, "$dtId": "r1"}]),
        ("SELECT E.length FROM DIGITALTWINS A JOIN B RELATED A.feeds E WHERE A.$dtId = 'r1'", [{"length": 7}]),
    ],
)
def test_what_queries_show(graph: DigitalTwinsGraph, query: str, rows: list[Any]) -> None:
    assert search(graph, parse(query)) == rows


def test_several_collections_are_objects_by_name_and_top_is_few(graph: DigitalTwinsGraph) -> None:
    (row,) = search(graph, parse("SELECT B, F FROM DIGITALTWINS B JOIN F RELATED B.contains WHERE F.$dtId = 'f2'"))
    assert {name: each["$dtId"] for name, each in row.items()} == {"B": "b", "F": "f2"}
    assert len(search(graph, parse("SELECT TOP(2) FROM DIGITALTWINS"))) == 2
    assert search(graph, parse("SELECT TOP (1) FROM RELATIONSHIPS"))[0]["$sourceId"] == "b"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT",
        "SELECT * FROM elsewhere",
        "SELECT * FROM DIGITALTWINS ORDER BY level",
        "SELECT * FROM DIGITALTWINS GROUP BY level",
        "SELECT * FROM DIGITALTWINS WHERE name LIKE 'x%'",
        "SELECT SUM(level) FROM DIGITALTWINS",
        "SELECT * FROM (SELECT * FROM DIGITALTWINS)",
        "SELECT B FROM DIGITALTWINS A JOIN B RELATED A.feeds",
        "SELECT B FROM DIGITALTWINS A JOIN B RELATED A.feeds WHERE B.level = 1",
        "SELECT B FROM DIGITALTWINS MATCH (A)-[r*3]->(B) WHERE A.$dtId = 'x' AND",
        'SELECT * FROM DIGITALTWINS WHERE name = "x"',
        "SELECT * FROM DIGITALTWINS T WHERE T.$dtId IN []",
        "SELECT * FROM DIGITALTWINS WHERE " + " AND ".join(["level > 1"] * 60),
        "SELECT * FROM DIGITALTWINS WHERE name = '" + "x" * 8_000 + "'",
    ],
)
def test_what_the_language_does_not_have_is_refused(graph: DigitalTwinsGraph, query: str) -> None:
    with pytest.raises(ServiceError) as refused:
        search(graph, parse(query))
    assert (refused.value.code, refused.value.status) == ("SqlQueryError", 400)
