"""t2mc devices as a user types it: the engine with stand-in providers, and IoT Core in moto."""

import json
import shutil
import stat
from contextlib import contextmanager

import pytest
from tests.rigs import command_line, vendor_clients
from tests.rigs.clock import RigClock
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles
from tests.rigs.vendor_processes import moto_account

from twin2multicloud.clouds.aws.device_registry import IotCoreDeviceRegistry
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import write_template

pytestmark = [pytest.mark.functional, pytest.mark.timeout(300)]


class Greenhouse:
    """A greenhouse on AWS: one cloud, since each deployment costs what it has of resources."""

    def __init__(self, folder, env):
        self.folder, self.env = folder, env
        self.twin = load_project(folder).twin
        self.policy = f"{self.twin.name}-devices"
        self.ids = sorted(self.twin.catalog.ids())
        self.iot = vendor_clients.aws("iot")

    def t2mc(self, *arguments):
        """Run the command line; its exit code, and what it said."""
        env = clean_environment(self.env)
        done = command_line.t2mc(*arguments, env=env, columns=200)
        return done.returncode, done.stdout + done.stderr

    def deploy(self):
        """Deploy to the stand-ins; what they made of IoT's policy is made in moto too."""
        document = json.dumps({"Version": "2012-10-17", "Statement": []})
        self.iot.create_policy(policyName=self.policy, policyDocument=document)
        return self.t2mc("deploy", self.folder, "--yes")

    def place_all_on(self, cloud):
        """Move the twin: its placement, and its bundles."""
        providers = self.folder / "config_providers.json"
        everything = json.loads(providers.read_text(encoding="utf-8"))
        providers.write_text(json.dumps(dict.fromkeys(everything, cloud)), encoding="utf-8")
        write_bundles(plan(load_project(self.folder).twin), self.folder / ".t2mc" / "bundles")

    def files(self, device):
        folder = self.folder / ".t2mc" / "devices" / device
        return {path.name: path.read_text() for path in folder.iterdir()} if folder.is_dir() else {}

    def things(self):
        found = self.iot.list_things(attributeName="twin", attributeValue=self.twin.name, maxResults=250)["things"]
        return sorted(each["thingName"] for each in found)

    def take_out_all(self):
        """Names of things are the account's: the next test's devices are called the same."""
        IotCoreDeviceRegistry(self.iot, self.twin.name, self.policy, RigClock()).remove(self.things())


@contextmanager
def greenhouse(folder):
    """Packaged, with an empty IoT Core and providers that have made nothing."""
    terraform()  # or skip
    write_template("single-cloud", folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["name"] = vendor_clients.unique("beds")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
    with stand_in_providers() as (_, env):
        made = Greenhouse(folder, env | moto_account())
        yield made
        made.take_out_all()


@pytest.fixture
def garden(tmp_path):
    with greenhouse(tmp_path / "home") as made:
        yield made


@pytest.fixture(scope="module")
def deployed_once(tmp_path_factory):
    with greenhouse(tmp_path_factory.mktemp("deployed") / "home") as made:
        code, said = made.deploy()
        assert code == 0, said
        yield made


@pytest.fixture
def deployed(deployed_once, tmp_path):
    """A copy of a project that is deployed: for tests that do not deploy again. No device is registered."""
    made = Greenhouse(shutil.copytree(deployed_once.folder, tmp_path / "home"), deployed_once.env)
    yield made
    made.take_out_all()


def test_from_the_first_device_to_none(garden):
    code, said = garden.deploy()
    count = len(garden.ids)
    assert code == 0, said
    assert f"{count} devices are not registered yet: `t2mc devices register {garden.folder}`" in said
    code, said = garden.t2mc("devices", "register", garden.folder)
    assert (code, f"registered {count}" in said) == (0, True), said
    assert garden.things() == garden.ids
    first = garden.ids[0]
    kept = garden.files(first)
    assert kept.keys() == {"certificate.pem", "private.key", "connection.json"}
    assert "PRIVATE KEY" in kept["private.key"]
    assert "PRIVATE KEY" not in said
    found = json.loads(kept["connection.json"])
    assert (found["cloud"], found["port"], found["client_id"]) == ("aws", 8883, first)
    assert found["topic"] == f"dt/{garden.twin.name}/{first}/telemetry"
    assert found["host"]

    code, said = garden.t2mc("devices", "register", garden.folder)
    assert (code, f"registered 0, {count} before" in said) == (0, True), said
    assert garden.files(first) == kept
    assert "not registered yet" not in garden.t2mc("deploy", garden.folder)[1]

    code, said = garden.t2mc("devices", "remove", garden.folder, "--device", first)
    assert (code, "cannot prompt for confirmation (no terminal); pass --yes" in said) == (2, True), said
    assert garden.things() == garden.ids
    code, said = garden.t2mc("devices", "remove", garden.folder, "--device", first, "--yes")
    assert (code, garden.things()) == (0, garden.ids[1:]), said
    assert garden.files(first) == {}
    assert "1 device is not registered yet" in garden.t2mc("deploy", garden.folder)[1]

    code, said = garden.t2mc("devices", "remove", garden.folder, "--yes")
    assert (code, garden.things()) == (0, []), said
    assert "no device is registered" in garden.t2mc("devices", "remove", garden.folder, "--yes")[1]


def test_only_the_owner_reads_keys(deployed):
    assert deployed.t2mc("devices", "register", deployed.folder, "--device", deployed.ids[0])[0] == 0
    root = deployed.folder / ".t2mc" / "devices"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (root, root / deployed.ids[0])}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root / deployed.ids[0]).iterdir()} == {0o600}


