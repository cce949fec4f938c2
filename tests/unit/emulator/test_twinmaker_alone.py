"""The emulated TwinMaker without a twin, through unmodified boto3: all that it makes, shows, changes and refuses."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.twinmaker_client import BUCKET, ROLE, SINCE, account, client_of
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.emulator.l4.twinmaker import HANDLERS, TwinMakerAlone
from twin2multicloud.emulator.l4.twinmaker_operations import OPERATIONS

READER = "arn:aws:lambda:eu-central-1:123456789012:function:reader"
WRITER = "arn:aws:lambda:eu-central-1:123456789012:function:writer"
MIXER = "com.example.mixer"
SPAN = {"startTime": "2026-01-15T09:30:00Z", "endTime": "2026-01-15T10:30:00Z"}


class Functions:
    """Connectors that keep what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.answer: Mapping[str, Any] | Exception = {"propertyValues": []}

    def __call__(self, arn: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((arn, request))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def service(functions: Functions) -> Iterator[TwinMakerAlone]:
    made = account(functions)
    yield made
    made.close()


@pytest.fixture
def client(service: TwinMakerAlone) -> Iterator[Any]:
    made = client_of(service.answer)
    made.create_workspace(workspaceId="factory", role=ROLE, s3Location=BUCKET)
    yield made
    made.close()


@pytest.fixture
def factory(client: Any) -> Any:
    """A base type with connectors, a type under it, and a line with two mixers, one fed by the other."""
    lambdas = {"dataReader": READER, "attributePropertyValueReaderByEntity": READER, "dataWriter": WRITER}
    client.create_component_type(
        workspaceId="factory",
        componentTypeId="com.example.base",
        propertyDefinitions={
            "deviceId": {"dataType": {"type": "STRING"}, "isExternalId": True, "isRequiredInEntity": True}
        },
        functions={name: {"implementedBy": {"lambda": {"arn": arn}}} for name, arn in lambdas.items()},
    )
    client.create_component_type(
        workspaceId="factory",
        componentTypeId=MIXER,
        extendsFrom=["com.example.base"],
        propertyDefinitions={
            "rpm": {"dataType": {"type": "DOUBLE"}, "isTimeSeries": True, "isStoredExternally": True},
            "maker": {"dataType": {"type": "STRING"}, "defaultValue": {"stringValue": "ACME"}},
            "feeds": {"dataType": {"type": "LIST", "nestedType": {"type": "RELATIONSHIP", "relationship": {}}}},
        },
    )
    client.create_entity(workspaceId="factory", entityId="line", entityName="Line 1")
    client.create_entity(
        workspaceId="factory", entityId="m2", entityName="Mixer 2", parentEntityId="line", components=_mixer("d2")
    )
    feeds = {"feeds": {"value": {"listValue": [{"relationshipValue": {"targetEntityId": "m2"}}]}}}
    client.create_entity(
        workspaceId="factory",
        entityId="m1",
        entityName="Mixer 1",
        parentEntityId="line",
        components=_mixer("d1", **feeds),
    )
    return client


def _mixer(device: str, **more: object) -> dict[str, Any]:
    properties = {"deviceId": {"value": {"stringValue": device}}, **more}
    return {"mixer": {"componentTypeId": MIXER, "properties": properties}}


def test_every_operation_is_emulated_or_refused_by_name(service: TwinMakerAlone) -> None:
    missing = {each.name for each in OPERATIONS} - HANDLERS.keys()
    assert missing == {
        f"{verb}{what}"
        for what, verbs in {
            "SyncJob": ("Create", "Get", "Delete"),
            "MetadataTransferJob": ("Create", "Get", "Cancel"),
        }.items()
        for verb in verbs
    } | {"ListSyncJobs", "ListSyncResources", "ListMetadataTransferJobs"}
    client = client_of(service.answer)
    with pytest.raises(ClientError, match="GetSyncJob is not emulated"):
        client.get_sync_job(syncSource="SITEWISE", workspaceId="factory")


class TestWorkspaces:
    def test_life(self, client: Any) -> None:
        got = client.get_workspace(workspaceId="factory")
        assert (got["role"], got["s3Location"]) == (ROLE, BUCKET)
        assert got["creationDateTime"].timestamp() == SINCE
        client.update_workspace(workspaceId="factory", description="bread")
        (shown,) = client.list_workspaces()["workspaceSummaries"]
        assert shown["description"] == "bread"
        assert "is deleted" in client.delete_workspace(workspaceId="factory")["message"]
        assert client.list_workspaces()["workspaceSummaries"] == []

    def test_one_that_is_not_empty_stays(self, factory: Any) -> None:
        with pytest.raises(factory.exceptions.ValidationException, match="is not empty: delete each entity first"):
            factory.delete_workspace(workspaceId="factory")

    def test_twice(self, client: Any) -> None:
        with pytest.raises(client.exceptions.ConflictException):
            client.create_workspace(workspaceId="factory", role=ROLE, s3Location=BUCKET)

    @pytest.mark.parametrize("wrong", [{"workspaceId": "-"}, {"role": f"{ROLE[:-5]}x:y".replace("iam", "sts")}])
    def test_patterns(self, client: Any, wrong: dict[str, str]) -> None:
        with pytest.raises(client.exceptions.ValidationException, match="does not match"):
            client.create_workspace(**{"workspaceId": "other", "role": ROLE, "s3Location": BUCKET, **wrong})


class TestTypes:
    def test_inheritance(self, factory: Any) -> None:
        got = factory.get_component_type(workspaceId="factory", componentTypeId=MIXER)
        flags = {name: each["isInherited"] for name, each in got["propertyDefinitions"].items()}
        assert flags == {"deviceId": True, "rpm": False, "maker": False, "feeds": False}
        assert got["functions"]["dataReader"]["isInherited"] is True
        assert got["isAbstract"] is False

    def test_a_default_alone_overrides_what_is_inherited(self, factory: Any) -> None:
        overriding = {"maker": {"defaultValue": {"stringValue": "Own"}}}
        factory.create_component_type(
            workspaceId="factory", componentTypeId="own", extendsFrom=[MIXER], propertyDefinitions=overriding
        )
        maker = factory.get_component_type(workspaceId="factory", componentTypeId="own")["propertyDefinitions"]["maker"]
        assert (maker["dataType"], maker["defaultValue"]) == ({"type": "STRING"}, {"stringValue": "Own"})

    def test_an_update_replaces_definitions(self, factory: Any) -> None:
        factory.update_component_type(
            workspaceId="factory",
            componentTypeId=MIXER,
            propertyDefinitions={"load": {"dataType": {"type": "LONG"}, "isTimeSeries": True}},
        )
        got = factory.get_component_type(workspaceId="factory", componentTypeId=MIXER)
        assert set(got["propertyDefinitions"]) == {"deviceId", "load"}

    def test_abstract_ones(self, factory: Any) -> None:
        alarm = "com.amazon.iottwinmaker.alarm.basic"
        listed = factory.list_component_types(workspaceId="factory", filters=[{"isAbstract": True}])
        assert [each["componentTypeId"] for each in listed["componentTypeSummaries"]] == [alarm]
        with pytest.raises(factory.exceptions.ValidationException, match="is abstract"):
            factory.create_entity(workspaceId="factory", entityName="x", components={"a": {"componentTypeId": alarm}})

    def test_what_is_used_stays(self, factory: Any) -> None:
        with pytest.raises(factory.exceptions.ValidationException, match="is used by entity 'm2'"):
            factory.delete_component_type(workspaceId="factory", componentTypeId=MIXER)
        with pytest.raises(factory.exceptions.ValidationException, match="is extended by"):
            factory.delete_component_type(workspaceId="factory", componentTypeId="com.example.base")

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"extendsFrom": ["nobody"]}, "no component type 'nobody'"),
            ({"propertyDefinitions": {"a": {"dataType": {"type": "LONG"}}, "b": {}}}, "has the data type None"),
            ({"extendsFrom": ["circle"]}, "extends itself"),
        ],
    )
    def test_a_wrong_one_is_not_kept(self, client: Any, wrong: dict[str, Any], says: str) -> None:
        with pytest.raises(ClientError, match=says):
            client.create_component_type(workspaceId="factory", componentTypeId="circle", **wrong)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_component_type(workspaceId="factory", componentTypeId="circle")


