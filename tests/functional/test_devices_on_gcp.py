"""t2mc devices where L1 is on Google Cloud: the engine with stand-in providers, the registry in a Firestore emulator.

What the command wrote down opens the door of the authenticator that is deployed, and of no other device.
"""

import json

import pytest
from tests.rigs import command_line, vendor_clients, vendor_processes
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles

from twin2multicloud.clouds.gcp.wiring import GcpPorts
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import write_template

pytestmark = [pytest.mark.functional, pytest.mark.timeout(300)]


class Home:
    """A smart home on Google Cloud."""

    def __init__(self, folder, env, project):
        self.folder, self.env, self.project = folder, env, project
        self.twin = load_project(folder).twin
        self.ids = list(self.twin.catalog.ids())

    def t2mc(self, *arguments):
        env = clean_environment(self.env)
        done = command_line.t2mc(*arguments, env=env, columns=200)
        return done.returncode, done.stdout + done.stderr

    def read(self, device, name):
        return (self.folder / ".t2mc" / "devices" / device / name).read_text()

    def lets_in(self, device, key):
        """Whether a gateway that remembers nothing knows the device."""
        ports = GcpPorts({**self.env, "GOOGLE_CLOUD_PROJECT": self.project, "TWIN_NAME": self.twin.name})
        _, printed = self.t2mc("outputs", self.folder, "--json")
        database = json.loads(printed)["gcp_device_registry"].rpartition("/")[2]
        return ports.authenticator(database).knows(device, key)


@pytest.fixture
def home(tmp_path, monkeypatch):
    terraform()  # or skip
    vendor_processes.need_package("google.cloud.firestore")
    folder, project = tmp_path / "home", vendor_clients.unique("a-project")
    write_template("smart-home", folder)
    providers = folder / "config_providers.json"
    placed = json.loads(providers.read_text(encoding="utf-8"))
    providers.write_text(json.dumps(dict.fromkeys(placed, "gcp")), encoding="utf-8")
    write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
    host = vendor_processes.npm_firestore_host()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)  # Firestore's client reads it itself
    with stand_in_providers() as (_, env):
        yield Home(folder, {**env, "FIRESTORE_EMULATOR_HOST": host}, project)


def test_from_deployment_to_a_key_that_opens_and_back(home):
    code, said = home.t2mc("deploy", home.folder, "--yes", "--var", f"gcp_project={home.project}")
    assert code == 0, said
    assert f"{len(home.ids)} devices are not registered yet" in said
    code, said = home.t2mc("devices", "register", home.folder)
    assert (code, f"registered {len(home.ids)}" in said) == (0, True), said
    first, second = home.ids[:2]
    key = home.read(first, "key.txt")
    assert key not in said
    assert home.lets_in(first, key)
    assert not home.lets_in(second, key)
    found = json.loads(home.read(first, "connection.json"))
    assert (found["cloud"], found["protocol"], found["port"], found["user_name"]) == ("gcp", "https", 443, first)
    assert found["url"].endswith(f"/topics/dt/{home.twin.name}/{first}/telemetry")

    code, said = home.t2mc("devices", "list", home.folder)
    assert f"{len(home.ids)} of {len(home.ids)} devices may connect to Google Cloud" in said, said
    code, said = home.t2mc("devices", "remove", home.folder, "--device", first, "--yes")
    assert code == 0, said
    assert not home.lets_in(first, key)
    assert home.lets_in(second, home.read(second, "key.txt"))
    code, said = home.t2mc("destroy", home.folder, "--yes")
    assert code == 0, said
    assert not (home.folder / ".t2mc" / "devices" / second).exists(), "the registry is gone, and so are the keys to it"
