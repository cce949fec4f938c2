"""A project folder -> the domain's `Twin`. Owns reading, checking and building, in this order; writes nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceGroup, DeviceType, Property, Undeclared
from twin2multicloud.domain.errors import Finding, InvalidProjectError
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.twin import Twin
from twin2multicloud.project.cross_checks import check_config, check_events, check_hierarchy
from twin2multicloud.project.device_checks import check_devices
from twin2multicloud.project.documents import CONFIG, DEVICES, DOCUMENTS, EVENTS, HIERARCHY, PROVIDERS, STRICT
from twin2multicloud.project.event_rules import components_of, event_rule
from twin2multicloud.project.imports import import_problems, requirements_of
from twin2multicloud.project.inventory import Inventory, Tree
from twin2multicloud.project.json_files import ABSENT, read_json
from twin2multicloud.project.notes import notes_on
from twin2multicloud.project.payloads import check_payloads, payload_of
from twin2multicloud.project.placement_file import placement_of
from twin2multicloud.project.places import Json, Place, Problem, did_you_mean, typed
from twin2multicloud.project.processors import find_actions, find_data, find_processors
from twin2multicloud.project.walk import read


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A valid project: its twin, notes for its author, the files of processors and actions by name, and what they read.

    `data` are the other files in ``processors/``, by path in there; `requirements` are what functions get beside.
    """

    folder: Path
    twin: Twin
    notes: tuple[str, ...]
    processors: dict[str, Path]
    actions: dict[str, Path] = {}
    data: dict[str, Path] = {}
    requirements: tuple[str, ...] = ()


def with_code_in(project: Project, folder: Path) -> Project:
    """The project with a copy of its user code in another folder, which is its folder from then on."""
    copied: dict[str, dict[str, Path]] = {}
    for kind, files in (("processors", project.processors), ("actions", project.actions)):
        if files:
            shutil.copytree(project.folder / kind, folder / kind)
        copied[kind] = {name: folder / kind / path.name for name, path in files.items()}
    return msgspec.structs.replace(project, folder=folder, processors=copied["processors"], actions=copied["actions"])


def load_project(folder: Path | str) -> Project:
    """Read and check a project folder; the format is `documents` (docs/project_files.md).

    Raises InvalidProjectError with every finding in every file, in file order. Nothing is imported or changed.

    >>> project = load_project("examples/smart-home")
    >>> project.twin.name, len(project.twin.catalog)
    ('smart-home', 8)
    """
    folder = Path(folder)
    require_project(folder)
    problems: list[Problem] = []
    raw = {document.file: _read_file(folder, document.file, document.required, problems) for document in DOCUMENTS}
    trees = {
        document.file: read(document.shape, raw[document.file], Place(document.file), problems.append)
        for document in DOCUMENTS
        if raw[document.file] is not ABSENT
    }
    processors = find_processors(folder, problems.append)
    actions = find_actions(folder, problems.append)
    problems += _cross_checks(trees, tuple(processors), tuple(actions))
    problems += _strays(folder)
    if problems:
        raise InvalidProjectError(tuple(each.finding() for each in _in_file_order(problems, raw)))
    twin, notes = _build(trees)
    wanted = requirements_of(folder)
    failing = [
        *import_problems({name: path.read_bytes() for name, path in processors.items()}, wanted),
        *import_problems({name: path.read_bytes() for name, path in actions.items()}, wanted, "actions"),
    ]
    return Project(
        folder=folder,
        twin=twin,
        notes=(*notes, *notes_on(twin, processors), *failing),
        processors=processors,
        actions=actions,
        data=find_data(folder),
        requirements=wanted,
    )


def require_project(folder: Path) -> None:
    """Raises InvalidProjectError, with one finding, where a folder has no file of a project."""
    suggestion = f"t2mc init {typed(folder)} writes one"
    if folder.is_file():
        found, suggestion = "a file", f"give its folder: {typed(folder.parent)}"
    elif not folder.is_dir():
        found = "no such folder"
    elif any((folder / document.file).exists() for document in DOCUMENTS):
        return
    else:
        found = f"none of its files ({', '.join(each.file for each in DOCUMENTS if each.required)})"
        suggestion = "t2mc init NEW-FOLDER writes one"
    finding = Finding(file=str(folder), path="", found=found, expected="a project folder", suggestion=suggestion)
    raise InvalidProjectError((finding,))


def _read_file(folder: Path, file: str, required: bool, problems: list[Problem]) -> Json:
    path = folder / file
    return read_json(path, file, problems.append) if required or path.exists() else ABSENT