class TestEntities:
    def test_life(self, factory: Any) -> None:
        got = factory.get_entity(workspaceId="factory", entityId="m1")
        assert (got["parentEntityId"], got["status"]["state"]) == ("line", "ACTIVE")
        assert got["components"]["mixer"]["properties"]["maker"]["value"] == {"stringValue": "ACME"}
        assert factory.get_entity(workspaceId="factory", entityId="line")["hasChildEntities"] is True
        factory.update_entity(
            workspaceId="factory",
            entityId="m1",
            entityName="Big mixer",
            parentEntityUpdate={"updateType": "DELETE"},
            componentUpdates={
                "mixer": {"propertyUpdates": {"maker": {"value": {"stringValue": "Own"}, "updateType": "UPDATE"}}},
                "second": {
                    "updateType": "CREATE",
                    "componentTypeId": MIXER,
                    "propertyUpdates": {"deviceId": {"value": {"stringValue": "d3"}}},
                },
            },
        )
        got = factory.get_entity(workspaceId="factory", entityId="m1")
        assert (got["entityName"], got["parentEntityId"], list(got["components"])) == (
            "Big mixer",
            "$ROOT",
            ["mixer", "second"],
        )
        assert got["components"]["mixer"]["properties"]["maker"]["value"] == {"stringValue": "Own"}
        reset = {
            "mixer": {"propertyUpdates": {"maker": {"updateType": "RESET_VALUE"}}},
            "second": {"updateType": "DELETE"},
        }
        factory.update_entity(workspaceId="factory", entityId="m1", componentUpdates=reset)
        got = factory.get_entity(workspaceId="factory", entityId="m1")
        assert list(got["components"]) == ["mixer"]
        assert got["components"]["mixer"]["properties"]["maker"]["value"] == {"stringValue": "ACME"}

    def test_a_tree_is_deleted_when_asked(self, factory: Any) -> None:
        with pytest.raises(factory.exceptions.ValidationException, match="has children"):
            factory.delete_entity(workspaceId="factory", entityId="line")
        factory.delete_entity(workspaceId="factory", entityId="line", isRecursive=True)
        assert factory.list_entities(workspaceId="factory")["entitySummaries"] == []

    def test_lists(self, factory: Any) -> None:
        for wanted, found in (
            ({"parentEntityId": "line"}, ["m2", "m1"]),
            ({"componentTypeId": MIXER}, ["m2", "m1"]),
            ({"externalId": "d1"}, ["m1"]),
        ):
            rows = factory.list_entities(workspaceId="factory", filters=[wanted])["entitySummaries"]
            assert [each["entityId"] for each in rows] == found
        page = factory.list_properties(workspaceId="factory", entityId="m1", componentName="mixer", maxResults=3)
        assert len(page["propertySummaries"]) == 3
        last = factory.list_properties(
            workspaceId="factory", entityId="m1", componentName="mixer", maxResults=3, nextToken=page["nextToken"]
        )
        assert [each["propertyName"] for each in last["propertySummaries"]] == ["feeds"]

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"parentEntityId": "nobody"}, "no parent entity 'nobody'"),
            ({"components": {"a": {"componentTypeId": "nobody"}}}, "no component type 'nobody'"),
            ({"components": {"a": {"componentTypeId": MIXER}}}, "'deviceId' is required"),
            ({"components": _mixer("d", speed={"value": {"longValue": 1}})}, "has no property 'speed'"),
            ({"components": _mixer("d", maker={"value": {"longValue": 1}})}, "'maker' is a STRING"),
            ({"entityId": "x"}, "does not match"),
        ],
    )
    def test_wrong_ones(self, factory: Any, wrong: dict[str, Any], says: str) -> None:
        with pytest.raises(ClientError, match=says):
            factory.create_entity(workspaceId="factory", entityName="Wrong", **wrong)

    def test_nothing_is_below_itself(self, factory: Any) -> None:
        with pytest.raises(factory.exceptions.ValidationException, match="or below it"):
            factory.update_entity(
                workspaceId="factory",
                entityId="line",
                parentEntityUpdate={"updateType": "UPDATE", "parentEntityId": "m1"},
            )

    def test_an_id_is_made_where_none_is_given(self, client: Any) -> None:
        made = client.create_entity(workspaceId="factory", entityName="x")["entityId"]
        assert client.get_entity(workspaceId="factory", entityId=made)["entityName"] == "x"

    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
    def test_every_entity_has_one_parent_and_no_circle(self, moves: list[tuple[int, int]]) -> None:
        service = account()
        client = client_of(service.answer)
        client.create_workspace(workspaceId="ws", role=ROLE, s3Location=BUCKET)
        for n in range(6):
            client.create_entity(workspaceId="ws", entityId=f"e{n}", entityName="x")
        for child, parent in moves:
            update = {"updateType": "UPDATE", "parentEntityId": f"e{parent}"}
            try:
                client.update_entity(workspaceId="ws", entityId=f"e{child}", parentEntityUpdate=update)
            except client.exceptions.ValidationException:
                continue
        parents = {
            each["entityId"]: each["parentEntityId"]
            for each in client.list_entities(workspaceId="ws")["entitySummaries"]
        }
        for start in parents:
            seen = set()
            while start != "$ROOT":
                assert start not in seen
                seen.add(start)
                start = parents[start]
        service.close()


