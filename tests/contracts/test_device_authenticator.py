"""The contract of `ports.device_authenticator`, over every rig: devices are known by key and publish as themselves."""

import pytest


def topic(device: str, twin: str = "house", kind: str = "telemetry") -> str:
    return f"dt/{twin}/{device}/{kind}"


@pytest.mark.parametrize("device", ["sensor-1", "room:1"])
def test_a_device_is_known_by_its_own_key_and_by_no_other(gatekeeper_rig, device):
    key, other = gatekeeper_rig.register(device), gatekeeper_rig.register("sensor-2")
    knows = gatekeeper_rig.authenticator.knows
    for _ in range(3):  # what is remembered is remembered rightly
        assert knows(device, key)
        assert knows("sensor-2", other)
        for wrong in (other, "", None, key + "x", key[:-1], key.upper(), "\udcff", "x" * 10_000):
            assert not knows(device, wrong)


def test_who_is_nobody_is_not_known_whatever_the_key(gatekeeper_rig):
    key = gatekeeper_rig.register("sensor-1")
    for nobody in ("nobody", "sensor-2", "", None, "SENSOR-1", "sensor-1 ", "sensor/1", "__x__", ".", "x" * 10_000):
        for each in (key, "", None):
            assert not gatekeeper_rig.authenticator.knows(nobody, each)


def test_what_is_removed_is_not_known_any_more(gatekeeper_rig):
    key, other = gatekeeper_rig.register("sensor-1"), gatekeeper_rig.register("sensor-2")
    assert gatekeeper_rig.authenticator.knows("sensor-1", key)
    gatekeeper_rig.remove("sensor-1")
    gatekeeper_rig.settle()
    assert not gatekeeper_rig.authenticator.knows("sensor-1", key)
    assert gatekeeper_rig.authenticator.knows("sensor-2", other)


def test_a_device_that_comes_back_has_another_key_and_the_old_one_stays_out(gatekeeper_rig):
    old = gatekeeper_rig.register("sensor-1")
    assert gatekeeper_rig.authenticator.knows("sensor-1", old)
    gatekeeper_rig.remove("sensor-1")
    new = gatekeeper_rig.register("sensor-1")
    gatekeeper_rig.settle()
    assert gatekeeper_rig.authenticator.knows("sensor-1", new)
    assert not gatekeeper_rig.authenticator.knows("sensor-1", old)


@pytest.mark.parametrize("device", ["sensor-1", "room:1"])
def test_a_device_has_its_own_topic_and_no_other(gatekeeper_rig, device):
    gatekeeper_rig.register(device)
    device_of = gatekeeper_rig.authenticator.device_of
    assert device_of(device, topic(device)) == device
    for other in (
        topic("sensor-2"),
        topic(device, twin="other"),
        topic(device, kind="commands"),
        topic(f"{device}/x"),
        topic("+"),
        topic(""),
        f"/{topic(device)}",
        f"{topic(device)}/",
        "",
    ):
        assert device_of(device, other) is None
