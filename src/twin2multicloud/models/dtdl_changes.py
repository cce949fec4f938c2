"""What an Azure Digital Twins instance lacks of a project: requests of its data plane, in the order of their needs.

Pure. What was measured stays, and so does what is none of the project's models. A model cannot be changed: one that
differs is deleted and sent again, and its twins stay (learn.microsoft.com digital-twins/how-to-manage-model).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

Json = Mapping[str, Any]
MODELS, TWINS, RELATIONSHIPS, QUERY = "models", "digitaltwins", "relationships", "query"
_AT_ONCE = 200  # models of one request; the service takes 250


class Instance(msgspec.Struct, frozen=True):
    """What is there, as the service's lists and queries show it; `models` are the interfaces."""

    models: Sequence[Json] = ()
    twins: Sequence[Json] = ()
    relationships: Sequence[Json] = ()


class Change(msgspec.Struct, frozen=True):
    """One request. `path` is in steps, not encoded; `only_new`: unless it exists, which is as good."""

    method: str
    path: tuple[str, ...]
    body: Any = None
    only_new: bool = False


def changes(exported: Json, there: Instance) -> list[Change]:
    """The requests that bring an instance to an export of `models.dtdl`."""
    return list(_changes(exported, there))


def _changes(exported: Json, there: Instance) -> Iterator[Change]:
    prefix = exported["models"][0]["@id"].rpartition(":")[0] + ":"
    wanted = {each["$dtId"]: each for each in exported["twins"]}
    ours = {each["$dtId"]: each for each in there.twins if _model(each).startswith(prefix)}
    edges = {_edge(each): each for each in exported["relationships"]}
    gone = ours.keys() - wanted.keys()
    for each in there.relationships:
        dead = _edge(each) not in edges and each["$sourceId"] in ours
        if dead or each["$sourceId"] in gone or each["$targetId"] in gone:
            yield Change("DELETE", (TWINS, *_edge(each)))
    yield from (Change("DELETE", (TWINS, each)) for each in ours if each in gone)
    yield from _of_models(exported["models"], {each["@id"]: each for each in there.models})
    names = {each["@id"]: {one["name"] for one in each["contents"]} for each in exported["models"]}
    known = {each["$dtId"]: each for each in there.twins}
    for twin_id, twin in wanted.items():
        yield from _of_twin(twin, known.get(twin_id), names[_model(twin)])
    have = {_edge(each) for each in there.relationships}
    yield from (Change("PUT", (TWINS, *key), edge, only_new=True) for key, edge in edges.items() if key not in have)


def _of_models(models: Sequence[Json], known: Mapping[str, Json]) -> Iterator[Change]:
    new = [each for each in models if known.get(each["@id"]) != each]
    yield from (Change("DELETE", (MODELS, each["@id"])) for each in new if each["@id"] in known)
    for start in range(0, len(new), _AT_ONCE):
        yield Change("POST", (MODELS,), new[start : start + _AT_ONCE])


def _of_twin(twin: Json, before: Json | None, names: set[str]) -> Iterator[Change]:
    path = (TWINS, str(twin["$dtId"]))
    if before is None:
        yield Change("PUT", path, twin, only_new=True)
        return
    if _model(before) != _model(twin) or _properties(before).keys() - names:
        yield Change("PUT", path, twin)  # another type, or one that lost properties: what was measured comes again
        return
    about = before["$metadata"]
    differ = {
        key: value
        for key, value in _properties(twin).items()
        if before.get(key) != value and "sourceTime" not in about.get(key, ())
    }
    if differ:
        yield Change("PATCH", path, [{"op": "add", "path": f"/{key}", "value": value} for key, value in differ.items()])


def _properties(twin: Json) -> dict[str, Any]:
    return {key: value for key, value in twin.items() if not key.startswith("$")}


def _model(twin: Json) -> str:
    return str(twin["$metadata"]["$model"])


def _edge(each: Json) -> tuple[str, str, str]:
    return str(each["$sourceId"]), RELATIONSHIPS, str(each["$relationshipId"])
