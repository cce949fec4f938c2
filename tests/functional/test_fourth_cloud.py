"""A cloud that another package registers: placed on, planned, priced and run, without a line of ours that names it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOY_CLOUD = Path(__file__).parents[1] / "rigs" / "toy_cloud"
SLOTS = ("1", "2", "3_hot", "3_cold", "3_archive", "4", "5")
MIXED = dict(zip(SLOTS, ("aws", "toy", "gcp", "gcp", "gcp", "gcp", "gcp"), strict=True))


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which the toy is installed: its code, and the metadata that names its entry point."""
    site = tmp_path / "site"
    shutil.copytree(TOY_CLOUD / "toy_cloud", site / "toy_cloud")
    metadata = site / "toy_cloud-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-cloud\nVersion: 1\n")
    shutil.copy(TOY_CLOUD / "entry_points.txt", metadata)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}


def t2mc(env: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twin2multicloud.cli.app", *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("where", [MIXED, dict.fromkeys(SLOTS, "toy")], ids=["one slot", "every slot"])
def test_a_twin_on_a_fourth_cloud(where: dict[str, str], installed: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "twin"

    def said(*arguments: object) -> str:
        done = t2mc(installed, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    said("init", folder, "--template", "factory")
    providers = {f"layer_{slot}_provider": cloud for slot, cloud in where.items()}
    (folder / "config_providers.json").write_text(json.dumps(providers))
    said("validate", folder)
    assert "toy" in said("plan", folder)
    assert "toy" in said("optimize", "--preset", "medium")
    try:
        said("up", folder, "--no-dashboard")
        said("simulate", "-p", folder, "--count", "20", "--rate", "50")
        assert json.loads(said("status", folder, "--json"))
    finally:
        said("down", folder)
    refused = t2mc(installed, "deploy", folder, "--yes")
    assert refused.returncode == 2
    assert "nothing can be deployed to Toy Cloud" in " ".join(refused.stderr.split())
