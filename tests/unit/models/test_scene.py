"""The twin as a picture: areas in areas, spots with their rules; as SVG with live values, and as TwinMaker's scene."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import msgspec
import pytest

from tests.rigs.clouds import AWS
from tests.rigs.twins import twin
from twin2multicloud.domain.device import DeviceGroup, Scalar
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.placement import Placement
from twin2multicloud.manage.scene_drawing import draw
from twin2multicloud.models import scene, twinmaker_scene
from twin2multicloud.models.scene import MOST_SPOTS, rooms_of, scenes_of

HOUSE = twin(Placement.single(AWS), events=True)
GROUP = DeviceGroup(name="floor", type="thermostat", count=300, id_pattern="floor-{n:03}")
SVG = "{http://www.w3.org/2000/svg}"


def deep(levels: int) -> Entity:
    below = (deep(levels - 1),) if levels else ()
    return Entity(
        id=f"e{levels}", name=f"<E{levels}>", components=(EntityComponent(name="c", device="sensor-1"),), children=below
    )


def test_every_area_is_in_its_parents_and_every_spot_in_its_entitys() -> None:
    tower = msgspec.structs.replace(HOUSE, hierarchy=Hierarchy(entities=(deep(3),)))
    (drawn,) = scenes_of(tower)
    assert [each.depth for each in drawn.areas] == [0, 1, 2, 3]
    for outer, inner in pairwise(drawn.areas):
        assert outer.x < inner.x
        assert inner.x + inner.width < outer.x + outer.width
        assert outer.y < inner.y
        assert inner.y + inner.height < outer.y + outer.height
    areas = {each.entity: each for each in drawn.areas}
    assert len(drawn.spots) == 4 * 5
    for spot in drawn.spots:
        area = areas[spot.entity]
        assert area.y < spot.y < area.y + area.height
        assert area.x < spot.x
    ends = sorted(each.y for each in drawn.spots)
    assert all(later - sooner >= scene.SPOT for sooner, later in pairwise(ends))


def test_a_group_is_a_line_and_what_has_no_room_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    entity = Entity(
        id="hall", name="Hall", components=(EntityComponent(name="floor", group="floor"),), children=(deep(0),)
    )
    catalog = msgspec.structs.replace(HOUSE.catalog, groups=(GROUP,))
    hall = msgspec.structs.replace(HOUSE, catalog=catalog, hierarchy=Hierarchy(entities=(entity,)))
    monkeypatch.setattr(scene, "MOST_SPOTS", 3)
    (drawn,) = scenes_of(hall)
    assert "floor: 300 devices" in [each.text for each in drawn.labels]
    assert (len(drawn.spots), drawn.left) == (3, 2)
    assert MOST_SPOTS == 200


@pytest.mark.parametrize(
    ("value", "state", "words"),
    [
        (31.5, "met", "31.50, hot-function"),
        (20.0, "read", "20.00"),
        (None, "unread", "no reading"),
        ("warm", "read", "warm"),
    ],
)
def test_a_spot_shows_its_value_and_its_rule_in_colour_and_in_words(
    value: Scalar | None, state: str, words: str
) -> None:
    (drawn,) = scenes_of(HOUSE)
    ruled = next(each for each in drawn.spots if each.rules)
    text = draw(drawn, lambda device, name: value if (device, name) == (ruled.device, ruled.name) else None)
    links = ET.fromstring(text).findall(f"{SVG}a")
    assert len(links) == len(drawn.spots)
    link = links[drawn.spots.index(ruled)]
    assert link.get("class") == f"spot {state}"
    assert (link.get("aria-label") or "").endswith(f": {words}")
    assert link.get("href") == f"/?device={ruled.device}"


def test_names_are_escaped_and_rooms_are_beside_each_other() -> None:
    tower = msgspec.structs.replace(HOUSE, hierarchy=Hierarchy(entities=(deep(2),)))
    rooms = rooms_of(tower)
    assert [[each.name for each in room.areas] for room in rooms] == [["<E2>"], ["<E2> › <E1>", "<E0>"]]
    for room in rooms:
        ET.fromstring(draw(room, lambda *_: None))


def test_twinmakers_scene_has_a_bound_tag_for_each_spot_under_its_entitys_node() -> None:
    drawn = scenes_of(HOUSE)
    written = twinmaker_scene.write(drawn)
    nodes = written["nodes"]
    reached = list(written["rootNodeIndexes"])
    for index in reached:
        reached += nodes[index]["children"]
    assert sorted(reached) == list(range(len(nodes)))
    tags = [each["components"][0] for each in nodes if each["components"]]
    bound = [tuple(each["valueDataBinding"]["dataBindingContext"].values()) for each in tags]
    assert bound == [(each.entity, each.component, each.name) for one in drawn for each in one.spots]
    named = {each["ruleBasedMapId"] for each in tags if "ruleBasedMapId" in each}
    assert named == written["rules"].keys()
    (rule, *_) = written["rules"].values()
    assert rule["statements"][0] == {"expression": "temperature > 30.0", "target": "iottwinmaker.common.icon:Error"}
