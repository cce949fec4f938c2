"""Registering devices, over a registry in memory: what is kept, when, and what is never written over."""

import json
import stat
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden.cases import CASES
from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.device_registry import RigDeviceRegistry
from tests.rigs.twins import twin
from twin2multicloud import terraform
from twin2multicloud.domain.device import Device, DeviceCatalog, DeviceGroup
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.operations import device_registration as registration
from twin2multicloud.operations.device_files import DeviceFiles, folder_name
from twin2multicloud.operations.device_registration import Gateway, deployed_gateway, gateway_in_the_way
from twin2multicloud.planning.clouds import deployed_on
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.engine import Changes
from twin2multicloud.terraform.render.render import render

OUTPUTS = {
    "twin": "house",
    "aws_region": "eu-central-1",
    "aws_device_policy": "house-devices",
    "aws_device_endpoint": "a1.iot.eu-central-1.amazonaws.com",
    "azure_device_endpoint": "house-hub.azure-devices.net",
    "gcp_device_endpoint": "https://house-device-gateway.run.app/topics",
    "gcp_device_registry": "projects/p/databases/house-devices",
}
CATALOG = DeviceCatalog(
    devices=(Device(id="pump", type="t"), Device(id="fan", type="t")),
    groups=(DeviceGroup(name="g", type="t", count=3, id_pattern="sensor-{n}"),),
)
IDS = ["pump", "fan", "sensor-1", "sensor-2", "sensor-3"]


@pytest.fixture
def gateway():
    return Gateway(AWS, RigDeviceRegistry(), lambda device_id: deployed_on(AWS).connection_of(OUTPUTS, device_id))


@pytest.fixture
def files(tmp_path):
    return DeviceFiles(tmp_path / "devices")


def key_of(files, device):
    return (files.folder(device) / "key.txt").read_text()


class Told(list):
    def __call__(self, event):
        self.append((event.job, event.kind, event.address))


class TestRegistering:
    def test_each_device_gets_its_files_and_is_told_of(self, gateway, files):
        told = Told()
        assert registration.register(gateway, files, IDS, told) == 5
        assert told == [("devices", "registered", each) for each in IDS]
        assert {each: key_of(files, each) for each in IDS} == gateway.registry.keys
        assert all(files.has(each) for each in IDS)

    def test_what_was_given_before_a_failure_is_kept_and_the_next_call_does_the_rest(self, gateway, files):
        gateway.registry.failing["sensor-1"] = RetryableError("told so")
        with pytest.raises(RetryableError):
            registration.register(gateway, files, IDS, Told())
        assert [each for each in IDS if files.has(each)] == ["pump", "fan"]
        gateway.registry.failing.clear()
        before = key_of(files, "pump")
        assert registration.register(gateway, files, IDS, Told()) == 3
        assert key_of(files, "pump") == before

    def test_files_that_cannot_be_written_cost_no_credentials(self, gateway, files):
        files.root.write_text("no folder")
        with pytest.raises(OSError, match="exists"):
            registration.register(gateway, files, IDS, Told())
        assert gateway.registry.keys == {}

    def test_new_credentials_for_one_leave_the_others(self, gateway, files):
        registration.register(gateway, files, IDS, Told())
        before = {each: key_of(files, each) for each in IDS}
        assert registration.renew(gateway, files, ["fan"], Told()) == 1
        after = {each: key_of(files, each) for each in IDS}
        assert [each for each in IDS if after[each] != before[each]] == ["fan"]
        assert after == gateway.registry.keys
        assert not list(files.root.glob("fan~*")), "what is worthless is not kept"

    def test_removing_takes_registration_and_files(self, gateway, files):
        registration.register(gateway, files, IDS, Told())
        told = Told()
        assert registration.remove(gateway, files, iter(["pump", "sensor-2"]), told) == 2
        assert told == [("devices", "removed", "pump"), ("devices", "removed", "sensor-2")]
        assert gateway.registry.keys.keys() == {"fan", "sensor-1", "sensor-3"}
        assert not files.has("pump")
        assert files.has("fan")


