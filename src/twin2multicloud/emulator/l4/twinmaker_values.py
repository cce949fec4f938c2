"""Property values of the emulated TwinMaker: read and written through the connectors that component types name.

A connector is asked in the service's own shape: every definition of the component, and the values of its external ids.
The writer's request: docs.aws.amazon.com iot-twinmaker/latest/guide/data-connector-interfaces.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.domain.errors import RetryableError, TwinError
from twin2multicloud.domain.timestamps import canonical, to_datetime
from twin2multicloud.emulator.l4.twinmaker_arguments import (
    Answer,
    Arguments,
    ServiceError,
    invalid,
    known,
    limit,
    page,
    refuse,
    required,
)
from twin2multicloud.emulator.l4.twinmaker_components import Component, check_value, component_of, definitions, held
from twin2multicloud.emulator.l4.twinmaker_service import Handler, Service
from twin2multicloud.emulator.l4.twinmaker_types import definitions_of, functions_of

_LATEST = ("attributePropertyValueReaderByEntity",)
_HISTORY = ("dataReader", "dataReaderByEntity")
_HISTORY_BY_TYPE = ("dataReader", "dataReaderByComponentType")
_WRITER = ("dataWriter",)
_MOST_ENTRIES = _MOST_VALUES = 10


def _connector(service: Service, workspace: str, kind: str, jobs: Sequence[str]) -> str:
    """The ARN of the function that does one of the jobs for a component type."""
    functions = functions_of(service, workspace, kind)
    for job in jobs:
        arn = functions.get(job, {}).get("implementedBy", {}).get("lambda", {}).get("arn")
        if arn:
            return str(arn)
    raise invalid(f"component type {kind!r} has no function {' or '.join(jobs)}")


def _ask(service: Service, arn: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return service.connector(arn, request)
    except RetryableError as error:
        raise ServiceError("ConnectorTimeoutException", str(error)) from error
    except TwinError as error:
        raise ServiceError("ConnectorFailureException", str(error)) from error


def _get_value(service: Service, asked: Arguments) -> Answer:
    """Current values: stored ones are the entity's, measured ones the attribute reader's."""
    workspace = service.workspace(asked)
    refuse(asked, "componentPath", "propertyGroupName", "tabularConditions")
    entity_id, name = required(asked, "entityId"), required(asked, "componentName")
    component = component_of(service, workspace, entity_id, name)
    defined = definitions(service, workspace, component)
    selected = known(asked, defined)
    stored = {each: found["value"] for each in selected if (found := held(component, each, defined[each]))}
    measured = [each for each in selected if each not in stored and _is_asked(defined[each])]
    answered: Mapping[str, Any] = {}
    if measured:
        arn = _connector(service, workspace, component["componentTypeId"], _LATEST)
        request = _request(asked, workspace, component, defined, measured)
        answered = _ask(service, arn, request).get("propertyValues", {})
    values = {
        each: {
            "propertyReference": {"entityId": entity_id, "componentName": name, "propertyName": each},
            "propertyValue": value,
        }
        for each in selected
        if (value := stored.get(each) or answered.get(each, {}).get("propertyValue")) is not None
    }
    rows, token = page(list(values), asked)
    return {"propertyValues": {each: values[each] for each in rows}, **token}


def _is_asked(defined: Mapping[str, Any]) -> bool:
    return bool(defined["isStoredExternally"] or defined["isTimeSeries"])


def _get_history(service: Service, asked: Arguments) -> Answer:
    """One page of history of a component, or of all components of a type."""
    workspace, span = service.workspace(asked), _span(asked)
    refuse(asked, "componentPath")
    if asked.get("entityId") is not None:
        component = component_of(service, workspace, required(asked, "entityId"), required(asked, "componentName"))
        defined, kind = definitions(service, workspace, component), component["componentTypeId"]
        request = _request(asked, workspace, component, defined, known(asked, defined))
        arn = _connector(service, workspace, kind, _HISTORY)
    else:
        kind = required(asked, "componentTypeId")
        defined = definitions_of(service, workspace, kind)
        request = {
            "workspaceId": workspace,
            "componentTypeId": kind,
            "selectedProperties": known(asked, defined),
            "properties": {name: {"definition": each} for name, each in defined.items()},
        }
        arn = _connector(service, workspace, kind, _HISTORY_BY_TYPE)
    answer = _ask(service, arn, {**request, **span})
    values = [each for each in answer.get("propertyValues", ()) if each["values"]]
    return {"propertyValues": values, **({"nextToken": answer["nextToken"]} if answer.get("nextToken") else {})}


def _request(
    asked: Arguments,
    workspace: str,
    component: Component,
    defined: Mapping[str, Mapping[str, Any]],
    selected: Sequence[str],
) -> dict[str, Any]:
    return {
        "workspaceId": workspace,
        "entityId": asked["entityId"],
        "componentName": asked["componentName"],
        "componentTypeId": component["componentTypeId"],
        "selectedProperties": list(selected),
        "properties": {
            name: {"definition": each, **(held(component, name, each) if each["isExternalId"] else {})}
            for name, each in defined.items()
        },
    }


def _span(asked: Arguments) -> dict[str, Any]:
    times: dict[str, str | float] = {}
    for name, number in (("startTime", "startDateTime"), ("endTime", "endDateTime")):
        given = asked.get(name) or asked.get(number)
        if given is None:
            raise invalid(f"{name} is missing")
        try:
            times[name] = canonical(given)
        except (ValueError, TypeError) as error:
            raise invalid(f"{name}: {error}") from error
        times[number] = to_datetime(canonical(given)).timestamp()
    return {
        **times,
        "propertyFilters": asked.get("propertyFilters", []),
        "orderByTime": asked.get("orderByTime") or "ASCENDING",
        "maxResults": limit(asked),
        "nextToken": asked.get("nextToken") or None,
        **({"interpolation": asked["interpolation"]} if asked.get("interpolation") else {}),
    }


# --- writing ---------------------------------------------------------------------------------------------------------


def _put_values(service: Service, asked: Arguments) -> Answer:
    """Give values to the writers of their components; what none takes is answered as an error of its own."""
    workspace, entries = service.workspace(asked), asked.get("entries") or []
    if not 1 <= len(entries) <= _MOST_ENTRIES:
        raise invalid(f"entries must be 1 to {_MOST_ENTRIES}, found {len(entries)}")
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            failed += _put(service, workspace, entry)
        except ServiceError as error:
            problem = {"errorCode": error.kind, "errorMessage": str(error), "entry": entry}
            failed.append({"errors": [problem]})
    return {"errorEntries": failed}


def _put(service: Service, workspace: str, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    reference, values = entry.get("entityPropertyReference") or {}, entry.get("propertyValues") or []
    refuse(reference, "componentPath")
    entity_id, name = required(reference, "entityId"), required(reference, "componentName")
    component = component_of(service, workspace, entity_id, name)
    defined = definitions(service, workspace, component)
    written = required(reference, "propertyName")
    if written not in defined:
        raise invalid(f"there is no property {written!r}")
    if not defined[written]["isTimeSeries"]:
        raise invalid(f"property {written!r} is no time series; UpdateEntity sets it")
    if not 1 <= len(values) <= _MOST_VALUES:
        raise invalid(f"propertyValues must be 1 to {_MOST_VALUES}, found {len(values)}")
    for each in values:
        check_value(written, each.get("value"), defined[written]["dataType"])
    properties = _request(reference, workspace, component, defined, ())["properties"]
    arn = _connector(service, workspace, component["componentTypeId"], _WRITER)
    request = {"workspaceId": workspace, "properties": {entity_id: properties}, "entries": [entry]}
    return list(_ask(service, arn, request).get("errorEntries") or ())


HANDLERS: Mapping[str, Handler] = {
    "GetPropertyValue": _get_value,
    "GetPropertyValueHistory": _get_history,
    "BatchPutPropertyValues": _put_values,
}
