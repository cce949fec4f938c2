"""Every format: nothing is lost on the way out and back, and what goes out keeps to the rules of those who take it."""

import re
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import msgspec
import pytest
from botocore.model import Shape, StringShape
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import AWS
from tests.rigs.twins import twin
from twin2multicloud.domain.device import DataType, DeviceGroup
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.twin import Twin
from twin2multicloud.domain.twin_graph import PropertyModel
from twin2multicloud.models import aas, dtdl, ngsi_ld, twin_service, twinmaker
from twin2multicloud.models.description import (
    MOST_COMPONENTS,
    DescribedComponent,
    DescribedEntity,
    DescribedType,
    Description,
    describe,
    project_files,
)
from twin2multicloud.project.names import DEVICE_ID, ENTITY_ID, ENTITY_NAME, LABEL, NAME

MODEL = botocore.session.get_session().get_service_model("iottwinmaker")
FORMATS = {
    "twinmaker": (twinmaker.write, twinmaker.read),
    "dtdl": (dtdl.write, dtdl.read),
    "ngsi_ld": (ngsi_ld.write, ngsi_ld.read),
    "aas": (aas.write, aas.read),
    "twin_service": (twin_service.write, twin_service.read),
}


_WORD = "abcXYZ019_"


def names(extra: str, first: str = "abcXYZ", last: str = "abc019", shortest: int = 1) -> st.SearchStrategy[str]:
    """Texts of a first letter, some more, and a last one: to draw from regular expressions takes ten times as long."""
    middle = st.text(_WORD + extra, max_size=6)
    long = st.tuples(st.sampled_from(first), middle, st.sampled_from(last)).map("".join)
    return long if shortest > 1 else long | st.sampled_from(first)


PROPERTY, TYPE, DEVICE = names("", last="abc019_"), names("-", last="abc019_-"), names(":-", "a0_:-", "b1_:-")
ENTITY, TITLE, TWIN = names(".-", "aZ0", shortest=2), names(" .-", "aZ0_.-", shortest=2), names("-", "ab", shortest=2)
SHAPES = ((PROPERTY, NAME), (TYPE, LABEL), (DEVICE, DEVICE_ID), (ENTITY, ENTITY_ID), (TITLE, ENTITY_NAME))


@given(st.data())
def test_what_is_drawn_is_what_a_project_may_say(data: st.DataObject) -> None:
    for drawn, shape in SHAPES:
        text = data.draw(drawn)
        assert re.fullmatch(shape.pattern, text, re.ASCII), text


_VALUES: dict[DataType, st.SearchStrategy[Any]] = {
    DataType.STRING: st.text(st.characters(codec="ascii", min_codepoint=32), min_size=1, max_size=20),
    DataType.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    DataType.INTEGER: st.integers(-(2**31), 2**31 - 1),
    DataType.LONG: st.integers(-(2**63), 2**63 - 1),
    DataType.BOOLEAN: st.booleans(),
}


@st.composite
def properties(draw: st.DrawFn) -> PropertyModel:
    data_type = draw(st.sampled_from(DataType))
    held = draw(st.none() | _VALUES[data_type])
    constant = draw(st.booleans())
    return PropertyModel(
        name=draw(PROPERTY.filter(lambda name: name != twinmaker.DEVICE_ID)),
        data_type=data_type,
        unit=draw(st.sampled_from(["", "°C", "kWh"])),
        initial=None if constant else held,
        constant=held if constant else None,
    )


