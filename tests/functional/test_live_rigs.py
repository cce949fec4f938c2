"""The live rigs, as far as they go without an account: over vendors' emulators, through the variables of the SDKs.

A pytest of its own runs the contract suites as `make test-live` does. What a rig makes must be gone afterwards, also
when tests fail; what a killed run leaves, `tests.rigs.live_cleanup` must find.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.vendor_cosmos_proxy import cosmos_with_batches
from tests.rigs.vendor_event_grid import EventGridServer
from tests.rigs.vendor_processes import ROOT

pytestmark = [pytest.mark.functional, pytest.mark.slow, pytest.mark.timeout(300)]

LEFT_OUT = "not any_text and not big_batch and not values_come_back and not paging_by_key and not more_than_a_page"
"""They take long, and have been over these emulators already (tests/contracts)."""
NO_VAULT = "and not secret"  # Key Vault has no emulator, and its client speaks to nobody without TLS


_OURS = ("T2MC_", "AWS_", "GOOGLE_", "FIRESTORE_", "PUBSUB_", "CI")


def run(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A Python command in this environment without what would choose other clouds, and with `env`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**kept, **env}, capture_output=True, text=True, timeout=240)


def live_tests(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return run("pytest", "-q", "--tb=short", "--noconftest", "-p", "tests.rigs.live_plugin", *arguments, env=env)


def cleanup(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return run("tests.rigs.live_cleanup", *arguments, env=env)


class Topic(EventGridServer):
    """An Event Grid topic with an event subscription: what it takes it puts into a queue."""

    def __init__(self, queue) -> None:
        super().__init__()
        self._queue = queue

    def take(self, headers, body):
        status = super().take(headers, body)
        while self.events:
            self._queue.send_message(json.dumps(self.events.pop(0)).encode())
        return status


@contextmanager
def topic(queue) -> Iterator[Topic]:
    with Topic(queue) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def aws():
    return {
        "T2MC_LIVE": "aws",
        "T2MC_LIVE_PATIENCE_SECONDS": "0",
        "AWS_ENDPOINT_URL": vendor_processes.moto_url(),
        "AWS_ACCESS_KEY_ID": "rig",
        "AWS_SECRET_ACCESS_KEY": "rig",
        "AWS_DEFAULT_REGION": vendor_clients.REGION,
    }


@pytest.fixture(scope="module")
def azure():
    vendor_processes.need_package("azure.cosmos")
    from azure.cosmos import PartitionKey

    vendor_clients.cosmos_database().create_container("live", PartitionKey("/device_id"))
    queue = vendor_clients.azure_queue("events")
    queue.create_queue()
    with cosmos_with_batches(vendor_processes.cosmosdb_server_url()) as cosmos, topic(queue) as server:
        yield {
            "T2MC_LIVE": "azure",
            "T2MC_LIVE_PATIENCE_SECONDS": "0",
            "T2MC_LIVE_COSMOS_URL": cosmos,
            "T2MC_LIVE_COSMOS_CONTAINER": "house/live",
            "T2MC_LIVE_COSMOS_KEY": vendor_clients.COSMOS_KEY,
            "T2MC_LIVE_QUEUES_URL": vendor_processes.azurite_queue_url(),
            "T2MC_LIVE_QUEUES_KEY": vendor_processes.AZURITE_KEY,
            "T2MC_LIVE_EVENT_GRID_URL": server.url,
            "T2MC_LIVE_EVENT_GRID_KEY": "key",
            "T2MC_LIVE_EVENT_GRID_QUEUE": "events",
        }


@pytest.fixture(scope="module")
def gcp():
    vendor_processes.need_package("google.cloud.secretmanager_v1")
    from tests.rigs.vendor_secret_manager import secret_manager_server

    with secret_manager_server() as secrets:
        yield _google(secrets.host)
        assert secrets.secrets == {}


def _google(secrets: str) -> dict[str, str]:
    return {
        "T2MC_LIVE": "gcp",
        "T2MC_LIVE_SECRET_MANAGER_HOST": secrets,
        "T2MC_LIVE_PATIENCE_SECONDS": "1",
        "GOOGLE_CLOUD_PROJECT": "live-rig",
        "T2MC_LIVE_FIRESTORE_DEVICES": "t2mc-test-devices",
        "FIRESTORE_EMULATOR_HOST": vendor_processes.google_firestore_host(),
        "PUBSUB_EMULATOR_HOST": vendor_processes.google_pubsub_host(),
    }


@pytest.mark.parametrize(("cloud", "chosen"), [("aws", ""), ("azure", NO_VAULT), ("gcp", "")])
def test_the_suites_pass_and_nothing_is_left(request, cloud, chosen):
    env = request.getfixturevalue(cloud)
    done = live_tests("tests/contracts", "-k", f"{LEFT_OUT} {chosen}", env=env)
    assert done.returncode == 0, done.stdout
    found = re.search(r"^(\d+) passed, \d+ deselected(, 1 xfailed)? in", done.stdout, re.MULTILINE)
    assert found, f"something was skipped or went wrong: {done.stdout}"
    assert int(found[1]) > 40
    left = cleanup(env=env)
    assert (left.returncode, left.stdout) == (0, "nothing is left\n"), left.stderr


BROKEN = """
import os

