// @aws-sdk/client-iottwinmaker against an emulated TwinMaker: what its environment says, and one option that has no variable.
import assert from "node:assert/strict";
import {
  BatchPutPropertyValuesCommand, ConflictException, CreateComponentTypeCommand, CreateEntityCommand, CreateSceneCommand,
  CreateWorkspaceCommand, DeleteComponentTypeCommand, DeleteEntityCommand, DeleteSceneCommand, DeleteWorkspaceCommand,
  ExecuteQueryCommand, GetComponentTypeCommand, GetEntityCommand, GetPropertyValueCommand, GetPropertyValueHistoryCommand,
  GetSceneCommand, GetWorkspaceCommand, IoTTwinMakerClient, ListEntitiesCommand, ListTagsForResourceCommand,
  ListWorkspacesCommand, ResourceNotFoundException, TagResourceCommand, UntagResourceCommand, UpdateEntityCommand,
  ValidationException,
} from "@aws-sdk/client-iottwinmaker";

const client = new IoTTwinMakerClient({ disableHostPrefix: true, maxAttempts: 1 });
const workspaceId = "javascript", type = "com.example:pump";
const send = (Command, input) => client.send(new Command({ workspaceId, ...input }));

await send(CreateWorkspaceCommand, { role: "arn:aws:iam::123456789012:role/twin", s3Location: "arn:aws:s3:::bucket" });
await assert.rejects(send(CreateWorkspaceCommand, { role: "arn:aws:iam::123456789012:role/twin" }), ConflictException);
const arn = (await send(GetWorkspaceCommand)).arn;
assert.deepEqual((await client.send(new ListWorkspacesCommand({}))).workspaceSummaries.map((each) => each.workspaceId), [workspaceId]);
await client.send(new TagResourceCommand({ resourceARN: arn, tags: { a: "1", b: "2" } }));
await client.send(new UntagResourceCommand({ resourceARN: arn, tagKeys: ["a"] }));
assert.deepEqual((await client.send(new ListTagsForResourceCommand({ resourceARN: arn }))).tags, { b: "2" });

const reader = { implementedBy: { lambda: { arn: "arn:aws:lambda:eu-central-1:123456789012:function:reader" } } };
await send(CreateComponentTypeCommand, {
  componentTypeId: type,
  propertyDefinitions: {
    key: { dataType: { type: "STRING" }, isExternalId: true, isRequiredInEntity: true },
    rpm: { dataType: { type: "DOUBLE" }, isTimeSeries: true, isStoredExternally: true },
  },
  functions: { dataReader: reader },
});
assert.equal((await send(GetComponentTypeCommand, { componentTypeId: type })).propertyDefinitions.rpm.isTimeSeries, true);
await send(CreateEntityCommand, { entityId: "hall", entityName: "Hall" });
const components = { pump: { componentTypeId: type, properties: { key: { value: { stringValue: "p1" } } } } };
await send(CreateEntityCommand, { entityId: "pump", entityName: "Pump", parentEntityId: "hall", components });
await send(UpdateEntityCommand, { entityId: "pump", description: "of steel" });
const entity = await send(GetEntityCommand, { entityId: "pump" });
assert.equal(entity.description, "of steel");
assert.ok(entity.updateDateTime instanceof Date);
assert.equal((await send(ListEntitiesCommand, { filters: [{ externalId: "p1" }] })).entitySummaries.length, 1);
const asked = { entityId: "pump", componentName: "pump" };
const values = (await send(GetPropertyValueCommand, { ...asked, selectedProperties: ["key"] })).propertyValues;
assert.equal(values.key.propertyValue.stringValue, "p1");
const span = { startTime: "2026-01-01T00:00:00Z", endTime: "2026-01-02T00:00:00Z" };
await assert.rejects(
  send(GetPropertyValueHistoryCommand, { ...asked, ...span, selectedProperties: ["rpm"] }),
  (error) => error.name === "ConnectorFailureException" && error.$metadata.httpStatusCode === 424,
);
const entries = [{ entityPropertyReference: { ...asked, propertyName: "rpm" }, propertyValues: [{ time: "2026-01-01T00:00:00Z", value: { doubleValue: 1 } }] }];
assert.match((await send(BatchPutPropertyValuesCommand, { entries })).errorEntries[0].errors[0].errorMessage, /has no function dataWriter/);
const queryStatement = "SELECT c.entityId FROM EntityGraph MATCH (p)<-[:isChildOf]-(c) WHERE p.entityId = 'hall'";
assert.deepEqual((await send(ExecuteQueryCommand, { queryStatement })).rows.map((each) => each.rowData), [["pump"]]);
await send(CreateSceneCommand, { sceneId: "scene", contentLocation: "s3://bucket/scene.json" });
assert.equal((await send(GetSceneCommand, { sceneId: "scene" })).contentLocation, "s3://bucket/scene.json");

await assert.rejects(send(DeleteEntityCommand, { entityId: "hall" }), ValidationException);
await send(DeleteEntityCommand, { entityId: "hall", isRecursive: true });
await assert.rejects(send(GetEntityCommand, { entityId: "pump" }), ResourceNotFoundException);
await send(DeleteSceneCommand, { sceneId: "scene" });
await send(DeleteComponentTypeCommand, { componentTypeId: type });
await send(DeleteWorkspaceCommand);
console.log("all right");
