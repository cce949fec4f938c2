"""What every object store does: written once, never changed, found by prefix in the order of names."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from twin2multicloud.domain.errors import FinalError, TwinError
from twin2multicloud.functions.storage.chunk_rows import all_objects
from twin2multicloud.functions.storage.chunks import device_prefix
from twin2multicloud.ports.object_store import ObjectStore

NAME = "device=d%2F1/day=2026-01-15/100000000-110000000-2-0123456789abcdef.jsonl.gz"


def names(store: ObjectStore, prefix: str = "", after: str = "", limit: int = 1_000) -> list[str]:
    return [stored.name for stored in store.objects(prefix, after, limit)]


def test_what_was_created_is_read(object_store_rig):
    store = object_store_rig.store
    body = bytes(range(256)) * 40
    store.create(NAME, body)
    assert store.read(NAME) == body
    (stored,) = store.objects("device=")
    assert (stored.name, stored.size, stored.archived) == (NAME, len(body), False)


def test_creating_again_changes_nothing_and_another_content_is_refused(object_store_rig):
    store = object_store_rig.store
    store.create("a", b"one")
    store.create("a", b"one")
    with pytest.raises(FinalError) as refused:
        store.create("a", b"two")
    assert refused.value.status == 409
    assert store.read("a") == b"one"


def test_an_object_that_is_not_there(object_store_rig):
    store = object_store_rig.store
    with pytest.raises(FinalError) as refused:
        store.read("nothing")
    assert refused.value.status == 404
    store.delete("nothing")
    assert names(store) == []


def test_a_deleted_object_is_gone_and_can_be_created_with_another_content(object_store_rig):
    store = object_store_rig.store
    store.create("a/b", b"one")
    store.delete("a/b")
    assert names(store) == []
    store.create("a/b", b"two")
    assert store.read("a/b") == b"two"


def test_names_come_in_the_order_of_code_points_within_a_prefix(object_store_rig):
    store = object_store_rig.store
    for name in ("a=1/x", "a=1/y", "a=10/x", "a=1-/x", "a=2/x", "b"):
        store.create(name, name.encode())
    assert names(store, "a=1") == ["a=1-/x", "a=1/x", "a=1/y", "a=10/x"]
    assert names(store, "a=1/") == ["a=1/x", "a=1/y"]
    assert names(store, "a=1/", after="a=1/x") == ["a=1/y"]
    assert names(store, "a=1/", after="a=1/day") == ["a=1/x", "a=1/y"]
    assert names(store, after="a=10/x") == ["a=2/x", "b"]


def test_pages(object_store_rig):
    store = object_store_rig.store
    every = [f"p/{number:03}" for number in range(25)]
    for name in every:
        store.create(name, b"")
    found: list[str] = []
    while page := names(store, "p/", found[-1] if found else "", 10):
        assert len(page) <= 10
        found += page
    assert found == every


def test_an_object_is_taken_from_another_bucket(object_store_rig):
    rig = object_store_rig
    rig.other.create(NAME, b"chunk")
    rig.store.take(NAME, rig.other_name)
    rig.store.take(NAME, rig.other_name)
    assert names(rig.store) == [NAME]
    assert rig.other.read(NAME) == b"chunk"
    with pytest.raises(FinalError) as refused:
        rig.store.take("nothing", rig.other_name)
    assert refused.value.status == 404


def test_more_objects_than_a_listing_holds(object_store_rig):
    store, every = object_store_rig.store, [f"p/{number:04}" for number in range(1_003)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: store.create(name, b"x"), reversed(every)))
    assert len(store.objects("p/")) == 1_000
    assert [stored.name for stored in all_objects(store, "p/")] == every
    assert [stored.name for stored in all_objects(store, "p/", "p/0998")] == every[999:]


@pytest.mark.parametrize(
    "device",
    [
        "a b",
        "a+b",
        "a%2Fb",
        "a/../b",
        "Küche",
        "温度",
        "🌡",
        "a?b#c&d",
        "a\\b",
        "a'b\"c",
        "..",
        "~",
        "a:b;c,d",
        "x" * 100,
    ],
)
def test_a_device_of_any_name_has_objects_of_its_own(object_store_rig, device):
    store = object_store_rig.store
    mine, others = f"{device_prefix(device)}day=2026-01-15/1.jsonl.gz", f"{device_prefix(device + 'x')}day=2026-01-15/1"
    store.create(mine, b"mine")
    store.create(others, b"others")
    assert names(store, device_prefix(device)) == [mine]
    assert store.read(mine) == b"mine"
    object_store_rig.other.create(mine, b"mine")
    store.take(mine, object_store_rig.other_name)
    store.delete(mine)
    assert names(store) == [others]


def test_of_many_that_create_one_object_at_once_one_succeeds(object_store_rig):
    """412 at S3 and Google, 409 at Azure."""
    store = object_store_rig.store

    def create(number: int) -> bytes | None:
        body = b"body %d" % number * 1_000
        try:
            store.create(NAME, body)
        except TwinError:
            return None
        return body

    with ThreadPoolExecutor(8) as pool:
        created = [body for body in pool.map(create, range(8)) if body is not None]
    assert created == [store.read(NAME)]


def test_what_has_to_be_readable_is_read_at_once(object_store_rig):
    store = object_store_rig.store
    store.create("deleted/2026-01-15", b"record", readable=True)
    store.create("deleted/2026-01-15", b"record", readable=True)
    assert store.read("deleted/2026-01-15") == b"record"
    (stored,) = store.objects("deleted/")
    assert not stored.archived
