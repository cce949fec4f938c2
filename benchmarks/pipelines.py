"""Pipelines that can be measured beside each other: ours on three emulated clouds, and the peers, each started afresh.

A peer is mosquitto and three processes. Starting one installs nothing but the npm packages of benchmarks/peers, pinned
there, into that folder. What is missing for one is said by `missing`.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from benchmarks import hot_rows
from benchmarks.load import Load, publishes
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.emulator.adapters.device_authenticator import GATEWAY, password
from twin2multicloud.emulator.host.ports import hold_free_port
from twin2multicloud.emulator.host.processes import pid_of

PEERS = Path(__file__).parent / "peers"
TOPIC = telemetry_topic("testtwin", "g-001")


class Pipeline(NamedTuple):
    """One that runs: its processes without the load generator, where to publish, and how much it has stored."""

    pids: Sequence[int]
    topic: str
    connect: Callable[[int], Load]
    """A connection with a window of so many unacknowledged publishes."""
    stored: Callable[[], int]


Start = Callable[[Path], AbstractContextManager[Pipeline]]
"""Starts a pipeline in a folder of its own, and stops it."""


@contextmanager
def twin(
    folder: Path, *, where: Placement | None = None, **changes: Mapping[str, Any]
) -> Iterator[tuple[RunningTwin, Pipeline]]:
    """Our clouds: by default L1 on AWS, L2 on Azure, the rest on Google Cloud. `changes` are of a project's files."""
    where = where or placement(AWS, AZURE, GCP)
    with running(write_project(folder / "project", where, **changes)) as running_twin:
        deployment, key = running_twin.deployment, running_twin.secrets.device_key
        pids = [pid for site in deployment.sites if (pid := pid_of(deployment, site.cloud))]
        port = deployment.acquisition.mqtt_port
        assert port is not None
        connect = partial(Load, port, GATEWAY, password(key, GATEWAY))
        stored = hot_rows.counter(deployment.state.process(where[Slot.L3_HOT]) / "hot.sqlite")
        yield running_twin, Pipeline(pids, TOPIC, connect, stored)


@contextmanager
def ours(folder: Path) -> Iterator[Pipeline]:
    """Our clouds, as a pipeline."""
    with twin(folder) as (_, pipeline):
        yield pipeline


def by_hand_python(folder: Path) -> AbstractContextManager[Pipeline]:
    """The pipeline of peers/by_hand.py."""
    return _three_stages(folder, [sys.executable, str(PEERS / "by_hand.py")])


def by_hand_node(folder: Path) -> AbstractContextManager[Pipeline]:
    """The pipeline of peers/by_hand.js."""
    return _three_stages(folder, ["node", str(PEERS / "by_hand.js")])


def node_red(folder: Path) -> AbstractContextManager[Pipeline]:
    """The flows of peers/node_red, each in a Node-RED of its own."""
    return _peer(folder, partial(_start_node_red, folder))


def missing(start: Start) -> str | None:
    """What this machine lacks for a pipeline, in words; None where it lacks nothing."""
    if start is ours:
        return None
    if mosquitto() is None:
        return "mosquitto is not installed here"
    if start is by_hand_python:
        return None
    return _npm_packages()


def _npm_packages() -> str | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed here"
    wanted, there = PEERS / "package-lock.json", PEERS / "node_modules" / ".package-lock.json"
    if there.exists() and there.stat().st_mtime >= wanted.stat().st_mtime:
        return None
    command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=PEERS, capture_output=True, text=True, check=False)
    return f"npm ci failed: {done.stderr.strip()[:200]}" if done.returncode else None


def mosquitto() -> str | None:
    """The broker's program, where it is installed; Debian puts it where no user's PATH leads."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


Spawn = Callable[[Sequence[str], Mapping[str, str]], None]
"""Starts a command with some variables added to the environment."""


def _three_stages(folder: Path, program: Sequence[str]) -> AbstractContextManager[Pipeline]:
    def start(spawn: Spawn, mqtt: int, middle: int, last: int, file: Path) -> None:
        spawn([*program, "sink", str(last), str(file)], {})
        spawn([*program, "processor", str(middle), str(last)], {})
        spawn([*program, "connector", str(mqtt), str(middle)], {})

    return _peer(folder, start)


def _start_node_red(folder: Path, spawn: Spawn, mqtt: int, middle: int, last: int, file: Path) -> None:
    flows = PEERS / "node_red"
    program = ["node", str(PEERS / "node_modules" / "node-red" / "red.js"), "--settings", str(flows / "settings.js")]
    for stage, variables in {
        "sink": {"PORT": str(last), "STORE_FILE": str(file)},
        "processor": {"PORT": str(middle), "NEXT_PORT": str(last)},
        "connector": {"PORT": str(hold_free_port()), "NEXT_PORT": str(middle), "MQTT_PORT": str(mqtt)},
    }.items():
        home = folder / stage  # Node-RED writes beside its flow
        home.mkdir()
        flow = shutil.copy(flows / f"{stage}.json", home)
        spawn(program, {**variables, "USER_DIR": str(home), "FLOW_FILE": str(flow)})


@contextmanager
def _peer(folder: Path, start: Callable[[Spawn, int, int, int, Path], None]) -> Iterator[Pipeline]:
    """Mosquitto and three stages, ready once a reading came through them."""
    folder, processes = folder.resolve(), list[subprocess.Popen[bytes]]()
    mqtt, middle, last = hold_free_port(), hold_free_port(), hold_free_port()
    configuration = folder / "mosquitto.conf"
    # Queues without limits: mosquitto's own would drop what a slow subscriber has not taken.
    limits = "max_inflight_messages 0\nmax_queued_messages 0\nlog_type error\nlog_type warning\n"
    configuration.write_text(f"listener {mqtt} 127.0.0.1\nallow_anonymous true\n{limits}")
    with ExitStack() as at_the_end, (folder / "log.txt").open("wb") as log:

        def spawn(command: Sequence[str], variables: Mapping[str, str]) -> None:
            process = subprocess.Popen(command, env=os.environ | variables, stdout=log, stderr=log)
            processes.append(process)
            at_the_end.callback(_end, process)

        spawn([str(mosquitto()), "-c", str(configuration)], {})
        start(spawn, mqtt, middle, last, folder / "sink.sqlite")
        pipeline = Pipeline(
            [process.pid for process in processes],
            TOPIC,
            partial(Load, mqtt, "user", "password"),
            partial(_stored_by_peer, folder / "sink.sqlite"),
        )
        _wait_until_through(pipeline, processes, folder / "log.txt")
        yield pipeline


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stored_by_peer(file: Path) -> int:
    db = sqlite3.connect(file)
    try:
        return db.execute("SELECT max(rowid) FROM readings").fetchone()[0] or 0
    except sqlite3.OperationalError:  # no table yet
        return 0
    finally:
        db.close()


def _wait_until_through(pipeline: Pipeline, processes: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
    """Publish one and the same reading until it is stored; there is one row of it then, however often it was sent."""
    probe = publishes(pipeline.topic, [json.dumps({"ts": 1, "n": 0}).encode()])
    deadline = time.monotonic() + 60
    while pipeline.stored() == 0:
        ended = any(process.poll() is not None for process in processes)
        if ended or time.monotonic() > deadline:
            raise RuntimeError(f"the peer does not run:\n{log.read_text()[-2000:]}")
        try:
            load = pipeline.connect(10)
        except OSError:  # the broker does not listen yet
            time.sleep(0.1)
            continue
        load.send(probe)
        load.close()
        time.sleep(0.3)
    time.sleep(1)  # what was sent twice has gone through as well
