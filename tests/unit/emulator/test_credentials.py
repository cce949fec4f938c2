"""Who may connect, and for which device."""

import pytest

from tests.rigs.twins import CATALOG, fleet
from twin2multicloud.emulator.credentials import GATEWAY, DeviceCredentials, password, telemetry_topic

DEVICES = DeviceCredentials("house", "key", CATALOG)


def test_a_device_is_known_by_its_own_password_only() -> None:
    assert DEVICES.knows("sensor-1", password("key", "sensor-1"))
    assert not DEVICES.knows("sensor-1", password("key", "sensor-2"))
    assert not DEVICES.knows("sensor-1", password("other key", "sensor-1"))
    assert not DEVICES.knows("sensor-1", "")
    assert not DEVICES.knows("sensor-1", None)
    assert not DEVICES.knows(None, password("key", "sensor-1"))
    assert not DEVICES.knows("stranger", password("key", "stranger"))


def test_members_of_a_group_are_known() -> None:
    many = DeviceCredentials("house", "key", fleet(100_000))
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
