"""AWS IoT TwinMaker over a running twin, for unmodified clients: reads are answered, others are refused by name.

The workspace is the project's: it has the twin's name, and a change of it is a change of `config_hierarchy.json`.
Values come from the functions that its component types name (hot readers, or data connectors), asked in the service's
own shape. Shapes and statuses: botocore's model; signatures are not checked: the port is open to this machine only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import RetryableError, TwinError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.timestamps import canonical, to_datetime
from twin2multicloud.domain.twin import Twin
from twin2multicloud.domain.twin_graph import ComponentModel, EntityModel, TwinModel, properties_of
from twin2multicloud.emulator.l4.face import Account, Told
from twin2multicloud.emulator.l4.twinmaker_arguments import (
    MOST_RESULTS,
    Arguments,
    ServiceError,
    filters,
    known,
    limit,
    page,
    text,
)
from twin2multicloud.emulator.l4.twinmaker_operations import operation_of
from twin2multicloud.models import twinmaker as exported
from twin2multicloud.models.description import DescribedType, Description
from twin2multicloud.wire.http import Request, Response, json_response

_ACTIVE = {"state": "ACTIVE", "error": {}}
_STATUS = {
    "ValidationException": 400,
    "ResourceNotFoundException": 404,
    "ConnectorFailureException": 424,
    "ConnectorTimeoutException": 424,
}
Answer = dict[str, Any]


def environment(told: Told) -> dict[str, str]:
    """For boto3, botocore and the AWS CLI. Keys are anything: a client signs before it sends."""
    return {
        "AWS_ENDPOINT_URL_IOTTWINMAKER": told.url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # else api. and data. stand before 127.0.0.1
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


class TwinMaker:
    """A `TwinFace`."""

    graph = None

    def __init__(self, account: Account) -> None:
        self._call = account.call
        self._since = to_datetime(account.since).timestamp()
        self.take(account.twin)

    def take(self, twin: Twin) -> None:
        """See `TwinFace.take`."""
        self._twin, self._model = twin.name, TwinModel(twin.hierarchy, twin.catalog)
        across = twin.placement[Slot.L3_HOT] != twin.placement[Slot.L4]
        self._history = Kind.DATA_CONNECTOR if across else Kind.HOT_READER
        self._latest = Kind.DATA_CONNECTOR_LAST_ENTRY if across else Kind.HOT_READER_LAST_ENTRY
        readers = dict(zip(exported.READERS, (self._history.value, self._latest.value), strict=True))
        self._base, *_ = exported.write(Description(twin=twin.name), readers)["componentTypes"]
        made = (
            exported.component_type(twin.name, DescribedType(name=each.name, properties=tuple(properties_of(each))))
            for each in self._model.types
        )
        self._types: dict[str, dict[str, Any]] = {each["componentTypeId"]: each for each in (self._base, *made)}

    def close(self) -> None:
        """See `TwinFace.close`: it keeps nothing."""

    def knows(self, request: Request) -> bool:
        """See `TwinFace.knows`."""
        return operation_of(request.method, request.path) is not None

    def answer(self, request: Request) -> Response:
        """See `TwinFace.answer`."""
        found = operation_of(request.method, request.path)
        name, in_path = found or ("", {})
        try:
            handler = _HANDLERS.get(name)
            if handler is None:
                raise ServiceError(
                    "ValidationException",
                    f"{name} is not emulated: the workspace is the project's, and only reads are answered",
                )
            body = msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
            arguments = {**body, **in_path}
            if arguments.get("workspaceId", self._twin) != self._twin:
                raise ServiceError("ResourceNotFoundException", f"there is no workspace {arguments['workspaceId']!r}")
            return json_response(200, handler(self, arguments))
        except ServiceError as error:
            return self._refusal(error.kind, str(error))
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return self._refusal("ValidationException", str(error))
        except RetryableError as error:
            return self._refusal("ConnectorTimeoutException", str(error))
        except TwinError as error:
            return self._refusal("ConnectorFailureException", str(error))

    # --- the model -----------------------------------------------------------------------------------------------

    def list_workspaces(self, _: Arguments) -> Answer:
        """The one of the project."""
        return {"workspaceSummaries": [{"workspaceId": self._twin, "arn": self._arn(), **self._times()}]}

    def get_workspace(self, _: Arguments) -> Answer:
        """The one of the project."""
        return {"workspaceId": self._twin, "arn": self._arn(), **self._times()}

    def get_pricing_plan(self, _: Arguments) -> Answer:
        """The usual one."""
        plan = {"pricingMode": "STANDARD", "effectiveDateTime": self._since, "updateDateTime": self._since}
        return {"currentPricingPlan": {**plan, "updateReason": "DEFAULT"}}

    def list_component_types(self, asked: Arguments) -> Answer:
        """Direct children of a type, where one is named."""
        wanted = filters(asked, "extendsFrom", "namespace", "isAbstract")
        found = [
            each
            for each in self._types.values()
            if wanted.get("extendsFrom") in (None, *each.get("extendsFrom", ()))
            and str(each["componentTypeId"]).startswith(wanted.get("namespace", ""))
            and not wanted.get("isAbstract", False)
        ]
        rows, token = page([self._type_summary(each) for each in found], asked)
        return {"workspaceId": self._twin, "componentTypeSummaries": rows, **token}

    def get_component_type(self, asked: Arguments) -> Answer:
        """A type with what it inherits."""
        own = self._type(asked["componentTypeId"])
        inherited = own is not self._base
        functions = {name: {**each, "isInherited": inherited} for name, each in self._base["functions"].items()}
        return {
            **self._type_summary(own),
            "workspaceId": self._twin,
            "isSingleton": False,
            "extendsFrom": own.get("extendsFrom", []),
            "functions": functions,
            "propertyDefinitions": self._definitions(own),
            "isAbstract": False,
            "isSchemaInitialized": False,
        }

    def list_entities(self, asked: Arguments) -> Answer:
        """Entities by parent, component type or external id."""
        wanted = filters(asked, "parentEntityId", "componentTypeId", "externalId")
        found: Iterator[EntityModel] = self._model.entities()
        if (parent := wanted.get("parentEntityId")) is not None:
            found = (each for each in found if (each.parent or exported.ROOT) == parent)
        if (kind := wanted.get("componentTypeId")) is not None:
            found = (each for each in found if any(self._type_id(one) == kind for one in self._components(each.id)))
        if (device := wanted.get("externalId")) is not None:
            places = {entity for entity, _ in self._model.holders_of(device)}
            found = (each for each in found if each.id in places)
        rows, token = page([self._entity_summary(each) for each in found], asked)
        return {"entitySummaries": rows, **token}

    def get_entity(self, asked: Arguments) -> Answer:
        """An entity with its components, up to 200 of them."""
        entity = self._entity(asked["entityId"])
        found = list(islice(self._components(entity.id), MOST_RESULTS + 1))
        components = {self._name(each): self._described(each) for each in found[:MOST_RESULTS]}
        return {
            **self._entity_summary(entity),
            "workspaceId": self._twin,
            "components": components,
            "areAllComponentsReturned": len(found) <= MOST_RESULTS,
        }

    def list_components(self, asked: Arguments) -> Answer:
        """The components of an entity."""
        found = self._components(self._entity(asked["entityId"]).id)
        rows = [
            {
                "componentName": self._name(each),
                "componentTypeId": self._type_id(each),
                "definedIn": asked["entityId"],
                "status": _ACTIVE,
            }
            for each in found
        ]
        rows, token = page(rows, asked)
        return {"componentSummaries": rows, **token}

    def list_properties(self, asked: Arguments) -> Answer:
        """The properties of a component."""
        found = self._component(asked["entityId"], text(asked, "componentName"))
        rows = [
            {"propertyName": name, "definition": definition, **self._held(found, name)}
            for name, definition in self._definitions(self._type(self._type_id(found))).items()
        ]
        rows, token = page(rows, asked)
        return {"propertySummaries": rows, **token}

    def list_scenes(self, _: Arguments) -> Answer:
        """None."""
        return {"sceneSummaries": []}

    def list_tags(self, _: Arguments) -> Answer:
        """None."""
        return {"tags": {}}

    # --- values --------------------------------------------------------------------------------------------------

    def get_property_value(self, asked: Arguments) -> Answer:
        """Current values: static ones are the model's, measured ones the attribute reader's."""
        entity, name = text(asked, "entityId"), text(asked, "componentName")
        found = self._component(entity, name)
        selected = self._selected(asked, found)
        stored = {each: value for each in selected if (value := self._held(found, each).get("value")) is not None}
        measured = [each for each in selected if each not in stored]
        answered: Mapping[str, Any] = {}
        if measured:
            request = self._request(asked, found, measured)
            answered = self._call(self._latest.value, request)["propertyValues"]
        return {
            "propertyValues": {
                each: {
                    "propertyReference": {"entityId": entity, "componentName": name, "propertyName": each},
                    "propertyValue": value,
                }
                for each in selected
                if (value := stored.get(each) or answered.get(each, {}).get("propertyValue")) is not None
            }
        }

    def get_property_value_history(self, asked: Arguments) -> Answer:
        """One page of history of a component, or of all components of a type."""
        span = self._span(asked)
        if asked.get("entityId") is not None:
            found = self._component(text(asked, "entityId"), text(asked, "componentName"))
            request = {**self._request(asked, found, self._selected(asked, found)), **span}
        else:
            kind = self._type(text(asked, "componentTypeId"))
            definitions = self._definitions(kind)
            request = {
                "workspaceId": self._twin,
                "componentTypeId": kind["componentTypeId"],
                "selectedProperties": known(asked, definitions),
                "properties": {name: {"definition": each} for name, each in definitions.items()},
                **span,
            }
        answer = self._call(self._history.value, request)
        values = [each for each in answer["propertyValues"] if each["values"]]
        return {"propertyValues": values, **({"nextToken": answer["nextToken"]} if answer.get("nextToken") else {})}

    def _request(self, asked: Arguments, found: ComponentModel, selected: Sequence[str]) -> dict[str, Any]:
        """The connector's request: every definition of the component, and the values of its external ids."""
        definitions = self._definitions(self._type(self._type_id(found)))
        return {
            "workspaceId": self._twin,
            "entityId": asked["entityId"],
            "componentName": asked["componentName"],
            "componentTypeId": self._type_id(found),
            "selectedProperties": list(selected),
            "properties": {
                name: {"definition": each, **(self._held(found, name) if each["isExternalId"] else {})}
                for name, each in definitions.items()
            },
        }

    def _span(self, asked: Arguments) -> dict[str, Any]:
        times: dict[str, str | float] = {}
        for name, number in (("startTime", "startDateTime"), ("endTime", "endDateTime")):
            given = asked.get(name) or asked.get(number)
            if given is None:
                raise ServiceError("ValidationException", f"{name} is missing")
            try:
                times[name] = canonical(given)
            except (ValueError, TypeError) as error:
                raise ServiceError("ValidationException", f"{name}: {error}") from error
            times[number] = to_datetime(canonical(given)).timestamp()
        return {
            **times,
            "propertyFilters": asked.get("propertyFilters", []),
            "orderByTime": asked.get("orderByTime") or "ASCENDING",
            "maxResults": limit(asked),
            "nextToken": asked.get("nextToken") or None,
            **({"interpolation": asked["interpolation"]} if asked.get("interpolation") else {}),
        }

    # --- parts ---------------------------------------------------------------------------------------------------

    def _entity(self, entity_id: str) -> EntityModel:
        found = self._model.entity(entity_id)
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"there is no entity {entity_id!r}")
        return found

    def _components(self, entity_id: str) -> Iterator[ComponentModel]:
        for name in self._model.component_names(entity_id):
            found = self._model.component(entity_id, name)
            if found is not None:
                yield found

    def _component(self, entity_id: str, name: str) -> ComponentModel:
        self._entity(entity_id)
        found = self._model.component(entity_id, name) or self._model.component(entity_id, name.replace("-3A-", ":"))
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"entity {entity_id!r} has no component {name!r}")
        return found

    def _type(self, type_id: str) -> dict[str, Any]:
        found = self._types.get(type_id)
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"there is no component type {type_id!r}")
        return found

    def _type_id(self, found: ComponentModel) -> str:
        return exported.type_id(self._twin, found.type)

    def _name(self, found: ComponentModel) -> str:
        return exported.component_name(found.name)

    def _definitions(self, kind: Mapping[str, Any]) -> dict[str, Any]:
        """All definitions of a type with every flag: the Grafana plugin reads them unchecked."""
        own, flags = kind["propertyDefinitions"], {"isImported": False, "isFinal": False}
        base = {} if kind is self._base else self._base["propertyDefinitions"]
        inherited = {name: {**each, **flags, "isInherited": True} for name, each in base.items()}
        return inherited | {name: {**each, **flags, "isInherited": False} for name, each in own.items()}

    def _held(self, found: ComponentModel, name: str) -> dict[str, Any]:
        """The stored value of a property: the device's id, or a constant."""
        if name == exported.DEVICE_ID:
            return {"value": {"stringValue": found.device}}
        definition = self._type(self._type_id(found))["propertyDefinitions"].get(name, {})
        constant = None if definition.get("isTimeSeries", True) else definition.get("defaultValue")
        return {} if constant is None else {"value": constant}

    def _described(self, found: ComponentModel) -> dict[str, Any]:
        definitions = self._definitions(self._type(self._type_id(found)))
        return {
            "componentName": self._name(found),
            "componentTypeId": self._type_id(found),
            "status": _ACTIVE,
            "properties": {name: {"definition": each, **self._held(found, name)} for name, each in definitions.items()},
            "areAllPropertiesReturned": True,
        }

    def _selected(self, asked: Arguments, found: ComponentModel) -> list[str]:
        return known(asked, self._definitions(self._type(self._type_id(found))))

    def _entity_summary(self, entity: EntityModel) -> dict[str, Any]:
        return {
            "entityId": entity.id,
            "entityName": entity.name,
            "arn": self._arn(f"entity/{entity.id}"),
            "parentEntityId": entity.parent or exported.ROOT,
            "hasChildEntities": bool(entity.children),
            "status": _ACTIVE,
            **self._times(),
        }

    def _type_summary(self, kind: Mapping[str, Any]) -> dict[str, Any]:
        name = kind["componentTypeId"]
        described = {"description": kind["description"]} if "description" in kind else {}
        arn = self._arn(f"component-type/{name}")
        return {"arn": arn, "componentTypeId": name, "status": _ACTIVE, **described, **self._times()}

    def _times(self) -> dict[str, float]:
        return {"creationDateTime": self._since, "updateDateTime": self._since}

    def _arn(self, rest: str = "") -> str:
        own = f"arn:aws:iottwinmaker:eu-central-1:000000000000:workspace/{self._twin}"
        return f"{own}/{rest}" if rest else own

    def _refusal(self, kind: str, message: str) -> Response:
        headers = {"content-type": "application/json", "x-amzn-errortype": kind}
        return json_response(_STATUS[kind], {"message": message}, headers)


_HANDLERS: Mapping[str, Callable[[TwinMaker, Arguments], Answer]] = {
    "ListWorkspaces": TwinMaker.list_workspaces,
    "GetWorkspace": TwinMaker.get_workspace,
    "GetPricingPlan": TwinMaker.get_pricing_plan,
    "ListComponentTypes": TwinMaker.list_component_types,
    "GetComponentType": TwinMaker.get_component_type,
    "ListEntities": TwinMaker.list_entities,
    "GetEntity": TwinMaker.get_entity,
    "ListComponents": TwinMaker.list_components,
    "ListProperties": TwinMaker.list_properties,
    "ListScenes": TwinMaker.list_scenes,
    "ListTagsForResource": TwinMaker.list_tags,
    "GetPropertyValue": TwinMaker.get_property_value,
    "GetPropertyValueHistory": TwinMaker.get_property_value_history,
}
