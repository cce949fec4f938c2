"""t2mc as a person uses it: its exit codes, its words.

The installed command, in a process of its own, is the smoke set: each exit code once, and the demo.
"""

import json
import time
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import installed_t2mc, t2mc
from tests.rigs.running_twin import placement, write_project

pytestmark = pytest.mark.functional


@pytest.mark.parametrize(
    ("command", "code"),
    [("plan", 0), ("status", 1), ("validate --no-such-option", 2), ("up", 2)],
    ids=lambda it: str(it),
)
def test_in_process_it_says_what_the_installed_command_says(tmp_path: Path, command: str, code: int) -> None:
    """So that most tests can do without a process for every command."""
    bad = {"config": {"retention": 1}} if command == "up" else {}
    words = [*command.split(), write_project(tmp_path / "p", placement(AWS, AZURE, GCP), **bad)]
    here, installed = t2mc(*words), installed_t2mc(*words)
    assert (here.returncode, here.stdout, here.stderr) == (code, installed.stdout, installed.stderr)
    assert installed.returncode == code


def test_help_names_every_command_with_an_example() -> None:
    overview = t2mc("--help").stdout
    for command in (
        "init",
        "validate",
        "plan",
        "up",
        "down",
        "status",
        "errors",
        "simulate",
        "replay",
        "query",
        "demo",
    ):
        assert command in overview
        assert "Example: t2mc" in t2mc(command, "--help").stdout


def test_a_new_project_is_valid_and_plans(tmp_path: Path) -> None:
    folder = tmp_path / "my-twin"
    assert installed_t2mc("init", folder, "--template", "factory").returncode == 0
    valid = t2mc("validate", folder)
    assert valid.returncode == 0
    assert "my-twin" in valid.stdout
    planned = t2mc("plan", folder, "--explain")
    assert planned.returncode == 0
    assert "a connector deployed under the processor's name" in " ".join(planned.stdout.split())


def test_init_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    refused = t2mc("init", tmp_path)
    assert refused.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_plan_as_json_is_the_topology(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AZURE, GCP))
    topology = json.loads(t2mc("plan", folder, "--json").stdout)
    assert {each["name"]: each["locality"] for each in topology["boundaries"]}["L1 → L2"] == "remote"
    assert "azure.ingestion" in {each["component"] for each in topology["endpoints"]}


def test_bad_input_is_one_report_with_suggestions_and_exit_code_2(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path / "p",
        placement(AWS, AZURE, GCP),
        config_providers={"layer_2_provider": "azur"},
        config={"retention": 1},
    )
    bad = installed_t2mc("validate", folder)
    assert bad.returncode == 2
    report = " ".join(bad.stderr.split())
    assert 'config_providers.json: layer_2_provider: found "azur"' in report
    assert "azure" in report.split("layer_2_provider", 1)[1]
    assert "retention" in report
    assert "2 findings" in report
    assert t2mc("up", folder).returncode == 2
    assert not (folder / ".t2mc").exists()


@pytest.mark.parametrize("command", ["down", "status", "simulate", "query d1"])
def test_what_needs_a_running_twin_says_so(tmp_path: Path, command: str) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AWS, AWS))
    name, *more = command.split()
    missing = t2mc(name, folder, *more)
    assert missing.returncode == 1
    assert "t2mc up" in " ".join(missing.stderr.split())