class TestScenesAndTags:
    def test_scenes(self, client: Any) -> None:
        where = {"workspaceId": "factory", "sceneId": "hall"}
        client.create_scene(**where, contentLocation="s3://twin-bucket/hall.json", capabilities=["MATTERPORT"])
        client.update_scene(**where, description="the hall")
        got = client.get_scene(**where)
        assert (got["contentLocation"], got["description"]) == ("s3://twin-bucket/hall.json", "the hall")
        assert [each["sceneId"] for each in client.list_scenes(workspaceId="factory")["sceneSummaries"]] == ["hall"]
        client.delete_scene(**where)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_scene(**where)

    def test_tags(self, factory: Any) -> None:
        arn = factory.get_entity(workspaceId="factory", entityId="m1")["arn"]
        factory.tag_resource(resourceARN=arn, tags={"a": "1", "b": "2"})
        factory.untag_resource(resourceARN=arn, tagKeys=["a"])
        assert factory.list_tags_for_resource(resourceARN=arn)["tags"] == {"b": "2"}
        with pytest.raises(factory.exceptions.TooManyTagsException):
            factory.tag_resource(resourceARN=arn, tags={f"k{n}": "v" for n in range(50)})


class TestValues:
    def test_current_ones(self, factory: Any, functions: Functions) -> None:
        functions.answer = {"propertyValues": {"rpm": {"propertyValue": {"doubleValue": 50.0}}}}
        got = factory.get_property_value(
            workspaceId="factory", entityId="m1", componentName="mixer", selectedProperties=["rpm", "maker"]
        )["propertyValues"]
        assert {name: each["propertyValue"] for name, each in got.items()} == {
            "rpm": {"doubleValue": 50.0},
            "maker": {"stringValue": "ACME"},
        }
        ((arn, request),) = functions.asked
        assert (arn, request["selectedProperties"]) == (READER, ["rpm"])
        assert request["properties"]["deviceId"]["value"] == {"stringValue": "d1"}

    def test_a_tag_that_is_written_reaches_the_writer(self, factory: Any, functions: Functions) -> None:
        functions.answer = {}
        entry = {
            "entityPropertyReference": {"entityId": "m1", "componentName": "mixer", "propertyName": "rpm"},
            "propertyValues": [{"time": "2026-01-15T10:00:00Z", "value": {"doubleValue": 3.5}}],
        }
        static = {**entry, "entityPropertyReference": {**entry["entityPropertyReference"], "propertyName": "maker"}}
        got = factory.batch_put_property_values(workspaceId="factory", entries=[entry, static])
        ((error,),) = [each["errors"] for each in got["errorEntries"]]
        assert (error["errorCode"], error["entry"]) == ("ValidationException", static)
        ((arn, request),) = functions.asked
        assert (arn, request["entries"]) == (WRITER, [entry])

    def test_failures_of_connectors(self, factory: Any, functions: Functions) -> None:
        asked = {"workspaceId": "factory", "entityId": "m1", "componentName": "mixer", "selectedProperties": ["rpm"]}
        functions.answer = RetryableError("slow")
        with pytest.raises(factory.exceptions.ConnectorTimeoutException):
            factory.get_property_value(**asked)
        functions.answer = FinalError("broken")
        with pytest.raises(factory.exceptions.ConnectorFailureException):
            factory.get_property_value_history(**asked, **SPAN)

    def test_a_type_without_a_reader(self, client: Any) -> None:
        client.create_component_type(
            workspaceId="factory",
            componentTypeId="alone",
            propertyDefinitions={"n": {"dataType": {"type": "LONG"}, "isTimeSeries": True}},
        )
        with pytest.raises(client.exceptions.ValidationException, match="has no function dataReader"):
            client.get_property_value_history(
                workspaceId="factory", componentTypeId="alone", selectedProperties=["n"], **SPAN
            )


