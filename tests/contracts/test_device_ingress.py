"""The contract of `ports.device_ingress`, over every rig: what was taken arrives as it came, with who sent it."""

import pytest


@pytest.mark.parametrize(
    "payload",
    [b'{"temperature": 21.5}', b"", b"\x00\xff", b" " * 128 * 1024],
    ids=["json", "empty", "no text", "large"],
)
@pytest.mark.parametrize("device", ["sensor-1", "room:1", "Gerät ☃", "d" * 128], ids=str)
def test_bytes_and_device_arrive_as_they_are(device_ingress_rig, device, payload):
    device_ingress_rig.ingress.take(device, payload)
    assert device_ingress_rig.arrived() == [(device, payload)]


def test_each_publish_is_one(device_ingress_rig):
    for number in range(5):
        device_ingress_rig.ingress.take(f"sensor-{number}", str(number).encode())
    assert device_ingress_rig.arrived() == [(f"sensor-{number}", str(number).encode()) for number in range(5)]