def test_a_day_with_a_twin(tmp_path: Path) -> None:
    """up, a recording, status, query, a device that is not there, down, and up again with everything still there."""
    folder = write_project(tmp_path / "p", placement(AWS, AZURE, GCP))
    try:
        up = t2mc("up", folder, "--no-dashboard")
        assert up.returncode == 0, up.stderr
        again = t2mc("up", folder, "--no-dashboard")
        assert again.returncode == 0
        recording = tmp_path / "counts.csv"
        recording.write_text(
            "when;who;count\n" + "".join(f"{1_700_000_000 + n};{n % 2 + 1:03};{n}\n" for n in range(50))
        )
        replayed = t2mc(
            "replay", folder, recording, "--time", "when", "--device-column", "who", "--device-pattern", "g-{}",
            "--map", "n=count", "--delimiter", ";", "--check",
        )  # fmt: skip
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        flowing = " ".join(replayed.stdout.split())
        assert "50 readings published and acknowledged, 50 stored, 0 cells left out" in flowing

        recording.write_bytes("Tag;Zeit;Zähler\n02.02.2025;13:05:00;7\n02.02.2025;13:06:00;NaN\n".encode("cp1252"))
        options = ("--device", "g-003", "--time", "Tag", "--time", "Zeit", "--map", "n=Zähler", "--check")
        unread = t2mc("replay", folder, recording, *options)
        assert unread.returncode == 2
        assert "line 1, column 11: found byte 0xE4" in unread.stderr
        how = ("--encoding", "cp1252", "--time-format", "%d.%m.%Y %H:%M:%S", "--time-zone", "Europe/Berlin")
        partly = t2mc("replay", folder, recording, *options, *how)
        assert partly.returncode == 1
        assert "1 readings published and acknowledged, 1 stored, 1 cell left out" in " ".join(partly.stdout.split())
        assert "left out: line 3, column 3: n is 'NaN', expected LONG" in partly.stderr
        assert "found by looking: delimiter ';'" in partly.stderr
        found = json.loads(t2mc("query", folder, "g-003", "n", "--since", "2025-02-01", "--json").stdout)
        assert found["n"] == [{"time": "2025-02-02T12:05:00.000Z", "value": 7}]

        status = json.loads(t2mc("status", folder, "--json").stdout)
        first = next(each for each in status["boundaries"] if each["name"] == "L1 → L2")
        assert first["messages_in"] == first["messages_out"] >= 50
        table = t2mc("status", folder)
        assert table.returncode == 0
        assert "L2 → L3-hot" in table.stdout

        found = json.loads(
            t2mc("query", folder, "g-001", "n", "--since", "2023-11-14", "--until", "2023-11-15", "--json").stdout
        )
        assert [point["value"] for point in found["n"]] == list(range(0, 50, 2))
        latest = json.loads(t2mc("query", folder, "g-002", "--last", "--json").stdout)
        assert latest["n"]["value"] == 49
        unknown = t2mc("query", folder, "nobody")
        assert unknown.returncode == 2
        assert "no device 'nobody'" in unknown.stderr
        assert t2mc("dlq", "redrive", folder).returncode == 0
    finally:
        down = t2mc("down", folder)
    assert down.returncode == 0
    assert t2mc("status", folder).returncode == 1
    kept = t2mc("up", folder, "--no-dashboard")
    try:
        assert kept.returncode == 0
        assert json.loads(t2mc("query", folder, "g-002", "--last", "--json").stdout) == latest
    finally:
        t2mc("down", folder)


def test_a_changed_project_is_not_started_beside_the_old_one(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AZURE, AZURE))
    try:
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
        write_project(folder, placement(GCP, GCP, GCP))
        refused = t2mc("up", folder, "--no-dashboard")
        assert refused.returncode == 2
        assert "the project has changed since aws, azure started" in " ".join(refused.stderr.split())
        clouds = json.loads(t2mc("status", folder, "--json").stdout)["clouds"]
        assert {each["cloud"]: each["running"] for each in clouds} == {"aws": True, "azure": True}
    finally:
        assert "aws, azure" in t2mc("down", folder).stdout


def test_edited_user_code_does_not_go_on_running_as_it_was_unsaid(tmp_path: Path) -> None:
    types = {"counter": {"properties": [{"name": "n", "data_type": "LONG"}], "processor": "own"}}
    devices = {"types": types, "devices": [{"id": "d1", "type": "counter"}]}
    folder = write_project(tmp_path / "p", placement(AWS, AWS, AWS), config_iot_devices=devices)
    (folder / "processors").mkdir()
    own = folder / "processors" / "own.py"
    own.write_text("def process(telemetry):\n    return telemetry\n")
    try:
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
        own.write_text("def process(telemetry):\n    return None\n")
        refused = t2mc("up", folder, "--no-dashboard")
        assert refused.returncode == 2
        assert "the project has changed since aws started" in " ".join(refused.stderr.split())
        assert t2mc("down", folder).returncode == 0
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
    finally:
        t2mc("down", folder)


def test_simulated_devices_publish_as_many_as_asked(tmp_path: Path) -> None:
    folder = tmp_path / "greenhouse"
    assert t2mc("init", folder, "-t", "single-cloud").returncode == 0
    try:
        assert t2mc("up", folder, "--no-dashboard").returncode == 0
        done = t2mc("simulate", folder, "--rate", 200, "--count", 100)
        assert done.returncode == 0, done.stderr
        assert "100 readings published and acknowledged" in done.stdout
        for _ in range(100):
            (aws,) = json.loads(t2mc("status", folder, "--json").stdout)["clouds"]
            if aws["stored"] == 100:
                break
            time.sleep(0.1)  # what is acknowledged is durable at L1, and on its way
        assert aws["published"] == aws["stored"] == 100
    finally:
        t2mc("down", folder)


def test_the_demo_checks_the_path_and_leaves_nothing_running(tmp_path: Path) -> None:
    done = installed_t2mc("demo", tmp_path / "smart-home")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ every reading arrived once" in done.stdout
    assert "L1 → L2" in done.stdout
    assert installed_t2mc("status", tmp_path / "smart-home").returncode == 1
