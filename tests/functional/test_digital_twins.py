"""Emulated Azure Digital Twins for the unmodified client from PyPI: over TLS, signed in by `DefaultAzureCredential`."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.digitaltwins.core._generated.operations as generated
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.digitaltwins.core import DigitalTwinsClient, DigitalTwinsEventRoute
from azure.identity import DefaultAzureCredential
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, running, write_project

from twin2multicloud.domain.placement import Placement
from twin2multicloud.emulator.l4.digital_twins import EMULATED
from twin2multicloud.emulator.l4.digital_twins_operations import OPERATIONS
from twin2multicloud.operations.bring_up import write_twin_environment
from twin2multicloud.operations.tls_files import twin_certificate

HIERARCHY = {
    "entities": [
        {
            "id": "e1",
            "name": "Hall",
            "components": [{"name": "c1", "device": "d1"}],
            "children": [{"id": "e2", "components": [{"name": "shelf", "group": "g"}]}],
        }
    ]
}
CONTEXT = "dtmi:dtdl:context;3"
LAMP = {
    "@id": "dtmi:sample:Lamp;1",
    "@type": "Interface",
    "@context": CONTEXT,
    "displayName": "Lamp",
    "contents": [
        {"@type": "Property", "name": "level", "schema": "double"},
        {
            "@type": "Property",
            "name": "tags",
            "schema": {
                "@type": "Map",
                "mapKey": {"name": "k", "schema": "string"},
                "mapValue": {"name": "v", "schema": "boolean"},
            },
        },
        {
            "@type": "Property",
            "name": "state",
            "schema": {
                "@type": "Enum",
                "valueSchema": "string",
                "enumValues": [{"name": each, "enumValue": each} for each in ("on", "off")],
            },
        },
        {"@type": "Component", "name": "bulb", "schema": "dtmi:sample:Bulb;1"},
        {
            "@type": "Relationship",
            "name": "feeds",
            "properties": [{"@type": "Property", "name": "length", "schema": "integer"}],
        },
    ],
}
BULB = {
    "@id": "dtmi:sample:Bulb;1",
    "@type": "Interface",
    "@context": CONTEXT,
    "contents": [{"@type": "Property", "name": "watts", "schema": "integer"}],
}
BRIGHT = {"@id": "dtmi:sample:Bright;1", "@type": "Interface", "@context": CONTEXT, "extends": "dtmi:sample:Lamp;1"}


@pytest.fixture(scope="module", params=[AZURE, GCP], ids=["written here", "written from another cloud"])
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    where = Placement(l1=AWS, l2=request.param, l3_hot=request.param, l3_cold=AWS, l3_archive=AWS, l4=AZURE, l5=AZURE)
    folder = write_project(tmp_path_factory.mktemp("adt") / "p", where, config_hierarchy=HIERARCHY)
    with running(folder, twin_tls=twin_certificate(folder)) as twin:
        twin.publish("d1", *({"ts": 1_700_000_000_000 + n * 1000, "double": n + 0.5, "long": n} for n in range(5)))
        twin.publish("d1", {"ts": 1_600_000_000_000, "double": -1.0})
        twin.publish("g-007", {"ts": 1_700_000_000_000, "n": 7})
        twin.settle()
        yield twin


@pytest.fixture
def client(twin: RunningTwin, monkeypatch: pytest.MonkeyPatch) -> Iterator[DigitalTwinsClient]:
    """The client as anybody makes it, in the environment that `t2mc up` writes."""
    written = write_twin_environment(twin.deployment)
    assert written is not None
    for line in written.read_text().splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    made = DigitalTwinsClient(os.environ["ADT_URL"], DefaultAzureCredential())
    yield made
    made._client.close()


def test_every_operation_of_the_client_is_in_the_table() -> None:
    folder = Path(generated.__file__).parent
    calls = set()
    for file in folder.glob("_*_operations.py"):
        text = file.read_text()
        built = re.findall(r'"template_url", "(/[^"]+)".*?method="(\w+)"', text, re.DOTALL)
        calls |= {(method, re.sub(r"\{\w+\}", "{}", url)) for url, method in built}
    assert len(calls) > 25
    assert {(each.method, re.sub(r"\{\w+\}", "{}", each.path)) for each in OPERATIONS} == calls


def test_the_projects_graph_and_its_latest_values(client: DigitalTwinsClient) -> None:
    assert {each.id for each in client.list_models()} >= {"dtmi:t2mc:testtwin:Entity;1"}
    component = client.get_digital_twin("e1.c1")
    assert (component["deviceId"], component["double"], component["long"]) == ("d1", 4.5, 4)
    assert component["$metadata"]["double"]["sourceTime"].startswith("2023-11-14T22:13:24")
    assert client.get_digital_twin("e2.g-007")["n"] == 7
    edges = list(client.list_relationships("e2"))  # pages of a hundred
    assert len([each for each in edges if each["$relationshipName"] == "hasComponent"]) == 100
    assert [each["$targetId"] for each in edges if each["$relationshipName"] == "isPartOf"] == ["e1"]
    incoming = {each.relationship_name: each.source_id for each in client.list_incoming_relationships("e1")}
    assert incoming == {"isPartOf": "e2"}
    found = client.query_twins("SELECT T FROM DIGITALTWINS T WHERE T.deviceId = 'd1' AND T.double > 4")
    assert [each["$dtId"] for each in found] == ["e1.c1"]


def test_l4_agrees_with_l3(twin: RunningTwin) -> None:
    result = t2mc("twin", "check", twin.folder, "--json")
    rows = json.loads(result.stdout)
    assert (result.returncode, [each for each in rows if each.get("problem")]) == (0, [])
    assert [each["at_l4"] for each in rows if (each["entity"], each["name"]) == ("e1", "double")] == [4.5]


def test_models(client: DigitalTwinsClient) -> None:
    with pytest.raises(HttpResponseError, match="DTDLParserError"):
        client.create_models([LAMP])
    made = client.create_models([LAMP, BULB, BRIGHT])
    assert [each.id for each in made] == [LAMP["@id"], BULB["@id"], BRIGHT["@id"]]
    with pytest.raises(ResourceExistsError):
        client.create_models([BULB])
    whole = client.get_model("dtmi:sample:Lamp;1", include_model_definition=True)
    assert (whole.model, whole.decommissioned) == (LAMP, False)
    needed = client.list_models(["dtmi:sample:Bright;1"], include_model_definition=True)
    assert {each.id for each in needed} == {BRIGHT["@id"], LAMP["@id"], BULB["@id"]}
    with pytest.raises(HttpResponseError, match="ModelReferencesNotDeleted"):
        client.delete_model("dtmi:sample:Bulb;1")
    client.decommission_model("dtmi:sample:Bright;1")
    assert client.get_model("dtmi:sample:Bright;1").decommissioned
    with pytest.raises(HttpResponseError, match="ModelDecommissioned"):
        client.upsert_digital_twin("b", {"$metadata": {"$model": "dtmi:sample:Bright;1"}, "bulb": {"$metadata": {}}})
    for each in ("Bright", "Lamp", "Bulb"):
        client.delete_model(f"dtmi:sample:{each};1")
    with pytest.raises(ResourceNotFoundError):
        client.get_model("dtmi:sample:Lamp;1")


@pytest.fixture
def lamps(client: DigitalTwinsClient) -> Iterator[DigitalTwinsClient]:
    client.create_models([LAMP, BULB, BRIGHT])
    for name, level, kind in (("lamp-1", 10.0, "Lamp"), ("lamp-2", 20.0, "Bright"), ("lamp-3", 30.0, "Lamp")):
        body: dict[str, Any] = {"$metadata": {"$model": f"dtmi:sample:{kind};1"}, "level": level}
        client.upsert_digital_twin(name, {**body, "bulb": {"$metadata": {}}})
    for source, target, length in (("lamp-1", "lamp-2", 1), ("lamp-2", "lamp-3", 2)):
        edge = {"$targetId": target, "$sourceId": source, "$relationshipName": "feeds", "length": length}
        client.upsert_relationship(source, f"to-{target}", {"$relationshipId": f"to-{target}", **edge})
    yield client
    for each in client.query_twins("SELECT * FROM RELATIONSHIPS R WHERE STARTSWITH(R.$sourceId, 'lamp')"):
        client.delete_relationship(each["$sourceId"], each["$relationshipId"])
    for each in client.query_twins("SELECT * FROM DIGITALTWINS T WHERE STARTSWITH(T.$dtId, 'lamp')"):
        client.delete_digital_twin(each["$dtId"])
    for name in ("Bright", "Lamp", "Bulb"):
        client.delete_model(f"dtmi:sample:{name};1")


def test_twins(lamps: DigitalTwinsClient) -> None:
    client = lamps
    before = client.get_digital_twin("lamp-1")
    assert before["$metadata"]["level"]["lastUpdateTime"].endswith("0000Z")
    body = {"$metadata": {"$model": "dtmi:sample:Lamp;1"}, "bulb": {"$metadata": {}}}
    with pytest.raises(ResourceExistsError):
        client.upsert_digital_twin("lamp-1", body, match_condition=MatchConditions.IfMissing)
    client.update_digital_twin("lamp-1", [{"op": "replace", "path": "/level", "value": 11}])
    with pytest.raises(ResourceModifiedError):
        client.update_digital_twin(
            "lamp-1",
            [{"op": "replace", "path": "/level", "value": 12}],
            etag=before["$etag"],
            match_condition=MatchConditions.IfNotModified,
        )
    assert client.get_digital_twin("lamp-1")["level"] == 11
    for patch, reason in (
        ([{"op": "replace", "path": "/state", "value": "on"}], "JsonPatchInvalid"),  # never set: add it
        ([{"op": "add", "path": "/tags/red", "value": True}], "JsonPatchInvalid"),  # the whole object first
        ([{"op": "add", "path": "/level", "value": "high"}], "ValidationFailed"),
        ([{"op": "add", "path": "/unknown", "value": 1}], "ValidationFailed"),
        ([{"op": "add", "path": "/state", "value": "dim"}], "ValidationFailed"),
    ):
        with pytest.raises(HttpResponseError, match=reason):
            client.update_digital_twin("lamp-1", patch)
    client.update_digital_twin("lamp-1", [{"op": "add", "path": "/tags", "value": {"red": True}}])
    client.update_digital_twin("lamp-1", [{"op": "add", "path": "/tags/blue", "value": False}])
    assert client.get_digital_twin("lamp-1")["tags"] == {"red": True, "blue": False}
    client.update_component("lamp-1", "bulb", [{"op": "add", "path": "/watts", "value": 60}])
    assert client.get_component("lamp-1", "bulb")["watts"] == 60
    with pytest.raises(ResourceNotFoundError):
        client.get_component("lamp-1", "nothing")
    client.publish_telemetry("lamp-1", {"level": 1})
    client.publish_component_telemetry("lamp-1", "bulb", {"watts": 1})
    with pytest.raises(ResourceNotFoundError, match="DigitalTwinNotFound"):
        client.get_digital_twin("nobody")
    with pytest.raises(HttpResponseError, match="RelationshipsNotDeleted"):
        client.delete_digital_twin("lamp-1")


def test_relationships(lamps: DigitalTwinsClient) -> None:
    client = lamps
    client.update_relationship("lamp-1", "to-lamp-2", [{"op": "replace", "path": "/length", "value": 7}])
    assert client.get_relationship("lamp-1", "to-lamp-2")["length"] == 7
    edge = {"$relationshipId": "x", "$sourceId": "lamp-1", "$targetId": "nobody", "$relationshipName": "feeds"}
    with pytest.raises(ResourceNotFoundError, match="TargetTwinNotFound"):
        client.upsert_relationship("lamp-1", "x", edge)
    with pytest.raises(HttpResponseError, match="InvalidRelationship"):
        client.upsert_relationship("lamp-1", "x", {**edge, "$targetId": "lamp-2", "$relationshipName": "likes"})
    assert [each.relationship_id for each in client.list_incoming_relationships("lamp-3")] == ["to-lamp-3"]


def test_event_routes_are_kept(client: DigitalTwinsClient) -> None:
    client.upsert_event_route("r", DigitalTwinsEventRoute(endpoint_name="e", filter="true"))
    assert [(each.id, each.endpoint_name) for each in client.list_event_routes()] == [("r", "e")]
    client.delete_event_route("r")
    with pytest.raises(ResourceNotFoundError):
        client.get_event_route("r")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT * FROM DIGITALTWINS T WHERE T.level > 15", ["lamp-2", "lamp-3"]),
        ("SELECT * FROM digitaltwins WHERE IS_OF_MODEL('dtmi:sample:Lamp;1', exact)", ["lamp-1", "lamp-3"]),
        ("SELECT L FROM DIGITALTWINS L WHERE IS_OF_MODEL(L, 'dtmi:sample:Lamp;1')", ["lamp-1", "lamp-2", "lamp-3"]),
        (
            "SELECT B FROM DIGITALTWINS A JOIN B RELATED A.feeds JOIN C RELATED B.feeds R "
            "WHERE A.$dtId = 'lamp-1' AND R.length = 2",
            ["lamp-2"],
        ),
        ("SELECT B FROM DIGITALTWINS MATCH (A)-[:feeds*..2]->(B) WHERE A.$dtId = 'lamp-1'", ["lamp-2", "lamp-3"]),
        ("SELECT B FROM DIGITALTWINS MATCH (A)<-[]-(B) WHERE A.$dtId IN ['lamp-2', 'lamp-3']", ["lamp-1", "lamp-2"]),
    ],
)
def test_queries(lamps: DigitalTwinsClient, query: str, found: list[str]) -> None:
    assert sorted(each["$dtId"] for each in lamps.query_twins(query)) == found


def test_a_query_pages_by_its_token(lamps: DigitalTwinsClient) -> None:
    operations = lamps._client.query  # the public client asks for no page size
    pages, token = [], None
    while True:
        body: Any = (
            {"continuationToken": token} if token else {"query": "SELECT T.level FROM DIGITALTWINS T WHERE T.level > 0"}
        )
        answer = operations.query_twins(body, headers={"max-items-per-page": "2"})
        pages.append(answer.value)
        token = answer.continuation_token
        if not token:
            break
    assert pages == [[{"level": 10.0}, {"level": 20.0}], [{"level": 30.0}]]


def test_what_is_not_emulated_is_refused_by_its_name(client: DigitalTwinsClient) -> None:
    with pytest.raises(HttpResponseError, match="ImportJobs_List is not emulated"):
        list(client._client.import_jobs.list())
    assert {each.name for each in OPERATIONS} - EMULATED == {
        *("ImportJobs_List", "ImportJobs_Add", "ImportJobs_GetById", "ImportJobs_Delete", "ImportJobs_Cancel"),
        *("DeleteJobs_Add", "DeleteJobs_List", "DeleteJobs_GetById"),
    }
    with pytest.raises(HttpResponseError, match="SqlQueryError"):
        list(client.query_twins("SELECT * FROM DIGITALTWINS ORDER BY level"))