@st.composite
def descriptions(draw: st.DrawFn) -> Description:
    types = [
        DescribedType(
            name=name,
            properties=tuple(draw(st.lists(properties(), min_size=1, max_size=4, unique_by=lambda one: one.name))),
        )
        for name in draw(st.lists(TYPE, min_size=1, max_size=3, unique=True))
        if name != twinmaker.BASE
    ]
    entities: list[DescribedEntity] = []
    for entity_id in draw(st.lists(ENTITY, min_size=1, max_size=5, unique=True)):
        parent = draw(st.none() | st.sampled_from([each.id for each in entities])) if entities else None
        entities.append(DescribedEntity(id=entity_id, name=draw(TITLE), parent=parent))
    components = []
    for entity in entities:
        held = draw(st.lists(st.tuples(st.none() | PROPERTY, DEVICE), max_size=3)) if types else []
        for name, device in {own or device: device for own, device in held}.items():  # a group's are called as devices
            kind = draw(st.sampled_from(types))
            components.append(DescribedComponent(entity=entity.id, name=name, type=kind.name, device=device))
    used = dict.fromkeys(each.type for each in components)
    return Description(
        twin=draw(TWIN),
        types=tuple(next(each for each in types if each.name == name) for name in used),
        entities=tuple(entities),
        components=tuple(components),
    )


def in_order(description: Description) -> Description:
    """The same whatever the order, where a format has none of its own."""
    return msgspec.structs.replace(
        description,
        types=tuple(sorted(description.types, key=lambda each: each.name)),
        components=tuple(sorted(description.components, key=lambda each: (each.entity, each.name))),
    )


@pytest.mark.parametrize("name", FORMATS)
@given(st.data())
def test_nothing_is_lost_out_and_back(name: str, data: st.DataObject) -> None:
    description = data.draw(descriptions())
    write, read = FORMATS[name]
    document = msgspec.json.decode(msgspec.json.encode(write(description)))
    assert in_order(read(document)) == in_order(description)


@given(descriptions())
def test_twin_maker_takes_every_request(description: Description) -> None:
    """By botocore's own model: shapes, lengths and, which botocore leaves to the service, patterns."""
    document = twinmaker.write(description)
    for operation, key in (("CreateComponentType", "componentTypes"), ("CreateEntity", "entities")):
        shape = MODEL.operation_model(operation).input_shape
        assert shape is not None
        for request in document[key]:
            asked = {"workspaceId": document["workspaceId"], **request}
            report = ParamValidator().validate(asked, shape)
            assert not report.has_errors(), report.generate_report()
            assert list(unmatched(asked, shape)) == []


def unmatched(value: Any, shape: Shape) -> list[tuple[str, str]]:
    """Texts that the pattern of their shape does not take."""
    if shape.type_name == "structure":
        return [each for key, one in value.items() for each in unmatched(one, shape.members[key])]
    if shape.type_name == "list":
        return [each for one in value for each in unmatched(one, shape.member)]
    if shape.type_name == "map":
        keys = [each for key in value for each in unmatched(key, shape.key)]
        return keys + [each for one in value.values() for each in unmatched(one, shape.value)]
    pattern = shape.metadata.get("pattern") if isinstance(shape, StringShape) else None
    return [(shape.name, value)] if pattern and not re.fullmatch(pattern, value) else []


DTMI = re.compile(r"dtmi:[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?(?::[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?)*;[1-9]\d{0,8}")
DTDL_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")


@given(descriptions())
def test_dtdl_keeps_to_its_rules(description: Description) -> None:
    """azure/opendigitaltwins-dtdl, DTDL.v3.md: ids, names, one name once in an interface, lengths."""
    document = dtdl.write(description)
    ids = [each["@id"] for each in document["models"]]
    assert len(set(ids)) == len(ids)
    for model in document["models"]:
        assert DTMI.fullmatch(model["@id"])
        assert len(model["@id"]) <= 2048
        names = [each["name"] for each in model["contents"]]
        assert len(set(names)) == len(names)
        assert all(DTDL_NAME.fullmatch(each) and len(each) <= 512 for each in names)
        assert all(len(each.get("comment", "")) <= 512 for each in model["contents"])
    twins = {each["$dtId"]: each["$metadata"]["$model"] for each in document["twins"]}
    assert len(twins) == len(document["twins"])
    assert set(twins.values()) <= set(ids)
    edges = document["relationships"]
    assert {each[end] for each in edges for end in ("$sourceId", "$targetId")} <= twins.keys()
    keys = [(each["$sourceId"], each["$relationshipId"]) for each in edges]
    assert len(set(keys)) == len(keys)