class TestStanding:
    def test_who_may_connect_whose_files_are_here_and_who_is_not_of_the_twin(self, gateway, files):
        registration.register(gateway, files, ["pump", "sensor-2", "old-pump"], Told())
        files.remove(["sensor-2"])
        found = [
            (each.device_id, each.registered, each.has_files, each.in_project)
            for each in registration.standings(gateway, files, CATALOG)
        ]
        assert found == [
            ("pump", True, True, True),
            ("fan", False, False, True),
            ("sensor-1", False, False, True),
            ("sensor-2", True, False, True),
            ("sensor-3", False, False, True),
            ("old-pump", True, True, False),
        ]
        assert registration.count_unregistered(gateway, CATALOG) == 3


class TestFiles:
    def test_only_their_owner_reads_them(self, gateway, files):
        registration.register(gateway, files, ["pump"], Told())
        folder = files.folder("pump")
        assert [stat.S_IMODE(each.stat().st_mode) for each in (files.root, folder)] == [0o700, 0o700]
        assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}

    def test_a_key_is_never_written_over(self, gateway, files):
        """Registered from here, taken out elsewhere, registered again: what was there is set aside."""
        keys = []
        for _ in range(3):
            registration.register(gateway, files, ["pump"], Told())
            keys.append(key_of(files, "pump"))
            gateway.registry.remove(["pump"])
        aside = [(files.root / f"pump~old-{number}" / "key.txt").read_text() for number in (1, 2)]
        assert [*aside, key_of(files, "pump")] == keys

    def test_half_a_folder_is_no_folder(self, gateway, files):
        files.prepare()
        half = files.root / ".pump.new"
        half.mkdir()
        (half / "key.txt").write_text("half")
        assert not files.has("pump")
        registration.register(gateway, files, ["pump"], Told())
        assert key_of(files, "pump") == "key-1"
        assert not half.exists()

    def test_a_cloud_that_is_left_is_forgotten_and_no_other(self, gateway, files):
        registration.register(gateway, files, ["pump"], Told())
        on_azure = Gateway(AZURE, gateway.registry, lambda each: deployed_on(AZURE).connection_of(OUTPUTS, each))
        registration.register(on_azure, files, ["fan"], Told())
        (files.root / "mine").mkdir()
        (files.root / "mine" / "connection.json").write_text("my own notes")
        files.forget(AWS)
        assert sorted(each.name for each in files.root.iterdir()) == ["fan", "mine"]

    @given(st.lists(st.text("aAbB.:-_~19", min_size=1, max_size=12), unique=True, max_size=20))
    def test_every_id_has_a_folder_of_its_own_on_every_file_system(self, ids):
        names = [folder_name(each) for each in ids]
        assert len({each.lower() for each in names}) == len(ids)
        assert not any(set(name) & set(':/\\*?"<>|') or name.startswith(".") for name in names)

    @pytest.mark.parametrize(
        ("device_id", "start"), [("pump-1.a", "pump-1.a"), ("..", "--~"), ("A:b", "a-b~"), ("x" * 128, "x" * 128)]
    )
    def test_a_plain_id_is_its_folder(self, device_id, start):
        assert folder_name(device_id).startswith(start)
        assert len(folder_name("X" * 128)) < 255


class TestConnections:
    @pytest.mark.parametrize("cloud", ALL)
    def test_a_device_is_told_where_to_connect(self, cloud):
        found = deployed_on(cloud).connection_of(OUTPUTS, "pump")
        assert (found.device_id, found.cloud) == ("pump", cloud)
        assert found.host
        assert found.port in (8883, 443)
        assert found.topic.startswith(("dt/house/pump/", "devices/pump/"))
        assert json.loads(msgspec.json.encode(found))["cloud"] == cloud

    @pytest.mark.parametrize("cloud", ALL)
    def test_all_that_is_asked_for_is_an_output(self, cloud):
        name = f"all-{cloud}"
        assert {each for each in OUTPUTS if each.startswith(cloud)} <= render(plan(CASES[name]))["output"].keys()

    def test_what_azure_routes_by_is_in_the_topic(self):
        found = deployed_on(AZURE).connection_of(OUTPUTS, "pump")
        assert found.topic == "devices/pump/messages/events/%24.ct=application%2Fjson&%24.ce=utf-8"
        assert found.user_name == "house-hub.azure-devices.net/pump/?api-version=2021-04-12"

    def test_on_google_cloud_it_is_a_url(self):
        found = deployed_on(GCP).connection_of(OUTPUTS, "pump")
        assert (found.host, found.url) == (
            "house-device-gateway.run.app",
            "https://house-device-gateway.run.app/topics/dt/house/pump/telemetry",
        )


