"""Workspaces, scenes, tags and the pricing plan of the emulated TwinMaker."""

from collections.abc import Mapping

from twin2multicloud.emulator.l4.twinmaker_arguments import (
    Answer,
    Arguments,
    ServiceError,
    invalid,
    missing,
    optional,
    page,
    required,
    taken,
    text,
)
from twin2multicloud.emulator.l4.twinmaker_service import (
    ENTITIES,
    SCENES,
    SETTINGS,
    TYPES,
    WORKSPACES,
    Handler,
    Service,
    arn,
    made,
    times,
)

_PLAN, _MODES = "plan", ("BASIC", "STANDARD", "TIERED_BUNDLE")
QUERY_MODES = _MODES[1:]


def _create_workspace(service: Service, asked: Arguments) -> Answer:
    name = required(asked, "workspaceId")
    if service.documents.get(WORKSPACES, name) is not None:
        raise ServiceError("ConflictException", f"workspace {name!r} exists already")
    document = _keep(service, name, optional(asked, "description", "s3Location", "role"))
    service.tag(arn(name), asked.get("tags") or {})
    return made(document, arn(name))


def _keep(service: Service, name: str, said: Mapping[str, object]) -> dict[str, object]:
    now = service.now()
    before = service.documents.get(WORKSPACES, name) or {"creationDateTime": now}
    document = {**before, **said, "workspaceId": name, "updateDateTime": now}
    service.documents.put(WORKSPACES, name, document)
    return document


def _get_workspace(service: Service, asked: Arguments) -> Answer:
    name = service.workspace(asked)
    return {**(service.documents.get(WORKSPACES, name) or {}), "arn": arn(name), "linkedServices": []}


def _update_workspace(service: Service, asked: Arguments) -> Answer:
    name = service.workspace(asked)
    document = _keep(service, name, optional(asked, "description", "s3Location", "role"))
    return {"updateDateTime": document["updateDateTime"]}


def _delete_workspace(service: Service, asked: Arguments) -> Answer:
    name = service.workspace(asked)
    for kind in (ENTITIES, SCENES, TYPES):
        if service.all(kind, name):
            raise invalid(f"workspace {name!r} is not empty: delete each {kind.replace('-', ' ')} first")
    service.documents.delete(WORKSPACES, name)
    return {"message": f"workspace {name!r} is deleted"}


def _list_workspaces(service: Service, asked: Arguments) -> Answer:
    rows, token = page(
        [
            {
                **taken(each, "workspaceId", "description"),
                "arn": arn(each["workspaceId"]),
                "linkedServices": [],
                **times(each),
            }
            for each in service.documents.all(WORKSPACES)
        ],
        asked,
    )
    return {"workspaceSummaries": rows, **token}


# --- scenes ----------------------------------------------------------------------------------------------------------

_OF_SCENES = ("capabilities", "sceneMetadata")


def _create_scene(service: Service, asked: Arguments) -> Answer:
    workspace, name = service.workspace(asked), required(asked, "sceneId")
    service.refuse_second(SCENES, workspace, name)
    required(asked, "contentLocation")
    said = {**optional(asked, "contentLocation", "description"), **taken(asked, *_OF_SCENES), "sceneId": name}
    document = service.put(SCENES, workspace, name, said)
    service.tag(arn(workspace, SCENES, name), asked.get("tags") or {})
    return made(document, arn(workspace, SCENES, name))


def _get_scene(service: Service, asked: Arguments) -> Answer:
    workspace, name = service.workspace(asked), required(asked, "sceneId")
    return {**service.get(SCENES, workspace, name), "arn": arn(workspace, SCENES, name)}


def _update_scene(service: Service, asked: Arguments) -> Answer:
    workspace, name = service.workspace(asked), required(asked, "sceneId")
    before = service.get(SCENES, workspace, name)
    said = {**optional(asked, "contentLocation", "description"), **taken(asked, *_OF_SCENES)}
    return {"updateDateTime": service.put(SCENES, workspace, name, {**before, **said})["updateDateTime"]}


def _delete_scene(service: Service, asked: Arguments) -> Answer:
    service.remove(SCENES, service.workspace(asked), required(asked, "sceneId"))
    return {}


def _list_scenes(service: Service, asked: Arguments) -> Answer:
    workspace = service.workspace(asked)
    rows, token = page(
        [
            {
                **taken(each, "sceneId", "contentLocation", "description"),
                "arn": arn(workspace, SCENES, each["sceneId"]),
                **times(each),
            }
            for each in service.all(SCENES, workspace)
        ],
        asked,
    )
    return {"sceneSummaries": rows, **token}


# --- tags and the plan -----------------------------------------------------------------------------------------------


def _resource(service: Service, asked: Arguments) -> str:
    resource = text(asked, "resourceARN")
    _, _, path = resource.partition(":workspace/")
    workspace, _, rest = path.partition("/")
    kind, _, name = rest.partition("/")
    found = service.documents.get(kind, f"{workspace} {name}") if rest else service.documents.get(WORKSPACES, path)
    if found is None:
        raise missing(f"resource {resource!r}")
    return resource


def _list_tags(service: Service, asked: Arguments) -> Answer:
    return {"tags": service.tags(_resource(service, asked))}


def _tag(service: Service, asked: Arguments) -> Answer:
    service.tag(_resource(service, asked), asked.get("tags") or {})
    return {}


def _untag(service: Service, asked: Arguments) -> Answer:
    service.untag(_resource(service, asked), list(asked.get("tagKeys") or ()))
    return {}


def pricing_mode(service: Service) -> str:
    """The account's pricing mode; STANDARD until one was chosen."""
    return str((service.documents.get(SETTINGS, _PLAN) or {}).get("pricingMode", "STANDARD"))


def _get_plan(service: Service, _: Arguments) -> Answer:
    kept = service.documents.get(SETTINGS, _PLAN) or {}
    since = kept.get("since", service.now())
    return {
        "currentPricingPlan": {
            "pricingMode": pricing_mode(service),
            "effectiveDateTime": since,
            "updateDateTime": since,
            "updateReason": "OVERWRITE" if kept else "DEFAULT",
            "billableEntityCount": len(service.documents.all(ENTITIES)),
        }
    }


def _update_plan(service: Service, asked: Arguments) -> Answer:
    mode = text(asked, "pricingMode")
    if mode not in _MODES:
        raise invalid(f"pricingMode is one of {', '.join(_MODES)}, found {mode!r}")
    service.documents.put(SETTINGS, _PLAN, {"pricingMode": mode, "since": service.now()})
    return _get_plan(service, asked)


HANDLERS: Mapping[str, Handler] = {
    "CreateWorkspace": _create_workspace,
    "GetWorkspace": _get_workspace,
    "UpdateWorkspace": _update_workspace,
    "DeleteWorkspace": _delete_workspace,
    "ListWorkspaces": _list_workspaces,
    "CreateScene": _create_scene,
    "GetScene": _get_scene,
    "UpdateScene": _update_scene,
    "DeleteScene": _delete_scene,
    "ListScenes": _list_scenes,
    "ListTagsForResource": _list_tags,
    "TagResource": _tag,
    "UntagResource": _untag,
    "GetPricingPlan": _get_plan,
    "UpdatePricingPlan": _update_plan,
}