def _cross_checks(trees: dict[str, Tree], processors: tuple[str, ...], actions: tuple[str, ...]) -> Iterator[Problem]:
    devices = trees.get(DEVICES.file, {})
    inventory = Inventory(devices) if devices.get("devices") else None  # nothing to look names up in
    yield from check_config(trees.get(CONFIG.file, {}), Place(CONFIG.file))
    if inventory is not None:
        yield from check_devices(inventory, processors, Place(DEVICES.file))
        yield from check_payloads(inventory, trees.get(PROVIDERS.file, {}), Place(DEVICES.file))
    yield from check_hierarchy(trees.get(HIERARCHY.file, {}), inventory, Place(HIERARCHY.file))
    events, hierarchy = trees.get(EVENTS.file, {}), trees.get(HIERARCHY.file, {})
    yield from check_events(events, hierarchy, inventory, actions, Place(EVENTS.file))


def _strays(folder: Path) -> Iterator[Problem]:
    """Files that look like the project's and are not: a misspelt one would silently count for nothing."""
    known = [document.file for document in DOCUMENTS]
    for path in sorted(folder.glob("config_*.json")):
        if path.name not in known:
            hint = did_you_mean(path.name, known) or "rename or remove it"
            yield Place(path.name).problem("an unknown file", f"one of {', '.join(known)}", hint)


def _in_file_order(problems: list[Problem], raw: dict[str, Json]) -> list[Problem]:
    """By file, and in a file from top to bottom; what is missing comes after what is there."""
    files = list(raw)

    def position(problem: Problem) -> tuple[int, str, tuple[int, ...]]:
        file = problem.place.file
        rank = files.index(file) if file in files else len(files)
        return rank, file, tuple(_steps(raw.get(file), problem.place))

    return sorted(problems, key=position)


def _steps(value: Json, place: Place) -> Iterator[int]:
    for step in place.steps:
        if isinstance(step, int):
            yield step
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            keys = list(value) if isinstance(value, dict) else []
            yield keys.index(step) if step in keys else len(keys)
            value = value[step] if step in keys else None


def _build(trees: dict[str, Tree]) -> tuple[Twin, tuple[str, ...]]:
    """The twin that sound trees describe, and what was left to defaults."""
    placement, notes = placement_of(trees[PROVIDERS.file])
    events = trees.get(EVENTS.file, {})
    config = {key: value for key, value in trees[CONFIG.file].items() if key != "$schema"}
    about = msgspec.convert({**config, "placement": placement}, Twin)
    twin = msgspec.structs.replace(
        about,
        catalog=_catalog(trees[DEVICES.file], about.time_zone, strict=config.get("types") == STRICT),
        hierarchy=Hierarchy(entities=tuple(_entity(each) for each in trees[HIERARCHY.file]["entities"])),
        enable_events=events.get("enable_events", False),
        events=tuple(event_rule(each, components_of(trees[HIERARCHY.file])) for each in events.get("rules", ())),
    )
    return twin, notes


def _catalog(tree: Tree, time_zone: str, *, strict: bool) -> DeviceCatalog:
    inventory = Inventory(tree)
    named = [each for _, each in inventory.devices()]
    inline = {each["id"]: each for each in named if "properties" in each}
    return DeviceCatalog(
        types=tuple(
            _device_type(name, each, time_zone, strict) for name, each in {**inventory.types, **inline}.items()
        ),
        devices=tuple(
            Device(
                id=each["id"],
                type=each["id" if "properties" in each else "type"],
                processor=each.get("processor"),
                gateway=each.get("gateway", False),
            )
            for each in named
        ),
        groups=tuple(DeviceGroup(**each) for _, each in inventory.group_entries()),
    )


def _device_type(name: str, tree: Tree, time_zone: str, strict: bool) -> DeviceType:
    """A type of the file; an inline device's has the device's id for a name."""
    return DeviceType(
        name=name,
        properties=tuple(_property(each) for each in tree["properties"]),
        processor=None if "id" in tree else tree.get("processor"),
        undeclared=Undeclared(tree.get("undeclared", Undeclared.KEEP)),
        strict=strict,
        payload=payload_of(tree.get("payload"), time_zone),
        topics=tuple(tree.get("topics", ())),
        ignored_topics=tuple(tree.get("ignored_topics", ())),
    )


def _property(tree: Tree) -> Property:
    """A property; a DOUBLE's 20 is 20.0 from here on, so that no store takes it for a whole number."""
    if tree["data_type"] == DataType.DOUBLE:
        tree = {**tree, **{key: float(tree[key]) for key in ("initial", "constant") if key in tree}}
        if "values" in tree.get("signal", {}):
            tree["signal"] = {**tree["signal"], "values": [float(each) for each in tree["signal"]["values"]]}
    return msgspec.convert(tree, Property)


def _entity(tree: Tree) -> Entity:
    return Entity(
        id=tree["id"],
        name=tree["name"] if "name" in tree else tree["id"],
        components=tuple(EntityComponent(**each) for each in tree.get("components", ())),
        children=tuple(_entity(each) for each in tree.get("children", ())),
    )
