"""t2mc package, and clouds that run from what it builds: as a person uses both, without an account or a network."""

import json
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.rigs.bundle_limits import MAX_OWN_BYTES
from tests.rigs.clouds import ALL, AWS, GCP
from tests.rigs.command_line import installed_t2mc, t2mc

from twin2multicloud.emulator.host import bundled_runtime
from twin2multicloud.emulator.host.deployment import Runtime, load_deployment

pytestmark = pytest.mark.functional

EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = ("--no-wheels", "--measure", "0")
START = """
import sys
from pathlib import Path
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.emulator.host.processes import start_cloud, wait_until_up
deployment = load_deployment(Path(sys.argv[1]))
for site in deployment.sites:
    start_cloud(deployment, site.cloud)
wait_until_up(deployment, [site.cloud for site in deployment.sites])
"""
"""Starts clouds from what is laid out for them, as after a crash: `t2mc up` would lay it out anew."""


@pytest.fixture
def factory(tmp_path: Path) -> Iterator[Path]:
    """A three-cloud project with user code; whatever runs of it at the end is stopped."""
    folder = shutil.copytree(EXAMPLES / "factory", tmp_path / "factory", ignore=shutil.ignore_patterns(".t2mc"))
    yield folder
    if (folder / ".t2mc" / "deployment.json").exists():
        t2mc("down", folder)


def archives(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.zip"))}


def test_packaging_twice_gives_the_same_bytes(factory: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        done = t2mc("package", factory, "--to", tmp_path / name, *QUICK)
        assert done.returncode == 0, done.stderr
    assert archives(tmp_path / "first") == archives(tmp_path / "second")
    assert {name.split("/")[0] for name in archives(tmp_path / "first")} == {"aws", "azure", "gcp"}


def test_the_report_says_what_every_archive_weighs_and_what_its_import_costs(factory: Path) -> None:
    done = t2mc("package", factory, "--no-wheels", "--measure", "1", "--json")
    assert done.returncode == 0, done.stderr
    built = archives(factory / ".t2mc" / "bundles")
    reports = {each["name"]: each for each in json.loads(done.stdout)}
    assert {name: each["bytes"] for name, each in reports.items()} == {name: len(body) for name, body in built.items()}
    assert all(each["own_bytes"] < MAX_OWN_BYTES for each in reports.values())
    assert all(each["cold"]["own_ms"] > 0 for each in reports.values())


def test_what_is_left_out_is_said(factory: Path) -> None:
    done = t2mc("package", factory, *QUICK)
    assert "planned, but there is no code for it yet: feedback, device-commands" in done.stderr
    assert "without wheels" in done.stderr
    assert "27 archives in" in done.stdout


def test_user_code_is_in_the_processors_archive_alone(factory: Path) -> None:
    assert t2mc("package", factory, *QUICK).returncode == 0
    holding = {
        path.relative_to(factory / ".t2mc" / "bundles").as_posix()
        for path in (factory / ".t2mc" / "bundles").rglob("*.zip")
        if any(name.startswith("processors/") for name in zipfile.ZipFile(path).namelist())
    }
    assert holding == {"aws/processor.zip"}


def test_a_broken_project_builds_nothing(factory: Path, tmp_path: Path) -> None:
    (factory / "config_providers.json").write_text("{}")
    assert t2mc("package", factory, "--to", tmp_path / "out", *QUICK).returncode == 2
    assert not (tmp_path / "out").exists()


def test_three_clouds_run_from_bundles(factory: Path) -> None:
    """User code, both boundaries and the readers; every process says where its functions came from."""
    done = installed_t2mc("demo", factory, "--runtime", "bundles", "--no-stay")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every reading arrived once" in done.stdout
    for cloud in ALL:
        folder = factory / ".t2mc" / cloud / "bundle"
        assert f"functions run from {folder}" in (factory / ".t2mc" / cloud / "log.txt").read_text()


def test_a_cloud_without_functions_runs_too(factory: Path) -> None:
    """One that holds the dashboard only has no code of ours yet."""
    providers = factory / "config_providers.json"
    alone = dict.fromkeys(json.loads(providers.read_text()), "gcp")
    providers.write_text(json.dumps({**alone, "layer_5_provider": "aws"}))
    done = t2mc("up", factory, "--no-dashboard", "--runtime", "bundles")
    assert done.returncode == 0, done.stderr
    assert not list(load_deployment(factory).state.unpacked_bundles(AWS).iterdir())
    assert t2mc("status", factory).returncode == 0


def test_what_a_bundle_carries_is_what_runs(factory: Path) -> None:
    """The user's code is changed in the bundle, and only there."""
    assert t2mc("up", factory, "--no-dashboard", "--runtime", "bundles").returncode == 0
    assert t2mc("down", factory).returncode == 0
    deployment = load_deployment(factory)
    processor = deployment.state.unpacked_bundles(AWS) / "processor" / "processors" / "calibrate.py"
    processor.write_text("def process(telemetry):\n    return {**telemetry, 'velocity': 42.0}\n")
    subprocess.run([sys.executable, "-c", START, factory], check=True, timeout=60)
    published = t2mc("simulate", "-p", factory, "--device", "line-1-vib-01", "--count", "5", "--rate", "100")
    assert published.returncode == 0, published.stderr
    deadline = time.monotonic() + 30
    found: list[float] = []
    while len(found) < 5 and time.monotonic() < deadline:
        asked = t2mc("query", "line-1-vib-01", "velocity", "-p", factory, "--json")
        found = [each["value"] for each in json.loads(asked.stdout).get("velocity", [])]
    assert found == [42.0] * 5


def test_a_running_twin_stays_with_its_runtime(factory: Path) -> None:
    assert t2mc("up", factory, "--no-dashboard", "--runtime", "bundles").returncode == 0
    other = t2mc("up", factory, "--no-dashboard")
    assert other.returncode == 2
    assert "already up from bundles, not from source" in " ".join(other.stderr.split())
    again = t2mc("up", factory, "--no-dashboard", "--runtime", "bundles")
    assert again.returncode == 0
    assert load_deployment(factory).runtime is Runtime.BUNDLES


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (
            lambda bundles: (bundles / "dispatcher/twin2multicloud/wire/envelope.py").write_text("pass"),
            "differs between bundles",
        ),
        (lambda bundles: shutil.rmtree(bundles), "bundle is missing; run `t2mc up --runtime bundles` again"),
    ],
    ids=["bundles differ", "no bundles"],
)
def test_a_cloud_whose_bundles_are_not_one_code_does_not_start(
    factory: Path, spoilt: Callable[[Path], None], said: str
) -> None:
    assert t2mc("up", factory, "--no-dashboard", "--runtime", "bundles").returncode == 0
    assert t2mc("down", factory).returncode == 0
    deployment = load_deployment(factory)
    spoilt(deployment.state.unpacked_bundles(GCP))
    bundles = str(deployment.state.unpacked_bundles(GCP))
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            bundled_runtime.__file__,
            deployment.folder,
            "gcp",
            bundles,
        ],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode != 0
    assert said in done.stderr
