"""The contract of `ports.device_ingress`, over every rig: what was taken arrives as it came, with who sent it."""

import pytest


@pytest.mark.parametrize(
    "payload",
    [b'{"temperature": 21.5}', b"", b"\x00\xff", b" " * 128 * 1024],
    ids=["json", "empty", "no text", "large"],
)
@pytest.mark.parametrize("device", ["sensor-1", "room:1", "Gerät ☃", "d" * 128], ids=str)
def test_bytes_and_device_arrive_as_they_are(intake_rig, device, payload):
    intake_rig.ingress.take(device, payload)
    assert intake_rig.arrived() == [(device, payload)]


def test_each_publish_is_one(intake_rig):
    for number in range(5):
        intake_rig.ingress.take(f"sensor-{number}", str(number).encode())
    assert intake_rig.arrived() == [(f"sensor-{number}", str(number).encode()) for number in range(5)]
