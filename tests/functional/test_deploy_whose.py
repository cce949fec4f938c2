"""Whose deployment is it? Nothing is forgotten, mixed up, applied unseen or deployed stale."""

import fcntl
import json
import shutil

import pytest
from tests.functional.test_deploy_cli import PROJECT, made, packaged, t2mc
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import archive, terraform
from tests.rigs.vendor_processes import moto_account

from twin2multicloud.packaging.build import write
from twin2multicloud.packaging.bundle import bundles
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project

pytestmark = [pytest.mark.functional, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def folder(tmp_path):
    """A copy of the smart home, packaged: three clouds."""
    return packaged("smart-home", tmp_path / "home")


@pytest.fixture
def on_aws(tmp_path):
    """A packaged twin on one cloud, for what does not depend on the clouds: a third of the resources."""
    return packaged("single-cloud", tmp_path / "home")


@pytest.fixture(scope="module")
def fleet():
    terraform()  # or skip
    with stand_in_providers() as (found, env):
        yield found, env | moto_account()


@pytest.fixture(autouse=True)
def _empty(fleet):
    for each in fleet[0].values():
        each.made.clear()


def files(folder):
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def deployed(env, folder, *more):
    code, said, complaint = t2mc(env, "deploy", folder, "--yes", *more)
    assert code == 0, complaint
    return said


def test_looking_changes_nothing_on_disk_and_nothing_is_forgotten_by_it(fleet, folder):
    clouds, env = fleet
    before = files(folder)
    assert t2mc(env, "deploy", folder, "--plan-only", *PROJECT)[0] == 0
    assert files(folder) == before
    deployed(env, folder, *PROJECT)
    before, stands = files(folder), made(clouds)
    code, said, _ = t2mc(env, "deploy", folder, "--plan-only")
    assert (code, "0 to add, 0 to change, 0 to remove" in said) == (0, True), said
    code, _, said = t2mc(env, "deploy", folder, "--plan-only", "--var", "aws_region=us-east-1")
    assert (code, "is deployed with aws_region=eu-central-1, and would be forgotten there with us-east-1" in said) == (
        2,
        True,
    ), said
    assert (files(folder), made(clouds)) == (before, stands)
    assert t2mc(env, "destroy", folder, "--yes")[0] == 0
    assert made(clouds) == 0


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--var", "gcp_region=us-central1"), "run `t2mc destroy` first, or give --var gcp_region=europe-west1"),
        (("--state", "local", "--state-setting", "path=other.tfstate"), "would be forgotten with local path=other"),
    ],
)
def test_another_place_for_what_is_deployed_is_refused(fleet, folder, more, sentence):
    clouds, env = fleet
    deployed(env, folder, *PROJECT)
    stands = made(clouds)
    code, _, said = t2mc(env, "deploy", folder, "--yes", *more)
    assert (code, sentence in said, made(clouds)) == (2, True, stands), said


def test_a_state_that_holds_another_twin_is_refused(fleet, on_aws, tmp_path):
    _, env = fleet
    deployed(env, on_aws, "--state-setting", f"path={tmp_path}/shared.tfstate")
    other = tmp_path / "other"
    packaged("single-cloud", other)
    config = json.loads((other / "config.json").read_text(encoding="utf-8"))
    (other / "config.json").write_text(json.dumps({**config, "name": "other"}), encoding="utf-8")
    code, _, said = t2mc(env, "deploy", other, "--yes", "--state-setting", f"path={tmp_path}/shared.tfstate")
    assert (code, "the state belongs to the twin 'home', and this project's is 'other'" in said) == (2, True), said


@pytest.mark.parametrize(
    ("left", "sentence"),
    [(0, "is empty, which only a killed engine leaves"), (40, "init failed: Error reading local state: 2 problems")],
)
def test_a_state_that_was_cut_off_is_said_and_nothing_is_forgotten(fleet, on_aws, left, sentence):
    clouds, env = fleet
    deployed(env, on_aws)
    state, stands = on_aws / ".t2mc" / "terraform" / "terraform.tfstate", made(clouds)
    whole = state.read_bytes()
    state.write_bytes(whole[:left])
    for command in ("deploy", "destroy"):
        code, _, said = t2mc(env, command, on_aws, "--yes")
        assert (code, sentence in said, made(clouds)) == (1, True, stands), said
    state.write_bytes(whole)
    assert t2mc(env, "destroy", on_aws, "--yes")[0] == 0
    assert made(clouds) == 0


