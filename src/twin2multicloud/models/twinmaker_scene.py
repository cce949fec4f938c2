"""TwinMaker's scene file of a twin: an empty node for each entity, in its parent's, and a tag for each property. Pure.

Shape: specVersion 1.0, as in aws-samples/aws-iot-twinmaker-samples. One metre is a hundred units of the drawing; tags
are bound to the property that they show, and coloured by the project's event rules.
"""

from collections.abc import Sequence
from typing import Any

from twin2multicloud.domain.device import Scalar
from twin2multicloud.models.scene import WIDTH, Area, Scene, Spot
from twin2multicloud.models.twinmaker import component_name

_UNITS = 100.0
_INFO, _ERROR = "iottwinmaker.common.icon:Info", "iottwinmaker.common.icon:Error"
Json = dict[str, Any]


def write(scenes: Sequence[Scene]) -> Json:
    """The content of a scene file."""
    nodes: list[Json] = []
    roots: list[int] = []
    rules: dict[str, Json] = {}
    for number, scene in enumerate(scenes):
        _add(scene, number * (WIDTH + _UNITS), nodes, roots, rules)
    return {
        "specVersion": "1.0",
        "version": "1",
        "unit": "meters",
        "properties": {"environmentPreset": "neutral"},
        "nodes": nodes,
        "rootNodeIndexes": roots,
        "cameras": [],
        "rules": rules,
    }


def _add(scene: Scene, shift: float, nodes: list[Json], roots: list[int], rules: dict[str, Json]) -> None:
    placed: dict[str, tuple[int, Area]] = {}
    for area in scene.areas:  # parents first
        above = next((each for each in reversed(placed.values()) if _is_in(area, each[1])), None)
        origin = above[1] if above is not None else None
        index = _node(nodes, area.name, _position(area.x, area.y, origin, shift), [])
        placed[area.entity] = (index, area)
        if above is None:
            roots.append(index)
        else:
            nodes[above[0]]["children"].append(index)
    for spot in scene.spots:
        parent, area = placed[spot.entity]
        tag = _tag(spot, rules)
        index = _node(nodes, f"{spot.component} {spot.name}", _position(spot.x, spot.y, area, 0.0), [tag])
        nodes[parent]["children"].append(index)


def _is_in(inner: Area, outer: Area) -> bool:
    ends = inner.y + inner.height <= outer.y + outer.height
    return inner.depth == outer.depth + 1 and outer.y <= inner.y and ends


def _position(x: float, y: float, origin: Area | None, shift: float) -> list[float]:
    """Metres from the parent's node; the drawing's y is the floor's z."""
    left, top = (origin.x, origin.y) if origin is not None else (-shift, 0.0)
    return [round((x - left) / _UNITS, 3), 0.0, round((y - top) / _UNITS, 3)]


def _node(nodes: list[Json], name: str, position: list[float], components: list[Json]) -> int:
    nodes.append(
        {
            "name": name,
            "transform": {"position": position, "rotation": [0, 0, 0], "scale": [1, 1, 1]},
            "transformConstraint": {},
            "children": [],
            "components": components,
            "properties": {},
        }
    )
    return len(nodes) - 1


def _tag(spot: Spot, rules: dict[str, Json]) -> Json:
    component = component_name(spot.component)
    binding = {"entityId": spot.entity, "componentName": component, "propertyName": spot.name}
    tag: Json = {"type": "Tag", "icon": _INFO, "valueDataBinding": {"dataBindingContext": binding}}
    if spot.rules:
        name = f"{spot.entity}.{component}.{spot.name}"
        rules[name] = {
            "statements": [
                {"expression": f"{term.property} {term.comparison.value} {_literal(term.threshold)}", "target": _ERROR}
                for term in (each.term for each in spot.rules)
                if term is not None
            ]
        }
        tag["ruleBasedMapId"] = name
    return tag


def _literal(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else f"{value}"
