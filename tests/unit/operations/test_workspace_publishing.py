"""Component types and entities on their way to a deployed TwinMaker workspace, and out of it, by boto3's own calls."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.rigs.clouds import AWS
from tests.rigs.twinmaker_client import BUCKET, ROLE, account, client_of
from tests.rigs.twins import twin
from twin2multicloud.clouds.aws import twin_publisher
from twin2multicloud.clouds.aws.twin_publisher import WorkspacePublisher
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.progress import Progress
from twin2multicloud.emulator.l4.twinmaker import TwinMakerAlone
from twin2multicloud.operations.twin_models import export
from twin2multicloud.operations.twin_publishing import in_the_way, missing, publish_twin, withdraw_twin
from twin2multicloud.terraform.engine import Changes
from twin2multicloud.wire.http import Request, Response, json_response

HOUSE = twin(Placement.single(AWS))
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:house-"
READERS = {name: f"{ARN}{name}" for name in ("hot-reader", "hot-reader-last-entry")}
OUTPUTS = {"aws_twin_service": HOUSE.name, "aws_twin_readers": READERS, "aws_region": "eu-central-1"}
LEAVE = Changes(remove=1, addresses={"aws_cloudcontrolapi_resource.twin_service": "delete"})


@pytest.fixture
def service() -> Iterator[TwinMakerAlone]:
    made = account()
    yield made
    made.close()


@pytest.fixture
def client(service: TwinMakerAlone, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    made = client_of(service.answer)
    made.create_workspace(workspaceId=HOUSE.name, role=ROLE, s3Location=BUCKET)
    monkeypatch.setattr(twin_publisher, "operators_client", lambda *_: made)
    yield made
    made.close()


def test_the_twin_is_published_once(client: Any) -> None:
    heard: list[Progress] = []
    assert missing(HOUSE, OUTPUTS)
    count = publish_twin(HOUSE, OUTPUTS, heard.append)
    assert [each.address for each in heard] == ["aws/twin-service"] * count
    base = client.get_component_type(workspaceId=HOUSE.name, componentTypeId=f"com.t2mc.{HOUSE.name}.device")
    assert base["functions"]["dataReader"]["implementedBy"]["lambda"]["arn"] == READERS["hot-reader"]
    assert not missing(HOUSE, OUTPUTS)
    assert publish_twin(HOUSE, OUTPUTS, heard.append) == 0


def test_what_changed_is_changed_what_is_gone_goes_and_what_others_made_stays(client: Any) -> None:
    publish_twin(HOUSE, OUTPUTS, lambda _: None)
    client.create_entity(workspaceId=HOUSE.name, entityId="others", entityName="Others")
    top, *_ = HOUSE.hierarchy.entities
    renamed = msgspec.structs.replace(top, name="Renamed", components=(), children=())
    changed = msgspec.structs.replace(HOUSE, hierarchy=msgspec.structs.replace(HOUSE.hierarchy, entities=(renamed,)))
    publish_twin(changed, OUTPUTS, lambda _: None)
    assert not missing(changed, OUTPUTS)
    found = {
        each["entityId"]: each["entityName"] for each in client.list_entities(workspaceId=HOUSE.name)["entitySummaries"]
    }
    assert found == {top.id: "Renamed", "others": "Others"}
    assert client.get_entity(workspaceId=HOUSE.name, entityId=top.id)["components"] == {}
    publish_twin(HOUSE, OUTPUTS, lambda _: None)
    assert not missing(HOUSE, OUTPUTS)


def test_a_workspace_that_is_deleted_is_emptied_before(client: Any) -> None:
    publish_twin(HOUSE, OUTPUTS, lambda _: None)
    client.create_scene(workspaceId=HOUSE.name, sceneId="hall", contentLocation="s3://bucket/hall.json")
    assert in_the_way(Changes(), OUTPUTS) is None
    full = in_the_way(LEAVE, OUTPUTS)
    assert full is not None
    heard: list[Progress] = []
    assert withdraw_twin(full, heard.append) == len(heard) > 3
    client.delete_workspace(workspaceId=HOUSE.name)


def test_a_function_that_is_not_deployed_is_named(client: Any) -> None:
    lacking = {**OUTPUTS, "aws_twin_readers": {"hot-reader": READERS["hot-reader"]}}
    with pytest.raises(ConfigurationError, match="the deployment has no hot-reader-last-entry"):
        missing(HOUSE, lacking)


def test_what_is_being_made_is_waited_for_and_a_failure_is_told(service: TwinMakerAlone) -> None:
    states = [{"state": "CREATING"}, {"state": "CREATING"}, {"state": "ACTIVE"}]
    slept: list[float] = []

    def slow(request: Request) -> Response:
        answer = service.answer(request)
        if request.method == "GET" and "/component-types/" in request.path and states:
            said = msgspec.json.decode(answer.body)
            return json_response(200, {**said, "status": states.pop(0)})
        return answer

    client = client_of(slow)
    client.create_workspace(workspaceId=HOUSE.name, role=ROLE, s3Location=BUCKET)
    publisher = WorkspacePublisher(client, HOUSE.name, READERS, slept.append)
    publisher.publish(export(HOUSE, "aws"), lambda: None)
    assert slept == [1.0, 1.0]
    states.append({"state": "ERROR", "error": {"code": "VALIDATION_ERROR", "message": "no such function"}})
    others = WorkspacePublisher(client, HOUSE.name, {name: f"{arn}-2" for name, arn in READERS.items()}, slept.append)
    with pytest.raises(FinalError, match=r"UpdateComponentType of 'com\.t2mc\.house\.device': no such function"):
        others.publish(export(HOUSE, "aws"), lambda: None)
    client.close()