QUERIES = [
    ("SELECT e FROM EntityGraph MATCH (e) WHERE e.entityId = 'm1' OR e.entityId = 'm2'", ["m2", "m1"]),
    ("SELECT e FROM EntityGraph MATCH (e) WHERE e.entityName LIKE '%ixer%'", ["m2", "m1"]),
    (
        "SELECT e.entityId FROM EntityGraph MATCH (e) WHERE e.entityId IN ('m1', 'line') ORDER BY e.entityId",
        ["line", "m1"],
    ),
    ("SELECT e.entityId FROM EntityGraph MATCH (e) WHERE NOT e.entityName LIKE 'Mixer _' LIMIT 1", ["line"]),
    ("SELECT e2.entityId FROM EntityGraph MATCH (e)-[:feeds]->(e2)", ["m2"]),
    ("SELECT e.entityId FROM EntityGraph MATCH (root)<-{1,}(e) WHERE root.entityId = 'line'", ["m2", "m1"]),
    (
        "SELECT b.entityId FROM EntityGraph MATCH (a)<-[:isChildOf]-(m)-[r1]-(b) "
        "WHERE r1.relationshipName != 'isChildOf'",
        ["m1", "m2"],
    ),
    ("SELECT b.entityId FROM EntityGraph MATCH (a)-[]-{1,5}(b) WHERE a.entityId = 'line'", ["m2", "m1"]),
    (
        "SELECT DISTINCT b.entityId FROM EntityGraph MATCH (a)-[]-(b) WHERE a.entityId = 'm1' ORDER BY b.entityId DESC",
        ["m2", "line"],
    ),
    (
        "SELECT e.entityId FROM EntityGraph MATCH (e), e.components AS c, c.properties AS p "
        "WHERE c.componentTypeId = 'com.example.mixer' AND p.propertyName = 'deviceId' AND p.propertyValue = 'd1'",
        ["m1"],
    ),
    (
        "SELECT e.entityId FROM EntityGraph MATCH (e), e.components AS c, c.properties AS p "
        "WHERE p.propertyName = 'rpm' AND p.propertyValue IS MISSING",
        ["m2", "m1"],
    ),
]