from tests.rigs.readings import reading

def test_uses_everything(hot_store_rig, invoker_rig, dead_letters_rig, error_sink_rig{also}):
    sent = reading({{"device_id": "d", "timestamp": "2026-01-15T10:30:00.000Z", "message_id": "m", "t": 1}})
    hot_store_rig.store.write([sent])
    invoker_rig.invoker.invoke("processor", [sent], "a" * 32)
    {use}
    if os.environ.get("KILLED"):
        os._exit(9)
    assert False, "told to fail"
"""
MORE = {
    "aws": {"also": ", device_registry_rig", "use": 'list(device_registry_rig.registry.register(["sensor"]))'},
    "azure": {"also": "", "use": ""},
    "gcp": {
        "also": ", secrets_rig, device_registry_rig",
        "use": 'secrets_rig.keep("token", "text"); list(device_registry_rig.registry.register(["sensor"]))',
    },
}


@pytest.fixture
def broken(tmp_path, cloud) -> str:
    """A test that uses what rigs there are and then fails, or is killed."""
    path = tmp_path / "test_broken.py"
    path.write_text(BROKEN.format(**MORE[cloud]))
    return str(path)


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_a_test_that_fails_leaves_nothing_either(request, cloud, broken):
    env = request.getfixturevalue(cloud)
    done = live_tests(broken, env=env)
    assert done.returncode == 1
    assert "told to fail" in done.stdout
    assert cleanup(env=env).stdout == "nothing is left\n"


@pytest.mark.parametrize(
    ("cloud", "kinds"),
    [
        ("aws", ["DynamoDB table", "SQS queue", "event bus", "thing sensor of", "IoT policy"]),
        ("azure", ["storage queue", "Cosmos DB row"]),
        ("gcp", ["topic", "subscription", "Firestore device", "secret projects/", "registered device sensor"]),
    ],
)
def test_what_a_killed_run_leaves_is_found_and_deleted(request, cloud, kinds, broken):
    env = request.getfixturevalue(cloud)
    assert live_tests(broken, env={**env, "KILLED": "yes"}).returncode == 9
    found = cleanup(env=env)
    assert found.returncode == 1
    assert [kind for kind in kinds if kind not in found.stdout] == []
    assert cleanup("--yes", env=env).returncode == 0
    assert cleanup(env=env).stdout == "nothing is left\n"


def test_a_database_that_may_be_somebodys_is_not_emptied(gcp):
    done = live_tests(
        "tests/contracts/test_device_authenticator.py", env={**gcp, "T2MC_LIVE_FIRESTORE_DEVICES": "house-devices"}
    )
    assert "a database whose name begins with t2mc-test-, found 'house-devices': it is emptied" in done.stdout
    assert "passed" not in done.stdout


class TestChoice:
    @pytest.mark.parametrize("env", [{}, {"T2MC_LIVE": " "}, {"T2MC_LIVE": "aws,ibm"}], ids=str)
    def test_without_one_nothing_runs_and_it_is_said_what_to_set(self, env):
        for done in (live_tests("tests/contracts", env=env), cleanup(env=env)):
            assert done.returncode == 2
            assert "set T2MC_LIVE to the clouds whose accounts may be used" in done.stderr
            assert "passed" not in done.stdout

    @pytest.mark.parametrize("seconds", ["0.2", "-1", "21", "soon"])
    def test_a_patience_that_sqs_cannot_have_is_said_before_anything_is_made(self, seconds):
        done = live_tests("tests/contracts", env={"T2MC_LIVE": "aws", "T2MC_LIVE_PATIENCE_SECONDS": seconds})
        assert done.returncode == 2
        assert f"T2MC_LIVE_PATIENCE_SECONDS is a number of whole seconds, at most 20, found '{seconds}'" in done.stderr

    @pytest.mark.parametrize(("ci", "outcome"), [({}, "1 skipped"), ({"CI": "true"}, "1 error")], ids=["user", "ci"])
    def test_what_must_exist_beforehand_is_named(self, ci, outcome):
        test = "tests/contracts/test_hot_store.py::test_what_was_written_is_read"
        done = live_tests(test, env={"T2MC_LIVE": "azure", **ci})
        assert outcome in done.stdout
        assert "T2MC_LIVE_COSMOS_URL is not set: docs/live_tests.md says what it is" in done.stdout
