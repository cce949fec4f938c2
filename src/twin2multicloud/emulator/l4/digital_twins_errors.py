"""Refusals of Azure Digital Twins, by its own codes: those that its REST reference has with each operation."""

_STATUS = {
    "DigitalTwinNotFound": 404,
    "TargetTwinNotFound": 404,
    "RelationshipNotFound": 404,
    "ComponentNotFound": 404,
    "ModelNotFound": 404,
    "EventRouteNotFound": 404,
    "ModelAlreadyExists": 409,
    "ModelReferencesNotDeleted": 409,
    "ModelReferencesNotDecommissioned": 409,
    "PreconditionFailed": 412,
    "NotImplemented": 501,
}


class ServiceError(Exception):
    """An error as the service names it. What is not in the table is a 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.status = code, _STATUS.get(code, 400)
