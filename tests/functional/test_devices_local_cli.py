"""t2mc devices --local: what it prints, a person can type, and the running twin takes it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.rigs import command_line
from tests.rigs.clouds import AWS
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.emulator.host.deployment import Tls, prepare
from twin2multicloud.operations.local_twin import LocalTwin
from twin2multicloud.project.loader import load_project

pytestmark = pytest.mark.functional


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> RunningTwin:
    with running(write_project(tmp_path_factory.mktemp("a twin") / "p", placement(AWS, AWS, AWS))) as running_twin:
        yield running_twin


def t2mc(*arguments: object) -> tuple[int, str]:
    done = command_line.t2mc(*arguments, columns=80)
    return done.returncode, done.stdout + done.stderr


def register(twin: RunningTwin, *more: str) -> dict[str, str]:
    """The printed commands, by program."""
    code, said = t2mc("devices", "register", twin.deployment.folder, "--local", *more)
    assert code == 0, said
    return {line.split()[0]: line for line in said.splitlines() if line.startswith(("mosquitto_pub", "curl"))}


def taken(twin: RunningTwin, line: str) -> int:
    """Type a line; how many publishes more the twin has then."""
    before = sum(each.published for each in twin.settle())
    subprocess.run(["sh", "-c", line], capture_output=True, timeout=20)
    return sum(each.published for each in twin.settle()) - before


@pytest.mark.parametrize("program", ["mosquitto_pub", "curl"])
def test_a_printed_line_publishes_as_the_device_until_it_is_taken_out(twin: RunningTwin, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on the PATH")
    chosen = ("--device", "d1")
    line = register(twin, *chosen)[program]
    assert taken(twin, line) == 1
    key = Path(twin.deployment.folder) / ".t2mc" / "local-devices" / "d1" / "key.txt"
    assert key.read_text() not in line
    assert register(twin, *chosen, "--renew")[program] == line
    assert taken(twin, line) == 1, "the same line, with the new key in its file"
    old = key.read_text()
    code, said = t2mc("devices", "remove", twin.deployment.folder, "--local", *chosen, "--yes")
    assert (code, "removed 1" in said) == (0, True), said
    assert not key.exists()
    key.parent.mkdir()
    key.write_text(old)
    assert taken(twin, line) == 0
    shutil.rmtree(key.parent)
    assert taken(twin, register(twin, *chosen)[program]) == 1


def test_the_list_is_of_the_running_twin(twin: RunningTwin) -> None:
    assert t2mc("devices", "remove", twin.deployment.folder, "--local", "--device", "g-007", "--yes")[0] == 0
    code, said = t2mc("devices", "list", twin.deployment.folder, "--local", "--json")
    assert code == 0, said
    standing = {each["device_id"]: each["registered"] for each in json.loads(said)}
    assert len(standing) == 101
    assert [each for each in standing if not standing[each]] == ["g-007"]
    assert register(twin) == {}, "whoever names no device gets no line"
    said = t2mc("devices", "list", twin.deployment.folder, "--local")[1]
    assert "101 of 101 devices may connect to the AWS of this machine" in said


def test_removing_what_is_not_there_is_said_to_be_nothing(twin: RunningTwin) -> None:
    chosen = ("devices", "remove", twin.deployment.folder, "--local", "--device", "g-009", "--yes")
    assert "removed 1\n" in t2mc(*chosen)[1]
    code, said = t2mc(*chosen)
    assert (code, "removed 0, 1 not registered" in said) == (0, True), said
    register(twin)


def test_a_project_that_changed_since_is_not_what_runs(twin: RunningTwin) -> None:
    file = Path(twin.deployment.folder) / "config_iot_devices.json"
    before = file.read_text()
    config = json.loads(before)
    config["devices"].append({**config["devices"][0], "id": "d1-new"})
    file.write_text(json.dumps(config))
    try:
        code, said = t2mc("devices", "register", twin.deployment.folder, "--local", "--device", "d1-new")
        assert (code, "no such device in the twin" in said) == (2, True), said
        assert "the project has changed since the twin came up" in said
        code, said = t2mc("devices", "list", twin.deployment.folder, "--local")
        assert (code, "d1-new" in said, "of 101 devices" in said) == (0, False, True), said
        assert t2mc("devices", "register", twin.deployment.folder, "--local")[0] == 0
    finally:
        file.write_text(before)
    assert "has changed" not in t2mc("devices", "list", twin.deployment.folder, "--local")[1]


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AWS, AWS))
    prepare(load_project(folder))
    (folder / ".t2mc" / "local-devices").touch()
    code, said = t2mc("devices", "register", folder, "--local", "--device", "d1")
    assert (code, "note: the twin is not up; `t2mc up" in said) == (1, True), said
    assert f"File exists: '{folder}/.t2mc/local-devices'" in said
    assert "Traceback" not in said


def test_what_a_client_is_told(twin: RunningTwin) -> None:
    register(twin, "--device", "g-001", "--device", "g-002")
    folder = Path(twin.deployment.folder) / ".t2mc" / "local-devices"
    for device in ("g-001", "g-002"):
        found = json.loads((folder / device / "connection.json").read_text())
        assert (found["protocol"], found["user_name"], found["cloud"]) == ("mqtt", device, "aws")
        assert found["port"] == twin.deployment.acquisition.mqtt_port
        assert found["topic"] == f"dt/testtwin/{device}/telemetry"
    assert folder.stat().st_mode & 0o077 == 0


def test_a_twin_that_was_never_up_has_no_devices_to_speak_of(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AWS, AWS))
    code, said = t2mc("devices", "list", folder, "--local")
    assert (code, f"run `t2mc up {folder}` first" in said) == (1, True), said


def test_over_tls_the_line_says_whom_to_trust(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AWS, AWS))
    prepare(load_project(folder), tls=Tls("/its/own certificate.pem", "/its/key.pem"))
    mqtt, _ = LocalTwin(folder).examples("d1")
    assert " --cafile '/its/own certificate.pem' " in mqtt
    assert LocalTwin(folder).connection("d1").protocol == "mqtts"
