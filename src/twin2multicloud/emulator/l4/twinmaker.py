"""AWS IoT TwinMaker for unmodified clients: the project's workspace over a running twin, and what clients make beside.

A workspace has the twin's name and the project's component types and entities from the start; those are published again
from `config_hierarchy.json` when the twin comes up and they differ. Values come from the functions that component types
name, asked in the service's own shape. Shapes and statuses: botocore's model; signatures are not
checked: the port is open to this machine only. Sync jobs and metadata transfers are refused by name.
"""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.l4 import (
    twinmaker_entities,
    twinmaker_search,
    twinmaker_types,
    twinmaker_values,
    twinmaker_workspaces,
)
from twin2multicloud.emulator.l4.documents import Documents
from twin2multicloud.emulator.l4.face import Account, Alone, NativeCall, Told
from twin2multicloud.emulator.l4.lambda_functions import LambdaFunctions
from twin2multicloud.emulator.l4.twinmaker_arguments import Arguments, ServiceError
from twin2multicloud.emulator.l4.twinmaker_operations import operation_of
from twin2multicloud.emulator.l4.twinmaker_project import ProjectMembers, publish
from twin2multicloud.emulator.l4.twinmaker_service import REGION, Connector, Handler, Service
from twin2multicloud.wire.http import Request, Response, json_response

_STATUS = {
    "ValidationException": 400,
    "QueryTimeoutException": 400,
    "TooManyTagsException": 400,
    "ServiceQuotaExceededException": 402,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "ConnectorFailureException": 424,
    "ConnectorTimeoutException": 424,
    "InternalServerException": 500,
}
HANDLERS: Mapping[str, Handler] = {
    **twinmaker_workspaces.HANDLERS,
    **twinmaker_types.HANDLERS,
    **twinmaker_entities.HANDLERS,
    **twinmaker_values.HANDLERS,
    **twinmaker_search.HANDLERS,
}


def environment(told: Told) -> dict[str, str]:
    """For boto3, botocore and the AWS CLI. Keys are anything: a client signs before it sends."""
    return {
        "AWS_ENDPOINT_URL_IOTTWINMAKER": told.url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # else api. and data. stand before 127.0.0.1
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
    }


_FILE = "twinmaker.sqlite"


def alone(given: Alone) -> "TwinMakerAlone":
    """An account without a twin."""
    service = Service(
        documents=Documents(given.folder / _FILE),
        connector=LambdaFunctions(given.functions_url).call,
        now=lambda: to_datetime(given.now()).timestamp(),
    )
    return TwinMakerAlone(service)


class TwinMakerAlone:
    """A `TwinService`: one account."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def close(self) -> None:
        """See `TwinFace.close`."""
        self._service.documents.close()

    def knows(self, request: Request) -> bool:
        """See `TwinFace.knows`."""
        return operation_of(request.method, request.path) is not None

    def answer(self, request: Request) -> Response:
        """See `TwinFace.answer`."""
        found = operation_of(request.method, request.path)
        name, in_path = found or (f"{request.method} {request.path}", {})
        try:
            handler = HANDLERS.get(name)
            if handler is None:
                raise ServiceError("ValidationException", f"{name} is not emulated")
            return json_response(200, handler(self._service, _arguments(request, in_path)))
        except ServiceError as error:
            return _refusal(error.kind, str(error))
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            return _refusal("ValidationException", f"the body is no JSON object: {error}")
        except (LookupError, TypeError, AttributeError, ValueError) as error:  # a part of the body is of another shape
            return _refusal("ValidationException", f"the body is not what {name} takes: {error!r}")


class TwinMaker(TwinMakerAlone):
    """A `TwinFace`: the service of a running twin."""

    graph = None

    def __init__(self, account: Account) -> None:
        self._members = ProjectMembers(account.twin)
        service = Service(
            documents=Documents(account.folder / _FILE),
            connector=_functions_of(account.twin, account.call),
            now=lambda: to_datetime(account.now()).timestamp(),
            members=self._members,
        )
        super().__init__(service)
        self.take(account.twin)

    def take(self, twin: Twin) -> None:
        """See `TwinFace.take`."""
        self._members.take(twin)
        try:
            publish(self._service, twin, HANDLERS)
        except (FinalError, ServiceError) as error:
            logging.getLogger("t2mc.aws").warning("TwinMaker lacks the project's twins: %s", error)


def _functions_of(twin: Twin, call: NativeCall) -> Connector:
    """The functions of a twin by ARN; they are deployed under its name."""

    def connector(arn: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        _, _, name = arn.rpartition(":function:")
        return call(name.removeprefix(f"{twin.name}-"), request)

    return connector


def _arguments(request: Request, in_path: Mapping[str, str]) -> Arguments:
    """What a request says, in its body, its query string and its path; the last wins, as it names the resource."""
    query = parse_qs(request.query)
    tag_keys = {"tagKeys": query.pop("tagKeys")} if "tagKeys" in query else {}
    body = msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
    in_query = {name: values[0] for name, values in query.items()}
    return {**body, **in_query, **tag_keys, **{name: unquote(value) for name, value in in_path.items()}}


def _refusal(kind: str, message: str) -> Response:
    headers = {"content-type": "application/json", "x-amzn-errortype": kind}
    return json_response(_STATUS[kind], {"message": message}, headers)