@pytest.fixture
def sdks():
    """What a registry needs to be opened."""
    pytest.importorskip("boto3", reason="the extra aws is not installed")
    pytest.importorskip("azure.identity", reason="the extra azure is not installed")


@pytest.mark.usefixtures("sdks")
class TestWhichRegistry:
    @pytest.mark.parametrize("cloud", [AWS, AZURE])
    def test_it_is_that_of_the_cloud_with_l1(self, cloud):
        found = deployed_gateway(twin(Placement.single(cloud)), OUTPUTS)
        assert found.cloud == cloud
        assert type(found.registry).__module__ == f"twin2multicloud.clouds.{cloud}.device_registry"
        assert found.connection("pump").cloud == cloud

    @pytest.mark.parametrize(
        ("cloud", "package"), [(AWS, "boto3"), (AZURE, "azure.identity"), (GCP, "google.cloud.firestore")]
    )
    def test_without_its_sdk_it_is_said_what_to_install(self, cloud, package, monkeypatch):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ConfigurationError, match=rf"pip install 'twin2multicloud\[{cloud}\]'"):
            deployed_gateway(twin(Placement.single(cloud)), OUTPUTS)

    def test_a_profile_that_is_not_there_is_the_configurations_fault(self, monkeypatch):
        monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
        with pytest.raises(ConfigurationError, match=r"signing in to AWS: .*no-such-profile"):
            deployed_gateway(twin(Placement.single(AWS)), OUTPUTS)

    def test_what_is_deployed_elsewhere_is_said(self):
        on_azure = {name: text for name, text in OUTPUTS.items() if not name.startswith("aws_")}
        with pytest.raises(ConfigurationError, match="to connect to AWS, but it is not deployed there"):
            deployed_gateway(twin(Placement.single(AWS)), on_azure)

    def test_outputs_of_an_older_deployment_are_no_riddle(self):
        older = {name: text for name, text in OUTPUTS.items() if name != "aws_region"}
        with pytest.raises(ConfigurationError, match="has no output aws_region; run `t2mc deploy` again"):
            deployed_gateway(twin(Placement.single(AWS)), older)


@pytest.mark.usefixtures("sdks")
class TestInTheWay:
    @pytest.mark.parametrize("action", ["delete", "replace"])
    def test_a_policy_cannot_go_while_certificates_have_it(self, action):
        found = gateway_in_the_way(Changes(remove=1, addresses={"aws_iot_policy.devices": action}), OUTPUTS)
        assert found is not None
        assert found.cloud == AWS

    @pytest.mark.parametrize(
        ("address", "action"),
        [("aws_iot_policy.devices", "update"), ("aws_iot_policy.other", "delete"), ("azurerm_iothub.x", "delete")],
    )
    def test_else_nothing_is(self, address, action):
        assert gateway_in_the_way(Changes(remove=1, addresses={address: action}), OUTPUTS) is None

    def test_a_deployment_from_before_there_were_registrations_has_none(self):
        changes = Changes(remove=1, addresses={"aws_iot_policy.devices": "delete"})
        assert gateway_in_the_way(changes, {"aws_device_policy": "house-devices"}) is None

    @pytest.mark.parametrize("cloud", ALL)
    def test_what_ends_every_registration_is_what_is_rendered(self, cloud):
        """A gateway's resources, all deleted: some address among them is known to take the registrations."""
        resources = render(plan(CASES[f"all-{cloud}"]))["resource"]
        addresses = {f"{kind}.{key}": "delete" for kind, each in resources.items() for key in each}
        assert registration.cloud_left(Changes(remove=1, addresses=addresses)) == cloud
        assert registration.cloud_left(Changes(add=1, addresses=dict.fromkeys(addresses, "create"))) is None


def test_no_bundle_carries_a_registry():
    """Nothing that a function may be made of imports one: only `deploy` does, when it opens it."""
    package = Path(terraform.__file__).parents[1]
    registries = [f"{cloud}.device_registry" for cloud in ALL]
    sources = [path for part in ("clouds", "functions", "wire", "ports") for path in (package / part).rglob("*.py")]
    assert len(sources) > 50
    assert not [path for path in sources if any(each in path.read_text(encoding="utf-8") for each in registries)]
    assert not [path for path in sources if "import device_registry" in path.read_text(encoding="utf-8")]
