from collections.abc import Iterable, Iterator

from tests.rigs.twin_view import smart_home
from twin2multicloud.domain.device import DeviceGroup
from twin2multicloud.manage.hierarchy_tree import (
    ALL,
    Choice,
    Node,
    Place,
    choice_of,
    count_below,
    devices_below,
    entity_ids,
    found,
    members,
    missing_place,
    node_of,
    node_of_device,
    place_of,
    tree_nodes,
)

NODES = tree_nodes(smart_home())
FLEET = DeviceGroup(name="fleet", type="meter", count=100_000, id_pattern="meter-{n:06}")


def every(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from every(node.get("children", ()))


def test_a_fleet_of_100_000_is_one_node_with_its_count() -> None:
    assert [node["label"] for node in every(NODES) if node["note"] == "100,000 devices"] == ["meters"]
    assert len(list(every(NODES))) < 20


def test_entities_hold_their_components_and_then_their_children() -> None:
    house = NODES[1]
    assert [node["label"] for node in house["children"]] == ["meter", "Living room", "Bedroom", "Kitchen"]
    assert house["children"][0]["note"] == "meter-house"


def test_what_no_entity_names_is_not_lost() -> None:
    assert [node["label"] for node in NODES] == ["All devices", "House", "Street", "Other devices"]
    assert [node["label"] for node in NODES[-1]["children"]] == ["shed"]


def test_node_ids_are_unique() -> None:
    ids = [node["id"] for node in every(NODES)]
    assert len(ids) == len(set(ids))


def test_only_devices_and_groups_can_be_chosen() -> None:
    assert all(choice_of(node) is None for node in entity_ids(NODES))
    chosen = {choice_of(node["id"]) for node in every(NODES)} - {None}
    assert Choice(device="climate-kitchen") in chosen
    assert Choice(group="street-meters") in chosen
    assert len(chosen) == 6


def test_a_node_stands_for_the_devices_below_it_each_once() -> None:
    groups = {group.name: group for group in smart_home().catalog.groups}
    assert list(devices_below(NODES, "entity|kitchen", groups)) == ["climate-kitchen"]
    house = ["meter-house", "climate-living-room", "climate-bedroom", "climate-kitchen"]
    assert list(devices_below(NODES, "entity|house", groups)) == house
    every_device = list(devices_below(NODES, ALL, groups))
    assert (every_device[:4], every_device[-1]) == (house, "shed")
    assert len(every_device) == len(set(every_device)) == len(smart_home().catalog)
    assert list(devices_below(NODES, "entity|nowhere", groups)) == []


def test_a_node_is_found_by_its_id() -> None:
    kitchen = node_of(NODES, "entity|kitchen")
    assert kitchen is not None
    assert kitchen["label"] == "Kitchen"
    assert node_of(NODES, "entity|nowhere") is None


def test_a_device_is_found_by_its_node_or_its_groups() -> None:
    assert node_of_device(NODES, "climate-kitchen", None) == "device|kitchen|climate-kitchen"
    assert node_of_device(NODES, "meter-000042", "street-meters") == "group|street|street-meters"
    assert node_of_device(NODES, "nobody", None) is None


class TestMembers:
    def test_the_first_ones_without_a_search(self) -> None:
        assert members(FLEET, "", most=2) == ("meter-000001", "meter-000002")

    def test_a_number_comes_first_as_the_member_of_that_number(self) -> None:
        assert members(FLEET, "42", most=3) == ("meter-000042", "meter-000142", "meter-000242")

    def test_part_of_an_id_in_any_case(self) -> None:
        assert members(FLEET, " METER-09999") == tuple(f"meter-09999{n}" for n in range(10))

    def test_what_is_not_there_is_not_found(self) -> None:
        assert members(FLEET, "100001") == ()
        assert members(FLEET, "nobody") == ()


def test_counts_are_those_of_the_devices_below() -> None:
    twin = smart_home()
    groups = {group.name: group for group in twin.catalog.groups}
    for node_id in (ALL, "entity|house", "entity|street", "group|street|street-meters", "device|house|meter-house"):
        below = devices_below(NODES, node_id, groups)
        assert count_below(NODES, node_id, groups) == sum(1 for _ in below)


def test_devices_are_found_in_groups_too_those_that_begin_with_the_text_first() -> None:
    catalog = smart_home().catalog
    assert found(catalog, "er-000150") == ("meter-000150",)
    assert found(catalog, "  SHED ") == ("shed",)
    assert found(catalog, "") == ()
    assert len(found(catalog, "meter")) == 12
    assert found(catalog, "house") == ("meter-house",)


def test_places_have_addresses_and_missing_ones_a_sentence() -> None:
    twin = smart_home()
    assert Place(group="street-meters").url == "/?group=street-meters"
    assert place_of("group|street|street-meters") == Place(group="street-meters")
    assert place_of("entity|house").url == "/?entity=house"
    assert (place_of(ALL).url, missing_place(twin, Place())) == ("/", "")
    assert "no entity hous" in missing_place(twin, Place(entity="hous"))
    assert missing_place(twin, Place(device="meter-000150")) == ""
