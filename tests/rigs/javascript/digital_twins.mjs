// @azure/digital-twins-core, signed in by DefaultAzureCredential, against an emulated instance over TLS.
import assert from "node:assert/strict";
import { DigitalTwinsClient } from "@azure/digital-twins-core";
import { DefaultAzureCredential } from "@azure/identity";

const client = new DigitalTwinsClient(process.env.ADT_URL, new DefaultAzureCredential());
const room = {
  "@id": "dtmi:example:Room;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2",
  contents: [
    { "@type": "Property", name: "temperature", schema: "double" },
    { "@type": "Relationship", name: "beside" },
  ],
};
await client.createModels([room]);
assert.equal((await client.getModel(room["@id"], true)).model["@id"], room["@id"]);
for (const id of ["r1", "r2"]) {
  await client.upsertDigitalTwin(id, JSON.stringify({ $metadata: { $model: room["@id"] }, temperature: 20 }));
}
await client.updateDigitalTwin("r1", [{ op: "replace", path: "/temperature", value: 21.5 }]);
const twin = await client.getDigitalTwin("r1");
assert.equal((twin.body ?? twin).temperature, 21.5);
await client.upsertRelationship("r1", "e1", { $relationshipName: "beside", $targetId: "r2" });
const edges = [];
for await (const each of client.listRelationships("r1")) edges.push(each.$targetId);
assert.deepEqual(edges, ["r2"]);
const warm = [];
for await (const each of client.queryTwins("SELECT * FROM DIGITALTWINS T WHERE T.temperature > 21")) warm.push(each.$dtId);
assert.deepEqual(warm, ["r1"]);
await assert.rejects(client.getDigitalTwin("nobody"), (error) => error.statusCode === 404 && error.code === "DigitalTwinNotFound");
await client.deleteRelationship("r1", "e1");
for (const id of ["r1", "r2"]) await client.deleteDigitalTwin(id);
await client.deleteModel(room["@id"]);
console.log("all right");
