"""Emulated TwinMaker for unmodified boto3: every operation is known, reads are answered, others refused by name."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import RunningTwin, running, write_project

from twin2multicloud.domain.placement import Placement
from twin2multicloud.emulator.l4.twinmaker_operations import OPERATIONS
from twin2multicloud.operations.bring_up import write_twin_environment

COUNTER = "com.t2mc.testtwin.counter"
ALL = "com.t2mc.testtwin.all"
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


@pytest.fixture(scope="module", params=[AWS, AZURE, GCP])
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    hot = request.param
    where = Placement(l1=AWS, l2=AWS, l3_hot=hot, l3_cold=hot, l3_archive=hot, l4=AWS, l5=AWS)
    folder = write_project(tmp_path_factory.mktemp("twinmaker") / "p", where, config_hierarchy=HIERARCHY)
    with running(folder) as twin:
        twin.publish("d1", *({"ts": 1_700_000_000_000 + n * 1000, "double": n + 0.5, "long": n} for n in range(5)))
        twin.publish("g-007", {"ts": 1_700_000_000_000, "n": 7})
        twin.settle()
        yield twin


@pytest.fixture
def client(twin: RunningTwin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """boto3 as anybody makes it, in the environment that `t2mc up` writes."""
    written = write_twin_environment(twin.deployment)
    assert written is not None
    for line in written.read_text().splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    made = boto3.client("iottwinmaker", config=Config(retries={"total_max_attempts": 1}))
    yield made
    made.close()


def test_every_operation_of_the_model_is_in_the_table() -> None:
    model = botocore.session.get_session().get_service_model("iottwinmaker")
    described = {model.operation_model(name) for name in model.operation_names}
    known = {(each.name, each.http["method"], each.http["requestUri"].split("?")[0]) for each in described}
    assert {tuple(each) for each in OPERATIONS} == {(name, method, uri) for name, method, uri in known}


def test_the_model(client: Any) -> None:
    (workspace,) = client.list_workspaces()["workspaceSummaries"]
    name = workspace["workspaceId"]
    assert client.get_workspace(workspaceId=name)["arn"] == workspace["arn"]
    entities = client.list_entities(workspaceId=name)["entitySummaries"]
    assert [(each["entityId"], each["parentEntityId"]) for each in entities] == [("e1", "$ROOT"), ("e2", "e1")]
    base = [{"extendsFrom": "com.t2mc.testtwin.device"}]
    kinds = client.list_component_types(workspaceId=name, filters=base)["componentTypeSummaries"]
    assert {each["componentTypeId"] for each in kinds} == {ALL, COUNTER}
    kind = client.get_component_type(workspaceId=name, componentTypeId=ALL)
    assert kind["propertyDefinitions"]["deviceId"]["isInherited"] is True
    assert kind["functions"]["dataReader"]["isInherited"] is True
    entity = client.get_entity(workspaceId=name, entityId="e1")
    assert entity["components"]["c1"]["properties"]["deviceId"]["value"] == {"stringValue": "d1"}
    assert all("isTimeSeries" in each["definition"] for each in entity["components"]["c1"]["properties"].values())
    assert client.list_scenes(workspaceId=name)["sceneSummaries"] == []
    assert client.get_pricing_plan()["currentPricingPlan"]["pricingMode"] == "STANDARD"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"parentEntityId": "$ROOT"}, ["e1"]),
        ({"parentEntityId": "e1"}, ["e2"]),
        ({"componentTypeId": COUNTER}, ["e2"]),
        ({"externalId": "g-007"}, ["e2"]),
        ({"externalId": "nobody"}, []),
    ],
)
def test_entities_by_a_filter(client: Any, wanted: dict[str, str], found: list[str]) -> None:
    answer = client.list_entities(workspaceId="testtwin", filters=[wanted])
    assert [each["entityId"] for each in answer["entitySummaries"]] == found


def test_components_page_by_page(client: Any) -> None:
    names: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = client.list_components(workspaceId="testtwin", entityId="e2", maxResults=30, **token)
        names += [each["componentName"] for each in page["componentSummaries"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert names == [f"g-{n:03}" for n in range(1, 101)]


def test_values(client: Any) -> None:
    asked = {"workspaceId": "testtwin", "entityId": "e1", "componentName": "c1"}
    values = client.get_property_value(**asked, selectedProperties=["double", "deviceId"])["propertyValues"]
    assert {name: each["propertyValue"] for name, each in values.items()} == {
        "double": {"doubleValue": 4.5},
        "deviceId": {"stringValue": "d1"},
    }
    assert values["double"]["propertyReference"] == {
        "entityId": "e1",
        "componentName": "c1",
        "propertyName": "double",
    }


def test_history_page_by_page_and_by_type(client: Any) -> None:
    span = {"startTime": "2023-01-01T00:00:00Z", "endTime": "2024-01-01T00:00:00Z"}
    asked = {"workspaceId": "testtwin", "entityId": "e1", "componentName": "c1", **span}
    points: list[float] = []
    token: dict[str, str] = {}
    while True:
        page = client.get_property_value_history(**asked, selectedProperties=["double"], maxResults=2, **token)
        points += [each["value"]["doubleValue"] for series in page["propertyValues"] for each in series["values"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert points == [0.5, 1.5, 2.5, 3.5, 4.5]
    by_type = client.get_property_value_history(
        workspaceId="testtwin", componentTypeId=COUNTER, selectedProperties=["n"], **span
    )
    (series,) = by_type["propertyValues"]
    assert series["entityPropertyReference"]["externalIdProperty"] == {"deviceId": "g-007"}
    assert [each["value"] for each in series["values"]] == [{"longValue": 7}]


class TestErrors:
    def test_what_is_not_there(self, client: Any) -> None:
        for call, arguments in (
            (client.get_entity, {"workspaceId": "testtwin", "entityId": "e9"}),
            (client.get_workspace, {"workspaceId": "other-twin"}),
            (client.get_component_type, {"workspaceId": "testtwin", "componentTypeId": "a:b"}),
        ):
            with pytest.raises(client.exceptions.ResourceNotFoundException):
                call(**arguments)

    def test_what_is_wrong(self, client: Any) -> None:
        asked = {"workspaceId": "testtwin", "entityId": "e1", "componentName": "c1"}
        with pytest.raises(client.exceptions.ValidationException, match="there is no property 'speed'"):
            client.get_property_value(**asked, selectedProperties=["speed"])
        with pytest.raises(client.exceptions.ValidationException, match="startTime is missing"):
            client.get_property_value_history(**asked, selectedProperties=["double"])
        with pytest.raises(client.exceptions.ValidationException, match="nextToken was not issued"):
            client.list_entities(workspaceId="testtwin", nextToken="x")

    def test_what_a_reader_refuses_is_a_failure_of_the_connector(self, client: Any) -> None:
        asked = {"workspaceId": "testtwin", "entityId": "e1", "componentName": "c1", "selectedProperties": ["double"]}
        span = {"startTime": "2024-01-01T00:00:00Z", "endTime": "2023-01-01T00:00:00Z"}
        with pytest.raises(client.exceptions.ConnectorFailureException, match="is after endTime"):
            client.get_property_value_history(**asked, **span)

    def test_a_call_that_is_not_there_says_its_name(self, client: Any) -> None:
        with pytest.raises(ClientError, match="ListSyncJobs is not emulated"):
            client.list_sync_jobs(workspaceId="testtwin")

    def test_a_member_of_a_group_changes_with_the_project(self, client: Any) -> None:
        updates = {"g-007": {"description": "x"}}
        with pytest.raises(client.exceptions.ValidationException, match="is a member of a group of the project"):
            client.update_entity(workspaceId="testtwin", entityId="e2", componentUpdates=updates)


def test_what_clients_add_to_the_workspace(client: Any) -> None:
    where = {"workspaceId": "testtwin", "entityId": "added"}
    held = {"deviceId": {"value": {"stringValue": "d1"}}}
    client.create_entity(
        **where, entityName="Added", parentEntityId="e1", components={"c": {"componentTypeId": ALL, "properties": held}}
    )
    asked = {**where, "componentName": "c", "selectedProperties": ["double"]}
    assert client.get_property_value(**asked)["propertyValues"]["double"]["propertyValue"] == {"doubleValue": 4.5}
    query = "SELECT c.entityId FROM EntityGraph MATCH (p)<-[:isChildOf]-(c) WHERE p.entityId = 'e1' ORDER BY c.entityId"
    rows = client.execute_query(workspaceId="testtwin", queryStatement=query)["rows"]
    assert [each["rowData"] for each in rows] == [["added"], ["e2"]]
    client.delete_entity(**where)


def test_members_of_groups_are_in_the_graph(client: Any) -> None:
    query = (
        "SELECT e.entityId, c.componentName FROM EntityGraph MATCH (e), e.components AS c, c.properties AS p "
        "WHERE p.propertyName = 'deviceId' AND p.propertyValue = 'g-007'"
    )
    (row,) = client.execute_query(workspaceId="testtwin", queryStatement=query)["rows"]
    assert row["rowData"] == ["e2", "g-007"]