@given(descriptions())
def test_ngsi_ld_keeps_to_its_rules(description: Description) -> None:
    """ETSI GS CIM 009, 4.5 and 4.6.2: an id is a URI, an attribute an object with a type and what belongs to it."""
    for entity in ngsi_ld.write(description):
        assert re.fullmatch(r"urn:ngsi-ld:[!-~]+", entity["id"])
        assert urlsplit(entity["id"]).scheme == "urn"
        for name, attribute in entity.items():
            if name in ("id", "type", "@context"):
                continue
            assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)
            assert ("object" if attribute["type"] == "Relationship" else "value") in attribute
            assert attribute["type"] in ("Property", "Relationship")


@given(descriptions())
def test_aas_keeps_to_its_rules(description: Description) -> None:
    """IDTA 01001 3.1: idShort (AASd-002), ids once, and no empty list."""
    document = aas.write(description)
    found = list(identified(document))
    assert all(re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]*[a-zA-Z0-9_]", short) and len(short) <= 128 for _, short in found)
    ids = [each for each, _ in found if each]
    assert len(set(ids)) == len(ids)
    for submodel in document.get("submodels", ()):
        shorts = [each["idShort"] for each in submodel["submodelElements"]]
        assert len(set(shorts)) == len(shorts)  # AASd-022


def identified(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, list):
        assert value
        return [each for one in value for each in identified(one)]
    if not isinstance(value, dict):
        return []
    below = [each for one in value.values() for each in identified(one)]
    return [(value.get("id", ""), value["idShort"]), *below] if "idShort" in value else below


def house() -> Twin:
    described = twin(Placement.single(AWS))
    group = DeviceGroup(name="shelves", type="thermostat", count=3, id_pattern="shelf-{n}")
    shelf = Entity(id="shelf", name="Shelf", components=(EntityComponent(name="shelves", group="shelves"),))
    return msgspec.structs.replace(
        described,
        catalog=msgspec.structs.replace(described.catalog, groups=(group,)),
        hierarchy=Hierarchy(entities=(*described.hierarchy.entities, shelf)),
    )


def test_a_description_holds_types_entities_and_the_members_of_groups() -> None:
    description = describe(house())
    assert [each.name for each in description.types] == ["thermostat"]
    assert [(each.id, each.parent) for each in description.entities] == [
        ("house", None),
        ("room-1", "house"),
        ("shelf", None),
    ]
    assert [(each.entity, each.name, each.device) for each in description.components] == [
        ("room-1", "thermostat", "sensor-1"),
        ("shelf", "shelf-1", "shelf-1"),
        ("shelf", "shelf-2", "shelf-2"),
        ("shelf", "shelf-3", "shelf-3"),
    ]


def test_two_names_that_twin_maker_would_take_for_one_are_refused() -> None:
    description = describe(house())
    first = msgspec.structs.replace(description.components[0], name="a:1", device="a:1")
    second = msgspec.structs.replace(first, name="a-3A-1", device="a-3A-1")
    with pytest.raises(FinalError, match="two components whose names differ only in a colon"):
        twinmaker.write(msgspec.structs.replace(description, components=(first, second)))


def test_too_large_a_twin_is_refused() -> None:
    described = house()
    (group,) = described.catalog.groups
    large = msgspec.structs.replace(group, count=MOST_COMPONENTS + 1)
    catalog = msgspec.structs.replace(described.catalog, groups=(large,))
    with pytest.raises(FinalError, match="up to 50,000 components"):
        describe(msgspec.structs.replace(described, catalog=catalog))


def test_the_files_of_a_project_say_the_same() -> None:
    files = project_files(describe(house()))
    assert files["config_hierarchy.json"]["entities"][0] == {
        "id": "house",
        "name": "House",
        "children": [{"id": "room-1", "name": "Room", "components": [{"name": "thermostat", "device": "sensor-1"}]}],
    }
    assert files["config_iot_devices.json"]["devices"][0] == {"id": "sensor-1", "type": "thermostat"}
