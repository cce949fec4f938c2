"""Who may connect, and for which device; and what was changed about that since."""

import os
from pathlib import Path

import msgspec
import pytest

from tests.rigs.twins import CATALOG, fleet
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.emulator.adapters.device_authenticator import (
    GATEWAY,
    Change,
    DeviceChanges,
    LocalDeviceAuthenticator,
    password,
)

NOWHERE = DeviceChanges(Path("/nowhere/device-registry.json"))
DEVICES = LocalDeviceAuthenticator("house", "key", CATALOG, NOWHERE)


def test_a_device_is_known_by_its_own_password_only() -> None:
    assert DEVICES.knows("sensor-1", password("key", "sensor-1"))
    assert not DEVICES.knows("sensor-1", password("key", "sensor-2"))
    assert not DEVICES.knows("sensor-1", password("other key", "sensor-1"))
    assert not DEVICES.knows("sensor-1", "")
    assert not DEVICES.knows("sensor-1", None)
    assert not DEVICES.knows(None, password("key", "sensor-1"))
    assert not DEVICES.knows("stranger", password("key", "stranger"))


def test_members_of_a_group_are_known() -> None:
    many = LocalDeviceAuthenticator("house", "key", fleet(100_000), NOWHERE)
    assert many.knows("sensor-100000", password("key", "sensor-100000"))
    assert not many.knows("sensor-100001", password("key", "sensor-100001"))


@pytest.mark.parametrize(
    ("user", "topic", "device"),
    [
        ("sensor-1", telemetry_topic("house", "sensor-1"), "sensor-1"),
        ("sensor-1", telemetry_topic("house", "sensor-2"), None),
        ("sensor-1", telemetry_topic("other", "sensor-1"), None),
        ("sensor-1", "dt/house/sensor-1/commands", None),
        (GATEWAY, telemetry_topic("house", "sensor-2"), "sensor-2"),
        (GATEWAY, telemetry_topic("house", "stranger"), None),
    ],
)
def test_a_topic_is_a_devices_own_or_the_gateways(user: str, topic: str, device: str | None) -> None:
    assert DEVICES.device_of(user, topic) == device


class TestChanges:
    def write(self, path: Path, **changes: Change) -> None:
        new = path.with_suffix(".new")
        new.write_bytes(msgspec.json.encode({name.replace("_", "-"): each for name, each in changes.items()}))
        new.replace(path)

    def test_a_device_that_is_taken_out_is_refused_at_once_and_others_are_not(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json"
        devices = LocalDeviceAuthenticator("house", "key", CATALOG, DeviceChanges(path))
        own = telemetry_topic("house", "sensor-1")
        assert devices.knows("sensor-1", password("key", "sensor-1"))
        self.write(path, sensor_1=Change(removed=True))
        assert not devices.knows("sensor-1", password("key", "sensor-1"))
        assert devices.knows(GATEWAY, password("key", GATEWAY)), "the gateway's credentials are its own"
        assert devices.device_of(GATEWAY, own) == "sensor-1"
        assert devices.knows("sensor-2", password("key", "sensor-2"))
        path.unlink()
        assert devices.knows("sensor-1", password("key", "sensor-1"))

    def test_a_device_that_came_back_has_another_password(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json"
        self.write(path, sensor_1=Change(renewals=1))
        devices = LocalDeviceAuthenticator("house", "key", CATALOG, DeviceChanges(path))
        assert not devices.knows("sensor-1", password("key", "sensor-1"))
        assert devices.knows("sensor-1", password("key", "sensor-1", 1))
        assert len({password("key", "sensor-1", renewals) for renewals in range(5)}) == 5

    def test_the_file_is_read_when_it_is_another_and_not_otherwise(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json"
        self.write(path, sensor_1=Change(removed=True))
        changes = DeviceChanges(path)
        first = changes.all()
        assert changes.all() is first
        os.utime(path)
        assert changes.all() == first
        assert changes.all() is not first

    def test_a_file_that_is_not_ours_lets_nobody_in(self, tmp_path: Path) -> None:
        (tmp_path / "r.json").write_text("[]")
        devices = LocalDeviceAuthenticator("house", "key", CATALOG, DeviceChanges(tmp_path / "r.json"))
        with pytest.raises(TwinError, match="remove it"):
            devices.knows("sensor-1", password("key", "sensor-1"))
