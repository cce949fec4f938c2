"""`t2mc run processor` and `t2mc test`: user code on one reading, with limits, and errors with file and line."""

import json
import shutil
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS
from tests.rigs.command_line import Done, t2mc
from tests.rigs.examples import ROOT
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.operations.processor_run import run_processor
from twin2multicloud.project.loader import load_project

pytestmark = pytest.mark.functional

CODE = """\
import time

def process(telemetry):
    print("a line of user code")
    match telemetry.get("integer"):
        case 1:
            return {**telemetry, "double": 0.5, "integer": 2}
        case 2:
            return None
        case 3:
            raise ValueError("three")
        case 4:
            return {"string": "x" * (600 * 1024 * 1024)}
        case 5:
            time.sleep(60)
        case 6:
            raise SystemExit(3)
"""
NOW = "2026-01-15T10:30:00.000Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = write_project(
        tmp_path / "p",
        placement(AWS, AWS, AWS),
        config_iot_devices={"devices": [{"id": "d1", "type": "all", "processor": "twice"}]},
        config_hierarchy={"entities": []},
    )
    (project / "processors").mkdir()
    (project / "processors" / "twice.py").write_text(CODE)
    return project


def _run(folder: Path, integer: int, *more: str) -> Done:
    message = folder / "message.json"
    message.write_text(json.dumps({"device_id": "d1", "integer": integer, "long": 7}))
    return t2mc("run", "processor", folder, "twice", "--reading", message, *more)


def test_what_a_processor_changes_is_shown(folder: Path) -> None:
    done = _run(folder, 1)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "~ integer: 1 → 2" in lines
    assert "+ double: 0.5" in lines
    assert "  long: 7" in lines
    [as_json] = json.loads(_run(folder, 1, "--json").stdout)
    assert (as_json["given"]["integer"], as_json["outcome"]["result"]["integer"]) == (1, 2)


def test_a_dropped_reading_is_said(folder: Path) -> None:
    assert _run(folder, 2).stdout.strip() == "dropped"


def test_an_error_names_file_and_line(folder: Path) -> None:
    failed = _run(folder, 3)
    assert failed.returncode == 1
    assert f"{folder / 'processors' / 'twice.py'}:11: ValueError: three" in " ".join(failed.stderr.split())
    (folder / "processors" / "twice.py").write_text("def process(telemetry):\n    return {\n")
    broken = _run(folder, 1)
    assert broken.returncode == 2  # as `validate` has it
    assert "twice.py: line 2: found a syntax error" in " ".join(broken.stderr.split())


def test_user_code_has_the_limits_of_the_runtime(folder: Path) -> None:
    assert "MemoryError" in _run(folder, 4).stderr
    assert "SystemExit: 3" in _run(folder, 6).stderr
    [slow] = run_processor(load_project(folder), "twice", b'{"device_id": "d1", "integer": 5}', NOW, seconds=1)
    assert slow.outcome.error == "not finished within 1 s, the time of a function"


def test_what_is_not_there_is_one_sentence(folder: Path) -> None:
    (folder / "message.json").write_text("{}")
    unknown = t2mc("run", "processor", folder, "twic", "--reading", folder / "message.json")
    assert unknown.returncode == 2
    assert "did you mean" in unknown.stderr
    refused = t2mc("run", "processor", folder, "twice", "--reading", folder / "message.json")
    assert refused.returncode == 1
    assert "the dispatcher refuses it: " in " ".join(refused.stderr.split())


def test_the_tests_of_a_project_pass_or_say_what_differs(folder: Path) -> None:
    tests = folder / "tests"
    tests.mkdir()
    reading = {"device_id": "d1", "integer": 1}
    listed = [
        {"processor": "twice", "reading": reading, "expected": {"integer": 2, "double": 0.5}},
        {"processor": "twice", "reading": {**reading, "integer": 2}, "expected": None},
        {"processor": "twice", "reading": {**reading, "integer": 3}, "error": "three"},
    ]
    (tests / "twice.json").write_text(json.dumps(listed))
    passed = t2mc("test", folder)
    assert (passed.returncode, passed.stdout.strip()) == (0, "3 of 3 tests passed"), passed.stderr
    (tests / "wrong.json").write_text(
        json.dumps([{"name": "off", "processor": "twice", "reading": reading, "expected": {"integer": 3}}])
    )
    failed = t2mc("test", folder, columns=300)
    assert (failed.returncode, failed.stdout.strip()) == (1, "3 of 4 tests passed")
    assert 'tests/wrong.json: off: expected {"integer":3}, found {"integer":2,"double":0.5}' in failed.stderr
    (tests / "wrong.json").write_text("{}")
    assert t2mc("test", folder).returncode == 2


def test_the_tests_of_the_factory_pass(tmp_path: Path) -> None:
    factory = shutil.copytree(ROOT / "examples" / "factory", tmp_path / "factory")
    done = t2mc("test", factory)
    assert (done.returncode, done.stdout.strip()) == (0, "2 of 2 tests passed"), done.stderr
