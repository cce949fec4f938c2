"""The contract of `ports.device_authenticator`, over every rig: devices are known by key and publish as themselves."""

import pytest

from twin2multicloud.domain.device_topics import IGNORED


def topic(device: str, twin: str = "house", kind: str = "telemetry") -> str:
    return f"dt/{twin}/{device}/{kind}"


@pytest.mark.parametrize("device", ["sensor-1", "room:1"])
def test_a_device_is_known_by_its_own_key_and_by_no_other(device_authenticator_rig, device):
    key, other = device_authenticator_rig.register(device), device_authenticator_rig.register("sensor-2")
    knows = device_authenticator_rig.authenticator.knows
    for _ in range(3):  # what is remembered is remembered rightly
        assert knows(device, key)
        assert knows("sensor-2", other)
        for wrong in (other, "", None, key + "x", key[:-1], key.upper(), "\udcff", "x" * 10_000):
            assert not knows(device, wrong)


def test_who_is_nobody_is_not_known_whatever_the_key(device_authenticator_rig):
    key = device_authenticator_rig.register("sensor-1")
    for nobody in ("nobody", "sensor-2", "", None, "SENSOR-1", "sensor-1 ", "sensor/1", "__x__", ".", "x" * 10_000):
        for each in (key, "", None):
            assert not device_authenticator_rig.authenticator.knows(nobody, each)


def test_what_is_removed_is_not_known_any_more(device_authenticator_rig):
    key, other = device_authenticator_rig.register("sensor-1"), device_authenticator_rig.register("sensor-2")
    assert device_authenticator_rig.authenticator.knows("sensor-1", key)
    device_authenticator_rig.remove("sensor-1")
    device_authenticator_rig.settle()
    assert not device_authenticator_rig.authenticator.knows("sensor-1", key)
    assert device_authenticator_rig.authenticator.knows("sensor-2", other)


def test_a_device_that_comes_back_has_another_key_and_the_old_one_stays_out(device_authenticator_rig):
    old = device_authenticator_rig.register("sensor-1")
    assert device_authenticator_rig.authenticator.knows("sensor-1", old)
    device_authenticator_rig.remove("sensor-1")
    new = device_authenticator_rig.register("sensor-1")
    device_authenticator_rig.settle()
    assert device_authenticator_rig.authenticator.knows("sensor-1", new)
    assert not device_authenticator_rig.authenticator.knows("sensor-1", old)


@pytest.mark.parametrize("device", ["sensor-1", "room:1"])
def test_a_device_has_its_own_topic_and_no_other(device_authenticator_rig, device):
    device_authenticator_rig.register(device)
    device_of = device_authenticator_rig.authenticator.device_of
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


def test_a_device_has_the_projects_further_topics_too(device_authenticator_rig):
    device_authenticator_rig.register("sensor-1")
    device_of = device_authenticator_rig.authenticator.device_of
    assert device_of("sensor-1", "tele/sensor-1/SENSOR") == "sensor-1"
    assert device_of("sensor-1", "tele/sensor-2/SENSOR") is None
    assert device_of("sensor-1", "tele/sensor-1/STATE") is None
    assert device_of("sensor-1", "stat/sensor-1/RESULT") == IGNORED


def test_a_gateway_publishes_for_every_device_there_is(device_authenticator_rig):
    for each in ("sensor-1", "bridge"):
        device_authenticator_rig.register(each)
    device_of = device_authenticator_rig.authenticator.device_of
    assert device_of("bridge", topic("sensor-1")) == "sensor-1"
    assert device_of("bridge", topic("bridge")) == "bridge"
    assert device_of("bridge", "tele/sensor-1/SENSOR") == "sensor-1"
    assert device_of("bridge", topic("nobody")) is None
    assert device_of("bridge", topic("sensor-1", twin="other")) is None
