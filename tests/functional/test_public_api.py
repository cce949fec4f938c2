"""The public API at work: twins on emulated clouds, the plugin in a user's own project, a deployment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.examples import ROOT, blocks, docstring_examples, page_examples, run
from tests.rigs.running_twin import placement, write_project
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles
from tests.rigs.vendor_processes import moto_account

from twin2multicloud import Deployment, Emulation, TwinError, load_project, plan
from twin2multicloud.project.templates import write_template

pytestmark = pytest.mark.functional
DOUBLE = 'def process(telemetry):\n    """Doubles."""\n    return {**telemetry, "n": 2 * int(telemetry["n"])}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a device and a processor of its user's."""
    devices = [{"id": "d1", "processor": "double", "properties": [{"name": "n", "data_type": "LONG"}]}]
    made = write_project(
        tmp_path / "p", placement(AWS, AZURE, GCP), config_iot_devices={"types": {}, "devices": devices}
    )
    (made / "processors").mkdir()
    (made / "processors" / "double.py").write_text(DOUBLE)
    return made


def test_examples_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for example in [*docstring_examples("Emulation"), page_examples("Emulate")]:
        run(example)


def test_a_twin_runs_beside_its_project_and_leaves_nothing(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    with Emulation(folder) as running, Emulation(load_project(folder)) as other:
        assert running.publish("d1", {"n": 1, "timestamp": 1000}, {"n": 2, "timestamp": 2000}) == 2
        assert running.publish("d1") == 0
        running.settle()
        assert [value for _, value in running.history("d1")["n"]] == [2, 4]
        assert running.history("d1", "n", since=1000, until="1970-01-01T00:16:40Z") == {"n": []}
        assert other.history("d1") == {"n": []}
        assert {each.cloud for each in running.status()} == {AWS, AZURE, GCP}
        assert running.urls["azure.ingestion"].startswith("http://127.0.0.1:")
        with pytest.raises(TwinError, match="is already running"):
            running.__enter__()
        with pytest.raises(TwinError, match="the twin has no device 'd2'"):
            running.publish("d2", {"n": 1})
        root = Path(running._deployment.folder)
    assert not root.exists()
    assert sorted(folder.rglob("*")) == before


def test_what_fails_is_in_the_dead_letters(folder: Path) -> None:
    with Emulation(folder) as running:
        running.publish("d1", {"n": "many"}, {"n": 4, "timestamp": "2026-01-01T00:00:00Z"})
        running.settle()
        assert running.latest("d1") == {"n": ("2026-01-01T00:00:00.000Z", 8)}
        assert running.dead_letters == running.redrive() == 1


def test_a_bare_twin_runs(folder: Path) -> None:
    twin = load_project(ROOT / "examples" / "smart-home").twin
    with Emulation(msgspec.structs.replace(twin, placement=placement(GCP, GCP, GCP))) as running:
        running.publish("front-door", {"open": False})
        running.settle()
        assert running.latest("front-door", "open")["open"][1] is False
        assert running.topology.placement.clouds == (GCP,)


def test_the_plugin_serves_a_users_project(folder: Path) -> None:
    (folder / "test_double.py").write_text(
        "def test_first(emulation):\n"
        "    running = emulation()\n    running.publish('d1', {'n': 21})\n    running.settle()\n"
        "    assert running.latest('d1')['n'][1] == 42\n"
        "def test_it_is_the_same_twin(emulation):\n    assert emulation().latest('d1')['n'][1] == 42\n"
    )
    assert "2 passed" in pytest_in(folder, "-W", "error")
    (folder / "test_double.py").write_text(
        "import sys\ndef test_lazy():\n    assert 'twin2multicloud.domain' not in sys.modules\n"
    )
    assert "1 passed" in pytest_in(folder)


def test_the_pages_test_passes(tmp_path: Path) -> None:
    (settings,), tests = blocks("In tests", "toml"), blocks("In tests", "python")
    write_template("factory", tmp_path / "examples" / "factory")
    (tmp_path / "pyproject.toml").write_text(settings)
    (tmp_path / "test_page.py").write_text("\n".join(tests))
    assert "2 passed" in pytest_in(tmp_path)
    wrong = tmp_path / "examples" / "factory" / "tests" / "wrong.json"
    reading = {"device_id": "line-1-vib-01", "velocity": 1.0}
    wrong.write_text(json.dumps([{"processor": "calibrate", "reading": reading, "expected": {"velocity": 7}}]))
    assert 'tests/wrong.json: 1: expected {"velocity":7}' in pytest_in(tmp_path, "-k", "own_tests")


def pytest_in(folder: Path, *options: str) -> str:
    """Run pytest as a user does; what it said."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_a_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terraform()  # or skip
    made = tmp_path / "examples" / "smart-home"
    write_template("smart-home", made)
    with stand_in_providers() as (fleet, env):
        for name in os.environ.keys() - clean_environment({}).keys():
            monkeypatch.delenv(name)
        for name, value in {**env, **moto_account()}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        run(page_examples("Deploy"))
        assert [each.made for each in fleet.values() if each.made] == []
        write_bundles(plan(load_project(made).twin), made / ".t2mc" / "bundles")
        phases = []
        refusing = Deployment(
            made, bundles=made / ".t2mc" / "bundles", report=lambda event: phases.append((event.kind, event.message))
        )
        assert refusing.apply(consent=lambda _: False) is None
        assert ("phase", "planning") in phases
        assert [each.made for each in fleet.values() if each.made] == []
        for example in docstring_examples("Deployment"):
            run(example)
