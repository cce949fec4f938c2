"""A rig that cannot start is a skip with its reason on a user's machine, and a failure where CI is set."""

import os
import re
import subprocess
import sys

import pytest
from tests.rigs.vendor_processes import ROOT, free_port, need_package, start

pytestmark = pytest.mark.functional

TEST = "test_what_was_written_is_read or test_one_invocation_is_one_batch_with_its_trace"
NO_NODE = "node is not on the PATH"
REASONS = {
    "cosmos-cosmosdb-server": NO_NODE,
    "firestore-npm": NO_NODE,
    "storage-queue-azurite": NO_NODE,
    "firestore-google": "Google's firestore emulator needs the gcloud SDK and Java on the PATH",
    "pubsub-google": "Google's pubsub emulator needs the gcloud SDK and Java on the PATH",
}
"""Rigs that are programs, and what is said where nothing is on the PATH."""


def contracts(rig: str, path: str, **env: str) -> subprocess.CompletedProcess[str]:
    """One contract test over one rig, in a pytest of its own with nothing but `path` on its PATH."""
    suites = [str(ROOT / "tests" / "contracts" / f"test_{name}.py") for name in ("hot_store", "invoker")]
    command = [sys.executable, "-m", "pytest", "-q", "-k", f"({TEST}) and {rig}", *suites]
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    told = {**kept, "PATH": path, **env}
    return subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=100)


@pytest.mark.slow
@pytest.mark.parametrize("rig", REASONS)
def test_on_a_users_machine_it_is_skipped_with_its_reason(rig, tmp_path):
    done = contracts(rig, str(tmp_path))
    assert f": {REASONS[rig]}\n" in done.stdout
    assert "1 skipped, " in done.stdout
    assert done.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("rig", REASONS)
def test_in_ci_it_fails_with_the_same_reason(rig, tmp_path):
    done = contracts(rig, str(tmp_path), CI="true")
    assert f"{REASONS[rig]} (a skip, were it not for CI)" in done.stdout
    assert re.search(r"^(1 failed, \d+ deselected|\d+ deselected, 1 error) in", done.stdout, re.MULTILINE)
    assert done.returncode == 1


class TestWithoutAProgram:
    """The same for what else a rig needs."""

    @pytest.fixture(params=[False, True], ids=["user", "ci"])
    def refused(self, request, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        if request.param:
            monkeypatch.setenv("CI", "true")
        return pytest.fail.Exception if request.param else pytest.skip.Exception

    @pytest.mark.parametrize("name", ["no_such_package", "no_such_package.part"])
    def test_a_package_that_is_not_installed(self, refused, name):
        with pytest.raises(refused, match=f"the Python package {name} is not installed: `make setup` installs it"):
            need_package(name)

    def test_a_program_that_ends_at_once_is_not_started_for_every_test(self, refused, tmp_path):
        script = f"import pathlib; pathlib.Path(r'{tmp_path}', 'started').open('a').write('x')"
        name = f"emulator of {tmp_path}"
        for _ in range(2):
            with pytest.raises(refused, match="did not start"):
                start(name, [sys.executable, "-c", script], free_port())
        assert (tmp_path / "started").read_text() == "x"
