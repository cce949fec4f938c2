"""Every data-plane operation of Azure Digital Twins (2023-10-31) by method and path.

Read off the generated client in `azure-digitaltwins-core` 1.3.0; a test holds the table against it.
"""

from typing import NamedTuple


class Operation(NamedTuple):
    """One operation; its path is a template."""

    name: str
    method: str
    path: str


OPERATIONS = tuple(
    Operation(*line.split())
    for line in """
    DigitalTwinModels_Add POST /models
    DigitalTwinModels_List GET /models
    DigitalTwinModels_GetById GET /models/{id}
    DigitalTwinModels_Update PATCH /models/{id}
    DigitalTwinModels_Delete DELETE /models/{id}
    Query_QueryTwins POST /query
    DigitalTwins_GetById GET /digitaltwins/{id}
    DigitalTwins_Add PUT /digitaltwins/{id}
    DigitalTwins_Delete DELETE /digitaltwins/{id}
    DigitalTwins_Update PATCH /digitaltwins/{id}
    DigitalTwins_GetRelationshipById GET /digitaltwins/{id}/relationships/{relationshipId}
    DigitalTwins_AddRelationship PUT /digitaltwins/{id}/relationships/{relationshipId}
    DigitalTwins_DeleteRelationship DELETE /digitaltwins/{id}/relationships/{relationshipId}
    DigitalTwins_UpdateRelationship PATCH /digitaltwins/{id}/relationships/{relationshipId}
    DigitalTwins_ListRelationships GET /digitaltwins/{id}/relationships
    DigitalTwins_ListIncomingRelationships GET /digitaltwins/{id}/incomingrelationships
    DigitalTwins_SendTelemetry POST /digitaltwins/{id}/telemetry
    DigitalTwins_SendComponentTelemetry POST /digitaltwins/{id}/components/{componentPath}/telemetry
    DigitalTwins_GetComponent GET /digitaltwins/{id}/components/{componentPath}
    DigitalTwins_UpdateComponent PATCH /digitaltwins/{id}/components/{componentPath}
    EventRoutes_List GET /eventroutes
    EventRoutes_GetById GET /eventroutes/{id}
    EventRoutes_Add PUT /eventroutes/{id}
    EventRoutes_Delete DELETE /eventroutes/{id}
    ImportJobs_List GET /jobs/imports
    ImportJobs_Add PUT /jobs/imports/{id}
    ImportJobs_GetById GET /jobs/imports/{id}
    ImportJobs_Delete DELETE /jobs/imports/{id}
    ImportJobs_Cancel POST /jobs/imports/{id}/cancel
    DeleteJobs_Add POST /jobs/deletions
    DeleteJobs_List GET /jobs/deletions
    DeleteJobs_GetById GET /jobs/deletions/{id}
    """.strip().splitlines()
)
ROOTS = frozenset(each.path.split("/")[1] for each in OPERATIONS)


def operation_of(method: str, path: str) -> tuple[str, tuple[str, ...]] | None:
    """The operation of a request with the names in its path, as they are; None where there is none."""
    steps = path.strip("/").split("/")
    for each in OPERATIONS:
        template = each.path.strip("/").split("/")
        if each.method != method or len(template) != len(steps):
            continue
        pairs = list(zip(template, steps, strict=True))
        if all(step == part or part.startswith("{") for part, step in pairs):
            return each.name, tuple(step for part, step in pairs if part.startswith("{"))
    return None
