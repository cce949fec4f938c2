"""What was refused is kept, shown and sent again; what an outage left behind goes home by itself. On all clouds."""

import base64
import http.client
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.operations.dead_letters import OUTAGE, REFUSED, Letter, Selection

pytestmark = pytest.mark.functional

TOPIC = telemetry_topic("testtwin", "g-001")
REFUSED_BODIES = [b"hello", b"", b"\xff\x00", b'{"n":NaN}', b'{"n":1,"ts":"yesterday"}', b'{"values":{"n":1}}']


def counts(*numbers: int) -> list[dict[str, int]]:
    return [{"ts": 1_700_000_000_000 + n, "n": n} for n in numbers]


def letters(twin: RunningTwin, selection: Selection | None = None) -> list[Letter]:
    found, outcomes = twin.client.letters.find(selection or Selection())
    assert not any(each.problem for each in outcomes)
    return found


def until(holds: Callable[[], bool], timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def post(twin: RunningTwin, body: bytes) -> tuple[int, dict[str, str]]:
    signed = base64.b64encode(f"g-001:{password(twin.secrets.device_key, 'g-001')}".encode()).decode()
    site = twin.deployment.acquisition
    with closing(http.client.HTTPConnection("127.0.0.1", site.http_port, timeout=10)) as client:
        client.request("POST", f"/topics/{TOPIC}", body, {"Authorization": f"Basic {signed}"})
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("l1", [AWS, AZURE, GCP])
def test_what_cannot_be_read_is_kept_as_it_came_and_sent_again(tmp_path: Path, l1: Cloud) -> None:
    with running(write_project(tmp_path / "p", placement(l1, AZURE, GCP))) as twin:
        twin.publish("g-001", *REFUSED_BODIES, *counts(1), [*counts(2), 7])
        for body in REFUSED_BODIES:
            status, said = post(twin, body)
            assert (status, said["status"]) == (400, "refused")
        twin.settle()
        kept = letters(twin)
        assert [each.content for each in kept] == [
            body.decode(errors="backslashreplace") for body in [*REFUSED_BODIES, b"7"]
        ]
        assert {(each.cloud, each.boundary, each.cause, each.topic) for each in kept} == {
            (l1, "devices → L1", REFUSED, TOPIC)
        }
        assert all(each.reason and each.received_at and each.devices == ("g-001",) for each in kept)
        assert twin.values("g-001", "n") == [1, 2]

        twin.redrive()  # nothing was mended: all of it is there again, and nothing else has changed
        twin.settle()
        again = letters(twin)
        assert [each.content for each in again] == [each.content for each in kept]
        assert [each.received_at for each in again] == [each.received_at for each in kept]
        assert twin.values("g-001", "n") == [1, 2]

        chosen = Selection(reason="NaN")
        assert [each.messages for each in twin.client.letters.drop(chosen) if each.messages] == [1]
        assert len(letters(twin)) == len(kept) - 1
        assert sum(each.dead_letters for each in twin.client.statuses()) == len(kept) - 1


@pytest.mark.parametrize("dark", [AWS, AZURE, GCP], ids=["L1 dark", "L2 dark", "L3-hot dark"])
def test_after_an_outage_nothing_is_lost_and_no_letter_is_left(tmp_path: Path, dark: Cloud) -> None:
    """In each position. Queues keep records for a second here, so that an outage leaves letters: they go home."""
    with running(write_project(tmp_path / "p", placement(AWS, AZURE, GCP)), keeps_seconds=1.0) as twin:
        twin.publish("g-001", *counts(*range(50)))
        twin.settle()
        twin.kill(dark)
        if dark == AWS:  # devices notice, and publish again
            twin.start(dark)
            twin.publish("g-001", *counts(*range(50, 100)))
        else:
            twin.publish("g-001", *counts(*range(50, 100)))
            until(lambda: sum(each.dead_letters for each in twin.client.statuses()) > 0)
            assert {each.cause for each in twin.client.letters.find(Selection())[0]} == {OUTAGE}
            twin.start(dark)
        until(lambda: sum(each.dead_letters for each in twin.client.statuses()) == 0)
        twin.settle()
        assert twin.values("g-001", "n") == list(range(100))


def test_with_a_cloud_down_the_others_are_worked_on_and_it_is_named(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AZURE, GCP))
    with running(folder) as twin:
        twin.publish("g-001", b"hello", *counts(1))
        twin.settle()
        twin.kill(GCP)
        listed = t2mc("dlq", "list", folder)
        assert listed.returncode == 1
        assert "Google Cloud does not answer, its dead letters are as they were" in listed.stderr
        assert "devices → L1" in listed.stdout
        done = t2mc("dlq", "redrive", folder, "--json")
        assert done.returncode == 1
        assert [each["messages"] for each in json.loads(done.stdout)] == [1, 0, 0]
        assert t2mc("errors", folder).returncode == 1


def test_the_command_line(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AZURE, GCP))
    with running(folder) as twin:
        assert "no dead letters" in t2mc("dlq", "list", folder).stdout
        assert "no error events" in t2mc("errors", folder).stdout
        twin.publish("g-001", b"hello", b"hello again", b'{"n":1,"ts":"yesterday"}')
        twin.publish("g-002", b"hello")
        twin.settle()
        groups = json.loads(t2mc("dlq", "list", folder, "--json").stdout)["groups"]
        assert sum(each["messages"] for each in groups) == 4
        assert {each["boundary"] for each in groups} == {"devices → L1"}
        of_one = json.loads(t2mc("dlq", "list", folder, "--json", "--device", "g-002").stdout)["groups"]
        assert [each["messages"] for each in of_one] == [1]

        shown = t2mc("dlq", "show", folder, of_one[0]["example"])
        assert shown.stdout.endswith("hello\n")
        assert telemetry_topic("testtwin", "g-002") in shown.stdout
        assert t2mc("dlq", "show", folder, "aws-99").returncode == 2

        refused = t2mc("dlq", "list", folder, "--boundary", "devices -> L1")
        assert refused.returncode == 2
        assert "devices → L1" in refused.stderr
        assert t2mc("dlq", "drop", folder, "--device", "g-002").returncode == 2  # there is nobody to ask
        dropped = t2mc("dlq", "drop", folder, "--device", "g-002", "--yes")
        assert "1 messages are dropped" in dropped.stdout
        assert "3 messages are on their way again" in t2mc("dlq", "redrive", folder).stdout

        events = json.loads(t2mc("errors", folder, "--json").stdout)
        assert {each["error_code"] for each in events} == {"invalid-telemetry"}
        assert [each["timestamp"] for each in events] == sorted((each["timestamp"] for each in events), reverse=True)
        assert "invalid-telemetry" in t2mc("errors", folder, "--severity", "warning").stdout
        assert "no error events" in t2mc("errors", folder, "--severity", "critical").stdout
        assert json.loads(t2mc("errors", folder, "--json", "--since", "2999-01-01").stdout) == []