def test_while_somebody_deploys_nobody_else_does(fleet, on_aws):
    clouds, env = fleet
    deployed(env, on_aws)
    lock = on_aws / ".t2mc" / "deployment.lock"
    with lock.open("a+", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, _, said = t2mc(env, "destroy", on_aws, "--yes")
        assert (code, "is deploying from" in said, made(clouds) > 0) == (1, True, True), said
        assert t2mc(env, "deploy", on_aws, "--plan-only")[0] == 0, "looking disturbs nobody"


def test_settings_of_the_state_are_added_and_secrets_are_refused(fleet, on_aws, tmp_path):
    _, env = fleet
    deployed(env, on_aws, "--state-setting", f"path={tmp_path}/a.tfstate")
    assert t2mc(env, "destroy", on_aws, "--yes")[0] == 0
    deployed(env, on_aws, "--state-setting", f"workspace_dir={tmp_path}/w")
    options = json.loads((on_aws / ".t2mc" / "deployment-options.json").read_bytes())
    settings = {"path": f"{tmp_path}/a.tfstate", "workspace_dir": f"{tmp_path}/w"}
    assert options["backend"] == {"kind": "local", "settings": settings}
    assert t2mc(env, "destroy", on_aws, "--yes")[0] == 0
    code, _, said = t2mc(env, "deploy", on_aws, "--yes", "--state", "s3", "--state-setting", "secret_key=x")
    assert (code, "--state-setting secret_key would be kept in a file; give it in the environment" in said) == (2, True)


def test_archives_from_before_the_project_was_changed_are_refused(fleet, folder):
    clouds, env = fleet
    project = load_project(folder)
    sources = {name: path.read_bytes() for name, path in project.processors.items()}
    whole = list(bundles(project.twin, plan(project.twin), sources))
    write(whole, folder / ".t2mc" / "bundles")
    assert t2mc(env, "deploy", folder, "--plan-only", *PROJECT)[0] == 0
    devices = folder / "config_iot_devices.json"
    told = json.loads(devices.read_text(encoding="utf-8"))
    told["devices"].append({**told["devices"][0], "id": "one-more"})
    devices.write_text(json.dumps(told), encoding="utf-8")
    code, _, said = t2mc(env, "deploy", folder, "--yes", *PROJECT)
    assert (code, made(clouds)) == (2, 0)
    assert "was made before the project was changed; run `t2mc package" in said


def test_a_project_that_moved_is_the_same_deployment(fleet, on_aws, tmp_path):
    _, env = fleet
    deployed(env, on_aws)
    moved = tmp_path / "elsewhere"
    shutil.move(on_aws, moved)
    code, said, complaint = t2mc(env, "deploy", moved, "--plan-only")
    assert (code, "0 to add, 0 to change, 0 to remove" in said) == (0, True), said + complaint


@pytest.mark.parametrize("days", ["2", "1000", "many"])
def test_days_that_a_cloud_does_not_keep_logs_for_are_refused(folder, days):
    code, _, said = t2mc({}, "deploy", folder, "--plan-only", *PROJECT, "--var", f"log_retention_days={days}")
    assert (code, f"--var log_retention_days={days}: expected one of 1, 3, 5, 7, 14, 30" in said) == (2, True), said


def test_code_reaches_azure_after_the_apply_and_only_where_it_changed(fleet, folder, code_on_azure):
    _, env = fleet
    _, said, _ = t2mc(env, "deploy", folder, "--plan-only", *PROJECT)
    assert "~ code of azure/" in said
    deployed(env, folder, *PROJECT)
    everywhere = sorted(path.stem for path in (folder / ".t2mc" / "bundles" / "azure").glob("*.zip"))
    assert sorted(code_on_azure.done) == everywhere
    code_on_azure.done.clear()
    name = everywhere[0]
    (folder / ".t2mc" / "bundles" / "azure" / f"{name}.zip").write_bytes(archive("new code"))
    said = deployed(env, folder, *PROJECT)
    assert code_on_azure.done == [name]
    assert f"code of azure/{name}" in said
    assert "0 to add, 0 to change, 0 to remove" in said
