"""t2mc verify over real processes: all is well, one cloud is down, and what is left of it afterwards."""

import json
from pathlib import Path

import pytest
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import AWS, AZURE, GCP, RunningTwin, running, write_project
from tests.rigs.vendor_clients import REGION
from tests.rigs.vendor_device_registries import iot_core
from tests.rigs.vendor_processes import moto_account

from twin2multicloud.domain.device import PROBE
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.operations.deployed_twin import Deployment
from twin2multicloud.operations.verify import verify

pytestmark = pytest.mark.functional
WHERE = Placement(l1=AWS, l2=AZURE, l3_hot=GCP, l3_cold=GCP, l3_archive=GCP, l4=AWS, l5=AWS)


def verified(twin: RunningTwin) -> tuple[int, dict[str, str]]:
    """The exit code, and what was looked at with its problem."""
    done = t2mc("verify", twin.deployment.folder, "--json")
    return done.returncode, {each["what"]: each["problem"] for each in json.loads(done.stdout)}


def nothing_is_left(twin: RunningTwin) -> bool:
    """Whether the hot store has never heard of the probe."""
    with pytest.raises(FinalError, match="no reading came from one"):
        twin.client.latest(PROBE, ["mark"])
    return True


def test_a_marked_reading_goes_through_the_twin_and_out_again(tmp_path: Path) -> None:
    with running(write_project(tmp_path / "project", WHERE)) as twin:
        code, seen = verified(twin)
        assert (code, {what: problem for what, problem in seen.items() if problem}) == (0, {})
        assert {
            "endpoint ingestion on Azure",
            "endpoint hot-writer on Google Cloud",
            "devices → L1 (the AWS of this machine)",
            "L1 → L2",
            "L2 → L3-hot, the last-entry reader",
            "the history reader",
            "L3-hot → L4, the data connector on AWS",
            "taken out again",
        } <= seen.keys()
        assert nothing_is_left(twin)

        twin.kill(AZURE)
        code, seen = verified(twin)
        assert code == 1
        assert "no answer from" in seen["endpoint ingestion on Azure"]
        assert seen["L1 → L2"] == "the reading waits on AWS until the endpoint ingestion on Azure answers"
        assert seen["taken out again"] == "it is still on its way, and will be stored"
        assert "the history reader" not in seen
        said = t2mc("verify", twin.deployment.folder, "--patience", 0)
        assert (said.returncode, "look at: start or repair Azure; nothing is lost" in said.stdout) == (1, True)

        twin.start(AZURE)
        twin.settle()
        code, seen = verified(twin)
        assert (code, {what: problem for what, problem in seen.items() if problem}) == (0, {})
        assert nothing_is_left(twin)

        twin.kill(AWS)
        code, seen = verified(twin)
        assert code == 1
        assert "the reading was not acknowledged" in list(seen.values())[-1]


class Told(Deployment):
    """A deployment whose outputs are given."""

    def __init__(self, folder: Path, told: dict[str, str]) -> None:
        super().__init__(folder)
        self._told = told

    def outputs(self) -> dict[str, str]:
        return self._told


def test_the_probe_of_a_deployed_twin_is_a_device_for_as_long_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in moto_account().items():
        monkeypatch.setenv(name, value)
    folder = write_project(tmp_path / "project", WHERE)
    with iot_core(tmp_path) as rig:
        told = {"aws_device_policy": rig.policy, "aws_device_endpoint": "localhost", "twin": rig.twin}
        deployment = Told(folder, {**told, "aws_region": REGION})
        left = [each.device_id for each in rig.registry.register([PROBE])]  # by one that was ended
        assert left == [PROBE]
        with deployment.probe():
            assert list(rig.registry.registered()) == [PROBE]
        assert not rig.is_there(PROBE)


def test_a_project_with_a_device_of_that_name_is_refused(tmp_path: Path) -> None:
    devices = {
        "types": {"t": {"properties": [{"name": "n", "data_type": "LONG"}]}},
        "devices": [{"id": PROBE, "type": "t"}],
    }
    folder = write_project(tmp_path / "project", WHERE, config_iot_devices=devices, config_hierarchy={"entities": []})
    with pytest.raises(ConfigurationError, match="an id that t2mc verify needs for itself"):
        verify(Told(folder, {}))
