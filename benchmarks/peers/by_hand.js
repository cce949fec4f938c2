"use strict";
// MQTT -> HTTP -> HTTP -> SQLite by hand, in Node.js: `connector MQTT_PORT NEXT_PORT`, `processor PORT NEXT_PORT`,
// `sink PORT FILE`. The same pipeline as by_hand.py, and as free to lose what it has acknowledged.
const http = require("node:http");
const [stage, here, next] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });

function post(path, body) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { agent, host: "127.0.0.1", port: next, path, method: "POST", headers };
    const request = http.request(options, (answer) => {
      answer.on("end", () => (answer.statusCode === 200 ? resolve() : reject(new Error(answer.statusCode)))).resume();
    });
    request.on("error", reject).end(body);
  });
}

function serve(handle) {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk)).on("end", async () => {
      try {
        await handle(request.url.slice(1), JSON.parse(Buffer.concat(chunks)));
        response.end("{}");
      } catch (error) {
        console.error(error);
        response.writeHead(500).end();
      }
    });
  });
  server.listen(here, "127.0.0.1");
}

function normalised(device, { ts, ...reading }) {
  return { device_id: device, timestamp: new Date(ts).toISOString(), ...reading };
}

if (stage === "connector") {
  const client = require("mqtt").connect(`mqtt://127.0.0.1:${here}`);
  client.on("connect", () => client.subscribe("dt/+/+/telemetry", { qos: 1 }));
  client.on("message", (topic, payload) => post(`/${topic.split("/")[2]}`, payload).catch(console.error));
} else if (stage === "processor") {
  serve((device, received) => post("/", JSON.stringify([].concat(received).map((one) => normalised(device, one)))));
} else {
  const store = require("./store.js")(next);
  serve((_path, readings) => store(readings));
}
