"""MQTT -> HTTP -> HTTP -> SQLite by hand, in async Python: the fair opponent, as a careful user would write it.

Three processes, as ours are three clouds: `connector MQTT_PORT NEXT_PORT`, `processor PORT NEXT_PORT` and
`sink PORT FILE`.
What one publish carries stays one request and one transaction; single readings go out side by side. It is allowed to
lose: a publish is acknowledged once it is in memory, nothing is queued or repeated, and SQLite does not sync.
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
import paho.mqtt.client as mqtt
import uvicorn
import uvloop
from fastapi import FastAPI, Request
from paho.mqtt.enums import CallbackAPIVersion

TABLE = "CREATE TABLE readings (device TEXT, time TEXT, body TEXT, PRIMARY KEY (device, time))"
INSERT = "INSERT OR IGNORE INTO readings VALUES (?, ?, ?)"


async def connect(mqtt_port: int, next_port: int) -> None:
    """Forward every publish, as it is, to the processor."""
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{next_port}") as session:

        async def forward(topic: str, payload: bytes | bytearray) -> None:
            async with session.post(f"/{topic.split('/')[2]}", data=payload) as answer:
                answer.raise_for_status()

        def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
            task = loop.create_task(forward(message.topic, message.payload))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        def on_connect(*_: object) -> None:
            client.subscribe("dt/+/+/telemetry", qos=1)

        def unwatch(_client: mqtt.Client, _data: object, connection: Any) -> None:
            loop.remove_writer(connection)

        client.on_message, client.on_connect = on_message, on_connect
        client.on_socket_open = lambda _client, _data, connection: loop.add_reader(connection, client.loop_read)
        client.on_socket_register_write = lambda _client, _data, connection: loop.add_writer(
            connection, client.loop_write
        )
        client.on_socket_unregister_write = unwatch
        client.connect("127.0.0.1", mqtt_port)
        while True:
            await asyncio.sleep(1)
            client.loop_misc()


def processor(next_port: int) -> FastAPI:
    """Give each reading its device and a timestamp in UTC, and hand it on."""
    session: aiohttp.ClientSession

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        nonlocal session
        async with aiohttp.ClientSession(f"http://127.0.0.1:{next_port}") as session:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/{device}")
    async def process(device: str, request: Request) -> dict[str, str]:
        received = orjson.loads(await request.body())
        readings = received if isinstance(received, list) else [received]
        body = orjson.dumps([_normalised(device, reading) for reading in readings])
        async with session.post("/", data=body) as answer:
            answer.raise_for_status()
        return {"status": "received"}

    return app


def _normalised(device: str, reading: dict[str, Any]) -> dict[str, Any]:
    stamp = datetime.fromtimestamp(reading.pop("ts") / 1000, UTC).isoformat(timespec="milliseconds")
    return {"device_id": device, "timestamp": stamp, **reading}


def sink(file: str) -> FastAPI:
    """Store what one request brings in one transaction."""
    db = sqlite3.connect(file, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")
    db.execute(TABLE)
    app = FastAPI()

    @app.post("/")
    async def store(request: Request) -> dict[str, str]:
        readings = orjson.loads(await request.body())
        rows = [(each.pop("device_id"), each.pop("timestamp"), orjson.dumps(each).decode()) for each in readings]
        with db:
            db.executemany(INSERT, rows)
        return {"status": "received"}

    return app


def main(stage: str, here: str, next_hop: str) -> None:
    if stage == "connector":
        uvloop.run(connect(int(here), int(next_hop)))
        return
    app = sink(next_hop) if stage == "sink" else processor(int(next_hop))
    uvicorn.run(app, port=int(here), log_level="warning", access_log=False, loop="uvloop", http="httptools")


if __name__ == "__main__":
    main(*sys.argv[1:])
