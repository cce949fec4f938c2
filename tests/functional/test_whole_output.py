"""Output into a pipe is whole, tables are CSV on request, and commands say what will not happen."""

import csv
import io
import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import T2MC, t2mc
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.readings import publish

pytestmark = pytest.mark.functional

RULE = {
    "name": "hot",
    "device": "d1",
    "property": "double",
    "comparison": ">",
    "threshold": 30,
    "action": {"kind": "workflow", "name": "cool"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_project(tmp_path / "p", placement(AWS, AZURE, GCP))


def test_through_a_pipe_lines_are_whole(folder: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    piped = subprocess.run([T2MC, "plan", folder], capture_output=True, text=True, env=env, timeout=60)
    assert piped.stdout == t2mc("plan", folder, columns=100_000).stdout
    assert max(map(len, piped.stdout.splitlines())) > 100


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_tables_are_csv_on_request(folder: Path) -> None:
    planned = _rows(t2mc("plan", folder, "--csv").stdout)
    topology = json.loads(t2mc("plan", folder, "--json").stdout)
    assert [f"{row['cloud']}.{row['component']}" for row in planned] == [
        f"{each['cloud']}.{each['name']}"
        for cloud in dict.fromkeys(each["cloud"] for each in planned)
        for each in topology["components"]
        if each["cloud"] == cloud
    ]
    try:
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
        now = time.time_ns() // 1_000_000
        readings = ({"device_id": "d1", "long": n, "timestamp": now + n} for n in range(1200))
        assert publish(load_deployment(folder), readings, speed=None) == 1200
        clouds = _rows(t2mc("status", folder, "--csv").stdout)
        assert [row["cloud"] for row in clouds] == ["aws", "azure", "gcp"]
        assert clouds[0]["published"] == "1200"
        assert _rows(t2mc("query", folder, "d1", "long", "--csv").stdout)[0].keys() == {"time", "long"}
        assert {row["property"] for row in _rows(t2mc("query", folder, "d1", "--last", "--csv").stdout)} >= {"long"}
        assert _rows(t2mc("dlq", "list", folder, "--csv").stdout) == []
        assert t2mc("errors", folder, "--csv").stdout.startswith("time,severity,cloud,")
        assert len(_rows(t2mc("devices", "list", folder, "--local", "--csv").stdout)) == 101
    finally:
        t2mc("down", folder)


def test_rules_that_nothing_runs_are_said(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AZURE, GCP))
    (folder / "config_events.json").write_text(json.dumps({"enable_events": True, "rules": [RULE]}))
    said = " ".join(t2mc("validate", folder).stderr.split())
    assert "hot: the event is kept, but nothing runs an action of the kind workflow yet" in said


def test_moving_the_hot_store_says_what_stays(folder: Path) -> None:
    try:
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
        t2mc("down", folder)
        options = ("--interval", "1", "--message-kb", "0.5", "--fix", "L3-hot=aws", "--apply")
        applied = t2mc("optimize", folder, *options)
        assert applied.returncode == 0, applied.stderr
        sentence = "L3-hot moves from Google Cloud to AWS: readings that are stored stay on Google Cloud"
        assert sentence in " ".join(applied.stderr.split())
        up = t2mc("up", folder, "--no-dashboard")
        assert sentence in " ".join(up.stderr.split())
    finally:
        t2mc("down", folder)


def test_a_broken_deployment_file_costs_ports_only(folder: Path) -> None:
    try:
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
        t2mc("down", folder)
        (folder / ".t2mc" / "deployment.json").write_text("{")
        said = " ".join(t2mc("status", folder).stderr.split())
        assert "remove this file" in said
        assert "data and keys are in other files and stay" in said
        (folder / ".t2mc" / "deployment.json").unlink()
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
    finally:
        t2mc("down", folder)
