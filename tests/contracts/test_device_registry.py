"""What a device registry does: lets in whom it was told to, each with credentials of its own, and nobody else."""

import pytest

from twin2multicloud.domain.errors import FinalError


def register(rig, *ids):
    """Register; the credentials that were given, by device."""
    given = list(rig.registry.register(ids))
    found = {each.device_id: each for each in given}
    assert len(found) == len(given), "a device was given credentials twice"
    return found


def registered(rig):
    found = list(rig.registry.registered())
    assert len(found) == len(set(found)), "a device is listed twice"
    return set(found)


def test_nobody_is_registered_at_first(device_registry_rig):
    assert registered(device_registry_rig) == set()


def test_who_is_registered_is_listed_and_may_connect(device_registry_rig):
    given = register(device_registry_rig, "a", "b")
    assert given.keys() == {"a", "b"}
    assert registered(device_registry_rig) == {"a", "b"}
    assert all(device_registry_rig.may_connect(each) for each in given.values())


def test_each_has_credentials_of_its_own(device_registry_rig):
    given = register(device_registry_rig, "a", "b")
    texts = [text for each in given.values() for text in each.files.values()]
    assert len(set(texts)) == len(texts) >= 2
    assert all(texts)


def test_who_is_registered_keeps_its_credentials(device_registry_rig):
    given = register(device_registry_rig, "a")
    assert register(device_registry_rig, "a") == {}
    assert device_registry_rig.may_connect(given["a"])


def test_of_old_and_new_only_the_new_are_given(device_registry_rig):
    before = register(device_registry_rig, "a", "c")
    after = register(device_registry_rig, "a", "b", "c", "d")
    assert after.keys() == {"b", "d"}
    assert all(device_registry_rig.may_connect(each) for each in (before | after).values())


def test_an_id_said_twice_is_one_device(device_registry_rig):
    given = list(device_registry_rig.registry.register(["a", "b", "a"]))
    assert sorted(each.device_id for each in given) == ["a", "b"]


def test_nothing_to_do_is_nothing_done(device_registry_rig):
    assert register(device_registry_rig) == {}
    device_registry_rig.registry.remove([])
    assert registered(device_registry_rig) == set()


def test_who_is_removed_is_gone_and_may_not_connect(device_registry_rig):
    given = register(device_registry_rig, "a", "b")
    device_registry_rig.registry.remove(["a"])
    assert registered(device_registry_rig) == {"b"}
    assert not device_registry_rig.is_there("a")
    assert [device_registry_rig.may_connect(given[each]) for each in ("a", "b")] == [False, True]


def test_removing_again_or_whom_nobody_knows_does_not_matter(device_registry_rig):
    register(device_registry_rig, "a", "b")
    for _ in range(2):
        device_registry_rig.registry.remove(["a", "never-there", device_registry_rig.impossible])
    assert registered(device_registry_rig) == {"b"}


def test_who_comes_back_gets_new_credentials(device_registry_rig):
    old = register(device_registry_rig, "a")["a"]
    device_registry_rig.registry.remove(["a"])
    new = register(device_registry_rig, "a")["a"]
    assert device_registry_rig.may_connect(new)
    assert not device_registry_rig.may_connect(old)


def test_a_registration_that_was_broken_off_is_completed(device_registry_rig):
    """Whoever asked for the first device's credentials, and for no more."""
    first = next(iter(device_registry_rig.registry.register(["a"])))
    latest = {"a": first} | register(device_registry_rig, "a", "b")
    assert registered(device_registry_rig) == {"a", "b"}
    assert all(device_registry_rig.may_connect(each) for each in latest.values())


def test_more_devices_than_a_call_or_a_page_holds(device_registry_rig):
    ids = {f"sensor-{number}" for number in range(device_registry_rig.many)}
    given = register(device_registry_rig, *sorted(ids))
    assert given.keys() == registered(device_registry_rig) == ids
    assert device_registry_rig.may_connect(given["sensor-22"])
    device_registry_rig.registry.remove(ids)
    assert registered(device_registry_rig) == set()


def test_an_id_that_the_cloud_cannot_have_is_said_before_anything_is_changed(device_registry_rig):
    with pytest.raises(FinalError) as caught:
        register(device_registry_rig, "a", device_registry_rig.impossible)
    assert repr(device_registry_rig.impossible) in str(caught.value)
    assert registered(device_registry_rig) == set()
    assert not device_registry_rig.is_there("a")


@pytest.mark.parametrize("device_id", ["pump-1", "Pump_1", "urn:dev:42", "0", "x" * 128])
def test_ids_that_every_cloud_can_have(device_registry_rig, device_id):
    given = register(device_registry_rig, device_id)
    assert registered(device_registry_rig) == {device_id}
    assert device_registry_rig.may_connect(given[device_id])


def test_devices_of_others_are_not_listed_and_not_removed(device_registry_rig):
    stranger = device_registry_rig.stranger()
    register(device_registry_rig, "a")
    assert registered(device_registry_rig) == {"a"}
    device_registry_rig.registry.remove(registered(device_registry_rig))
    assert device_registry_rig.is_there(stranger)


def test_credentials_do_not_say_their_keys(device_registry_rig):
    credentials = register(device_registry_rig, "a")["a"]
    shown = f"{credentials!r} {credentials} {[credentials]}"
    assert "'a'" in shown
    assert not any(text in shown for text in credentials.files.values())
