"""The 40 operations of AWS IoT TwinMaker: how each is asked for (botocore's model, iottwinmaker 2021-11-29)."""

import re
from typing import NamedTuple


class Operation(NamedTuple):
    """One operation: method and path. A path's names are those of the model."""

    name: str
    method: str
    path: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches its paths."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


_W = "/workspaces/{workspaceId}"
_COMPONENT_TYPE, _ENTITY, _SCENE = (
    f"{_W}/component-types/{{componentTypeId}}",
    f"{_W}/entities/{{entityId}}",
    f"{_W}/scenes",
)
_SYNC, _TRANSFER = f"{_W}/sync-jobs", "/metadata-transfer-jobs"

OPERATIONS = (
    Operation("BatchPutPropertyValues", "POST", f"{_W}/entity-properties"),
    Operation("CancelMetadataTransferJob", "PUT", f"{_TRANSFER}/{{metadataTransferJobId}}/cancel"),
    Operation("CreateComponentType", "POST", _COMPONENT_TYPE),
    Operation("CreateEntity", "POST", f"{_W}/entities"),
    Operation("CreateMetadataTransferJob", "POST", _TRANSFER),
    Operation("CreateScene", "POST", _SCENE),
    Operation("CreateSyncJob", "POST", f"{_SYNC}/{{syncSource}}"),
    Operation("CreateWorkspace", "POST", _W),
    Operation("DeleteComponentType", "DELETE", _COMPONENT_TYPE),
    Operation("DeleteEntity", "DELETE", _ENTITY),
    Operation("DeleteScene", "DELETE", f"{_SCENE}/{{sceneId}}"),
    Operation("DeleteSyncJob", "DELETE", f"{_SYNC}/{{syncSource}}"),
    Operation("DeleteWorkspace", "DELETE", _W),
    Operation("ExecuteQuery", "POST", "/queries/execution"),
    Operation("GetComponentType", "GET", _COMPONENT_TYPE),
    Operation("GetEntity", "GET", _ENTITY),
    Operation("GetMetadataTransferJob", "GET", f"{_TRANSFER}/{{metadataTransferJobId}}"),
    Operation("GetPricingPlan", "GET", "/pricingplan"),
    Operation("GetPropertyValue", "POST", f"{_W}/entity-properties/value"),
    Operation("GetPropertyValueHistory", "POST", f"{_W}/entity-properties/history"),
    Operation("GetScene", "GET", f"{_SCENE}/{{sceneId}}"),
    Operation("GetSyncJob", "GET", "/sync-jobs/{syncSource}"),
    Operation("GetWorkspace", "GET", _W),
    Operation("ListComponentTypes", "POST", f"{_W}/component-types-list"),
    Operation("ListComponents", "POST", f"{_ENTITY}/components-list"),
    Operation("ListEntities", "POST", f"{_W}/entities-list"),
    Operation("ListMetadataTransferJobs", "POST", f"{_TRANSFER}-list"),
    Operation("ListProperties", "POST", f"{_W}/properties-list"),
    Operation("ListScenes", "POST", f"{_W}/scenes-list"),
    Operation("ListSyncJobs", "POST", f"{_W}/sync-jobs-list"),
    Operation("ListSyncResources", "POST", f"{_SYNC}/{{syncSource}}/resources-list"),
    Operation("ListTagsForResource", "POST", "/tags-list"),
    Operation("ListWorkspaces", "POST", "/workspaces-list"),
    Operation("TagResource", "POST", "/tags"),
    Operation("UntagResource", "DELETE", "/tags"),
    Operation("UpdateComponentType", "PUT", _COMPONENT_TYPE),
    Operation("UpdateEntity", "PUT", _ENTITY),
    Operation("UpdatePricingPlan", "POST", "/pricingplan"),
    Operation("UpdateScene", "PUT", f"{_SCENE}/{{sceneId}}"),
    Operation("UpdateWorkspace", "PUT", _W),
)
_PATTERNS = [(each, each.pattern) for each in OPERATIONS]


def operation_of(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The operation of a request and the values in its path; None for a path that is none of the service's."""
    for each, pattern in _PATTERNS:
        match = pattern.fullmatch(path) if each.method == method else None
        if match is not None:
            return each.name, match.groupdict()
    return None