class TestQueries:
    @pytest.mark.parametrize(("statement", "found"), QUERIES)
    def test_the_corpus(self, factory: Any, statement: str, found: list[str]) -> None:
        rows = factory.execute_query(workspaceId="factory", queryStatement=statement)["rows"]
        cells = [row["rowData"][0] for row in rows]
        assert [each["entityId"] if isinstance(each, dict) else each for each in cells] == found

    def test_columns_and_what_they_hold(self, factory: Any) -> None:
        got = factory.execute_query(
            workspaceId="factory",
            queryStatement="SELECT a, r, b.entityId AS target FROM EntityGraph MATCH (a)-[r:feeds]->(b)",
        )
        assert got["columnDescriptions"] == [
            {"name": "a", "type": "NODE"},
            {"name": "r", "type": "EDGE"},
            {"name": "target", "type": "VALUE"},
        ]
        ((node, edge, target),) = [each["rowData"] for each in got["rows"]]
        assert node["entityName"] == "Mixer 1"
        held = {each["propertyName"]: each.get("propertyValue") for each in node["components"][0]["properties"]}
        assert held == {"deviceId": "d1", "rpm": None, "maker": "ACME", "feeds": [{"targetEntityId": "m2"}]}
        assert edge == {
            "relationshipName": "feeds",
            "sourceEntityId": "m1",
            "targetEntityId": "m2",
            "sourceComponentName": "mixer",
            "sourceComponentTypeId": MIXER,
        }
        assert target == "m2"

    def test_pages(self, factory: Any) -> None:
        asked = {"workspaceId": "factory", "queryStatement": "SELECT e.entityId FROM EntityGraph MATCH (e)"}
        first = factory.execute_query(**asked, maxResults=2)
        last = factory.execute_query(**asked, maxResults=2, nextToken=first["nextToken"])
        assert [each["rowData"][0] for each in (*first["rows"], *last["rows"])] == ["line", "m2", "m1"]
        assert "nextToken" not in last

    @pytest.mark.parametrize(
        ("statement", "says"),
        [
            ("SELECT FROM EntityGraph MATCH (e)", "near 'EntityGraph MATCH \\('"),
            ("SELECT x FROM EntityGraph MATCH (e)", "no MATCH names 'x'"),
            ("SELECT e FROM EntityGraph MATCH (e) GROUP BY e", "near 'GROUP BY e'"),
            ("SELECT e FROM EntityGraph MATCH (e)-[r]-{1,3}(f)", "'r' is many edges"),
            ("DROP TABLE x", "near 'DROP TABLE x'"),
        ],
    )
    def test_what_is_no_query(self, factory: Any, statement: str, says: str) -> None:
        with pytest.raises(factory.exceptions.ValidationException, match=says):
            factory.execute_query(workspaceId="factory", queryStatement=statement)

    def test_the_basic_plan_has_no_queries(self, factory: Any) -> None:
        assert factory.update_pricing_plan(pricingMode="BASIC")["currentPricingPlan"]["pricingMode"] == "BASIC"
        with pytest.raises(factory.exceptions.ValidationException, match="needs the pricing mode STANDARD"):
            factory.execute_query(workspaceId="factory", queryStatement="SELECT e FROM EntityGraph MATCH (e)")