def test_lost_files_are_noticed_and_renewed(deployed):
    first, second = deployed.ids[:2]
    chosen = ("--device", first, "--device", second)
    assert deployed.t2mc("devices", "register", deployed.folder, *chosen)[0] == 0
    kept, lost = deployed.files(first), deployed.files(second)
    for path in (deployed.folder / ".t2mc" / "devices" / second).iterdir():
        path.unlink()
    code, said = deployed.t2mc("devices", "register", deployed.folder, *chosen)
    assert code == 0
    assert f"1 device ({second}): registered before, but their files are not here" in said
    assert deployed.t2mc("devices", "register", deployed.folder, "--renew", "--device", second)[0] == 0
    assert deployed.files(first) == kept
    assert deployed.files(second)["certificate.pem"] not in ("", lost["certificate.pem"])
    assert deployed.things() == [first, second]


def test_the_list_says_who_may_connect_and_who_should_not(deployed):
    first = deployed.ids[0]
    assert deployed.t2mc("devices", "register", deployed.folder, "--device", first)[0] == 0
    code, said = deployed.t2mc("devices", "list", deployed.folder, "--json")
    assert code == 0
    found = {each["device_id"]: each for each in json.loads(said)}
    assert found.keys() == set(deployed.ids)
    assert [each for each in found if found[each]["registered"]] == [first]
    for path in deployed.folder.glob("config_*.json"):
        path.write_text(path.read_text(encoding="utf-8").replace(f'"{first}"', f'"{first}-2"'), encoding="utf-8")
    code, said = deployed.t2mc("devices", "list", deployed.folder)
    assert code == 0, said
    assert f"1 of {len(deployed.ids) + 1} devices may connect to AWS" in said
    assert "not in the project" in said
    code, said = deployed.t2mc("devices", "remove", deployed.folder, "--device", first, "--yes")
    assert (code, deployed.things()) == (0, []), said


def test_an_unknown_device_is_exit_code_2_with_a_suggestion(deployed):
    wrong = f"{deployed.ids[0]}x"
    for command in ("register", "remove"):
        code, said = deployed.t2mc("devices", command, deployed.folder, "--device", wrong)
        assert (code, f'--device "{wrong}": no such device in the twin; did you mean' in said) == (2, True), said
    assert deployed.things() == []
    code, said = deployed.t2mc("devices", "register", deployed.folder, "--renew")
    assert (code, "name the devices with --device" in said) == (2, True), said


def test_without_a_deployment_there_is_nothing_to_register_with(garden):
    code, said = garden.t2mc("devices", "register", garden.folder)
    assert (code, f"nothing is deployed from {garden.folder}" in said) == (1, True), said


def test_destroy_takes_the_registrations_first(garden):
    """A policy that certificates have cannot be deleted, on AWS and in moto."""
    assert garden.deploy()[0] == 0
    two = garden.ids[:2]
    assert garden.t2mc("devices", "register", garden.folder, *(f"--device={each}" for each in two))[0] == 0
    with pytest.raises(garden.iot.exceptions.DeleteConflictException):
        garden.iot.delete_policy(policyName=garden.policy)
    code, said = garden.t2mc("destroy", garden.folder)
    assert (code, garden.things()) == (2, two), "unasked, nothing happens"
    assert "2 registrations are removed first" in said
    code, said = garden.t2mc("destroy", garden.folder, "--yes")
    assert (code, garden.things()) == (0, []), said
    assert garden.files(garden.ids[0]) == {}
    garden.iot.delete_policy(policyName=garden.policy)


def test_a_placement_that_leaves_the_cloud_takes_the_registrations_first(garden):
    assert garden.deploy()[0] == 0
    two = garden.ids[:2]
    assert garden.t2mc("devices", "register", garden.folder, *(f"--device={each}" for each in two))[0] == 0
    garden.place_all_on("gcp")
    on_gcp = ("--var", "gcp_project=a-project")
    code, said = garden.t2mc("deploy", garden.folder, "--plan-only", *on_gcp)
    assert (code, garden.things()) == (0, two), said
    assert "devices can no longer connect to AWS; local credentials are removed; 2 registrations" in said
    code, said = garden.t2mc("deploy", garden.folder, "--yes", *on_gcp)
    assert (code, garden.things()) == (0, []), said
    assert garden.files(garden.ids[0]) == {}


def test_where_the_service_holds_the_registrations_they_go_with_it(garden):
    """IoT Hub takes its identities along: nothing has to go first, so nobody has to be asked who is there."""
    garden.place_all_on("azure")
    code, said = garden.deploy()
    assert (code, "note: which devices may connect could not be seen: " in said) == (0, True), said
    assert "Attempted credentials" not in said
    code, said = garden.t2mc("destroy", garden.folder, "--yes")
    assert (code, "devices can no longer connect to Azure; local credentials are removed\n" in said) == (0, True), said


def test_a_registry_that_cannot_be_asked_does_not_fail_a_deployment(garden):
    assert garden.deploy()[0] == 0
    garden.env = {name: text for name, text in garden.env.items() if not name.startswith("AWS_")}
    garden.env["AWS_EC2_METADATA_DISABLED"] = "true"
    code, said = garden.t2mc("deploy", garden.folder)
    assert (code, "note: which devices may connect could not be seen: listing devices" in said) == (0, True), said
    garden.env |= moto_account()
