"""t2mc grafana as a user types it."""

import json
from pathlib import Path

import pytest
from tests.rigs.command_line import t2mc

from twin2multicloud.project.templates import write_template

pytestmark = pytest.mark.functional


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_template("smart-home", tmp_path / "home")
    return tmp_path / "home"


def test_an_export_names_what_grafana_needs_and_holds_no_secret(home: Path, tmp_path: Path) -> None:
    done = t2mc("grafana", "export", str(home), str(tmp_path / "out"), columns=200)
    assert done.returncode == 0, done.stderr
    assert "2 data sources" in done.stdout
    assert "INTER_CLOUD_TOKEN, T2MC_HOT_READER_LAST_ENTRY_URL, T2MC_HOT_READER_URL" in done.stdout
    (config,) = json.loads((tmp_path / "out/dashboards/t2mc.yaml").read_text())["providers"]
    assert config["options"]["path"] == "/etc/grafana/provisioning/dashboards/t2mc"
    assert len(list((tmp_path / "out/dashboards/t2mc").glob("*.json"))) > 3


def test_an_export_replaces_an_earlier_one_and_nothing_else(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert t2mc("grafana", "export", str(home), str(out)).returncode == 0
    (out / "dashboards/t2mc/gone.json").write_text("{}")
    assert t2mc("grafana", "export", str(home), str(out)).returncode == 0
    assert not (out / "dashboards/t2mc/gone.json").exists()
    done = t2mc("grafana", "export", str(home), str(home), columns=200)
    assert done.returncode != 0
    assert "is not empty and holds no export" in done.stderr


def test_two_twins_at_once_and_one_that_is_not_up_are_refused(home: Path, tmp_path: Path) -> None:
    done = t2mc("grafana", "export", str(home), str(tmp_path / "out"), "--local", "--deployed")
    assert (done.returncode, "choose one" in done.stderr) == (2, True)
    done = t2mc("grafana", "export", str(home), str(tmp_path / "out"), "--local", columns=200)
    assert done.returncode != 0
    assert "t2mc up" in done.stderr
    assert not (tmp_path / "out").exists()
