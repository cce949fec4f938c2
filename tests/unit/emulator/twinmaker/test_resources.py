"""Workspaces, component types, entities, scenes and tags: all that is made, shown, changed and refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.twinmaker_client import BUCKET, MIXER, ROLE, SINCE, account, client_of, mixer
from twin2multicloud.emulator.l4.twinmaker import HANDLERS, TwinMakerAlone
from twin2multicloud.emulator.l4.twinmaker_operations import OPERATIONS


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
            ({"components": mixer("d", speed={"value": {"longValue": 1}})}, "has no property 'speed'"),
            ({"components": mixer("d", maker={"value": {"longValue": 1}})}, "'maker' is a STRING"),
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
