"""What a new user does in the first hour: stops the demo early, misspells names, gives other folders, starts twice."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, placement, running, write_project
from tests.rigs.signals import hearing_signals

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.bring_up import clouds
from twin2multicloud.operations.twin_client import TwinClient

pytestmark = pytest.mark.functional
ROOM_MAPPING = Path("mappings", "room-climate.json")


# --- stopping the demo ---------------------------------------------------------------------------------------------


def _is_prepared(folder: Path) -> bool:
    return (folder / ".t2mc").exists()


def _has_a_process(folder: Path) -> bool:
    return next(folder.glob(".t2mc/*/pid"), None) is not None


def _publishes(folder: Path) -> bool:
    with suppress(TwinError):
        client = TwinClient(load_deployment(folder))
        try:
            return any(each.published for each in client.statuses())
        finally:
            client.close()
    return False


@pytest.mark.parametrize(
    ("moment", "ending", "code"),
    [
        (_is_prepared, signal.SIGHUP, 129),
        (_has_a_process, signal.SIGINT, 130),
        (_has_a_process, signal.SIGTERM, 143),
        (_publishes, signal.SIGINT, 130),
    ],
)
def test_a_demo_that_is_stopped_says_so_and_leaves_nothing(
    tmp_path: Path, moment: Callable[[Path], bool], ending: signal.Signals, code: int
) -> None:
    folder = tmp_path / "home"
    with hearing_signals():
        demo = subprocess.Popen(
            [sys.executable, "-m", "twin2multicloud.cli", "demo", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    deadline = time.monotonic() + 60
    while not moment(folder) and time.monotonic() < deadline and demo.poll() is None:
        time.sleep(0.005)
    demo.send_signal(ending)
    printed, said = demo.communicate(timeout=60)
    assert (demo.returncode, said.splitlines()[-1:]) == (code, ["stopped"]), said
    assert "what the hot reader returns" not in said + printed
    assert _processes_of(folder) == []


def _processes_of(folder: Path) -> list[str]:
    listed = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]


# --- folders -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["validate", "plan", "up", "status", "down", "errors", "dlq list", "simulate", "replay", "devices list"],
)
def test_every_command_takes_the_folder_first_and_says_where_there_is_none(tmp_path: Path, command: str) -> None:
    done = t2mc(*command.split(), tmp_path / "nowhere", columns=400)
    assert done.returncode == 2
    assert f"{tmp_path / 'nowhere'}: found no such folder, expected a project folder" in done.stderr
    assert "t2mc up" not in done.stderr


def test_a_query_whose_folder_is_left_out_says_what_comes_first(tmp_path: Path) -> None:
    device = t2mc("query", "kitchen-climate", columns=400)
    assert (device.returncode, "the folder comes first (. for this one), then the device" in device.stderr) == (2, True)
    nowhere = t2mc("query", tmp_path / "nowhere", "kitchen-climate", columns=400)
    assert (nowhere.returncode, "found no such folder, expected a project folder" in nowhere.stderr) == (2, True)


def test_what_init_recommends_can_be_typed(tmp_path: Path) -> None:
    done = t2mc("init", tmp_path / "Mein Zuhause ü", columns=400)
    commands = re.findall(r"t2mc (\w+) ('[^']+')", done.stdout)
    assert [name for name, _ in commands] == ["validate", "up"]
    assert [shlex.split(word) for _, word in commands] == [[str(tmp_path / "Mein Zuhause ü")]] * 2


# --- a running twin ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    folder = write_project(tmp_path_factory.mktemp("first hour") / "p", placement(AWS, AZURE, GCP))
    with running(folder) as made:
        readings = "time,n,on\n" + "".join(f"{1_700_000_000 + n},{n},true\n" for n in range(9))
        (folder / "few.csv").write_text(readings, encoding="utf-8")
        how = ("--time", "time", "--device", "d1", "--map", "long=n", "--map", "boolean=on")
        done = t2mc("replay", folder, folder / "few.csv", *how)
        assert done.returncode == 0, done.stderr
        yield made


def query(twin: RunningTwin, *arguments: object) -> tuple[int, str, str]:
    done = t2mc("query", twin.deployment.folder, *arguments, columns=400)
    return done.returncode, done.stdout, done.stderr


def test_up_again_says_what_runs_already(twin: RunningTwin) -> None:
    again = t2mc("up", twin.deployment.folder, "--no-dashboard", columns=400)
    assert again.returncode == 0
    assert f"already up: {', '.join(clouds(twin.deployment))}" in again.stderr


def test_a_limit_counts_readings(twin: RunningTwin) -> None:
    code, printed, said = query(twin, "d1", "long", "boolean", "--since", "2023-11-14", "--limit", 3, "--json")
    series = json.loads(printed)
    assert (code, [point["value"] for point in series["long"]], len(series["boolean"])) == (0, [6, 7, 8], 3)
    assert "the newest 3 readings; --limit gives more" in said


def test_an_empty_range_says_so_and_where_the_latest_is(twin: RunningTwin) -> None:
    code, printed, said = query(twin, "d1", "long", "--until", "2024-01-01", "--since", "2023-12-01", "--json")
    assert (code, json.loads(printed)) == (0, {"long": []})
    assert "no reading of d1 from 2023-12-01T00:00:00.000Z to 2024-01-01T00:00:00.000Z" in said
    assert "the latest is of 2023-11-14T22:13:28.000Z" in said
    assert "there is none at all" in query(twin, "g-002", "n")[2]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (("d1", "lng"), "d1 has no property 'lng', and no reading of it has one; did you mean long?"),
        (("d11",), "the twin has no device 'd11'; did you mean d1?"),
        (("d11", "long"), "the twin has no device 'd11', and no reading came from one; did you mean d1?"),
        ((), "no device; give one of d1, "),
    ],
)
@pytest.mark.parametrize("how", [(), ("--last",)])
def test_a_name_that_nobody_knows_gets_a_suggestion(
    twin: RunningTwin, asked: tuple[str, ...], answer: str, how: tuple[str, ...]
) -> None:
    code, printed, said = query(twin, *asked, *how)
    assert (code, printed) == (2, "")
    assert answer in said


def test_the_folder_as_an_option_still_works(twin: RunningTwin) -> None:
    code, printed, _ = query(twin, "d1", "long", "--last", "--json")
    older = t2mc("query", "d1", "long", "--last", "--json", "-p", twin.deployment.folder)
    assert (code, older.stdout) == (0, printed)


def test_up_again_with_another_certificate_is_refused(twin: RunningTwin, tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("", encoding="utf-8")
    certificate = ("--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    done = t2mc("up", twin.deployment.folder, "--no-dashboard", *certificate, columns=400)
    assert (done.returncode, "already up without TLS" in done.stderr) == (2, True), done.stderr
    assert t2mc("status", twin.deployment.folder).returncode == 0


def test_a_cloud_that_is_down_is_named_and_its_counts_are_not_made_up(twin: RunningTwin) -> None:
    """Last of those that share the twin: its clouds go one by one."""
    folder = twin.deployment.folder
    twin.kill(AZURE)
    done = t2mc("status", folder, columns=400)
    assert done.returncode == 1
    assert re.search("L2 → L3-hot .*azure is down", done.stdout)
    assert re.search("L1 → L2 .*remote +9 +9 ", done.stdout)
    twin.kill(GCP)
    twin.kill(AWS)
    up = f"is down; `t2mc up {shlex.quote(folder)}` starts it"
    for command, label in ((("query", folder, "d1"), "Google Cloud"), (("simulate", folder, "--count", 1), "AWS")):
        done = t2mc(*command, columns=400)
        assert (done.returncode, f"the {label} of this machine {up}" in done.stderr) == (1, True), done.stderr


# --- the tour ------------------------------------------------------------------------------------------------------


def test_the_tours_recording_is_shipped_and_comes_back_equal(tmp_path: Path) -> None:
    room = tmp_path / "room"
    assert t2mc("init", room, "--template", "room-climate").returncode == 0
    with running(room):
        done = t2mc("replay", room, room / "recordings" / "morning.csv", "--mapping", room / ROOM_MAPPING, "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "120 readings published and acknowledged, 120 stored, 0 cells left out" in " ".join(done.stdout.split())


def test_every_example_that_the_pages_name_is_there() -> None:
    root = Path(__file__).parents[2]
    pages = [root / "README.md", *root.glob("docs/*.md"), *root.glob("examples/*/README.md")]
    named = {word for page in pages for word in re.findall(r"(?<![\w/.])examples/[\w./-]*\w", page.read_text("utf-8"))}
    assert len(named) > 5
    assert [word for word in sorted(named) if not (root / word).exists()] == []
