"""A cloud that goes dark: SIGKILL under load, in each of the three positions, loses nothing that was acknowledged."""

import base64
import http.client
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import placement, running, write_project

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.host.processes import stop

pytestmark = pytest.mark.functional

MESSAGES = 4_000
TOPIC = telemetry_topic("testtwin", "g-001")


@pytest.mark.parametrize("victim", [AWS, AZURE, GCP], ids=["L1 dies", "L2 dies", "L3-hot dies"])
def test_nothing_acknowledged_is_lost(tmp_path: Path, victim: Cloud) -> None:
    published: dict[int, int] = {}
    acknowledged: set[int] = set()
    with running(write_project(tmp_path / "p", placement(AWS, AZURE, GCP))) as twin:
        with twin.connect(on_acknowledged=acknowledged.add) as gateway:

            def load() -> None:
                for n in range(MESSAGES):
                    published[gateway.publish("g-001", {"ts": 1_700_000_000_000 + n, "n": n})] = n
                    time.sleep(0.0005)

            publisher = threading.Thread(target=load)
            publisher.start()
            _wait_for(lambda: len(acknowledged) > MESSAGES // 8)
            twin.kill(victim)
            assert len(acknowledged) < MESSAGES, "the load was over before the cloud died"
            time.sleep(1.0)
            twin.start(victim)
            publisher.join()
            assert gateway.wait_for_acknowledgements(60)
        statuses = twin.settle()
        stored = twin.values("g-001", "n")
        assert len(stored) == len(set(stored)), "a reading is there twice"
        assert {published[packet] for packet in acknowledged} <= set(stored), "an acknowledged reading is lost"
        assert sum(queue.dead_lettered for status in statuses for queue in status.queues) == 0


def test_a_cloud_that_is_stopped_ends_in_order(tmp_path: Path) -> None:
    """It notes what is done, writes its log into its files, and says so."""
    with running(write_project(tmp_path / "p", placement(AWS, AWS, AWS))) as twin:
        twin.publish("g-001", *({"ts": 1_700_000_000_000 + n, "n": n} for n in range(20)))
        twin.settle()
        assert stop(twin.deployment, AWS)
        assert twin.log(AWS).splitlines()[-1].endswith("t2mc.aws INFO down")
        data = twin.deployment.state.process(AWS)
        files = ["errors.sqlite", "hot.sqlite", "journal.sqlite", "twinmaker.sqlite"]
        assert sorted(path.name for path in data.glob("*.sqlite*")) == files
        with closing(sqlite3.connect(data / "journal.sqlite")) as db:
            assert db.execute("SELECT count(*) FROM groups").fetchone() == (0,)


def test_messages_for_a_dark_cloud_wait_for_it(tmp_path: Path) -> None:
    """A delivery's retries run out after at most 7 s; then it waits in its queue, and no letter is written."""
    with running(write_project(tmp_path / "p", placement(AWS, AZURE, GCP))) as twin:
        twin.kill(GCP)
        twin.publish("g-001", *({"ts": 1_700_000_000_000 + n, "n": n} for n in range(20)))
        _wait_for(lambda: "messages wait in the queue" in twin.log(AZURE), timeout=30)
        twin.start(GCP)
        twin.settle()
        assert twin.values("g-001", "n") == list(range(20))
        assert _dead(twin.client.statuses()) == 0


def test_a_backlog_survives_a_restart(tmp_path: Path) -> None:
    """L1 is killed while it holds messages for a dark L2: they are on its disk, and nowhere else."""
    with running(write_project(tmp_path / "p", placement(AWS, AZURE, GCP))) as twin:
        twin.kill(AZURE)
        twin.publish("g-001", *({"ts": 1_700_000_000_000 + n, "n": n} for n in range(300)))
        twin.kill(AWS)
        twin.start(AZURE)
        twin.start(AWS)
        twin.settle()
        assert twin.values("g-001", "n") == list(range(300))


def test_what_was_answered_with_200_is_not_lost(tmp_path: Path) -> None:
    """HTTPS publish: L1 is killed in the middle of it, and what it had answered for is there afterwards."""
    answered: list[int] = []
    with running(write_project(tmp_path / "p", placement(AWS, AZURE, GCP))) as twin:
        signed = base64.b64encode(f"g-001:{password(twin.secrets.device_key, 'g-001')}".encode()).decode()

        def load() -> None:
            port = twin.deployment.acquisition.http_port
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            with suppress(OSError, http.client.HTTPException):  # the end of it is not answered
                for n in range(MESSAGES):
                    body = b'{"ts": %d, "n": %d}' % (1_700_000_000_000 + n, n)
                    client.request("POST", f"/topics/{TOPIC}", body, {"Authorization": f"Basic {signed}"})
                    if client.getresponse().read() == b'{"status":"received"}':
                        answered.append(n)
            client.close()

        publisher = threading.Thread(target=load)
        publisher.start()
        _wait_for(lambda: len(answered) > MESSAGES // 40)
        twin.kill(AWS)
        publisher.join()
        assert len(answered) < MESSAGES, "the load was over before the cloud died"
        twin.start(AWS)
        twin.settle()
        stored = twin.values("g-001", "n")
        assert len(stored) == len(set(stored)), "a reading is there twice"
        assert set(answered) <= set(stored), "a reading that was answered for is lost"


def _dead(statuses: object) -> int:
    return sum(queue.dead_lettered for status in statuses for queue in status.queues)  # type: ignore[attr-defined]


def _wait_for(condition: object, timeout: float = 20.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
